/* SPDX-License-Identifier: Apache-2.0
 *
 * assay list: kernels, instances as loaded, cases.
 */
#include "bench/cli/cli.h"
#include "bench/report/format.h"
#include "bench/run/machine.h"
#include "bench/run/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS 60000

struct arguments {
    struct assay_chosen chosen;
    bool kernels, instances, commands, cases, json;
};

enum { KEY_KERNELS = 256, KEY_INSTANCES, KEY_COMMANDS, KEY_CASES, KEY_JSON };

static const struct argp_option options[] = {
    {"kernels", KEY_KERNELS, NULL, 0, "Kernels, one id a line", 2},
    {"instances", KEY_INSTANCES, NULL, 0, "Instances as loaded: library, version, provider, path", 2},
    {"commands", KEY_COMMANDS, NULL, 0,
     "How the instances' workers are started, a shell's command a line; give one --case or --once", 2},
    {"cases", KEY_CASES, NULL, 0, "Cases, one key a line", 2},
    {"json", KEY_JSON, NULL, 0, "As JSON", 2},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->chosen;
        return 0;
    case KEY_KERNELS:
        a->kernels = true;
        return 0;
    case KEY_INSTANCES:
        a->instances = true;
        return 0;
    case KEY_COMMANDS:
        a->commands = true;
        return 0;
    case KEY_CASES:
        a->cases = true;
        return 0;
    case KEY_JSON:
        a->json = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s': no argument is expected", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Those that have a case of the plan, for --kernel and --services choose cases. */
static bool has_case(const struct assay_plan *plan, const char *kernel)
{
    size_t length = strlen(kernel);
    for (size_t i = 0; i < plan->count; i++)
        if (strncmp(plan->keys[i], kernel, length) == 0 && plan->keys[i][length] == '/')
            return true;
    return false;
}

static json_t *kernels_json(const struct assay_plan *plan)
{
    json_t *all = json_array();
    for (size_t k = 0; assay_kernels[k]; k++) {
        if (!has_case(plan, assay_kernels[k]->id))
            continue;
        json_t *params = json_object();
        for (const struct assay_param *p = assay_kernels[k]->params; p->name; p++) {
            json_t *values = json_array();
            for (size_t i = 0; i < p->count; i++)
                json_array_append_new(values, json_string(p->values[i].text));
            json_object_set_new(params, p->name, values);
        }
        json_array_append_new(all, json_pack("{s:s,s:s,s:s,s:o}", "kernel", assay_kernels[k]->id, "summary",
                                             assay_kernels[k]->summary, "source", assay_kernels[k]->source,
                                             "parameters", params));
    }
    return all;
}

static json_t *instance_json(const struct assay_spec *spec, const char *cpus, bool *failed)
{
    struct assay_process process;
    char why[ASSAY_WHY_MAX];
    json_t *instance;
    if (assay_process_start(&process, spec, cpus, START_MS, why)) {
        instance = json_deep_copy(process.identity);
        json_object_del(instance, "ok");
        assay_process_stop(&process, why);
    } else {
        instance = json_pack("{s:o}", "error", assay_json_text(why));
        *failed = true;
    }
    json_object_set_new(instance, "instance", json_string(spec->name));
    json_object_set_new(instance, "module", json_string(spec->module));
    return instance;
}

static void choose_instances(const struct assay_chosen *chosen, struct assay_specs *specs)
{
    char why[2048];
    if (!assay_specs_parse(specs, chosen->instances, why, sizeof why) ||
        (!chosen->instances && !assay_specs_add_named(specs, why, sizeof why)))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
}

static json_t *commands_json(const struct assay_chosen *chosen)
{
    char why[ASSAY_WHY_MAX];
    struct assay_specs specs;
    json_t *all = json_array();
    choose_instances(chosen, &specs);
    for (size_t i = 0; i < specs.count; i++) {
        char *command = assay_process_command(&specs.spec[i], why);
        if (!command)
            assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
        json_array_append_new(
            all, json_pack("{s:s,s:o}", "instance", specs.spec[i].name, "command", assay_json_text(command)));
        free(command);
    }
    assay_specs_free(&specs);
    return all;
}

static json_t *instances_json(const struct assay_chosen *chosen, bool *failed)
{
    char cpus[16];
    struct assay_specs specs;
    json_t *all = json_array();
    choose_instances(chosen, &specs);
    assay_cpus_for(1, cpus, sizeof cpus);
    for (size_t i = 0; i < specs.count; i++)
        json_array_append_new(all, instance_json(&specs.spec[i], cpus, failed));
    assay_specs_free(&specs);
    return all;
}

static json_t *cases_json(const struct assay_plan *plan)
{
    json_t *all = json_array();
    for (size_t i = 0; i < plan->count; i++)
        json_array_append_new(all, json_string(plan->keys[i]));
    return all;
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static const char *yes(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key)) ? "yes" : "no";
}

static void print_instance(const json_t *i)
{
    const char *tags[] = {text(i, "provider"), text(i, "variant")};
    char library[512];
    if (json_object_get(i, "error")) {
        printf("%-14s cannot be loaded: %s\n", text(i, "instance"), text(i, "error"));
        return;
    }
    assay_format_library(text(i, "library"), text(i, "version"), library, sizeof library);
    printf("%-14s %s", text(i, "instance"), library);
    for (int k = 0; k < 2; k++)
        if (*tags[k])
            printf(", %s %s", k ? "variant" : "provider", tags[k]);
    printf("\n%15sFIPS asked: %s, active: %s\n%15s%s%s%s\n", "", yes(i, "fips_asked"), yes(i, "fips_active"),
           "", text(i, "path"), *text(i, "build_id") ? ", build " : "", text(i, "build_id"));
}

static void print_text(const struct arguments *a, const json_t *all)
{
    size_t n;
    const json_t *item;
    json_array_foreach(json_object_get(all, "kernels"), n, item)
    {
        if (a->instances || a->cases || a->kernels)
            puts(text(item, "kernel"));
        else
            printf("%-18s %s (%s)\n", text(item, "kernel"), text(item, "summary"), text(item, "source"));
    }
    json_array_foreach(json_object_get(all, "instances"), n, item) print_instance(item);
    json_array_foreach(json_object_get(all, "commands"), n, item) puts(text(item, "command"));
    json_array_foreach(json_object_get(all, "cases"), n, item) puts(json_string_value(item));
}

static int run_list(int argc, char **argv)
{
    static const struct argp_child children[] = {{&assay_cli_selection, 0, "Which:", 1}, {0}};
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "Lists what can be measured, and on what. Without an option: kernels with what they "
               "measure, then instances.\v"
               "Examples:\n  assay list --kernels\n  assay list --cases --kernel '^aead.seal'\n"
               "  assay list --instances --json\n  assay list --commands --instance openssl-fips@trixie"};
    struct arguments a = {0};
    struct assay_plan plan;
    char why[2048];
    bool failed = false;
    assay_cli_selection_defaults(&a.chosen);
    assay_cli_parse(&argp, "list", argc, argv, &a);
    a.chosen.selection.full = !a.chosen.selection.services;
    bool all = !a.kernels && !a.instances && !a.commands && !a.cases;
    if (!assay_plan_make(&plan, &a.chosen.selection, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    json_t *list = json_object();
    if (all || a.kernels)
        json_object_set_new(list, "kernels", kernels_json(&plan));
    if (all || a.instances)
        json_object_set_new(list, "instances", instances_json(&a.chosen, &failed));
    if (a.commands)
        json_object_set_new(list, "commands", commands_json(&a.chosen));
    if (a.cases)
        json_object_set_new(list, "cases", cases_json(&plan));
    assay_plan_free(&plan);
    if (a.json) {
        json_dumpf(list, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        print_text(&a, list);
    }
    json_decref(list);
    return failed ? ASSAY_EXIT_FAILURE : ASSAY_EXIT_OK;
}

const struct assay_verb assay_verb_list = {"list", "kernels, instances and cases", run_list};

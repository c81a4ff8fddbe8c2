/* SPDX-License-Identifier: Apache-2.0
 *
 * assay-gbench: the same kernels under Google Benchmark's engine, one instance a process. Nothing is timed
 * that was not proved first, here too.
 */
#include "bench/cli/cli.h"
#include "bench/gbench/shim.h"
#include "bench/worker/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool told(struct assay_case *c, enum assay_rc rc, char error[ASSAY_GBENCH_ERROR_MAX])
{
    if (rc == ASSAY_OK)
        return true;
    const char *detail = c->note[0] ? c->note : c->backend->last_error(c->instance);
    snprintf(error, ASSAY_GBENCH_ERROR_MAX, "%s%s", rc == ASSAY_AUTH ? "wrong answer: " : "failed: ", detail);
    return false;
}

static bool is_exempt(const struct assay_case *c)
{
    return strcmp(c->backend->name, "null") == 0; /* the probe */
}

static void end(void *state)
{
    struct assay_case *c = state;
    c->kernel->teardown(c);
    free(c);
}

/* data: the case as registered; each thread and repetition gets a state of its own. */
static void *begin(const void *data, unsigned thread, char error[ASSAY_GBENCH_ERROR_MAX])
{
    struct assay_proof proof = {0};
    struct assay_case *c = malloc(sizeof *c);
    if (!c) {
        snprintf(error, ASSAY_GBENCH_ERROR_MAX, "out of memory");
        return NULL;
    }
    *c = *(const struct assay_case *)data;
    SHA256Init(&proof.outputs);
    bool ok = told(c, c->kernel->setup(c), error);
    if (ok && thread == 0 && !is_exempt(c))
        ok = told(c, c->kernel->prove(c, &proof), error);
    if (ok)
        return c;
    end(c);
    return NULL;
}

static bool run(void *state, uint64_t iterations, char error[ASSAY_GBENCH_ERROR_MAX])
{
    struct assay_case *c = state;
    return told(c, c->kernel->run(c, iterations), error);
}

static bool check(void *state, char error[ASSAY_GBENCH_ERROR_MAX])
{
    struct assay_case *c = state;
    return is_exempt(c) || told(c, c->kernel->check(c), error);
}

static const struct assay_gbench_callbacks callbacks = {begin, run, check, end};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = state->input;
        return 0;
    }
    if (key == ARGP_KEY_ARG)
        argp_error(state, "'%s': no argument is expected", arg);
    return ARGP_ERR_UNKNOWN;
}

static void load(struct assay_module *module, const struct assay_spec *spec)
{
    struct assay_option options[ASSAY_OPTIONS_MAX];
    char reason[ASSAY_REASON_MAX];
    for (size_t i = 0; i < spec->option_count; i++) {
        char *equals = strchr(spec->options[i], '=');
        *equals = '\0';
        options[i] = (struct assay_option){spec->options[i], equals + 1};
    }
    if (!assay_module_load(module, spec->module, options, spec->option_count, reason))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", reason);
    assay_gbench_context("instance", spec->name);
    assay_gbench_context("library", module->identity.library);
    assay_gbench_context("library_version", module->identity.version);
}

/* The name is the key without its threads, which Google Benchmark adds in its own way. */
static bool register_case(struct assay_case *c, const struct assay_module *module, const char *key,
                          const char *instance, struct assay_companions *companions)
{
    char why[ASSAY_REASON_MAX], name[2 * ASSAY_KEY_MAX];
    unsigned threads;
    if (!assay_case_parse(key, c, &threads, why, sizeof why))
        return false;
    c->backend = module->backend;
    c->instance = module->instance;
    if (!assay_companions_concern(companions, c->kernel->uses) || !c->kernel->supported(c, why, sizeof why) ||
        assay_case_companions(c, companions, why, sizeof why) != ASSAY_OK)
        return false;
    snprintf(name, sizeof name, "%.*s@%s", (int)(strrchr(key, '/') - key), key, instance);
    if (!assay_gbench_register(name, threads, c->kernel->bytes ? c->kernel->bytes(c) : 0, c, &callbacks))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    return true;
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&assay_cli_selection, 0, "What to measure:", 1}, {0}};
    const struct argp argp = {
        .parser = parse,
        .children = children,
        .doc = "Runs assay's kernels under Google Benchmark, on one instance (openssl), with all of Google "
               "Benchmark's "
               "flags (--benchmark_filter, --benchmark_format, --benchmark_repetitions …).\v"
               "Example: assay-gbench --instance native --kernel '^aead.seal' --benchmark_min_time=0.2"};
    struct assay_chosen chosen;
    struct assay_specs specs;
    struct assay_plan plan;
    struct assay_module module;
    char folder[PATH_MAX] = "";
    size_t count = 0;
    argp_err_exit_status = ASSAY_EXIT_USAGE;
    assay_cli_selection_defaults(&chosen);
    chosen.instances = "openssl";
    assay_gbench_init(&argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    assay_cli_choose(&chosen, &specs, &plan);
    if (specs.count != 1)
        assay_cli_die(ASSAY_EXIT_USAGE,
                      "--instance: one a process, for two crypto libraries cannot share one");
    load(&module, &specs.spec[0]);
    (void)assay_companions_path(folder); /* who needs it finds nothing there */
    struct assay_companions companions = {.text = (const char *const *)specs.spec[0].companions,
                                          .count = specs.spec[0].companion_count,
                                          .folder = folder};
    struct assay_case *cases = calloc(plan.count, sizeof *cases);
    for (size_t i = 0; cases && i < plan.count; i++)
        count += register_case(&cases[i], &module, plan.keys[i], specs.spec[0].name, &companions);
    if (count == 0)
        assay_cli_die(ASSAY_EXIT_USAGE, "%s supports none of the chosen cases", specs.spec[0].name);
    size_t ran = assay_gbench_run();
    assay_gbench_shutdown();
    assay_companions_close(&companions);
    module.backend->destroy(module.instance);
    free(cases);
    assay_plan_free(&plan);
    assay_specs_free(&specs);
    return ran > 0 && !assay_gbench_failed() ? ASSAY_EXIT_OK : ASSAY_EXIT_FAILURE;
}

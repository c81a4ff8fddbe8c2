/* SPDX-License-Identifier: Apache-2.0
 *
 * assay drill: breaks something on purpose and tells whether the safeguard held. assay drill --show: the same
 * of a file.
 */
#include "bench/report/drill.h"
#include "bench/cli/cli.h"
#include "bench/cli/progress.h"
#include "bench/run/drill.h"
#include "bench/run/header.h"
#include "bench/run/instances_file.h"
#include "bench/stats/summary.h"
#include "bench/store/drill_file.h"
#include "bench/store/run_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHY_MAX    2048
#define DRILLS_MAX 64

struct arguments {
    const struct assay_drill *drills[DRILLS_MAX];
    size_t count;
    const char *instances, *output, *show, *metrics;
    unsigned deadline_ms;
    bool without_safeguard, list, colour;
};

enum { KEY_WITHOUT = 256, KEY_DEADLINE, KEY_LIST, KEY_SHOW, KEY_CONFIG, KEY_METRICS };

static const struct argp_option options[] = {
    {"instance", 'i', "A,B", 0, "Instances, each with its companions (all that are found)", 1},
    {"config", KEY_CONFIG, "FILE", 0, "Instances of your own ($XDG_CONFIG_HOME/assay/instances.yaml)", 1},
    {"without-safeguard", KEY_WITHOUT, NULL, 0,
     "Take out the safeguard that a drill is about, to see that it can fail", 2},
    {"deadline", KEY_DEADLINE, "SECONDS", 0, "How long a drill may take (60)", 2},
    {"output", 'o', "FILE", 0, "The file of records, or the folder for ID.ndjson (results/drills)", 3},
    ASSAY_CLI_METRICS(KEY_METRICS, 3),
    {"list", KEY_LIST, NULL, 0, "Tell what there is, run nothing", 4},
    {"show", KEY_SHOW, "FILE", 0, "Print the drills of a file, run nothing", 4},
    {0},
};

static void add(struct arguments *a, const struct assay_drill *drill)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->drills[i] == drill)
            return;
    if (a->count == DRILLS_MAX)
        assay_cli_die(ASSAY_EXIT_USAGE, "more than %d drills", DRILLS_MAX);
    a->drills[a->count++] = drill;
}

static void add_named(struct arguments *a, const char *name)
{
    const struct assay_drill *drill = assay_drill_find(name);
    if (drill) {
        add(a, drill);
        return;
    }
    if (strcmp(name, "all") != 0) {
        char valid[1024] = "";
        for (size_t i = 0, n = 0; assay_drills[i] && n < sizeof valid; i++)
            n += (size_t)snprintf(valid + n, sizeof valid - n, " %s,", assay_drills[i]->name);
        assay_cli_die(ASSAY_EXIT_USAGE, "no drill '%s'; they are%s and all runs every one", name, valid);
    }
    for (size_t i = 0; assay_drills[i]; i++)
        add(a, assay_drills[i]);
}

static void check_alone(const struct arguments *a, struct argp_state *state)
{
    bool given = a->count > 0 || a->instances || a->output || a->metrics || a->without_safeguard;
    if ((a->show || a->list) && given)
        argp_error(state, "--%s runs nothing: it takes no drill and no other option",
                   a->show ? "show" : "list");
    if (a->count == 0 && given)
        argp_error(state, "name a drill, or all; 'assay drill' lists them");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'i':
        a->instances = arg;
        return 0;
    case KEY_CONFIG:
        assay_instances_config(arg);
        return 0;
    case KEY_WITHOUT:
        a->without_safeguard = true;
        return 0;
    case KEY_DEADLINE:
        a->deadline_ms = (unsigned)assay_cli_number(state, "--deadline", arg, 1, 86400) * 1000;
        return 0;
    case 'o':
        if (!*arg)
            argp_error(state, "--output '' names no file");
        a->output = arg;
        return 0;
    case KEY_METRICS:
        a->metrics = assay_cli_metrics(state, arg);
        return 0;
    case KEY_LIST:
        a->list = true;
        return 0;
    case KEY_SHOW:
        a->show = arg;
        return 0;
    case ARGP_KEY_ARG:
        add_named(a, arg);
        return 0;
    case ARGP_KEY_END:
        check_alone(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int list(void)
{
    for (size_t i = 0; assay_drills[i]; i++) {
        const struct assay_drill *d = assay_drills[i];
        printf("%-14s %s\n%-14s safeguard: %s\n", d->name, d->summary, "", d->safeguard);
        if (d->uses)
            printf("%-14s companions:%s%s\n", "", d->uses & ASSAY_USES_KMS ? " a KMS" : "",
                   d->uses & ASSAY_USES_STORE ? d->uses & ASSAY_USES_KMS ? ", a store" : " a store" : "");
    }
    return ASSAY_EXIT_OK;
}

static int show(const struct arguments *a)
{
    struct assay_drill_file file;
    char why[WHY_MAX];
    if (!assay_drill_file_load(&file, a->show, why, sizeof why)) {
        assay_run_file_clean(why);
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    }
    const json_t *last = json_array_get(file.records, json_array_size(file.records) - 1);
    for (size_t i = 0; i < json_array_size(file.records); i++)
        assay_drill_print(stdout, a->colour, json_array_get(file.records, i));
    if (!json_is_true(json_object_get(last, "complete")))
        puts("\nThe file has no whole end: the drills were stopped, or are under way.");
    assay_drill_file_free(&file);
    return ASSAY_EXIT_OK;
}

static void told(void *data, const json_t *record)
{
    assay_drill_print(stdout, ((const struct arguments *)data)->colour, record);
    fflush(stdout);
}

static bool stop(void *data)
{
    (void)data;
    return assay_progress_interrupted(NULL);
}

static void open_file(const struct arguments *a, const char *id, struct assay_writer *writer,
                      char path[PATH_MAX])
{
    const char *into = a->output ? a->output : "results/drills";
    struct stat st;
    if (!a->output || (stat(into, &st) == 0 && S_ISDIR(st.st_mode)))
        snprintf(path, PATH_MAX, "%s/%s.ndjson", into, id);
    else
        snprintf(path, PATH_MAX, "%s", into);
    if (!assay_writer_create(writer, path))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s: %s%s", path, strerror(errno),
                      errno == EEXIST ? "; --output wants a new file" : "");
}

/* Without --instance: all that are found, but for the probe. */
static void choose(const struct arguments *a, struct assay_specs *specs)
{
    char why[WHY_MAX];
    if (!assay_specs_parse(specs, a->instances, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    while (!a->instances && specs->count > 1 && assay_instance_is_probe(specs->spec[specs->count - 1].name))
        assay_specs_drop_last(specs);
}

static int drill(struct arguments *a)
{
    char path[PATH_MAX], id[32];
    struct assay_specs specs;
    struct assay_writer writer;
    struct assay_metrics metrics = {0};
    choose(a, &specs);
    assay_cli_metrics_check(a->metrics);
    assay_run_id(id);
    open_file(a, id, &writer, path);
    assay_progress_watch_interrupts();
    const struct assay_drill_order order = {
        a->drills, a->count, &specs, a->without_safeguard, a->deadline_ms, a->metrics ? &metrics : NULL,
        a,         told,     stop};
    struct assay_drill_tally t = assay_drills_run(&order, id, &writer);
    assay_specs_free(&specs);
    printf("\n%zu passed, %zu failed, %zu not carried out, %zu unsupported%s\n", t.passed, t.failed, t.errors,
           t.unsupported, a->without_safeguard ? "; the safeguards were taken out" : "");
    if (t.nowhere > 0 && !t.stopped)
        printf("%zu of %zu drills ran on no instance\n", t.nowhere, a->count);
    if (t.stopped)
        puts("interrupted");
    if (!assay_writer_close(&writer))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s; what was written before that is whole", path,
                      strerror(writer.errno_kept));
    printf("drill file: %s\n", path);
    bool written = assay_cli_metrics_write(a->metrics, &metrics);
    return !written || t.failed || t.errors || t.nowhere || t.stopped ? ASSAY_EXIT_FAILURE : ASSAY_EXIT_OK;
}

static int run_drill(int argc, char **argv)
{
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "[NAME...|all]",
        .doc =
            "Breaks something on purpose in a worker of its own and watches from outside whether the "
            "service's safeguard holds: passed or failed, the time to detect it, the time to recover from "
            "it, and what happened when. Without a NAME: lists the drills.\v"
            "Examples:\n"
            "  assay drill store-down --instance openssl+sqlite\n"
            "  assay drill all --instance native,openssl+softhsm\n"
            "  assay drill store-down --without-safeguard      must fail\n"
            "  assay drill --show results/drills/20260101T120000Z-1a2b3c.ndjson\n"
            "Exit: 0 all passed, 1 a drill failed, could not be carried out or ran on no instance, 2 usage."};
    struct arguments a = {.deadline_ms = 60000, .colour = isatty(STDOUT_FILENO)};
    assay_cli_parse(&argp, "drill", argc, argv, &a);
    if (a.show)
        return show(&a);
    return a.count == 0 ? list() : drill(&a);
}

const struct assay_verb assay_verb_drill = {"drill", "break something on purpose: do the safeguards hold?",
                                            run_drill};

/* SPDX-License-Identifier: Apache-2.0
 *
 * assay calibrate: gates an instance against itself, to know what a gate is worth on this machine.
 */
#include "bench/cli/cli.h"
#include "bench/cli/progress.h"
#include "bench/gate/baseline.h"
#include "bench/gate/calibration.h"
#include "bench/gate/sides.h"
#include "bench/report/gate.h"
#include "bench/run/instances_file.h"
#include "bench/store/output.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WHY_MAX   2048
#define FILES_MAX 64

struct arguments {
    const char *instance, *output, *control;
    struct assay_selection selection;
    struct assay_gate_settings settings;
    unsigned gates;
    bool baselines; /* measure nothing: read the files */
    const char *files[FILES_MAX];
    size_t file_count;
};

enum { KEY_CONFIG = 255, KEY_GATES = 256, KEY_BUDGET, KEY_SEED, KEY_BASELINES, KEY_CONTROL };

static const struct argp_option options[] = {
    {"instance", 'i', "NAME", 0, "What is gated against itself (openssl)", 1},
    {"kernel", 'k', "REGEX", 0, "Cases whose key matches (those of assay gate)", 1},
    {"gates", KEY_GATES, "N", 0, "How many gates (10)", 2},
    {"budget", KEY_BUDGET, "SECONDS", 0, "How long each may take (120)", 2},
    {"config", KEY_CONFIG, "FILE", 0, "Instances of your own ($XDG_CONFIG_HOME/assay/instances.yaml)", 2},
    {"seed", KEY_SEED, "N", 0, "Seed of the first one's orders (1)", 2},
    {"baselines", KEY_BASELINES, NULL, 0,
     "Measure nothing: from stored runs of the instance, hours apart, record how far each case drifts, for "
     "assay gate --baseline",
     3},
    {"control", KEY_CONTROL, "CASE[@INSTANCE]", 0, "With --baselines: the control, as for assay gate", 3},
    {"output", 'o', "FILE", 0, "What to write (where assay gate looks for it)", 4},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'i':
        a->instance = arg;
        return 0;
    case 'k':
        a->selection.kernel = arg;
        return 0;
    case KEY_GATES:
        a->gates = (unsigned)assay_cli_number(state, "--gates", arg, 1, 10000);
        return 0;
    case KEY_BUDGET:
        a->settings.budget_s = (double)assay_cli_number(state, "--budget", arg, 1, 86400);
        return 0;
    case KEY_CONFIG:
        assay_instances_config(arg);
        return 0;
    case KEY_SEED:
        a->settings.seed = assay_cli_number(state, "--seed", arg, 0, 1ul << 40);
        return 0;
    case 'o':
        if (!*arg)
            argp_error(state, "--output '' names no file");
        a->output = arg;
        return 0;
    case KEY_BASELINES:
        a->baselines = true;
        return 0;
    case KEY_CONTROL:
        a->control = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (a->file_count == FILES_MAX)
            argp_error(state, "'%s': at most %d files are taken", arg, FILES_MAX);
        a->files[a->file_count++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (a->file_count > 0 && !a->baselines)
            argp_error(state, "'%s': no argument is expected but with --baselines", a->files[0]);
        if (a->control && !a->baselines)
            argp_error(state, "--control goes with --baselines");
        if (a->baselines && a->file_count < 2)
            argp_error(state, "--baselines takes two stored runs or more: FILE FILE...");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print(const struct assay_calibration *c)
{
    char floor[24], least[24];
    printf("%-36s %6s %8s %7s %17s %9s %11s\n", "case", "gates", "suspects", "alarms", "rate (95 %)", "floor",
           "detectable");
    for (size_t i = 0; i < c->count; i++) {
        const struct assay_calibrated *k = &c->cases[i];
        double low, high;
        assay_bound_wilson(k->alarms, k->gates, 1.96, &low, &high);
        printf("%-36s %6u %8u %7u    %5.1f – %5.1f %% %9s %11s\n", k->key, k->gates, k->suspects, k->alarms,
               low * 100, high * 100, assay_gate_percent(log1p(k->floor), floor),
               assay_gate_percent(log1p(assay_calibration_detectable(k)), least));
    }
}

static void run_gates(const struct arguments *a, const struct assay_plan *plan,
                      const struct assay_specs *specs, struct assay_calibration *c)
{
    struct assay_progress progress = {.terminal = isatty(STDERR_FILENO)};
    const struct assay_observer observer = {.data = &progress,
                                            .progress = assay_progress_step,
                                            .trouble = assay_progress_trouble,
                                            .stop = assay_progress_interrupted};
    struct assay_gate_settings settings = a->settings;
    for (unsigned i = 0; i < a->gates && !assay_progress_interrupted(NULL); i++, settings.seed++) {
        struct assay_gate_result result;
        if (!assay_gate_run(&settings, plan, specs, &observer, &result))
            assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
        assay_progress_end(&progress);
        int code = assay_gate_verdict(&result, true);
        if (code == ASSAY_EXIT_WRONG || (code == ASSAY_EXIT_FAILURE && !result.stopped))
            assay_cli_die(code, "%s cannot be gated against itself; see above", a->instance);
        if (!result.stopped)
            assay_calibration_add(c, &result);
        assay_gate_free(&result);
    }
}

/* Hours from the first run to the last; they end in one format. */
static double hours_apart(struct assay_baseline *const *runs, size_t count)
{
    double first = INFINITY, last = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        struct tm when = {0};
        const char *end = strptime(runs[i]->run->time, "%Y-%m-%dT%H:%M:%SZ", &when);
        if (!end || *end)
            assay_cli_die(ASSAY_EXIT_USAGE, "%s: \"time\": '%s' is none", runs[i]->run->file,
                          runs[i]->run->time);
        first = fmin(first, (double)timegm(&when));
        last = fmax(last, (double)timegm(&when));
    }
    return (last - first) / 3600;
}

static void open_baselines(const struct arguments *a, const struct assay_plan *plan,
                           struct assay_baseline **runs, char *control, size_t size)
{
    char why[WHY_MAX];
    for (size_t i = 0; i < a->file_count; i++) {
        /* the control that was found for the first is that of all */
        if (!assay_baseline_open(runs[i], a->files[i], a->instance, i ? control : a->control, why,
                                 sizeof why) ||
            !assay_baseline_read(runs[i], plan, 1, why, sizeof why))
            assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
        assay_baseline_control(runs[i], control, size);
        const struct assay_run_instance *here = &runs[i]->run->instances[runs[i]->instance],
                                        *first = &runs[0]->run->instances[runs[0]->instance];
        if (strcmp(here->build_id, first->build_id) != 0 || strcmp(here->version, first->version) != 0)
            assay_cli_die(ASSAY_EXIT_USAGE, "%s: \"build_id\": %s is another build than in %s", a->files[i],
                          a->instance, a->files[0]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(runs[i]->run->id, runs[j]->run->id) == 0)
                assay_cli_die(ASSAY_EXIT_USAGE, "%s: \"id\": the same run as %s", a->files[i], a->files[j]);
    }
}

static int calibrate_baselines(const struct arguments *a, const struct assay_plan *plan, const char *path)
{
    static struct assay_baseline store[FILES_MAX];
    struct assay_baseline *runs[FILES_MAX];
    char control[2 * ASSAY_KEY_MAX] = "", why[WHY_MAX], percent[24];
    for (size_t i = 0; i < FILES_MAX; i++)
        runs[i] = &store[i];
    open_baselines(a, plan, runs, control, sizeof control);
    double hours = hours_apart(runs, a->file_count), *drift = calloc(plan->count, sizeof *drift);
    if (!drift)
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    printf("%zu runs over %.1f hours, held against %s\n%-36s %9s\n", a->file_count, hours, control, "case",
           "drift");
    for (size_t i = 0; i < plan->count; i++) {
        drift[i] = assay_baseline_drift(runs, a->file_count, i);
        printf("%-36s %9s\n", plan->keys[i], assay_gate_percent(log1p(drift[i]), percent));
    }
    if (hours < 1)
        fprintf(stderr, "assay: the runs are less than an hour apart: later ones may drift further\n");
    if (!assay_calibration_write_drifts(path, plan, drift, control, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    printf("written: %s\n", path);
    for (size_t i = 0; i < a->file_count; i++)
        assay_baseline_free(runs[i]);
    free(drift);
    return ASSAY_EXIT_OK;
}

static int calibrate_gates(const struct arguments *a, const struct assay_plan *plan, const char *path)
{
    char why[WHY_MAX];
    struct assay_gate_sides sides;
    struct assay_calibration c;
    if (!assay_gate_sides(&sides, a->instance, a->instance, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    if (!assay_calibration_make(&c, a->instance, plan, a->gates))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    assay_progress_watch_interrupts();
    run_gates(a, plan, &sides.specs, &c);
    print(&c);
    int code = c.gates == a->gates ? ASSAY_EXIT_OK : ASSAY_EXIT_FAILURE;
    if (c.gates > 0 && !assay_calibration_write(&c, path, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    if (c.gates > 0)
        printf("written: %s\n", path);
    assay_calibration_free(&c);
    assay_gate_sides_free(&sides);
    return code;
}

static int run_calibrate(int argc, char **argv)
{
    const struct argp argp = {
        .options = options,
        .args_doc = "\n--baselines FILE FILE...",
        .parser = parse,
        .doc =
            "Gates an instance against itself, where nothing can be slower, and records for each case how "
            "often "
            "that raised a false alarm, how far a bound got from zero (a floor that assay gate then demands) "
            "and the slow-down that could have been seen.\v"
            "Examples:\n"
            "  assay calibrate --instance openssl --gates 20\n"
            "  assay calibrate --instance openssl --baselines morning.ndjson evening.ndjson\n"
            "Exit: 0 all well, 1 failure, 2 usage, 3 a wrong answer."};
    char why[WHY_MAX], path[PATH_MAX] = "";
    struct arguments a = {.instance = "openssl",
                          .selection = {.kernel = ASSAY_GATE_CASES, .threads = {1}, .thread_count = 1},
                          .settings = {.threshold = 0.03, .budget_s = 120, .seed = 1},
                          .gates = 10};
    struct assay_plan plan = {0};
    assay_cli_parse(&argp, "calibrate", argc, argv, &a);
    if (!assay_plan_make(&plan, &a.selection, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    if (!a.output && !assay_calibration_path(path))
        assay_cli_die(ASSAY_EXIT_USAGE, "there is no home folder to write to: --output FILE");
    const char *to = a.output ? a.output : path;
    if (!assay_output_possible(to, ASSAY_OUTPUT_FILE, why, sizeof why)) /* before minutes of measuring */
        assay_cli_die(ASSAY_EXIT_USAGE, "%s%s", a.output ? "--output " : "", why);
    int code = a.baselines ? calibrate_baselines(&a, &plan, to) : calibrate_gates(&a, &plan, to);
    assay_plan_free(&plan);
    return code;
}

const struct assay_verb assay_verb_calibrate = {"calibrate", "measures what a gate is worth on this machine",
                                                run_calibrate};

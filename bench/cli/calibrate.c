/* SPDX-License-Identifier: Apache-2.0
 *
 * assay calibrate: gates an instance against itself, to know what a gate is worth on this machine.
 */
#include "bench/cli/cli.h"
#include "bench/cli/progress.h"
#include "bench/gate/calibration.h"
#include "bench/gate/sides.h"
#include "bench/report/gate.h"
#include "bench/run/instances_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WHY_MAX 2048

struct arguments {
    const char *instance, *output;
    struct assay_selection selection;
    struct assay_gate_settings settings;
    unsigned gates;
};

enum { KEY_CONFIG = 255, KEY_GATES = 256, KEY_BUDGET, KEY_SEED };

static const struct argp_option options[] = {
    {"instance", 'i', "NAME", 0, "What is gated against itself (openssl)", 1},
    {"kernel", 'k', "REGEX", 0, "Cases whose key matches (those of assay gate)", 1},
    {"gates", KEY_GATES, "N", 0, "How many gates (10)", 2},
    {"budget", KEY_BUDGET, "SECONDS", 0, "How long each may take (120)", 2},
    {"config", KEY_CONFIG, "FILE", 0, "Instances of your own ($XDG_CONFIG_HOME/assay/instances.yaml)", 2},
    {"seed", KEY_SEED, "N", 0, "Seed of the first one's orders (1)", 2},
    {"output", 'o', "FILE", 0, "What to write (where assay gate looks for it)", 3},
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
    case ARGP_KEY_ARG:
        argp_error(state, "'%s': no argument is expected", arg);
        return EINVAL;
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

static int run_calibrate(int argc, char **argv)
{
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc =
            "Gates an instance against itself, where nothing can be slower, and records for each case how "
            "often "
            "that raised a false alarm, how far a bound got from zero (a floor that assay gate then demands) "
            "and the slow-down that could have been seen.\v"
            "Examples:\n"
            "  assay calibrate --instance openssl --gates 20\n"
            "Exit: 0 all well, 1 failure, 2 usage, 3 a wrong answer."};
    char why[WHY_MAX], path[PATH_MAX] = "";
    struct arguments a = {.instance = "openssl",
                          .selection = {.kernel = ASSAY_GATE_CASES, .threads = {1}, .thread_count = 1},
                          .settings = {.threshold = 0.03, .budget_s = 120, .seed = 1},
                          .gates = 10};
    struct assay_gate_sides sides;
    struct assay_plan plan = {0};
    struct assay_calibration c;
    assay_cli_parse(&argp, "calibrate", argc, argv, &a);
    if (!assay_gate_sides(&sides, a.instance, a.instance, why, sizeof why) ||
        !assay_plan_make(&plan, &a.selection, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    if (!assay_calibration_make(&c, a.instance, &plan, a.gates))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    if (!a.output && !assay_calibration_path(path))
        assay_cli_die(ASSAY_EXIT_USAGE, "there is no home folder to write to: --output FILE");
    assay_progress_watch_interrupts();
    run_gates(&a, &plan, &sides.specs, &c);
    print(&c);
    int code = c.gates == a.gates ? ASSAY_EXIT_OK : ASSAY_EXIT_FAILURE;
    const char *to = a.output ? a.output : path;
    if (c.gates > 0 && !assay_calibration_write(&c, to, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    if (c.gates > 0)
        printf("written: %s\n", to);
    assay_calibration_free(&c);
    assay_plan_free(&plan);
    assay_gate_sides_free(&sides);
    return code;
}

const struct assay_verb assay_verb_calibrate = {"calibrate", "measures what a gate is worth on this machine",
                                                run_calibrate};

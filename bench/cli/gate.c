/* SPDX-License-Identifier: Apache-2.0
 *
 * assay gate: may this head replace that base? One exit code, for a CI job.
 */
#include "bench/gate/gate.h"
#include "bench/cli/cli.h"
#include "bench/cli/progress.h"
#include "bench/gate/baseline.h"
#include "bench/gate/calibration.h"
#include "bench/gate/sides.h"
#include "bench/report/gate.h"
#include "bench/run/instances_file.h"
#include "bench/store/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHY_MAX     2048
#define OUTPUTS_MAX 8

struct output {
    const struct assay_gate_format *format;
    const char *path; /* NULL: standard output */
};

struct arguments {
    const char *base, *head, *calibration, *baseline, *control;
    struct assay_selection selection;
    struct assay_gate_settings settings;
    double self_test; /* the slow-down to be found; 0: no self-test */
    bool inconclusive_passes;
    struct output outputs[OUTPUTS_MAX];
    size_t output_count;
};

enum {
    KEY_CONFIG = 255,
    KEY_BASE = 256,
    KEY_HEAD,
    KEY_THRESHOLD,
    KEY_BUDGET,
    KEY_SEED,
    KEY_INCONCLUSIVE,
    KEY_FORMAT,
    KEY_SELF_TEST,
    KEY_CALIBRATION,
    KEY_BASELINE,
    KEY_CONTROL
};

static const struct argp_option options[] = {
    {"base", KEY_BASE, "INSTANCE", 0, "What is there now", 1},
    {"head", KEY_HEAD, "INSTANCE", 0, "What may replace it: an instance, or a module by its path", 1},
    {"kernel", 'k', "REGEX", 0, "Cases whose key matches (six that stand for the rest)", 1},
    {"baseline", KEY_BASELINE, "FILE", 0,
     "Take base from this stored run (assay run --rounds 40), which says less than measuring it; --base is "
     "then "
     "an instance of the file (the one called as head is)",
     1},
    {"control", KEY_CONTROL, "CASE[@INSTANCE]", 0,
     "With --baseline: a case of the file whose code has not changed since (" ASSAY_GATE_CONTROL
     " of native:portable, or of another instance that is loaded as it was then)",
     1},
    {"threshold", KEY_THRESHOLD, "T", 0, "The slow-down that must not pass (3%)", 2},
    {"budget", KEY_BUDGET, "TIME", 0, "How long the gate may take (120s)", 2},
    {"inconclusive", KEY_INCONCLUSIVE, "pass|fail", 0,
     "What an open verdict means to the exit code (fail: 4)", 2},
    {"calibration", KEY_CALIBRATION, "FILE", 0,
     "What assay calibrate wrote; none: no floors (where it writes by default)", 2},
    {"config", KEY_CONFIG, "FILE", 0, "Instances of your own ($XDG_CONFIG_HOME/assay/instances.yaml)", 2},
    {"seed", KEY_SEED, "N", 0, "Seed of all orders (1)", 2},
    {"format", KEY_FORMAT, "FORMAT[=FILE]", 0,
     "text, markdown, github, json, junit, benchmark or bencher, to a file or standard output; may be given "
     "again (text)",
     3},
    {"self-test", KEY_SELF_TEST, "SLOWER", OPTION_ARG_OPTIONAL,
     "Gate --base against itself, as it is (must pass) and with every n-th call repeated (must be found; 5%)",
     4},
    {0},
};

/* "3%" or "0.03" */
static double share(struct argp_state *state, const char *option, const char *text)
{
    char *end;
    double n = strtod(text, &end);
    if (*end == '%' && end != text) {
        n /= 100;
        end++;
    }
    if (end == text || *end || !(n >= 0.001 && n <= 1))
        argp_error(state, "%s '%s' is not a share from 0.1%% to 100%%, such as 3%%", option, text);
    return n;
}

static double budget(struct argp_state *state, const char *text)
{
    char *end;
    double n = strtod(text, &end);
    double unit = strcmp(end, "s") == 0 || !*end ? 1 : strcmp(end, "min") == 0 ? 60 : 0;
    if (end == text || !(n * unit >= 1 && n * unit <= 86400))
        argp_error(state, "--budget '%s' is not a time from 1s to 1440min, such as 120s", text);
    return n * unit;
}

static void add_output(struct arguments *a, struct argp_state *state, char *text)
{
    char *path = strchr(text, '=');
    if (path)
        *path++ = '\0';
    if (a->output_count == OUTPUTS_MAX)
        argp_error(state, "--format is taken at most %d times", OUTPUTS_MAX);
    const struct assay_gate_format *format = assay_gate_format_find(text);
    if (!format || (path && !*path))
        argp_error(
            state,
            "--format '%s': valid are text, markdown, github, json, junit, benchmark, bencher, each with "
            "=FILE if wished",
            text);
    a->outputs[a->output_count++] = (struct output){format, path};
}

static void check_complete(const struct arguments *a, struct argp_state *state)
{
    if (a->baseline && a->self_test > 0)
        argp_error(state, "--self-test takes no --baseline");
    if (a->control && !a->baseline)
        argp_error(state, "--control goes with --baseline FILE");
    if (!a->base && !a->baseline)
        argp_error(state, "--base INSTANCE is missing");
    if (a->self_test > 0 && a->head)
        argp_error(state, "--self-test gates --base against itself: leave out --head");
    if (a->self_test == 0 && !a->head)
        argp_error(state, "--head INSTANCE is missing");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_BASE:
        a->base = arg;
        return 0;
    case KEY_HEAD:
        a->head = arg;
        return 0;
    case 'k':
        a->selection.kernel = arg;
        return 0;
    case KEY_THRESHOLD:
        a->settings.threshold = share(state, "--threshold", arg);
        return 0;
    case KEY_BUDGET:
        a->settings.budget_s = budget(state, arg);
        return 0;
    case KEY_CONFIG:
        assay_instances_config(arg);
        return 0;
    case KEY_SEED:
        a->settings.seed = assay_cli_number(state, "--seed", arg, 0, 1ul << 48);
        return 0;
    case KEY_CALIBRATION:
        a->calibration = arg;
        return 0;
    case KEY_BASELINE:
        a->baseline = arg;
        return 0;
    case KEY_CONTROL:
        a->control = arg;
        return 0;
    case KEY_INCONCLUSIVE:
        a->inconclusive_passes = strcmp(arg, "pass") == 0;
        if (!a->inconclusive_passes && strcmp(arg, "fail") != 0)
            argp_error(state, "--inconclusive '%s' is neither pass nor fail", arg);
        return 0;
    case KEY_FORMAT:
        add_output(a, state, arg);
        return 0;
    case KEY_SELF_TEST:
        a->self_test = arg ? share(state, "--self-test", arg) : 0.05;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s': no argument is expected; instances are given with --base and --head", arg);
        return EINVAL;
    case ARGP_KEY_END:
        check_complete(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Before minutes are spent on measuring */
static void check_outputs(const struct arguments *a)
{
    char why[WHY_MAX];
    for (size_t i = 0; i < a->output_count; i++)
        if (a->outputs[i].path &&
            !assay_output_possible(a->outputs[i].path, ASSAY_OUTPUT_STREAM, why, sizeof why))
            assay_cli_die(ASSAY_EXIT_USAGE, "--format %s", why);
}

static bool write_output(const struct output *o, const struct assay_gate_report *report)
{
    char why[WHY_MAX];
    struct assay_output to = {.file = stdout};
    bool ok = !o->path || assay_output_open(&to, o->path, ASSAY_OUTPUT_STREAM, why, sizeof why);
    if (ok)
        (o->format ? o->format->print : assay_gate_print_text)(to.file, report);
    if (ok && o->path)
        ok = assay_output_close(&to, true, why, sizeof why);
    if (!ok)
        fprintf(stderr, "assay: --format %s\n", why);
    return ok;
}

/* All of them, whatever becomes of one; the exit code. A verdict against head is worse than a file that is
 * not there. */
static int write_outputs(const struct arguments *a, const struct assay_gate_report *report)
{
    static const struct output usual = {.path = NULL};
    size_t n = a->output_count ? a->output_count : 1;
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        ok = write_output(a->output_count ? &a->outputs[i] : &usual, report) && ok;
    return ok ? report->code : assay_cli_failed(report->code);
}

/* What a calibration knows of the plan's cases, and the file that it comes from; "" when there is none. */
static struct assay_gate_known *known_of(const struct arguments *a, const struct assay_plan *plan,
                                         const struct assay_baseline *baseline, char path[PATH_MAX])
{
    char why[WHY_MAX], control[2 * ASSAY_KEY_MAX];
    struct assay_gate_known *known = calloc(plan->count, sizeof *known);
    if (!known)
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    path[0] = '\0';
    if (a->calibration && strcmp(a->calibration, "none") == 0)
        return known;
    if (a->calibration)
        snprintf(path, PATH_MAX, "%s", a->calibration);
    else if (!assay_calibration_path(path) || access(path, R_OK) != 0) {
        path[0] = '\0';
        return known;
    }
    if (baseline)
        assay_baseline_control(baseline, control, sizeof control);
    if (!assay_calibration_known(path, plan, baseline ? control : NULL, known, why, sizeof why)) {
        if (a->calibration)
            assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
        fprintf(stderr, "assay: %s: not used\n", why);
        path[0] = '\0';
    }
    return known;
}

/* One gate; baseline: NULL, or the stored run in which base is. Returns its exit code. */
static int gate(const struct arguments *a, const struct assay_gate_sides *sides,
                const struct assay_plan *plan, const struct assay_baseline *baseline)
{
    char path[PATH_MAX];
    struct assay_gate_settings settings = a->settings;
    struct assay_progress progress = {.terminal = isatty(STDERR_FILENO)};
    const struct assay_observer observer = {.data = &progress,
                                            .progress = assay_progress_step,
                                            .trouble = assay_progress_trouble,
                                            .stop = assay_progress_interrupted};
    struct assay_gate_result result;
    struct assay_gate_known *known = known_of(a, plan, baseline, path);
    settings.known = known;
    settings.baseline = baseline;
    if (!assay_gate_run(&settings, plan, &sides->specs, &observer, &result))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    assay_progress_end(&progress);
    if (baseline) { /* until here it was the control's */
        json_decref(result.identity[ASSAY_GATE_BASE]);
        result.identity[ASSAY_GATE_BASE] = assay_baseline_identity(baseline);
    }
    int code = assay_gate_verdict(&result, a->inconclusive_passes);
    const struct assay_gate_report report = {.result = &result,
                                             .base = baseline ? a->base : sides->name[0],
                                             .head = sides->name[1],
                                             .threshold = settings.threshold,
                                             .calibration = path[0] ? path : NULL,
                                             .baseline = baseline,
                                             .notes = result.stopped ? "interrupted\n" : "",
                                             .code = code};
    code = write_outputs(a, &report);
    assay_gate_free(&result);
    free(known);
    return code;
}

static void plan_for(const struct arguments *a, struct assay_plan *plan)
{
    char why[WHY_MAX];
    struct assay_selection selection = a->selection;
    if (!selection.kernel)
        selection.kernel = ASSAY_GATE_CASES;
    if (!assay_plan_make(plan, &selection, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
}

static void make_sides(struct assay_gate_sides *sides, const char *base, const char *head, double slower)
{
    char why[WHY_MAX];
    bool ok = slower < 0 ? assay_gate_sides(sides, base, head, why, sizeof why)
                         : assay_gate_sides_slowed(sides, base, slower, why, sizeof why);
    if (!ok)
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
}

/* The gate on trial: the same library twice must pass, and a slow-down that was put in must be found. */
static int self_test(const struct arguments *a, const struct assay_plan *plan)
{
    struct arguments half = *a;
    struct assay_gate_sides sides;
    half.settings.budget_s = a->settings.budget_s / 2;
    make_sides(&sides, a->base, NULL, 0);
    int same = gate(&half, &sides, plan, NULL);
    assay_gate_sides_free(&sides);
    make_sides(&sides, a->base, NULL, a->self_test);
    half.settings.seed++;
    int slowed =
        same == ASSAY_EXIT_FAILURE || same == ASSAY_EXIT_WRONG ? same : gate(&half, &sides, plan, NULL);
    assay_gate_sides_free(&sides);
    bool quiet = same == ASSAY_EXIT_OK, found = slowed == ASSAY_EXIT_REGRESSION;
    fprintf(stderr, "self-test: the same library twice: %s; %.3g %% slower: %s\n",
            quiet ? "passes, as it must" : assay_gate_verdict_word(same), a->self_test * 100,
            found ? "found, as it must be" : assay_gate_verdict_word(slowed));
    if (quiet && found)
        return ASSAY_EXIT_OK;
    bool noisy = same != ASSAY_EXIT_REGRESSION && (same == ASSAY_EXIT_NOISY || slowed == ASSAY_EXIT_NOISY);
    return noisy ? ASSAY_EXIT_NOISY : same == ASSAY_EXIT_WRONG ? ASSAY_EXIT_WRONG : ASSAY_EXIT_FAILURE;
}

/* Head against a stored run; what is measured beside it is the control. */
static int gate_stored(struct arguments *a, const struct assay_plan *plan)
{
    char why[WHY_MAX];
    struct assay_baseline baseline;
    struct assay_gate_sides sides;
    struct assay_gate_rule rule;
    if (!a->base)
        a->base = a->head;
    assay_gate_rule_make(&rule, a->settings.threshold, 0, plan->count);
    if (!assay_baseline_open(&baseline, a->baseline, a->base, a->control, why, sizeof why) ||
        !assay_baseline_read(&baseline, plan, assay_bound_least(rule.alpha / 2), why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    make_sides(&sides, baseline.run->instances[baseline.control_instance].name, a->head, -1);
    int code = gate(a, &sides, plan, &baseline);
    assay_gate_sides_free(&sides);
    assay_baseline_free(&baseline);
    return code;
}

static int run_gate(int argc, char **argv)
{
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc =
            "Holds head against base in rounds of fresh workers, and says whether head is slower by the "
            "threshold or "
            "more. A regression is a slow-down whose lower bound exceeds a third of the threshold (and this "
            "machine's own floor) twice, in independent passes; a pass, one whose upper bound lies under the "
            "threshold.\v"
            "Examples:\n"
            "  assay gate --base openssl --head ./build/my-module.so\n"
            "  assay gate --base openssl@trixie --head openssl@sid --threshold 5% \\\n"
            "      --format junit=gate.xml --format text\n"
            "  assay gate --base native --self-test\n"
            "  assay gate --baseline results/runs/ID.ndjson --head openssl --threshold 15%\n"
            "Exit: 0 pass, 5 regression, 4 inconclusive, 3 a wrong answer, 1 failure, 2 usage."};
    struct arguments a = {.selection = {.threads = {1}, .thread_count = 1},
                          .settings = {.threshold = 0.03, .budget_s = 120, .seed = 1}};
    struct assay_plan plan = {0};
    int code;
    assay_cli_parse(&argp, "gate", argc, argv, &a);
    plan_for(&a, &plan);
    check_outputs(&a);
    assay_progress_watch_interrupts();
    if (a.self_test > 0)
        code = self_test(&a, &plan);
    else if (a.baseline)
        code = gate_stored(&a, &plan);
    else {
        struct assay_gate_sides sides;
        make_sides(&sides, a.base, a.head, -1);
        code = gate(&a, &sides, &plan, NULL);
        assay_gate_sides_free(&sides);
    }
    assay_plan_free(&plan);
    return code;
}

const struct assay_verb assay_verb_gate = {"gate", "may head replace base? one exit code for a CI job",
                                           run_gate};

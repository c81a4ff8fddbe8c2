/* SPDX-License-Identifier: Apache-2.0
 *
 * assay run: plans, measures, and shows the table. assay check: the same without the measuring.
 */
#include "bench/cli/cli.h"
#include "bench/cli/progress.h"
#include "bench/report/table.h"
#include "bench/run/engine.h"
#include "bench/run/header.h"
#include "bench/store/index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHY_MAX    2048
#define ROUNDS_MAX 10000
#define BLOCKS_MAX 1000
#define RATE_MAX   1e8

struct arguments {
    struct assay_chosen chosen;
    struct assay_settings settings;
    const char *output, *resume, *metrics;
    const char *fixed; /* an option that was given and that --resume takes from the file */
    bool dry_run;
};

enum {
    KEY_ROUNDS = 256,
    KEY_BLOCKS,
    KEY_MIN_TIME,
    KEY_SEED,
    KEY_DEADLINE,
    KEY_QUICK,
    KEY_DRY_RUN,
    KEY_RESUME,
    KEY_RATE,
    KEY_METRICS
};

static const struct argp_option run_options[] = {
    {"quick", KEY_QUICK, NULL, 0, "3 rounds of 2 blocks", 2},
    {"rounds", KEY_ROUNDS, "N", 0, "Rounds of fresh workers, the unit of evidence (5)", 2},
    {"blocks", KEY_BLOCKS, "N", 0, "Blocks a round: a sample of every instance, back to back (3)", 2},
    {"min-time", KEY_MIN_TIME, "TIME", 0, "The length of a sample (20ms; with --rate 1s)", 2},
    {"rate", KEY_RATE, "R", 0,
     "Offer operations at R/s, one at a time, arriving at random whether or not the last is done, and show "
     "latencies; 0: each follows the last. A sample then takes 1s. Not under a real-time priority (chrt): "
     "the "
     "kernel stops a load that never sleeps for 50 ms of each second",
     2},
    {"seed", KEY_SEED, "N", 0, "Seed of all orders (1)", 2},
    {"deadline", KEY_DEADLINE, "SECONDS", 0, "How long a worker may take for an answer beyond measuring (60)",
     2},
    {"output", 'o', "FILE", 0, "The run file, or the folder for ID.ndjson (results/runs)", 3},
    {"resume", KEY_RESUME, "FILE", 0, "Go on with a run that was stopped or killed", 3},
    ASSAY_CLI_METRICS(KEY_METRICS, 3),
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Print the cases and instances, measure nothing", 3},
    {0},
};

/* With --resume these come from the file. */
static void check_alone(const struct arguments *a, struct argp_state *state)
{
    const char *other = a->fixed                                           ? a->fixed
                        : a->chosen.instances                              ? "instance"
                        : a->chosen.selection.kernel                       ? "kernel"
                        : a->chosen.selection.full                         ? "full"
                        : a->chosen.selection.services                     ? "services"
                        : assay_cli_most_threads(&a->chosen.selection) > 1 ? "threads"
                                                                           : NULL;
    if (a->resume && other)
        argp_error(state, "--resume goes on as the file says: leave out --%s", other);
}

/* "2000" or "2000/s" */
static double rate(struct argp_state *state, const char *text)
{
    char *end;
    double n = strtod(text, &end);
    if (end == text || (*end && strcmp(end, "/s") != 0) || !(n >= 0 && n <= RATE_MAX))
        argp_error(state, "--rate '%s' is not a number of requests a second from 0 to %.0f, such as 2000/s",
                   text, RATE_MAX);
    return n;
}

static error_t parse_run(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    for (const struct argp_option *o = run_options; o->name; o++)
        if (o->key == key && key != KEY_DEADLINE && key != KEY_RESUME && key != KEY_DRY_RUN &&
            key != KEY_METRICS)
            a->fixed = o->name;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->chosen;
        return 0;
    case KEY_QUICK:
        a->settings.rounds = 3;
        a->settings.blocks = 2;
        return 0;
    case KEY_ROUNDS:
        a->settings.rounds = (unsigned)assay_cli_number(state, "--rounds", arg, 1, ROUNDS_MAX);
        return 0;
    case KEY_BLOCKS:
        a->settings.blocks = (unsigned)assay_cli_number(state, "--blocks", arg, 1, BLOCKS_MAX);
        return 0;
    case KEY_MIN_TIME:
        a->settings.min_time_ns = assay_cli_duration(state, "--min-time", arg);
        return 0;
    case KEY_RATE:
        a->settings.offered = true;
        a->settings.rate = rate(state, arg);
        return 0;
    case KEY_SEED:
        a->settings.seed = assay_cli_number(state, "--seed", arg, 0, 1ul << 48);
        return 0;
    case KEY_DEADLINE:
        a->settings.deadline_ms = (unsigned)assay_cli_number(state, "--deadline", arg, 1, 86400) * 1000;
        return 0;
    case 'o':
        if (!*arg)
            argp_error(state, "--output '' names no file");
        a->output = arg;
        return 0;
    case KEY_RESUME:
        a->resume = arg;
        return 0;
    case KEY_METRICS:
        a->metrics = assay_cli_metrics(state, arg);
        return 0;
    case KEY_DRY_RUN:
        a->dry_run = true;
        return 0;
    case ARGP_KEY_END:
        check_alone(a, state);
        if (a->settings.offered && assay_cli_most_threads(&a->chosen.selection) > 1)
            argp_error(state, "--rate is for one thread: leave out --threads");
        if (a->settings.min_time_ns == 0)
            a->settings.min_time_ns = a->settings.offered ? 1000000000 : 20000000;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s': no argument is expected; cases are chosen with --kernel", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool taken(void *data, unsigned round, unsigned block, const char *key, const char *instance)
{
    const struct assay_run *run = ((struct assay_progress *)data)->resumed;
    if (!run)
        return false;
    int c = assay_run_file_find_case(run, key), i = assay_run_file_find_instance(run, instance);
    return c >= 0 && i >= 0 && assay_run_file_is_finished(run, (size_t)c, (size_t)i, round, block);
}

/* A cell that was settled for the worse stays so, and counts in the verdict. */
static void remember(struct assay_engine *e, const struct assay_run *run)
{
    static const enum assay_status settled[] = {
        [ASSAY_CELL_UNSUPPORTED] = ASSAY_STATUS_UNSUPPORTED,
        [ASSAY_CELL_REFUSED] = ASSAY_STATUS_REFUSED,
        [ASSAY_CELL_FAILED] = ASSAY_STATUS_FAILED,
    };
    for (size_t c = 0; c < run->case_count;
         c++) { /* the plan has the file's cases and instances, in its order */
        for (size_t i = 0; i < run->instance_count; i++) {
            const struct assay_cell *cell = assay_run_file_cell(run, c, i);
            if (cell->status > ASSAY_CELL_PROVED)
                assay_engine_remember(e, c, i, settled[cell->status], cell->reason);
        }
    }
}

/* What a file may lack or exaggerate when it was not assay that wrote it. */
static void check_resumable(const char *file, const struct assay_run *r)
{
    const char *wrong = r->rounds < 1 || r->rounds > ROUNDS_MAX                ? "rounds"
                        : r->blocks < 1 || r->blocks > BLOCKS_MAX              ? "blocks"
                        : r->min_time_ns < 1 || r->min_time_ns > 60000000000u  ? "min_time_ns"
                        : r->case_count < 1                                    ? "cases"
                        : r->offered && !(r->rate >= 0 && r->rate <= RATE_MAX) ? "rate"
                                                                               : NULL;
    if (wrong)
        assay_cli_die(ASSAY_EXIT_USAGE, "%s: cannot be resumed: its run record has no valid \"%s\"", file,
                      wrong);
}

/* Instances, cases and settings of an earlier run. */
static void choose_resumed(struct arguments *a, struct assay_run **run, struct assay_specs *specs,
                           struct assay_plan *plan)
{
    char why[WHY_MAX], *names = NULL;
    size_t size = 0;
    if (!assay_run_file_load(a->resume, run, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    const struct assay_run *r = *run;
    check_resumable(a->resume, r);
    a->settings.seed = r->seed;
    a->settings.rounds = (unsigned)r->rounds;
    a->settings.blocks = (unsigned)r->blocks;
    a->settings.min_time_ns = r->min_time_ns;
    a->settings.offered = r->offered;
    a->settings.rate = r->rate;
    a->chosen.selection.thread_count = r->thread_count;
    memcpy(a->chosen.selection.threads, r->threads, sizeof r->threads);
    FILE *list = open_memstream(&names, &size);
    for (size_t i = 0; i < r->instance_count; i++)
        fprintf(list, "%s%s", i ? "," : "", r->instances[i].name);
    fclose(list);
    plan->keys = calloc(r->case_count, sizeof plan->keys[0]);
    if (!names || !plan->keys)
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    for (; plan->count < r->case_count; plan->count++) {
        struct assay_case c;
        unsigned threads;
        snprintf(plan->keys[plan->count], ASSAY_KEY_MAX, "%s", r->cases[plan->count].key);
        if (!assay_case_parse(plan->keys[plan->count], &c, &threads, why, sizeof why))
            assay_cli_die(ASSAY_EXIT_USAGE, "%s: case '%s': %s", a->resume, plan->keys[plan->count], why);
    }
    if (!assay_specs_parse(specs, names, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s: %s", a->resume, why);
    free(names);
}

static void print_plan(const struct arguments *a, const struct assay_specs *specs,
                       const struct assay_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        for (size_t k = 0; k < specs->count; k++)
            printf("%s@%s\n", plan->keys[i], specs->spec[k].name);
    printf("%zu cases on %zu instances, %u rounds of %u blocks: at most about %.0f s\n", plan->count,
           specs->count, a->settings.rounds, a->settings.blocks,
           assay_progress_seconds(&a->settings, plan, specs->count));
}

static void open_file(struct arguments *a, struct assay_writer *writer, const struct assay_run *resumed,
                      const struct assay_plan *plan, const struct assay_specs *specs, char path[PATH_MAX])
{
    char id[32];
    bool ok;
    if (resumed) {
        snprintf(path, PATH_MAX, "%s", a->resume);
        ok = assay_writer_append(writer, path, (long long)resumed->good_bytes);
    } else {
        assay_run_id(id);
        const char *into = a->output ? a->output : "results/runs";
        struct stat st;
        if (!a->output || (stat(into, &st) == 0 && S_ISDIR(st.st_mode)))
            snprintf(path, PATH_MAX, "%s/%s.ndjson", into, id);
        else
            snprintf(path, PATH_MAX, "%s", into);
        ok = assay_writer_create(writer, path);
    }
    if (!ok)
        assay_cli_die(ASSAY_EXIT_USAGE, "%s: %s%s", path, strerror(errno),
                      errno == EEXIST ? "; --output wants a new file, --resume goes on with an old one" : "");
    if (!resumed)
        assay_writer_record(writer, assay_header_json(id, &a->settings, &a->chosen.selection, plan, specs));
}

/* The table of what the file now holds. */
static void show(const char *path)
{
    char why[WHY_MAX];
    struct assay_run *run;
    struct assay_summary summary;
    if (!assay_run_file_load(path, &run, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    if (!assay_summary_make(run, &summary, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s", path, why);
    const struct assay_table_options options = {.colour = isatty(STDOUT_FILENO)};
    assay_table_print(stdout, &summary, &options);
    printf("\nrun file: %s\n", path);
    if (!assay_index_record(run, why, sizeof why))
        fprintf(stderr,
                "assay: warning: %s; the run file is whole, 'assay history --rebuild' adds it later\n", why);
    assay_summary_free(&summary);
    assay_run_file_free(run);
}

/* After each round, for who watches; a failure is told at the end, when the file is written once more. */
static void round_over(void *data, unsigned round)
{
    const struct assay_progress *progress = data;
    char why[ASSAY_WHY_MAX];
    (void)round;
    if (progress->metrics_file)
        (void)assay_metrics_file_write(progress->metrics_file, progress->metrics, why);
}

static int measure(struct arguments *a, const struct assay_specs *specs, const struct assay_plan *plan,
                   struct assay_run *resumed)
{
    char path[PATH_MAX];
    struct assay_writer writer;
    static struct assay_engine engine;
    struct assay_noise before, after;
    struct assay_metrics metrics = {0};
    struct assay_progress progress = {.resumed = resumed,
                                      .terminal = isatty(STDERR_FILENO),
                                      .metrics_file = a->metrics,
                                      .metrics = &metrics};
    const struct assay_observer observer = {.data = &progress,
                                            .progress = assay_progress_step,
                                            .trouble = assay_progress_trouble,
                                            .stop = assay_progress_interrupted,
                                            .taken = taken,
                                            .round = round_over};
    assay_cli_metrics_check(a->metrics);
    assay_progress_watch_interrupts();
    open_file(a, &writer, resumed, plan, specs, path);
    assay_noise_read(&before);
    if (!assay_engine_init(&engine, &a->settings, plan, specs, &observer, &writer,
                           assay_cli_most_threads(&a->chosen.selection)))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    engine.metrics = a->metrics ? &metrics : NULL;
    if (resumed)
        remember(&engine, resumed);
    assay_engine_run(&engine);
    assay_progress_end(&progress);
    assay_noise_read(&after);
    assay_writer_record(&writer, assay_end_json(!engine.stopped, assay_progress_interrupted(NULL), &before,
                                                &after, engine.all_switches, engine.samples));
    int code = assay_engine_verdict(&engine);
    bool stopped = engine.stopped;
    assay_engine_free(&engine);
    if (!assay_writer_close(&writer))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s; what was written before that is whole", path,
                      strerror(writer.errno_kept));
    show(path);
    if (!assay_cli_metrics_write(a->metrics, &metrics) && code == 0)
        code = ASSAY_EXIT_FAILURE;
    if (stopped)
        printf("interrupted; to go on: assay run --resume %s\n", path);
    return code == 0 && stopped ? ASSAY_EXIT_FAILURE : code;
}

static int run_run(int argc, char **argv)
{
    static const struct argp_child children[] = {{&assay_cli_selection, 0, "What to measure:", 1}, {0}};
    const struct argp argp = {
        .options = run_options,
        .parser = parse_run,
        .children = children,
        .doc = "Proves and measures cases on instances, writes every sample to a run file, and prints the "
               "table. Without "
               "--kernel, --full or --services: the headline comparison of primitives. The run goes into the "
               "index of assay history.\v"
               "Examples:\n"
               "  assay run --quick --instance openssl,native --kernel '^aead.seal/aes-256'\n"
               "  assay run --kernel '^sign|^verify' --rounds 15\n"
               "  assay run --kernel '^sign/ecdsa-p256' --rate 5000/s\n"
               "  assay run --resume results/runs/20260101T120000Z-1a2b3c.ndjson\n"
               "Exit: 0 all well, 1 a cell failed, 2 usage, 3 a wrong answer."};
    struct arguments a = {.settings = {.seed = 1, .rounds = 5, .blocks = 3, .deadline_ms = 60000}};
    struct assay_specs specs;
    struct assay_plan plan = {0};
    struct assay_run *resumed = NULL;
    assay_cli_selection_defaults(&a.chosen);
    assay_cli_parse(&argp, "run", argc, argv, &a);
    if (a.resume)
        choose_resumed(&a, &resumed, &specs, &plan);
    else
        assay_cli_choose(&a.chosen, &specs, &plan);
    int code = ASSAY_EXIT_OK;
    if (a.dry_run)
        print_plan(&a, &specs, &plan);
    else
        code = measure(&a, &specs, &plan, resumed);
    assay_run_file_free(resumed);
    assay_plan_free(&plan);
    assay_specs_free(&specs);
    return code;
}

const struct assay_verb assay_verb_run = {"run", "proves and measures, and shows a table", run_run};

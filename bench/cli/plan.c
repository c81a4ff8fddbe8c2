/* SPDX-License-Identifier: Apache-2.0
 *
 * assay plan: how many cores a mix of traffic needs on each instance; --verify holds the model against this
 * machine.
 */
#include "bench/capacity/report.h"
#include "bench/cli/cli.h"
#include "bench/cli/progress.h"
#include "bench/run/engine.h"
#include "bench/run/header.h"
#include "bench/run/machine.h"
#include "bench/stats/summary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHY_MAX 2048

struct arguments {
    const char *mix, *instances, *run, *output;
    struct assay_settings settings;
    struct assay_verify_settings verify;
    bool verifies, json, dry_run;
};

enum {
    KEY_RUN = 256,
    KEY_ROUNDS,
    KEY_SEED,
    KEY_JSON,
    KEY_DRY_RUN,
    KEY_VERIFY,
    KEY_SEGMENTS,
    KEY_SEGMENT_TIME
};

static const struct argp_option options[] = {
    {"instance", 'i', "A,B", 0,
     "Instances; each is compared with the first (all that are found and can do what the mix asks)", 1},
    {"run", KEY_RUN, "FILE", 0, "A run file: what it holds is not measured again", 1},
    {"rounds", KEY_ROUNDS, "N", 0, "Rounds of fresh workers for what is measured (10)", 1},
    {"seed", KEY_SEED, "N", 0, "Seed of all orders, arrivals and draws (1)", 1},
    {"output", 'o', "FILE", 0, "Where the measured run goes (results/runs/ID.ndjson)", 1},
    {"json", KEY_JSON, NULL, 0, "The plan as JSON", 2},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Check the mix, print the cases that it needs, measure nothing", 2},
    {"verify", KEY_VERIFY, NULL, 0,
     "Offer whole requests to one core of this machine at 50 % and 70 % load, and compare with the model; "
     "not under a real-time priority (chrt)",
     3},
    {"segments", KEY_SEGMENTS, "N", 0, "Segments of each load (10)", 3},
    {"segment-time", KEY_SEGMENT_TIME, "TIME", 0, "Length of a segment (4s)", 3},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'i':
        a->instances = arg;
        return 0;
    case KEY_RUN:
        a->run = arg;
        return 0;
    case KEY_ROUNDS:
        a->settings.rounds = (unsigned)assay_cli_number(state, "--rounds", arg, 1, 1000);
        return 0;
    case KEY_SEED:
        a->settings.seed = a->verify.seed = assay_cli_number(state, "--seed", arg, 0, 1ul << 48);
        return 0;
    case 'o':
        a->output = arg;
        return 0;
    case KEY_JSON:
        a->json = true;
        return 0;
    case KEY_DRY_RUN:
        a->dry_run = true;
        return 0;
    case KEY_VERIFY:
        a->verifies = true;
        return 0;
    case KEY_SEGMENTS:
        a->verify.segments = (unsigned)assay_cli_number(state, "--segments", arg, 1, 1000);
        return 0;
    case KEY_SEGMENT_TIME:
        a->verify.segment_ns = assay_cli_duration(state, "--segment-time", arg);
        return 0;
    case ARGP_KEY_ARG:
        if (a->mix)
            argp_error(state, "'%s': one mix at a time", arg);
        a->mix = arg;
        return 0;
    case ARGP_KEY_END:
        if (!a->mix)
            argp_error(state, "MIX.yaml is missing; examples are in examples/mixes");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static struct assay_run *load_run(const char *path)
{
    char why[WHY_MAX];
    struct assay_run *run;
    if (!assay_run_file_load(path, &run, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    return run;
}

static void take(struct assay_capacity *of, size_t count, const struct assay_run *run)
{
    for (size_t i = 0; run && i < count; i++)
        if (!assay_demand_take(&of[i].service, run, of[i].instance))
            assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
}

/* Keeps the cases that an instance lacks; on all instances, so that they are measured side by side. */
static void keep_missing(struct assay_plan *plan, struct assay_capacity *of, size_t count)
{
    size_t kept = 0;
    for (size_t c = 0; c < plan->count; c++) {
        bool lacks = false;
        for (size_t i = 0; i < count; i++)
            lacks = lacks || assay_demand_lacks(&of[i].service, plan->keys[c]);
        if (lacks)
            memmove(plan->keys[kept++], plan->keys[c], ASSAY_KEY_MAX);
    }
    plan->count = kept;
}

/* Runs the cases, each operation after the last, and loads what was measured. */
static struct assay_run *measure(const struct arguments *a, const struct assay_specs *specs,
                                 const struct assay_plan *plan, int *code)
{
    char path[PATH_MAX], id[32];
    static struct assay_engine engine;
    struct assay_writer writer;
    struct assay_noise before, after;
    const struct assay_selection selection = {.threads = {1}, .thread_count = 1};
    struct assay_progress progress = {.terminal = isatty(STDERR_FILENO)};
    const struct assay_observer observer = {.data = &progress,
                                            .progress = assay_progress_step,
                                            .trouble = assay_progress_trouble,
                                            .stop = assay_progress_interrupted};
    assay_run_id(id);
    snprintf(path, sizeof path, "%s%s%s", a->output ? a->output : "results/runs/", a->output ? "" : id,
             a->output ? "" : ".ndjson");
    if (!assay_writer_create(&writer, path))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s: %s%s", path, strerror(errno),
                      errno == EEXIST ? "; --output wants a new file, --run takes an old one" : "");
    assay_writer_record(&writer, assay_header_json(id, &a->settings, &selection, plan, specs));
    assay_noise_read(&before);
    if (!assay_engine_init(&engine, &a->settings, plan, specs, &observer, &writer, 1))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    assay_engine_run(&engine);
    assay_progress_end(&progress);
    assay_noise_read(&after);
    assay_writer_record(&writer, assay_end_json(!engine.stopped, engine.stopped, &before, &after,
                                                engine.all_switches, engine.samples));
    *code = engine.stopped ? ASSAY_EXIT_FAILURE : assay_engine_verdict(&engine);
    assay_engine_free(&engine);
    if (!assay_writer_close(&writer))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s", path, strerror(writer.errno_kept));
    fprintf(stderr, "run file: %s\n", path);
    return load_run(path);
}

static void print_json(json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(json);
}

static const char *reason_of(const struct assay_run *run, const char *key, const char *instance)
{
    int c = assay_run_file_find_case(run, key), i = assay_run_file_find_instance(run, instance);
    if (c < 0 || i < 0)
        return "was not measured";
    const struct assay_cell *cell = assay_run_file_cell(run, (size_t)c, (size_t)i);
    return *cell->reason              ? cell->reason
           : *run->instances[i].error ? run->instances[i].error
                                      : "was not measured";
}

/* What a request costs more than its operations one by one; an instance that cannot do it is told of later.
 */
static void measure_together(const struct arguments *a, const struct assay_mix *mix,
                             const struct assay_specs *specs, struct assay_capacity *of, int code)
{
    char why[ASSAY_WHY_MAX];
    for (size_t i = 0; code == ASSAY_EXIT_OK && i < specs->count; i++)
        if (!assay_demand_missing(&of[i].service) &&
            assay_verify_together(mix, &specs->spec[i], &a->verify, &of[i].service.together, why) !=
                ASSAY_ASK_OK)
            assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s", specs->spec[i].name, why);
}

/* The instances that can carry the mix, moved to the front; how many they are. Of those that were found, not
 * named, some cannot (no libsodium has TLS), and that is no reason to withhold the answer for the rest. */
static size_t keep_able(const struct arguments *a, const struct assay_run *run, struct assay_capacity *of,
                        size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const char *lacks = assay_demand_missing(&of[i].service);
        if (!lacks) {
            struct assay_capacity able = of[i];
            of[i] = of[kept];
            of[kept++] = able;
        } else if (a->instances) {
            assay_cli_die(ASSAY_EXIT_FAILURE, "%s cannot carry the mix: %s: %s", of[i].instance, lacks,
                          reason_of(run, lacks, of[i].instance));
        } else if (!assay_instance_is_probe(of[i].instance)) {
            fprintf(stderr, "assay: %s is left out, for it cannot carry the mix: %s: %s\n", of[i].instance,
                    lacks, reason_of(run, lacks, of[i].instance));
        }
    }
    if (kept == 0)
        assay_cli_die(ASSAY_EXIT_FAILURE, "no instance can carry the mix");
    return kept;
}

static int plan_cores(struct arguments *a, const struct assay_mix *mix, const struct assay_specs *specs,
                      struct assay_plan *plan)
{
    struct assay_run *old = a->run ? load_run(a->run) : NULL, *new = NULL;
    struct assay_capacity *of = calloc(specs->count ? specs->count : 1, sizeof *of);
    int code = ASSAY_EXIT_OK;
    if (!of)
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    for (size_t i = 0; i < specs->count; i++) {
        of[i].instance = specs->spec[i].name;
        of[i].service.mix = mix;
    }
    take(of, specs->count, old);
    keep_missing(plan, of, specs->count);
    if (plan->count > 0) {
        new = measure(a, specs, plan, &code);
        take(of, specs->count, new);
        measure_together(a, mix, specs, of, code);
    }
    if (code == ASSAY_EXIT_OK) {
        size_t able = keep_able(a, new ? new : old, of, specs->count);
        const struct assay_capacity_report report = {mix, new ? new : old, of, able};
        if (!assay_capacity_plan(mix, of, able, a->settings.seed))
            assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
        if (a->json)
            print_json(assay_capacity_json(&report));
        else
            assay_capacity_text(stdout, &report);
    }
    for (size_t i = 0; i < specs->count; i++)
        assay_demand_free(&of[i].service);
    free(of);
    assay_run_file_free(old);
    assay_run_file_free(new);
    return code;
}

static int verify(const struct arguments *a, const struct assay_mix *mix, const struct assay_specs *specs)
{
    static struct assay_verified of[ASSAY_INSTANCES_MAX][ASSAY_VERIFY_LOADS];
    char why[ASSAY_WHY_MAX] = "", realtime[160];
    struct assay_progress progress = {.terminal = isatty(STDERR_FILENO)};
    const struct assay_verify_observer observer = {&progress, assay_progress_step,
                                                   assay_progress_interrupted};
    bool holds = true;
    for (size_t i = 0; i < specs->count; i++) {
        enum assay_ask rc = assay_verify_run(mix, &specs->spec[i], &a->verify, &observer, of[i], why);
        assay_progress_end(&progress);
        if (rc != ASSAY_ASK_OK)
            assay_cli_die(rc == ASSAY_ASK_WRONG ? ASSAY_EXIT_WRONG : ASSAY_EXIT_FAILURE, "%s: %s",
                          specs->spec[i].name, why);
        for (size_t load = 0; load < ASSAY_VERIFY_LOADS; load++)
            holds = holds && of[i][load].holds;
    }
    const struct assay_verify_report report = {
        mix,          specs->spec,        of,
        specs->count, a->verify.segments, assay_realtime_warning(realtime, sizeof realtime)};
    if (a->json)
        print_json(assay_verify_json(&report));
    else
        assay_verify_text(stdout, &report);
    return holds ? ASSAY_EXIT_OK : ASSAY_EXIT_NOISY;
}

static int run_plan(int argc, char **argv)
{
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "MIX.yaml",
        .doc =
            "Says how many cores and hosts the traffic of a mix needs on each instance, with 95 % intervals: "
            "what a "
            "request costs is measured, operation by operation, and the queue that such requests make is "
            "simulated.\v"
            "Examples:\n"
            "  assay plan examples/mixes/token-issuer-fips.yaml \\\n"
            "      --instance openssl@trixie,openssl-fips@trixie\n"
            "  assay plan examples/mixes/token-issuer.yaml --instance openssl --run FILE\n"
            "  assay plan examples/mixes/token-issuer.yaml --instance openssl --verify\n"
            "Exit: 0 all well, 1 failure, 2 usage or a mistake in the mix, 3 a wrong answer, 4 --verify saw "
            "the model "
            "further off than its bars."};
    struct arguments a = {
        .settings = {.seed = 1,
                     .rounds = 10,
                     .blocks = 1,
                     .min_time_ns = 100000000,
                     .deadline_ms = 60000,
                     .offered = true},
        .verify = {.segments = 10, .segment_ns = 4000000000u, .seed = 1, .deadline_ms = 60000}};
    char why[WHY_MAX];
    static struct assay_mix mix;
    struct assay_specs specs;
    struct assay_plan plan;
    int code = ASSAY_EXIT_OK;
    assay_cli_parse(&argp, "plan", argc, argv, &a);
    if (!assay_mix_load(a.mix, &mix, why, sizeof why) ||
        !assay_specs_parse(&specs, a.instances, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    for (size_t i = 0; i < specs.count; i++) {
        specs.spec[i].all_cases = true; /* a request has parts that are no matter of companions */
        if (a.verifies && specs.spec[i].companion_count > 0)
            assay_cli_die(
                ASSAY_EXIT_USAGE,
                "%s: --verify serves requests one after the other, and cannot do the next one while "
                "a companion is waited for; plan without it, or name an instance without companions",
                specs.spec[i].name);
    }
    if (!assay_mix_keys(&mix, &plan.keys, &plan.count))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    assay_progress_watch_interrupts();
    if (a.dry_run)
        for (size_t c = 0; c < plan.count; c++)
            for (size_t i = 0; i < specs.count; i++)
                printf("%s@%s\n", plan.keys[c], specs.spec[i].name);
    else
        code = a.verifies ? verify(&a, &mix, &specs) : plan_cores(&a, &mix, &specs, &plan);
    assay_plan_free(&plan);
    assay_specs_free(&specs);
    return code;
}

const struct assay_verb assay_verb_plan = {"plan", "how many cores a mix of traffic needs", run_plan};

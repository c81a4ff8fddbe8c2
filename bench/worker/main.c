/* SPDX-License-Identifier: Apache-2.0
 *
 * assay-worker: one process, one backend module. Started by assay, which speaks the protocol of serve.h over
 * the descriptor --fd; or by hand with --case, for perf and gdb; or with --once, for scripts/coldstart.
 */
#include "bench/worker/protect.h"
#include "bench/worker/scratch.h"
#include "bench/worker/serve.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MAX    32
#define COMPANIONS_MAX 4

struct arguments {
    const char *module, *key;
    struct assay_option options[OPTIONS_MAX];
    size_t option_count;
    const char *companion[COMPANIONS_MAX], *companions; /* names; the folder */
    size_t companion_count;
    int cpus[ASSAY_LANES_MAX];
    unsigned lanes;
    int fd;
    bool once, all_cases;
    double seconds;
};

enum { KEY_ONCE = 256, KEY_COMPANION, KEY_COMPANIONS, KEY_ALL_CASES };

static const struct argp_option options[] = {
    {"module", 'm', "FILE", 0, "The backend module to load", 0},
    {"option", 'o', "NAME=VALUE", 0, "An option of the instance; may be given again", 0},
    {"companion", KEY_COMPANION, "NAME[:OPTIONS]", 0,
     "What keeps its keys (inline, softhsm, delay) or its entries (memory, sqlite, redis, postgres); may be "
     "given "
     "again",
     0},
    {"companions", KEY_COMPANIONS, "FOLDER", 0, "Where assay-companion and the stores' modules are", 0},
    {"all-cases", KEY_ALL_CASES, NULL, 0, "Those too that its companions have no part in", 0},
    {"cpus", 'c', "LIST", 0, "CPUs for the threads, such as 1,0; -1 leaves a thread where it is", 0},
    {"case", 'k', "KEY", 0, "Run this case alone, such as aead.seal/aes-256-gcm/16384/t1", 0},
    {"seconds", 's', "N", 0, "How long to run it (5)", 0},
    {"once", KEY_ONCE, NULL, 0,
     "End after one operation of the case, unproved; or without --case, when the module is loaded", 0},
    {"fd", 'f', "N", 0, "Serve a coordinator on this descriptor", 0},
    {0},
};

static void parse_option(struct arguments *a, char *arg, struct argp_state *state)
{
    char *equals = strchr(arg, '=');
    if (!equals || a->option_count == OPTIONS_MAX)
        argp_error(state, "option '%s' is not NAME=VALUE, or is one too many", arg);
    *equals = '\0';
    a->options[a->option_count++] = (struct assay_option){arg, equals + 1};
}

static void parse_companion(struct arguments *a, const char *arg, struct argp_state *state)
{
    char why[ASSAY_REASON_MAX];
    if (a->companion_count == COMPANIONS_MAX)
        argp_error(state, "more than %d companions", COMPANIONS_MAX);
    if (!assay_companion_kind(arg, why, sizeof why))
        argp_error(state, "%s", why);
    a->companion[a->companion_count++] = arg;
}

static void parse_cpus(struct arguments *a, char *arg, struct argp_state *state)
{
    char *end = arg;
    a->lanes = 0;
    do {
        char *start = end;
        long cpu = strtol(start, &end, 10);
        if (end == start || cpu < -1 || cpu > 1 << 20 || a->lanes == ASSAY_LANES_MAX)
            argp_error(state, "'%s' is no list of CPUs such as 1,0", arg);
        a->cpus[a->lanes++] = (int)cpu;
    } while (*end++ == ',');
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'm':
        a->module = arg;
        return 0;
    case 'o':
        parse_option(a, arg, state);
        return 0;
    case 'c':
        parse_cpus(a, arg, state);
        return 0;
    case 'k':
        a->key = arg;
        return 0;
    case 's':
        a->seconds = strtod(arg, NULL);
        if (!(a->seconds > 0))
            argp_error(state, "'%s' is no number of seconds", arg);
        return 0;
    case 'f':
        a->fd = atoi(arg);
        return 0;
    case KEY_ONCE:
        a->once = true;
        return 0;
    case KEY_ALL_CASES:
        a->all_cases = true;
        return 0;
    case KEY_COMPANION:
        parse_companion(a, arg, state);
        return 0;
    case KEY_COMPANIONS:
        a->companions = arg;
        return 0;
    case ARGP_KEY_END:
        if (!a->module || (a->fd < 0 && !a->key && !a->once))
            argp_error(state, "give --module, and --case, --once or --fd");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Runs one backend module for assay, or one case of it alone for a profiler.\v"
    "Example:\n  perf record assay-worker --module backends/assay-backend-openssl.so \\\n"
    "      --case aead.seal/aes-256-gcm/16384/t1 --seconds 5";

static struct assay_session session_of(const struct arguments *a, struct assay_module *module,
                                       struct assay_lanes *lanes)
{
    return (struct assay_session){
        .module = module,
        .lanes = lanes,
        .companions = {.text = a->companion, .count = a->companion_count, .folder = a->companions},
        .all_cases = a->all_cases,
        .exempt = strcmp(module->backend->name, "null") == 0};
}

static int serve(struct arguments *a)
{
    struct assay_channel channel;
    struct assay_module module;
    char reason[ASSAY_REASON_MAX];
    int status = 0;
    json_decref(assay_protect()); /* what was not possible is told by `assay env` */
    assay_channel_init(&channel, a->fd);
    dup2(STDERR_FILENO, STDOUT_FILENO); /* whatever a library prints must not look like an answer */
    struct assay_lanes *lanes = assay_lanes_new(a->cpus, a->lanes);
    if (!lanes) {
        assay_channel_send(&channel, assay_serve_refusal("failed", "no threads to be had"));
        status = 1;
    } else if (!assay_module_load(&module, a->module, a->options, a->option_count, reason)) {
        assay_channel_send(&channel, assay_serve_refusal("failed", reason));
        status = 1;
    } else {
        struct assay_session session = session_of(a, &module, lanes);
        if (assay_channel_send(&channel, assay_serve_hello(&module)))
            assay_serve(&channel, &session);
        assay_companions_close(&session.companions);
        assay_lanes_free(
            lanes); /* first: what libraries keep for a thread ends with it and needs the instance */
        lanes = NULL;
        module.backend->destroy(module.instance);
    }
    assay_lanes_free(lanes);
    assay_channel_free(&channel);
    return status;
}

static enum assay_verdict run_alone(struct assay_session *session, const struct arguments *a,
                                    char reason[ASSAY_REASON_MAX])
{
    struct assay_opened *opened = NULL;
    struct assay_proved proved;
    uint64_t n, operations = 0;
    double ns = 0;
    enum assay_verdict verdict = assay_open_case(session, a->key, &opened, reason);
    if (verdict == ASSAY_VERDICT_OK)
        verdict = assay_prove_case(opened, &proved, reason);
    if (verdict == ASSAY_VERDICT_OK)
        verdict = assay_calibrate_case(opened, 20000000, &n, reason);
    while (verdict == ASSAY_VERDICT_OK && ns < a->seconds * 1e9) {
        struct assay_timing sample;
        verdict = assay_sample_case(opened, n, &sample, reason);
        ns += (double)sample.ns;
        operations += sample.iterations;
    }
    if (verdict == ASSAY_VERDICT_OK)
        printf("%s: %.1f ns an operation, %llu operations; one process, no interval\n", a->key,
               ns / (double)operations, (unsigned long long)operations);
    assay_close_case(opened);
    return verdict;
}

/* Ends the process itself: what its end costs is no part of a cold start. */
static enum assay_verdict run_once(struct assay_session *session, const char *key,
                                   char reason[ASSAY_REASON_MAX])
{
    struct assay_opened *opened = NULL;
    enum assay_verdict verdict = ASSAY_VERDICT_OK;
    if (key)
        verdict = assay_open_case(session, key, &opened, reason);
    if (opened)
        verdict = assay_first_call(opened, reason);
    if (verdict == ASSAY_VERDICT_OK)
        _exit(0);
    assay_close_case(opened);
    return verdict;
}

static int alone(struct arguments *a)
{
    static const int status[] = {[ASSAY_VERDICT_OK] = 0,
                                 [ASSAY_VERDICT_UNSUPPORTED] = 1,
                                 [ASSAY_VERDICT_WRONG] = 3,
                                 [ASSAY_VERDICT_FAILED] = 1};
    struct assay_module module;
    char reason[ASSAY_REASON_MAX] = "";
    if (!assay_module_load(&module, a->module, a->options, a->option_count, reason)) {
        fprintf(stderr, "assay-worker: %s\n", reason);
        return 1;
    }
    struct assay_lanes *lanes = assay_lanes_new(a->cpus, a->lanes);
    enum assay_verdict verdict = ASSAY_VERDICT_FAILED;
    if (lanes) {
        struct assay_session session = session_of(a, &module, lanes);
        verdict = a->once ? run_once(&session, a->key, reason) : run_alone(&session, a, reason);
        assay_companions_close(&session.companions);
    }
    if (verdict != ASSAY_VERDICT_OK)
        fprintf(stderr, "assay-worker: %s: %s\n", a->key ? a->key : a->module,
                lanes ? reason : "no threads to be had");
    assay_lanes_free(lanes);
    module.backend->destroy(module.instance);
    return status[verdict];
}

/* A cold start is that of the library, without a process more; what keeps files needs the folder all the
 * same. */
static bool keeps_files(const struct arguments *a)
{
    char why[ASSAY_REASON_MAX];
    struct assay_case c;
    unsigned threads;
    return !a->once || a->companion_count > 0 ||
           (a->key && assay_case_parse(a->key, &c, &threads, why, sizeof why) && c.kernel->service);
}

int main(int argc, char **argv)
{
    const struct argp argp = {options, parse, NULL, doc, NULL, NULL, NULL};
    struct arguments arguments = {.fd = -1, .seconds = 5, .cpus = {-1}, .lanes = 1};
    argp_err_exit_status = 2;
    error_t rc = argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (rc != 0) {
        fprintf(stderr, "assay-worker: %s\n", strerror(rc));
        return 2;
    }
    struct assay_scratch scratch = {.keeper = 0};
    if (keeps_files(&arguments))
        (void)assay_scratch_open(&scratch);
    int status = arguments.fd >= 0 ? serve(&arguments) : alone(&arguments);
    assay_scratch_close(&scratch);
    return status;
}

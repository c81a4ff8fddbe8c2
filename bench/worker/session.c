/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases in a worker: opened, proved, warmed up, sampled.
 */
#include "bench/worker/session.h"

#include "bench/worker/counters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Warm-up: chunks of this length, until two neighbours agree to STEADY, at most WARM_CHUNKS of them. */
#define WARM_CHUNK_NS 2000000u
#define WARM_CHUNKS   24
#define STEADY        0.03

/* A leak is told when a sample made the process grow by both of these. */
#define LEAK_LEAST (4u << 20)
#define LEAK_EACH  16u

struct part { /* one thread's share of a case, on lines of its own */
    struct assay_case c;
    enum assay_rc rc;
    uint64_t start_ns, end_ns, ticks, switches;
    bool counted;
    struct assay_counters counters;
} __attribute__((aligned(128)));

struct assay_opened {
    struct assay_session *session;
    unsigned threads;
    uint64_t iterations; /* a thread, of the run under way */
    struct assay_proof proof;
    struct part *part;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

const struct assay_case *assay_opened_case(const struct assay_opened *opened)
{
    return &opened->part[0].c;
}

struct assay_case *assay_opened_first(struct assay_opened *opened)
{
    return &opened->part[0].c;
}

/* What a kernel's return value means, and the reason in words. */
static enum assay_verdict judge(struct assay_case *c, enum assay_rc rc, char reason[ASSAY_REASON_MAX])
{
    static const char *const names[] = {
        [ASSAY_UNSUPPORTED] = "not supported", [ASSAY_AUTH] = "a right answer was refused",
        [ASSAY_INPUT] = "invalid argument",    [ASSAY_NOMEM] = "out of memory",
        [ASSAY_LIBRARY] = "library error",
    };
    if (rc == ASSAY_OK)
        return ASSAY_VERDICT_OK;
    const char *name =
        rc > ASSAY_OK && rc <= ASSAY_LIBRARY ? names[rc] : "the module returned an unknown code";
    const char *detail = c->note[0] ? c->note : c->backend->last_error(c->instance);
    if (rc == ASSAY_AUTH && detail && detail[0])
        snprintf(reason, ASSAY_REASON_MAX, "%s", c->note);
    else
        snprintf(reason, ASSAY_REASON_MAX, "%s%s%s", name, detail && detail[0] ? ": " : "",
                 detail ? detail : "");
    c->note[0] = '\0';
    return rc == ASSAY_AUTH ? ASSAY_VERDICT_WRONG : ASSAY_VERDICT_FAILED;
}

/* In the thread that failed, for a library keeps its errors there. */
static void keep_error(struct part *p)
{
    if (p->rc == ASSAY_OK || p->c.note[0])
        return;
    const char *detail = p->c.backend->last_error(p->c.instance);
    snprintf(p->c.note, sizeof p->c.note, "%s", detail ? detail : "");
}

void assay_opened_keep_error(struct assay_opened *opened)
{
    opened->part[0].rc = ASSAY_LIBRARY;
    keep_error(&opened->part[0]);
}

enum assay_verdict assay_opened_judge(struct assay_opened *opened, enum assay_rc rc,
                                      char reason[ASSAY_REASON_MAX])
{
    return judge(&opened->part[0].c, rc, reason);
}

static enum assay_verdict judge_all(struct assay_opened *o, char reason[ASSAY_REASON_MAX])
{
    for (unsigned i = 0; i < o->threads; i++) {
        enum assay_verdict verdict = judge(&o->part[i].c, o->part[i].rc, reason);
        if (verdict != ASSAY_VERDICT_OK)
            return verdict;
    }
    return ASSAY_VERDICT_OK;
}

static void setup_job(unsigned lane, void *data)
{
    struct part *p = &((struct assay_opened *)data)->part[lane];
    assay_counters_open();
    p->rc = p->c.kernel->setup(&p->c);
    keep_error(p);
}

static void teardown_job(unsigned lane, void *data)
{
    struct part *p = &((struct assay_opened *)data)->part[lane];
    p->c.kernel->teardown(&p->c);
}

static enum assay_verdict can_open(struct assay_session *session, const char *key, struct assay_case *c,
                                   unsigned *threads, char reason[ASSAY_REASON_MAX])
{
    if (!assay_case_parse(key, c, threads, reason, ASSAY_REASON_MAX))
        return ASSAY_VERDICT_FAILED;
    if (*threads > assay_lanes_count(session->lanes)) {
        snprintf(reason, ASSAY_REASON_MAX, "%u threads, but this worker has %u CPUs", *threads,
                 assay_lanes_count(session->lanes));
        return ASSAY_VERDICT_UNSUPPORTED;
    }
    c->backend = session->module->backend;
    c->instance = session->module->instance;
    /* Instances with companions run what is a matter of them, and nothing that is measured without them. */
    if (!session->all_cases && !assay_companions_concern(&session->companions, c->kernel->uses)) {
        snprintf(reason, ASSAY_REASON_MAX, "its companions have no part in it");
        return ASSAY_VERDICT_UNSUPPORTED;
    }
    if (!c->kernel->supported(c, reason, ASSAY_REASON_MAX))
        return ASSAY_VERDICT_UNSUPPORTED;
    enum assay_rc rc = assay_case_companions(c, &session->companions, reason, ASSAY_REASON_MAX);
    return rc == ASSAY_OK            ? ASSAY_VERDICT_OK
           : rc == ASSAY_UNSUPPORTED ? ASSAY_VERDICT_UNSUPPORTED
                                     : ASSAY_VERDICT_FAILED;
}

enum assay_verdict assay_open_case(struct assay_session *session, const char *key, struct assay_opened **out,
                                   char reason[ASSAY_REASON_MAX])
{
    struct assay_case c;
    unsigned threads;
    *out = NULL;
    enum assay_verdict verdict = can_open(session, key, &c, &threads, reason);
    if (verdict != ASSAY_VERDICT_OK)
        return verdict;
    struct assay_opened *o = calloc(1, sizeof *o);
    struct part *part = aligned_alloc(128, threads * sizeof *part);
    if (!o || !part) {
        free(o);
        free(part);
        snprintf(reason, ASSAY_REASON_MAX, "out of memory");
        return ASSAY_VERDICT_FAILED;
    }
    memset(part, 0, threads * sizeof *part);
    for (unsigned i = 0; i < threads; i++)
        part[i].c = c;
    *o = (struct assay_opened){.session = session, .threads = threads, .part = part};
    assay_lanes_run(session->lanes, threads, setup_job, o);
    verdict = judge_all(o, reason);
    if (verdict != ASSAY_VERDICT_OK) {
        assay_close_case(o);
        return verdict;
    }
    *out = o;
    return ASSAY_VERDICT_OK;
}

void assay_close_case(struct assay_opened *o)
{
    if (!o)
        return;
    assay_lanes_run(o->session->lanes, o->threads, teardown_job, o);
    free(o->part);
    free(o);
}

static void prove_job(unsigned lane, void *data)
{
    struct assay_opened *o = data;
    struct part *p = &o->part[lane];
    if (lane == 0) {
        p->rc = p->c.kernel->prove(&p->c, &o->proof);
    } else { /* the other threads' contexts are right when their first output is */
        p->rc = p->c.kernel->run(&p->c, 1);
        if (p->rc == ASSAY_OK)
            p->rc = p->c.kernel->check(&p->c);
    }
    keep_error(p);
}

enum assay_verdict assay_prove_case(struct assay_opened *o, struct assay_proved *out,
                                    char reason[ASSAY_REASON_MAX])
{
    memset(out, 0, sizeof *out);
    if (o->session->exempt)
        return ASSAY_VERDICT_OK;
    memset(&o->proof, 0, sizeof o->proof);
    SHA256Init(&o->proof.outputs);
    assay_lanes_run(o->session->lanes, o->threads, prove_job, o);
    enum assay_verdict verdict = judge_all(o, reason);
    if (verdict != ASSAY_VERDICT_OK)
        return verdict;
    if (o->proof.answers == 0 && o->proof.negatives == 0) {
        snprintf(reason, ASSAY_REASON_MAX, "the kernel's proof asked nothing");
        return ASSAY_VERDICT_FAILED;
    }
    out->answers = o->proof.answers;
    out->negatives = o->proof.negatives;
    out->deterministic = o->proof.deterministic;
    SHA256End(&o->proof.outputs, out->digest);
    return ASSAY_VERDICT_OK;
}

static void first_job(unsigned lane, void *data)
{
    struct part *p = &((struct assay_opened *)data)->part[lane];
    p->rc = p->c.kernel->run(&p->c, 1);
    keep_error(p);
}

enum assay_verdict assay_first_call(struct assay_opened *o, char reason[ASSAY_REASON_MAX])
{
    assay_lanes_run(o->session->lanes, o->threads, first_job, o);
    return judge_all(o, reason);
}

static void run_job(unsigned lane, void *data)
{
    struct assay_opened *o = data;
    struct part *p = &o->part[lane];
    struct rusage before, after;
    struct assay_counters first, last;
    memset(p->c.side_ticks, 0, sizeof p->c.side_ticks);
    getrusage(RUSAGE_THREAD, &before);
    assay_lanes_meet(o->session->lanes);
    bool counted = assay_counters_read(&first);
    p->start_ns = now_ns();
    uint64_t ticks = assay_ticks();
    p->rc = p->c.kernel->run(&p->c, o->iterations);
    p->ticks = assay_ticks() - ticks;
    p->end_ns = now_ns();
    p->counted = assay_counters_read(&last) && counted;
    p->counters.cycles = last.cycles - first.cycles;
    p->counters.instructions = last.instructions - first.instructions;
    getrusage(RUSAGE_THREAD, &after);
    p->switches = (uint64_t)(after.ru_nivcsw - before.ru_nivcsw);
    if (p->rc == ASSAY_OK && !o->session->exempt)
        p->rc = p->c.kernel->check(&p->c);
    keep_error(p);
}

/* Of a sanitizer, which keeps freed memory for a while: its resident memory grows in all code. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* Memory of this process, in bytes: what is resident, or where a sanitizer counts it, what is allocated. */
static uint64_t memory_used(void)
{
    unsigned long long pages = 0;
    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%*u %llu", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A timed loop that eats memory at every step would end as a machine that swaps. */
static enum assay_verdict judge_growth(uint64_t before, uint64_t after, uint64_t operations,
                                       char reason[ASSAY_REASON_MAX])
{
    uint64_t growth = after > before ? after - before : 0;
    if (growth < LEAK_LEAST || growth < LEAK_EACH * operations)
        return ASSAY_VERDICT_OK;
    snprintf(reason, ASSAY_REASON_MAX, "leak: memory grew by %llu bytes in %llu operations",
             (unsigned long long)growth, (unsigned long long)operations);
    return ASSAY_VERDICT_FAILED;
}

enum assay_verdict assay_sample_case(struct assay_opened *o, uint64_t iterations, struct assay_timing *out,
                                     char reason[ASSAY_REASON_MAX])
{
    uint64_t start = UINT64_MAX, end = 0, before = memory_used();
    o->iterations = iterations;
    assay_lanes_run(o->session->lanes, o->threads, run_job, o);
    *out = (struct assay_timing){.iterations = iterations * o->threads, .counted = true};
    for (unsigned i = 0; i < o->threads; i++) {
        struct part *p = &o->part[i];
        start = p->start_ns < start ? p->start_ns : start;
        end = p->end_ns > end ? p->end_ns : end;
        out->ticks += p->ticks / o->threads;
        out->counted = out->counted && p->counted;
        out->cycles += p->counters.cycles;
        out->instructions += p->counters.instructions;
        out->switches += p->switches;
        for (unsigned s = 0; s < ASSAY_SIDES; s++) /* this lane's own clock turns its ticks into time */
            out->side_ns[s] += p->ticks ? (uint64_t)((double)p->c.side_ticks[s] / (double)p->ticks *
                                                     (double)(p->end_ns - p->start_ns))
                                        : 0;
    }
    out->ns = end - start;
    enum assay_verdict verdict = judge_all(o, reason);
    return verdict == ASSAY_VERDICT_OK ? judge_growth(before, memory_used(), out->iterations, reason)
                                       : verdict;
}

enum assay_verdict assay_calibrate_case(struct assay_opened *o, uint64_t min_ns, uint64_t *iterations,
                                        char reason[ASSAY_REASON_MAX])
{
    uint64_t n = 1, chunk = WARM_CHUNK_NS < min_ns ? WARM_CHUNK_NS : min_ns;
    double previous = 0, each = 0;
    for (int i = 0; i < WARM_CHUNKS;) {
        struct assay_timing sample;
        enum assay_verdict verdict = assay_sample_case(o, n, &sample, reason);
        if (verdict != ASSAY_VERDICT_OK)
            return verdict;
        each = (double)(sample.ns ? sample.ns : 1) / (double)n;
        if (sample.ns < chunk / 2) { /* too short to tell: grow, at most tenfold */
            double want = (double)chunk / each;
            n = want > 10.0 * (double)n ? n * 10 : (uint64_t)want + 1;
            continue;
        }
        i++;
        if (sample.ns > min_ns ||
            (previous > 0 && each < previous * (1 + STEADY) && each > previous * (1 - STEADY)))
            break;
        previous = each;
    }
    double want = (double)min_ns / each;
    *iterations = want < 1 ? 1 : (uint64_t)(want + 0.5);
    return ASSAY_VERDICT_OK;
}

enum assay_verdict assay_show_case(struct assay_opened *o, uint8_t **out, size_t *size,
                                   char reason[ASSAY_REASON_MAX])
{
    struct assay_case *c = &o->part[0].c;
    size_t room = c->kernel->artifact_room(c);
    *size = 0;
    *out = malloc(room ? room : 1);
    enum assay_rc rc = *out ? c->kernel->show(c, *out, room, size) : ASSAY_NOMEM;
    return judge(c, rc, reason);
}

enum assay_verdict assay_accept_case(struct assay_opened *o, const uint8_t *in, size_t size,
                                     char reason[ASSAY_REASON_MAX])
{
    struct assay_case *c = &o->part[0].c;
    return judge(c, c->kernel->accept(c, in, size), reason);
}

enum assay_verdict assay_talk_case(struct assay_opened *o, struct assay_turn *t,
                                   char reason[ASSAY_REASON_MAX])
{
    struct assay_case *c = &o->part[0].c;
    t->out_size = 0;
    enum assay_rc rc =
        c->kernel->talk(c, t->role, t->start, t->in, t->in_size, t->out, t->room, &t->out_size, &t->state);
    return judge(c, rc, reason);
}

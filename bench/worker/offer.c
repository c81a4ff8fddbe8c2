/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/worker/offer.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PATIENCE     3u /* times the length of an offer */
#define CLOCK_FOR_NS 5000000u

struct job {
    const struct assay_offer *offer;
    struct assay_offered *out;
    uint64_t random;
    double ns_per_tick;
    struct assay_opened *failed; /* NULL: none; rc says how */
    enum assay_rc rc;
    bool ran[ASSAY_OFFER_PARTS][ASSAY_OFFER_ALTERNATIVES];
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The length of a tick, found once: reading ticks costs a quarter of reading the clock. */
static double measure_tick(void)
{
    static double length;
    if (length > 0)
        return length;
    uint64_t from = now_ns(), ticks = assay_ticks(), to;
    do
        to = now_ns();
    while (to - from < CLOCK_FOR_NS);
    return length = (double)(to - from) / (double)(assay_ticks() - ticks);
}

/* In (0, 1]; splitmix64 */
static double draw(struct job *j)
{
    uint64_t z = (j->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53 + 0x1p-53;
}

static bool run_once(struct job *j, unsigned p, unsigned a)
{
    struct assay_case *c = assay_opened_first(j->offer->part[p].opened[a]);
    j->ran[p][a] = true;
    j->rc = c->kernel->run(c, 1);
    if (j->rc != ASSAY_OK)
        j->failed = j->offer->part[p].opened[a];
    return j->rc == ASSAY_OK;
}

static bool serve(struct job *j)
{
    const struct assay_offer *o = j->offer;
    for (unsigned p = 0; p < o->parts; p++) {
        const struct assay_offer_part *part = &o->part[p];
        double whole = floor(part->count), more = part->count - whole;
        uint64_t n = (uint64_t)whole + (more > 0 && draw(j) <= more);
        for (uint64_t i = 0; i < n; i++) {
            unsigned a = part->alternatives > 1 && draw(j) > part->share[0];
            if (!run_once(j, p, a))
                return false;
        }
    }
    if (o->application_ns > 0) { /* work of a known length, wherever in the request */
        uint64_t ticks = (uint64_t)((double)o->application_ns / j->ns_per_tick);
        uint64_t begin = assay_ticks();
        while (assay_ticks() - begin < ticks)
            continue;
    }
    return true;
}

static void record(struct job *j, uint64_t arrival, uint64_t start, uint64_t end)
{
    struct assay_offered *out = j->out;
    double tick = j->ns_per_tick;
    out->requests++;
    out->busy_ns += (uint64_t)((double)(end - start) * tick);
    assay_histogram_add(&out->latency, (uint64_t)((double)(end - arrival) * tick));
    assay_histogram_add(&out->service, (uint64_t)((double)(end - start) * tick));
    struct assay_case *c = assay_opened_first(j->offer->part[0].opened[0]);
    for (unsigned s = 0; s < ASSAY_SIDES && c->kernel->sides[0]; s++) {
        assay_histogram_add(&out->side[s], (uint64_t)((double)c->side_ticks[s] * tick));
        c->side_ticks[s] = 0;
    }
}

/* Draws the rest of the arrivals: those that nobody served. */
static void count_unserved(struct job *j, double next, double length, double mean)
{
    for (; next < length; next -= log(draw(j)) * mean)
        j->out->unserved++;
}

static void offer_requests(struct job *j)
{
    const struct assay_offer *o = j->offer;
    double length = (double)o->ns / j->ns_per_tick, next = 0;
    double mean = o->rate > 0 ? 1e9 / o->rate / j->ns_per_tick : 0;
    /* Service draws nothing from the generator of arrivals: these are the same for every instance. */
    struct job arrivals = {.random = o->seed};
    j->random = ~o->seed;
    uint64_t begin = assay_ticks();
    for (;;) {
        uint64_t now = assay_ticks(), arrival = now;
        if (o->rate > 0) {
            next -= log(draw(&arrivals)) * mean;
            arrival = begin + (uint64_t)next;
        }
        if ((double)(arrival - begin) >= length)
            break;
        if ((double)(now - begin) > PATIENCE * length) {
            arrivals.out = j->out;
            count_unserved(&arrivals, next, length, mean);
            break;
        }
        while ((int64_t)(now - arrival) < 0)
            now = assay_ticks();
        if (!serve(j))
            break;
        record(j, arrival, now, assay_ticks());
    }
    j->out->ns = (uint64_t)((double)(assay_ticks() - begin) * j->ns_per_tick);
}

static void check_all(struct job *j)
{
    for (unsigned p = 0; p < j->offer->parts && !j->failed; p++) {
        for (unsigned a = 0; a < j->offer->part[p].alternatives && !j->failed; a++) {
            struct assay_opened *opened = j->offer->part[p].opened[a];
            struct assay_case *c = assay_opened_first(opened);
            j->rc = j->ran[p][a] ? c->kernel->check(c) : ASSAY_OK;
            j->failed = j->rc == ASSAY_OK ? NULL : opened;
        }
    }
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void offer_job(unsigned lane, void *data)
{
    struct job *j = data;
    struct rusage before, after;
    (void)lane;
    struct assay_case *c = assay_opened_first(j->offer->part[0].opened[0]);
    memset(c->side_ticks, 0, sizeof c->side_ticks);
    j->ns_per_tick = measure_tick();
    getrusage(RUSAGE_THREAD, &before);
    const uint64_t cpu = cpu_ns();
    offer_requests(j);
    j->out->cpu_ns = cpu_ns() - cpu;
    getrusage(RUSAGE_THREAD, &after);
    j->out->switches = (uint64_t)(after.ru_nivcsw - before.ru_nivcsw);
}

static void check_job(unsigned lane, void *data)
{
    struct job *j = data;
    (void)lane;
    check_all(j);
    if (j->failed)
        assay_opened_keep_error(j->failed);
}

enum assay_verdict assay_offer_run(struct assay_session *session, const struct assay_offer *offer,
                                   struct assay_offered *out, char reason[ASSAY_REASON_MAX])
{
    struct job job = {.offer = offer, .out = out};
    memset(out, 0, sizeof *out);
    assay_lanes_run(session->lanes, 1, offer_job, &job);
    if (!job.failed && session->exempt)
        return ASSAY_VERDICT_OK;
    assay_lanes_run(session->lanes, 1, check_job, &job);
    return job.failed ? assay_opened_judge(job.failed, job.rc, reason) : ASSAY_VERDICT_OK;
}

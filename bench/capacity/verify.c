/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/capacity/verify.h"

#include "bench/capacity/demand.h"
#include "bench/capacity/queue.h"
#include "bench/run/machine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A segment is cut into stretches of offered load, each with operations timed before and after it, and a
 * pause: a worker under a real-time scheduler, which keeps other work off its core, may have 95 % of each
 * second. */
#define STRETCH_NS 300000000u
#define TIMING_NS  40000000u /* over all operations */
#define WHOLE_NS   40000000u /* of requests back to back */
#define PAUSE_NS   100000000
#define TOGETHER   12u /* times, for a plan */
#define REPEATS    30u /* of a stretch, simulated */

const double assay_verify_load[ASSAY_VERIFY_LOADS] = {0.5, 0.7};
const double assay_verify_p99[ASSAY_VERIFY_LOADS] = {0.20, 0.25};

struct trial {
    const struct assay_verify_settings *settings;
    struct assay_mix mix; /* both sides, no waiting */
    struct assay_process process;
    char (*keys)[ASSAY_KEY_MAX];
    size_t count;
    char *why;
    json_int_t requests_timed; /* how often: a seed each, or the same few draws would stand for all */
    double whole_ns, alone_ns; /* so far: requests back to back, and the sum of their operations alone */
};

struct segment {
    double rate, service_ns, p99_told, p99_seen, use_seen;
    uint64_t requests;
};

/* The worker's bins as they are kept; false: out of memory or none. */
static bool bins_from(const json_t *list, struct assay_bins *out)
{
    *out = (struct assay_bins){.count = json_array_size(list) / 2};
    out->bin = calloc(out->count ? out->count : 1, sizeof *out->bin);
    for (size_t i = 0; out->bin && i < out->count; i++) {
        json_int_t index = json_integer_value(json_array_get(list, 2 * i));
        json_int_t count = json_integer_value(json_array_get(list, 2 * i + 1));
        bool sane = index >= 0 && index < ASSAY_HISTOGRAM_BINS && count > 0;
        out->bin[i] = (struct assay_bin){sane ? (uint32_t)index : 0, sane ? (uint64_t)count : 0};
        out->total += out->bin[i].count;
    }
    return out->bin && out->total > 0;
}

static enum assay_ask ask(struct trial *t, const char *key, json_t *message, uint64_t takes_ns,
                          json_t **reply)
{
    json_object_set_new(message, "case", json_string(key));
    return assay_process_ask(&t->process, message,
                             (int)(t->settings->deadline_ms + (unsigned)(takes_ns / 1000000 * 4)), reply,
                             t->why);
}

static enum assay_ask no_memory(struct trial *t)
{
    snprintf(t->why, ASSAY_WHY_MAX, "out of memory, or a worker that told no times");
    return ASSAY_ASK_FAILED;
}

static enum assay_ask prepare(struct trial *t)
{
    json_t *reply;
    enum assay_ask rc = ASSAY_ASK_OK;
    static const char *const steps[] = {"open", "prove"};
    for (size_t i = 0; rc == ASSAY_ASK_OK && i < t->count; i++) {
        for (size_t s = 0; rc == ASSAY_ASK_OK && s < 2; s++) {
            rc = ask(t, t->keys[i], json_pack("{s:s}", "cmd", steps[s]), 0, &reply);
            json_decref(reply);
        }
        if (rc == ASSAY_ASK_OK) { /* warms it up */
            rc = ask(t, t->keys[i], json_pack("{s:s,s:i}", "cmd", "calibrate", "min_ns", 20000000),
                     1000000000, &reply);
            json_decref(reply);
        }
    }
    return rc;
}

/* Each operation by itself, one after the other: a round of the service. */
static enum assay_ask time_operations(struct trial *t, struct assay_demand *service)
{
    json_int_t each = (json_int_t)(TIMING_NS / t->count);
    for (size_t i = 0; i < t->count; i++) {
        json_t *reply;
        struct assay_bins bins;
        enum assay_ask rc =
            ask(t, t->keys[i], json_pack("{s:s,s:I,s:f}", "cmd", "offer", "ns", each, "rate", 0.0),
                (uint64_t)each, &reply);
        if (rc != ASSAY_ASK_OK)
            return rc;
        bool ok = bins_from(json_object_get(reply, "service"), &bins) &&
                  assay_demand_add(service, t->keys[i], &bins);
        free(bins.bin);
        json_decref(reply);
        if (!ok)
            return no_memory(t);
    }
    return ASSAY_ASK_OK;
}

/* Requests back to back: what operations cost more when others have used the caches between. */
static enum assay_ask time_requests(struct trial *t, struct assay_demand *service)
{
    json_t *reply;
    enum assay_ask rc = ask(t, t->keys[0],
                            json_pack("{s:s,s:I,s:f,s:I,s:I,s:o}", "cmd", "offer", "ns", (json_int_t)WHOLE_NS,
                                      "rate", 0.0, "seed", ++t->requests_timed, "application_ns",
                                      (json_int_t)t->mix.application_ns, "parts", assay_mix_parts(&t->mix)),
                            WHOLE_NS, &reply);
    if (rc != ASSAY_ASK_OK)
        return rc;
    double requests = (double)json_integer_value(json_object_get(reply, "requests"));
    service->together = 0;
    if (requests > 0) {
        t->whole_ns +=
            (double)json_integer_value(json_object_get(reply, "busy_ns")) - requests * t->mix.application_ns;
        t->alone_ns += requests * (assay_demand_mean(service, NULL) - t->mix.application_ns);
    }
    json_decref(reply);
    service->together = t->alone_ns > 0 ? t->whole_ns / t->alone_ns : 1;
    return ASSAY_ASK_OK;
}

/* A stretch as it is simulated: costs go from those before it to those after it. */
struct drift {
    const struct assay_demand *service;
    unsigned drawn, requests;
};

static void draw(void *data, struct assay_rng *rng, double *busy_ns, double *wait_ns)
{
    struct drift *d = data;
    bool after = assay_rng_below(rng, d->requests) < d->drawn++;
    const struct assay_picks picks = {.at = {after ? 0.75 : 0.25}, .n = 1}; /* of two rounds */
    assay_demand_draw(d->service, &picks, rng, busy_ns, wait_ns);
}

/* As long as the stretch was, many times over: a core that falls behind has no more time for it than it had.
 */
static bool predict(const struct assay_demand *service, double rate, uint64_t seed,
                    struct assay_histogram *told)
{
    struct assay_queue_result unused;
    struct drift drift = {service, 0, (unsigned)(rate * STRETCH_NS * 1e-9) + 1};
    bool ok = true;
    for (unsigned i = 0; ok && i < REPEATS; i++) {
        const struct assay_queue q = {rate, 1, drift.requests, seed * 31u + i, draw, &drift, told};
        drift.drawn = 0;
        ok = assay_queue_simulate(&q, &unused);
    }
    return ok;
}

/* What a segment's stretches add up to. */
struct sums {
    struct assay_histogram told, seen;
    double rate, service_ns, use;
};

static enum assay_ask drive(struct trial *t, double rate, uint64_t seed, struct sums *sums)
{
    json_t *reply;
    struct assay_bins bins;
    enum assay_ask rc =
        ask(t, t->keys[0],
            json_pack("{s:s,s:I,s:f,s:I,s:I,s:o}", "cmd", "offer", "ns", (json_int_t)STRETCH_NS, "rate", rate,
                      "seed", (json_int_t)seed, "application_ns", (json_int_t)t->mix.application_ns, "parts",
                      assay_mix_parts(&t->mix)),
            STRETCH_NS, &reply);
    if (rc != ASSAY_ASK_OK)
        return rc;
    bool ok = bins_from(json_object_get(reply, "latency"), &bins);
    for (size_t i = 0; ok && i < bins.count; i++)
        sums->seen.count[bins.bin[i].index] += bins.bin[i].count;
    sums->use += (double)json_integer_value(json_object_get(reply, "busy_ns")) /
                 (double)json_integer_value(json_object_get(reply, "ns"));
    free(bins.bin);
    json_decref(reply);
    return ok ? ASSAY_ASK_OK : no_memory(t);
}

/* Its rate comes from the times before it; its prediction, from those before and after. */
static enum assay_ask run_stretch(struct trial *t, double load, uint64_t seed, struct sums *sums)
{
    struct assay_demand service = {.mix = &t->mix};
    double rate = 0;
    enum assay_ask rc = time_operations(t, &service);
    if (rc == ASSAY_ASK_OK)
        rc = time_requests(t, &service);
    if (rc == ASSAY_ASK_OK) {
        rate = load / (assay_demand_mean(&service, NULL) * 1e-9);
        rc = drive(t, rate, seed, sums);
    }
    if (rc == ASSAY_ASK_OK)
        rc = time_operations(t, &service);
    if (rc == ASSAY_ASK_OK)
        rc = time_requests(t, &service);
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    if (rc == ASSAY_ASK_OK) {
        if (!predict(&service, rate, ~seed, &sums->told))
            rc = no_memory(t);
        sums->rate += rate;
        sums->service_ns += assay_demand_mean(&service, NULL);
    }
    assay_demand_free(&service);
    return rc;
}

static double p99(const struct assay_histogram *h, uint64_t *total)
{
    static struct assay_bin bin[ASSAY_HISTOGRAM_BINS];
    struct assay_bins bins = {.bin = bin};
    for (uint32_t i = 0; i < ASSAY_HISTOGRAM_BINS; i++) {
        if (h->count[i] == 0)
            continue;
        bin[bins.count++] = (struct assay_bin){i, h->count[i]};
        bins.total += h->count[i];
    }
    *total = bins.total;
    return assay_bins_quantile(&bins, 0.99);
}

static enum assay_ask run_segment(struct trial *t, double load, uint64_t seed, struct segment *s)
{
    uint64_t simulated, n = (t->settings->segment_ns + STRETCH_NS - 1) / STRETCH_NS;
    struct sums *sums = calloc(1, sizeof *sums);
    enum assay_ask rc = sums ? ASSAY_ASK_OK : no_memory(t);
    for (uint64_t i = 0; rc == ASSAY_ASK_OK && i < n; i++)
        rc = run_stretch(t, load, seed * 4099u + i, sums);
    if (rc == ASSAY_ASK_OK) {
        s->rate = sums->rate / (double)n;
        s->service_ns = sums->service_ns / (double)n;
        s->use_seen = sums->use / (double)n;
        s->p99_told = p99(&sums->told, &simulated);
        s->p99_seen = p99(&sums->seen, &s->requests);
    }
    free(sums);
    return rc;
}

/* One figure of all segments: the median, each segment standing for itself. */
static bool sum_up(const struct segment *s, unsigned n, double (*value)(const struct segment *),
                   uint64_t seed, struct assay_estimate *out)
{
    struct assay_point *points = calloc(n, sizeof *points);
    for (unsigned i = 0; points && i < n; i++)
        points[i] = (struct assay_point){i + 1, value(&s[i])};
    bool ok = points && assay_stats_estimate(points, n, seed, ASSAY_STATS_RESAMPLES, out);
    free(points);
    return ok;
}

static double service_of(const struct segment *s)
{
    return s->service_ns;
}
static double rate_of(const struct segment *s)
{
    return s->rate;
}
static double told_of(const struct segment *s)
{
    return s->p99_told;
}
static double seen_of(const struct segment *s)
{
    return s->p99_seen;
}
static double ratio_of(const struct segment *s)
{
    return s->p99_seen / s->p99_told;
}
static double use_told_of(const struct segment *s)
{
    return s->rate * s->service_ns * 1e-9;
}
static double use_seen_of(const struct segment *s)
{
    return s->use_seen;
}
static double use_more_of(const struct segment *s)
{
    return s->use_seen - use_told_of(s);
}

static bool conclude(const struct segment *s, unsigned n, size_t load, uint64_t seed,
                     struct assay_verified *out)
{
    bool ok =
        sum_up(s, n, service_of, seed, &out->service_ns) && sum_up(s, n, rate_of, seed, &out->rate) &&
        sum_up(s, n, told_of, seed, &out->p99_told_ns) && sum_up(s, n, seen_of, seed, &out->p99_seen_ns) &&
        sum_up(s, n, ratio_of, seed, &out->p99_ratio) && sum_up(s, n, use_told_of, seed, &out->use_told) &&
        sum_up(s, n, use_seen_of, seed, &out->use_seen) && sum_up(s, n, use_more_of, seed, &out->use_more);
    out->requests = 0;
    for (unsigned i = 0; i < n; i++)
        out->requests += s[i].requests;
    out->holds = ok && fabs(out->p99_ratio.value - 1) <= assay_verify_p99[load] &&
                 fabs(out->use_more.value) <= ASSAY_VERIFY_USE;
    return ok;
}

/* The loads take turns, so that a slow phase falls on both. */
static enum assay_ask run_all(struct trial *t, const struct assay_verify_observer *o, struct segment *s)
{
    unsigned n = t->settings->segments;
    enum assay_ask rc = ASSAY_ASK_OK;
    for (unsigned i = 0; rc == ASSAY_ASK_OK && i < n * ASSAY_VERIFY_LOADS; i++) {
        unsigned load = i % ASSAY_VERIFY_LOADS;
        if (o->progress)
            o->progress(o->data, i, (size_t)n * ASSAY_VERIFY_LOADS, t->process.spec->name);
        if (o->stop && o->stop(o->data)) {
            snprintf(t->why, ASSAY_WHY_MAX, "interrupted");
            return ASSAY_ASK_FAILED;
        }
        rc = run_segment(t, assay_verify_load[load], t->settings->seed * 1009u + i,
                         &s[load * n + i / ASSAY_VERIFY_LOADS]);
    }
    return rc;
}

static enum assay_ask begin(struct trial *t, const struct assay_spec *spec)
{
    char cpus[16];
    for (unsigned o = 0; o < t->mix.ops; o++)
        for (unsigned k = 0; k < t->mix.op[o].choices; k++) {
            t->mix.op[o].choice[k].side = ASSAY_MIX_BOTH;
            t->mix.op[o].choice[k].wait_ns = 0;
        }
    assay_cpus_leave(assay_cpus_for(1, cpus, sizeof cpus));
    if (!assay_mix_keys(&t->mix, &t->keys, &t->count))
        return no_memory(t);
    if (!assay_process_start(&t->process, spec, cpus, (int)t->settings->deadline_ms, t->why))
        return ASSAY_ASK_DEAD;
    return prepare(t);
}

static void finish(struct trial *t)
{
    char why[ASSAY_WHY_MAX];
    assay_process_stop(&t->process, why);
    free(t->keys);
}

enum assay_ask assay_verify_run(const struct assay_mix *mix, const struct assay_spec *spec,
                                const struct assay_verify_settings *settings,
                                const struct assay_verify_observer *observer,
                                struct assay_verified out[ASSAY_VERIFY_LOADS], char why[ASSAY_WHY_MAX])
{
    struct trial t = {.settings = settings, .mix = *mix, .why = why};
    struct segment *segments = calloc((size_t)settings->segments * ASSAY_VERIFY_LOADS, sizeof *segments);
    enum assay_ask rc = segments ? begin(&t, spec) : no_memory(&t);
    if (rc == ASSAY_ASK_OK)
        rc = run_all(&t, observer, segments);
    for (size_t load = 0; rc == ASSAY_ASK_OK && load < ASSAY_VERIFY_LOADS; load++) {
        out[load].together = t.whole_ns / t.alone_ns;
        if (!conclude(segments + load * settings->segments, settings->segments, load, settings->seed,
                      &out[load]))
            rc = no_memory(&t);
    }
    finish(&t);
    free(segments);
    return rc;
}

enum assay_ask assay_verify_together(const struct assay_mix *mix, const struct assay_spec *spec,
                                     const struct assay_verify_settings *settings, double *together,
                                     char why[ASSAY_WHY_MAX])
{
    struct trial t = {.settings = settings, .mix = *mix, .why = why};
    enum assay_ask rc = begin(&t, spec);
    for (unsigned i = 0; rc == ASSAY_ASK_OK && i < TOGETHER; i++) {
        struct assay_demand service = {.mix = &t.mix};
        rc = time_operations(&t, &service);
        if (rc == ASSAY_ASK_OK)
            rc = time_requests(&t, &service);
        *together = service.together;
        assay_demand_free(&service);
    }
    finish(&t);
    return rc;
}

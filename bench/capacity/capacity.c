/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/capacity/capacity.h"

#include "bench/capacity/queue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS      200000u /* of the simulation that is shown: its p99 is good to about 1 % */
#define REQUESTS_DRAW 20000u  /* of one behind an interval */
#define EACH_CORE     20u     /* and at least so many a core, so that a large system fills up */
#define CORES_MAX     1000000.0
#define STEP          0.1 /* of the sensitivity: ten per cent, or ten points of a share */

struct setting {
    const struct assay_demand *service;
    const struct assay_picks *picks;
    double rate;
    unsigned requests;
    uint64_t seed;
};

struct size { /* an answer */
    double service_ns, need;
    unsigned cores;
    enum assay_bound bound;
    struct assay_queue_result queue;
};

double assay_capacity_rate(const struct assay_mix *mix)
{
    return mix->rate * (1 + mix->growth);
}

static void draw(void *data, struct assay_rng *rng, double *busy_ns, double *wait_ns)
{
    const struct setting *s = data;
    assay_demand_draw(s->service, s->picks, rng, busy_ns, wait_ns);
}

static bool simulate(const struct setting *s, unsigned cores, struct assay_queue_result *out)
{
    unsigned least = cores > REQUESTS / EACH_CORE ? REQUESTS : cores * EACH_CORE;
    const struct assay_queue q = {.rate = s->rate,
                                  .cores = cores,
                                  .requests = s->requests > least ? s->requests : least,
                                  .seed = s->seed,
                                  .draw = draw,
                                  .data = (void *)s};
    return assay_queue_simulate(&q, out);
}

/* The least number of cores over `cores` that keeps the objective; out->cores does not yet. */
static bool size_by_p99(const struct setting *s, struct size *out)
{
    double objective = s->service->mix->p99_ns;
    unsigned low = out->cores, high = out->cores;
    struct assay_queue_result q = out->queue;
    while (q.p99_ns > objective) {
        if (high > 16 * out->cores + 64) { /* nobody waits any more: the service alone is too long */
            out->bound = ASSAY_BOUND_NEVER;
            return true;
        }
        low = high;
        high += high / 2 + 1;
        if (!simulate(s, high, &q))
            return false;
    }
    while (low + 1 < high) {
        unsigned middle = low + (high - low) / 2;
        struct assay_queue_result m;
        if (!simulate(s, middle, &m))
            return false;
        if (m.p99_ns > objective) {
            low = middle;
        } else {
            high = middle;
            q = m;
        }
    }
    out->cores = high;
    out->queue = q;
    out->bound = ASSAY_BOUND_P99;
    return true;
}

static bool size_for(const struct setting *s, struct size *out)
{
    const struct assay_mix *mix = s->service->mix;
    out->service_ns = assay_demand_mean(s->service, s->picks);
    out->need = s->rate * out->service_ns * 1e-9 / mix->utilisation;
    out->bound = ASSAY_BOUND_UTILISATION;
    out->cores = (unsigned)fmin(ceil(fmax(out->need - 1e-9, 1e-9)), CORES_MAX);
    if (!simulate(s, out->cores, &out->queue))
        return false;
    return mix->p99_ns <= 0 || out->queue.p99_ns <= mix->p99_ns || size_by_p99(s, out);
}

/* What an interval is made of: one value a resample. */
struct draws {
    double service_ns[ASSAY_CAPACITY_DRAWS], need[ASSAY_CAPACITY_DRAWS], cores[ASSAY_CAPACITY_DRAWS],
        p99_ns[ASSAY_CAPACITY_DRAWS], utilisation[ASSAY_CAPACITY_DRAWS],
        share[ASSAY_MIX_OPS + 1][ASSAY_CAPACITY_DRAWS], more_cores[ASSAY_CAPACITY_DRAWS],
        more[ASSAY_CAPACITY_DRAWS];
};

static struct assay_figure figure(double value, double draws[ASSAY_CAPACITY_DRAWS])
{
    struct assay_figure f = {.value = value};
    f.low = fmin(value, assay_stats_quantile(draws, ASSAY_CAPACITY_DRAWS, (1 - ASSAY_STATS_LEVEL) / 2));
    f.high = fmax(value, assay_stats_quantile(draws, ASSAY_CAPACITY_DRAWS, (1 + ASSAY_STATS_LEVEL) / 2));
    return f;
}

static double share_of(const struct assay_demand *service, unsigned op, const struct assay_picks *picks)
{
    const struct assay_mix *mix = service->mix;
    double part = op < mix->ops ? assay_demand_op(service, op, picks) : mix->application_ns;
    return part / assay_demand_mean(service, picks);
}

static bool fill_draws(struct assay_capacity *of, size_t count, struct draws *d, uint64_t seed)
{
    struct assay_rng rng;
    assay_rng_seed(&rng, seed);
    for (unsigned b = 0; b < ASSAY_CAPACITY_DRAWS; b++) {
        struct assay_picks picks;
        assay_picks_draw(&picks, assay_demand_rounds(&of[0].service, true), &rng);
        uint64_t sub = assay_rng_next(&rng);
        for (size_t i = 0; i < count; i++) {
            const struct assay_demand *service = &of[i].service;
            const struct setting s = {service, &picks, assay_capacity_rate(service->mix), REQUESTS_DRAW, sub};
            struct size size;
            if (!size_for(&s, &size))
                return false;
            d[i].service_ns[b] = size.service_ns;
            d[i].need[b] = size.need;
            d[i].cores[b] = size.cores;
            d[i].p99_ns[b] = size.queue.p99_ns;
            d[i].utilisation[b] = size.queue.utilisation;
            d[i].more_cores[b] = d[i].cores[b] - d[0].cores[b];
            d[i].more[b] = d[i].need[b] / d[0].need[b] - 1;
            for (unsigned o = 0; o <= service->mix->ops; o++)
                d[i].share[o][b] = share_of(service, o, &picks);
        }
    }
    return true;
}

static double to_hosts(const struct assay_mix *mix, double cores)
{
    return mix->host_cores > 0 ? ceil(cores / mix->host_cores) : 0;
}

static void add_input(struct assay_capacity *c, double cores, const char *change, const char *what)
{
    struct assay_input *in = &c->input[c->inputs++];
    snprintf(in->change, sizeof in->change, "%s%s", what, change);
    in->cores = cores;
}

static int by_effect(const void *pa, const void *pb)
{
    double a = fabs(((const struct assay_input *)pa)->cores),
           b = fabs(((const struct assay_input *)pb)->cores);
    return (a < b) - (a > b);
}

static void fill_inputs(const struct assay_mix *mix, struct assay_capacity *c)
{
    char what[128];
    double need = c->need.value, per_ns = need / c->service_ns.value;
    c->inputs = 0;
    add_input(c, STEP * need, ": 10 % more", "requests");
    add_input(c, need / (1 - STEP) - need, ": 10 % lower", "peak utilisation");
    if (mix->application_ns > 0)
        add_input(c, STEP * mix->application_ns * per_ns, ": 10 % longer", "application time");
    for (unsigned o = 0; o < mix->ops; o++) {
        const struct assay_mix_op *op = &mix->op[o];
        add_input(c, STEP * c->share[o].value * need, ": 10 % more of them, or each 10 % dearer", op->name);
        if (op->choices < 2)
            continue;
        double dearer =
            assay_demand_choice(&c->service, o, 0, NULL) - assay_demand_choice(&c->service, o, 1, NULL);
        snprintf(what, sizeof what, "%s, %s", op->name, op->says);
        add_input(c, fmin(STEP, op->choice[1].share) * op->count * dearer * per_ns, ": 10 points fewer",
                  what);
    }
    qsort(c->input, c->inputs, sizeof *c->input, by_effect);
}

/* The highest rate at which the cores keep both objectives, to 1 %. */
static bool find_headroom(const struct assay_mix *mix, struct assay_capacity *c, uint64_t seed)
{
    double low = 0, high = c->cores.value * mix->utilisation / (c->service_ns.value * 1e-9);
    struct setting s = {&c->service, NULL, high, REQUESTS_DRAW, seed};
    c->holds_up_to = 0;
    if (c->bound == ASSAY_BOUND_NEVER)
        return true;
    for (unsigned step = 0; step < 12 && high - low > 0.01 * high; step++) {
        struct assay_queue_result q;
        if (!simulate(&s, (unsigned)c->cores.value, &q))
            return false;
        bool kept = mix->p99_ns <= 0 || q.p99_ns <= mix->p99_ns;
        if (kept && step == 0) {
            low = high;
            break;
        }
        *(kept ? &low : &high) = s.rate;
        s.rate = (low + high) / 2;
    }
    c->holds_up_to = low;
    return true;
}

static bool fill(const struct assay_mix *mix, struct assay_capacity *c, const struct size *first,
                 const struct size *size, struct draws *d, uint64_t seed)
{
    c->bound = size->bound;
    c->service_ns = figure(size->service_ns, d->service_ns);
    c->need = figure(size->need, d->need);
    c->cores = figure(size->cores, d->cores);
    c->cores.low = floor(c->cores.low);
    c->cores.high = ceil(c->cores.high);
    c->hosts = (struct assay_figure){to_hosts(mix, c->cores.value), to_hosts(mix, c->cores.low),
                                     to_hosts(mix, c->cores.high)};
    c->p99_ns = figure(size->queue.p99_ns, d->p99_ns);
    c->utilisation = figure(size->queue.utilisation, d->utilisation);
    c->more_cores = figure((double)size->cores - first->cores, d->more_cores);
    c->more_cores.low = floor(c->more_cores.low);
    c->more_cores.high = ceil(c->more_cores.high);
    c->more = figure(size->need / first->need - 1, d->more);
    for (unsigned o = 0; o <= mix->ops; o++)
        c->share[o] = figure(share_of(&c->service, o, NULL), d->share[o]);
    fill_inputs(mix, c);
    return find_headroom(mix, c, seed);
}

bool assay_capacity_plan(const struct assay_mix *mix, struct assay_capacity *of, size_t count, uint64_t seed)
{
    struct draws *d = calloc(count, sizeof *d);
    struct size *size = calloc(count, sizeof *size);
    bool ok = d && size && fill_draws(of, count, d, seed);
    for (size_t i = 0; ok && i < count; i++) {
        const struct setting s = {&of[i].service, NULL, assay_capacity_rate(mix), REQUESTS, seed};
        ok = size_for(&s, &size[i]) && fill(mix, &of[i], &size[0], &size[i], &d[i], seed);
    }
    free(d);
    free(size);
    return ok;
}

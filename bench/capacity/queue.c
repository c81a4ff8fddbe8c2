/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/capacity/queue.h"

#include <math.h>
#include <stdlib.h>

/* free_at is a heap, the core that is free first on top. Puts a later time there. */
static void sink(double *free_at, unsigned n, double time)
{
    unsigned i = 0;
    for (unsigned child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && free_at[child + 1] < free_at[child])
            child++;
        if (free_at[child] >= time)
            break;
        free_at[i] = free_at[child];
    }
    free_at[i] = time;
}

static double exponential(struct assay_rng *rng)
{
    return -log((double)((assay_rng_next(rng) >> 11) + 1) * 0x1p-53);
}

bool assay_queue_simulate(const struct assay_queue *q, struct assay_queue_result *out)
{
    struct assay_rng arrivals, services;
    unsigned skip = q->requests / 10, n = 0;
    double *free_at = calloc(q->cores, sizeof *free_at), *response = calloc(q->requests, sizeof *response);
    double now = 0, begin = 0, busy = 0, in_line = 0;
    bool ok = free_at && response && q->requests > 0;
    assay_rng_seed(&arrivals, q->seed);
    assay_rng_seed(&services, ~q->seed);
    for (unsigned i = 0; ok && i < q->requests; i++) {
        double service, off;
        now += exponential(&arrivals) * 1e9 / q->rate;
        q->draw(q->data, &services, &service, &off);
        double start = free_at[0] > now ? free_at[0] : now;
        sink(free_at, q->cores, start + service);
        if (i < skip) {
            begin = now;
            continue;
        }
        in_line += start - now;
        busy += service;
        response[n++] = start + service - now + off;
        if (q->responses)
            assay_histogram_add(q->responses, (uint64_t)response[n - 1]);
    }
    if (ok) {
        out->wait_ns = in_line / n;
        out->utilisation = now > begin ? busy / (now - begin) / q->cores : 0;
        out->p50_ns = assay_stats_quantile(response, n, 0.5);
        out->p99_ns = assay_stats_quantile(response, n, 0.99);
    }
    free(free_at);
    free(response);
    return ok;
}

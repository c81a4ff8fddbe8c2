/* SPDX-License-Identifier: Apache-2.0
 *
 * An M/G/k queue, event by event: Poisson arrivals, one line, first come first served, k cores.
 */
#ifndef ASSAY_QUEUE_H
#define ASSAY_QUEUE_H

#include "bench/stats/histogram.h"
#include "bench/stats/stats.h"

struct assay_queue {
    double rate; /* arrivals a second */
    unsigned cores;
    unsigned requests; /* how many to simulate; the first tenth is not counted */
    uint64_t seed;
    /* one request's time on a core, and off it afterwards, in ns */
    void (*draw)(void *data, struct assay_rng *rng, double *busy_ns, double *wait_ns);
    void *data;
    struct assay_histogram *responses; /* NULL, or takes them too */
};

struct assay_queue_result {
    double p50_ns, p99_ns; /* of the response: waiting for a core, on it, and off it */
    double wait_ns;        /* mean time in line */
    double utilisation;    /* of the cores, while requests arrived */
};

/* false: out of memory */
bool assay_queue_simulate(const struct assay_queue *queue, struct assay_queue_result *out);

#endif

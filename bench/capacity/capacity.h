/* SPDX-License-Identifier: Apache-2.0
 *
 * From a mix and the measured times of its operations to cores: by utilisation and, through the queue, by the
 * service objective.
 */
#ifndef ASSAY_CAPACITY_H
#define ASSAY_CAPACITY_H

#include "bench/capacity/demand.h"
#include "bench/run/instance.h"

#define ASSAY_CAPACITY_DRAWS  100u /* resamples behind an interval */
#define ASSAY_CAPACITY_INPUTS (2 * ASSAY_MIX_OPS + 3)
#define ASSAY_HOURS_A_MONTH   730.0

struct assay_figure { /* with its 95 % interval */
    double value, low, high;
};

enum assay_bound { /* what decides the number of cores */
                   ASSAY_BOUND_UTILISATION,
                   ASSAY_BOUND_P99,
                   ASSAY_BOUND_NEVER, /* the bare service time misses the objective: no number of cores helps
                                       */
};

struct assay_input { /* what a change of one input does */
    char change[256];
    double cores; /* more, or fewer, before rounding up */
};

struct assay_capacity {
    const char *instance;
    struct assay_demand service;
    enum assay_bound bound;
    struct assay_figure service_ns;               /* a request's mean time on a core */
    struct assay_figure need;                     /* cores by utilisation, before rounding up */
    struct assay_figure cores, hosts;             /* whole ones */
    struct assay_figure p99_ns, utilisation;      /* simulated, with so many cores */
    struct assay_figure share[ASSAY_MIX_OPS + 1]; /* of the time on a core: each operation, the application */
    struct assay_figure more_cores, more; /* than the first instance: cores; need as a ratio, minus 1 */
    double holds_up_to; /* requests a second at which so many cores still keep the objectives */
    struct assay_input input[ASSAY_CAPACITY_INPUTS]; /* the largest effect first */
    unsigned inputs;
};

/* The rate that is planned for: now, and grown. */
double assay_capacity_rate(const struct assay_mix *mix);

/* Fills everything but instance and service of each, whose services must be whole; the first is what the
 * others are compared with. false: out of memory. */
bool assay_capacity_plan(const struct assay_mix *mix, struct assay_capacity *of, size_t count, uint64_t seed);

#endif

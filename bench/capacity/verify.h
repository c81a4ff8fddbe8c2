/* SPDX-License-Identifier: Apache-2.0
 *
 * The model on trial: whole requests, offered to one worker on one core of this machine, and what the queue
 * said beforehand about their latency.
 *
 * A machine like this drifts by half within minutes, so each segment is cut into short stretches, and each
 * stretch has its own prediction, from operations timed right before and right after it. Its rate is set from
 * the times before. Both sides of an operation run here, so both are counted, unlike in a plan; time off the
 * core is left out.
 */
#ifndef ASSAY_VERIFY_H
#define ASSAY_VERIFY_H

#include "bench/capacity/mix.h"
#include "bench/run/process.h"
#include "bench/stats/stats.h"

#define ASSAY_VERIFY_LOADS 2
extern const double assay_verify_load[ASSAY_VERIFY_LOADS]; /* 0.5, 0.7 of the core */
/* How far off p99 may be at each load, and utilisation at any, for the model to hold. */
extern const double assay_verify_p99[ASSAY_VERIFY_LOADS];
#define ASSAY_VERIFY_USE 0.05

struct assay_verify_settings {
    unsigned segments; /* of each load */
    uint64_t segment_ns;
    uint64_t seed;
    unsigned deadline_ms;
};

struct assay_verified { /* one load; medians over the segments, with intervals */
    struct assay_estimate service_ns, rate;
    struct assay_estimate p99_told_ns, p99_seen_ns, p99_ratio; /* seen / told */
    struct assay_estimate use_told, use_seen, use_more;        /* seen - told */
    double together; /* what a request's operations cost one after the other / timed alone */
    uint64_t requests;
    bool holds;
};

struct assay_verify_observer {
    void *data;
    void (*progress)(void *data, size_t done, size_t total, const char *doing);
    bool (*stop)(void *data);
};

enum assay_ask assay_verify_run(const struct assay_mix *mix, const struct assay_spec *spec,
                                const struct assay_verify_settings *settings,
                                const struct assay_verify_observer *observer,
                                struct assay_verified out[ASSAY_VERIFY_LOADS], char why[ASSAY_WHY_MAX]);

/* For a plan: the factor `together` alone, in a few seconds. */
enum assay_ask assay_verify_together(const struct assay_mix *mix, const struct assay_spec *spec,
                                     const struct assay_verify_settings *settings, double *together,
                                     char why[ASSAY_WHY_MAX]);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * An offered load: requests that arrive when they do, whether the last one is done or not (an open loop). A
 * request's latency counts from its scheduled arrival, so a stall is felt by every request that arrived
 * meanwhile, as it would be by users (no coordinated omission).
 *
 * One thread serves, on the first lane, first come first served. It waits for an arrival by looking at the
 * clock, and so never sleeps.
 */
#ifndef ASSAY_WORKER_OFFER_H
#define ASSAY_WORKER_OFFER_H

#include "bench/stats/histogram.h"
#include "bench/worker/session.h"

#define ASSAY_OFFER_PARTS        12
#define ASSAY_OFFER_ALTERNATIVES 2
#define ASSAY_OFFER_COUNT_MAX    1e6

/* What a request does: each part as often as `count` says (2.3: twice, and once more in 30 % of requests),
 * each time by one of its alternatives. */
struct assay_offer_part {
    double count;
    unsigned alternatives;
    double share[ASSAY_OFFER_ALTERNATIVES]; /* they add up to 1 */
    struct assay_opened *opened[ASSAY_OFFER_ALTERNATIVES];
};

struct assay_offer {
    double rate;             /* arrivals a second, Poisson; 0: the next when the last is done */
    uint64_t ns;             /* for how long requests arrive */
    uint64_t seed;           /* of arrivals and of draws */
    uint64_t application_ns; /* of a request, spent on the core beside the parts */
    struct assay_offer_part part[ASSAY_OFFER_PARTS];
    unsigned parts;
};

struct assay_offered {
    uint64_t requests; /* served */
    uint64_t unserved; /* had arrived when three times `ns` were over */
    uint64_t ns, busy_ns, switches;
    uint64_t cpu_ns; /* of this process: what it took of `ns` while it did not wait for a companion */
    struct assay_histogram latency, service;  /* from the arrival; from the start */
    struct assay_histogram side[ASSAY_SIDES]; /* of the service, for an offer of one case that has sides */
};

/* out is large: not for a stack. Afterwards the last output of every case that ran is checked. */
enum assay_verdict assay_offer_run(struct assay_session *session, const struct assay_offer *offer,
                                   struct assay_offered *out, char reason[ASSAY_REASON_MAX]);

#endif

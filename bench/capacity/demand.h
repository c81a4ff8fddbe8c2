/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request of a mix costs on one instance: the measured times of its operations, round by round, and
 * requests drawn from them.
 */
#ifndef ASSAY_DEMAND_H
#define ASSAY_DEMAND_H

#include "bench/capacity/mix.h"
#include "bench/stats/stats.h"
#include "bench/store/run_file.h"

#define ASSAY_PICKS_MAX 64

/* Rounds drawn with replacement, as places in [0, 1): cells may differ in how many rounds they have. The same
 * picks for two instances keep what they had in common. n = 0: every round. */
struct assay_picks {
    double at[ASSAY_PICKS_MAX];
    unsigned n;
};
void assay_picks_draw(struct assay_picks *picks, unsigned rounds, struct assay_rng *rng);

struct assay_law {        /* a distribution */
    double *value, *upto; /* ns; the share of the times up to here */
    size_t n;
    double mean;
};

struct assay_times { /* of one choice */
    struct assay_law *round;
    unsigned rounds;
    double busy;  /* the share of each time that was spent on the core, and not waiting for a companion */
    bool batches; /* from timed batches, which do not tell one operation from the next */
};

struct assay_demand {
    const struct assay_mix *mix;
    double together; /* operations of a request, one after the other / the same timed alone; 0: not known, as
                        1 */
    struct assay_times of[ASSAY_MIX_OPS][ASSAY_MIX_CHOICES];
};

/* Takes from a run what is still missing. false: out of memory. */
bool assay_demand_take(struct assay_demand *service, const struct assay_run *run, const char *instance);
/* Adds a round to every choice of this case. false: out of memory, or there are no times in it. */
bool assay_demand_add(struct assay_demand *service, const char *key, const struct assay_bins *bins);
/* The key of a choice that nothing was found for; NULL: all is there. */
const char *assay_demand_missing(const struct assay_demand *service);
/* Is this case a choice for which nothing was found? */
bool assay_demand_lacks(const struct assay_demand *service, const char *key);
void assay_demand_free(struct assay_demand *service);

/* Rounds of the choice that has the fewest, and the most; are any from batches alone? */
unsigned assay_demand_rounds(const struct assay_demand *service, bool most);
bool assay_demand_batches(const struct assay_demand *service);

/* Mean time on the core, in ns: of a choice, of what a request does of an operation, and of a request. */
double assay_demand_choice(const struct assay_demand *service, unsigned op, unsigned choice,
                           const struct assay_picks *picks);
double assay_demand_op(const struct assay_demand *service, unsigned op, const struct assay_picks *picks);
double assay_demand_mean(const struct assay_demand *service, const struct assay_picks *picks);
/* Mean time off it: at the KMS of the mix, or at a companion. */
double assay_demand_wait(const struct assay_demand *service);

/* One request: its time on the core, and off it. */
void assay_demand_draw(const struct assay_demand *service, const struct assay_picks *picks,
                       struct assay_rng *rng, double *busy_ns, double *wait_ns);

#endif

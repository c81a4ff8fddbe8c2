/* SPDX-License-Identifier: Apache-2.0
 *
 * How an operation scales over threads: efficiency at each count, and the Universal Scalability Law (N. J.
 * Gunther, "Guerrilla Capacity Planning", 2007): X(n) = X(1) n / (1 + sigma (n - 1) + kappa n (n - 1)), where
 * sigma is contention (what is done by one at a time: a lock) and kappa coherence (what each does for each
 * other one).
 */
#ifndef ASSAY_SCALING_H
#define ASSAY_SCALING_H

#include "bench/stats/summary.h"

#define ASSAY_SCALING_COUNTS 16 /* as many thread counts as a run takes */
#define ASSAY_SCALING_FIT    4u /* distinct core counts from which the law's two constants are fitted */

/* Rounds × thread counts of the time an operation takes, over all threads together. */
struct assay_scaling_data {
    size_t counts, rounds;
    unsigned threads[ASSAY_SCALING_COUNTS]; /* ascending */
    const double *ns;                       /* [round * counts + count] */
};

struct assay_usl {
    /* Fewer than ASSAY_SCALING_FIT counts: kappa is taken as 0, and what is said of more threads is
     * extrapolated. */
    bool extrapolated;
    struct assay_estimate sigma, kappa;
};

/* Least squares on relative errors with sigma and kappa at least 0; intervals by resampling rounds. seed: as
 * for estimates. false: fewer than two counts or none of them 1, no round, a time that is not positive, no
 * memory. */
bool assay_usl_fit(const struct assay_scaling_data *data, uint64_t seed, struct assay_usl *out);

struct assay_scaling { /* of the cases that differ in threads only, on one instance */
    const struct assay_row *rows[ASSAY_SCALING_COUNTS]; /* measured ones, by threads, ascending */
    size_t count;
    /* By round: rate of so many threads / (rate of the fewest × how many times as many): 1 is perfect. [0]
     * is 1. */
    struct assay_estimate efficiency[ASSAY_SCALING_COUNTS];
    size_t cores; /* of the counts, so many are of cores: not over those that the machine has */
    bool has_usl;
    struct assay_usl usl;
};

/* For the case with the fewest threads of its group, on one instance: true when two thread counts were
 * measured. false for other cases. *memory: there was none (and false). */
bool assay_scaling_make(const struct assay_summary *summary, size_t case_index, size_t instance,
                        struct assay_scaling *out, bool *memory);

#endif

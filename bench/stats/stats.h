/* SPDX-License-Identifier: Apache-2.0
 *
 * Medians and intervals. The round (fresh processes) is the unit of evidence: one process differs from the
 * next by several per cent on short operations, whatever number of samples it gives, so intervals resample
 * rounds first, and blocks inside each round after.
 */
#ifndef ASSAY_STATS_H
#define ASSAY_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSAY_STATS_RESAMPLES 2000u
#define ASSAY_STATS_FEW       0.9 /* an interval that holds the true value less often is not called one of 95 % */
#define ASSAY_STATS_LEVEL     0.95

struct assay_rng { /* xoshiro256**: small, fast, and the same everywhere for a seed */
    uint64_t s[4];
};
void assay_rng_seed(struct assay_rng *rng, uint64_t seed);
uint64_t assay_rng_next(struct assay_rng *rng);
uint64_t assay_rng_below(struct assay_rng *rng, uint64_t bound); /* uniform in 0 … bound-1; bound > 0 */

/* These reorder the array. n >= 1. */
double assay_stats_median(double *v, size_t n);
double assay_stats_quantile(double *v, size_t n, double q); /* linear interpolation, type 7 */
double assay_stats_mad(double *v, size_t n);                /* median absolute deviation, unscaled */

struct assay_point { /* one block's value */
    uint32_t round;
    double value;
};

struct assay_estimate {
    double value; /* median over rounds of the median over blocks */
    double low, high;
    /* How often such an interval holds the true value: 0.95, and less with fewer than ten rounds (stats.c has
     * the figures); 0 with one round: no evidence between processes, the interval resamples blocks. */
    double level;
    unsigned rounds, blocks; /* rounds used; blocks used in all */
    bool one_round;
};

/* points must be sorted by round. false: no points, or no memory. The same points, seed and resamples give
 * the same interval. */
bool assay_stats_estimate(const struct assay_point *points, size_t count, uint64_t seed, unsigned resamples,
                          struct assay_estimate *out);
/* The same for points that are logarithms: value, low and high come back as exp(). */
bool assay_stats_estimate_log(const struct assay_point *points, size_t count, uint64_t seed,
                              unsigned resamples, struct assay_estimate *out);

/* The ratio of two things that were measured apart: points are logarithms, a's over b's comes back. The
 * rounds of each are resampled by themselves, so that the interval holds the spread of both; what changed
 * between the two times (a slow phase of the machine) is in no interval. */
bool assay_stats_unpaired_log(const struct assay_point *a, size_t a_count, const struct assay_point *b,
                              size_t b_count, uint64_t seed, unsigned resamples, struct assay_estimate *out);

/* The value of each round: the median of its blocks. values and rounds have room for count. Returns how many.
 */
size_t assay_stats_rounds(const struct assay_point *points, size_t count, uint32_t *rounds, double *values);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A log-linear histogram of times (the idea of HdrHistogram): each power of two has 256 bins of equal width,
 * so that a time is known to within 1/256 of itself over the whole range, and its bin's middle to half of
 * that.
 */
#ifndef ASSAY_STATS_HISTOGRAM_H
#define ASSAY_STATS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define ASSAY_HISTOGRAM_BITS 8u
#define ASSAY_HISTOGRAM_BINS ((64u - ASSAY_HISTOGRAM_BITS + 1) << ASSAY_HISTOGRAM_BITS)

/* As it is filled. */
struct assay_histogram {
    uint64_t count[ASSAY_HISTOGRAM_BINS];
};
size_t assay_histogram_bin(uint64_t ns);
void assay_histogram_add(struct assay_histogram *h, uint64_t ns);

/* As it is kept: the bins that are not empty, in ascending order. */
struct assay_bin {
    uint32_t index;
    uint64_t count;
};
struct assay_bins {
    struct assay_bin *bin;
    size_t count;   /* of bins */
    uint64_t total; /* of times */
};
/* The middle of a bin, in ns. */
double assay_bin_value(uint32_t index);
/* In ns; 0 when there are none. quantile: the least bin that holds the share q of the times or more. */
double assay_bins_quantile(const struct assay_bins *bins, double q);
double assay_bins_mean(const struct assay_bins *bins);

#endif

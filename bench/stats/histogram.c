/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stats/histogram.h"

#include <math.h>

size_t assay_histogram_bin(uint64_t ns)
{
    if (ns >> ASSAY_HISTOGRAM_BITS == 0)
        return ns;
    unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - ASSAY_HISTOGRAM_BITS;
    return ((size_t)shift << ASSAY_HISTOGRAM_BITS) + (size_t)(ns >> shift);
}

void assay_histogram_add(struct assay_histogram *h, uint64_t ns)
{
    h->count[assay_histogram_bin(ns)]++;
}

double assay_bin_value(uint32_t index)
{
    uint32_t octave = index >> ASSAY_HISTOGRAM_BITS;
    if (octave == 0)
        return index;
    uint64_t mantissa = (index & ((1u << ASSAY_HISTOGRAM_BITS) - 1)) | 1u << ASSAY_HISTOGRAM_BITS;
    /* the whole numbers in the bin are mantissa << s … + (1 << s) - 1; this is their middle */
    return ldexp((double)mantissa + 0.5, (int)octave - 1) - 0.5;
}

double assay_bins_quantile(const struct assay_bins *b, double q)
{
    double want = q * (double)b->total;
    uint64_t seen = 0;
    for (size_t i = 0; i < b->count; i++) {
        seen += b->bin[i].count;
        if ((double)seen >= want)
            return assay_bin_value(b->bin[i].index);
    }
    return 0;
}

double assay_bins_mean(const struct assay_bins *b)
{
    double sum = 0;
    for (size_t i = 0; i < b->count; i++)
        sum += assay_bin_value(b->bin[i].index) * (double)b->bin[i].count;
    return b->total ? sum / (double)b->total : 0;
}

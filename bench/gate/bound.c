/* SPDX-License-Identifier: Apache-2.0
 *
 * Order statistics of the sign test, and Wilson's interval.
 */
#include "bench/gate/bound.h"

#include "bench/stats/stats.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double l = *(const double *)a, r = *(const double *)b;
    return (l > r) - (l < r);
}

/* The largest k with P(Binomial(n, 1/2) < k) <= alpha: the k-th smallest value bounds the median. 0: none. */
static size_t rank_of(size_t n, double alpha)
{
    double log_term = -(double)n * log(2.0), tail = 0;
    size_t k = 0;
    while (k < n / 2) {
        tail += exp(log_term);
        if (tail > alpha)
            break;
        log_term += log((double)(n - k)) - log((double)(k + 1));
        k++;
    }
    return k;
}

bool assay_bound_median(double *values, size_t n, double alpha, struct assay_bound *out)
{
    size_t k = rank_of(n, alpha);
    *out = (struct assay_bound){.median = NAN, .lower = -INFINITY, .upper = INFINITY};
    if (n == 0)
        return false;
    qsort(values, n, sizeof *values, ascending);
    if (k > 0) {
        out->lower = values[k - 1];
        out->upper = values[n - k];
    }
    out->median = assay_stats_median(values, n);
    return k > 0;
}

bool assay_bound_difference(double *x, size_t n, double *y, size_t m, double alpha, struct assay_bound *out)
{
    struct assay_bound a, b;
    bool bounded = assay_bound_median(x, n, alpha / 2, &a);
    bounded = assay_bound_median(y, m, alpha / 2, &b) && bounded;
    *out = (struct assay_bound){
        .median = a.median - b.median, .lower = a.lower - b.upper, .upper = a.upper - b.lower};
    return bounded;
}

size_t assay_bound_least(double alpha)
{
    return (size_t)ceil(-log2(alpha) - 1e-9);
}

void assay_bound_wilson(size_t k, size_t n, double z, double *low, double *high)
{
    if (n == 0) {
        *low = 0;
        *high = 1;
        return;
    }
    double m = (double)n, p = (double)k / m, z2 = z * z;
    double centre = (p + z2 / (2 * m)) / (1 + z2 / m);
    double half = z * sqrt(p * (1 - p) / m + z2 / (4 * m * m)) / (1 + z2 / m);
    *low = k == 0 ? 0 : centre - half;
    *high = k == n ? 1 : centre + half;
}

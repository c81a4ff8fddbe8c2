/* SPDX-License-Identifier: Apache-2.0
 *
 * One-sided confidence bounds that assume nothing about how rounds are distributed: launches of a process
 * fall into a few layouts, with outliers, so a mean's standard error says little. The bound on a median is
 * the order statistic of the sign test (Conover, Practical Nonparametric Statistics, §3.2): exact for any
 * distribution.
 */
#ifndef ASSAY_GATE_BOUND_H
#define ASSAY_GATE_BOUND_H

#include <stdbool.h>
#include <stddef.h>

struct assay_bound {
    double median, lower, upper; /* each bound alone misses the true median with probability alpha at most */
};

/* Reorders the values. false: too few of them for a bound at this level; lower and upper are infinite then.
 */
bool assay_bound_median(double *values, size_t n, double alpha, struct assay_bound *out);

/* Of median(x) - median(y), of rounds that belong together in no way: each median's own bounds at half of
 * alpha. median: the medians' difference. */
bool assay_bound_difference(double *x, size_t n, double *y, size_t m, double alpha, struct assay_bound *out);

/* The least rounds for which there is a bound. */
size_t assay_bound_least(double alpha);

/* Wilson's interval for a share of k in n, at the two-sided level given by z (1.96: 95 %). */
void assay_bound_wilson(size_t k, size_t n, double z, double *low, double *high);

#endif

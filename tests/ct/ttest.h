/* SPDX-License-Identifier: Apache-2.0
 *
 * Welch's t-test on times of two classes.
 */
#ifndef ASSAY_TESTS_TTEST_H
#define ASSAY_TESTS_TTEST_H

#include <stdbool.h>
#include <stddef.h>

#define TTEST_MAX 40000u

struct ttest_sample {
    double time;
    bool second; /* of the second class */
};

/* The t farthest from zero among those over all samples and over the fastest part of them, at several cuts:
 * the slowest are interrupts and the like, which drown a small difference. Positive: the second class is
 * slower. Sorts the samples. */
double ttest(struct ttest_sample *, size_t count);

#endif

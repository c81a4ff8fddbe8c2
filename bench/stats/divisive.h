/* SPDX-License-Identifier: Apache-2.0
 *
 * Change points of a series by E-divisive (D. S. Matteson and N. A. James, "A Nonparametric Approach for
 * Multiple Change Point Analysis of Multivariate Data", JASA 2014): split where the energy distance of both
 * sides is largest, as long as a permutation test says that such a distance does not come by chance.
 */
#ifndef ASSAY_DIVISIVE_H
#define ASSAY_DIVISIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSAY_DIVISIVE_PERMUTATIONS 999u
#define ASSAY_DIVISIVE_P            0.01
#define ASSAY_DIVISIVE_LEAST        5u /* the fewest values between two changes, and before and after them */

struct assay_change {
    size_t at; /* index of the first value after the change */
    double p;  /* of the permutation test that found it */
};

/* changes has room for n / ASSAY_DIVISIVE_LEAST; they come back in order. The same values and seed give the
 * same result. false: not enough memory, or a value that is not finite. */
bool assay_divisive(const double *values, size_t n, uint64_t seed, struct assay_change *changes,
                    size_t *count);

#endif

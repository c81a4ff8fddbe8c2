/* SPDX-License-Identifier: Apache-2.0
 *
 * What is to be measured: cases in a seeded order, on instances.
 */
#ifndef ASSAY_PLAN_H
#define ASSAY_PLAN_H

#include "bench/run/instance.h"
#include "kernels/kernel.h"

#include <stdint.h>

#define ASSAY_THREADS_MAX 16

struct assay_selection {
    const char
        *kernel; /* extended regular expression over case keys; NULL: the headline cases, or all with full */
    bool full;   /* the slow cases too, and everything when there is no expression */
    bool services;                       /* the headline cases of services, and not those of primitives */
    unsigned threads[ASSAY_THREADS_MAX]; /* thread counts, each a case of its own */
    size_t thread_count;
};

struct assay_plan {
    char (*keys)[ASSAY_KEY_MAX]; /* in the registry's order */
    size_t count;
};

/* false: why says what is wrong with the expression, or that it matches nothing. */
bool assay_plan_make(struct assay_plan *plan, const struct assay_selection *selection, char *why,
                     size_t why_size);
void assay_plan_free(struct assay_plan *plan);

/* A seeded generator (splitmix64) for orders that can be repeated. */
uint64_t assay_random(uint64_t *state);
/* Fills order with 0 … count - 1, shuffled. */
void assay_shuffle(size_t *order, size_t count, uint64_t *state);

#endif

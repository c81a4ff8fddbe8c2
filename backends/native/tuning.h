/* SPDX-License-Identifier: Apache-2.0
 *
 * What the native code leaves open because CPUs differ in what suits them. Each parameter is an option of the
 * instance (native:gcm-reduction=64), a line of a profile, and what `assay tune` searches: this list is the
 * only one. Answers depend on none of them.
 */
#ifndef ASSAY_NATIVE_TUNING_H
#define ASSAY_NATIVE_TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUNING_CANDIDATES 8

struct tuning { /* 0: the code's own value */
    uint32_t gcm_vectors;
    uint32_t gcm_short_to;
    uint32_t gcm_reduction;
    uint32_t gcm_table_from;
    uint32_t lanes_from;
    uint32_t far_from;
    uint32_t threads;
    uint32_t share_from;
    uint32_t segment;
};

struct tuning_parameter {
    const char *name;
    const char *unit;
    const char *summary;
    const char *cases; /* those that it bears on: an extended regular expression over their keys */
    size_t offset;     /* in struct tuning */
    uint32_t least, most, step;
    uint32_t candidates[TUNING_CANDIDATES]; /* worth a measurement; ends with 0 */
};

/* Those that others depend on come first; ends with an empty one. */
extern const struct tuning_parameter tuning_parameters[];

const struct tuning_parameter *tuning_find(const char *name);
uint32_t *tuning_at(struct tuning *, const struct tuning_parameter *);

/* Takes a value as text. false: why says what is allowed. */
bool tuning_set(struct tuning *, const struct tuning_parameter *, const char *value, char *why,
                size_t why_size);

/* Takes from `more` what `t` leaves open. */
void tuning_complete(struct tuning *t, const struct tuning *more);

/* The parameters that are not left open, one a line as in a profile: "gcm-reduction = 64". */
void tuning_print(const struct tuning *, char *out, size_t out_size);

#endif

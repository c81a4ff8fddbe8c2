/* SPDX-License-Identifier: Apache-2.0
 *
 * A KMS behind a network: each call of another one takes a round trip longer.
 */
#ifndef ASSAY_DELAY_H
#define ASSAY_DELAY_H

#include "companions/kms.h"

#define ASSAY_DELAY_TRIPS 65536u

struct assay_delay {
    double median_ns, sigma; /* of the logarithm; 0: always the median */
    double *trip_ns;         /* trips of them, of which each call takes one at random; NULL: as above */
    size_t trips;
};

/* "fixed=2ms", "median=2ms:sigma=0.5", or "file=PATH": measured times, one a line, ASSAY_DELAY_TRIPS at most;
 * what follows a # is not read. Times in ns, us, ms or s. false: why. */
bool assay_delay_parse(const char *text, struct assay_delay *out, char *why, size_t why_size);
void assay_delay_free(struct assay_delay *delay);

/* *kms becomes a slower one, which owns the other, and the delay's trips. */
enum assay_rc assay_kms_delayed(struct assay_delay *delay, struct assay_kms **kms) ASSAY_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A KMS behind a network: each call of another one takes a round trip longer.
 */
#ifndef ASSAY_DELAY_H
#define ASSAY_DELAY_H

#include "companions/kms.h"

struct assay_delay {
    double median_ns, sigma; /* of the logarithm; 0: always the median */
};

/* "fixed=2ms", or "median=2ms:sigma=0.5"; times in ns, us, ms or s. false: why. */
bool assay_delay_parse(const char *text, struct assay_delay *out, char *why, size_t why_size);

/* *kms becomes a slower one, which owns the other. */
enum assay_rc assay_kms_delayed(const struct assay_delay *delay, struct assay_kms **kms) ASSAY_MUST_CHECK;

#endif

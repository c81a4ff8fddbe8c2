/* SPDX-License-Identifier: Apache-2.0
 *
 * Known envelopes, in hexadecimal text.
 */
#ifndef ASSAY_VECTORS_ENVELOPE_H
#define ASSAY_VECTORS_ENVELOPE_H

#include "kernels/envelope_format.h"

/* What they all seal, and with which DEK and payload nonce. */
extern const char *const assay_envelope_vector_dek;
extern const char *const assay_envelope_vector_nonce;
extern const char *const assay_envelope_vector_aad;
extern const char *const assay_envelope_vector_message;

struct assay_envelope_vector {
    enum assay_envelope_suite suite;
    const char *kek, *id, *wrap_nonce, *envelope;
};
/* Two a suite, both suites, one after the other: the second is the first, rewrapped. */
extern const struct assay_envelope_vector assay_envelope_vectors[];

#endif

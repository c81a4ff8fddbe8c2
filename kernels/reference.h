/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of an implementation that is no backend: SHA-2 of libmd, HMAC and HKDF composed over it. The
 * kernels compare the outputs for the very inputs to be timed with it.
 */
#ifndef ASSAY_REFERENCE_H
#define ASSAY_REFERENCE_H

#include "backends/backend.h"

/* 32, 48 or 64: of a hash, or of the hash in an HMAC or HKDF; 0 for any other algorithm */
size_t assay_reference_size(enum assay_alg alg);
void assay_reference_hash(enum assay_alg alg, uint8_t *out, const uint8_t *in, size_t in_size);
void assay_reference_hmac(enum assay_alg alg, uint8_t *out, const uint8_t *key, size_t key_size,
                          const uint8_t *in, size_t in_size);
/* out_size: up to 255 times the hash's size */
void assay_reference_hkdf(enum assay_alg alg, uint8_t *out, size_t out_size,
                          const struct assay_hkdf_input *input);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF (RFC 5869): extract, then expand.
 */
#ifndef ASSAY_NATIVE_HKDF_H
#define ASSAY_NATIVE_HKDF_H

#include "backends/native/hmac/hmac.h"

#include <stdbool.h>

/* A hash, and the HMAC key state of the default salt, which is HashLen zeros. */
struct hkdf {
    const struct sha2 *hash;
    struct hmac no_salt;
};

void hkdf_init(struct hkdf *, const struct sha2 *);

/* out_size: 1 … 255 digests. info_size is not limited. */
void hkdf_derive(const struct hkdf *, uint8_t *out, size_t out_size, const uint8_t *ikm, size_t ikm_size,
                 const uint8_t *salt, size_t salt_size, const uint8_t *info, size_t info_size);

/* Sixteen derivations at once, with SHA-256 in lanes. */
struct hkdf_part {
    const uint8_t *data;
    size_t size;
};
struct hkdf_inputs {
    struct hkdf_part ikm, salt, info;
};
#define HKDF_LANES_INFO 128u /* the longest info that goes through lanes */

/* Is there such code, and does it take inputs of these sizes? All sixteen must have the sizes of the first.
 */
bool hkdf_lanes_fit(const struct hkdf *, const struct hkdf_inputs *in);
/* The first `count` results go to out + i * out_size each; the other lanes compute for nobody. */
void hkdf_lanes_derive(const struct hkdf *, uint8_t *out, size_t out_size, const struct hkdf_inputs in[16],
                       size_t count);

#endif

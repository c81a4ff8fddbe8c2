/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF (RFC 5869): extract, then expand; of one input, or of several of one shape side by side.
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

struct hkdf_part {
    const uint8_t *data;
    size_t size;
};

struct hkdf_inputs {
    struct hkdf_part ikm, salt, info;
};

void hkdf_init(struct hkdf *, const struct sha2 *);

/* out_size: 1 … 255 digests. No part is limited. */
void hkdf_derive(const struct hkdf *, uint8_t *out, size_t out_size, const struct hkdf_inputs *);

#define HKDF_LANES_INFO 127u /* the longest info of hkdf_lanes_derive() */

/* n derivations, n <= width->lanes, to out + i * out_size each. The parts of all have the sizes of the
 * first's. */
void hkdf_lanes_derive(const struct hkdf *, const struct sha2_width *, uint8_t *out, size_t out_size,
                       const struct hkdf_inputs in[], size_t n);

#endif

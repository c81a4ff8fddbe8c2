/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC (RFC 2104) with the states after the two padded key blocks kept, so that a message costs only its own
 * blocks and one more.
 */
#ifndef ASSAY_NATIVE_HMAC_H
#define ASSAY_NATIVE_HMAC_H

#include "backends/native/sha2/sha2.h"

struct hmac {
    union sha2_state inner, outer;
};

void hmac_init(const struct sha2 *, struct hmac *, const uint8_t *key, size_t key_size);

/* out: the hash's digest size */
void hmac_compute(const struct sha2 *, const struct hmac *, const uint8_t *in, size_t size, uint8_t *out);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC (RFC 2104) with the states after the two padded key blocks kept, so that a message costs only its own
 * blocks and one more; of one message, or of several of one length side by side.
 */
#ifndef ASSAY_NATIVE_HMAC_H
#define ASSAY_NATIVE_HMAC_H

#include "backends/native/sha2/sha2.h"

/* One key. */
struct hmac {
    union sha2_state inner, outer;
};

void hmac_init(const struct sha2 *, struct hmac *, const uint8_t *key, size_t key_size);

/* out: the hash's digest size */
void hmac_compute(const struct sha2 *, const struct hmac *, const uint8_t *in, size_t size, uint8_t *out);

/* A key in each lane of a width. */
struct hmac_lanes {
    union sha2_lanes inner, outer;
};

/* The same key everywhere. */
void hmac_lanes_fill(const struct sha2_width *, struct hmac_lanes *, const struct hmac *);
/* A key a lane, of one size each, and any. */
void hmac_lanes_init(const struct sha2 *, const struct sha2_width *, struct hmac_lanes *,
                     const uint8_t *const key[], size_t key_size);
/* A tag a lane, of messages of one size. */
void hmac_lanes_compute(const struct sha2 *, const struct sha2_width *, const struct hmac_lanes *,
                        const uint8_t *const in[], size_t size, union sha2_lanes *tag);
void hmac_lanes_wipe(const struct sha2_width *, struct hmac_lanes *);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC-SHA256 over sixteen lanes: for batches of messages, or of keys, of one length.
 */
#ifndef ASSAY_NATIVE_HMAC_LANES_H
#define ASSAY_NATIVE_HMAC_LANES_H

#include "backends/native/hmac/hmac.h"
#include "backends/native/sha2/wide.h"

struct hmac_lanes {
    struct sha2_lanes inner, outer;
};

/* One key in all lanes. */
void hmac_lanes_fill(struct hmac_lanes *, const struct hmac *);
/* A key a lane, of 1 to 64 bytes each. */
void hmac_lanes_init(const struct sha2 *, struct hmac_lanes *, const uint8_t *const key[SHA2_LANES],
                     size_t key_size);
/* The keys are digests that are in the lanes. */
void hmac_lanes_init_digest(const struct sha2 *, struct hmac_lanes *, const struct sha2_lanes *key);
/* The tags stay in the lanes; sha2_lanes_write() gets them out. */
void hmac_lanes_compute(const struct sha2 *, const struct hmac_lanes *, const uint8_t *const in[SHA2_LANES],
                        size_t size, struct sha2_lanes *tag);

#endif

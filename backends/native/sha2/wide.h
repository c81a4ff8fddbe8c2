/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 of sixteen messages of one length, one a vector lane; and HMAC and HKDF on top of it for batches.
 */
#ifndef ASSAY_NATIVE_SHA2_WIDE_H
#define ASSAY_NATIVE_SHA2_WIDE_H

#include "backends/native/sha2/sha2.h"

#define SHA2_LANES 16

/* From so many messages on the lanes are faster than one by one, though the others compute for nobody: on Zen 5
 * sixteen lanes cost as much as 5.8 (HMAC) or 6.6 (HKDF) single messages with SHA-NI. */
#define SHA2_LANES_FROM 8

/* word[i][lane]: word i of a lane's state. */
struct sha2_lanes {
    _Alignas(64) uint32_t word[8][SHA2_LANES];
};

/* The same state in every lane. */
void sha2_lanes_fill(struct sha2_lanes *, const union sha2_state *);

/* Hashes the last `size` bytes of each message on top of the states, after `before` bytes, as sha2_finish()
 * does; the digests stay in the lanes. */
void sha2_lanes_finish(const struct sha2_variant *, struct sha2_lanes *, uint64_t before,
                       const uint8_t *const in[SHA2_LANES], size_t size);
/* The digests as octets. */
void sha2_lanes_write(const struct sha2_lanes *, uint8_t *const out[SHA2_LANES]);

#endif

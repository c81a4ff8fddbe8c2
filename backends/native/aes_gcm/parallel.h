/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM of one large message in segments, by a pool's threads: the same bytes and tag as in one go.
 */
#ifndef ASSAY_NATIVE_AES_GCM_PARALLEL_H
#define ASSAY_NATIVE_AES_GCM_PARALLEL_H

#include "backends/native/aes_gcm/aes_gcm.h"
#include "backends/native/pool.h"

/* From this size on it pays to share a message: several segments for each thread. */
#define GCM_PARALLEL_FROM ((size_t)1 << 20)
/* At least: 64 KiB to 2 MiB do alike on Zen 5. */
#define GCM_SEGMENT ((size_t)256 << 10)
/* From this size on ciphertext is stored past the caches, so that no line is read from memory only to be
 * overwritten: 3 to 27 % for one thread at 32 and 64 MiB; for two nothing while memory is idle, and 27 %
 * while others use it. Below, where all may stay in the last cache, it would lose up to 20 %. */
#define GCM_FAR_FROM ((size_t)32 << 20)

/* How to go about a large message. */
struct gcm_parallel {
    const struct gcm_variant *gcm;
    struct pool *pool; /* NULL: the calling thread does it all */
    size_t segment;    /* bytes, a multiple of 4096 */
    size_t far_from;   /* messages from this size on do not go through the caches */
};

/* As seal() and open() of a variant. */
void gcm_parallel_seal(const struct gcm_parallel *, struct gcm_key *, uint8_t *out, const uint8_t nonce[12],
                       const uint8_t *in, size_t size, const uint8_t *aad, size_t aad_size);
bool gcm_parallel_open(const struct gcm_parallel *, struct gcm_key *, uint8_t *out, const uint8_t nonce[12],
                       const uint8_t *in, size_t size, const uint8_t *aad, size_t aad_size);

#endif

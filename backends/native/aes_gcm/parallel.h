/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM of one large message by a pool's threads: the same bytes and tag as by one thread.
 */
#ifndef ASSAY_NATIVE_AES_GCM_PARALLEL_H
#define ASSAY_NATIVE_AES_GCM_PARALLEL_H

#include "backends/native/aes_gcm/aes_gcm.h"
#include "backends/native/pool.h"

/* From this size on it pays to share a message: several segments for each thread. */
#define GCM_PARALLEL_FROM ((size_t)1 << 20)
#define GCM_SEGMENT       ((size_t)256 << 10)

/* One message for several threads. `segment`: bytes of a segment, a multiple of 4096. */
struct gcm_parallel {
    const struct gcm_variant *gcm;
    struct pool *pool;
    size_t segment;
};

/* As seal() and open() of a variant. */
void gcm_parallel_seal(const struct gcm_parallel *, struct gcm_key *, uint8_t *out, const uint8_t nonce[12],
                       const uint8_t *in, size_t size, const uint8_t *aad, size_t aad_size);
bool gcm_parallel_open(const struct gcm_parallel *, struct gcm_key *, uint8_t *out, const uint8_t nonce[12],
                       const uint8_t *in, size_t size, const uint8_t *aad, size_t aad_size);

#endif

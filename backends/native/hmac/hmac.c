/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC over SHA-2.
 */
#include "backends/native/hmac/hmac.h"

#include <string.h>

void hmac_init(const struct sha2 *h, struct hmac *m, const uint8_t *key, size_t key_size)
{
    uint8_t inner[SHA2_BLOCK_MAX] = {0}, outer[SHA2_BLOCK_MAX];
    if (key_size > h->block)
        sha2_digest(h, key, key_size, inner);
    else if (key_size > 0)
        memcpy(inner, key, key_size);
    for (size_t i = 0; i < h->block; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    m->inner = *h->start;
    m->outer = *h->start;
    h->variant->two(&m->inner, inner, &m->outer, outer, 1);
    explicit_bzero(inner, sizeof inner);
    explicit_bzero(outer, sizeof outer);
}

void hmac_compute(const struct sha2 *h, const struct hmac *m, const uint8_t *in, size_t size, uint8_t *out)
{
    uint8_t digest[SHA2_DIGEST_MAX];
    union sha2_state s = m->inner;
    sha2_finish(h, &s, h->block, in, size, digest);
    s = m->outer;
    sha2_finish(h, &s, h->block, digest, h->digest, out);
}

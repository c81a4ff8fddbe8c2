/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC in lanes. The padded keys are a block a lane.
 */
#include "backends/native/hmac/hmac_lanes.h"

#include <string.h>

void hmac_lanes_fill(struct hmac_lanes *m, const struct hmac *key)
{
    sha2_lanes_fill(&m->inner, &key->inner);
    sha2_lanes_fill(&m->outer, &key->outer);
}

void hmac_lanes_init(const struct sha2 *h, struct hmac_lanes *m, const uint8_t *const key[SHA2_LANES],
                     size_t key_size)
{
    _Alignas(64) uint8_t pad[SHA2_LANES][64];
    const uint8_t *from[SHA2_LANES];
    for (size_t lane = 0; lane < SHA2_LANES; lane++) {
        memset(pad[lane] + key_size, 0, 64 - key_size);
        memcpy(pad[lane], key[lane], key_size);
        for (size_t i = 0; i < 64; i++)
            pad[lane][i] ^= 0x36;
        from[lane] = pad[lane];
    }
    sha2_lanes_fill(&m->inner, h->start);
    h->variant->wide(m->inner.word, from, 1);
    for (size_t lane = 0; lane < SHA2_LANES; lane++)
        for (size_t i = 0; i < 64; i++)
            pad[lane][i] ^= 0x36 ^ 0x5c;
    sha2_lanes_fill(&m->outer, h->start);
    h->variant->wide(m->outer.word, from, 1);
    explicit_bzero(pad, sizeof pad);
}

void hmac_lanes_init_digest(const struct sha2 *h, struct hmac_lanes *m, const struct sha2_lanes *key)
{
    _Alignas(64) uint32_t pad[16][SHA2_LANES];
    for (size_t i = 0; i < 16; i++)
        for (size_t lane = 0; lane < SHA2_LANES; lane++)
            pad[i][lane] = (i < 8 ? key->word[i][lane] : 0) ^ 0x36363636u;
    sha2_lanes_fill(&m->inner, h->start);
    h->variant->wide_words(m->inner.word, pad);
    for (size_t i = 0; i < 16; i++)
        for (size_t lane = 0; lane < SHA2_LANES; lane++)
            pad[i][lane] ^= 0x36363636u ^ 0x5c5c5c5cu;
    sha2_lanes_fill(&m->outer, h->start);
    h->variant->wide_words(m->outer.word, pad);
    explicit_bzero(pad, sizeof pad);
}

/* The outer hash takes the inner digest, which with its padding is one block: 64 + 32 bytes in all. */
void hmac_lanes_compute(const struct sha2 *h, const struct hmac_lanes *m, const uint8_t *const in[SHA2_LANES],
                        size_t size, struct sha2_lanes *tag)
{
    _Alignas(64) uint32_t block[16][SHA2_LANES] = {{0}};
    struct sha2_lanes inner = m->inner;
    sha2_lanes_finish(h->variant, &inner, 64, in, size);
    memcpy(block, inner.word, sizeof inner.word);
    for (size_t lane = 0; lane < SHA2_LANES; lane++) {
        block[8][lane] = 0x80000000u;
        block[15][lane] = (64 + 32) * 8;
    }
    *tag = m->outer;
    h->variant->wide_words(tag->word, block);
    explicit_bzero(block, sizeof block);
    explicit_bzero(&inner, sizeof inner);
}

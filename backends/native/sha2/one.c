/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-2 of one message over a variant's blocks(): padding (FIPS 180-4 5.1) and byte order in plain C.
 */
#include "backends/native/sha2/sha2.h"

#include <string.h>

static void fill(union sha2_lanes *lanes, const union sha2_state *state)
{
    lanes->state[0] = *state;
}

static void finish(const struct sha2 *h, union sha2_lanes *to, const union sha2_lanes *from, uint64_t before,
                   const uint8_t *const in[], size_t size)
{
    union sha2_state s = from->state[0];
    uint8_t last[2 * SHA2_BLOCK_MAX];
    size_t whole = size / h->block, rest = size % h->block;
    if (whole > 0)
        h->variant->blocks(&s, in[0], whole);
    if (rest > 0)
        memcpy(last, in[0] + whole * h->block, rest);
    last[rest] = 0x80;
    /* the length takes an eighth of a block; its upper half is zero for any size_t */
    size_t padded = rest + 1 + h->block / 8 <= h->block ? h->block : 2 * h->block;
    memset(last + rest + 1, 0, padded - rest - 9);
    uint64_t bits = __builtin_bswap64((before + size) * 8);
    memcpy(last + padded - 8, &bits, 8);
    h->variant->blocks(&s, last, padded / h->block);
    to->state[0] = s;
    explicit_bzero(last, padded); /* in HMAC and HKDF it holds secrets */
}

static void keys(const struct sha2 *h, union sha2_lanes *inner, union sha2_lanes *outer,
                 const uint8_t *const key[], size_t size)
{
    uint8_t pads[2][SHA2_BLOCK_MAX];
    memset(pads, 0, sizeof pads);
    memcpy(pads[0], key[0], size);
    for (size_t i = 0; i < SHA2_BLOCK_MAX; i++) {
        pads[1][i] = pads[0][i] ^ 0x5c;
        pads[0][i] ^= 0x36;
    }
    inner->state[0] = *h->start;
    outer->state[0] = *h->start;
    h->variant->two(&inner->state[0], pads[0], &outer->state[0], pads[1], 1);
    explicit_bzero(pads, sizeof pads);
}

static void write(const struct sha2 *h, const union sha2_lanes *lanes, uint8_t *const out[], size_t n)
{
    const union sha2_state *s = &lanes->state[0];
    (void)n;
    for (size_t i = 0; h->block == 64 && i < 8; i++) {
        uint32_t word = __builtin_bswap32(s->w32[i]);
        memcpy(out[0] + 4 * i, &word, 4);
    }
    for (size_t i = 0; h->block == 128 && i < 8 && i < h->digest / 8; i++) {
        uint64_t word = __builtin_bswap64(s->w64[i]);
        memcpy(out[0] + 8 * i, &word, 8);
    }
}

static void keys_of(const struct sha2 *h, union sha2_lanes *inner, union sha2_lanes *outer,
                    const union sha2_lanes *digest)
{
    uint8_t bytes[SHA2_DIGEST_MAX], *out = bytes;
    write(h, digest, &out, 1);
    keys(h, inner, outer, (const uint8_t *const[]){bytes}, h->digest);
    explicit_bzero(bytes, sizeof bytes);
}

static void finish_of(const struct sha2 *h, union sha2_lanes *to, const union sha2_lanes *from,
                      const union sha2_lanes *digest)
{
    uint8_t bytes[SHA2_DIGEST_MAX], *out = bytes;
    write(h, digest, &out, 1);
    finish(h, to, from, h->block, (const uint8_t *const[]){bytes}, h->digest);
    explicit_bzero(bytes, sizeof bytes);
}

const struct sha2_width sha2_one = {.lanes = 1,
                                    .pays = 1,
                                    .fill = fill,
                                    .finish = finish,
                                    .keys = keys,
                                    .keys_of = keys_of,
                                    .finish_of = finish_of,
                                    .write = write};

/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-2 padding (FIPS 180-4 5.1), initial values (5.3) and the choice of a variant.
 */
#include "backends/native/sha2/sha2.h"

#include <string.h>

static const union sha2_state start_256 = {
    .w32 = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
static const union sha2_state start_384 = {.w64 = {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
                                                   0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
                                                   0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4}};
static const union sha2_state start_512 = {.w64 = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                   0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                   0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}};

const struct sha2_variant *const sha256_variants[] = {
    &sha256_portable,
#if defined(__x86_64__)
    &sha256_shani,
    &sha256_avx512,
#elif defined(__AARCH64EL__)
    &sha256_armv8,
#endif
    NULL,
};

const struct sha2_variant *const sha512_variants[] = {
    &sha512_portable,
#if defined(__x86_64__)
    &sha512_avx2,
    &sha512_avx512,
#elif defined(__AARCH64EL__)
    &sha512_armv8,
#endif
    NULL,
};

const struct sha2_variant *sha2_pick(const struct sha2_variant *const list[], uint32_t features)
{
    const struct sha2_variant *best = list[0];
    for (size_t i = 0; list[i] != NULL; i++)
        if ((list[i]->needs & ~features) == 0)
            best = list[i];
    return best;
}

void sha2_choose(struct sha2 *h, enum sha2_kind kind, const struct sha2_variant *variant)
{
    h->variant = variant;
    h->block = kind == SHA2_256 ? 64 : 128;
    h->digest = kind == SHA2_256 ? 32 : kind == SHA2_384 ? 48 : 64;
    h->start = kind == SHA2_256 ? &start_256 : kind == SHA2_384 ? &start_384 : &start_512;
}

static void write_words(const struct sha2 *h, const union sha2_state *s, uint8_t *out)
{
    if (h->block == 64) {
        for (size_t i = 0; i < h->digest / 4; i++) {
            uint32_t word = __builtin_bswap32(s->w32[i]);
            memcpy(out + 4 * i, &word, 4);
        }
    } else {
        for (size_t i = 0; i < h->digest / 8; i++) {
            uint64_t word = __builtin_bswap64(s->w64[i]);
            memcpy(out + 8 * i, &word, 8);
        }
    }
}

void sha2_finish(const struct sha2 *h, union sha2_state *s, uint64_t before, const uint8_t *in, size_t size,
                 uint8_t *out)
{
    uint8_t last[2 * SHA2_BLOCK_MAX];
    size_t whole = size / h->block, rest = size % h->block;
    if (whole > 0)
        h->variant->blocks(s, in, whole);
    if (rest > 0)
        memcpy(last, in + whole * h->block, rest);
    last[rest] = 0x80;
    /* the length takes an eighth of a block; its upper half is zero for any size_t */
    size_t padded = rest + 1 + h->block / 8 <= h->block ? h->block : 2 * h->block;
    memset(last + rest + 1, 0, padded - rest - 9);
    uint64_t bits = __builtin_bswap64((before + size) * 8);
    memcpy(last + padded - 8, &bits, 8);
    h->variant->blocks(s, last, padded / h->block);
    write_words(h, s, out);
}

void sha2_digest(const struct sha2 *h, const uint8_t *in, size_t size, uint8_t *out)
{
    union sha2_state s = *h->start;
    sha2_finish(h, &s, 0, in, size, out);
}

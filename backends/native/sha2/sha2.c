/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-2's initial values (FIPS 180-4 5.3), the frames of a digest that is hashed again, and the choice of
 * code.
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
    &sha256_avx2,
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

static const struct sha2_width *const one_by_one[] = {&sha2_one, NULL};

void sha2_choose(struct sha2 *h, enum sha2_kind kind, const struct sha2_variant *variant)
{
    h->variant = variant;
    h->widths = variant->widths != NULL ? variant->widths : one_by_one;
    h->block = kind == SHA2_256 ? 64 : 128;
    h->digest = kind == SHA2_256 ? 32 : kind == SHA2_384 ? 48 : 64;
    h->start = kind == SHA2_256 ? &start_256 : kind == SHA2_384 ? &start_384 : &start_512;
    h->lanes_from = h->widths[0]->pays;
    h->single = sha2_width(h, 1);
}

size_t sha2_lanes_from(const struct sha2_variant *variant)
{
    return variant->widths != NULL && variant->widths[0]->lanes == SHA2_LANES ? variant->widths[0]->pays : 0;
}

const struct sha2_width *sha2_width(const struct sha2 *h, size_t n)
{
    const struct sha2_width *const *w = h->widths;
    if (n > SHA2_LANES)
        n = SHA2_LANES;
    if (n < h->lanes_from)
        for (w++; (*w)->pays > n;)
            w++;
    /* Three streams and one are slower than two and two. */
    if (n == (*w)->lanes + 1 && w[1] != NULL && w[1]->lanes > 1)
        w++;
    return *w;
}

void sha2_digest(const struct sha2 *h, const uint8_t *in, size_t size, uint8_t *out)
{
    union sha2_lanes s;
    h->single->fill(&s, h->start);
    h->single->finish(h, &s, &s, 0, &in, size);
    h->single->write(h, &s, &out, 1);
}

void sha2_wipe(const struct sha2_width *width, union sha2_lanes *lanes)
{
    explicit_bzero(lanes, width->lanes < 8 ? width->lanes * sizeof lanes->state[0] : sizeof *lanes);
}

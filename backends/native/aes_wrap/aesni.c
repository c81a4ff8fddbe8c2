/* SPDX-License-Identifier: Apache-2.0
 *
 * AES key wrap with AES-NI. The first round key is already in a pair on its way, and t with it: the last
 * round adds them, so that one blend is all that comes between the last round of a block and the first of the
 * next.
 */
#include "backends/native/aes_wrap/aes_wrap.h"
#include "backends/native/aes_x86.inc"
#include "backends/native/unroll.inc"

#include <string.h>

enum { ENCRYPT, DECRYPT };

typedef __m128i pair;

static ALWAYS_INLINE __m128i round_key(const struct aes_wrap_key *k, unsigned round, const int dir)
{
    const uint8_t *keys = dir == ENCRYPT ? k->encrypt : k->decrypt;
    return _mm_load_si128((const __m128i *)(const void *)(keys + (size_t)16 * round));
}

static ALWAYS_INLINE __m128i halves(uint64_t left, uint64_t right)
{
    return _mm_set_epi64x((long long)right, (long long)left);
}

static ALWAYS_INLINE pair pair_first(const struct aes_wrap_key *k, uint64_t a, uint64_t r, const int dir)
{
    return _mm_xor_si128(halves(a, r), round_key(k, 0, dir));
}

static ALWAYS_INLINE pair pair_next(const struct aes_wrap_key *k, pair p, uint64_t r, const int dir)
{
    return _mm_blend_epi16(p, _mm_xor_si128(halves(0, r), round_key(k, 0, dir)), 0xf0);
}

static ALWAYS_INLINE __m128i two_rounds(const struct aes_wrap_key *k, __m128i s, unsigned round,
                                        const int dir)
{
    __m128i a = round_key(k, round, dir), b = round_key(k, round + 1, dir);
    return dir == ENCRYPT ? _mm_aesenc_si128(_mm_aesenc_si128(s, a), b)
                          : _mm_aesdec_si128(_mm_aesdec_si128(s, a), b);
}

static ALWAYS_INLINE pair pair_aes(const struct aes_wrap_key *k, pair p, uint64_t t, const int dir)
{
    UNROLL
    for (unsigned i = 1; i < 9; i += 2)
        p = two_rounds(k, p, i, dir);
    if (k->rounds > 10)
        p = two_rounds(k, p, 9, dir);
    if (k->rounds > 12)
        p = two_rounds(k, p, 11, dir);
    __m128i before = round_key(k, k->rounds - 1, dir);
    __m128i first = _mm_xor_si128(_mm_move_epi64(round_key(k, 0, dir)), halves(t, 0));
    __m128i last = _mm_xor_si128(round_key(k, k->rounds, dir), first);
    return dir == ENCRYPT ? _mm_aesenclast_si128(_mm_aesenc_si128(p, before), last)
                          : _mm_aesdeclast_si128(_mm_aesdec_si128(p, before), last);
}

static ALWAYS_INLINE uint64_t pair_left(const struct aes_wrap_key *k, pair p, const int dir)
{
    return (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(p, round_key(k, 0, dir)));
}

static ALWAYS_INLINE uint64_t pair_right(pair p)
{
    return (uint64_t)_mm_extract_epi64(p, 1);
}

#include "backends/native/aes_wrap/wrap.inc"

static void key_init(struct aes_wrap_key *k, const uint8_t *key, size_t key_size)
{
    __m128i *encrypt = (__m128i *)(void *)k->encrypt, *decrypt = (__m128i *)(void *)k->decrypt;
    k->rounds = key_size == 16   ? aes_x86_expand_128(encrypt, key, NULL)
                : key_size == 24 ? aes_x86_expand_192(encrypt, key)
                                 : aes_x86_expand_256(encrypt, key, NULL);
    decrypt[0] = encrypt[k->rounds];
    for (unsigned i = 1; i < k->rounds; i++)
        decrypt[i] = _mm_aesimc_si128(encrypt[k->rounds - i]);
    decrypt[k->rounds] = encrypt[0];
}

const struct aes_wrap_variant aes_wrap_aesni = {.name = "aesni",
                                                .path = "AES-NI",
                                                .needs = CPU_AESNI,
                                                .key_init = key_init,
                                                .wrap = wrap,
                                                .unwrap = unwrap};

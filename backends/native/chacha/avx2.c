/* SPDX-License-Identifier: Apache-2.0
 *
 * ChaCha20-Poly1305 with AVX2: ChaCha20 in eight lanes, Poly1305 beside it on integers with MULX.
 */
#include "backends/native/chacha/chacha.h"
#include "backends/native/chacha/poly1305.inc"

#include "backends/native/chacha/poly_words.inc"

#include <immintrin.h>

#define LANES 8

typedef uint32_t vec __attribute__((vector_size(32)));

static ALWAYS_INLINE vec v_rotate(vec x, int n)
{
    const __m256i by16 = _mm256_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2, 13, 12, 15, 14,
                                         9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2);
    const __m256i by8 = _mm256_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3, 14, 13, 12, 15,
                                        10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3);
    if (n == 16 || n == 8)
        return (vec)_mm256_shuffle_epi8((__m256i)x, n == 16 ? by16 : by8);
    return x << n | x >> (32 - n);
}

static ALWAYS_INLINE vec v_row(const uint32_t in[4])
{
    return (vec)_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)in));
}

#define v_turn(x, n)                                                                                         \
    (vec) _mm256_shuffle_epi32((__m256i)(x),                                                                 \
                               (n) | (((n) + 1) % 4) << 2 | (((n) + 2) % 4) << 4 | (((n) + 3) % 4) << 6)

static ALWAYS_INLINE void v_transpose(vec q[4])
{
    __m256i a = _mm256_unpacklo_epi32((__m256i)q[0], (__m256i)q[1]);
    __m256i b = _mm256_unpackhi_epi32((__m256i)q[0], (__m256i)q[1]);
    __m256i c = _mm256_unpacklo_epi32((__m256i)q[2], (__m256i)q[3]);
    __m256i d = _mm256_unpackhi_epi32((__m256i)q[2], (__m256i)q[3]);
    q[0] = (vec)_mm256_unpacklo_epi64(a, c), q[1] = (vec)_mm256_unpackhi_epi64(a, c);
    q[2] = (vec)_mm256_unpacklo_epi64(b, d), q[3] = (vec)_mm256_unpackhi_epi64(b, d);
}

static ALWAYS_INLINE void v_spread(vec q[4])
{
    __m256i a = (__m256i)q[0], b = (__m256i)q[1], c = (__m256i)q[2], d = (__m256i)q[3];
    q[0] = (vec)_mm256_permute2x128_si256(a, b, 0x20), q[1] = (vec)_mm256_permute2x128_si256(c, d, 0x20);
    q[2] = (vec)_mm256_permute2x128_si256(a, b, 0x31), q[3] = (vec)_mm256_permute2x128_si256(c, d, 0x31);
}

#include "backends/native/chacha/chacha.inc"

const struct chacha_variant chacha_avx2 = {
    .name = "avx2", .path = "AVX2, MULX", .needs = CPU_AVX2, CHACHA_VARIANT_FUNCTIONS};

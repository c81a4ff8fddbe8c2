/* SPDX-License-Identifier: Apache-2.0
 *
 * ChaCha20-Poly1305 with AVX-512: ChaCha20 in 16 lanes, Poly1305 in eight lanes of IFMA.
 */
#include "backends/native/chacha/chacha.h"
#include "backends/native/chacha/poly1305.inc"

#include <immintrin.h>

#include "backends/native/chacha/poly_ifma.inc"

#define LANES 16

typedef uint32_t vec __attribute__((vector_size(64)));

#define v_rotate(x, n) (vec) _mm512_rol_epi32((__m512i)(x), n)
#define v_turn(x, n)                                                                                         \
    (vec) _mm512_shuffle_epi32((__m512i)(x), (_MM_PERM_ENUM)((n) | (((n) + 1) % 4) << 2 |                    \
                                                             (((n) + 2) % 4) << 4 | (((n) + 3) % 4) << 6))

static ALWAYS_INLINE vec v_row(const uint32_t in[4])
{
    return (vec)_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)in));
}

static ALWAYS_INLINE void v_transpose(vec q[4])
{
    __m512i a = _mm512_unpacklo_epi32((__m512i)q[0], (__m512i)q[1]);
    __m512i b = _mm512_unpackhi_epi32((__m512i)q[0], (__m512i)q[1]);
    __m512i c = _mm512_unpacklo_epi32((__m512i)q[2], (__m512i)q[3]);
    __m512i d = _mm512_unpackhi_epi32((__m512i)q[2], (__m512i)q[3]);
    q[0] = (vec)_mm512_unpacklo_epi64(a, c), q[1] = (vec)_mm512_unpackhi_epi64(a, c);
    q[2] = (vec)_mm512_unpacklo_epi64(b, d), q[3] = (vec)_mm512_unpackhi_epi64(b, d);
}

/* The matrix of 4 by 4 rows of 128 bits, to its transpose. */
static ALWAYS_INLINE void v_spread(vec q[4])
{
    __m512i a = _mm512_shuffle_i32x4((__m512i)q[0], (__m512i)q[1], 0x44);
    __m512i b = _mm512_shuffle_i32x4((__m512i)q[0], (__m512i)q[1], 0xee);
    __m512i c = _mm512_shuffle_i32x4((__m512i)q[2], (__m512i)q[3], 0x44);
    __m512i d = _mm512_shuffle_i32x4((__m512i)q[2], (__m512i)q[3], 0xee);
    q[0] = (vec)_mm512_shuffle_i32x4(a, c, 0x88), q[1] = (vec)_mm512_shuffle_i32x4(a, c, 0xdd);
    q[2] = (vec)_mm512_shuffle_i32x4(b, d, 0x88), q[3] = (vec)_mm512_shuffle_i32x4(b, d, 0xdd);
}

#include "backends/native/chacha/chacha.inc"

const struct chacha_variant chacha_avx512 = {.name = "avx512",
                                             .path = "AVX-512, IFMA",
                                             .needs = CPU_AVX512 | CPU_IFMA | CPU_AVX2,
                                             CHACHA_VARIANT_FUNCTIONS};

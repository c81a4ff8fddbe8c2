/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 of sixteen messages in the lanes of AVX-512 vectors.
 */
#define SHA256_CONSTANTS
#include "backends/native/sha2/constants.h"
#include "backends/native/unroll.inc"

#include <immintrin.h>

#define BLOCK  64
#define ROUNDS 64
#define WORDS  w32
#define K      k256

#define ADD(x, y)           _mm512_add_epi32(x, y)
#define SUB(x, y)           _mm512_sub_epi32(x, y)
#define ROR(x, n)           _mm512_ror_epi32(x, n)
#define SHR(x, n)           _mm512_srli_epi32(x, n)
#define TERNARY(x, y, z, t) _mm512_ternarylogic_epi32(x, y, z, t)
#define SET1(x)             _mm512_set1_epi32((int)(x))
#define BIG0(x)             ROTATED3(x, 2, 13, 22)
#define BIG1(x)             ROTATED3(x, 6, 11, 25)
#define SMALL0(x)           SHIFTED3(x, 7, 18, 3)
#define SMALL1(x)           SHIFTED3(x, 17, 19, 10)
#include "backends/native/sha2/lanes_avx512.inc"

/* Rows are messages, columns words; afterwards rows are words. */
static ALWAYS_INLINE void transpose(__m512i r[16])
{
    __m512i t[16];
    UNROLL for (int i = 0; i < 8; i++)
    {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    UNROLL for (int i = 0; i < 4; i++)
    {
        r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    UNROLL for (int i = 0; i < 4; i++)
    {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
    UNROLL for (int i = 0; i < 4; i++)
    {
        r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
        r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

static ALWAYS_INLINE __m512i turned(__m512i x)
{
    return _mm512_shuffle_epi8(
        x, _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
}

static ALWAYS_INLINE void load_block(__m512i w[16], const uint8_t *const in[], size_t from, size_t size,
                                     uint8_t end)
{
    const size_t at = from < size ? from : size, left = size - at, take = left < BLOCK ? left : BLOCK;
    const __m512i pad = ending(from <= size && left < BLOCK, left, end);
    UNROLL for (int i = 0; i < 16; i++) w[i] = turned(_mm512_or_si512(load_part(in[i] + at, take), pad));
    transpose(w);
}

static void write(const struct sha2 *h, const union sha2_lanes *lanes, uint8_t *const out[], size_t n)
{
    __m512i w[16];
    (void)h;
    UNROLL for (int i = 0; i < 8; i++) w[i] = LOAD(words_of(lanes) + i);
    UNROLL for (int i = 8; i < 16; i++) w[i] = _mm512_setzero_si512();
    transpose(w);
    UNROLL for (size_t i = 0; i < 16; i++)
    {
        if (i < n)
            _mm256_storeu_si256((__m256i *)(void *)out[i], _mm512_castsi512_si256(turned(w[i])));
    }
}

/* On Zen 5 sixteen lanes take as long as 8.5 (HMAC of 64 bytes) or 9.5 (HKDF) messages in three streams. */
const struct sha2_width sha256_sixteen = {.lanes = 16,
                                          .pays = 9,
                                          .fill = fill,
                                          .finish = finish,
                                          .finish_of = finish_of,
                                          .keys = keys,
                                          .keys_of = keys_of,
                                          .write = write};

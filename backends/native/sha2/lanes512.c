/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-384 and SHA-512 of eight messages in the lanes of AVX-512 vectors.
 */
#define SHA512_CONSTANTS
#include "backends/native/sha2/constants.h"

#define BLOCK  128
#define ROUNDS 80
#define WORDS  w64
#define K      k512

#define ADD(x, y)           _mm512_add_epi64(x, y)
#define SUB(x, y)           _mm512_sub_epi64(x, y)
#define ROR(x, n)           _mm512_ror_epi64(x, n)
#define SHR(x, n)           _mm512_srli_epi64(x, n)
#define TERNARY(x, y, z, t) _mm512_ternarylogic_epi64(x, y, z, t)
#define SET1(x)             _mm512_set1_epi64((long long)(x))
#define BIG0(x)             ROTATED3(x, 28, 34, 39)
#define BIG1(x)             ROTATED3(x, 14, 18, 41)
#define SMALL0(x)           SHIFTED3(x, 1, 8, 7)
#define SMALL1(x)           SHIFTED3(x, 19, 61, 6)
#include "backends/native/sha2/lanes_avx512.inc"

/* Rows are messages, columns words; afterwards rows are words. */
static ALWAYS_INLINE void transpose(__m512i r[8])
{
    __m512i t[8];
    UNROLL for (int i = 0; i < 4; i++)
    {
        t[2 * i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
    }
    UNROLL for (int i = 0; i < 2; i++)
    {
        r[i] = _mm512_shuffle_i64x2(t[i], t[i + 2], 0x88);
        r[i + 2] = _mm512_shuffle_i64x2(t[i], t[i + 2], 0xdd);
        r[i + 4] = _mm512_shuffle_i64x2(t[i + 4], t[i + 6], 0x88);
        r[i + 6] = _mm512_shuffle_i64x2(t[i + 4], t[i + 6], 0xdd);
    }
    UNROLL for (int i = 0; i < 4; i++)
    {
        t[i] = _mm512_shuffle_i64x2(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i64x2(r[i], r[i + 4], 0xdd);
    }
    UNROLL for (int i = 0; i < 8; i++) r[i] = t[i];
}

static ALWAYS_INLINE __m512i turned(__m512i x)
{
    return _mm512_shuffle_epi8(
        x, _mm512_broadcast_i32x4(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)));
}

static ALWAYS_INLINE void load_block(__m512i w[16], const uint8_t *const in[], size_t from, size_t size,
                                     uint8_t end)
{
    const size_t at = from < size ? from : size, left = size - at, take = left < BLOCK ? left : BLOCK;
    const size_t rest = take < 64 ? 0 : take - 64;
    const bool ends = from <= size && left < BLOCK;
    const __m512i low = ending(ends && left < 64, left, end), high = ending(ends && left >= 64, left, end);
    UNROLL for (int i = 0; i < 8; i++)
    {
        const uint8_t *p = in[i] + at;
        w[i] = turned(_mm512_or_si512(load_part(p, take), low));
        w[i + 8] = turned(_mm512_or_si512(load_part(p + (take - rest), rest), high));
    }
    transpose(w);
    transpose(w + 8);
}

static void write(const struct sha2 *h, const union sha2_lanes *lanes, uint8_t *const out[], size_t n)
{
    const __mmask64 octets = ~0ull >> (64 - h->digest);
    __m512i w[8];
    UNROLL for (int i = 0; i < 8; i++) w[i] = LOAD(words_of(lanes) + i);
    transpose(w);
    UNROLL for (size_t i = 0; i < 8; i++)
    {
        if (i < n)
            _mm512_mask_storeu_epi8(out[i], octets, turned(w[i]));
    }
}

const struct sha2_width sha512_eight = {.lanes = 8,
                                        .pays = 2,
                                        .fill = fill,
                                        .finish = finish,
                                        .finish_of = finish_of,
                                        .keys = keys,
                                        .keys_of = keys_of,
                                        .write = write};

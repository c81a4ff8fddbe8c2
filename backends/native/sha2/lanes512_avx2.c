/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-384 and SHA-512 of four messages in the lanes of AVX2 vectors.
 */
#define SHA512_CONSTANTS
#include "backends/native/sha2/constants.h"

#define BLOCK     128
#define LANES     4
#define ROUNDS    80
#define WORDS     w64
#define WORD_BITS 64
#define K         k512

#define ADD(x, y) _mm256_add_epi64(x, y)
#define SUB(x, y) _mm256_sub_epi64(x, y)
#define SHL(x, n) _mm256_slli_epi64(x, n)
#define SHR(x, n) _mm256_srli_epi64(x, n)
#define SET1(x)   _mm256_set1_epi64x((long long)(x))
#define BIG0(x)   ROTATED3(x, 28, 34, 39)
#define BIG1(x)   ROTATED3(x, 14, 18, 41)
#define SMALL0(x) XOR3(ROR(x, 1), ROR8(x), SHR(x, 7))
#define SMALL1(x) SHIFTED3(x, 19, 61, 6)
/* eight bits are an octet */
#define ROR8(x)                                                                                              \
    _mm256_shuffle_epi8(                                                                                     \
        x, _mm256_broadcastsi128_si256(_mm_set_epi8(8, 15, 14, 13, 12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1)))
#include "backends/native/sha2/lanes_avx2.inc"

/* Rows are messages, columns words; afterwards rows are words. */
static ALWAYS_INLINE void transpose(__m256i r[4])
{
    __m256i t[4];
    UNROLL for (int i = 0; i < 2; i++)
    {
        t[i] = _mm256_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
        t[i + 2] = _mm256_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
    }
    UNROLL for (int i = 0; i < 2; i++)
    {
        r[i] = _mm256_permute2x128_si256(t[2 * i], t[2 * i + 1], 0x20);
        r[i + 2] = _mm256_permute2x128_si256(t[2 * i], t[2 * i + 1], 0x31);
    }
}

static ALWAYS_INLINE __m256i turned(__m256i x)
{
    return _mm256_shuffle_epi8(
        x, _mm256_broadcastsi128_si256(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)));
}

static void write(const struct sha2 *h, const union sha2_lanes *lanes, uint8_t *const out[], size_t n)
{
    __m256i w[8];
    UNROLL for (int i = 0; i < 8; i++) w[i] = LOAD(words_of(lanes) + i);
    transpose(w);
    transpose(w + 4);
    UNROLL for (size_t i = 0; i < 4; i++)
    {
        if (i >= n)
            break;
        __m256i low = turned(w[i]), high = turned(w[i + 4]);
        _mm256_storeu_si256((__m256i *)(void *)out[i], low);
        if (h->digest == 64)
            _mm256_storeu_si256((__m256i *)(void *)(out[i] + 32), high);
        else
            _mm_storeu_si128((__m128i *)(void *)(out[i] + 32), _mm256_castsi256_si128(high));
    }
}

const struct sha2_width sha512_four = {.lanes = 4,
                                       .pays = 2,
                                       .fill = fill,
                                       .finish = finish,
                                       .finish_of = finish_of,
                                       .keys = keys,
                                       .keys_of = keys_of,
                                       .write = write};

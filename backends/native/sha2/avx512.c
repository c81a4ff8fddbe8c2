/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 with sixteen messages in the lanes of 512-bit vectors: rotations and three-operand logic are one
 * instruction each. One message alone still goes through SHA-NI.
 */
#include "backends/native/cpu.h"
#define SHA256_CONSTANTS
#include "backends/native/sha2/constants.h"
#include "backends/native/sha2/wide.h"
#include "backends/native/unroll.inc"

#include <immintrin.h>

/* Truth tables of _mm512_ternarylogic_epi32 for x ^ y ^ z, Ch(x, y, z) and Maj(x, y, z). */
#define XOR3 0x96
#define CH   0xca
#define MAJ  0xe8

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

/* The counts are immediate operands, so these cannot be functions. */
#define ROTATED3(x, a, b, c)                                                                                 \
    _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, a), _mm512_ror_epi32(x, b), _mm512_ror_epi32(x, c), XOR3)
#define SHIFTED3(x, a, b, c)                                                                                 \
    _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, a), _mm512_ror_epi32(x, b), _mm512_srli_epi32(x, c), XOR3)

/* Round t with the state's letters turned by t: s[(7 - t) & 7] is h. */
static ALWAYS_INLINE void round_at(__m512i s[8], unsigned t, __m512i w)
{
    __m512i *a = &s[(0 - t) & 7], *b = &s[(1 - t) & 7], *c = &s[(2 - t) & 7], *d = &s[(3 - t) & 7];
    __m512i *e = &s[(4 - t) & 7], *f = &s[(5 - t) & 7], *g = &s[(6 - t) & 7], *h = &s[(7 - t) & 7];
    __m512i k = _mm512_set1_epi32((int)k256[t]);
    __m512i t1 = _mm512_add_epi32(
        _mm512_add_epi32(*h, _mm512_add_epi32(w, k)),
        _mm512_add_epi32(ROTATED3(*e, 6, 11, 25), _mm512_ternarylogic_epi32(*e, *f, *g, CH)));
    __m512i t2 = _mm512_add_epi32(ROTATED3(*a, 2, 13, 22), _mm512_ternarylogic_epi32(*a, *b, *c, MAJ));
    *d = _mm512_add_epi32(*d, t1);
    *h = _mm512_add_epi32(t1, t2);
}

static ALWAYS_INLINE void compress(__m512i s[8], __m512i w[16])
{
    __m512i old[8];
    UNROLL for (int i = 0; i < 8; i++) old[i] = s[i];
    UNROLL for (unsigned t = 0; t < 64; t++)
    {
        if (t >= 16)
            w[t & 15] = _mm512_add_epi32(_mm512_add_epi32(w[t & 15], w[(t - 7) & 15]),
                                         _mm512_add_epi32(SHIFTED3(w[(t - 2) & 15], 17, 19, 10),
                                                          SHIFTED3(w[(t - 15) & 15], 7, 18, 3)));
        round_at(s, t, w[t & 15]);
    }
    UNROLL for (int i = 0; i < 8; i++) s[i] = _mm512_add_epi32(s[i], old[i]);
}

static void wide(uint32_t state[8][16], const uint8_t *const in[16], size_t count)
{
    const __m512i turn =
        _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    __m512i s[8], w[16];
    UNROLL for (int i = 0; i < 8; i++) s[i] = _mm512_load_si512(state[i]);
    for (size_t block = 0; block < count; block++) {
        UNROLL for (int i = 0; i < 16; i++) w[i] =
            _mm512_shuffle_epi8(_mm512_loadu_si512(in[i] + 64 * block), turn);
        transpose(w);
        compress(s, w);
    }
    UNROLL for (int i = 0; i < 8; i++) _mm512_store_si512(state[i], s[i]);
}

static void wide_words(uint32_t state[8][16], uint32_t words[16][16])
{
    __m512i s[8], w[16];
    UNROLL for (int i = 0; i < 8; i++) s[i] = _mm512_load_si512(state[i]);
    UNROLL for (int i = 0; i < 16; i++) w[i] = _mm512_load_si512(words[i]);
    compress(s, w);
    UNROLL for (int i = 0; i < 8; i++) _mm512_store_si512(state[i], s[i]);
}

const struct sha2_variant sha256_avx512 = {.name = "avx512",
                                           .path = "SHA-NI, batches with AVX-512",
                                           .needs = CPU_SHANI | CPU_AVX2 | CPU_AVX512,
                                           .blocks = sha256_shani_blocks,
                                           .two = sha256_shani_two,
                                           .wide = wide,
                                           .wide_words = wide_words};

/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 of eight messages in the lanes of AVX2 vectors, for CPUs without the SHA instructions.
 */
#define SHA256_CONSTANTS
#include "backends/native/cpu.h"
#include "backends/native/sha2/constants.h"

#define BLOCK     64
#define LANES     8
#define ROUNDS    64
#define WORDS     w32
#define WORD_BITS 32
#define K         k256

#define ADD(x, y) _mm256_add_epi32(x, y)
#define SUB(x, y) _mm256_sub_epi32(x, y)
#define SHL(x, n) _mm256_slli_epi32(x, n)
#define SHR(x, n) _mm256_srli_epi32(x, n)
#define SET1(x)   _mm256_set1_epi32((int)(x))
#define BIG0(x)   ROTATED3(x, 2, 13, 22)
#define BIG1(x)   ROTATED3(x, 6, 11, 25)
#define SMALL0(x) SHIFTED3(x, 7, 18, 3)
#define SMALL1(x) SHIFTED3(x, 17, 19, 10)
#include "backends/native/sha2/lanes_avx2.inc"

/* Rows are messages, columns words; afterwards rows are words. */
static ALWAYS_INLINE void transpose(__m256i r[8])
{
    __m256i t[8];
    UNROLL for (int i = 0; i < 4; i++)
    {
        t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    UNROLL for (int i = 0; i < 2; i++)
    {
        r[4 * i] = _mm256_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm256_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm256_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm256_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    UNROLL for (int i = 0; i < 4; i++)
    {
        t[i] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x20);
        t[i + 4] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x31);
    }
    UNROLL for (int i = 0; i < 8; i++) r[i] = t[i];
}

static ALWAYS_INLINE __m256i turned(__m256i x)
{
    return _mm256_shuffle_epi8(
        x, _mm256_broadcastsi128_si256(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
}

static void write(const struct sha2 *h, const union sha2_lanes *lanes, uint8_t *const out[], size_t n)
{
    __m256i w[8];
    (void)h;
    UNROLL for (int i = 0; i < 8; i++) w[i] = LOAD(words_of(lanes) + i);
    transpose(w);
    UNROLL for (size_t i = 0; i < 8; i++)
    {
        if (i < n)
            _mm256_storeu_si256((__m256i *)(void *)out[i], turned(w[i]));
    }
}

/* On Zen 3 eight lanes take as long as 2.6 (HMAC of 64 bytes) or 2.0 (HKDF) messages one by one. */
static const struct sha2_width eight = {.lanes = 8,
                                        .pays = 3,
                                        .fill = fill,
                                        .finish = finish,
                                        .finish_of = finish_of,
                                        .keys = keys,
                                        .keys_of = keys_of,
                                        .write = write};
static const struct sha2_width *const widths[] = {&eight, &sha2_one, NULL};

/* One message goes as in sha256_portable. */
const struct sha2_variant sha256_avx2 = {.name = "avx2",
                                         .path = "C, batches with AVX2",
                                         .needs = CPU_AVX2,
                                         .blocks = sha256_portable_blocks,
                                         .two = sha256_portable_two,
                                         .widths = widths};

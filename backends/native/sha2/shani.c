/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 with the SHA instructions. SHA256RNDS2 has a latency of 4 and starts every other cycle, so a single
 * stream leaves half of the unit idle; two() runs two streams side by side.
 */
#include "backends/native/cpu.h"
#define SHA256_CONSTANTS
#include "backends/native/sha2/constants.h"
#include "backends/native/sha2/sha2.h"
#include "backends/native/unroll.inc"

#include <immintrin.h>

/* The instructions keep the state as ABEF and CDGH, A in the highest word. */
struct rows {
    __m128i abef, cdgh;
};

static ALWAYS_INLINE struct rows rows_load(const union sha2_state *s)
{
    __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)&s->w32[0]);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)&s->w32[4]);
    __m128i feba = _mm_unpacklo_epi64(dcba, hgfe), hgdc = _mm_unpackhi_epi64(dcba, hgfe);
    return (struct rows){_mm_shuffle_epi32(feba, 0x1b), _mm_shuffle_epi32(hgdc, 0x1b)};
}

static ALWAYS_INLINE void rows_store(union sha2_state *s, struct rows r)
{
    __m128i feba = _mm_shuffle_epi32(r.abef, 0x1b), hgdc = _mm_shuffle_epi32(r.cdgh, 0x1b);
    _mm_storeu_si128((__m128i *)(void *)&s->w32[0], _mm_unpacklo_epi64(feba, hgdc));
    _mm_storeu_si128((__m128i *)(void *)&s->w32[4], _mm_unpackhi_epi64(feba, hgdc));
}

/* The next four words of the message schedule; m holds the last sixteen, group g replaces g - 4. */
static ALWAYS_INLINE void schedule(__m128i m[4], unsigned g)
{
    __m128i recent = m[(g - 1) & 3];
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(m[g & 3], m[(g - 3) & 3]),
                                _mm_alignr_epi8(recent, m[(g - 2) & 3], 4));
    m[g & 3] = _mm_sha256msg2_epu32(sum, recent);
}

static ALWAYS_INLINE void compress(const int streams, union sha2_state *const state[], const uint8_t *in[],
                                   size_t count)
{
    const __m128i turn = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    struct rows r[2], old[2];
    __m128i m[2][4];
    for (int i = 0; i < streams; i++)
        r[i] = rows_load(state[i]);
    for (; count > 0; count--) {
        for (int i = 0; i < streams; i++)
            old[i] = r[i];
        UNROLL for (unsigned g = 0; g < 16; g++)
        {
            __m128i k = _mm_load_si128((const __m128i *)(const void *)&k256[4 * g]);
            UNROLL for (int i = 0; i < streams; i++)
            {
                if (g < 4)
                    m[i][g] = _mm_shuffle_epi8(
                        _mm_loadu_si128((const __m128i *)(const void *)(in[i] + (size_t)16 * g)), turn);
                else
                    schedule(m[i], g);
                __m128i w = _mm_add_epi32(m[i][g & 3], k);
                r[i].cdgh = _mm_sha256rnds2_epu32(r[i].cdgh, r[i].abef, w);
                r[i].abef = _mm_sha256rnds2_epu32(r[i].abef, r[i].cdgh, _mm_shuffle_epi32(w, 0x0e));
            }
        }
        for (int i = 0; i < streams; i++) {
            r[i].abef = _mm_add_epi32(r[i].abef, old[i].abef);
            r[i].cdgh = _mm_add_epi32(r[i].cdgh, old[i].cdgh);
            in[i] += 64;
        }
    }
    for (int i = 0; i < streams; i++)
        rows_store(state[i], r[i]);
}

void sha256_shani_blocks(union sha2_state *state, const uint8_t *in, size_t count)
{
    compress(1, &state, &in, count);
}

void sha256_shani_two(union sha2_state *a, const uint8_t *in, union sha2_state *b, const uint8_t *in2,
                      size_t count)
{
    compress(2, (union sha2_state *const[]){a, b}, (const uint8_t *[]){in, in2}, count);
}

const struct sha2_variant sha256_shani = {.name = "shani",
                                          .path = "SHA-NI",
                                          .needs = CPU_SHANI,
                                          .blocks = sha256_shani_blocks,
                                          .two = sha256_shani_two};

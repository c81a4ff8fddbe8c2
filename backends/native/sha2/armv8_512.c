/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-384 and SHA-512 with the SHA512 instructions of ARMv8.2, two rounds at a time, in one and two streams.
 * In a stream SHA512H waits for what the one before it made, some nine cycles; two streams halve the wait,
 * and three have no room in 32 registers.
 */
#include "backends/native/cpu.h"
#define SHA512_CONSTANTS
#include "backends/native/sha2/constants.h"
#include "backends/native/sha2/sha2.h"
#include "backends/native/unroll.inc"

#include <arm_neon.h>
#include <stdbool.h>
#include <string.h>

#define BLOCK   128
#define STREAMS 2
#define ABREAST 2

typedef uint8x16_t piece;

/* Pairs of working variables, the earlier in lane 0. */
struct rows {
    uint64x2_t ab, cd, ef, gh;
};

static ALWAYS_INLINE struct rows rows_load(const union sha2_state *state)
{
    const uint64_t *s = state->w64;
    return (struct rows){vld1q_u64(s), vld1q_u64(s + 2), vld1q_u64(s + 4), vld1q_u64(s + 6)};
}

static ALWAYS_INLINE void rows_store(union sha2_state *state, struct rows r)
{
    uint64_t *s = state->w64;
    vst1q_u64(s, r.ab);
    vst1q_u64(s + 2, r.cd);
    vst1q_u64(s + 4, r.ef);
    vst1q_u64(s + 6, r.gh);
}

static ALWAYS_INLINE piece turned(piece x)
{
    return vrev64q_u8(x);
}

static ALWAYS_INLINE piece length(uint64_t bits)
{
    return vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(0), vcreate_u64(bits)));
}

/* The upper word of a and the lower of b. */
static ALWAYS_INLINE uint64x2_t across(uint64x2_t a, uint64x2_t b)
{
    return vextq_u64(a, b, 1);
}

/* SHA512H makes the two T1 + h of the next e and f out of h, g and the words; SHA512H2 adds Maj and Sigma0.
 */
static ALWAYS_INLINE void two_rounds(struct rows *r, uint64x2_t w)
{
    uint64x2_t sum = vaddq_u64(r->gh, across(w, w));
    sum = vsha512hq_u64(sum, across(r->ef, r->gh), across(r->cd, r->ef));
    *r = (struct rows){vsha512h2q_u64(sum, r->cd, r->ab), r->ab, vaddq_u64(r->cd, sum), r->ef};
}

/* The next two words of the message schedule; m holds the last sixteen, pair p replaces p - 8. */
static ALWAYS_INLINE uint64x2_t schedule(const uint64x2_t m[8], unsigned p)
{
    uint64x2_t sum = vsha512su0q_u64(m[p & 7], m[(p + 1) & 7]);
    return vsha512su1q_u64(sum, m[(p + 7) & 7], across(m[(p + 4) & 7], m[(p + 5) & 7]));
}

/* One block a stream. */
static ALWAYS_INLINE void compress(const int streams, struct rows r[], piece octets[][8])
{
    struct rows old[ABREAST];
    uint64x2_t m[ABREAST][8];
    UNROLL for (int i = 0; i < streams; i++) old[i] = r[i];
    UNROLL for (unsigned p = 0; p < 40; p++)
    {
        uint64x2_t k = vld1q_u64(&k512[2 * p]);
        UNROLL for (int i = 0; i < streams; i++)
        {
            m[i][p & 7] = p < 8 ? vreinterpretq_u64_u8(octets[i][p & 7]) : schedule(m[i], p);
            two_rounds(&r[i], vaddq_u64(m[i][p & 7], k));
        }
    }
    UNROLL for (int i = 0; i < streams; i++)
    {
        r[i].ab = vaddq_u64(r[i].ab, old[i].ab);
        r[i].cd = vaddq_u64(r[i].cd, old[i].cd);
        r[i].ef = vaddq_u64(r[i].ef, old[i].ef);
        r[i].gh = vaddq_u64(r[i].gh, old[i].gh);
    }
}

#include "backends/native/sha2/streams_neon.inc"

static const struct sha2_width *const widths[] = {&two, &one, NULL};

const struct sha2_variant sha512_armv8 = {.name = "armv8",
                                          .path = "SHA512H",
                                          .needs = CPU_ARM_SHA512,
                                          .blocks = one_blocks,
                                          .two = two_blocks,
                                          .widths = widths};

/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-384 and SHA-512 with the SHA512 instructions of ARMv8.2, two rounds at a time.
 */
#include "backends/native/cpu.h"
#define SHA512_CONSTANTS
#include "backends/native/sha2/constants.h"
#include "backends/native/sha2/sha2.h"
#include "backends/native/unroll.inc"

#include <arm_neon.h>

/* Pairs of working variables, the earlier in lane 0. */
struct rows {
    uint64x2_t ab, cd, ef, gh;
};

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
static ALWAYS_INLINE void schedule(uint64x2_t m[8], unsigned p)
{
    uint64x2_t sum = vsha512su0q_u64(m[p & 7], m[(p + 1) & 7]);
    m[p & 7] = vsha512su1q_u64(sum, m[(p + 7) & 7], across(m[(p + 4) & 7], m[(p + 5) & 7]));
}

static ALWAYS_INLINE void compress(const int streams, union sha2_state *const state[], const uint8_t *in[],
                                   size_t count)
{
    struct rows r[2], old[2];
    uint64x2_t m[2][8];
    for (int i = 0; i < streams; i++) {
        const uint64_t *s = state[i]->w64;
        r[i] = (struct rows){vld1q_u64(s), vld1q_u64(s + 2), vld1q_u64(s + 4), vld1q_u64(s + 6)};
    }
    for (; count > 0; count--) {
        for (int i = 0; i < streams; i++)
            old[i] = r[i];
        UNROLL for (unsigned p = 0; p < 40; p++)
        {
            uint64x2_t k = vld1q_u64(&k512[2 * p]);
            UNROLL for (int i = 0; i < streams; i++)
            {
                if (p < 8)
                    m[i][p] = vreinterpretq_u64_u8(vrev64q_u8(vld1q_u8(in[i] + (size_t)16 * p)));
                else
                    schedule(m[i], p);
                two_rounds(&r[i], vaddq_u64(m[i][p & 7], k));
            }
        }
        for (int i = 0; i < streams; i++) {
            r[i] = (struct rows){vaddq_u64(r[i].ab, old[i].ab), vaddq_u64(r[i].cd, old[i].cd),
                                 vaddq_u64(r[i].ef, old[i].ef), vaddq_u64(r[i].gh, old[i].gh)};
            in[i] += 128;
        }
    }
    for (int i = 0; i < streams; i++) {
        uint64_t *s = state[i]->w64;
        vst1q_u64(s, r[i].ab);
        vst1q_u64(s + 2, r[i].cd);
        vst1q_u64(s + 4, r[i].ef);
        vst1q_u64(s + 6, r[i].gh);
    }
}

static void blocks(union sha2_state *state, const uint8_t *in, size_t count)
{
    compress(1, &state, &in, count);
}

static void two(union sha2_state *a, const uint8_t *in, union sha2_state *b, const uint8_t *in2, size_t count)
{
    compress(2, (union sha2_state *const[]){a, b}, (const uint8_t *[]){in, in2}, count);
}

const struct sha2_variant sha512_armv8 = {
    .name = "armv8", .path = "SHA512H", .needs = CPU_ARM_SHA512, .blocks = blocks, .two = two};

/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 with the SHA2 instructions of ARMv8's Cryptographic Extension. A stream is one chain of SHA256H and
 * SHA256H2; two() runs two chains side by side.
 */
#include "backends/native/cpu.h"
#define SHA256_CONSTANTS
#include "backends/native/sha2/constants.h"
#include "backends/native/sha2/sha2.h"
#include "backends/native/unroll.inc"

#include <arm_neon.h>

struct rows {
    uint32x4_t abcd, efgh;
};

/* The next four words of the message schedule; m holds the last sixteen, group g replaces g - 4. */
static ALWAYS_INLINE void schedule(uint32x4_t m[4], unsigned g)
{
    uint32x4_t sum = vsha256su0q_u32(m[g & 3], m[(g + 1) & 3]);
    m[g & 3] = vsha256su1q_u32(sum, m[(g + 2) & 3], m[(g + 3) & 3]);
}

static ALWAYS_INLINE void compress(const int streams, union sha2_state *const state[], const uint8_t *in[],
                                   size_t count)
{
    struct rows r[2], old[2];
    uint32x4_t m[2][4];
    for (int i = 0; i < streams; i++)
        r[i] = (struct rows){vld1q_u32(&state[i]->w32[0]), vld1q_u32(&state[i]->w32[4])};
    for (; count > 0; count--) {
        for (int i = 0; i < streams; i++)
            old[i] = r[i];
        UNROLL for (unsigned g = 0; g < 16; g++)
        {
            uint32x4_t k = vld1q_u32(&k256[4 * g]);
            UNROLL for (int i = 0; i < streams; i++)
            {
                if (g < 4)
                    m[i][g] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(in[i] + (size_t)16 * g)));
                else
                    schedule(m[i], g);
                uint32x4_t w = vaddq_u32(m[i][g & 3], k), abcd = r[i].abcd;
                r[i].abcd = vsha256hq_u32(abcd, r[i].efgh, w);
                r[i].efgh = vsha256h2q_u32(r[i].efgh, abcd, w);
            }
        }
        for (int i = 0; i < streams; i++) {
            r[i].abcd = vaddq_u32(r[i].abcd, old[i].abcd);
            r[i].efgh = vaddq_u32(r[i].efgh, old[i].efgh);
            in[i] += 64;
        }
    }
    for (int i = 0; i < streams; i++) {
        vst1q_u32(&state[i]->w32[0], r[i].abcd);
        vst1q_u32(&state[i]->w32[4], r[i].efgh);
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

const struct sha2_variant sha256_armv8 = {
    .name = "armv8", .path = "SHA256H", .needs = CPU_ARM_SHA2, .blocks = blocks, .two = two};

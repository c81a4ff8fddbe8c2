/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 with the SHA2 instructions of ARMv8's Cryptographic Extension, in one and two streams. A stream is
 * one chain of SHA256H and SHA256H2, which start together every fourth to sixth cycle; with the schedule's, a
 * block has 56 instructions for the one pipe that has them on Arm's cores (their software optimization
 * guides), so two streams nearly fill it, and a third has nothing left to fill.
 */
#include "backends/native/cpu.h"
#define SHA256_CONSTANTS
#include "backends/native/sha2/constants.h"
#include "backends/native/sha2/sha2.h"
#include "backends/native/unroll.inc"

#include <arm_neon.h>
#include <stdbool.h>
#include <string.h>

#define BLOCK   64
#define STREAMS 2
#define ABREAST 2

typedef uint8x16_t piece;

struct rows {
    uint32x4_t abcd, efgh;
};

static ALWAYS_INLINE struct rows rows_load(const union sha2_state *s)
{
    return (struct rows){vld1q_u32(&s->w32[0]), vld1q_u32(&s->w32[4])};
}

static ALWAYS_INLINE void rows_store(union sha2_state *s, struct rows r)
{
    vst1q_u32(&s->w32[0], r.abcd);
    vst1q_u32(&s->w32[4], r.efgh);
}

static ALWAYS_INLINE piece turned(piece x)
{
    return vrev32q_u8(x);
}

static ALWAYS_INLINE piece length(uint64_t bits)
{
    return vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(0), vcreate_u64(bits << 32 | bits >> 32)));
}

/* The next four words of the message schedule; m holds the last sixteen, group g replaces g - 4. */
static ALWAYS_INLINE uint32x4_t schedule(const uint32x4_t m[4], unsigned g)
{
    uint32x4_t sum = vsha256su0q_u32(m[g & 3], m[(g + 1) & 3]);
    return vsha256su1q_u32(sum, m[(g + 2) & 3], m[(g + 3) & 3]);
}

/* One block a stream. */
static ALWAYS_INLINE void compress(const int streams, struct rows r[], piece octets[][4])
{
    struct rows old[ABREAST];
    uint32x4_t m[ABREAST][4];
    UNROLL for (int i = 0; i < streams; i++) old[i] = r[i];
    UNROLL for (unsigned g = 0; g < 16; g++)
    {
        uint32x4_t k = vld1q_u32(&k256[4 * g]);
        UNROLL for (int i = 0; i < streams; i++)
        {
            m[i][g & 3] = g < 4 ? vreinterpretq_u32_u8(octets[i][g & 3]) : schedule(m[i], g);
            uint32x4_t w = vaddq_u32(m[i][g & 3], k), abcd = r[i].abcd;
            r[i].abcd = vsha256hq_u32(abcd, r[i].efgh, w);
            r[i].efgh = vsha256h2q_u32(r[i].efgh, abcd, w);
        }
    }
    UNROLL for (int i = 0; i < streams; i++)
    {
        r[i].abcd = vaddq_u32(r[i].abcd, old[i].abcd);
        r[i].efgh = vaddq_u32(r[i].efgh, old[i].efgh);
    }
}

#include "backends/native/sha2/streams_neon.inc"

static const struct sha2_width *const widths[] = {&two, &one, NULL};

const struct sha2_variant sha256_armv8 = {.name = "armv8",
                                          .path = "SHA256H",
                                          .needs = CPU_ARM_SHA2,
                                          .blocks = one_blocks,
                                          .two = two_blocks,
                                          .widths = widths};

/* SPDX-License-Identifier: Apache-2.0
 *
 * ChaCha20-Poly1305 with NEON: ChaCha20 in four lanes, Poly1305 beside it on integers with UMULH.
 */
#include "backends/native/chacha/chacha.h"
#include "backends/native/chacha/poly1305.inc"

#include "backends/native/chacha/poly_words.inc"

#include <arm_neon.h>

#define LANES 4

typedef uint32x4_t vec;

#define v_turn(x, n) vextq_u32(x, x, n)

/* Rotations by 16 and 8 move bytes; the others shift one way and insert what comes from the other. */
static ALWAYS_INLINE vec v_rotate(vec x, const int n)
{
    const uint8x16_t by8 = {3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14};
    if (n == 16)
        return vreinterpretq_u32_u16(vrev32q_u16(vreinterpretq_u16_u32(x)));
    if (n == 8)
        return vreinterpretq_u32_u8(vqtbl1q_u8(vreinterpretq_u8_u32(x), by8));
    if (n == 12)
        return vsliq_n_u32(vshrq_n_u32(x, 20), x, 12);
    return vsliq_n_u32(vshrq_n_u32(x, 25), x, 7);
}

static ALWAYS_INLINE vec v_row(const uint32_t in[4])
{
    return vld1q_u32(in);
}

static ALWAYS_INLINE void v_transpose(vec q[4])
{
    uint64x2_t a = vreinterpretq_u64_u32(vzip1q_u32(q[0], q[1])),
               b = vreinterpretq_u64_u32(vzip2q_u32(q[0], q[1]));
    uint64x2_t c = vreinterpretq_u64_u32(vzip1q_u32(q[2], q[3])),
               d = vreinterpretq_u64_u32(vzip2q_u32(q[2], q[3]));
    q[0] = vreinterpretq_u32_u64(vzip1q_u64(a, c)), q[1] = vreinterpretq_u32_u64(vzip2q_u64(a, c));
    q[2] = vreinterpretq_u32_u64(vzip1q_u64(b, d)), q[3] = vreinterpretq_u32_u64(vzip2q_u64(b, d));
}

static ALWAYS_INLINE void v_spread(vec q[4])
{
    (void)q; /* one block: its rows lie one after the other */
}

#include "backends/native/chacha/chacha.inc"

const struct chacha_variant chacha_neon = {
    .name = "neon", .path = "NEON, UMULH", .needs = CPU_ARM_NEON, CHACHA_VARIANT_FUNCTIONS};

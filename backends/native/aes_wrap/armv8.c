/* SPDX-License-Identifier: Apache-2.0
 *
 * AES key wrap with the Cryptographic Extension of ARMv8. AESE and AESD add their round key first, so the
 * last one alone, with t in it, comes between a block and the next.
 */
#include "backends/native/aes_arm.inc"
#include "backends/native/aes_wrap/aes_wrap.h"
#include "backends/native/unroll.inc"

enum { ENCRYPT, DECRYPT };

typedef uint8x16_t pair;

static ALWAYS_INLINE uint8x16_t halves(uint64_t left, uint64_t right)
{
    return vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(left), vcreate_u64(right)));
}

#define pair_first(k, a, r, dir) halves(a, r)
#define pair_next(k, p, r, dir)  vreinterpretq_u8_u64(vsetq_lane_u64(r, vreinterpretq_u64_u8(p), 1))
#define pair_left(k, p, dir)     vgetq_lane_u64(vreinterpretq_u64_u8(p), 0)
#define pair_right(p)            vgetq_lane_u64(vreinterpretq_u64_u8(p), 1)

static ALWAYS_INLINE pair pair_aes(const struct aes_wrap_key *k, pair p, uint64_t t, const int dir)
{
    const uint8_t *key = dir == ENCRYPT ? k->encrypt : k->decrypt;
    uint8x16_t last = veorq_u8(vld1q_u8(key + (size_t)16 * k->rounds), halves(t, 0));
    for (uint32_t i = 1; i < k->rounds; i++, key += 16)
        p = dir == ENCRYPT ? vaesmcq_u8(vaeseq_u8(p, vld1q_u8(key)))
                           : vaesimcq_u8(vaesdq_u8(p, vld1q_u8(key)));
    p = dir == ENCRYPT ? vaeseq_u8(p, vld1q_u8(key)) : vaesdq_u8(p, vld1q_u8(key));
    return veorq_u8(p, last);
}

#include "backends/native/aes_wrap/wrap.inc"

static void key_init(struct aes_wrap_key *k, const uint8_t *key, size_t key_size)
{
    k->rounds = aes_arm_expand(k->encrypt, key, key_size);
    for (uint32_t i = 0; i <= k->rounds; i++) {
        uint8x16_t round = vld1q_u8(k->encrypt + (size_t)16 * (k->rounds - i));
        vst1q_u8(k->decrypt + (size_t)16 * i, i == 0 || i == k->rounds ? round : vaesimcq_u8(round));
    }
}

const struct aes_wrap_variant aes_wrap_armv8 = {.name = "armv8",
                                                .path = "ARMv8 AES",
                                                .needs = CPU_ARM_AES,
                                                .key_init = key_init,
                                                .wrap = wrap,
                                                .unwrap = unwrap};

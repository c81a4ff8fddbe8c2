/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM with the Cryptographic Extension of ARMv8, 8 blocks in flight; compiled a second time, with
 * ARMV8_SHA3, for CPUs that have EOR3. Proved under emulation; no constant here has been tuned on a CPU.
 *
 * GHASH is computed with the bits of each byte reversed (RBIT), so that a block is a polynomial in the order
 * of its bits and a product needs no shift. AESE adds its key before the S-box where AESENC adds it after, so
 * a state here lacks the key of the round before, and a round takes that one.
 */
#include "backends/native/aes_arm.inc"
#include "backends/native/aes_gcm/aes_gcm.h"
#include "backends/native/aes_gcm/part.inc"
#include "backends/native/unroll.inc"

#include <arm_neon.h>
#include <string.h>

#define LANES             1
#define DEPTH             8
#define GROUP             4
#define FIRST_ROUNDS      1
#define FIRST_ROUNDS_FROM 64 /* chunks */

typedef uint8x16_t vec, blk, origin, state;
typedef uint32x4_t ctr;
typedef struct {
    vec before, own; /* of the round before, and of this one */
} rkey;

static ALWAYS_INLINE vec v_zero(void)
{
    return vdupq_n_u8(0);
}

static ALWAYS_INLINE vec v_load(const uint8_t *in)
{
    return vld1q_u8(in);
}

static ALWAYS_INLINE void v_store(uint8_t *out, vec v)
{
    vst1q_u8(out, v);
}

/* The first bytes of a block, at most 16; the others are zero and not read. */
static ALWAYS_INLINE blk b_load_part(const uint8_t *in, size_t size)
{
    if (size == 16)
        return v_load(in);
    struct part p = part_read(in, size);
    return vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(p.low), vcreate_u64(p.high)));
}

/* Bytes [from, to) of the vector at in + offset; the others are zero and not read. from is 0, or 16: none. */
static ALWAYS_INLINE vec v_load_part(const uint8_t *in, ptrdiff_t offset, size_t from, size_t to)
{
    return b_load_part((const uint8_t *)((uintptr_t)in + (uintptr_t)offset), from == 0 ? to : 0);
}

static ALWAYS_INLINE void v_store_part(uint8_t *out, ptrdiff_t offset, vec v, size_t from, size_t to)
{
    uint8_t *at = (uint8_t *)((uintptr_t)out + (uintptr_t)offset);
    uint64x2_t words = vreinterpretq_u64_u8(v);
    if (from == 0 && to == 16)
        v_store(at, v);
    else
        part_write(at, (struct part){vgetq_lane_u64(words, 0), vgetq_lane_u64(words, 1)}, from == 0 ? to : 0);
}

static ALWAYS_INLINE vec v_xor(vec a, vec b)
{
    return veorq_u8(a, b);
}

static ALWAYS_INLINE vec v_xor3(vec a, vec b, vec c)
{
#ifdef ARMV8_SHA3
    return veor3q_u8(a, b, c);
#else
    return veorq_u8(a, veorq_u8(b, c));
#endif
}

/* Zeroes what is outside bytes [from, to). */
static ALWAYS_INLINE vec v_keep(vec v, size_t from, size_t to)
{
    static const uint8_t index[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    if (from == 0 && to == 16)
        return v;
    vec low = vcgeq_u8(vld1q_u8(index), vdupq_n_u8((uint8_t)from));
    vec high = vcltq_u8(vld1q_u8(index), vdupq_n_u8((uint8_t)to));
    return vandq_u8(v, vandq_u8(low, high));
}

static ALWAYS_INLINE vec v_hash(vec v)
{
    return vrbitq_u8(v);
}

static ALWAYS_INLINE vec v_put(vec v, size_t lane, blk b)
{
    (void)v, (void)lane;
    return b;
}

static ALWAYS_INLINE blk v_first(vec v)
{
    return v;
}

static ALWAYS_INLINE vec v_spread(blk b)
{
    return b;
}

/* Both halves: high ^ low. */
static ALWAYS_INLINE vec v_fold_halves(vec v)
{
    return veorq_u8(v, vextq_u8(v, v, 8));
}

static ALWAYS_INLINE blk b_zero(void)
{
    return v_zero();
}

static ALWAYS_INLINE blk b_xor(blk a, blk b)
{
    return veorq_u8(a, b);
}

/* A block kept in the order of GHASH. */
static ALWAYS_INLINE blk b_get(const uint8_t in[16])
{
    return v_load(in);
}

static ALWAYS_INLINE blk b_turn(blk b)
{
    return vrbitq_u8(b);
}

/* As it is, in wire order. */
static ALWAYS_INLINE void b_write(uint8_t out[16], blk b)
{
    vst1q_u8(out, b);
}

static ALWAYS_INLINE bool b_equal(blk b, const uint8_t in[16])
{
    return vmaxvq_u8(veorq_u8(b, vld1q_u8(in))) == 0;
}

/* The block of lengths in bits, AAD's first. */
static ALWAYS_INLINE blk b_lengths(uint64_t aad_size, uint64_t size)
{
    uint64x2_t bits = vcombine_u64(vcreate_u64(aad_size * 8), vcreate_u64(size * 8));
    return vrbitq_u8(vrev64q_u8(vreinterpretq_u8_u64(bits)));
}

/* Powers are kept as they are: products come out whole. */
static ALWAYS_INLINE blk b_times_x(blk b)
{
    return b;
}

static ALWAYS_INLINE vec multiply_low(vec a, vec b)
{
    poly64x2_t x = vreinterpretq_p64_u8(a), y = vreinterpretq_p64_u8(b);
    return vreinterpretq_u8_p128(vmull_p64(vgetq_lane_p64(x, 0), vgetq_lane_p64(y, 0)));
}

static ALWAYS_INLINE vec multiply_high(vec a, vec b)
{
    return vreinterpretq_u8_p128(vmull_high_p64(vreinterpretq_p64_u8(a), vreinterpretq_p64_u8(b)));
}

typedef struct {
    vec low, high, middle;
} acc;

static ALWAYS_INLINE acc acc_zero(void)
{
    return (acc){v_zero(), v_zero(), v_zero()};
}

/* Karatsuba: three products a block instead of four. */
static ALWAYS_INLINE void acc_mul(acc *sum, vec data, vec power, vec halves)
{
    sum->low = v_xor(sum->low, multiply_low(data, power));
    sum->high = v_xor(sum->high, multiply_high(data, power));
    sum->middle = v_xor(sum->middle, multiply_low(v_fold_halves(data), halves));
}

/* Two vectors; the halves of both are added in one register. */
static ALWAYS_INLINE void acc_pair(acc *sum, const struct gcm_key *k, size_t at, vec a, vec b)
{
    vec a_power = v_load(k->powers + at), b_power = v_load(k->powers + at + 16);
    uint64x2_t x = vreinterpretq_u64_u8(a), y = vreinterpretq_u64_u8(b);
    vec halves = vreinterpretq_u8_u64(veorq_u64(vtrn1q_u64(x, y), vtrn2q_u64(x, y)));
    sum->low = v_xor3(sum->low, multiply_low(a, a_power), multiply_low(b, b_power));
    sum->high = v_xor3(sum->high, multiply_high(a, a_power), multiply_high(b, b_power));
    sum->middle = v_xor3(sum->middle, multiply_low(halves, v_load(k->halves + at)),
                         multiply_high(halves, v_load(k->halves + at + 16)));
}

/* Reduces modulo x^128 + x^7 + x^2 + x + 1: the highest 64 bits first, whose fold lies where the middle does.
 */
static ALWAYS_INLINE vec acc_fold(const acc *sum)
{
    const vec poly = vreinterpretq_u8_u64(vdupq_n_u64(0x87));
    vec middle = v_xor3(sum->middle, sum->low, v_xor(sum->high, multiply_high(sum->high, poly)));
    vec rest = v_xor(sum->high, vextq_u8(middle, middle, 8));
    return v_xor3(sum->low, vextq_u8(v_zero(), middle, 8), multiply_low(rest, poly));
}

static ALWAYS_INLINE blk acc_total(const acc *sum)
{
    return acc_fold(sum);
}

/* A counter lives with the bytes of each word reversed, and is turned as it enters the cipher. */
static ALWAYS_INLINE ctr ctr_set(const uint8_t nonce[12], uint32_t n)
{
    uint32_t word[3];
    memcpy(word, nonce, 12);
    uint32x4_t c = vdupq_n_u32(__builtin_bswap32(n));
    c = vsetq_lane_u32(word[0], c, 0);
    c = vsetq_lane_u32(word[1], c, 1);
    c = vsetq_lane_u32(word[2], c, 2);
    return vreinterpretq_u32_u8(vrev32q_u8(vreinterpretq_u8_u32(c)));
}

/* The same counter in every lane. */
static ALWAYS_INLINE ctr ctr_same(const uint8_t nonce[12], uint32_t n)
{
    return ctr_set(nonce, n);
}

/* The first lanes of a, the last two of b. */
static ALWAYS_INLINE state v_join(state a, state b)
{
    (void)a;
    return b;
}

static ALWAYS_INLINE ctr ctr_step(ctr c)
{
    return vaddq_u32(c, vsetq_lane_u32(1, vdupq_n_u32(0), 3));
}

static ALWAYS_INLINE ctr ctr_first_is_one(ctr c)
{
    return vsetq_lane_u32(1, c, 3);
}

static ALWAYS_INLINE void aes_expand(struct gcm_key *k, const uint8_t *key, size_t key_size)
{
    k->rounds = aes_arm_expand(k->round_keys, key, key_size);
}

static ALWAYS_INLINE rkey aes_key(const struct gcm_key *k, unsigned round)
{
    const uint8_t *own = k->round_keys + (size_t)round * 16;
    return (rkey){v_load(round == 0 ? own : own - 16), v_load(own)};
}

static ALWAYS_INLINE state aes_begin(ctr c, rkey rk)
{
    (void)rk;
    return vrev32q_u8(vreinterpretq_u8_u32(c));
}

static ALWAYS_INLINE origin ctr_origin(const uint8_t nonce[12])
{
    return vrev32q_u8(vreinterpretq_u8_u32(ctr_set(nonce, 0)));
}

/* Counter n, which fits in a byte. */
static ALWAYS_INLINE state aes_begin_near(origin o, const uint8_t n, rkey rk)
{
    (void)rk;
    return veorq_u8(o, vsetq_lane_u8(n, vdupq_n_u8(0), 15));
}

static ALWAYS_INLINE state aes_round(state s, rkey rk)
{
    return vaesmcq_u8(vaeseq_u8(s, rk.before));
}

static ALWAYS_INLINE vec aes_end(state s, rkey rk)
{
    return veorq_u8(vaeseq_u8(s, rk.before), rk.own);
}

#include "backends/native/aes_gcm/gcm.inc"

#ifdef ARMV8_SHA3
const struct gcm_variant gcm_armv8sha3 = {.name = "armv8sha3",
                                          .path = "AESE, PMULL, EOR3",
                                          .needs = CPU_ARM_AES | CPU_ARM_SHA3,
                                          GCM_VARIANT_FUNCTIONS};
#else
const struct gcm_variant gcm_armv8 = {
    .name = "armv8", .path = "AESE, PMULL", .needs = CPU_ARM_AES, GCM_VARIANT_FUNCTIONS};
#endif

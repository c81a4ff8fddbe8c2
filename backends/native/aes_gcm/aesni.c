/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM with AES-NI and PCLMULQDQ on 128-bit vectors, 8 blocks in flight.
 */
#include "backends/native/aes_gcm/aes_gcm.h"
#include "backends/native/aes_gcm/part_x86.inc"
#include "backends/native/aes_x86.inc"
#include "backends/native/unroll.inc"

#include <string.h>

#define LANES             1
#define DEPTH             8
#define SHORT             13
#define GROUP             4
#define FIRST_ROUNDS      1
#define FIRST_ROUNDS_FROM 64 /* chunks */

typedef __m128i vec, blk, ctr, origin, state, rkey;

static ALWAYS_INLINE vec v_zero(void)
{
    return _mm_setzero_si128();
}

static ALWAYS_INLINE vec v_load(const uint8_t *in)
{
    return _mm_loadu_si128((const __m128i *)(const void *)in);
}

static ALWAYS_INLINE void v_store(uint8_t *out, vec v)
{
    _mm_storeu_si128((__m128i *)(void *)out, v);
}

/* Past the caches; `out` is aligned. */
static ALWAYS_INLINE void v_stream(uint8_t *out, vec v)
{
    _mm_stream_si128((__m128i *)(void *)out, v);
}

/* Bytes [from, to) of the vector at in + offset; the others are zero and not read. from is 0, or 16: none. */
static ALWAYS_INLINE vec v_load_part(const uint8_t *in, ptrdiff_t offset, size_t from, size_t to)
{
    return part_load((const uint8_t *)((uintptr_t)in + (uintptr_t)offset), from == 0 ? to : 0);
}

/* The first bytes of a block, at most 16; the others are zero and not read. */
static ALWAYS_INLINE blk b_load_part(const uint8_t *in, size_t size)
{
    return part_load(in, size);
}

static ALWAYS_INLINE void v_store_part(uint8_t *out, ptrdiff_t offset, vec v, size_t from, size_t to)
{
    part_store((uint8_t *)((uintptr_t)out + (uintptr_t)offset), v, from == 0 ? to : 0);
}

static ALWAYS_INLINE vec v_xor(vec a, vec b)
{
    return _mm_xor_si128(a, b);
}

static ALWAYS_INLINE vec v_xor3(vec a, vec b, vec c)
{
    return v_xor(a, v_xor(b, c));
}

/* Zeroes what is outside bytes [from, to). */
static ALWAYS_INLINE vec v_keep(vec v, size_t from, size_t to)
{
    if (from == 0 && to == 16)
        return v;
    const __m128i index = _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m128i low = _mm_cmpgt_epi8(index, _mm_set1_epi8((char)((int)from - 1)));
    __m128i high = _mm_cmpgt_epi8(_mm_set1_epi8((char)to), index);
    return _mm_and_si128(v, _mm_and_si128(low, high));
}

static ALWAYS_INLINE vec v_hash(vec v)
{
    return _mm_shuffle_epi8(v, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
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

#include "backends/native/aes_gcm/block_x86.inc"

#define V_CLMUL(a, b, halves) _mm_clmulepi64_si128(a, b, halves)
#define V_UP(v)               _mm_slli_si128(v, 8)
#define V_DOWN(v)             _mm_srli_si128(v, 8)
#define V_SWAP(v)             _mm_shuffle_epi32(v, 0x4e)
#define V_LOW(a, b)           _mm_unpacklo_epi64(a, b)
#define V_HIGH(a, b)          _mm_unpackhi_epi64(a, b)
#define V_SET(word)           _mm_set1_epi64x(word)
#include "backends/native/aes_gcm/karatsuba_x86.inc"

static ALWAYS_INLINE blk acc_total(const acc *sum)
{
    return acc_fold(sum);
}

/* A counter lives with its last 32 bits little-endian, and is turned as it enters the cipher. */
static ALWAYS_INLINE ctr ctr_set(const uint8_t nonce[12], uint32_t n)
{
    return ctr_x86_block(nonce, n);
}

/* The same counter in every lane. */
static ALWAYS_INLINE ctr ctr_same(const uint8_t nonce[12], uint32_t n)
{
    return ctr_x86_block(nonce, n);
}

/* The first lanes of a, the last two of b. */
static ALWAYS_INLINE state v_join(state a, state b)
{
    (void)a;
    return b;
}

static ALWAYS_INLINE ctr ctr_step(ctr c)
{
    return _mm_add_epi32(c, _mm_set_epi32(1, 0, 0, 0));
}

static ALWAYS_INLINE ctr ctr_first_is_one(ctr c)
{
    return _mm_insert_epi32(c, 1, 3);
}

static ALWAYS_INLINE rkey aes_key(const struct gcm_key *k, unsigned round)
{
    return _mm_load_si128((const __m128i *)(const void *)(k->round_keys + (size_t)round * 16));
}

static ALWAYS_INLINE state aes_begin(ctr c, rkey rk)
{
    const __m128i turn = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm_xor_si128(_mm_shuffle_epi8(c, turn), rk);
}

static ALWAYS_INLINE origin ctr_origin(const uint8_t nonce[12])
{
    return ctr_x86_block(nonce, 0);
}

/* Counter n, which fits in a byte. */
static ALWAYS_INLINE state aes_begin_near(origin o, const uint8_t n, rkey rk)
{
    return _mm_xor_si128(o, _mm_xor_si128(rk, _mm_set_epi32((int)((uint32_t)n << 24), 0, 0, 0)));
}

static ALWAYS_INLINE state aes_round(state s, rkey rk)
{
    return _mm_aesenc_si128(s, rk);
}

static ALWAYS_INLINE vec aes_end(state s, rkey rk)
{
    return _mm_aesenclast_si128(s, rk);
}

#include "backends/native/aes_gcm/gcm.inc"

const struct gcm_variant gcm_aesni = {
    .name = "aesni", .path = "AES-NI, PCLMULQDQ", .needs = CPU_AESNI, GCM_VARIANT_FUNCTIONS};

/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM with VAES and VPCLMULQDQ on 512-bit vectors, 32 blocks in flight.
 *
 * Measured on Zen 5: AES starts twice a cycle, a carry-less product every other cycle, and they do not share
 * ports; so Karatsuba's three products a vector (6 cycles) bound AES-128, and nine rounds and the byte swap
 * (5 cycles) stay beneath, as long as the other instructions are few enough not to take their ports: seven
 * exclusive ors a vector already cost 5 %.
 */
#include "backends/native/aes_gcm/aes_gcm.h"
#include "backends/native/unroll.inc"

#include <immintrin.h>
#include <string.h>

#define LANES 4
#ifndef DEPTH /* the build makes variants with others, and names them */
#define DEPTH   8
#define VARIANT gcm_vaes512
#define NAME    "vaes512"
#endif
#define GROUP             (GCM_POWERS / (DEPTH * LANES))
#define FIRST_ROUNDS      (256 % (DEPTH * LANES) == 0)
#define FIRST_ROUNDS_FROM (64 / DEPTH) /* chunks */

typedef __m512i vec, ctr, origin, state, rkey;
typedef __m128i blk;

static ALWAYS_INLINE vec v_zero(void)
{
    return _mm512_setzero_si512();
}

static ALWAYS_INLINE vec v_load(const uint8_t *in)
{
    return _mm512_loadu_si512(in);
}

static ALWAYS_INLINE void v_store(uint8_t *out, vec v)
{
    _mm512_storeu_si512(out, v);
}

/* Past the caches; `out` is aligned. */
static ALWAYS_INLINE void v_stream(uint8_t *out, vec v)
{
    _mm512_stream_si512((__m512i *)(void *)out, v);
}

static ALWAYS_INLINE __mmask64 bytes_mask(size_t from, size_t to)
{
    return _cvtu64_mask64(_bzhi_u64(~UINT64_C(0), (unsigned)to) & ~UINT64_C(0) << from);
}

/* Bytes [from, to) of the vector at in + offset; the others are zero and not read. */
static ALWAYS_INLINE vec v_load_part(const uint8_t *in, ptrdiff_t offset, size_t from, size_t to)
{
    const void *at = (const void *)((uintptr_t)in + (uintptr_t)offset);
    if (from == 0 && __builtin_constant_p(to) && to == 64)
        return _mm512_loadu_si512(at);
    return _mm512_maskz_loadu_epi8(bytes_mask(from, to), at);
}

/* The first bytes of a block, at most 16; the others are zero and not read. */
static ALWAYS_INLINE blk b_load_part(const uint8_t *in, size_t size)
{
    return _mm_maskz_loadu_epi8((__mmask16)_bzhi_u32(0xffff, (unsigned)size), in);
}

static ALWAYS_INLINE void v_store_part(uint8_t *out, ptrdiff_t offset, vec v, size_t from, size_t to)
{
    void *at = (void *)((uintptr_t)out + (uintptr_t)offset);
    if (from == 0 && __builtin_constant_p(to) && to == 64)
        _mm512_storeu_si512(at, v);
    else
        _mm512_mask_storeu_epi8(at, bytes_mask(from, to), v);
}

static ALWAYS_INLINE vec v_keep(vec v, size_t from, size_t to)
{
    if (from == 0 && __builtin_constant_p(to) && to == 64)
        return v;
    return _mm512_maskz_mov_epi8(bytes_mask(from, to), v);
}

static ALWAYS_INLINE vec v_xor(vec a, vec b)
{
    return _mm512_xor_si512(a, b);
}

static ALWAYS_INLINE vec v_xor3(vec a, vec b, vec c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

static ALWAYS_INLINE vec v_hash(vec v)
{
    const __m128i turn = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_shuffle_epi8(v, _mm512_broadcast_i32x4(turn));
}

static ALWAYS_INLINE vec v_put(vec v, size_t lane, blk b)
{
    return _mm512_mask_broadcast_i32x4(v, _cvtu32_mask16(0xfu << 4 * lane), b);
}

static ALWAYS_INLINE blk v_first(vec v)
{
    return _mm512_castsi512_si128(v);
}

static ALWAYS_INLINE vec v_spread(blk b)
{
    return _mm512_broadcast_i32x4(b);
}

/* Lanes whose number has the bit n from a, the others from b. */
static ALWAYS_INLINE vec v_choose(const size_t n, vec a, vec b)
{
    return _mm512_mask_mov_epi64(a, n == 1 ? 0x33 : 0x0f, b);
}

#include "backends/native/aes_gcm/block_x86.inc"

#define V_CLMUL(a, b, halves) _mm512_clmulepi64_epi128(a, b, halves)
#define V_UP(v)               _mm512_bslli_epi128(v, 8)
#define V_DOWN(v)             _mm512_bsrli_epi128(v, 8)
#define V_SWAP(v)             _mm512_shuffle_epi32(v, _MM_PERM_BADC)
#define V_LOW(a, b)           _mm512_unpacklo_epi64(a, b)
#define V_HIGH(a, b)          _mm512_unpackhi_epi64(a, b)
#define V_SET(word)           _mm512_set1_epi64(word)
#include "backends/native/aes_gcm/karatsuba_x86.inc"

static ALWAYS_INLINE blk acc_total(const acc *sum)
{
    vec v = acc_fold(sum);
    __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/* A counter lives with its last 32 bits little-endian, and is turned as it enters the cipher. */
static ALWAYS_INLINE ctr ctr_same(const uint8_t nonce[12], uint32_t n)
{
    return _mm512_broadcast_i32x4(ctr_x86_block(nonce, n));
}

static ALWAYS_INLINE ctr ctr_set(const uint8_t nonce[12], uint32_t n)
{
    return _mm512_add_epi32(ctr_same(nonce, n),
                            _mm512_set_epi32(3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0));
}

static ALWAYS_INLINE ctr ctr_step(ctr c)
{
    return _mm512_add_epi32(c, _mm512_set_epi32(4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0));
}

static ALWAYS_INLINE ctr ctr_first_is_one(ctr c)
{
    return _mm512_mask_set1_epi32(c, _cvtu32_mask16(1u << 3), 1);
}

#if FIRST_ROUNDS
/* The first lanes of a, the last two of b. */
static ALWAYS_INLINE state v_join(state a, state b)
{
    return _mm512_mask_mov_epi64(a, 0xf0, b);
}
#endif

static ALWAYS_INLINE rkey aes_key(const struct gcm_key *k, unsigned round)
{
    return _mm512_broadcast_i32x4(
        _mm_load_si128((const __m128i *)(const void *)(k->round_keys + (size_t)round * 16)));
}

static ALWAYS_INLINE state aes_begin(ctr c, rkey rk)
{
    const __m128i turn = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_xor_si512(_mm512_shuffle_epi8(c, _mm512_broadcast_i32x4(turn)), rk);
}

static ALWAYS_INLINE origin ctr_origin(const uint8_t nonce[12])
{
    return ctr_same(nonce, 0);
}

/* Counters n, n + 1, n + 2 and n + 3, which fit in a byte. */
static ALWAYS_INLINE state aes_begin_near(origin o, const uint8_t n, rkey rk)
{
#define LAST_BYTE(n) (long long)((uint64_t)(n) << 56)
    const vec counters =
        _mm512_set_epi64(LAST_BYTE(n + 3), 0, LAST_BYTE(n + 2), 0, LAST_BYTE(n + 1), 0, LAST_BYTE(n), 0);
#undef LAST_BYTE
    return v_xor3(o, rk, counters);
}

static ALWAYS_INLINE state aes_round(state s, rkey rk)
{
    return _mm512_aesenc_epi128(s, rk);
}

static ALWAYS_INLINE vec aes_end(state s, rkey rk)
{
    return _mm512_aesenclast_epi128(s, rk);
}

#include "backends/native/aes_gcm/gcm.inc"

/* Four messages have their tags in one vector. */
#define BATCH 4
#define COUNT 2

static ALWAYS_INLINE vec v_lanes(const blk b[LANES])
{
    __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(b[0]), b[1], 1);
    __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(b[2]), b[3], 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* Lane i: the exclusive or of the lanes of v[i]. */
static ALWAYS_INLINE vec v_add_lanes(const vec v[LANES])
{
    vec even = v_xor(_mm512_shuffle_i64x2(v[0], v[1], 0x88), _mm512_shuffle_i64x2(v[0], v[1], 0xdd));
    vec odd = v_xor(_mm512_shuffle_i64x2(v[2], v[3], 0x88), _mm512_shuffle_i64x2(v[2], v[3], 0xdd));
    return v_xor(_mm512_shuffle_i64x2(even, odd, 0x88), _mm512_shuffle_i64x2(even, odd, 0xdd));
}

static ALWAYS_INLINE void v_write_lanes(uint8_t *const out[LANES], vec v)
{
    b_write(out[0], v_first(v));
    b_write(out[1], _mm512_extracti64x2_epi64(v, 1));
    b_write(out[2], _mm512_extracti64x2_epi64(v, 2));
    b_write(out[3], _mm512_extracti64x2_epi64(v, 3));
}

#include "backends/native/aes_gcm/batch_x86.inc"
#include "backends/native/aes_gcm/gcm_batch.inc"

const struct gcm_variant VARIANT = {.name = NAME,
                                    .path = "VAES, VPCLMULQDQ, AVX-512",
                                    .needs = CPU_AESNI | CPU_AVX2 | CPU_VAES | CPU_AVX512,
                                    .seal_batch = seal_batch,
                                    GCM_VARIANT_FUNCTIONS};

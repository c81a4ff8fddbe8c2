/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM with VAES and VPCLMULQDQ on 256-bit vectors, 16 blocks in flight: for CPUs that have these and no
 * AVX-512 (AMD Zen 3, Intel Alder Lake and later client parts).
 */
#include "backends/native/aes_gcm/aes_gcm.h"
#include "backends/native/aes_gcm/part_x86.inc"
#include "backends/native/unroll.inc"

#include <immintrin.h>
#include <string.h>

#define LANES             2
#define DEPTH             8
#define PARTS(rounds)     ((rounds) == 14 ? 2 : 1) /* on Zen 3 the finer, the better, but not with 10 */
#define SHORT             14 /* as registers hold; a chunk and a tail, one after the other, take longer */
#define GROUP             4
#define FIRST_ROUNDS      1
#define FIRST_ROUNDS_FROM 16 /* chunks */

typedef __m256i vec, ctr, origin, state, rkey;
typedef __m128i blk;

static ALWAYS_INLINE vec v_zero(void)
{
    return _mm256_setzero_si256();
}

static ALWAYS_INLINE vec v_load(const uint8_t *in)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)in);
}

static ALWAYS_INLINE void v_store(uint8_t *out, vec v)
{
    _mm256_storeu_si256((__m256i *)(void *)out, v);
}

/* Past the caches; `out` is aligned. */
static ALWAYS_INLINE void v_stream(uint8_t *out, vec v)
{
    _mm256_stream_si256((__m256i *)(void *)out, v);
}

/* How much of [from, to) lies in a lane's 16 bytes; from is 0 or 16. */
static ALWAYS_INLINE size_t part_of(size_t lane, size_t from, size_t to)
{
    if (from > 16 * lane || to <= 16 * lane)
        return 0;
    return to < 16 * lane + 16 ? to - 16 * lane : 16;
}

/* Bytes [from, to) of the vector at in + offset; the others are zero and not read. */
static ALWAYS_INLINE vec v_load_part(const uint8_t *in, ptrdiff_t offset, size_t from, size_t to)
{
    const uintptr_t start = (uintptr_t)in + (uintptr_t)offset; /* may lie before an empty buffer */
    const uint8_t *at = (const uint8_t *)start, *next = (const uint8_t *)(start + 16);
    if (from == 0 && to == 32)
        return v_load(at);
    return _mm256_set_m128i(part_load(next, part_of(1, from, to)), part_load(at, part_of(0, from, to)));
}

/* The first bytes of a block, at most 16; the others are zero and not read. */
static ALWAYS_INLINE blk b_load_part(const uint8_t *in, size_t size)
{
    return part_load(in, size);
}

static ALWAYS_INLINE void v_store_part(uint8_t *out, ptrdiff_t offset, vec v, size_t from, size_t to)
{
    const uintptr_t start = (uintptr_t)out + (uintptr_t)offset;
    uint8_t *at = (uint8_t *)start, *next = (uint8_t *)(start + 16);
    if (from == 0 && to == 32) {
        v_store(at, v);
        return;
    }
    part_store(at, _mm256_castsi256_si128(v), part_of(0, from, to));
    part_store(next, _mm256_extracti128_si256(v, 1), part_of(1, from, to));
}

static ALWAYS_INLINE vec v_xor(vec a, vec b)
{
    return _mm256_xor_si256(a, b);
}

static ALWAYS_INLINE vec v_xor3(vec a, vec b, vec c)
{
    return v_xor(a, v_xor(b, c));
}

/* Zeroes what is outside bytes [from, to). */
static ALWAYS_INLINE vec v_keep(vec v, size_t from, size_t to)
{
    if (from == 0 && to == 32)
        return v;
    const __m256i index = _mm256_set_epi8(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15,
                                          14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m256i low = _mm256_cmpgt_epi8(index, _mm256_set1_epi8((char)((int)from - 1)));
    __m256i high = _mm256_cmpgt_epi8(_mm256_set1_epi8((char)to), index);
    return _mm256_and_si256(v, _mm256_and_si256(low, high));
}

static ALWAYS_INLINE vec v_hash(vec v)
{
    const __m128i turn = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(turn));
}

static ALWAYS_INLINE vec v_put(vec v, size_t lane, blk b)
{
    return lane == 0 ? _mm256_inserti128_si256(v, b, 0) : _mm256_inserti128_si256(v, b, 1);
}

static ALWAYS_INLINE blk v_first(vec v)
{
    return _mm256_castsi256_si128(v);
}

static ALWAYS_INLINE vec v_spread(blk b)
{
    return _mm256_broadcastsi128_si256(b);
}

/* Lanes whose number has the bit n, which is 1, from a, the others from b. */
static ALWAYS_INLINE vec v_choose(const size_t n, vec a, vec b)
{
    (void)n;
    return _mm256_blend_epi32(a, b, 0x0f);
}

#include "backends/native/aes_gcm/block_x86.inc"

#define V_CLMUL(a, b, halves) _mm256_clmulepi64_epi128(a, b, halves)
#define V_UP(v)               _mm256_slli_si256(v, 8)
#define V_DOWN(v)             _mm256_srli_si256(v, 8)
#define V_SWAP(v)             _mm256_shuffle_epi32(v, 0x4e)
#define V_LOW(a, b)           _mm256_unpacklo_epi64(a, b)
#define V_HIGH(a, b)          _mm256_unpackhi_epi64(a, b)
#define V_SET(word)           _mm256_set1_epi64x(word)
#include "backends/native/aes_gcm/karatsuba_x86.inc"

static ALWAYS_INLINE blk acc_total(const acc *sum)
{
    vec v = acc_fold(sum);
    return _mm_xor_si128(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

/* A counter lives with its last 32 bits little-endian, and is turned as it enters the cipher. */
static ALWAYS_INLINE ctr ctr_same(const uint8_t nonce[12], uint32_t n)
{
    return _mm256_broadcastsi128_si256(ctr_x86_block(nonce, n));
}

static ALWAYS_INLINE ctr ctr_set(const uint8_t nonce[12], uint32_t n)
{
    return _mm256_add_epi32(ctr_same(nonce, n), _mm256_set_epi32(1, 0, 0, 0, 0, 0, 0, 0));
}

static ALWAYS_INLINE ctr ctr_step(ctr c)
{
    return _mm256_add_epi32(c, _mm256_set_epi32(2, 0, 0, 0, 2, 0, 0, 0));
}

static ALWAYS_INLINE ctr ctr_first_is_one(ctr c)
{
    return _mm256_insert_epi32(c, 1, 3);
}

/* The first lanes of a, the last two of b. */
static ALWAYS_INLINE state v_join(state a, state b)
{
    (void)a;
    return b;
}

static ALWAYS_INLINE rkey aes_key(const struct gcm_key *k, unsigned round)
{
    return _mm256_broadcastsi128_si256(
        _mm_load_si128((const __m128i *)(const void *)(k->round_keys + (size_t)round * 16)));
}

static ALWAYS_INLINE state aes_begin(ctr c, rkey rk)
{
    const __m128i turn = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return v_xor(_mm256_shuffle_epi8(c, _mm256_broadcastsi128_si256(turn)), rk);
}

static ALWAYS_INLINE origin ctr_origin(const uint8_t nonce[12])
{
    return ctr_same(nonce, 0);
}

/* Counters n and n + 1, which fit in a byte. */
static ALWAYS_INLINE state aes_begin_near(origin o, const uint8_t n, rkey rk)
{
    const vec counters =
        _mm256_set_epi32((int)((uint32_t)(n + 1) << 24), 0, 0, 0, (int)((uint32_t)n << 24), 0, 0, 0);
    return v_xor(o, v_xor(rk, counters));
}

static ALWAYS_INLINE state aes_round(state s, rkey rk)
{
    return _mm256_aesenc_epi128(s, rk);
}

static ALWAYS_INLINE vec aes_end(state s, rkey rk)
{
    return _mm256_aesenclast_epi128(s, rk);
}

#include "backends/native/aes_gcm/gcm.inc"

/* As many as registers hold. On Zen 3 longer messages gain nothing. */
#define BATCH 4
#define COUNT 3

static ALWAYS_INLINE vec v_lanes(const blk b[LANES])
{
    return _mm256_set_m128i(b[1], b[0]);
}

/* Lane i: the exclusive or of the lanes of v[i]. */
static ALWAYS_INLINE vec v_add_lanes(const vec v[LANES])
{
    return v_xor(_mm256_permute2x128_si256(v[0], v[1], 0x20), _mm256_permute2x128_si256(v[0], v[1], 0x31));
}

static ALWAYS_INLINE void v_write_lanes(uint8_t *const out[LANES], vec v)
{
    b_write(out[0], v_first(v));
    b_write(out[1], _mm256_extracti128_si256(v, 1));
}

#include "backends/native/aes_gcm/batch_x86.inc"
#include "backends/native/aes_gcm/gcm_batch.inc"

const struct gcm_variant gcm_vaes256 = {.name = "vaes256",
                                        .path = "VAES, VPCLMULQDQ, AVX2",
                                        .needs = CPU_AESNI | CPU_AVX2 | CPU_VAES,
                                        .seal_batch = seal_batch,
                                        GCM_VARIANT_FUNCTIONS};

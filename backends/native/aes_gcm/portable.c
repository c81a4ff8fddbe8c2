/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM in plain C: bitsliced AES, four blocks at once, and carry-less products made of integer products of
 * masked words. No table or branch depends on a secret; integer multiplication is taken to be constant time.
 */
#include "backends/native/aes_bitslice.h"
#include "backends/native/aes_gcm/aes_gcm.h"
#include "backends/native/unroll.inc"

#include <string.h>

#define LANES        4
#define DEPTH        1
#define GROUP        1
#define FIRST_ROUNDS 0

__extension__ typedef unsigned __int128 u128;
typedef struct {
    uint64_t word[2 * LANES]; /* wire order: little-endian; GHASH order: low half, high half */
} vec;
typedef struct {
    uint64_t low, high;
} blk;
typedef struct {
    uint8_t nonce[12];
    uint32_t n[LANES];
} ctr;
typedef const uint8_t *origin; /* the nonce */
typedef struct aes_slices state;
typedef const uint64_t *rkey;
typedef struct {
    u128 low[LANES], high[LANES], middle[LANES];
} acc;

static vec v_zero(void)
{
    return (vec){{0}};
}

static vec v_load(const uint8_t *in)
{
    vec v;
    memcpy(v.word, in, sizeof v.word);
    return v;
}

static void v_store(uint8_t *out, vec v)
{
    memcpy(out, v.word, sizeof v.word);
}

static vec v_load_part(const uint8_t *in, ptrdiff_t offset, size_t from, size_t to)
{
    vec v = v_zero();
    if (from < to && to <= sizeof v.word)
        memcpy((uint8_t *)v.word + from, in + offset + (ptrdiff_t)from, to - from);
    return v;
}

static void v_store_part(uint8_t *out, ptrdiff_t offset, vec v, size_t from, size_t to)
{
    if (from < to && to <= sizeof v.word)
        memcpy(out + offset + (ptrdiff_t)from, (const uint8_t *)v.word + from, to - from);
}

static vec v_keep(vec v, size_t from, size_t to)
{
    return v_load_part((const uint8_t *)v.word, 0, from, to);
}

static vec v_xor(vec a, vec b)
{
    for (int i = 0; i < 2 * LANES; i++)
        a.word[i] ^= b.word[i];
    return a;
}

static vec v_hash(vec v)
{
    vec turned;
    for (int i = 0; i < 2 * LANES; i += 2) {
        turned.word[i] = __builtin_bswap64(v.word[i + 1]);
        turned.word[i + 1] = __builtin_bswap64(v.word[i]);
    }
    return turned;
}

static vec v_put(vec v, size_t lane, blk b)
{
    v.word[2 * lane] = b.low;
    v.word[2 * lane + 1] = b.high;
    return v;
}

static blk v_first(vec v)
{
    return (blk){v.word[0], v.word[1]};
}

static vec v_spread(blk b)
{
    vec v;
    for (int i = 0; i < 2 * LANES; i += 2) {
        v.word[i] = b.low;
        v.word[i + 1] = b.high;
    }
    return v;
}

/* Lanes whose number has the bit n from a, the others from b. */
static vec v_choose(size_t n, vec a, vec b)
{
    for (size_t i = 0; i < 2 * LANES; i++)
        b.word[i] = (i / 2 & n) != 0 ? a.word[i] : b.word[i];
    return b;
}

static vec v_fold_halves(vec v)
{
    for (int i = 0; i < 2 * LANES; i += 2)
        v.word[i] = v.word[i + 1] = v.word[i] ^ v.word[i + 1];
    return v;
}

static blk b_get(const uint8_t in[16])
{
    blk b;
    memcpy(&b, in, sizeof b);
    return b;
}

/* The first bytes of a block, at most 16; the others are zero and not read. */
static blk b_load_part(const uint8_t *in, size_t size)
{
    return v_first(v_load_part(in, 0, 0, size));
}

static blk b_zero(void)
{
    return (blk){0, 0};
}

static blk b_xor(blk a, blk b)
{
    return (blk){a.low ^ b.low, a.high ^ b.high};
}

static blk b_turn(blk b)
{
    return (blk){__builtin_bswap64(b.high), __builtin_bswap64(b.low)};
}

/* As it is, in wire order. */
static void b_write(uint8_t out[16], blk b)
{
    memcpy(out, &b, sizeof b);
}

static bool b_equal(blk b, const uint8_t in[16])
{
    blk other = b_get(in);
    return ((b.low ^ other.low) | (b.high ^ other.high)) == 0;
}

static blk b_lengths(uint64_t aad_size, uint64_t size)
{
    return (blk){size * 8, aad_size * 8};
}

/* Powers are kept multiplied by x, which makes up for the bit that a reflected product is short of. */
static blk b_times_x(blk b)
{
    uint64_t top = 0 - (b.high >> 63);
    blk twice = {b.low << 1, b.high << 1 | b.low >> 63};
    return (blk){twice.low ^ (top & 1), twice.high ^ (top & 0xc200000000000000)};
}

/* The carry-less product. Of a word masked to every fifth bit at most 13 bits are set, so a sum in an integer
 * product stays below 32 and never carries into the next bit that is kept. */
static u128 clmul(uint64_t a, uint64_t b)
{
    static const uint64_t fifth[5] = {0x1084210842108421, 0x2108421084210842, 0x4210842108421084,
                                      0x8421084210842108, 0x0842108421084210};
    u128 product = 0;
    for (unsigned r = 0; r < 5; r++) {
        u128 sum = 0;
        for (unsigned i = 0; i < 5; i++)
            sum ^= (u128)(a & fifth[i]) * (b & fifth[(r + 5 - i) % 5]);
        /* bit 64 + j is kept where (64 + j) mod 5 is r */
        product |= sum & ((u128)fifth[(r + 1) % 5] << 64 | fifth[r]);
    }
    return product;
}

static acc acc_zero(void)
{
    acc sum;
    memset(&sum, 0, sizeof sum);
    return sum;
}

static void acc_mul(acc *sum, vec data, vec power, vec halves)
{
    for (int i = 0; i < LANES; i++) {
        uint64_t low = data.word[2 * i], high = data.word[2 * i + 1];
        sum->low[i] ^= clmul(low, power.word[2 * i]);
        sum->high[i] ^= clmul(high, power.word[2 * i + 1]);
        sum->middle[i] ^= clmul(low ^ high, halves.word[2 * i]);
    }
}

static void acc_pair(acc *sum, const struct gcm_key *k, size_t at, vec a, vec b)
{
    acc_mul(sum, a, v_load(k->powers + at), v_load(k->halves + at));
    acc_mul(sum, b, v_load(k->powers + at + sizeof a), v_load(k->halves + at + sizeof a));
}

/* low times the reflected polynomial's 0xc2 << 56, one word at a time. */
static blk reduce(u128 low, u128 high, u128 middle)
{
    middle ^= low ^ high;
    low ^= middle << 64;
    high ^= middle >> 64;
    for (int i = 0; i < 2; i++) {
        u128 word = (uint64_t)low;
        low = (low >> 64 | low << 64) ^ word << 63 ^ word << 62 ^ word << 57;
    }
    low ^= high;
    return (blk){(uint64_t)low, (uint64_t)(low >> 64)};
}

static vec acc_fold(const acc *sum)
{
    vec v = v_zero();
    for (int i = 0; i < LANES; i++)
        v = v_put(v, (size_t)i, reduce(sum->low[i], sum->high[i], sum->middle[i]));
    return v;
}

static blk acc_total(const acc *sum)
{
    u128 low = 0, high = 0, middle = 0;
    for (int i = 0; i < LANES; i++) {
        low ^= sum->low[i];
        high ^= sum->high[i];
        middle ^= sum->middle[i];
    }
    return reduce(low, high, middle);
}

static ctr ctr_set(const uint8_t nonce[12], uint32_t n)
{
    ctr c;
    memcpy(c.nonce, nonce, 12);
    for (uint32_t i = 0; i < LANES; i++)
        c.n[i] = n + i;
    return c;
}

static ctr ctr_step(ctr c)
{
    for (int i = 0; i < LANES; i++)
        c.n[i] += LANES;
    return c;
}

static ctr ctr_first_is_one(ctr c)
{
    c.n[0] = 1;
    return c;
}

static void aes_expand(struct gcm_key *k, const uint8_t *key, size_t key_size)
{
    k->rounds = aes_bitslice_expand((uint64_t *)(void *)k->round_keys, key, key_size);
}

static rkey aes_key(const struct gcm_key *k, unsigned round)
{
    return (const uint64_t *)(const void *)k->round_keys + (size_t)8 * round;
}

static state aes_begin(ctr c, rkey rk)
{
    uint64_t words[2 * LANES];
    for (int i = 0; i < LANES; i++) {
        uint32_t n = __builtin_bswap32(c.n[i]), middle;
        memcpy(&words[2 * i], c.nonce, 8);
        memcpy(&middle, c.nonce + 8, 4);
        words[2 * i + 1] = (uint64_t)n << 32 | middle;
    }
    state s;
    aes_slices_from_blocks(&s, words);
    aes_slices_add_key(&s, rk);
    return s;
}

static origin ctr_origin(const uint8_t nonce[12])
{
    return nonce;
}

static state aes_begin_near(origin o, uint8_t n, rkey rk)
{
    return aes_begin(ctr_set(o, n), rk);
}

static state aes_round(state s, rkey rk)
{
    aes_slices_round(&s, rk);
    return s;
}

static vec aes_end(state s, rkey rk)
{
    vec v;
    aes_slices_last_round(&s, rk);
    aes_slices_to_blocks(v.word, &s);
    return v;
}

#include "backends/native/aes_gcm/gcm.inc"

const struct gcm_variant gcm_portable = {
    .name = "portable", .path = "C, bitsliced AES, masked multiply", .needs = 0, GCM_VARIANT_FUNCTIONS};

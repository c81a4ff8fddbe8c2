/* SPDX-License-Identifier: Apache-2.0
 *
 * Bitsliced AES; the layout is in the header.
 */
#include "backends/native/aes_bitslice.h"

#include "backends/native/unroll.inc"

#include <string.h>

/* The S-box as the circuit of 113 gates by J. Boyar and R. Peralta ("A small depth-16 circuit for the AES
 * S-box", 2012); x0 is the most significant bit there. */
static void sub_bytes(uint64_t q[8])
{
    uint64_t x0 = q[7], x1 = q[6], x2 = q[5], x3 = q[4], x4 = q[3], x5 = q[2], x6 = q[1], x7 = q[0];

    /* top linear layer */
    uint64_t y14 = x3 ^ x5, y13 = x0 ^ x6, y9 = x0 ^ x3, y8 = x0 ^ x5, t0 = x1 ^ x2;
    uint64_t y1 = t0 ^ x7, y4 = y1 ^ x3, y12 = y13 ^ y14, y2 = y1 ^ x0, y5 = y1 ^ x6;
    uint64_t y3 = y5 ^ y8, t1 = x4 ^ y12, y15 = t1 ^ x5, y20 = t1 ^ x1, y6 = y15 ^ x7;
    uint64_t y10 = y15 ^ t0, y11 = y20 ^ y9, y7 = x7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8;
    uint64_t y16 = t0 ^ y11, y21 = y13 ^ y16, y18 = x0 ^ y16;

    /* the inversion */
    uint64_t t2 = y12 & y15, t3 = y3 & y6, t4 = t3 ^ t2, t5 = y4 & x7, t6 = t5 ^ t2;
    uint64_t t7 = y13 & y16, t8 = y5 & y1, t9 = t8 ^ t7, t10 = y2 & y7, t11 = t10 ^ t7;
    uint64_t t12 = y9 & y11, t13 = y14 & y17, t14 = t13 ^ t12, t15 = y8 & y10, t16 = t15 ^ t12;
    uint64_t t17 = t4 ^ t14, t18 = t6 ^ t16, t19 = t9 ^ t14, t20 = t11 ^ t16;
    uint64_t t21 = t17 ^ y20, t22 = t18 ^ y19, t23 = t19 ^ y21, t24 = t20 ^ y18;
    uint64_t t25 = t21 ^ t22, t26 = t21 & t23, t27 = t24 ^ t26, t28 = t25 & t27, t29 = t28 ^ t22;
    uint64_t t30 = t23 ^ t24, t31 = t22 ^ t26, t32 = t31 & t30, t33 = t32 ^ t24, t34 = t23 ^ t33;
    uint64_t t35 = t27 ^ t33, t36 = t24 & t35, t37 = t36 ^ t34, t38 = t27 ^ t36, t39 = t29 & t38;
    uint64_t t40 = t25 ^ t39, t41 = t40 ^ t37, t42 = t29 ^ t33, t43 = t29 ^ t40, t44 = t33 ^ t37;
    uint64_t t45 = t42 ^ t41;
    uint64_t z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & x7, z3 = t43 & y16, z4 = t40 & y1;
    uint64_t z5 = t29 & y7, z6 = t42 & y11, z7 = t45 & y17, z8 = t41 & y10, z9 = t44 & y12;
    uint64_t z10 = t37 & y3, z11 = t33 & y4, z12 = t43 & y13, z13 = t40 & y5, z14 = t29 & y2;
    uint64_t z15 = t42 & y9, z16 = t45 & y14, z17 = t41 & y8;

    /* bottom linear layer */
    uint64_t t46 = z15 ^ z16, t47 = z10 ^ z11, t48 = z5 ^ z13, t49 = z9 ^ z10, t50 = z2 ^ z12;
    uint64_t t51 = z2 ^ z5, t52 = z7 ^ z8, t53 = z0 ^ z3, t54 = z6 ^ z7, t55 = z16 ^ z17;
    uint64_t t56 = z12 ^ t48, t57 = t50 ^ t53, t58 = z4 ^ t46, t59 = z3 ^ t54, t60 = t46 ^ t57;
    uint64_t t61 = z14 ^ t57, t62 = t52 ^ t58, t63 = t49 ^ t58, t64 = z4 ^ t59, t65 = t61 ^ t62;
    uint64_t t66 = z1 ^ t63, t67 = t64 ^ t65;
    uint64_t s3 = t53 ^ t66;
    q[7] = t59 ^ t63;
    q[6] = ~(t64 ^ s3);
    q[5] = ~(t55 ^ t67);
    q[4] = s3;
    q[3] = t51 ^ t66;
    q[2] = t47 ^ t65;
    q[1] = ~(t56 ^ t62);
    q[0] = ~(t48 ^ t60);
}

static ALWAYS_INLINE void swap_bits(uint64_t *a, uint64_t *b, uint64_t mask, unsigned shift)
{
    uint64_t differ = ((*a >> shift) ^ *b) & mask;
    *b ^= differ;
    *a ^= differ << shift;
}

/* Exchanges the index of a word with the index of a bit in its byte: bit 8 * i + w of word b becomes bit
 * 8 * i + b of word w. It is its own inverse. */
static void transpose(uint64_t q[8])
{
    for (int i = 0; i < 8; i += 2)
        swap_bits(&q[i], &q[i + 1], 0x5555555555555555, 1);
    for (int i = 0; i < 8; i += (i & 1) ? 3 : 1)
        swap_bits(&q[i], &q[i + 2], 0x3333333333333333, 2);
    for (int i = 0; i < 4; i++)
        swap_bits(&q[i], &q[i + 4], 0x0f0f0f0f0f0f0f0f, 4);
}

/* Puts two columns side by side: byte i of the low half goes to byte 2i, of the high half to byte 2i + 1. */
static uint64_t zip(uint64_t x)
{
    uint64_t middle = (x >> 16 ^ x) & 0x00000000ffff0000;
    x ^= middle ^ middle << 16;
    middle = (x >> 8 ^ x) & 0x0000ff000000ff00;
    return x ^ middle ^ middle << 8;
}

static uint64_t unzip(uint64_t x)
{
    uint64_t middle = (x >> 8 ^ x) & 0x0000ff000000ff00;
    x ^= middle ^ middle << 8;
    middle = (x >> 16 ^ x) & 0x00000000ffff0000;
    return x ^ middle ^ middle << 16;
}

void aes_slices_from_blocks(struct aes_slices *s, const uint64_t words[8])
{
    for (int block = 0; block < 4; block++) {
        s->q[block] = zip(words[2 * block]);
        s->q[block + 4] = zip(words[2 * block + 1]);
    }
    transpose(s->q);
}

void aes_slices_to_blocks(uint64_t words[8], const struct aes_slices *s)
{
    struct aes_slices plain = *s;
    transpose(plain.q);
    for (int block = 0; block < 4; block++) {
        words[2 * block] = unzip(plain.q[block]);
        words[2 * block + 1] = unzip(plain.q[block + 4]);
    }
}

/* Row r turns left by r columns; 16 bits a row, the low byte the even columns. */
static uint64_t shift_rows(uint64_t x)
{
    return (x & 0x000000000000ffff) | (x >> 8 & 0x0000000000ff0000) | (x << 4 & 0x000000000f000000) |
           (x << 12 & 0x00000000f0000000) | (x << 4 & 0x0000f0f000000000) | (x >> 4 & 0x00000f0f00000000) |
           (x >> 12 & 0x000f000000000000) | (x >> 4 & 0x00f0000000000000) | (x << 8 & 0xff00000000000000);
}

static uint64_t rotate(uint64_t x, unsigned rows)
{
    return x >> 16 * rows | x << (64 - 16 * rows);
}

/* 2 a0 + 3 a1 + a2 + a3 = 2 (a0 + a1) + a1 + (a2 + a3), modulo x^8 + x^4 + x^3 + x + 1. */
static void mix_columns(uint64_t q[8])
{
    uint64_t pair[8], next[8];
    for (int b = 0; b < 8; b++) {
        next[b] = rotate(q[b], 1);
        pair[b] = q[b] ^ next[b];
    }
    for (int b = 0; b < 8; b++) {
        uint64_t twice = b == 0 ? pair[7] : pair[b - 1];
        if (b == 1 || b == 3 || b == 4)
            twice ^= pair[7];
        q[b] = twice ^ next[b] ^ rotate(pair[b], 2);
    }
}

void aes_slices_add_key(struct aes_slices *s, const uint64_t key[8])
{
    for (int b = 0; b < 8; b++)
        s->q[b] ^= key[b];
}

void aes_slices_last_round(struct aes_slices *s, const uint64_t key[8])
{
    sub_bytes(s->q);
    for (int b = 0; b < 8; b++)
        s->q[b] = shift_rows(s->q[b]) ^ key[b];
}

void aes_slices_round(struct aes_slices *s, const uint64_t key[8])
{
    sub_bytes(s->q);
    for (int b = 0; b < 8; b++)
        s->q[b] = shift_rows(s->q[b]);
    mix_columns(s->q);
    aes_slices_add_key(s, key);
}

/* The inverse of the S-box' affine map (FIPS 197 5.3.2): a row of its matrix is bits 2, 5 and 7 further on.
 */
static void inverse_affine(uint64_t q[8])
{
    uint64_t x[8];
    memcpy(x, q, sizeof x);
    for (unsigned b = 0; b < 8; b++)
        q[b] = x[(b + 2) % 8] ^ x[(b + 5) % 8] ^ x[(b + 7) % 8];
    q[0] = ~q[0];
    q[2] = ~q[2];
}

/* S is the affine map of the inverse, so with the map undone before and after it S is its own inverse. */
static void inverse_sub_bytes(uint64_t q[8])
{
    inverse_affine(q);
    sub_bytes(q);
    inverse_affine(q);
}

static uint64_t inverse_shift_rows(uint64_t x)
{
    return (x & 0x000000000000ffff) | (x >> 12 & 0x00000000000f0000) | (x >> 4 & 0x0000000000f00000) |
           (x << 8 & 0x00000000ff000000) | (x << 4 & 0x0000f0f000000000) | (x >> 4 & 0x00000f0f00000000) |
           (x >> 8 & 0x00ff000000000000) | (x << 4 & 0x0f00000000000000) | (x << 12 & 0xf000000000000000);
}

/* The inverse's column (e, b, d, 9) is MixColumns' (2, 3, 1, 1) by (5, 0, 4, 0): a + 4 (a + a two rows on),
 * mixed. */
static void inverse_mix_columns(uint64_t q[8])
{
    uint64_t u[8];
    for (int b = 0; b < 8; b++)
        u[b] = q[b] ^ rotate(q[b], 2);
    for (int times = 0; times < 2; times++) {
        uint64_t top = u[7];
        for (int b = 7; b > 0; b--)
            u[b] = u[b - 1] ^ (b == 1 || b == 3 || b == 4 ? top : 0);
        u[0] = top;
    }
    for (int b = 0; b < 8; b++)
        q[b] ^= u[b];
    mix_columns(q);
}

void aes_slices_inverse_last_round(struct aes_slices *s, const uint64_t key[8])
{
    for (int b = 0; b < 8; b++)
        s->q[b] = inverse_shift_rows(s->q[b]);
    inverse_sub_bytes(s->q);
    aes_slices_add_key(s, key);
}

void aes_slices_inverse_round(struct aes_slices *s, const uint64_t key[8])
{
    aes_slices_inverse_last_round(s, key);
    inverse_mix_columns(s->q);
}

static uint32_t sub_word(uint32_t word)
{
    uint64_t words[8] = {word};
    struct aes_slices s;
    aes_slices_from_blocks(&s, words);
    sub_bytes(s.q);
    aes_slices_to_blocks(words, &s);
    return (uint32_t)words[0];
}

unsigned aes_bitslice_expand(uint64_t *out, const uint8_t *key, size_t key_size)
{
    uint32_t w[60];
    unsigned nk = (unsigned)key_size / 4, rounds = nk + 6, rcon = 1;
    memcpy(w, key, key_size);
    for (unsigned i = nk; i < 4 * (rounds + 1); i++) {
        uint32_t t = w[i - 1];
        if (i % nk == 0) {
            t = sub_word(t >> 8 | t << 24) ^ rcon;
            rcon = rcon << 1 ^ (rcon & 0x80 ? 0x11b : 0);
        } else if (nk > 6 && i % nk == 4) {
            t = sub_word(t);
        }
        w[i] = w[i - nk] ^ t;
    }
    for (unsigned r = 0; r <= rounds; r++) {
        uint64_t words[8];
        for (unsigned b = 0; b < 8; b++)
            memcpy(&words[b], &w[4 * r + 2 * (b & 1)], 8);
        struct aes_slices s;
        aes_slices_from_blocks(&s, words);
        memcpy(out + (size_t)8 * r, s.q, sizeof s.q);
    }
    explicit_bzero(w, sizeof w);
    return rounds;
}

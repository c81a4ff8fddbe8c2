/* SPDX-License-Identifier: Apache-2.0
 *
 * The compression functions of SHA-2 (FIPS 180-4 6.2.2, 6.4.2) in plain C.
 */
#define SHA256_CONSTANTS
#define SHA512_CONSTANTS
#include "backends/native/sha2/constants.h"
#include "backends/native/sha2/sha2.h"
#include "backends/native/unroll.inc"

#include <string.h>

#define ROR32(x, n)  ((x) >> (n) | (x) << (32 - (n)))
#define ROR64(x, n)  ((x) >> (n) | (x) << (64 - (n)))
#define CH(x, y, z)  (((x) & ((y) ^ (z))) ^ (z))
#define MAJ(x, y, z) (((x) & (y)) | (((x) | (y)) & (z)))

/* One round in place: s[(i + n) & 7] stands for the n-th working variable, so nothing is moved. */
#define ROUND(s, i, w, S0, S1)                                                                               \
    do {                                                                                                     \
        (s)[(7 - (i)) & 7] +=                                                                                \
            S1((s)[(4 - (i)) & 7]) + CH((s)[(4 - (i)) & 7], (s)[(5 - (i)) & 7], (s)[(6 - (i)) & 7]) + (w);   \
        (s)[(3 - (i)) & 7] += (s)[(7 - (i)) & 7];                                                            \
        (s)[(7 - (i)) & 7] +=                                                                                \
            S0((s)[(0 - (i)) & 7]) + MAJ((s)[(0 - (i)) & 7], (s)[(1 - (i)) & 7], (s)[(2 - (i)) & 7]);        \
    } while (0)

#define BIG0_256(x)   (ROR32(x, 2) ^ ROR32(x, 13) ^ ROR32(x, 22))
#define BIG1_256(x)   (ROR32(x, 6) ^ ROR32(x, 11) ^ ROR32(x, 25))
#define SMALL0_256(x) (ROR32(x, 7) ^ ROR32(x, 18) ^ ((x) >> 3))
#define SMALL1_256(x) (ROR32(x, 17) ^ ROR32(x, 19) ^ ((x) >> 10))

void sha256_portable_blocks(union sha2_state *state, const uint8_t *in, size_t count)
{
    uint32_t s[8], w[16];
    for (; count > 0; count--, in += 64) {
        memcpy(s, state->w32, sizeof s);
        UNROLL for (unsigned i = 0; i < 16; i++)
        {
            memcpy(&w[i], in + 4 * i, 4);
            w[i] = __builtin_bswap32(w[i]);
            ROUND(s, i, w[i] + k256[i], BIG0_256, BIG1_256);
        }
        for (unsigned r = 16; r < 64; r += 16) {
            UNROLL for (unsigned i = 0; i < 16; i++)
            {
                w[i] += SMALL1_256(w[(i + 14) & 15]) + w[(i + 9) & 15] + SMALL0_256(w[(i + 1) & 15]);
                ROUND(s, i, w[i] + k256[r + i], BIG0_256, BIG1_256);
            }
        }
        for (unsigned i = 0; i < 8; i++)
            state->w32[i] += s[i];
    }
    explicit_bzero(w, sizeof w);
}

void sha256_portable_two(union sha2_state *a, const uint8_t *in, union sha2_state *b, const uint8_t *in2,
                         size_t count)
{
    sha256_portable_blocks(a, in, count);
    sha256_portable_blocks(b, in2, count);
}

#define BIG0_512(x)   (ROR64(x, 28) ^ ROR64(x, 34) ^ ROR64(x, 39))
#define BIG1_512(x)   (ROR64(x, 14) ^ ROR64(x, 18) ^ ROR64(x, 41))
#define SMALL0_512(x) (ROR64(x, 1) ^ ROR64(x, 8) ^ ((x) >> 7))
#define SMALL1_512(x) (ROR64(x, 19) ^ ROR64(x, 61) ^ ((x) >> 6))

static void blocks_512(union sha2_state *state, const uint8_t *in, size_t count)
{
    uint64_t s[8], w[16];
    for (; count > 0; count--, in += 128) {
        memcpy(s, state->w64, sizeof s);
        UNROLL for (unsigned i = 0; i < 16; i++)
        {
            memcpy(&w[i], in + 8 * i, 8);
            w[i] = __builtin_bswap64(w[i]);
            ROUND(s, i, w[i] + k512[i], BIG0_512, BIG1_512);
        }
        for (unsigned r = 16; r < 80; r += 16) {
            UNROLL for (unsigned i = 0; i < 16; i++)
            {
                w[i] += SMALL1_512(w[(i + 14) & 15]) + w[(i + 9) & 15] + SMALL0_512(w[(i + 1) & 15]);
                ROUND(s, i, w[i] + k512[r + i], BIG0_512, BIG1_512);
            }
        }
        for (unsigned i = 0; i < 8; i++)
            state->w64[i] += s[i];
    }
    explicit_bzero(w, sizeof w);
}

static void two_512(union sha2_state *a, const uint8_t *in, union sha2_state *b, const uint8_t *in2,
                    size_t count)
{
    blocks_512(a, in, count);
    blocks_512(b, in2, count);
}

const struct sha2_variant sha256_portable = {.name = "portable",
                                             .path = "C",
                                             .needs = 0,
                                             .blocks = sha256_portable_blocks,
                                             .two = sha256_portable_two};

const struct sha2_variant sha512_portable = {
    .name = "portable", .path = "C", .needs = 0, .blocks = blocks_512, .two = two_512};

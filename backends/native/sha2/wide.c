/* SPDX-License-Identifier: Apache-2.0
 *
 * Padding and byte order for sixteen messages at once.
 */
#include "backends/native/sha2/wide.h"

#include <string.h>

void sha2_lanes_fill(struct sha2_lanes *lanes, const union sha2_state *state)
{
    for (size_t i = 0; i < 8; i++)
        for (size_t lane = 0; lane < SHA2_LANES; lane++)
            lanes->word[i][lane] = state->w32[i];
}

void sha2_lanes_finish(const struct sha2_variant *variant, struct sha2_lanes *lanes, uint64_t before,
                       const uint8_t *const in[SHA2_LANES], size_t size)
{
    _Alignas(64) uint8_t last[SHA2_LANES * 128];
    const uint8_t *from[SHA2_LANES];
    size_t whole = size / 64, rest = size % 64, padded = rest < 56 ? 64 : 128;
    uint64_t bits = __builtin_bswap64((before + size) * 8);
    if (whole > 0)
        variant->wide(lanes->word, in, whole);
    memset(last, 0, SHA2_LANES * padded);
    for (size_t lane = 0; lane < SHA2_LANES; lane++) {
        uint8_t *to = last + lane * padded;
        memcpy(to, in[lane] + 64 * whole, rest);
        to[rest] = 0x80;
        memcpy(to + padded - 8, &bits, 8);
        from[lane] = to;
    }
    variant->wide(lanes->word, from, padded / 64);
    explicit_bzero(last, SHA2_LANES * padded); /* in HMAC and HKDF it holds secrets */
}

void sha2_lanes_write(const struct sha2_lanes *lanes, uint8_t *const out[SHA2_LANES])
{
    for (size_t lane = 0; lane < SHA2_LANES; lane++) {
        for (size_t i = 0; i < 8; i++) {
            uint32_t word = __builtin_bswap32(lanes->word[i][lane]);
            memcpy(out[lane] + 4 * i, &word, 4);
        }
    }
}

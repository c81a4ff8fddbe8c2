/* SPDX-License-Identifier: Apache-2.0
 *
 * ChaCha20-Poly1305 in plain C with the compiler's own vectors of four words, which it maps to what every CPU
 * of the architecture has. ChaCha20 has no table and no secret-dependent branch to begin with.
 */
#include "backends/native/chacha/chacha.h"
#include "backends/native/chacha/poly1305.inc"

#include "backends/native/chacha/poly_words.inc"

#define LANES 4

typedef uint32_t vec __attribute__((vector_size(16)));

#define v_rotate(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define v_turn(x, n)   __builtin_shufflevector(x, x, (n), ((n) + 1) % 4, ((n) + 2) % 4, ((n) + 3) % 4)

static ALWAYS_INLINE vec v_row(const uint32_t in[4])
{
    vec v;
    memcpy(&v, in, sizeof v);
    return v;
}

static ALWAYS_INLINE void v_transpose(vec q[4])
{
    vec a = __builtin_shufflevector(q[0], q[1], 0, 4, 1, 5),
        b = __builtin_shufflevector(q[0], q[1], 2, 6, 3, 7);
    vec c = __builtin_shufflevector(q[2], q[3], 0, 4, 1, 5),
        d = __builtin_shufflevector(q[2], q[3], 2, 6, 3, 7);
    q[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5), q[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    q[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5), q[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

static ALWAYS_INLINE void v_spread(vec q[4])
{
    (void)q; /* one block: its rows lie one after the other */
}

#include "backends/native/chacha/chacha.inc"

const struct chacha_variant chacha_portable = {
    .name = "portable", .path = "C, vectors of 128 bits", .needs = 0, CHACHA_VARIANT_FUNCTIONS};

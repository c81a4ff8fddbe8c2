/* SPDX-License-Identifier: Apache-2.0
 *
 * AES key wrap in plain C over the bitsliced AES, of whose four blocks one is used: they depend on one
 * another.
 */
#include "backends/native/aes_bitslice.h"
#include "backends/native/aes_wrap/aes_wrap.h"
#include "backends/native/unroll.inc"

#include <string.h>

enum { ENCRYPT, DECRYPT };

typedef struct {
    uint64_t left, right;
} pair;

#define pair_first(k, a, r, dir) ((pair){a, r})
#define pair_next(k, p, r, dir)  ((pair){(p).left, r})
#define pair_left(k, p, dir)     ((p).left)
#define pair_right(p)            ((p).right)

static pair pair_aes(const struct aes_wrap_key *k, pair p, uint64_t t, int dir)
{
    const uint64_t *keys = (const uint64_t *)(const void *)k->encrypt;
    uint64_t words[8] = {p.left, p.right};
    struct aes_slices s;
    aes_slices_from_blocks(&s, words);
    if (dir == ENCRYPT) {
        aes_slices_add_key(&s, keys);
        for (unsigned i = 1; i < k->rounds; i++)
            aes_slices_round(&s, keys + (size_t)8 * i);
        aes_slices_last_round(&s, keys + (size_t)8 * k->rounds);
    } else {
        aes_slices_add_key(&s, keys + (size_t)8 * k->rounds);
        for (unsigned i = k->rounds - 1; i > 0; i--)
            aes_slices_inverse_round(&s, keys + (size_t)8 * i);
        aes_slices_inverse_last_round(&s, keys);
    }
    aes_slices_to_blocks(words, &s);
    return (pair){words[0] ^ t, words[1]};
}

#include "backends/native/aes_wrap/wrap.inc"

static void key_init(struct aes_wrap_key *k, const uint8_t *key, size_t key_size)
{
    k->rounds = aes_bitslice_expand((uint64_t *)(void *)k->encrypt, key, key_size);
}

const struct aes_wrap_variant aes_wrap_portable = {.name = "portable",
                                                   .path = "C, bitsliced AES",
                                                   .needs = 0,
                                                   .key_init = key_init,
                                                   .wrap = wrap,
                                                   .unwrap = unwrap};

/* SPDX-License-Identifier: Apache-2.0
 *
 * AES key wrap over a variant's W: initial values, padding, and the integrity check, which takes no branch
 * before its verdict is whole.
 */
#include "backends/native/aes_wrap/aes_wrap.h"

#include <string.h>

#define KW_VALUE  UINT64_C(0xa6a6a6a6a6a6a6a6) /* RFC 3394 2.2.3.1 */
#define KWP_VALUE UINT64_C(0xa65959a600000000) /* RFC 5649 3; the length follows */

const struct aes_wrap_variant *const aes_wrap_variants[] = {
    &aes_wrap_portable,
#if defined(__x86_64__)
    &aes_wrap_aesni,
#elif defined(__AARCH64EL__)
    &aes_wrap_armv8,
#endif
    NULL,
};

const struct aes_wrap_variant *aes_wrap_pick(uint32_t features)
{
    const struct aes_wrap_variant *best = aes_wrap_variants[0];
    for (size_t i = 0; aes_wrap_variants[i] != NULL; i++)
        if ((aes_wrap_variants[i]->needs & ~features) == 0)
            best = aes_wrap_variants[i];
    return best;
}

static uint64_t load_be(const uint8_t in[8])
{
    uint64_t word;
    memcpy(&word, in, 8);
    return __builtin_bswap64(word);
}

static void store_be(uint8_t out[8], uint64_t word)
{
    word = __builtin_bswap64(word);
    memcpy(out, &word, 8);
}

void aes_kw_wrap(const struct aes_wrap_variant *v, const struct aes_wrap_key *k, uint8_t *out,
                 const uint8_t *in, size_t size)
{
    memcpy(out + 8, in, size);
    store_be(out, v->wrap(k, KW_VALUE, out + 8, size / 8));
}

bool aes_kw_unwrap(const struct aes_wrap_variant *v, const struct aes_wrap_key *k, uint8_t *out,
                   const uint8_t *in, size_t size)
{
    memcpy(out, in + 8, size - 8);
    bool right = v->unwrap(k, load_be(in), out, size / 8 - 1) == KW_VALUE;
    if (!right)
        explicit_bzero(out, size - 8);
    return right;
}

void aes_kwp_wrap(const struct aes_wrap_variant *v, const struct aes_wrap_key *k, uint8_t *out,
                  const uint8_t *in, size_t size)
{
    size_t blocks = (size + 7) / 8;
    memset(out + 8 * blocks, 0, 8);
    memcpy(out + 8, in, size);
    store_be(out, v->wrap(k, KWP_VALUE | size, out + 8, blocks));
}

bool aes_kwp_unwrap(const struct aes_wrap_variant *v, const struct aes_wrap_key *k, uint8_t *out,
                    size_t *out_size, const uint8_t *in, size_t size)
{
    size_t blocks = size / 8 - 1;
    memcpy(out, in + 8, size - 8);
    uint64_t a = v->unwrap(k, load_be(in), out, blocks);
    /* RFC 5649 3: the value, a length that ends in the last block, and zeros after it. */
    uint64_t length = a & UINT32_MAX, padding = 8 * (uint64_t)blocks - length;
    uint64_t padded = load_be(out + 8 * (blocks - 1)) & ((UINT64_C(1) << 8 * (padding & 7)) - 1);
    uint64_t wrong = ((a ^ KWP_VALUE) & ~(uint64_t)UINT32_MAX) | (padding & ~UINT64_C(7)) | padded;
    *out_size = (size_t)length;
    if (wrong != 0)
        explicit_bzero(out, size - 8);
    return wrong == 0;
}

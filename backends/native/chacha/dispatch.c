/* SPDX-License-Identifier: Apache-2.0
 *
 * The ChaCha20-Poly1305 variants, assigned upwards: a later one is preferred where the CPU has what it needs.
 */
#include "backends/native/chacha/chacha.h"

#include <string.h>

const struct chacha_variant *const chacha_variants[] = {
    &chacha_portable,
#if defined(__x86_64__)
    &chacha_avx2,
    &chacha_avx512,
#elif defined(__AARCH64EL__)
    &chacha_neon,
#endif
    NULL,
};

const struct chacha_variant *chacha_pick(uint32_t features)
{
    const struct chacha_variant *best = chacha_variants[0];
    for (size_t i = 0; chacha_variants[i] != NULL; i++)
        if ((chacha_variants[i]->needs & ~features) == 0)
            best = chacha_variants[i];
    return best;
}

void chacha_key_init(struct chacha_key *k, const uint8_t key[32])
{
    memcpy(k->words, key, sizeof k->words);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The AES-GCM variants, assigned upwards: a later one is preferred where the CPU has what it needs.
 */
#include "backends/native/aes_gcm/aes_gcm.h"

const struct gcm_variant *const gcm_variants[] = {
    &gcm_portable,
#if defined(__x86_64__)
    &gcm_aesni,
    &gcm_vaes256,
    &gcm_vaes512,
#endif
    NULL,
};

const struct gcm_variant *gcm_pick(uint32_t features)
{
    const struct gcm_variant *best = gcm_variants[0];
    for (size_t i = 0; gcm_variants[i] != NULL; i++)
        if ((gcm_variants[i]->needs & ~features) == 0)
            best = gcm_variants[i];
    return best;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The AES-GCM variants, assigned upwards: a later one is preferred where the CPU has what it needs. Of those
 * with other vectors in flight the default comes last.
 */
#include "backends/native/aes_gcm/aes_gcm.h"

const struct gcm_variant *const gcm_variants[] = {
    &gcm_portable,
#if defined(__x86_64__)
    &gcm_aesni,    &gcm_vaes256, &gcm_vaes512_4, &gcm_vaes512_12, &gcm_vaes512,
#elif defined(__AARCH64EL__)
    &gcm_armv8,
    &gcm_armv8sha3,
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

const struct gcm_variant *gcm_with_vectors(const struct gcm_variant *like, uint32_t vectors)
{
    for (size_t i = 0; gcm_variants[i] != NULL; i++)
        if (gcm_variants[i]->needs == like->needs && gcm_variants[i]->vectors == vectors)
            return gcm_variants[i];
    return NULL;
}

struct gcm_pace gcm_pace_for(const struct gcm_variant *v, uint32_t short_to, uint32_t reduction,
                             uint32_t table_from)
{
    uint32_t chunk = v->vectors * v->lanes, most = GCM_POWERS / chunk;
    struct gcm_pace pace = v->pace;
    if (short_to > 0 && short_to <= GCM_ONE_SUM)
        pace.one_sum_to = (short_to + 15) / 16 + 2;
    if (reduction > 0)
        pace.group = reduction < chunk ? 1 : reduction / chunk < most ? reduction / chunk : most;
    if (table_from > 0 && pace.first_rounds_from > 0)
        pace.first_rounds_from = (table_from - 1) / (16 * chunk) + 1;
    return pace;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/rng_guard.h"

#include <string.h>

void assay_rng_guard_init(struct assay_rng_guard *g, enum assay_rc (*source)(void *, uint8_t *, size_t),
                          void *data)
{
    *g = (struct assay_rng_guard){.source = source, .data = data};
}

static bool is_repeated(const struct assay_rng_guard *g, const uint8_t *block)
{
    size_t known = g->drawn < ASSAY_RNG_WINDOW ? g->drawn : ASSAY_RNG_WINDOW;
    for (size_t i = 0; i < known; i++)
        if (memcmp(g->recent[i], block, ASSAY_RNG_BLOCK) == 0)
            return true;
    return false;
}

enum assay_rc assay_rng_guard_bytes(struct assay_rng_guard *g, uint8_t *out, size_t size)
{
    enum assay_rc rc = g->broken ? ASSAY_AUTH : ASSAY_OK;
    for (size_t done = 0; rc == ASSAY_OK && done < size;) {
        uint8_t block[ASSAY_RNG_BLOCK]; /* always whole: the rest of a short request is thrown away */
        size_t part = size - done < sizeof block ? size - done : sizeof block;
        rc = g->source(g->data, block, sizeof block);
        if (rc == ASSAY_OK && is_repeated(g, block)) {
            g->broken = true;
            rc = ASSAY_AUTH;
        }
        if (rc == ASSAY_OK) {
            memcpy(out + done, block, part);
            memcpy(g->recent[g->drawn++ % ASSAY_RNG_WINDOW], block, sizeof block);
            done += part;
        }
        explicit_bzero(block, sizeof block);
    }
    if (rc != ASSAY_OK)
        explicit_bzero(out, size);
    if (g->broken)
        explicit_bzero(g->recent, sizeof g->recent);
    return rc;
}

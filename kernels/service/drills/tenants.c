/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/drills/tenants.h"

#include <string.h>
#include <sys/random.h>

struct assay_bytes assay_drill_tenant_id(const struct assay_drill_tenant *t)
{
    return (struct assay_bytes){t->id, sizeof t->id};
}

enum assay_rc assay_drill_tenant_take(struct assay_drilling *d, struct assay_kms *kms,
                                      struct assay_drill_tenant *t, uint64_t number,
                                      enum assay_rc (*otherwise)(void *, struct assay_drill_tenant *,
                                                                 const uint8_t dek[ASSAY_DRILL_DEK]),
                                      void *data)
{
    const struct assay_aead_ops *aead = d->backend->aead;
    uint8_t dek[ASSAY_DRILL_DEK];
    assay_aead *once = NULL;
    memcpy(t->id, &number, sizeof t->id);
    assay_fill(t->record, sizeof t->record, number);
    if (getrandom(dek, sizeof dek, 0) != sizeof dek ||
        getrandom(t->sealed, ASSAY_NONCE_SIZE, 0) != ASSAY_NONCE_SIZE)
        return ASSAY_LIBRARY;
    enum assay_rc rc =
        kms->wrap(kms, t->wrapped, (struct assay_bytes){dek, sizeof dek}, assay_drill_tenant_id(t));
    if (rc != ASSAY_OK && otherwise)
        rc = otherwise(data, t, dek);
    if (rc == ASSAY_OK)
        rc = aead->aead_new(d->instance, ASSAY_AES_256_GCM, dek, &once);
    if (rc == ASSAY_OK)
        rc = aead->seal(once, t->sealed + ASSAY_NONCE_SIZE, t->sealed, t->record, sizeof t->record, t->id,
                        sizeof t->id);
    if (once)
        aead->aead_free(once);
    explicit_bzero(dek, sizeof dek);
    return rc;
}

enum assay_rc assay_drill_tenant_read(struct assay_drilling *d, struct assay_dek_cache *cache,
                                      uint64_t now_ms, struct assay_drill_tenant *t,
                                      uint8_t out[ASSAY_DRILL_RECORD])
{
    const struct assay_dek_request r = {
        .id = assay_drill_tenant_id(t), .wrapped = {t->wrapped, sizeof t->wrapped}, .now_ms = now_ms};
    ASSAY_TRY(assay_dek_context_use(&t->context, cache, &r, d->backend, d->instance, ASSAY_AES_256_GCM));
    return d->backend->aead->open(t->context.aead, out, t->sealed, t->sealed + ASSAY_NONCE_SIZE,
                                  sizeof t->sealed - ASSAY_NONCE_SIZE, t->id, sizeof t->id);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/tenant.h"

#include <stdio.h>
#include <string.h>

struct assay_bytes assay_tenant_id(const struct assay_tenant *t)
{
    return (struct assay_bytes){t->id, sizeof t->id};
}

enum assay_rc assay_tenant_make(struct assay_case *c, struct assay_tenant *t, unsigned id_seed,
                                unsigned dek_seed)
{
    uint8_t dek[ASSAY_TENANT_DEK];
    assay_fill(t->id, sizeof t->id, id_seed);
    assay_fill(dek, sizeof dek, dek_seed);
    enum assay_rc rc =
        c->kms->wrap(c->kms, t->wrapped, (struct assay_bytes){dek, sizeof dek}, assay_tenant_id(t));
    explicit_bzero(dek, sizeof dek);
    return assay_kms_told(c, rc);
}

static enum assay_rc use_key(struct assay_case *c, struct assay_tenant *t, struct assay_dek_cache *cache,
                             uint64_t now_ms)
{
    const struct assay_dek_request r = {assay_tenant_id(t), {t->wrapped, sizeof t->wrapped}, now_ms};
    enum assay_rc rc = assay_dek_context_use(&t->key, cache, &r, c->backend, c->instance, ASSAY_AES_256_GCM);
    if (rc != ASSAY_OK && assay_dek_cache_error()[0])
        snprintf(c->note, sizeof c->note, "%s", assay_dek_cache_error());
    return rc;
}

enum assay_rc assay_tenant_seal(struct assay_case *c, struct assay_tenant *t, struct assay_dek_cache *cache,
                                uint64_t now_ms, const uint8_t record[ASSAY_TENANT_RECORD])
{
    ASSAY_TRY(use_key(c, t, cache, now_ms));
    assay_nonce_next(t->sealed);
    return c->backend->aead->seal(t->key.aead, t->sealed + ASSAY_NONCE_SIZE, t->sealed, record,
                                  ASSAY_TENANT_RECORD, t->id, sizeof t->id);
}

enum assay_rc assay_tenant_open(struct assay_case *c, struct assay_tenant *t, struct assay_dek_cache *cache,
                                uint64_t now_ms, uint8_t record[ASSAY_TENANT_RECORD])
{
    ASSAY_TRY(use_key(c, t, cache, now_ms));
    return c->backend->aead->open(t->key.aead, record, t->sealed, t->sealed + ASSAY_NONCE_SIZE,
                                  ASSAY_TENANT_SEALED - ASSAY_NONCE_SIZE, t->id, sizeof t->id);
}

void assay_tenants_free(struct assay_case *c, struct assay_tenant *t, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assay_dek_context_free(&t[i].key, c->backend);
}

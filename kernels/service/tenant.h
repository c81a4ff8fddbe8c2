/* SPDX-License-Identifier: Apache-2.0
 *
 * A tenant of the kernels over the cache of data keys: its data key, wrapped by the KMS, and one record of
 * 1 KiB sealed under it. A failure of the KMS is noted in the case, in its words.
 */
#ifndef ASSAY_SERVICE_TENANT_H
#define ASSAY_SERVICE_TENANT_H

#include "kernels/kernel.h"
#include "kernels/service/dek_cache.h"

#define ASSAY_TENANT_DEK    32u
#define ASSAY_TENANT_RECORD 1024u
#define ASSAY_TENANT_SEALED (ASSAY_NONCE_SIZE + ASSAY_TENANT_RECORD + ASSAY_TAG_SIZE)

struct assay_tenant { /* zeroed at first */
    uint8_t id[8];
    uint8_t wrapped[ASSAY_TENANT_DEK + ASSAY_KMS_OVERHEAD];
    uint8_t sealed[ASSAY_TENANT_SEALED]; /* nonce, text, tag */
    struct assay_dek_context key;
};

struct assay_bytes assay_tenant_id(const struct assay_tenant *);
/* An id and a data key of these seeds, test keys both; the key is wrapped. */
enum assay_rc assay_tenant_make(struct assay_case *c, struct assay_tenant *, unsigned id_seed,
                                unsigned dek_seed) ASSAY_MUST_CHECK;
/* The record, sealed under the next nonce, or opened, with the key by way of the cache. */
enum assay_rc assay_tenant_seal(struct assay_case *c, struct assay_tenant *, struct assay_dek_cache *,
                                uint64_t now_ms, const uint8_t record[ASSAY_TENANT_RECORD]) ASSAY_MUST_CHECK;
enum assay_rc assay_tenant_open(struct assay_case *c, struct assay_tenant *, struct assay_dek_cache *,
                                uint64_t now_ms, uint8_t record[ASSAY_TENANT_RECORD]) ASSAY_MUST_CHECK;
void assay_tenants_free(struct assay_case *c, struct assay_tenant *, size_t count);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What drills of the KMS share: a service whose tenants have a data key each, wrapped by the KMS, and a
 * record sealed under it, which is read by means of a cache of data keys.
 */
#ifndef ASSAY_DRILLS_TENANTS_H
#define ASSAY_DRILLS_TENANTS_H

#include "kernels/service/dek_cache.h"
#include "kernels/service/drill.h"

#define ASSAY_DRILL_DEK    32u
#define ASSAY_DRILL_RECORD 64u

struct assay_drill_tenant {
    uint8_t id[8];
    uint8_t wrapped[ASSAY_DRILL_DEK + ASSAY_KMS_OVERHEAD];
    uint8_t record[ASSAY_DRILL_RECORD]; /* what was sealed: the drill knows, the service does not */
    uint8_t sealed[ASSAY_NONCE_SIZE + ASSAY_DRILL_RECORD + ASSAY_TAG_SIZE];
    struct assay_dek_context context;
};

struct assay_bytes assay_drill_tenant_id(const struct assay_drill_tenant *);
/* Takes a tenant by this number: a data key, wrapped, and a record sealed under it. otherwise (may be NULL):
 * what the service does about a data key that the KMS did not wrap, with its data. */
enum assay_rc assay_drill_tenant_take(struct assay_drilling *, struct assay_kms *,
                                      struct assay_drill_tenant *, uint64_t number,
                                      enum assay_rc (*otherwise)(void *, struct assay_drill_tenant *,
                                                                 const uint8_t dek[ASSAY_DRILL_DEK]),
                                      void *data) ASSAY_MUST_CHECK;
/* Reads its record. */
enum assay_rc assay_drill_tenant_read(struct assay_drilling *, struct assay_dek_cache *, uint64_t now_ms,
                                      struct assay_drill_tenant *,
                                      uint8_t out[ASSAY_DRILL_RECORD]) ASSAY_MUST_CHECK;

#endif

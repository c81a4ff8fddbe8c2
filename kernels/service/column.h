/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of personal data in a store, its columns sealed one by one under the key of the row's tenant.
 * Tenants' data keys lie beside the rows, wrapped by the KMS, so that a copy of the store is of use to the
 * holder of the KEK alone. What is sealed is bound to its place: table, column, tenant and row are
 * authenticated with it.
 *
 *   NAME:dek:TENANT   the tenant's wrapped key
 *   NAME:row:ROW      the columns, one after another: length (1), nonce (12), ciphertext, tag (16)
 *
 * Nonces are random, since writers that share a tenant's key share no counter: under one key at most 2^32
 * columns (SP 800-38D §8.3). A table belongs to one thread; the cache of keys may be shared.
 */
#ifndef ASSAY_COLUMN_H
#define ASSAY_COLUMN_H

#include "companions/store.h"
#include "kernels/service/dek_cache.h"

#define ASSAY_COLUMNS       3u
#define ASSAY_COLUMN_MAX    64u /* bytes of a field; at least 1 */
#define ASSAY_COLUMN_ROOM   (ASSAY_COLUMNS * (1u + ASSAY_NONCE_SIZE + ASSAY_COLUMN_MAX + ASSAY_TAG_SIZE))
#define ASSAY_TABLE_NAME    24u
#define ASSAY_COLUMN_DEK    32u
#define ASSAY_TABLE_TENANTS 256u

struct assay_column_row { /* a row's fields, in the order of assay_column_names */
    uint8_t size[ASSAY_COLUMNS];
    uint8_t field[ASSAY_COLUMNS][ASSAY_COLUMN_MAX];
};

extern const char *const assay_column_names[ASSAY_COLUMNS];

struct assay_column_tenant {
    uint8_t wrapped[ASSAY_COLUMN_DEK + ASSAY_KMS_OVERHEAD];
    struct assay_dek_context key;
};

struct assay_column_table {
    const struct assay_backend *backend;
    assay_instance *instance;
    struct assay_kms *kms;
    struct assay_store *store;
    struct assay_dek_cache *cache;
    char name[ASSAY_TABLE_NAME];
    unsigned tenants;
    struct assay_column_tenant *tenant;
    uint64_t now_ms;
    char error[160]; /* of the store or the KMS */
};

/* The table of that name (at most ASSAY_TABLE_NAME - 1 characters): keys that are not there yet are made. The
 * caller has filled backend, instance, kms and store, all zero else. */
enum assay_rc assay_column_open(struct assay_column_table *, const char *name,
                                unsigned tenants) ASSAY_MUST_CHECK;
void assay_column_close(struct assay_column_table *); /* accepts one that is half open */

/* Whatever was in the row goes. */
enum assay_rc assay_column_put(struct assay_column_table *, unsigned tenant, uint64_t row,
                               const struct assay_column_row *) ASSAY_MUST_CHECK;
/* ASSAY_AUTH: there is no such row, or a column is not what was sealed there. */
enum assay_rc assay_column_get(struct assay_column_table *, unsigned tenant, uint64_t row,
                               struct assay_column_row *) ASSAY_MUST_CHECK;
/* The rows 0 … rows - 1 and the keys are deleted. */
enum assay_rc assay_column_drop(struct assay_column_table *, uint64_t rows) ASSAY_MUST_CHECK;

/* The store's key of a row; out has room for ASSAY_STORE_KEY_MAX. */
struct assay_bytes assay_column_key(const struct assay_column_table *, uint64_t row, char *out);

#endif

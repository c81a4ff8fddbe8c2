/* SPDX-License-Identifier: Apache-2.0
 *
 * The table: keys, sealing, opening.
 */
#include "kernels/service/column.h"
#include "kernels/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_TTL_MS 300000u
#define AAD_MAX      (2u + ASSAY_TABLE_NAME + 16u + 12u)

const char *const assay_column_names[ASSAY_COLUMNS] = {"name", "email", "account"};

static enum assay_rc stored(struct assay_column_table *t, enum assay_rc rc)
{
    if (rc != ASSAY_OK)
        snprintf(t->error, sizeof t->error, "%s: %s", t->store->name, t->store->last_error(t->store));
    return rc;
}

static uint8_t *put_number(uint8_t *out, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        *out++ = (uint8_t)(value >> (8 * bytes));
    return out;
}

static uint8_t *put_text(uint8_t *out, const char *text)
{
    size_t size = strlen(text);
    *out++ = (uint8_t)size;
    for (size_t i = 0; i < size; i++)
        *out++ = (uint8_t)text[i];
    return out;
}

/* The place of a field, unambiguously. */
static size_t place_of(const struct assay_column_table *t, unsigned tenant, uint64_t row, unsigned column,
                       uint8_t out[AAD_MAX])
{
    uint8_t *at = put_text(put_text(out, t->name), assay_column_names[column]);
    return (size_t)(put_number(put_number(at, tenant, 4), row, 8) - out);
}

struct assay_bytes assay_column_key(const struct assay_column_table *t, uint64_t row, char *out)
{
    int n = snprintf(out, ASSAY_STORE_KEY_MAX, "%s:row:%llu", t->name, (unsigned long long)row);
    return (struct assay_bytes){(const uint8_t *)out, (size_t)n};
}

static struct assay_bytes key_of_tenant(const struct assay_column_table *t, unsigned tenant, char *out)
{
    int n = snprintf(out, ASSAY_STORE_KEY_MAX, "%s:dek:%u", t->name, tenant);
    return (struct assay_bytes){(const uint8_t *)out, (size_t)n};
}

/* Names the tenant's data key to the KMS and the cache. */
static struct assay_bytes id_of_tenant(const struct assay_column_table *t, unsigned tenant,
                                       uint8_t out[ASSAY_DEK_ID_MAX])
{
    return (struct assay_bytes){out, (size_t)(put_number(put_text(out, t->name), tenant, 4) - out)};
}

/* Two who open a new table at once agree on the key of the one who was first. */
static enum assay_rc make_key(struct assay_column_table *t, unsigned tenant)
{
    uint8_t dek[ASSAY_COLUMN_DEK], id[ASSAY_DEK_ID_MAX];
    char name[ASSAY_STORE_KEY_MAX];
    struct assay_column_tenant *own = &t->tenant[tenant];
    bool fresh;
    ASSAY_TRY(t->backend->rand->bytes(t->instance, dek, sizeof dek));
    enum assay_rc rc = t->kms->wrap(t->kms, own->wrapped, (struct assay_bytes){dek, sizeof dek},
                                    id_of_tenant(t, tenant, id));
    explicit_bzero(dek, sizeof dek);
    if (rc != ASSAY_OK) {
        snprintf(t->error, sizeof t->error, "%s: %s", t->kms->name, t->kms->last_error(t->kms));
        return rc;
    }
    return stored(t, t->store->put_if_absent(t->store, key_of_tenant(t, tenant, name),
                                             (struct assay_bytes){own->wrapped, sizeof own->wrapped}, 0,
                                             &fresh));
}

static enum assay_rc load_key(struct assay_column_table *t, unsigned tenant, bool *found)
{
    uint8_t value[ASSAY_STORE_VALUE_MAX];
    char name[ASSAY_STORE_KEY_MAX];
    size_t size;
    ASSAY_TRY(stored(t, t->store->get(t->store, key_of_tenant(t, tenant, name), value, &size, found)));
    if (*found && size != sizeof t->tenant[tenant].wrapped)
        return ASSAY_AUTH;
    if (*found)
        memcpy(t->tenant[tenant].wrapped, value, size);
    return ASSAY_OK;
}

enum assay_rc assay_column_open(struct assay_column_table *t, const char *name, unsigned tenants)
{
    if (tenants == 0 || tenants > ASSAY_TABLE_TENANTS || !*name || strlen(name) >= sizeof t->name)
        return ASSAY_INPUT;
    memcpy(t->name, name, strlen(name) + 1);
    t->tenants = tenants;
    t->tenant = calloc(tenants, sizeof *t->tenant);
    t->cache = assay_dek_cache_new(t->kms, tenants, CACHE_TTL_MS);
    if (!t->tenant || !t->cache)
        return ASSAY_NOMEM;
    for (unsigned i = 0; i < tenants; i++) {
        bool found;
        ASSAY_TRY(load_key(t, i, &found));
        if (found)
            continue;
        ASSAY_TRY(make_key(t, i));
        ASSAY_TRY(load_key(t, i, &found));
    }
    return ASSAY_OK;
}

void assay_column_close(struct assay_column_table *t)
{
    for (unsigned i = 0; t->tenant && i < t->tenants; i++)
        assay_dek_context_free(&t->tenant[i].key, t->backend);
    free(t->tenant);
    assay_dek_cache_free(t->cache);
    *t = (struct assay_column_table){0};
}

static enum assay_rc use_key(struct assay_column_table *t, unsigned tenant)
{
    uint8_t id[ASSAY_DEK_ID_MAX];
    if (tenant >= t->tenants)
        return ASSAY_INPUT;
    struct assay_column_tenant *own = &t->tenant[tenant];
    const struct assay_dek_request r = {
        id_of_tenant(t, tenant, id), {own->wrapped, sizeof own->wrapped}, t->now_ms};
    enum assay_rc rc =
        assay_dek_context_use(&own->key, t->cache, &r, t->backend, t->instance, ASSAY_AES_256_GCM);
    if (rc != ASSAY_OK)
        snprintf(t->error, sizeof t->error, "%s", assay_dek_cache_error());
    return rc;
}

enum assay_rc assay_column_put(struct assay_column_table *t, unsigned tenant, uint64_t row,
                               const struct assay_column_row *in)
{
    uint8_t value[ASSAY_COLUMN_ROOM], nonces[ASSAY_COLUMNS][ASSAY_NONCE_SIZE], place[AAD_MAX], *at = value;
    char key[ASSAY_STORE_KEY_MAX];
    ASSAY_TRY(use_key(t, tenant));
    ASSAY_TRY(t->backend->rand->bytes(t->instance, nonces[0], sizeof nonces));
    for (unsigned i = 0; i < ASSAY_COLUMNS; i++) {
        size_t size = in->size[i];
        if (size < 1 || size > ASSAY_COLUMN_MAX)
            return ASSAY_INPUT;
        *at++ = (uint8_t)size;
        memcpy(at, nonces[i], ASSAY_NONCE_SIZE);
        at += ASSAY_NONCE_SIZE;
        ASSAY_TRY(t->backend->aead->seal(t->tenant[tenant].key.aead, at, nonces[i], in->field[i], size, place,
                                         place_of(t, tenant, row, i, place)));
        at += size + ASSAY_TAG_SIZE;
    }
    return stored(t, t->store->put(t->store, assay_column_key(t, row, key),
                                   (struct assay_bytes){value, (size_t)(at - value)}, 0));
}

enum assay_rc assay_column_get(struct assay_column_table *t, unsigned tenant, uint64_t row,
                               struct assay_column_row *out)
{
    uint8_t value[ASSAY_STORE_VALUE_MAX], place[AAD_MAX];
    const uint8_t *at = value;
    char key[ASSAY_STORE_KEY_MAX];
    size_t left;
    bool found;
    ASSAY_TRY(use_key(t, tenant));
    ASSAY_TRY(stored(t, t->store->get(t->store, assay_column_key(t, row, key), value, &left, &found)));
    for (unsigned i = 0; i < ASSAY_COLUMNS; i++) {
        size_t size = left > 0 ? at[0] : 0, whole = 1 + ASSAY_NONCE_SIZE + size + ASSAY_TAG_SIZE;
        if (!found || size < 1 || size > ASSAY_COLUMN_MAX || left < whole)
            return ASSAY_AUTH;
        ASSAY_TRY(t->backend->aead->open(t->tenant[tenant].key.aead, out->field[i], at + 1,
                                         at + 1 + ASSAY_NONCE_SIZE, size + ASSAY_TAG_SIZE, place,
                                         place_of(t, tenant, row, i, place)));
        out->size[i] = (uint8_t)size;
        at += whole;
        left -= whole;
    }
    return left == 0 ? ASSAY_OK : ASSAY_AUTH;
}

enum assay_rc assay_column_drop(struct assay_column_table *t, uint64_t rows)
{
    char key[ASSAY_STORE_KEY_MAX];
    bool found;
    for (uint64_t i = 0; i < rows; i++)
        ASSAY_TRY(stored(t, t->store->del(t->store, assay_column_key(t, i, key), &found)));
    for (unsigned i = 0; i < t->tenants; i++)
        ASSAY_TRY(stored(t, t->store->del(t->store, key_of_tenant(t, i, key), &found)));
    return ASSAY_OK;
}

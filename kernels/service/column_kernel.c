/* SPDX-License-Identifier: Apache-2.0
 *
 * column: a row of personal data (three columns) sealed under its tenant's key and written to the store, or
 * read and opened. A written row replaces one, so that the table stays of its size. Keys come from the cache.
 */
#include "kernels/kernels.h"
#include "kernels/service/column.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define STRIDE 7919u /* a prime: neighbours in time are neither in tenant nor in place */

enum call { CALL_INSERT, CALL_READ };

#define TABLE(tenants, rows) ((uint64_t)(tenants) << 32 | (rows))
static const struct assay_value calls[] = {{"insert", CALL_INSERT}, {"read", CALL_READ}};
static const struct assay_value tables[] = {{"16x1000", TABLE(16, 1000)}, {"64x10000", TABLE(64, 10000)}};
static const struct assay_param params[] = {ASSAY_PARAM("call", calls), ASSAY_PARAM("table", tables), {0}};

struct column_state {
    struct assay_column_table table;
    unsigned tenants;
    uint64_t rows, filled, operations;
    uint64_t last;
    struct assay_column_row *data; /* what is in the rows */
    struct assay_column_row row;   /* the last one read */
};

/* No person's: the same for each instance and run. */
static void make_row(uint64_t row, struct assay_column_row *out)
{
    static const char *const forms[ASSAY_COLUMNS] = {"Subject No. %06llu", "subject.%06llu@assay.example",
                                                     "XX00TEST0000%010llu"};
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < ASSAY_COLUMNS; i++) {
        char text[ASSAY_COLUMN_MAX];
        out->size[i] = (uint8_t)snprintf(text, sizeof text, forms[i], (unsigned long long)row); // NOLINT
        memcpy(out->field[i], text, out->size[i]);
    }
}

static unsigned tenant_of(const struct column_state *s, uint64_t row)
{
    return (unsigned)(row % s->tenants);
}

/* A failure's words. */
static enum assay_rc told(struct assay_case *c, enum assay_rc rc)
{
    struct column_state *s = c->state;
    if (rc != ASSAY_OK && rc != ASSAY_AUTH && s->table.error[0])
        snprintf(c->note, sizeof c->note, "%s", s->table.error);
    return rc;
}

static enum assay_rc column_setup(struct assay_case *c)
{
    struct column_state *s = c->state = calloc(1, sizeof *s);
    char name[ASSAY_TABLE_NAME];
    uint64_t number;
    if (!s)
        return ASSAY_NOMEM;
    /* A table of this case's own: another worker may have the same server or file, under another KEK. */
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return ASSAY_LIBRARY;
    snprintf(name, sizeof name, "people%016llx", (unsigned long long)number);
    s->tenants = (unsigned)(c->value[1] >> 32);
    s->rows = c->value[1] & UINT32_MAX;
    s->data = calloc(s->rows, sizeof *s->data);
    if (!s->data)
        return ASSAY_NOMEM;
    s->table = (struct assay_column_table){
        .backend = c->backend, .instance = c->instance, .kms = c->kms, .store = c->store};
    ASSAY_TRY(told(c, assay_column_open(&s->table, name, s->tenants)));
    for (; s->filled < s->rows; s->filled++) {
        make_row(s->filled, &s->data[s->filled]);
        ASSAY_TRY(
            told(c, assay_column_put(&s->table, tenant_of(s, s->filled), s->filled, &s->data[s->filled])));
    }
    return ASSAY_OK;
}

static void column_teardown(struct assay_case *c)
{
    struct column_state *s = c->state;
    if (!s)
        return;
    if (s->table.tenant && assay_column_drop(&s->table, s->filled) != ASSAY_OK)
        c->note[0] = '\0'; /* what stays behind is sealed */
    assay_column_close(&s->table);
    free(s->data);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static bool column_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, why_size) &&
           assay_supported(c, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, why_size);
}

static enum assay_op column_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_AES_256_GCM;
    return ASSAY_OP_AEAD;
}

static enum assay_rc column_run(struct assay_case *c, uint64_t n)
{
    struct column_state *s = c->state;
    for (uint64_t i = 0; i < n; i++) {
        s->last = ++s->operations * STRIDE % s->rows;
        if (c->value[0] == CALL_INSERT)
            ASSAY_TRY(
                told(c, assay_column_put(&s->table, tenant_of(s, s->last), s->last, &s->data[s->last])));
        else
            ASSAY_TRY(told(c, assay_column_get(&s->table, tenant_of(s, s->last), s->last, &s->row)));
    }
    return assay_consume(&s->row, sizeof s->row);
}

static enum assay_rc compare(struct assay_case *c, uint64_t row, const struct assay_column_row *got)
{
    struct column_state *s = c->state;
    const struct assay_column_row *want = &s->data[row];
    for (unsigned i = 0; i < ASSAY_COLUMNS; i++)
        if (got->size[i] != want->size[i] || memcmp(got->field[i], want->field[i], got->size[i]) != 0)
            return assay_wrong(c, "column '%s' of row %llu came back another", assay_column_names[i],
                               (unsigned long long)row);
    return ASSAY_OK;
}

static enum assay_rc read_row(struct assay_case *c, uint64_t row)
{
    struct column_state *s = c->state;
    struct assay_column_row got = {0};
    enum assay_rc rc = assay_column_get(&s->table, tenant_of(s, row), row, &got);
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "row %llu is not there or does not open", (unsigned long long)row);
    ASSAY_TRY(told(c, rc));
    return compare(c, row, &got);
}

static enum assay_rc column_check(struct assay_case *c)
{
    struct column_state *s = c->state;
    if (c->value[0] == CALL_INSERT)
        return read_row(c, s->last);
    ASSAY_TRY(compare(c, s->last, &s->row));
    memset(&s->row, 0, sizeof s->row);
    return ASSAY_OK;
}

/* A value as somebody with access to the store alone may write it: to the place of row `to`. */
static enum assay_rc forged(struct assay_case *c, struct assay_proof *proof, const char *what,
                            unsigned tenant, uint64_t to, struct assay_bytes value)
{
    struct column_state *s = c->state;
    struct assay_column_row got;
    uint8_t right[ASSAY_STORE_VALUE_MAX];
    char key[ASSAY_STORE_KEY_MAX];
    size_t size;
    bool found;
    const struct assay_bytes at = assay_column_key(&s->table, to, key);
    ASSAY_TRY(c->store->get(c->store, at, right, &size, &found));
    ASSAY_TRY(c->store->put(c->store, at, value, 0));
    enum assay_rc rc = assay_column_get(&s->table, tenant, to, &got);
    ASSAY_TRY(c->store->put(c->store, at, (struct assay_bytes){right, size}, 0));
    return assay_expect_refused(c, proof, what, told(c, rc));
}

static enum assay_rc raw_row(struct assay_case *c, uint64_t row, uint8_t *value, size_t *size)
{
    struct column_state *s = c->state;
    char key[ASSAY_STORE_KEY_MAX];
    bool found;
    ASSAY_TRY(c->store->get(c->store, assay_column_key(&s->table, row, key), value, size, &found));
    return found ? ASSAY_OK : assay_wrong(c, "row %llu is not there", (unsigned long long)row);
}

static enum assay_rc prove_forgeries(struct assay_case *c, struct assay_proof *proof)
{
    struct column_state *s = c->state;
    uint8_t value[ASSAY_STORE_VALUE_MAX], swapped[ASSAY_STORE_VALUE_MAX];
    size_t size, first;
    ASSAY_TRY(raw_row(c, s->tenants, value, &size)); /* of tenant 0, as row 0 is */
    const struct assay_bytes whole = {value, size};
    ASSAY_TRY(forged(c, proof, "a row moved to another of the same tenant", 0, 0, whole));
    ASSAY_TRY(forged(c, proof, "a row moved to another tenant's", 1, 1, whole));
    ASSAY_TRY(forged(c, proof, "a row read for another tenant", 1, s->tenants, whole));
    ASSAY_TRY(forged(c, proof, "a row cut short", 0, s->tenants, (struct assay_bytes){value, size - 1}));
    ASSAY_TRY(
        forged(c, proof, "a row with a byte more", 0, s->tenants, (struct assay_bytes){value, size + 1}));
    for (size_t at = 0; at < size; at += 7) {
        value[at] ^= 1;
        ASSAY_TRY(forged(c, proof, "an altered row", 0, s->tenants, whole));
        value[at] ^= 1;
    }
    first = 1 + ASSAY_NONCE_SIZE + value[0] + ASSAY_TAG_SIZE; /* the first two columns change places */
    size_t second = 1 + ASSAY_NONCE_SIZE + value[first] + ASSAY_TAG_SIZE;
    memcpy(swapped, value + first, second);
    memcpy(swapped + second, value, first);
    memcpy(swapped + first + second, value + first + second, size - first - second);
    return forged(c, proof, "a column moved to another", 0, s->tenants, (struct assay_bytes){swapped, size});
}

/* Every row comes back, and none of its fields is to be seen in the store. */
static enum assay_rc prove_rows(struct assay_case *c, struct assay_proof *proof)
{
    struct column_state *s = c->state;
    uint8_t value[ASSAY_STORE_VALUE_MAX];
    size_t size;
    for (uint64_t row = 0; row < s->rows; row++, proof->answers++) {
        const struct assay_column_row *data = &s->data[row];
        ASSAY_TRY(read_row(c, row));
        ASSAY_TRY(raw_row(c, row, value, &size));
        for (unsigned i = 0; i < ASSAY_COLUMNS; i++)
            if (memmem(value, size, data->field[i], data->size[i]))
                return assay_wrong(c, "the store has column '%s' of row %llu as it is", assay_column_names[i],
                                   (unsigned long long)row);
    }
    return ASSAY_OK;
}

static enum assay_rc column_prove(struct assay_case *c, struct assay_proof *proof)
{
    ASSAY_TRY(prove_rows(c, proof));
    ASSAY_TRY(prove_forgeries(c, proof));
    ASSAY_TRY(column_run(c, 3));
    return column_check(c);
}

static const char *const headline[] = {"insert/16x1000", "read/16x1000", NULL};
static const char *const full_only[] = {"*/64x10000", NULL};

const struct assay_kernel assay_column = {
    .id = "column",
    .summary = "a row of three columns sealed under its tenant's key and stored, or read and opened",
    .source = "SP 800-38D",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .uses = ASSAY_USES_KMS | ASSAY_USES_STORE,
    .params = params,
    .headline = headline,
    .full_only = full_only,
    .supported = column_supported,
    .served = column_served,
    .setup = column_setup,
    .prove = column_prove,
    .run = column_run,
    .check = column_check,
    .teardown = column_teardown,
};

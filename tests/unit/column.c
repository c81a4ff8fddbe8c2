/* SPDX-License-Identifier: Apache-2.0
 *
 * The column table in SQLite: column BACKEND-MODULE SQLITE-MODULE. A backup of the database, by SQLite's own
 * backup and by a copy of its files, holds no field of any row as it is; and it gives its rows to who has the
 * KEK, and to nobody else.
 */
#include "kernels/service/column.h"
#include "companions/companion.h"
#include "tests/kat/open_module.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TENANTS 4u
#define ROWS    200u
#define NAME    "people"

static const struct assay_backend *backend;
static assay_instance *instance;
static assay_store_opener *opener;
static struct assay_kms *kms;
static char folder[] = "/tmp/assay-column-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static struct assay_store *open_store(const char *name)
{
    struct assay_store *store;
    char why[200] = "";
    if (opener(path_of(name), &store, why, sizeof why) != ASSAY_OK)
        fail_msg("%s", why);
    return store;
}

static struct assay_column_table table_in(struct assay_store *store, struct assay_kms *with)
{
    return (struct assay_column_table){.backend = backend, .instance = instance, .kms = with, .store = store};
}

static void make_row(unsigned row, struct assay_column_row *out)
{
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < ASSAY_COLUMNS; i++)
        out->size[i] = (uint8_t)snprintf((char *)out->field[i], ASSAY_COLUMN_MAX, "%s of subject %04u",
                                         assay_column_names[i], row);
}

static void fill(struct assay_column_table *t)
{
    for (unsigned row = 0; row < ROWS; row++) {
        struct assay_column_row data;
        make_row(row, &data);
        assert_int_equal(assay_column_put(t, row % TENANTS, row, &data), ASSAY_OK);
    }
}

/* How many rows come back as they were; refused: how many do not open. */
static unsigned come_back(struct assay_column_table *t, unsigned *refused)
{
    unsigned same = 0;
    *refused = 0;
    for (unsigned row = 0; row < ROWS; row++) {
        struct assay_column_row data, got;
        make_row(row, &data);
        memset(&got, 0, sizeof got);
        enum assay_rc rc = assay_column_get(t, row % TENANTS, row, &got);
        same += rc == ASSAY_OK && memcmp(&got, &data, sizeof got) == 0;
        *refused += rc == ASSAY_AUTH;
    }
    return same;
}

static uint8_t *read_file(const char *name, size_t *size)
{
    uint8_t *bytes = NULL;
    FILE *f = fopen(path_of(name), "rb");
    *size = 0;
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    if (n > 0 && (bytes = malloc((size_t)n)) && fread(bytes, 1, (size_t)n, f) == (size_t)n)
        *size = (size_t)n;
    fclose(f);
    return bytes;
}

/* Fields of rows that are to be read in the file. */
static unsigned seen_in(const char *name)
{
    size_t size;
    unsigned seen = 0;
    uint8_t *bytes = read_file(name, &size);
    for (unsigned row = 0; bytes && row < ROWS; row++) {
        struct assay_column_row data;
        make_row(row, &data);
        for (unsigned i = 0; i < ASSAY_COLUMNS; i++)
            seen += memmem(bytes, size, data.field[i], data.size[i]) != NULL;
    }
    free(bytes);
    return seen;
}

static void copy(const char *from, const char *to)
{
    size_t size;
    uint8_t *bytes = read_file(from, &size);
    FILE *f = fopen(path_of(to), "wb");
    assert_non_null(f);
    assert_true(size == 0 || fwrite(bytes, 1, size, f) == size);
    assert_int_equal(fclose(f), 0);
    free(bytes);
}

static void backup(const char *from, const char *to)
{
    sqlite3 *source, *copy_of;
    assert_int_equal(sqlite3_open(path_of(from), &source), SQLITE_OK);
    assert_int_equal(sqlite3_open(path_of(to), &copy_of), SQLITE_OK);
    sqlite3_backup *b = sqlite3_backup_init(copy_of, "main", source, "main");
    assert_non_null(b);
    assert_int_equal(sqlite3_backup_step(b, -1), SQLITE_DONE);
    assert_int_equal(sqlite3_backup_finish(b), SQLITE_OK);
    sqlite3_close(copy_of);
    sqlite3_close(source);
}

/* A copy opened with this KMS: all rows come back, or none does. */
static void restore(const char *name, struct assay_kms *with, bool gives)
{
    struct assay_store *store = open_store(name);
    struct assay_column_table t = table_in(store, with);
    unsigned refused;
    assert_int_equal(assay_column_open(&t, NAME, TENANTS), ASSAY_OK);
    unsigned same = come_back(&t, &refused);
    assert_int_equal(same, gives ? ROWS : 0);
    assert_int_equal(refused, gives ? 0 : ROWS);
    assay_column_close(&t);
    store->close(store);
}

static void test_backup(void **state)
{
    (void)state;
    static const char *const copies[] = {"backup", "copied"};
    struct assay_store *store = open_store("live");
    struct assay_column_table t = table_in(store, kms);
    struct assay_kms *other;
    assert_int_equal(assay_kms_inline(backend, instance, &other), ASSAY_OK);
    assert_int_equal(assay_column_open(&t, NAME, TENANTS), ASSAY_OK);
    fill(&t);
    assert_int_equal(assay_dek_cache_counts(t.cache).unwraps, TENANTS); /* a key each */
    backup("live", "backup");
    copy("live", "copied"); /* while it is open: the rows are in the log still */
    copy("live-wal", "copied-wal");
    assert_int_equal(seen_in("live") + seen_in("live-wal"), 0);
    assert_int_equal(seen_in("copied-wal"), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(seen_in(copies[i]), 0);
        restore(copies[i], other, false);
        restore(copies[i], kms, true);
    }
    /* The scan would have seen a field. */
    struct assay_column_row data;
    make_row(7, &data);
    assert_int_equal(store->put(store, (struct assay_bytes){(const uint8_t *)"planted", 7},
                                (struct assay_bytes){data.field[1], data.size[1]}, 0),
                     ASSAY_OK);
    backup("live", "planted");
    assert_int_equal(seen_in("planted"), 1);
    other->close(other);
    assay_column_close(&t);
    store->close(store);
}

static enum assay_rc read_raw(struct assay_store *s, struct assay_column_table *t, uint64_t row,
                              uint8_t *value, size_t *size)
{
    char key[ASSAY_STORE_KEY_MAX];
    bool found;
    enum assay_rc rc = s->get(s, assay_column_key(t, row, key), value, size, &found);
    return rc == ASSAY_OK && !found ? ASSAY_AUTH : rc;
}

static enum assay_rc write_raw(struct assay_store *s, struct assay_column_table *t, uint64_t row,
                               const uint8_t *value, size_t size)
{
    char key[ASSAY_STORE_KEY_MAX];
    return s->put(s, assay_column_key(t, row, key), (struct assay_bytes){value, size}, 0);
}

/* What an attacker with the database but without keys can do to rows: nothing that is believed. */
static void test_places(void **state)
{
    (void)state;
    struct assay_store *store = assay_store_memory(1000);
    struct assay_column_table t = table_in(store, kms), namesake = table_in(store, kms);
    uint8_t value[ASSAY_STORE_VALUE_MAX], key[ASSAY_STORE_VALUE_MAX];
    struct assay_column_row got;
    size_t size, key_size;
    bool found;
    assert_int_equal(assay_column_open(&t, NAME, TENANTS), ASSAY_OK);
    fill(&t);
    assert_int_equal(read_raw(store, &t, 0, value, &size), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 0, 0, &got), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 1, 0, &got), ASSAY_AUTH);
    assert_int_equal(assay_column_get(&t, 0, ROWS, &got), ASSAY_AUTH); /* no such row */
    assert_int_equal(assay_column_get(&t, TENANTS, 0, &got), ASSAY_INPUT);
    assert_int_equal(write_raw(store, &t, TENANTS, value, size), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 0, TENANTS, &got), ASSAY_AUTH); /* another row of the tenant */
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(write_raw(store, &t, 0, value, cut), ASSAY_OK);
        assert_int_equal(assay_column_get(&t, 0, 0, &got), ASSAY_AUTH);
    }
    for (size_t at = 0; at < size; at++) {
        value[at] ^= 0x20;
        assert_int_equal(write_raw(store, &t, 0, value, size), ASSAY_OK);
        assert_int_equal(assay_column_get(&t, 0, 0, &got), ASSAY_AUTH);
        value[at] ^= 0x20;
    }
    assert_int_equal(write_raw(store, &t, 0, value, size), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 0, 0, &got), ASSAY_OK);
    /* The row and the wrapped key taken to another table. */
    assert_int_equal(assay_column_open(&namesake, NAME "2", TENANTS), ASSAY_OK);
    assert_int_equal(write_raw(store, &namesake, 0, value, size), ASSAY_OK);
    assert_int_equal(assay_column_get(&namesake, 0, 0, &got), ASSAY_AUTH);
    assay_column_close(&namesake);
    const struct assay_bytes from = {(const uint8_t *)NAME ":dek:0", sizeof NAME + 5},
                             to = {(const uint8_t *)NAME "2:dek:0", sizeof NAME + 6};
    assert_int_equal(store->get(store, from, key, &key_size, &found), ASSAY_OK);
    assert_true(found);
    assert_int_equal(store->put(store, to, (struct assay_bytes){key, key_size}, 0), ASSAY_OK);
    namesake = table_in(store, kms);
    assert_int_equal(assay_column_open(&namesake, NAME "2", TENANTS), ASSAY_OK);
    assert_int_equal(assay_column_get(&namesake, 0, 0, &got), ASSAY_AUTH);
    assert_int_equal(assay_dek_cache_counts(namesake.cache).failed, 1); /* the KMS refused the key */
    assay_column_close(&namesake);
    assay_column_close(&t);
    store->close(store);
}

static enum assay_rc careless_wrap(struct assay_kms *k, uint8_t *out, struct assay_bytes dek,
                                   struct assay_bytes aad)
{
    (void)k;
    (void)aad;
    memset(out, 0, dek.size + ASSAY_KMS_OVERHEAD);
    return ASSAY_OK;
}

static enum assay_rc careless_unwrap(struct assay_kms *k, uint8_t *dek, struct assay_bytes wrapped,
                                     struct assay_bytes aad)
{
    (void)k;
    (void)aad;
    memset(dek, 7, wrapped.size - ASSAY_KMS_OVERHEAD);
    return ASSAY_OK;
}

/* One key for all, from a KMS that binds nothing: what is sealed holds in its place alone all the same. */
static void test_bound_by_itself(void **state)
{
    (void)state;
    struct assay_kms careless = {.name = "careless", .wrap = careless_wrap, .unwrap = careless_unwrap};
    struct assay_store *store = assay_store_memory(1000);
    struct assay_column_table t = table_in(store, &careless), other = table_in(store, &careless);
    uint8_t value[ASSAY_STORE_VALUE_MAX] = {0}, swapped[ASSAY_STORE_VALUE_MAX];
    struct assay_column_row data, got;
    size_t size;
    make_row(0, &data);
    memcpy(data.field[1], data.field[0], sizeof data.field[0]); /* two columns of one size */
    data.size[1] = data.size[0];
    assert_int_equal(assay_column_open(&t, NAME, TENANTS), ASSAY_OK);
    assert_int_equal(assay_column_open(&other, "peopl2", TENANTS), ASSAY_OK);
    assert_int_equal(assay_column_put(&t, 0, 0, &data), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 0, 0, &got), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 1, 0, &got), ASSAY_AUTH);
    assert_int_equal(read_raw(store, &t, 0, value, &size), ASSAY_OK);
    assert_int_equal(write_raw(store, &t, 1, value, size), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 0, 1, &got), ASSAY_AUTH);
    assert_int_equal(write_raw(store, &other, 0, value, size), ASSAY_OK);
    assert_int_equal(assay_column_get(&other, 0, 0, &got), ASSAY_AUTH);
    size_t one = 1 + ASSAY_NONCE_SIZE + data.size[0] + ASSAY_TAG_SIZE;
    memcpy(swapped, value, size);
    memcpy(swapped, value + one, one);
    memcpy(swapped + one, value, one);
    assert_int_equal(write_raw(store, &t, 0, swapped, size), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 0, 0, &got), ASSAY_AUTH);
    assert_int_equal(write_raw(store, &t, 0, value, size), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 0, 0, &got), ASSAY_OK);
    assert_int_equal(write_raw(store, &t, 0, value, size + 1), ASSAY_OK);
    assert_int_equal(assay_column_get(&t, 0, 0, &got), ASSAY_AUTH);
    assay_column_close(&other);
    assay_column_close(&t);
    store->close(store);
}

static void test_drop_and_limits(void **state)
{
    (void)state;
    struct assay_store *store = assay_store_memory(1000);
    struct assay_column_table t = table_in(store, kms), again;
    struct assay_column_row data;
    unsigned refused;
    make_row(1, &data);
    assert_int_equal(assay_column_open(&t, "", TENANTS), ASSAY_INPUT);
    assert_int_equal(assay_column_open(&t, "a name of 24 characters.", TENANTS), ASSAY_INPUT);
    assert_int_equal(assay_column_open(&t, NAME, 0), ASSAY_INPUT);
    assert_int_equal(assay_column_open(&t, "a name of 23 characters", TENANTS), ASSAY_OK);
    fill(&t);
    again = table_in(store, kms); /* who opens it again has its keys */
    assert_int_equal(assay_column_open(&again, "a name of 23 characters", TENANTS), ASSAY_OK);
    assert_int_equal(come_back(&again, &refused), ROWS);
    data.size[2] = 0;
    assert_int_equal(assay_column_put(&t, 0, 0, &data), ASSAY_INPUT);
    data.size[2] = ASSAY_COLUMN_MAX + 1;
    assert_int_equal(assay_column_put(&t, 0, 0, &data), ASSAY_INPUT);
    assert_int_equal(assay_column_drop(&t, ROWS), ASSAY_OK);
    assert_int_equal(come_back(&again, &refused), 0);
    assert_int_equal(refused, ROWS);
    assay_column_close(&again);
    assay_column_close(&t);
    store->close(store);
}

static void clean_up(void)
{
    static const char *const names[] = {"live", "backup", "copied", "planted"}, *const tails[] = {"", "-wal",
                                                                                                  "-shm"};
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 3; k++) {
            char name[32];
            snprintf(name, sizeof name, "%s%s", names[i], tails[k]);
            unlink(path_of(name));
        }
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_backup), cmocka_unit_test(test_places),
                                       cmocka_unit_test(test_bound_by_itself),
                                       cmocka_unit_test(test_drop_and_limits)};
    void *module = argc == 3 ? dlopen(argv[2], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (module)
        *(void **)&opener = dlsym(module, ASSAY_STORE_OPEN);
    if (!opener || !open_module(1, argv + 1, &backend, &instance))
        return 2;
    if (!backend->rand || assay_kms_inline(backend, instance, &kms) != ASSAY_OK) {
        printf("skipped: the module has no AES-256-GCM or no generator\n");
        return 77;
    }
    if (!mkdtemp(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    kms->close(kms);
    clean_up();
    return failed;
}

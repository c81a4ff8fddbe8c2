/* SPDX-License-Identifier: Apache-2.0
 *
 * rewrap.bulk: a KEK is rotated over a table of stored data keys. An operation is one row: read, unwrapped
 * under the old KEK, wrapped under the new, written back. Payloads lie beside their keys and are never
 * touched.
 *
 * It can be stopped anywhere. A row says which generation of the KEK wraps its data key and is replaced as a
 * whole, and the table says which generation is being brought in: whoever goes on after a crash skips the
 * rows that have it. When the last row has it, the old KEK is in use nowhere, and the next generation begins.
 * With a store that lasts (native+sqlite:FILE) a worker goes on where the last one, of the same number of
 * rows, ended; the proof reads the whole table. Test KEKs: a generation's is the same on every instance.
 */
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEK_SIZE       32u
#define WRAPPED_SIZE   (DEK_SIZE + 8u)
#define PAYLOAD_SIZE   64u
#define ROW_SIZE       (8u + WRAPPED_SIZE)
#define ENTRY_NAME_MAX 48u

static const struct assay_value rows[] = {{"100", 100}, {"1000", 1000}, {"100000", 100000}};
static const struct assay_param params[] = {ASSAY_PARAM("rows", rows), {0}};

struct rewrap_state {
    uint64_t count, next; /* rows; the one to look at next */
    uint64_t target;      /* the generation being brought in */
    assay_wrap *kek[2];   /* of the generations target - 1 and target, each at its number's last bit */
    unsigned thread;      /* names this thread's own table */
};

static struct assay_bytes name_of(const struct assay_case *c, const char *what, uint64_t row,
                                  char out[ENTRY_NAME_MAX])
{
    const struct rewrap_state *s = c->state;
    int n = snprintf(out, ENTRY_NAME_MAX, "rewrap:%llu.%u:%s:%llu", (unsigned long long)s->count, s->thread,
                     what, (unsigned long long)row);
    return (struct assay_bytes){(const uint8_t *)out, (size_t)n};
}

static void put_number(uint8_t out[8], uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t get_number(const uint8_t in[8])
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | in[i];
    return value;
}

static enum assay_rc load_kek(struct assay_case *c, uint64_t generation)
{
    struct rewrap_state *s = c->state;
    uint8_t key[32];
    assay_wrap **kek = &s->kek[generation & 1];
    c->backend->wrap->wrap_free(*kek);
    *kek = NULL;
    assay_fill(key, sizeof key, 1000 + generation);
    enum assay_rc rc = c->backend->wrap->wrap_new(c->instance, ASSAY_AES_KW, key, sizeof key, kek);
    explicit_bzero(key, sizeof key);
    return rc;
}

static void dek_of(uint64_t row, uint8_t dek[DEK_SIZE])
{
    assay_fill(dek, DEK_SIZE, 5000 + row);
}

static enum assay_rc read_entry(struct assay_case *c, const char *what, uint64_t row, size_t want,
                                uint8_t *out)
{
    char name[ENTRY_NAME_MAX];
    size_t size;
    bool found;
    ASSAY_TRY(assay_store_told(c, c->store->get(c->store, name_of(c, what, row, name), out, &size, &found)));
    if (!found || size != want)
        return assay_wrong(c, "%s of row %llu is %s", what, (unsigned long long)row,
                           found ? "of another size" : "not there");
    return ASSAY_OK;
}

/* Whether the table was there already: its last entry is written last. */
static enum assay_rc open_table(struct assay_case *c)
{
    struct rewrap_state *s = c->state;
    uint8_t value[ASSAY_STORE_VALUE_MAX];
    char name[ENTRY_NAME_MAX];
    size_t size;
    bool found;
    ASSAY_TRY(
        assay_store_told(c, c->store->get(c->store, name_of(c, "target", 0, name), value, &size, &found)));
    s->target = found && size == 8 ? get_number(value) : 1;
    ASSAY_TRY(load_kek(c, s->target - 1));
    ASSAY_TRY(load_kek(c, s->target));
    for (uint64_t i = 0; !found && i < s->count; i++) {
        uint8_t dek[DEK_SIZE], row[ROW_SIZE + DEK_SIZE], payload[PAYLOAD_SIZE];
        size_t wrapped;
        dek_of(i, dek);
        put_number(row, s->target - 1);
        ASSAY_TRY(c->backend->wrap->wrap(s->kek[(s->target - 1) & 1], row + 8, &wrapped, dek, DEK_SIZE));
        assay_fill(payload, sizeof payload, 9000 + i);
        ASSAY_TRY(assay_store_told(c, c->store->put(c->store, name_of(c, "payload", i, name),
                                                    (struct assay_bytes){payload, sizeof payload}, 0)));
        ASSAY_TRY(assay_store_told(
            c, c->store->put(c->store, name_of(c, "dek", i, name), (struct assay_bytes){row, ROW_SIZE}, 0)));
    }
    put_number(value, s->target);
    return assay_store_told(
        c, c->store->put(c->store, name_of(c, "target", 0, name), (struct assay_bytes){value, 8}, 0));
}

/* Cases of several threads have a table each. */
static unsigned next_thread(void)
{
    static unsigned threads;
    return __atomic_fetch_add(&threads, 1, __ATOMIC_RELAXED);
}

static enum assay_rc rewrap_setup(struct assay_case *c)
{
    struct rewrap_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->count = c->value[0];
    s->thread = next_thread();
    return open_table(c);
}

static void rewrap_teardown(struct assay_case *c)
{
    struct rewrap_state *s = c->state;
    if (!s)
        return;
    for (int i = 0; i < 2; i++)
        c->backend->wrap->wrap_free(s->kek[i]);
    free(s);
    c->state = NULL;
}

static bool rewrap_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_WRAP, ASSAY_AES_KW, why, why_size);
}

static enum assay_op rewrap_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_AES_KW;
    return ASSAY_OP_WRAP;
}

/* The generation whose rows are all done makes room for the next: written down before any row is touched. */
static enum assay_rc next_generation(struct assay_case *c)
{
    struct rewrap_state *s = c->state;
    uint8_t value[8];
    char name[ENTRY_NAME_MAX];
    ASSAY_TRY(load_kek(c, s->target + 1)); /* in the place of the oldest, which wraps nothing now */
    s->target++;
    s->next = 0;
    put_number(value, s->target);
    return assay_store_told(
        c, c->store->put(c->store, name_of(c, "target", 0, name), (struct assay_bytes){value, 8}, 0));
}

/* *done: it was not of the new generation yet. */
static enum assay_rc rewrap_row(struct assay_case *c, uint64_t i, bool *done)
{
    struct rewrap_state *s = c->state;
    uint8_t row[ASSAY_STORE_VALUE_MAX], dek[WRAPPED_SIZE];
    char name[ENTRY_NAME_MAX];
    size_t size;
    ASSAY_TRY(read_entry(c, "dek", i, ROW_SIZE, row));
    *done = get_number(row) != s->target;
    if (!*done)
        return ASSAY_OK;
    enum assay_rc rc =
        c->backend->wrap->unwrap(s->kek[(s->target - 1) & 1], dek, &size, row + 8, WRAPPED_SIZE);
    put_number(row, s->target);
    if (rc == ASSAY_OK)
        rc = c->backend->wrap->wrap(s->kek[s->target & 1], row + 8, &size, dek, DEK_SIZE);
    explicit_bzero(dek, sizeof dek);
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "the data key of row %llu does not unwrap", (unsigned long long)i);
    ASSAY_TRY(rc);
    return assay_store_told(
        c, c->store->put(c->store, name_of(c, "dek", i, name), (struct assay_bytes){row, ROW_SIZE}, 0));
}

static enum assay_rc rewrap_run(struct assay_case *c, uint64_t n)
{
    struct rewrap_state *s = c->state;
    while (n > 0) {
        bool done;
        if (s->next == s->count)
            ASSAY_TRY(next_generation(c));
        ASSAY_TRY(rewrap_row(c, s->next, &done));
        s->next++;
        n -= done;
    }
    return ASSAY_OK;
}

/* A row as it must be: of the old generation or the new, its data key and its payload what they always were.
 */
static enum assay_rc check_row(struct assay_case *c, uint64_t i)
{
    struct rewrap_state *s = c->state;
    uint8_t entry[ASSAY_STORE_VALUE_MAX], dek[WRAPPED_SIZE], want[PAYLOAD_SIZE];
    size_t size;
    ASSAY_TRY(read_entry(c, "payload", i, PAYLOAD_SIZE, entry));
    assay_fill(want, PAYLOAD_SIZE, 9000 + i);
    if (memcmp(entry, want, PAYLOAD_SIZE) != 0)
        return assay_wrong(c, "the payload of row %llu has changed", (unsigned long long)i);
    ASSAY_TRY(read_entry(c, "dek", i, ROW_SIZE, entry));
    uint64_t generation = get_number(entry);
    if (generation != s->target && generation != s->target - 1)
        return assay_wrong(c, "row %llu is of generation %llu", (unsigned long long)i,
                           (unsigned long long)generation);
    enum assay_rc rc = c->backend->wrap->unwrap(s->kek[generation & 1], dek, &size, entry + 8, WRAPPED_SIZE);
    dek_of(i, want);
    if (rc == ASSAY_AUTH || (rc == ASSAY_OK && (size != DEK_SIZE || memcmp(dek, want, DEK_SIZE) != 0)))
        return assay_wrong(c, "row %llu holds another data key", (unsigned long long)i);
    return rc;
}

static enum assay_rc rewrap_check(struct assay_case *c)
{
    struct rewrap_state *s = c->state;
    return s->next > 0 ? check_row(c, s->next - 1) : ASSAY_OK;
}

static enum assay_rc rewrap_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct rewrap_state *s = c->state;
    uint8_t row[ASSAY_STORE_VALUE_MAX], dek[WRAPPED_SIZE];
    size_t size;
    for (uint64_t i = 0; i < s->count; i++, proof->answers++)
        ASSAY_TRY(check_row(c, i));
    ASSAY_TRY(rewrap_run(c, 1));
    ASSAY_TRY(rewrap_check(c));
    ASSAY_TRY(read_entry(c, "dek", s->next - 1, ROW_SIZE, row));
    ASSAY_TRY(assay_expect_refused(
        c, proof, "a rewrapped data key under its former KEK",
        c->backend->wrap->unwrap(s->kek[(s->target - 1) & 1], dek, &size, row + 8, WRAPPED_SIZE)));
    row[8] ^= 1;
    return assay_expect_refused(
        c, proof, "a wrapped data key with a flipped bit",
        c->backend->wrap->unwrap(s->kek[s->target & 1], dek, &size, row + 8, WRAPPED_SIZE));
}

static const char *const headline[] = {"1000", NULL};
static const char *const full_only[] = {"100000", NULL};

const struct assay_kernel assay_rewrap_bulk = {
    .id = "rewrap.bulk",
    .summary =
        "one stored data key read, unwrapped under the old KEK, wrapped under the new and written back",
    .source = "RFC 3394; SP 800-57 part 1 §5.3.6",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .uses = ASSAY_USES_STORE,
    .params = params,
    .headline = headline,
    .full_only = full_only,
    .supported = rewrap_supported,
    .served = rewrap_served,
    .setup = rewrap_setup,
    .prove = rewrap_prove,
    .run = rewrap_run,
    .check = rewrap_check,
    .teardown = rewrap_teardown,
};

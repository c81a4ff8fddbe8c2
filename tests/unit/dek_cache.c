/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache of data keys over a KMS that counts, fails, and answers only when told to. Its "wrapped" keys are
 * made up: what it unwraps is a pattern of the id.
 */
#include "kernels/service/dek_cache.h"
#include "kernels/kernel.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define TTL         1000u
#define THREADS     8u
#define PATIENCE_MS 30000u

static struct {
    struct assay_dek_cache *cache;
    atomic_uint calls, hold; /* hold: unwrap() waits until so many others wait for it */
    atomic_bool failing, gate;
} fake;

static void nap(void)
{
    nanosleep(&(struct timespec){0, 1000000}, NULL);
}

static void key_of(struct assay_bytes id, uint8_t key[32])
{
    assay_fill(key, 32, 77 + id.data[0]);
}

static enum assay_rc fake_unwrap(struct assay_kms *kms, uint8_t *dek, struct assay_bytes wrapped,
                                 struct assay_bytes aad)
{
    (void)kms;
    (void)wrapped;
    atomic_fetch_add(&fake.calls, 1);
    for (unsigned i = 0; assay_dek_cache_waiting(fake.cache) < atomic_load(&fake.hold) && i < PATIENCE_MS;
         i++)
        nap();
    for (unsigned i = 0; atomic_load(&fake.gate) && i < PATIENCE_MS; i++)
        nap();
    if (atomic_load(&fake.failing))
        return ASSAY_LIBRARY;
    key_of(aad, dek);
    return ASSAY_OK;
}

static const char *fake_error(struct assay_kms *kms)
{
    (void)kms;
    return "the test KMS is down";
}

static struct assay_kms kms = {.name = "fake", .unwrap = fake_unwrap, .last_error = fake_error};

static void begin(size_t capacity)
{
    assay_dek_cache_free(fake.cache);
    fake.cache = assay_dek_cache_new(&kms, capacity, TTL);
    assert_non_null(fake.cache);
    fake.calls = fake.hold = 0;
    fake.failing = fake.gate = false;
}

static enum assay_rc ask(int id, uint64_t now, uint64_t *version)
{
    static const uint8_t wrapped[32 + ASSAY_KMS_OVERHEAD];
    uint8_t name[2] = {(uint8_t)id, 'x'}, key[ASSAY_KMS_DEK_MAX] = {0}, want[32];
    const struct assay_dek_request r = {{name, 2}, {wrapped, sizeof wrapped}, now};
    uint64_t had = *version;
    enum assay_rc rc = assay_dek_cache_get(fake.cache, &r, version, key);
    key_of(r.id, want);
    if (rc == ASSAY_OK && (*version == had ? key[0] != 0 : memcmp(key, want, sizeof want) != 0))
        return ASSAY_AUTH; /* another key, or one that was not asked for */
    return rc;
}

/* The number of unwraps that it took. */
static unsigned cost(int id, uint64_t now)
{
    unsigned before = fake.calls;
    uint64_t version = 0;
    assert_int_equal(ask(id, now, &version), ASSAY_OK);
    return fake.calls - before;
}

static void test_time_to_live(void **state)
{
    (void)state;
    uint64_t version = 0, first;
    begin(8);
    assert_int_equal(ask('a', 0, &version), ASSAY_OK);
    first = version;
    assert_int_equal(ask('a', TTL - 1, &version), ASSAY_OK);
    assert_int_equal(fake.calls, 1);
    assert_true(version == first && version != 0);
    assert_int_equal(ask('a', TTL, &version), ASSAY_OK);
    assert_int_equal(fake.calls, 2);
    assert_true(version != first);
    assert_int_equal(cost('a', 2 * TTL - 1), 0); /* a use does not make it live longer */
    assert_int_equal(cost('a', 2 * TTL), 1);
    assert_int_equal(assay_dek_cache_counts(fake.cache).expired, 2);
}

static void test_size(void **state)
{
    (void)state;
    begin(3);
    for (int id = 'a'; id <= 'd'; id++)
        assert_int_equal(cost(id, 0), 1);
    for (int id = 'b'; id <= 'd'; id++)
        assert_int_equal(cost(id, 1), 0);
    assert_int_equal(cost('a', 1), 1); /* the oldest went */
    assert_int_equal(cost('c', 1), 0);
    assert_int_equal(cost('b', 1), 1);
    assert_int_equal(assay_dek_cache_counts(fake.cache).evicted, 3);
}

static bool holds(int id)
{
    uint8_t key[32], name[2] = {(uint8_t)id, 'x'};
    key_of((struct assay_bytes){name, 2}, key);
    for (size_t i = 0; i < fake.cache->capacity; i++)
        if (memcmp(fake.cache->slot[i].key, key, sizeof key) == 0)
            return true;
    return false;
}

/* Whichever way a key goes, its bytes go. */
static void test_wiped(void **state)
{
    (void)state;
    begin(4);
    cost('a', 0);
    cost('b', 10);
    cost('c', 10);
    assert_true(holds('a') && holds('b') && holds('c'));
    assay_dek_cache_forget(fake.cache, (struct assay_bytes){(const uint8_t *)"cx", 2});
    assert_false(holds('c'));
    cost('d', TTL); /* a miss wipes what has expired, whoever's it was */
    assert_false(holds('a'));
    assert_true(holds('b') && holds('d'));
    for (int id = 'e'; id <= 'g'; id++)
        cost(id, TTL + 1);
    assert_false(holds('b')); /* evicted */
}

/* A KMS that is down: what is cached is served until its time is over, a miss fails, loudly. */
static void test_outage(void **state)
{
    (void)state;
    uint64_t version = 0;
    begin(8);
    assert_int_equal(cost('a', 0), 1);
    fake.failing = true;
    assert_int_equal(cost('a', TTL - 1), 0);
    assert_int_equal(ask('b', 1, &version), ASSAY_LIBRARY);
    assert_string_equal(assay_dek_cache_error(), "the test KMS is down");
    assert_int_equal(version, 0);
    assert_int_equal(ask('a', TTL, &version), ASSAY_LIBRARY);
    assert_false(holds('a'));
    fake.failing = false;
    assert_int_equal(cost('b', TTL), 1); /* a failure is not kept */
    assert_string_equal(assay_dek_cache_error(), "");
    assert_int_equal(assay_dek_cache_counts(fake.cache).failed, 2);
}

struct caller {
    pthread_t thread;
    char id;
    enum assay_rc rc;
    char error[64];
    uint64_t version;
};

static void *call(void *data)
{
    struct caller *c = data;
    c->rc = ask(c->id, 0, &c->version);
    strncpy(c->error, assay_dek_cache_error(), sizeof c->error - 1);
    return NULL;
}

static void start(struct caller *c, unsigned n, char id, char step)
{
    for (unsigned i = 0; i < n; i++) {
        c[i] = (struct caller){.id = (char)(id + (char)i * step)};
        assert_int_equal(pthread_create(&c[i].thread, NULL, call, &c[i]), 0);
    }
}

static void finish(struct caller *c, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pthread_join(c[i].thread, NULL);
}

/* Many miss one key at once: one unwrap, and its outcome is everybody's. */
static void test_single_flight(void **state)
{
    (void)state;
    struct caller c[THREADS];
    begin(8);
    for (int failing = 0; failing <= 1; failing++) {
        fake.hold = THREADS - 1;
        fake.failing = failing;
        start(c, THREADS, (char)('a' + failing), 0);
        finish(c, THREADS);
        assert_int_equal(fake.calls, 1 + failing);
        for (unsigned i = 0; i < THREADS; i++) {
            assert_int_equal(c[i].rc, failing ? ASSAY_LIBRARY : ASSAY_OK);
            assert_string_equal(c[i].error, failing ? "the test KMS is down" : "");
            assert_int_equal(c[i].version, c[0].version);
        }
    }
    struct assay_dek_counts counts = assay_dek_cache_counts(fake.cache);
    assert_int_equal(counts.joined, 2 * (THREADS - 1));
    assert_int_equal(counts.unwraps, 2);
    fake.failing = false;
    fake.hold = 0;
    assert_int_equal(cost('b', 0), 1);
    assert_int_equal(cost('a', 0), 0);
}

/* Keys forgotten on their way here are not kept, and a new question does not join the old answer. */
static void test_forgotten_in_flight(void **state)
{
    (void)state;
    struct caller c[2];
    begin(8);
    fake.gate = true;
    start(&c[0], 1, 'a', 0);
    for (unsigned i = 0; fake.calls < 1 && i < PATIENCE_MS; i++)
        nap();
    assay_dek_cache_forget(fake.cache, (struct assay_bytes){(const uint8_t *)"ax", 2});
    start(&c[1], 1, 'a', 0);
    for (unsigned i = 0; fake.calls < 2 && i < PATIENCE_MS; i++)
        nap();
    assert_int_equal(fake.calls, 2);
    fake.gate = false;
    finish(c, 2);
    assert_int_equal(c[0].rc, ASSAY_OK);
    assert_int_equal(c[1].rc, ASSAY_OK);
    assert_int_equal(cost('a', 0), 0); /* the second's */
    assay_dek_cache_forget(fake.cache, (struct assay_bytes){(const uint8_t *)"ax", 2});
    assert_false(holds('a'));
    assert_int_equal(cost('a', 0), 1);
}

/* More keys on their way than there are places: each is served, in its turn. */
static void test_no_room(void **state)
{
    (void)state;
    struct caller c[THREADS];
    begin(2);
    fake.gate = true;
    start(c, THREADS, 'a', 1);
    for (unsigned i = 0; fake.calls < 2 && i < PATIENCE_MS; i++)
        nap();
    assert_int_equal(fake.calls, 2);
    fake.gate = false;
    finish(c, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(c[i].rc, ASSAY_OK);
    assert_int_equal(fake.calls, THREADS);
}

static void *rush(void *data)
{
    uint64_t random = (uint64_t)(uintptr_t)data, version[16] = {0};
    for (unsigned i = 0; i < 20000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned id = (unsigned)(random >> 33) % 16, what = (unsigned)(random >> 40) % 64;
        uint8_t name[2] = {(uint8_t)('a' + id), 'x'};
        if (what == 0)
            assay_dek_cache_forget(fake.cache, (struct assay_bytes){name, 2});
        else if (ask(name[0], i < 10000 ? i / 4 + what : i * TTL, &version[id]) != ASSAY_OK)
            return fake.cache;
    }
    return NULL;
}

/* All at once, over a cache that is too small, with clocks apart, slow ones first, when keys go to make room,
 * then fast ones, when they expire: never another key. */
static void test_rush(void **state)
{
    (void)state;
    pthread_t thread[THREADS];
    void *wrong;
    begin(5);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, rush, (void *)(i + 1)), 0); // NOLINT
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(thread[i], &wrong);
        assert_null(wrong);
    }
    struct assay_dek_counts n = assay_dek_cache_counts(fake.cache);
    assert_int_equal(n.unwraps, fake.calls);
    assert_true(n.evicted > 0 && n.expired > 0 && n.hits > 0);
    assert_int_equal(assay_dek_cache_waiting(fake.cache), 0);
}

static void test_limits(void **state)
{
    (void)state;
    static const uint8_t bytes[ASSAY_KMS_DEK_MAX + ASSAY_KMS_OVERHEAD + 1];
    uint8_t key[ASSAY_KMS_DEK_MAX];
    uint64_t version = 0;
    begin(1);
    const struct assay_dek_request bad[] = {
        {{bytes, 0}, {bytes, 60}, 0},
        {{bytes, ASSAY_DEK_ID_MAX + 1}, {bytes, 60}, 0},
        {{bytes, 1}, {bytes, ASSAY_KMS_OVERHEAD - 1}, 0},
        {{bytes, 1}, {bytes, sizeof bytes}, 0},
    };
    for (size_t i = 0; i < ASSAY_COUNT(bad); i++)
        assert_int_equal(assay_dek_cache_get(fake.cache, &bad[i], &version, key), ASSAY_INPUT);
    const struct assay_dek_request longest = {{bytes, ASSAY_DEK_ID_MAX}, {bytes, sizeof bytes - 1}, 0};
    assert_int_equal(assay_dek_cache_get(fake.cache, &longest, &version, key), ASSAY_OK);
    assert_int_equal(fake.calls, 1);
    struct assay_dek_context context = {0}; /* a DEK of 16 bytes is no key of AES-256 */
    const struct assay_dek_request shorter = {{bytes, 1}, {bytes, 16 + ASSAY_KMS_OVERHEAD}, 0};
    assert_int_equal(assay_dek_context_use(&context, fake.cache, &shorter, NULL, NULL, ASSAY_AES_256_GCM),
                     ASSAY_INPUT);
    assay_dek_cache_free(fake.cache);
    fake.cache = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_to_live),  cmocka_unit_test(test_size),
        cmocka_unit_test(test_wiped),         cmocka_unit_test(test_outage),
        cmocka_unit_test(test_single_flight), cmocka_unit_test(test_forgotten_in_flight),
        cmocka_unit_test(test_no_room),       cmocka_unit_test(test_rush),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What companions/store.h promises, held against one store: store [--remote HOST] [MODULE [OPTION]].
 * Without a module: the one in memory. With HOST, the program assay-companion: in a process of its own.
 */
#include "companions/companion.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define CAPACITY 4096u
#define RACERS   8u
#define RACES    500u

static assay_store_opener *opener; /* NULL: in memory */
static const char *host, *module, *option = "";
static struct assay_store *store;

static struct assay_bytes text(const char *s)
{
    return (struct assay_bytes){(const uint8_t *)s, strlen(s)};
}

static void put(const char *key, const char *value, uint64_t ttl_ms)
{
    assert_int_equal(store->put(store, text(key), text(value), ttl_ms), ASSAY_OK);
}

/* value: NULL for an absent key */
static void expect(const char *key, const char *value)
{
    uint8_t out[ASSAY_STORE_VALUE_MAX];
    size_t size = 99;
    bool found;
    assert_int_equal(store->get(store, text(key), out, &size, &found), ASSAY_OK);
    assert_int_equal(found, value != NULL);
    assert_int_equal(size, value ? strlen(value) : 0);
    if (value)
        assert_memory_equal(out, value, size);
}

static void test_put_get(void **state)
{
    (void)state;
    expect("k", NULL);
    put("k", "one", 0);
    expect("k", "one");
    put("k", "", 0);
    expect("k", "");
    assert_int_equal(store->put(store, text("k"), (struct assay_bytes){NULL, 0}, 0), ASSAY_OK);
    expect("k", "");
    put("k", "a longer one", 0);
    expect("k", "a longer one");
    expect("kk", NULL);
    expect("K", NULL);
    const struct assay_bytes with_nul = {(const uint8_t *)"k\0x", 3};
    uint8_t out[ASSAY_STORE_VALUE_MAX];
    size_t size;
    bool found;
    assert_int_equal(store->put(store, with_nul, (struct assay_bytes){(const uint8_t *)"\0\xff", 2}, 0),
                     ASSAY_OK);
    expect("k", "a longer one");
    assert_int_equal(store->get(store, with_nul, out, &size, &found), ASSAY_OK);
    assert_true(found);
    assert_int_equal(size, 2);
    assert_memory_equal(out, "\0\xff", 2);
}

static void test_del(void **state)
{
    (void)state;
    bool found = true;
    assert_int_equal(store->del(store, text("d"), &found), ASSAY_OK);
    assert_false(found);
    put("d", "value", 0);
    put("d2", "other", 0);
    assert_int_equal(store->del(store, text("d"), &found), ASSAY_OK);
    assert_true(found);
    expect("d", NULL);
    expect("d2", "other");
    assert_int_equal(store->del(store, text("d"), &found), ASSAY_OK);
    assert_false(found);
}

static void test_put_if_absent(void **state)
{
    (void)state;
    bool stored = false, found;
    assert_int_equal(store->put_if_absent(store, text("a"), text("first"), 0, &stored), ASSAY_OK);
    assert_true(stored);
    assert_int_equal(store->put_if_absent(store, text("a"), text("second"), 0, &stored), ASSAY_OK);
    assert_false(stored);
    expect("a", "first");
    assert_int_equal(store->del(store, text("a"), &found), ASSAY_OK);
    assert_int_equal(store->put_if_absent(store, text("a"), text("third"), 0, &stored), ASSAY_OK);
    assert_true(stored);
    expect("a", "third");
}

static void wait_ms(unsigned ms)
{
    const struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void test_expiry(void **state)
{
    (void)state;
    bool stored, found;
    put("e1", "short", 30);
    put("e2", "long", 600000);
    put("e3", "for ever", 0);
    put("e4", "renewed", 30);
    put("e4", "renewed", 600000);
    put("e5", "cut", 600000);
    put("e5", "cut", 30);
    put("e6", "absent soon", 30);
    put("e7", "deleted late", 30);
    expect("e2", "long");
    assert_int_equal(store->put_if_absent(store, text("e2"), text("x"), 0, &stored), ASSAY_OK);
    assert_false(stored);
    wait_ms(80); /* a store may count in ticks of 10 ms */
    expect("e1", NULL);
    expect("e2", "long");
    expect("e3", "for ever");
    expect("e4", "renewed");
    expect("e5", NULL);
    assert_int_equal(store->put_if_absent(store, text("e6"), text("again"), 0, &stored), ASSAY_OK);
    assert_true(stored);
    expect("e6", "again");
    assert_int_equal(store->del(store, text("e7"), &found), ASSAY_OK);
    assert_false(found);
}

static void test_limits(void **state)
{
    (void)state;
    static uint8_t big[ASSAY_STORE_VALUE_MAX + 1], out[ASSAY_STORE_VALUE_MAX];
    struct assay_bytes key = {big, ASSAY_STORE_KEY_MAX}, value = {big, ASSAY_STORE_VALUE_MAX};
    const struct assay_bytes bad[] = {{NULL, 0}, {big, ASSAY_STORE_KEY_MAX + 1}};
    size_t size;
    bool flag = false;
    memset(big, 0xa5, sizeof big);
    assert_int_equal(store->put(store, key, value, 0), ASSAY_OK);
    assert_int_equal(store->get(store, key, out, &size, &flag), ASSAY_OK);
    assert_true(flag);
    assert_int_equal(size, sizeof out);
    assert_memory_equal(out, big, sizeof out);
    value.size++;
    assert_int_equal(store->put(store, key, value, 0), ASSAY_INPUT);
    assert_int_equal(store->put_if_absent(store, text("fresh"), value, 0, &flag), ASSAY_INPUT);
    assert_false(flag);
    value.size = 1;
    for (size_t i = 0; i < 2; i++) {
        flag = true;
        assert_int_equal(store->put(store, bad[i], value, 0), ASSAY_INPUT);
        assert_int_equal(store->put_if_absent(store, bad[i], value, 0, &flag), ASSAY_INPUT);
        assert_int_equal(store->get(store, bad[i], out, &size, &flag), ASSAY_INPUT);
        assert_int_equal(store->del(store, bad[i], &flag), ASSAY_INPUT);
    }
    assert_non_null(store->last_error(store));
}

static pthread_barrier_t line;
static _Atomic unsigned winners[RACES];
static _Atomic unsigned faults; /* cmocka's assertions are for its own thread */

static void *racer(void *data)
{
    const char *name = data;
    for (unsigned i = 0; i < RACES; i++) {
        char key[32];
        bool stored = false;
        snprintf(key, sizeof key, "race-%u", i);
        pthread_barrier_wait(&line);
        if (store->put_if_absent(store, text(key), text(name), 0, &stored) != ASSAY_OK)
            faults++;
        else if (stored)
            winners[i]++;
    }
    return NULL;
}

static void test_race(void **state)
{
    (void)state;
    pthread_t thread[RACERS];
    static const char *const names[RACERS] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    faults = 0;
    memset(winners, 0, sizeof winners);
    assert_int_equal(pthread_barrier_init(&line, NULL, RACERS), 0);
    for (size_t i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, racer, (void *)(uintptr_t)names[i]), 0);
    for (size_t i = 0; i < RACERS; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&line);
    assert_int_equal(faults, 0);
    for (unsigned i = 0; i < RACES; i++)
        assert_int_equal(winners[i], 1);
}

/* Each test has a store of its own, empty. */
static int open_one(void **state)
{
    (void)state;
    char why[200] = "";
    store = NULL;
    if (host)
        (void)!assay_store_remote(host, "remote", 20000, module, option, &store, why, sizeof why);
    else if (!opener)
        store = assay_store_memory(CAPACITY);
    else if (opener(option, &store, why, sizeof why) != ASSAY_OK)
        store = NULL;
    if (!store)
        printf("%s\n", why);
    return store ? 0 : -1;
}

static int close_one(void **state)
{
    (void)state;
    store->close(store);
    store = NULL;
    return 0;
}

/* The memory store alone has a bound: it takes about `capacity` entries, then says so; what was there can be
 * replaced, and what expires makes room. */
static void test_memory_full(void **state)
{
    (void)state;
    struct assay_store *s = assay_store_memory(256);
    unsigned kept = 0, refused = 0;
    bool found;
    assert_non_null(s);
    for (unsigned i = 0; i < 4096; i++) {
        char key[32];
        snprintf(key, sizeof key, "full-%u", i);
        enum assay_rc rc = s->put(s, text(key), text("v"), 50);
        assert_true(rc == ASSAY_OK || rc == ASSAY_NOMEM);
        kept += rc == ASSAY_OK;
        refused += rc == ASSAY_NOMEM;
    }
    assert_in_range(kept, 128, 512);
    assert_int_equal(kept + refused, 4096);
    uint8_t out[ASSAY_STORE_VALUE_MAX];
    size_t size;
    assert_int_equal(s->get(s, text("full-0"), out, &size, &found), ASSAY_OK);
    assert_true(found);
    assert_int_equal(s->put(s, text("full-0"), text("replaced"), 50), ASSAY_OK);
    wait_ms(100);
    for (unsigned i = 0; i < 64; i++) {
        char key[32];
        snprintf(key, sizeof key, "later-%u", i);
        assert_int_equal(s->put(s, text(key), text("v"), 50), ASSAY_OK);
    }
    s->close(s);
}

int main(int argc, char **argv)
{
#define CONTRACT(test) cmocka_unit_test_setup_teardown(test, open_one, close_one)
    const struct CMUnitTest tests[] = {CONTRACT(test_put_get),       CONTRACT(test_del),
                                       CONTRACT(test_put_if_absent), CONTRACT(test_expiry),
                                       CONTRACT(test_limits),        CONTRACT(test_race)};
    const struct CMUnitTest own[] = {cmocka_unit_test(test_memory_full)};
    char why[200] = "";
    int at = 1;
    if (argc > 2 && strcmp(argv[1], "--remote") == 0) {
        host = argv[2];
        at = 3;
    }
    module = argc > at ? argv[at] : NULL;
    if (argc > at + 1)
        option = argv[at + 1];
    if (module && !host && !(opener = assay_store_load(module, why, sizeof why))) {
        printf("%s\n", why);
        return 2;
    }
    int failed = cmocka_run_group_tests_name("store", tests, NULL, NULL);
    return failed || module ? failed : cmocka_run_group_tests_name("memory's own", own, NULL, NULL);
}

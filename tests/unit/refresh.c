/* SPDX-License-Identifier: Apache-2.0
 *
 * Refresh tokens: refresh MODULE. Above all: of those who use one token at once, one wins, and the others end
 * its family.
 */
#include "kernels/service/refresh.h"
#include "kernels/kernel.h"
#include "tests/kat/open_module.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RACERS 4u
#define RACES  300u

static struct assay_store *store;
static const struct assay_backend *backend;
static assay_instance *instance;
static struct assay_refresh refresh;

static struct assay_bytes text(const char *s)
{
    return (struct assay_bytes){(const uint8_t *)s, strlen(s)};
}

static void init(struct assay_refresh *r)
{
    assert_int_equal(assay_refresh_init(r, backend, instance), ASSAY_OK);
    r->store = store;
    r->now = 1000000, r->idle = 100, r->family_max = 250;
}

static int setup(void **state)
{
    (void)state;
    store = assay_store_memory(100000);
    if (!store)
        return 1;
    init(&refresh);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assay_refresh_clear(&refresh);
    store->close(store);
    return 0;
}

static void issue(char token[ASSAY_REFRESH_TEXT])
{
    assert_int_equal(assay_refresh_issue(&refresh, text("c"), text("s"), token), ASSAY_OK);
}

static enum assay_refresh_result use(const char *client, const char *token, char next[ASSAY_REFRESH_TEXT])
{
    enum assay_refresh_result result = ASSAY_REFRESH_RESULTS;
    struct assay_refresh_grant grant = {0};
    assert_int_equal(
        assay_refresh_use(&refresh, text(client), token, ASSAY_REFRESH_TEXT, next, &grant, &result),
        ASSAY_OK);
    if (result == ASSAY_REFRESH_ROTATED)
        assert_true(grant.client_size == 1 && grant.client[0] == 'c' && grant.subject_size == 1 &&
                    grant.subject[0] == 's');
    else
        assert_int_equal(grant.client_size, 0);
    return result;
}

static void test_chain(void **state)
{
    char chain[10][ASSAY_REFRESH_TEXT], next[ASSAY_REFRESH_TEXT], other[ASSAY_REFRESH_TEXT];
    (void)state;
    issue(chain[0]);
    issue(other);
    for (int i = 1; i < 10; i++)
        assert_int_equal(use("c", chain[i - 1], chain[i]), ASSAY_REFRESH_ROTATED);
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(chain[i], chain[j], ASSAY_REFRESH_TEXT);
    assert_int_equal(use("d", chain[3], next), ASSAY_REFRESH_WRONG_CLIENT);
    assert_int_equal(use("", chain[3], next), ASSAY_REFRESH_WRONG_CLIENT);
    memset(next, 'x', sizeof next);
    assert_int_equal(use("c", chain[3], next), ASSAY_REFRESH_REUSED); /* long ago, and still known */
    for (size_t i = 0; i < sizeof next; i++)
        assert_int_equal(next[i], 'x');
    for (int i = 0; i < 10; i++)
        assert_int_equal(use("c", chain[i], next), ASSAY_REFRESH_REVOKED);
    assert_int_equal(use("c", other, next), ASSAY_REFRESH_ROTATED); /* another family, of the same user */
}

static void test_times(void **state)
{
    char token[ASSAY_REFRESH_TEXT], next[ASSAY_REFRESH_TEXT], last[ASSAY_REFRESH_TEXT];
    const int64_t begin = refresh.now;
    (void)state;
    issue(token);
    refresh.now = begin + 100;
    assert_int_equal(use("c", token, next), ASSAY_REFRESH_EXPIRED);
    refresh.now = begin + 99;
    assert_int_equal(use("c", token, next), ASSAY_REFRESH_ROTATED);
    refresh.now = begin + 198;
    assert_int_equal(use("c", next, last), ASSAY_REFRESH_ROTATED);
    refresh.now = begin + 250; /* 52 s old, but the family is at its end */
    assert_int_equal(use("c", last, next), ASSAY_REFRESH_EXPIRED);
    refresh.now = begin + 249;
    assert_int_equal(use("c", token, next), ASSAY_REFRESH_REUSED); /* used and expired: still a thief */
    assert_int_equal(use("c", last, next), ASSAY_REFRESH_REVOKED);
    refresh.now = begin;
}

static void test_form(void **state)
{
    static const char *const names[] = {"malformed",    "rotated", "unknown", "expired",
                                        "wrong_client", "reused",  "revoked", NULL};
    char token[ASSAY_REFRESH_TEXT + 1] = {0}, next[ASSAY_REFRESH_TEXT], name[ASSAY_REFRESH_NAME + 1];
    enum assay_refresh_result result;
    struct assay_refresh_grant grant;
    (void)state;
    for (int i = 0; i <= ASSAY_REFRESH_RESULTS; i++)
        if (names[i])
            assert_string_equal(assay_refresh_result_name((enum assay_refresh_result)i), names[i]);
        else
            assert_null(assay_refresh_result_name((enum assay_refresh_result)i));
    memset(token, 'A', ASSAY_REFRESH_TEXT);
    assert_int_equal(use("c", token, next), ASSAY_REFRESH_UNKNOWN);
    token[42] = 'B'; /* bits that no token has */
    assert_int_equal(use("c", token, next), ASSAY_REFRESH_MALFORMED);
    token[42] = 'A', token[7] = '+';
    assert_int_equal(use("c", token, next), ASSAY_REFRESH_MALFORMED);
    for (size_t n = 0; n <= 44; n += 44) {
        assert_int_equal(assay_refresh_use(&refresh, text("c"), token, n, next, &grant, &result), ASSAY_OK);
        assert_int_equal(result, ASSAY_REFRESH_MALFORMED);
    }
    memset(name, 'n', sizeof name);
    const struct assay_bytes longest = {(uint8_t *)name, ASSAY_REFRESH_NAME};
    const struct assay_bytes too_long = {(uint8_t *)name, ASSAY_REFRESH_NAME + 1};
    assert_int_equal(assay_refresh_issue(&refresh, longest, longest, token), ASSAY_OK);
    assert_int_equal(assay_refresh_use(&refresh, longest, token, ASSAY_REFRESH_TEXT, next, &grant, &result),
                     ASSAY_OK);
    assert_true(result == ASSAY_REFRESH_ROTATED && grant.subject_size == ASSAY_REFRESH_NAME);
    assert_int_equal(assay_refresh_issue(&refresh, too_long, text("s"), token), ASSAY_INPUT);
    assert_int_equal(assay_refresh_issue(&refresh, text("c"), too_long, token), ASSAY_INPUT);
    assert_int_equal(assay_refresh_issue(&refresh, text(""), text("s"), token), ASSAY_INPUT);
    assert_int_equal(assay_refresh_issue(&refresh, text("c"), text(""), token), ASSAY_INPUT);
}

static void test_revoke(void **state)
{
    char token[ASSAY_REFRESH_TEXT], next[ASSAY_REFRESH_TEXT], last[ASSAY_REFRESH_TEXT];
    enum assay_refresh_result result;
    (void)state;
    issue(token);
    assert_int_equal(use("c", token, next), ASSAY_REFRESH_ROTATED);
    memset(last, 'A', sizeof last);
    assert_int_equal(assay_refresh_revoke(&refresh, last, sizeof last, &result), ASSAY_OK);
    assert_int_equal(result, ASSAY_REFRESH_UNKNOWN);
    assert_int_equal(assay_refresh_revoke(&refresh, last, 7, &result), ASSAY_OK);
    assert_int_equal(result, ASSAY_REFRESH_MALFORMED);
    assert_int_equal(assay_refresh_revoke(&refresh, token, sizeof token, &result), ASSAY_OK);
    assert_int_equal(result, ASSAY_REFRESH_REVOKED);
    assert_int_equal(use("c", next, last), ASSAY_REFRESH_REVOKED);
}

struct racer {
    pthread_t thread;
    struct assay_refresh refresh;
    const char *token;
    char next[ASSAY_REFRESH_TEXT];
    enum assay_refresh_result result;
    enum assay_rc rc;
};

static pthread_barrier_t barrier;

static void *race(void *data)
{
    struct racer *r = data;
    struct assay_refresh_grant grant;
    pthread_barrier_wait(&barrier);
    r->rc =
        assay_refresh_use(&r->refresh, text("c"), r->token, ASSAY_REFRESH_TEXT, r->next, &grant, &r->result);
    return NULL;
}

/* Nobody may end up with a token that works, and one has got one. */
static void test_race(void **state)
{
    struct racer racer[RACERS];
    char token[ASSAY_REFRESH_TEXT], next[ASSAY_REFRESH_TEXT];
    unsigned reused = 0;
    (void)state;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, RACERS), 0);
    for (unsigned i = 0; i < RACERS; i++)
        init(&racer[i].refresh);
    for (unsigned n = 0; n < RACES; n++) {
        unsigned won = 0;
        issue(token);
        for (unsigned i = 0; i < RACERS; i++) {
            racer[i].token = token;
            assert_int_equal(pthread_create(&racer[i].thread, NULL, race, &racer[i]), 0);
        }
        for (unsigned i = 0; i < RACERS; i++) {
            pthread_join(racer[i].thread, NULL);
            assert_int_equal(racer[i].rc, ASSAY_OK);
            won += racer[i].result == ASSAY_REFRESH_ROTATED;
            reused += racer[i].result == ASSAY_REFRESH_REUSED;
            assert_true(racer[i].result == ASSAY_REFRESH_ROTATED || racer[i].result == ASSAY_REFRESH_REUSED ||
                        racer[i].result == ASSAY_REFRESH_REVOKED);
        }
        assert_int_equal(won, 1);
        for (unsigned i = 0; i < RACERS; i++)
            if (racer[i].result == ASSAY_REFRESH_ROTATED)
                assert_int_equal(use("c", racer[i].next, next), ASSAY_REFRESH_REVOKED);
    }
    assert_true(reused >= RACES); /* one at least ended each family */
    for (unsigned i = 0; i < RACERS; i++)
        assay_refresh_clear(&racer[i].refresh);
    pthread_barrier_destroy(&barrier);
}

static struct assay_store *whole; /* behind the one that fails */
static int fails_at, calls;

static bool fails(void)
{
    return ++calls == fails_at;
}

static enum assay_rc failing_put(struct assay_store *s, struct assay_bytes key, struct assay_bytes value,
                                 uint64_t ttl_ms)
{
    (void)s;
    return fails() ? ASSAY_LIBRARY : whole->put(whole, key, value, ttl_ms);
}

static enum assay_rc failing_add(struct assay_store *s, struct assay_bytes key, struct assay_bytes value,
                                 uint64_t ttl_ms, bool *stored)
{
    (void)s;
    return fails() ? ASSAY_LIBRARY : whole->put_if_absent(whole, key, value, ttl_ms, stored);
}

static enum assay_rc failing_get(struct assay_store *s, struct assay_bytes key, uint8_t *out, size_t *size,
                                 bool *found)
{
    (void)s;
    return fails() ? ASSAY_LIBRARY : whole->get(whole, key, out, size, found);
}

/* A store that fails at any of its calls: no verdict, and the token is as good as before. */
static void test_failures(void **state)
{
    struct assay_store failing = {
        .name = "fails", .put = failing_put, .put_if_absent = failing_add, .get = failing_get};
    char token[ASSAY_REFRESH_TEXT], next[ASSAY_REFRESH_TEXT];
    enum assay_refresh_result result;
    struct assay_refresh_grant grant;
    (void)state;
    whole = store;
    failing.del = store->del;
    failing.state = store->state;
    issue(token);
    for (fails_at = 1;; fails_at++) {
        calls = 0;
        refresh.store = &failing;
        enum assay_rc rc = assay_refresh_use(&refresh, text("c"), token, sizeof token, next, &grant, &result);
        refresh.store = store;
        if (rc == ASSAY_OK)
            break;
        assert_int_equal(rc, ASSAY_LIBRARY);
        assert_int_not_equal(result, ASSAY_REFRESH_ROTATED);
    }
    assert_int_equal(fails_at, 5); /* four calls, and the last time all were served */
    assert_int_equal(result, ASSAY_REFRESH_ROTATED);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_chain), cmocka_unit_test(test_times),
                                       cmocka_unit_test(test_form),  cmocka_unit_test(test_revoke),
                                       cmocka_unit_test(test_race),  cmocka_unit_test(test_failures)};
    char why[200];
    if (argc != 2)
        return 2;
    if (!open_module(1, argv + 1, &backend, &instance))
        return 1;
    if (!backend->hash || !backend->rand ||
        !backend->supports(instance, ASSAY_OP_HASH, ASSAY_SHA256, why, sizeof why) ||
        !backend->supports(instance, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, sizeof why)) {
        printf("skipped: the module has no SHA-256 or no generator\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters: sums over threads, past ones too; labels of closed sets; a text that Prometheus reads.
 */
#include "kernels/service/metrics.h"

#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 8
#define EACH    100000u

static pthread_barrier_t counted, seen;
static atomic_uint mixed; /* threads that saw another's counts in their own block */

static void *count_and_wait(void *data)
{
    bool stays = data;
    for (unsigned i = 0; i < EACH; i++)
        if (assay_metrics_signed(ASSAY_ED25519, ASSAY_OK) != ASSAY_OK)
            return NULL;
    mixed += assay_metrics_of_thread(ASSAY_CELL_SIGNED) != EACH;
    if (stays) {
        pthread_barrier_wait(&counted);
        pthread_barrier_wait(&seen);
    }
    return NULL;
}

static uint64_t sum_of(size_t cell)
{
    struct assay_metrics m;
    assay_metrics_read(&m);
    return m.count[cell];
}

static void run_threads(bool stay, pthread_t *thread)
{
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, count_and_wait, stay ? &counted : NULL), 0);
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t stay[THREADS], go[THREADS];
    uint64_t before = sum_of(ASSAY_CELL_SIGNED);
    pthread_barrier_init(&counted, NULL, THREADS + 1);
    pthread_barrier_init(&seen, NULL, THREADS + 1);
    run_threads(true, stay);
    run_threads(false, go);
    for (int i = 0; i < THREADS; i++)
        pthread_join(go[i], NULL);
    pthread_barrier_wait(&counted);
    assert_int_equal(sum_of(ASSAY_CELL_SIGNED) - before, 2 * THREADS * EACH); /* half of them are no more */
    pthread_barrier_wait(&seen);
    for (int i = 0; i < THREADS; i++)
        pthread_join(stay[i], NULL);
    assert_int_equal(sum_of(ASSAY_CELL_SIGNED) - before, 2 * THREADS * EACH);
    assert_int_equal(assay_metrics_of_thread(ASSAY_CELL_SIGNED), before); /* this thread's own */
    assert_int_equal(mixed, 0);
}

static void test_closed(void **state)
{
    (void)state;
    struct assay_metrics before, after;
    assay_metrics_read(&before);
    for (unsigned alg = 0; alg < 200; alg++) {
        if (alg >= ASSAY_ED25519 && alg <= ASSAY_ML_DSA_65)
            continue;
        assert_int_equal(assay_metrics_signed((enum assay_alg)alg, ASSAY_OK), ASSAY_OK);
        assert_int_equal(assay_metrics_verified((enum assay_alg)alg, ASSAY_AUTH), ASSAY_AUTH);
    }
    assert_int_equal(assay_metrics_signed(ASSAY_ED25519, ASSAY_LIBRARY), ASSAY_LIBRARY); /* none was made */
    for (unsigned beyond = 0; beyond < 3; beyond++) {
        const unsigned by = beyond == 2 ? 1u << 31 : beyond;
        assert_int_equal(assay_metrics_token((enum assay_token_result)(ASSAY_TOKEN_RESULTS + by), ASSAY_OK),
                         0);
        assay_metrics_handshake((enum assay_metrics_suite)(ASSAY_SUITES + by), true, 5);
        assay_metrics_cert((enum assay_metrics_cert)(ASSAY_CERTS + by), 5);
    }
    assay_metrics_read(&after);
    assert_memory_equal(&after, &before, sizeof after);
}

/* Each event in its own cell, and in no other. */
static void test_cells(void **state)
{
    (void)state;
    for (unsigned alg = ASSAY_ED25519; alg <= ASSAY_ML_DSA_65; alg++) {
        struct assay_metrics before, after;
        uint64_t signs = 0, verifies = 0;
        assay_metrics_read(&before);
        (void)!assay_metrics_signed((enum assay_alg)alg, ASSAY_OK);
        (void)!assay_metrics_verified((enum assay_alg)alg, ASSAY_OK);
        (void)!assay_metrics_verified((enum assay_alg)alg, ASSAY_AUTH);
        (void)!assay_metrics_verified((enum assay_alg)alg, ASSAY_LIBRARY);
        assay_metrics_read(&after);
        for (size_t i = 0; i < ASSAY_CELLS; i++) {
            uint64_t n = after.count[i] - before.count[i];
            assert_true(n <= 1);
            signs += i < ASSAY_CELL_VERIFIED ? n : 0;
            verifies += i >= ASSAY_CELL_VERIFIED && i < ASSAY_CELL_TOKENS ? n : 0;
        }
        assert_int_equal(signs, 1);
        assert_int_equal(verifies, 3);
    }
    for (unsigned i = 0; i <= ASSAY_TOKEN_RESULTS; i++) {
        uint64_t n = sum_of(ASSAY_CELL_TOKENS + i);
        enum assay_rc rc = i == ASSAY_TOKEN_RESULTS ? ASSAY_LIBRARY : ASSAY_OK;
        assert_int_equal(assay_metrics_token((enum assay_token_result)(i % ASSAY_TOKEN_RESULTS), rc), rc);
        assert_int_equal(sum_of(ASSAY_CELL_TOKENS + i), n + 1);
    }
}

/* A whole number in the text, by its series. */
static double series(const char *text, const char *name)
{
    const char *at = text;
    size_t size = strlen(name);
    while (at && strncmp(at, name, size) != 0) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    if (!at || at[size] != ' ')
        fail_msg("no series %s", name);
    return strtod(at + size, NULL);
}

#define BUCKET(le) "tls_handshake_duration_seconds_bucket{le=\"" le "\"}"

static void test_histogram(void **state)
{
    (void)state;
    struct assay_metrics m;
    for (size_t i = 0; i < ASSAY_METRICS_BUCKETS; i++) { /* a bound is in its bucket: le */
        assay_metrics_handshake(ASSAY_SUITE_AES_128_GCM_SHA256, true, assay_metrics_bucket_ns[i]);
        assay_metrics_handshake(ASSAY_SUITE_NONE, false, assay_metrics_bucket_ns[i] + 1);
    }
    assay_metrics_read(&m);
    char *text = assay_metrics_text(&m);
    assert_non_null(text);
    assert_int_equal(series(text, BUCKET("0.0001")), 1);
    assert_int_equal(series(text, BUCKET("0.00025")), 3);
    assert_int_equal(series(text, BUCKET("1")), 2 * ASSAY_METRICS_BUCKETS - 1);
    assert_int_equal(series(text, BUCKET("+Inf")), 2 * ASSAY_METRICS_BUCKETS);
    assert_int_equal(series(text, "tls_handshake_duration_seconds_count"), 2 * ASSAY_METRICS_BUCKETS);
    assert_float_equal(series(text, "tls_handshake_duration_seconds_sum"), 2 * 1.44435, 1e-6);
    assert_int_equal(series(text, "tls_handshake_total{result=\"ok\",protocol=\"TLSv1.3\","
                                  "cipher=\"TLS_AES_128_GCM_SHA256\"}"),
                     ASSAY_METRICS_BUCKETS);
    assert_int_equal(series(text, "tls_handshake_total{result=\"error\",protocol=\"none\",cipher=\"none\"}"),
                     ASSAY_METRICS_BUCKETS);
    free(text);
}

/* The text format's grammar, with label values of which no character would have to be escaped. */
static void test_text(void **state)
{
    (void)state;
    static const char pattern[] =
        "^(# HELP [a-z_]+ [^\\\\]+|# TYPE [a-z_]+ (counter|gauge|histogram)|"
        "[a-z_]+([{][a-z]+=\"[A-Za-z0-9_.+-]+\"(,[a-z]+=\"[A-Za-z0-9_.+-]+\")*[}])? [0-9.e+-]+)$";
    regex_t line;
    struct assay_metrics m;
    assay_metrics_read(&m);
    memset(m.count, 0xff, sizeof m.count); /* the longest numbers */
    for (size_t i = 0; i < ASSAY_CERTS; i++)
        m.expiry[i] = INT64_MAX;
    char *text = assay_metrics_text(&m), *rest = text, *one;
    assert_non_null(text);
    assert_non_null(strstr(text, "tls_cert_expiry_seconds{name=\"client\"} 9223372036854775807\n"));
    assert_int_equal(text[strlen(text) - 1], '\n');
    assert_int_equal(regcomp(&line, pattern, REG_EXTENDED | REG_NOSUB), 0);
    while ((one = strsep(&rest, "\n")) && *one)
        if (regexec(&line, one, 0, NULL, 0) != 0)
            fail_msg("not the text format: %s", one);
    assert_true(rest == NULL || *rest == '\0');
    regfree(&line);
    free(text);
    m.expiry[ASSAY_CERT_SERVER] = 0; /* there is none: no series */
    text = assay_metrics_text(&m);
    assert_non_null(text);
    assert_null(strstr(text, "{name=\"server\"}"));
    assert_non_null(strstr(text, "{name=\"ca\"}"));
    free(text);
}

static void test_add(void **state)
{
    (void)state;
    struct assay_metrics sum = {0}, a = {0}, b = {0};
    a.count[ASSAY_CELL_NS] = 7, b.count[ASSAY_CELL_NS] = 5, b.count[0] = 1;
    a.expiry[ASSAY_CERT_CA] = 200, b.expiry[ASSAY_CERT_CA] = 100, a.expiry[ASSAY_CERT_SERVER] = 300;
    assay_metrics_add(&sum, &a);
    assay_metrics_add(&sum, &b);
    assert_int_equal(sum.count[ASSAY_CELL_NS], 12);
    assert_int_equal(sum.count[0], 1);
    assert_int_equal(sum.expiry[ASSAY_CERT_CA], 100);
    assert_int_equal(sum.expiry[ASSAY_CERT_SERVER], 300);
    assert_int_equal(sum.expiry[ASSAY_CERT_CLIENT], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads), cmocka_unit_test(test_closed),
                                       cmocka_unit_test(test_cells),   cmocka_unit_test(test_histogram),
                                       cmocka_unit_test(test_text),    cmocka_unit_test(test_add)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

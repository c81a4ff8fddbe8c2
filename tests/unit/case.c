/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of cases: every one is read back as what it was written from, no two are alike, and what is not quite
 * a key is refused with the part that is wrong.
 */
#include "bench/run/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void round_trip(void **state)
{
    (void)state;
    static char keys[4096][ASSAY_KEY_MAX];
    size_t count = 0;
    for (size_t k = 0; assay_kernels[k]; k++) {
        struct assay_case c, back;
        size_t before = count;
        assert_ptr_equal(assay_kernel_find(assay_kernels[k]->id), assay_kernels[k]);
        for (size_t i = 0; assay_case_next(assay_kernels[k], &i, &c);) {
            static const unsigned counts[] = {1, 2, 256, 4096};
            for (size_t t = 0; t < 4; t++) {
                char key[ASSAY_KEY_MAX], again[ASSAY_KEY_MAX], why[200] = "";
                unsigned threads = 0;
                assay_case_format(&c, counts[t], key);
                if (!assay_case_parse(key, &back, &threads, why, sizeof why))
                    fail_msg("%s: %s", key, why);
                if (strlen(key) == ASSAY_KEY_MAX - 1 || strchr(key, '?'))
                    fail_msg("%s: cut short, or names no value", key);
                assert_int_equal(threads, counts[t]);
                assert_ptr_equal(back.kernel, c.kernel);
                assert_memory_equal(back.value, c.value, sizeof c.value);
                assay_case_format(&back, threads, again);
                assert_string_equal(again, key);
            }
            assert_true(count < ASSAY_COUNT(keys));
            assay_case_format(&c, 1, keys[count++]);
            assert_false(assay_case_is_headline(&c) && assay_case_is_full_only(&c));
        }
        if (count == before)
            fail_msg("%s has no case", assay_kernels[k]->id);
    }
    assert_true(count > 150);
    qsort(keys, count, sizeof keys[0], by_text);
    for (size_t i = 1; i < count; i++)
        assert_string_not_equal(keys[i - 1], keys[i]);
}

/* A headline or full_only part that names no case is a slip of the pen. */
static void patterns_match(void **state)
{
    (void)state;
    for (size_t k = 0; assay_kernels[k]; k++) {
        const struct assay_kernel *kernel = assay_kernels[k];
        size_t wanted = 0, found = 0;
        struct assay_case c;
        while (kernel->headline && kernel->headline[wanted])
            wanted++;
        for (size_t i = 0; assay_case_next(kernel, &i, &c);)
            found += assay_case_is_headline(&c);
        if (found < wanted)
            fail_msg("%s: %zu headline parts, %zu cases", kernel->id, wanted, found);
    }
}

static void refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "no kernel ''"},
        {"/", "no kernel ''"},
        {"no.such/1/t1", "no kernel 'no.such'"},
        {"aead.seal", "algorithm '' is not one of"},
        {"aead.seal/t1", "algorithm 't1' is not one of aes-256-gcm"},
        {"aead.seal/aes-256-gcm/15/t1", "size '15' is not one of 16, 64"},
        {"aead.seal/aes-256-gcm/16", "'' is not a number of threads"},
        {"aead.seal/aes-256-gcm/16/1", "'1' is not a number of threads"},
        {"aead.seal/aes-256-gcm/16/t0", "'t0' is not a number of threads"},
        {"aead.seal/aes-256-gcm/16/t4097", "'t4097' is not a number of threads"},
        {"aead.seal/aes-256-gcm/16/t1x", "'t1x' is not a number of threads"},
        {"aead.seal/aes-256-gcm/16/t-1", "is not a number of threads"},
        {"aead.seal/aes-256-gcm/16/t+1", "is written 'aead.seal/aes-256-gcm/16/t1'"},
        {"aead.seal/aes-256-gcm/16/t01", "is written 'aead.seal/aes-256-gcm/16/t1'"},
        {"aead.seal//aes-256-gcm/16/t1", "is written 'aead.seal/aes-256-gcm/16/t1'"},
        {"aead.seal/aes-256-gcm/16/t1/", "is written 'aead.seal/aes-256-gcm/16/t1'"},
        {"aead.seal/aes-256-gcm/16/t1/x", "more parts"},
        {"AEAD.seal/aes-256-gcm/16/t1", "no kernel"},
    };
    for (size_t i = 0; i < ASSAY_COUNT(bad); i++) {
        struct assay_case c;
        unsigned threads;
        char why[300] = "";
        if (assay_case_parse(bad[i][0], &c, &threads, why, sizeof why))
            fail_msg("'%s' is taken for a key", bad[i][0]);
        if (!strstr(why, bad[i][1]))
            fail_msg("'%s': says '%s', not '%s'", bad[i][0], why, bad[i][1]);
    }
    char endless[4 * ASSAY_KEY_MAX], why[16];
    struct assay_case c;
    unsigned threads;
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_false(assay_case_parse(endless, &c, &threads, why, sizeof why));
    assert_true(strlen(why) < sizeof why); /* cut, not overrun */
    assert_false(assay_case_parse("aead.seal/x/16/t1", &c, &threads, why, sizeof why));
    assert_true(strlen(why) < sizeof why);
}

static size_t plan_size(struct assay_selection s)
{
    struct assay_plan plan;
    char why[300] = "";
    if (!assay_plan_make(&plan, &s, why, sizeof why))
        fail_msg("%s", why);
    size_t count = plan.count;
    for (size_t i = 0; i < count; i++)
        assert_true(s.kernel == NULL || strstr(plan.keys[i], "/t"));
    assay_plan_free(&plan);
    return count;
}

static void plans(void **state)
{
    (void)state;
    size_t all = plan_size((struct assay_selection){.full = true, .threads = {1}, .thread_count = 1});
    size_t headline = plan_size((struct assay_selection){.threads = {1}, .thread_count = 1});
    size_t fast = plan_size((struct assay_selection){.kernel = ".", .threads = {1}, .thread_count = 1});
    size_t services =
        plan_size((struct assay_selection){.services = true, .threads = {1}, .thread_count = 1});
    assert_in_range(headline, 20, 60); /* about 40 rows in under 3 minutes */
    assert_in_range(services, 15, 40);
    assert_true(headline < fast && fast < all); /* slow cases need --full, even when the expression matches */
    assert_int_equal(plan_size((struct assay_selection){.full = true, .threads = {1, 2}, .thread_count = 2}),
                     2 * all);
    assert_int_equal(plan_size((struct assay_selection){
                         .kernel = "^aead.seal/aes-256-gcm/16/t1$", .threads = {1}, .thread_count = 1}),
                     1);
    static const char *const bad[][2] = {{"(", "--kernel '(' is no regular expression"},
                                         {"zzz", "matches no case"},
                                         {"[", "regular expression"}};
    for (size_t i = 0; i < ASSAY_COUNT(bad); i++) {
        struct assay_selection s = {.kernel = bad[i][0], .threads = {1}, .thread_count = 1};
        struct assay_plan plan;
        char why[300] = "";
        assert_false(assay_plan_make(&plan, &s, why, sizeof why));
        assert_non_null(strstr(why, bad[i][1]));
        assert_null(plan.keys);
    }
}

/* A permutation, the same for the same seed, another for another, and no place favoured. */
static void shuffles(void **state)
{
    (void)state;
    enum { N = 8, TIMES = 8000 };
    size_t first[N], again[N], places[N] = {0};
    uint64_t a = 7, b = 7;
    bool seen[N] = {false};
    assay_shuffle(first, N, &a);
    assay_shuffle(again, N, &b);
    assert_memory_equal(first, again, sizeof first);
    for (size_t i = 0; i < N; i++) {
        assert_true(first[i] < N && !seen[first[i]]);
        seen[first[i]] = true;
    }
    for (size_t t = 0; t < TIMES; t++) {
        assay_shuffle(first, N, &a);
        for (size_t i = 0; i < N; i++)
            if (first[i] == 0)
                places[i]++;
    }
    for (size_t i = 0; i < N; i++) /* 1000 expected, standard deviation 30 */
        assert_in_range(places[i], 850, 1150);
    assay_shuffle(first, 0, &a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(patterns_match), cmocka_unit_test(refused),
        cmocka_unit_test(plans),      cmocka_unit_test(shuffles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions on one module, in memory: what is found, what is not, and what a renewal leaves. session MODULE
 */
#include "kernels/service/session.h"
#include "tests/kat/open_module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct assay_sessions all;
static struct assay_session found;
static char first[ASSAY_SESSION_TEXT], second[ASSAY_SESSION_TEXT];

static int begin(void **state)
{
    static const uint8_t cart[] = "cart";
    (void)state;
    all.store = assay_store_memory(64);
    all.ttl_ms = 60000;
    return !all.store || assay_session_begin(&all, (struct assay_bytes){cart, 4}, first) != ASSAY_OK;
}

static int end(void **state)
{
    (void)state;
    all.store->close(all.store);
    return 0;
}

static void expect(const char *text, size_t size, bool there)
{
    assert_int_equal(assay_session_find(&all, text, size, &found), there ? ASSAY_OK : ASSAY_AUTH);
    assert_int_equal(found.size, there ? 4 : 0);
    if (there)
        assert_memory_equal(found.value, "cart", 4);
}

static void found_by_its_cookie_alone(void **state)
{
    char other[ASSAY_SESSION_TEXT + 1];
    (void)state;
    expect(first, sizeof first, true);
    for (size_t i = 0; i < sizeof first; i++) {
        expect(first, i, false);
        memcpy(other, first, sizeof first);
        other[i] = other[i] == 'A' ? 'Q' : 'A';
        expect(other, sizeof first, false);
        other[i] = '=';
        expect(other, sizeof first, false);
    }
    memcpy(other, first, sizeof first);
    other[sizeof first] = 'A';
    expect(other, sizeof other, false);
}

static void renewed(void **state)
{
    (void)state;
    expect(first, sizeof first, true);
    assert_int_equal(assay_session_extend(&all, &found, second), ASSAY_OK);
    assert_memory_equal(second, first, sizeof first);
    assert_int_equal(assay_session_rotate(&all, &found, second), ASSAY_OK);
    assert_memory_not_equal(second, first, sizeof first);
    expect(first, sizeof first, false);
    expect(second, sizeof second, true);
    assert_int_equal(assay_session_end(&all, &found), ASSAY_OK);
    expect(second, sizeof second, false);
}

static void over(void **state)
{
    const struct timespec longer = {0, 60000000};
    (void)state;
    expect(first, sizeof first, true);
    all.ttl_ms = 1;
    assert_int_equal(assay_session_extend(&all, &found, first), ASSAY_OK);
    nanosleep(&longer, NULL);
    expect(first, sizeof first, false);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(found_by_its_cookie_alone, begin, end),
                                       cmocka_unit_test_setup_teardown(renewed, begin, end),
                                       cmocka_unit_test_setup_teardown(over, begin, end)};
    char why[200] = "";
    if (argc < 2 || !open_module(argc - 1, argv + 1, &all.backend, &all.instance))
        return 2;
    bool there = all.backend->rand &&
                 all.backend->supports(all.instance, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, sizeof why);
    int failed = there ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
    if (!there)
        printf("skipped: the module has no generator: %s\n", why);
    all.backend->destroy(all.instance);
    return failed;
}

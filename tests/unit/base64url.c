/* SPDX-License-Identifier: Apache-2.0
 *
 * base64url against RFC 4648's vectors, and every string that is nearly one.
 */
#include "kernels/service/base64url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_vectors(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        /* RFC 4648 §10 without padding */
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char text[16];
        uint8_t octets[16];
        size_t size = strlen(pairs[i][0]), got;
        assert_int_equal(assay_base64url_encode((const uint8_t *)pairs[i][0], size, text),
                         strlen(pairs[i][1]));
        assert_memory_equal(text, pairs[i][1], strlen(pairs[i][1]));
        assert_true(assay_base64url_decode(pairs[i][1], strlen(pairs[i][1]), octets, size, &got));
        assert_int_equal(got, size);
        assert_memory_equal(octets, pairs[i][0], size);
        if (size > 0)
            assert_false(assay_base64url_decode(pairs[i][1], strlen(pairs[i][1]), octets, size - 1, &got));
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",    "Zg==", "Zh",    "Zm9",        "Zm9vY", "Zm9v\n", "Zm+v",
                                      "Zm/v", " Zm9", "Zm9v=", "\xc3\xa9Zg", "Zm.v",  "Z\x80",  "Zm8 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t octets[16];
        size_t got = 99;
        if (assay_base64url_decode(bad[i], strlen(bad[i]), octets, sizeof octets, &got))
            fail_msg("\"%s\" was accepted", bad[i]);
        assert_int_equal(got, 0);
    }
}

/* Of all strings of two and three characters, exactly those are accepted that encode() writes. */
static void test_canonical(void **state)
{
    (void)state;
    unsigned accepted = 0;
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            const char in[2] = {(char)a, (char)b};
            char again[2];
            uint8_t octet;
            size_t got;
            if (!assay_base64url_decode(in, 2, &octet, 1, &got))
                continue;
            accepted++;
            assert_int_equal(assay_base64url_encode(&octet, 1, again), 2);
            assert_memory_equal(in, again, 2);
        }
    assert_int_equal(accepted, 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors), cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_canonical)};
    return cmocka_run_group_tests_name("base64url", tests, NULL, NULL);
}

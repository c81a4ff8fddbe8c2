/* SPDX-License-Identifier: Apache-2.0
 *
 * What is secret is shown as [REDACTED], whatever it holds; wiped when it is to be; and compared whole.
 */
#include "kernels/service/secret.h"
#include "kernels/service/column.h"
#include "kernels/service/keyset_file.h"
#include "kernels/service/separate.h"
#include "kernels/service/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of an object full of letters no letter is shown. */
#define SHOWN(type)                                                                                          \
    do {                                                                                                     \
        char text[64];                                                                                       \
        struct type *object = malloc(sizeof *object);                                                        \
        assert_non_null(object);                                                                             \
        memset(object, 'k', sizeof *object);                                                                 \
        const struct type *same = object;                                                                    \
        snprintf(text, sizeof text, "key %s, %s", ASSAY_SHOWN(object), ASSAY_SHOWN(same));                   \
        assert_string_equal(text, "key [REDACTED], [REDACTED]");                                             \
        free(object);                                                                                        \
    } while (0)

static void test_shown(void **state)
{
    (void)state;
    SHOWN(assay_secret);
    SHOWN(assay_keyset_key);
    SHOWN(assay_keyset);
    SHOWN(assay_keyset_entry);
    SHOWN(assay_keyset_file);
    SHOWN(assay_purpose_key);
    SHOWN(assay_purpose_keyset);
    SHOWN(assay_token);
    SHOWN(assay_jws);
    SHOWN(assay_dek_slot);
    SHOWN(assay_dek_cache);
    SHOWN(assay_column_row);
}

static void test_set(void **state)
{
    (void)state;
    static const struct assay_secret nothing;
    uint8_t octets[ASSAY_SECRET_MAX + 1];
    struct assay_secret s = {0};
    memset(octets, 'k', sizeof octets);
    assert_true(assay_secret_set(&s, octets, ASSAY_SECRET_MAX));
    assert_int_equal(assay_secret_bytes(&s).size, ASSAY_SECRET_MAX);
    assert_memory_equal(assay_secret_bytes(&s).data, octets, ASSAY_SECRET_MAX);
    assert_true(assay_secret_set(&s, octets, 1)); /* nothing of the longer one is left */
    assert_memory_equal(s.octets + 1, nothing.octets, ASSAY_SECRET_MAX - 1);
    assert_false(assay_secret_set(&s, octets, sizeof octets));
    assert_memory_equal(&s, &nothing, sizeof s);
    assert_true(assay_secret_set(&s, octets, 16));
    assert_false(assay_secret_set(&s, octets, 0));
    assert_memory_equal(&s, &nothing, sizeof s);
}

static void test_same(void **state)
{
    (void)state;
    uint8_t a[33] = {0}, b[33] = {0};
    for (size_t i = 0; i < sizeof a; i++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            b[i] = (uint8_t)bit;
            assert_false(assay_same_secret(a, b, sizeof a));
            assert_true(assay_same_secret(a, b, i));
            b[i] = 0;
        }
    assert_true(assay_same_secret(a, b, sizeof a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shown), cmocka_unit_test(test_set),
                                       cmocka_unit_test(test_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

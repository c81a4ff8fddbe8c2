/* SPDX-License-Identifier: Apache-2.0
 *
 * Cookies and separate keys on one module: what is refused, and as what. cookie MODULE
 */
#include "kernels/service/cookie.h"
#include "kernels/service/separate.h"
#include "tests/kat/open_module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1000u

static const struct assay_backend *backend;
static assay_instance *instance;
static struct assay_cookies jar;
static char text[ASSAY_COOKIE_TEXT_MAX + 1];
static size_t size;

static enum assay_rc add(struct assay_cookies *s, const char *id, uint8_t octet)
{
    uint8_t key[ASSAY_COOKIE_KEY_SIZE];
    memset(key, octet, sizeof key);
    return assay_cookies_add_key(s, (struct assay_bytes){(const uint8_t *)id, strlen(id)}, key);
}

static void start(enum assay_cookie_kind kind)
{
    assert_int_equal(assay_cookies_init(&jar, backend, instance, kind, "session"), ASSAY_OK);
    assert_int_equal(add(&jar, "a", 1), ASSAY_OK);
}

static void write_cookie(const char *value, uint64_t expires)
{
    const struct assay_bytes octets = {(const uint8_t *)value, strlen(value)};
    assert_int_equal(assay_cookie_write(&jar, octets, expires, text, &size), ASSAY_OK);
}

/* Who reads it so must give this verdict. */
static void expect(struct assay_cookies *reader, size_t length, uint64_t now,
                   enum assay_cookie_verdict verdict)
{
    uint8_t value[ASSAY_COOKIE_VALUE_MAX];
    size_t value_size = 99;
    uint64_t expires;
    enum assay_rc rc = assay_cookie_read(reader, text, length, now, value, &value_size, &expires);
    assert_int_equal(rc, verdict == ASSAY_COOKIE_VALID ? ASSAY_OK : ASSAY_AUTH);
    assert_int_equal(reader->verdict, verdict);
    if (rc != ASSAY_OK)
        assert_int_equal(value_size, 0);
}

static void round_trip(enum assay_cookie_kind kind)
{
    static char big[ASSAY_COOKIE_VALUE_MAX + 1];
    static uint8_t value[ASSAY_COOKIE_VALUE_MAX];
    uint64_t expires;
    size_t value_size;
    start(kind);
    memset(big, 'x', sizeof big - 1);
    const char *const values[] = {"", "u", big};
    for (size_t i = 0; i < 3; i++) {
        write_cookie(values[i], NOW + 5);
        assert_in_range(size, 1, ASSAY_COOKIE_TEXT_MAX);
        assert_int_equal(assay_cookie_read(&jar, text, size, NOW, value, &value_size, &expires), ASSAY_OK);
        assert_int_equal(value_size, strlen(values[i]));
        assert_memory_equal(value, values[i], value_size);
        assert_int_equal(expires, NOW + 5);
    }
    const struct assay_bytes too_long = {value, ASSAY_COOKIE_VALUE_MAX + 1};
    assert_int_equal(assay_cookie_write(&jar, too_long, NOW, text, &size), ASSAY_INPUT);
    assay_cookies_clear(&jar);
}

/* Puts another character of the alphabet there; returns what was. */
static char replace(size_t i)
{
    char was = text[i];
    text[i] = was == 'B' ? 'C' : 'B';
    return was;
}

static void tampering(enum assay_cookie_kind kind)
{
    start(kind);
    write_cookie("user=7", NOW + 5);
    for (size_t i = 0; i < size; i++) { /* every character, replaced */
        char was = replace(i);
        uint8_t value[ASSAY_COOKIE_VALUE_MAX];
        size_t value_size;
        uint64_t expires;
        assert_int_equal(assay_cookie_read(&jar, text, size, NOW, value, &value_size, &expires), ASSAY_AUTH);
        text[i] = was;
    }
    for (size_t i = 0; i < size; i++) { /* every length but the whole */
        uint8_t value[ASSAY_COOKIE_VALUE_MAX];
        size_t value_size;
        uint64_t expires;
        assert_int_equal(assay_cookie_read(&jar, text, i, NOW, value, &value_size, &expires), ASSAY_AUTH);
    }
    text[size] = '=';
    expect(&jar, size + 1, NOW, ASSAY_COOKIE_MALFORMED);
    char was = replace(size / 2); /* in the expiry, the value or the tag */
    expect(&jar, size, NOW, ASSAY_COOKIE_FORGED);
    text[size / 2] = was;
    expect(&jar, size, NOW, ASSAY_COOKIE_VALID);
    assay_cookies_clear(&jar);
}

static void expiry(enum assay_cookie_kind kind)
{
    start(kind);
    write_cookie("user=7", NOW);
    expect(&jar, size, NOW - 1, ASSAY_COOKIE_VALID);
    expect(&jar, size, NOW, ASSAY_COOKIE_EXPIRED);
    expect(&jar, size, UINT64_MAX, ASSAY_COOKIE_EXPIRED);
    (void)replace(size - 4); /* forged is worse than expired, and is what is said */
    expect(&jar, size, NOW, ASSAY_COOKIE_FORGED);
    assay_cookies_clear(&jar);
}

static void window(enum assay_cookie_kind kind)
{
    struct assay_cookies other;
    start(kind);
    assert_int_equal(add(&jar, "a", 9), ASSAY_INPUT);
    assert_int_equal(add(&jar, "", 9), ASSAY_INPUT);
    write_cookie("user=7", NOW + 5);
    assert_int_equal(add(&jar, "b", 2), ASSAY_OK);
    expect(&jar, size, NOW, ASSAY_COOKIE_VALID);
    assert_int_equal(add(&jar, "ab", 3), ASSAY_OK);
    expect(&jar, size, NOW, ASSAY_COOKIE_VALID);
    assert_int_equal(add(&jar, "d", 4), ASSAY_OK);
    expect(&jar, size, NOW, ASSAY_COOKIE_UNKNOWN_KEY);
    write_cookie("user=7", NOW + 5); /* by the newest: who has no other key reads it */
    assert_int_equal(assay_cookies_init(&other, backend, instance, kind, "session"), ASSAY_OK);
    assert_int_equal(add(&other, "d", 4), ASSAY_OK);
    expect(&other, size, NOW, ASSAY_COOKIE_VALID);
    assay_cookies_clear(&other);
    /* The same id over another key; and the same key under another name, or another kind. */
    assert_int_equal(assay_cookies_init(&other, backend, instance, kind, "session"), ASSAY_OK);
    assert_int_equal(add(&other, "d", 5), ASSAY_OK);
    expect(&other, size, NOW, ASSAY_COOKIE_FORGED);
    assay_cookies_clear(&other);
    assert_int_equal(assay_cookies_init(&other, backend, instance, kind, "sessiom"), ASSAY_OK);
    assert_int_equal(add(&other, "d", 4), ASSAY_OK);
    expect(&other, size, NOW, ASSAY_COOKIE_FORGED);
    assay_cookies_clear(&other);
    kind = kind == ASSAY_COOKIE_SIGNED ? ASSAY_COOKIE_SEALED : ASSAY_COOKIE_SIGNED;
    assert_int_equal(assay_cookies_init(&other, backend, instance, kind, "session"), ASSAY_OK);
    assert_int_equal(add(&other, "d", 4), ASSAY_OK);
    expect(&other, size, NOW, ASSAY_COOKIE_MALFORMED);
    assay_cookies_clear(&other);
    assay_cookies_clear(&jar);
}

#define BOTH(function)                                                                                       \
    static void test_##function(void **state)                                                                \
    {                                                                                                        \
        (void)state;                                                                                         \
        function(ASSAY_COOKIE_SIGNED);                                                                       \
        function(ASSAY_COOKIE_SEALED);                                                                       \
    }
BOTH(round_trip)
BOTH(tampering)
BOTH(expiry)
BOTH(window)

/* A sealed cookie tells nothing of its value, and the same value is never sealed alike. */
static void test_sealed_hides(void **state)
{
    (void)state;
    uint8_t octets[ASSAY_COOKIE_BODY_MAX];
    char first[ASSAY_COOKIE_TEXT_MAX];
    size_t first_size, octets_size;
    start(ASSAY_COOKIE_SEALED);
    write_cookie("user=7;role=admin", NOW);
    memcpy(first, text, first_size = size);
    write_cookie("user=7;role=admin", NOW);
    assert_int_equal(size, first_size);
    assert_memory_not_equal(text, first, size);
    assert_true(assay_base64url_decode(text, size, octets, sizeof octets, &octets_size));
    assert_null(memmem(octets, octets_size, "user", 4));
    assert_null(memmem(&jar, sizeof jar, "user", 4));
    assay_cookies_clear(&jar);
}

static void test_names(void **state)
{
    (void)state;
    char name[ASSAY_COOKIE_NAME_MAX + 2] = "";
    assert_int_equal(assay_cookies_init(&jar, backend, instance, ASSAY_COOKIE_SIGNED, name), ASSAY_INPUT);
    memset(name, 'n', sizeof name - 1);
    assert_int_equal(assay_cookies_init(&jar, backend, instance, ASSAY_COOKIE_SIGNED, name), ASSAY_INPUT);
    assert_int_equal(assay_cookies_init(&jar, backend, instance, ASSAY_COOKIE_SIGNED, name + 1), ASSAY_OK);
    assert_int_equal(assay_cookie_write(&jar, (struct assay_bytes){NULL, 0}, NOW, text, &size), ASSAY_INPUT);
    assay_cookies_clear(&jar);
}

static void test_separate(void **state)
{
    (void)state;
    struct assay_purpose_keyset set = {0};
    const struct assay_bytes one = {(const uint8_t *)"1", 1}, two = {(const uint8_t *)"2", 1},
                             none = {NULL, 0};
    uint8_t master[32] = {1}, key[2][32], info[2][ASSAY_SEPARATE_INFO_MAX];
    assay_kdf *kdf = NULL;
    assert_int_equal(backend->kdf->kdf_new(instance, ASSAY_HKDF_SHA256, &kdf), ASSAY_OK);
    assert_int_equal(assay_separate_derive(backend, kdf, master, "sign", one, key[0]), ASSAY_OK);
    assert_int_equal(assay_separate_derive(backend, kdf, master, "seal", one, key[1]), ASSAY_OK);
    assert_int_equal(assay_separate_derive(backend, kdf, master, "", one, key[1]), ASSAY_INPUT);
    assert_int_equal(assay_separate_derive(backend, kdf, master, "seal", none, key[1]), ASSAY_INPUT);
    backend->kdf->kdf_free(kdf);
    /* "ab" + "c" is not "a" + "bc" */
    const struct assay_bytes c = {(const uint8_t *)"c", 1}, bc = {(const uint8_t *)"bc", 2};
    assert_int_equal(assay_separate_info(info[0], "ab", c), assay_separate_info(info[1], "a", bc));
    assert_memory_not_equal(info[0], info[1], 6);

    assert_int_equal(assay_purpose_add(&set, "sign", one, key[0]), ASSAY_OK);
    assert_int_equal(assay_purpose_add(&set, "seal", one, key[0]), ASSAY_INPUT);
    assert_int_equal(assay_purpose_add(&set, "sign", two, key[0]), ASSAY_INPUT);
    assert_int_equal(assay_purpose_add(&set, "sign", one, key[1]), ASSAY_INPUT);
    assert_int_equal(assay_purpose_add(&set, "seal", two, key[1]), ASSAY_OK);
    assert_null(assay_purpose_find(&set, "seal", one));
    assert_null(assay_purpose_find(&set, "sign", two));
    assert_memory_equal(assay_purpose_find(&set, "sign", one), key[0], 32);
    assay_purpose_clear(&set);
    assert_null(assay_purpose_find(&set, "sign", one));
}

static bool supported(void)
{
    char why[200];
    return backend->supports(instance, ASSAY_OP_MAC, ASSAY_HMAC_SHA256, why, sizeof why) &&
           backend->supports(instance, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, sizeof why) &&
           backend->supports(instance, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, sizeof why) &&
           backend->supports(instance, ASSAY_OP_KDF, ASSAY_HKDF_SHA256, why, sizeof why);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_tampering),
        cmocka_unit_test(test_expiry),       cmocka_unit_test(test_window),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_separate),
        cmocka_unit_test(test_sealed_hides),
    };
    if (argc < 2 || !open_module(argc - 1, argv + 1, &backend, &instance))
        return 2;
    int failed = !supported() ? 77 : cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
    backend->destroy(instance);
    return failed;
}

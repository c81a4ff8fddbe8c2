/* SPDX-License-Identifier: Apache-2.0
 *
 * The keyset: keyset MODULE
 */
#include "kernels/kernel.h"
#include "kernels/service/jws.h"
#include "tests/unit/token_module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_keyset(void **state)
{
    struct assay_keyset set;
    uint8_t secret[33] = {0}, key[2048];
    char kid[ASSAY_KID_MAX + 2];
    (void)state;
    memset(kid, 'k', sizeof kid - 1);
    kid[sizeof kid - 1] = '\0';
    assay_keyset_init(&set, token_module.backend, token_module.instance);
#define ADD(name, secret_size)                                                                               \
    assay_keyset_add(&set, token_text(name), ASSAY_HS256, ASSAY_KEY_VERIFIES,                                \
                     (struct assay_bytes){secret, secret_size})
    assert_int_equal(ADD("", 32), ASSAY_INPUT);
    assert_int_equal(ADD(kid, 32), ASSAY_INPUT);
    assert_int_equal(ADD("short", 31), ASSAY_INPUT);
    assert_int_equal(ADD("0", 32), ASSAY_OK);
    assert_int_equal(ADD("twice", 32), ASSAY_INPUT);
    assert_int_equal(ADD("0", 33), ASSAY_INPUT);
    size_t size = token_test_key(ASSAY_EDDSA, ASSAY_KEY_SIGNS, key);
    assert_int_equal(assay_keyset_add(&set, token_text("s"), ASSAY_EDDSA, ASSAY_KEY_SIGNS,
                                      (struct assay_bytes){key, size}),
                     ASSAY_OK);
    size = token_test_key(ASSAY_EDDSA, ASSAY_KEY_VERIFIES, key);
    assert_int_equal(assay_keyset_add(&set, token_text("v"), ASSAY_EDDSA, ASSAY_KEY_VERIFIES,
                                      (struct assay_bytes){key, size}),
                     ASSAY_INPUT); /* one key, one purpose */
    assert_null(assay_keyset_find(&set, token_text("s"), ASSAY_KEY_VERIFIES));
    for (char name[] = "a"; set.count < ASSAY_KEYSET_KEYS; name[0]++, secret[0]++)
        assert_int_equal(ADD(name, 33), ASSAY_OK);
    secret[0]++;
    assert_int_equal(ADD("full", 33), ASSAY_INPUT);
    static const char usual[] = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAiLCJ0eXAiOiJKV1QifQ"; /* of 0 */
    assert_non_null(assay_keyset_find_usual(&set, token_text(usual)));
    assert_ptr_equal(assay_keyset_find_usual(&set, token_text(usual)),
                     assay_keyset_find(&set, token_text("0"), ASSAY_KEY_VERIFIES));
    assert_null(assay_keyset_find_usual(&set, token_text("")));
    for (size_t i = 0; i < set.count; i++)
        if (set.keys[i].purpose == ASSAY_KEY_SIGNS)
            assert_null(assay_keyset_find_usual(
                &set, (struct assay_bytes){(uint8_t *)set.keys[i].usual, set.keys[i].usual_size}));
    assert_true(assay_keyset_remove(&set, token_text("0")));
    assert_null(assay_keyset_find_usual(&set, token_text(usual)));
    assert_false(assay_keyset_remove(&set, token_text("0")));
    assert_null(assay_keyset_find(&set, token_text("0"), ASSAY_KEY_VERIFIES));
    assert_non_null(assay_keyset_find(&set, token_text("b"), ASSAY_KEY_VERIFIES));
    assert_int_equal(ADD("full", 33), ASSAY_OK);
    assay_keyset_clear(&set);
}

/* Tokens without kid, signed by the key `secret`: every key of their algorithm is tried, no other. */
static enum assay_token_result any(const struct assay_keyset *set, uint8_t secret, const char *header)
{
    static struct assay_jws jws;
    struct assay_keyset signer;
    uint8_t key[32];
    char text[256];
    size_t size = sizeof text;
    enum assay_token_result result = ASSAY_TOKEN_RESULTS;
    memset(key, secret, sizeof key);
    assay_keyset_init(&signer, token_module.backend, token_module.instance);
    assert_int_equal(assay_keyset_add(&signer, token_text("s"), ASSAY_HS256, ASSAY_KEY_SIGNS,
                                      (struct assay_bytes){key, sizeof key}),
                     ASSAY_OK);
    assert_int_equal(
        assay_jws_sign(&signer, &signer.keys[0], token_text(header), token_text("p"), text, &size), ASSAY_OK);
    assay_keyset_clear(&signer);
    assert_int_equal(assay_jws_verify_any(set, text, size, &jws, &result), ASSAY_OK);
    assert_true(result != ASSAY_TOKEN_VALID || (jws.payload.size == 1 && jws.payload.data[0] == 'p'));
    return result;
}

static void test_any_key(void **state)
{
    struct assay_keyset set;
    uint8_t key[2048];
    (void)state;
    assay_keyset_init(&set, token_module.backend, token_module.instance);
    assert_int_equal(any(&set, 1, "{\"alg\":\"HS256\"}"), ASSAY_TOKEN_BAD_SIG);
    size_t size = token_test_key(ASSAY_EDDSA, ASSAY_KEY_VERIFIES, key);
    assert_int_equal(assay_keyset_add(&set, token_text("ed"), ASSAY_EDDSA, ASSAY_KEY_VERIFIES,
                                      (struct assay_bytes){key, size}),
                     ASSAY_OK);
    for (uint8_t i = 1; i <= 3; i++) {
        memset(key, i, 32);
        assert_int_equal(assay_keyset_add(&set, (struct assay_bytes){&i, 1}, ASSAY_HS256,
                                          i == 3 ? ASSAY_KEY_SIGNS : ASSAY_KEY_VERIFIES,
                                          (struct assay_bytes){key, 32}),
                         ASSAY_OK);
    }
    assert_int_equal(any(&set, 1, "{\"alg\":\"HS256\"}"), ASSAY_TOKEN_VALID);
    assert_int_equal(any(&set, 2, "{\"alg\":\"HS256\",\"kid\":\"x\"}"), ASSAY_TOKEN_VALID);
    assert_int_equal(any(&set, 3, "{\"alg\":\"HS256\"}"), ASSAY_TOKEN_BAD_SIG); /* it is there to sign */
    assert_int_equal(any(&set, 4, "{\"alg\":\"HS256\"}"), ASSAY_TOKEN_BAD_SIG);
    assert_int_equal(any(&set, 1, "{\"alg\":\"EdDSA\"}"), ASSAY_TOKEN_BAD_SIG);
    assert_int_equal(any(&set, 1, "{\"alg\":\"none\"}"), ASSAY_TOKEN_BAD_SIG);
    assert_int_equal(any(&set, 1, "{}"), ASSAY_TOKEN_MALFORMED);
    assert_int_equal(any(&set, 1, "{\"alg\":\"HS256\",\"crit\":[]}"), ASSAY_TOKEN_MALFORMED);
    assay_keyset_clear(&set);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keyset), cmocka_unit_test(test_any_key)};
    if (argc != 2)
        return 2;
    token_module_load(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

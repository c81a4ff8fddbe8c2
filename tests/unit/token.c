/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile tokens, each with the one result that it must have: token MODULE. Most are signed with the right
 * key, so that nothing but what is wrong with them can be the reason.
 */
#include "kernels/kernel.h"
#include "kernels/reference.h"
#include "kernels/service/base64url.h"
#include "tests/unit/token_module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM       ASSAY_JWS_MAX
#define HEADER     "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}"
#define CLAIMS_BUT "\"iss\":\"i\",\"aud\":\"a\",\"exp\":2000,\"nbf\":1000,\"jti\":\"j\""
#define CLAIMS     "{" CLAIMS_BUT "}"
#define THUMB      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static struct assay_keyset signer, verifier;
static const struct assay_keyset_key *ed;
static struct assay_token_policy policy;
static struct assay_token token;

static const struct named {
    const char *kid;
    enum assay_jws_alg alg;
} names[] = {{"ed", ASSAY_EDDSA}, {"es", ASSAY_ES256}, {"rs", ASSAY_RS256}, {"hs", ASSAY_HS256}};

static int setup(void **state)
{
    (void)state;
    assay_keyset_init(&signer, token_module.backend, token_module.instance);
    assay_keyset_init(&verifier, token_module.backend, token_module.instance);
    for (size_t i = 0; i < ASSAY_COUNT(names); i++) {
        uint8_t key[2048];
        if (!token_module_has(names[i].alg))
            continue;
        size_t size = token_test_key(names[i].alg, ASSAY_KEY_SIGNS, key);
        if (assay_keyset_add(&signer, token_text(names[i].kid), names[i].alg, ASSAY_KEY_SIGNS,
                             (struct assay_bytes){key, size}) != ASSAY_OK)
            return 1;
        size = token_test_key(names[i].alg, ASSAY_KEY_VERIFIES, key);
        if (assay_keyset_add(&verifier, token_text(names[i].kid), names[i].alg, ASSAY_KEY_VERIFIES,
                             (struct assay_bytes){key, size}) != ASSAY_OK)
            return 1;
    }
    ed = assay_keyset_find(&signer, token_text("ed"), ASSAY_KEY_SIGNS);
    policy = (struct assay_token_policy){.iss = token_text("i"), .aud = token_text("a"), .now = 1500};
    policy.store = assay_store_memory(10000);
    return policy.store && ed ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    policy.store->close(policy.store);
    assay_keyset_clear(&signer);
    assay_keyset_clear(&verifier);
    return 0;
}

static size_t sign_with(const struct assay_keyset_key *key, const char *header, const char *claims, char *out)
{
    size_t size = ROOM;
    assert_int_equal(assay_jws_sign(&signer, key, token_text(header), token_text(claims), out, &size),
                     ASSAY_OK);
    return size;
}

static enum assay_token_result result_of(const char *text, size_t size)
{
    enum assay_token_result result = ASSAY_TOKEN_RESULTS;
    assert_int_equal(assay_token_verify(&verifier, &policy, text, size, &token, &result), ASSAY_OK);
    return result;
}

/* Under a store of its own, so that one token does not use up the next one's jti. */
static void expect(const char *what, const char *text, size_t size, enum assay_token_result want)
{
    struct assay_store *kept = policy.store;
    policy.store = assay_store_memory(1000);
    char *copy = malloc(size > 0 ? size : 1); /* exactly as long as it is, for valgrind */
    assert_true(policy.store && copy);
    if (size > 0)
        memcpy(copy, text, size);
    enum assay_token_result got = result_of(copy, size);
    if (got != want)
        fail_msg("%s: %s, not %s", what, assay_token_result_name(got), assay_token_result_name(want));
    free(copy);
    policy.store->close(policy.store);
    policy.store = kept;
}

#define BUT(exp, nbf, jti) "{\"iss\":\"i\",\"aud\":\"a\",\"exp\":" exp ",\"nbf\":" nbf ",\"jti\":" jti "}"
#define AUD(aud)           "{\"iss\":\"i\",\"aud\":" aud ",\"exp\":2000,\"jti\":\"j\"}"
#define ISS(iss)           "{\"iss\":" iss ",\"aud\":\"a\",\"exp\":2000,\"jti\":\"j\"}"
#define WITH(more)         "{" CLAIMS_BUT "," more "}"
#define J32                "0123456789abcdef0123456789abcdef"

static const struct {
    const char *header, *claims;
    enum assay_token_result want;
} signed_tokens[] = {
    {HEADER, CLAIMS, ASSAY_TOKEN_VALID},
    /* headers */
    {" { \"kid\" :\t\"ed\",\r\n\"alg\":\"EdDSA\",\"typ\":\"JWT\"} ", CLAIMS, ASSAY_TOKEN_VALID},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"crit\":[\"exp\"],\"exp\":1}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"crit\":null}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"b64\":false,\"crit\":[\"b64\"]}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"[" HEADER "]", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"\"EdDSA\"", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"null", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {HEADER HEADER, CLAIMS, ASSAY_TOKEN_MALFORMED},
    {HEADER "x", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed\"", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"none\",\"alg\":\"EdDSA\",\"kid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"kid\":\"hs\"}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"\\u006bid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":1}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":null}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":[\"ed\"]}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\"}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed\\u0000\"}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed\xff\"}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"EdDSA\",\"kid\":\"\"}", CLAIMS, ASSAY_TOKEN_UNKNOWN_KID},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed \"}", CLAIMS, ASSAY_TOKEN_UNKNOWN_KID},
    {"{\"alg\":\"EdDSA\",\"kid\":\"" J32 J32 "x\"}", CLAIMS, ASSAY_TOKEN_UNKNOWN_KID},
    {"{\"alg\":\"EdDSA\",\"kid\":\"" J32 J32 J32 J32 J32 J32 J32 J32 "\"}", CLAIMS, ASSAY_TOKEN_UNKNOWN_KID},
    {"{\"alg\":\"EdDSA\",\"kid\":\"../../dev/null\"}", CLAIMS, ASSAY_TOKEN_UNKNOWN_KID},
    {"{\"alg\":\"HS256\",\"kid\":\"hs\"}", CLAIMS, ASSAY_TOKEN_BAD_SIG},
    {"{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"typ\":\"JWT\"}", CLAIMS, ASSAY_TOKEN_VALID},
    {"{\"alg\":\"HS256\",\"kid\":\"hs\",\"typ\":\"JWT\"}", CLAIMS, ASSAY_TOKEN_BAD_SIG},
    {"{\"alg\":\"HS256\",\"kid\":\"ed\",\"typ\":\"JWT\"}", CLAIMS, ASSAY_TOKEN_BAD_SIG},
    {"{\"kid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":7,\"kid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_MALFORMED},
    {"{\"alg\":\"none\",\"kid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_BAD_SIG},
    {"{\"alg\":\"nOnE\",\"kid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_BAD_SIG},
    {"{\"alg\":\"HS256\",\"kid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_BAD_SIG},
    {"{\"alg\":\"ES256\",\"kid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_BAD_SIG},
    {"{\"alg\":\"eddsa\",\"kid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_BAD_SIG},
    {"{\"alg\":\"\",\"kid\":\"ed\"}", CLAIMS, ASSAY_TOKEN_BAD_SIG},
    /* payloads */
    {HEADER, "", ASSAY_TOKEN_MALFORMED},
    {HEADER, "{}", ASSAY_TOKEN_MALFORMED},
    {HEADER, "[]", ASSAY_TOKEN_MALFORMED},
    {HEADER, "7", ASSAY_TOKEN_MALFORMED},
    {HEADER, CLAIMS CLAIMS, ASSAY_TOKEN_MALFORMED},
    {HEADER, "[" CLAIMS "]", ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"exp\":3000"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"\\u0065xp\":3000"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"x\":{\"y\":1,\"y\":1}"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"x\":NaN"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"x\":1e999"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"x\":01"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"x\":[[[[[[[[{\"exp\":1}]]]]]]]]"), ASSAY_TOKEN_VALID},
    /* times */
    {HEADER, BUT("1501", "1500", "\"j\""), ASSAY_TOKEN_VALID},
    {HEADER, BUT("1500", "1000", "\"j\""), ASSAY_TOKEN_EXPIRED},
    {HEADER, BUT("0", "1000", "\"j\""), ASSAY_TOKEN_EXPIRED},
    {HEADER, BUT("2000", "1501", "\"j\""), ASSAY_TOKEN_NOT_YET_VALID},
    {HEADER, BUT("253402300799", "1000", "\"j\""), ASSAY_TOKEN_VALID},
    {HEADER, BUT("253402300800", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("9223372036854775807", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("9223372036854775808", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("-9223372036854775808", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("18446744073709553616", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("99999999999999999999999999999999999999999999", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("-1", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("2000.5", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("2e3", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("\"2000\"", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("true", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("null", "1000", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("2000", "null", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("2000", "-1", "\"j\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, "{\"iss\":\"i\",\"aud\":\"a\",\"nbf\":1000,\"jti\":\"j\"}", ASSAY_TOKEN_MALFORMED},
    {HEADER, "{\"iss\":\"i\",\"aud\":\"a\",\"exp\":2000,\"jti\":\"j\"}", ASSAY_TOKEN_VALID},
    /* jti and sub */
    {HEADER, BUT("2000", "1000", "1"), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("2000", "1000", "\"\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, BUT("2000", "1000", "\"" J32 J32 J32 "\""), ASSAY_TOKEN_VALID},
    {HEADER, BUT("2000", "1000", "\"" J32 J32 J32 "x\""), ASSAY_TOKEN_MALFORMED},
    {HEADER, "{\"iss\":\"i\",\"aud\":\"a\",\"exp\":2000}", ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"sub\":7"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"sub\":\"s\""), ASSAY_TOKEN_VALID},
    /* who and for whom */
    {HEADER, AUD("\"A\""), ASSAY_TOKEN_WRONG_AUD},
    {HEADER, AUD("\"\""), ASSAY_TOKEN_WRONG_AUD},
    {HEADER, AUD("\"ab\""), ASSAY_TOKEN_WRONG_AUD},
    {HEADER, AUD("[\"b\",\"a\"]"), ASSAY_TOKEN_VALID},
    {HEADER, AUD("[\"b\",\"c\"]"), ASSAY_TOKEN_WRONG_AUD},
    {HEADER, AUD("[]"), ASSAY_TOKEN_WRONG_AUD},
    {HEADER, AUD("[\"a\",7]"), ASSAY_TOKEN_MALFORMED},
    {HEADER, AUD("[[\"a\"]]"), ASSAY_TOKEN_MALFORMED},
    {HEADER, AUD("{\"a\":\"a\"}"), ASSAY_TOKEN_MALFORMED},
    {HEADER, AUD("null"), ASSAY_TOKEN_MALFORMED},
    {HEADER, "{\"iss\":\"i\",\"exp\":2000,\"jti\":\"j\"}", ASSAY_TOKEN_MALFORMED},
    {HEADER, ISS("\"I\""), ASSAY_TOKEN_WRONG_ISS},
    {HEADER, ISS("\"ii\""), ASSAY_TOKEN_WRONG_ISS},
    {HEADER, ISS("\"\""), ASSAY_TOKEN_WRONG_ISS},
    {HEADER, ISS("[\"i\"]"), ASSAY_TOKEN_MALFORMED},
    {HEADER, "{\"aud\":\"a\",\"exp\":2000,\"jti\":\"j\"}", ASSAY_TOKEN_MALFORMED},
    /* bindings, where no certificate was shown */
    {HEADER, WITH("\"cnf\":{\"x5t#S256\":\"" THUMB "\"}"), ASSAY_TOKEN_WRONG_BINDING},
    {HEADER, WITH("\"cnf\":{\"x5t#S256\":\"" THUMB "=\"}"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"cnf\":{\"x5t#S256\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9\"}"),
     ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"cnf\":{\"jkt\":\"" THUMB "\"}"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"cnf\":{\"x5t#S256\":\"\"}"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"cnf\":{}"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"cnf\":null"), ASSAY_TOKEN_MALFORMED},
    {HEADER, WITH("\"cnf\":\"" THUMB "\""), ASSAY_TOKEN_MALFORMED},
};

static void test_signed(void **state)
{
    char text[ROOM];
    (void)state;
    for (size_t i = 0; i < ASSAY_COUNT(signed_tokens); i++) {
        char what[400];
        size_t size = sign_with(ed, signed_tokens[i].header, signed_tokens[i].claims, text);
        snprintf(what, sizeof what, "%s . %s", signed_tokens[i].header, signed_tokens[i].claims);
        expect(what, text, size, signed_tokens[i].want);
    }
}

/* Of the right token: H, P and S stand for its segments. */
static const struct {
    const char *pattern;
    enum assay_token_result want;
} altered_texts[] = {
    {"H.P.S", ASSAY_TOKEN_VALID},        {"", ASSAY_TOKEN_MALFORMED},
    {".", ASSAY_TOKEN_MALFORMED},        {"..", ASSAY_TOKEN_MALFORMED},
    {"...", ASSAY_TOKEN_MALFORMED},      {"H", ASSAY_TOKEN_MALFORMED},
    {"H.P", ASSAY_TOKEN_MALFORMED},      {"H..S", ASSAY_TOKEN_BAD_SIG},
    {".P.S", ASSAY_TOKEN_MALFORMED},     {"H.P.", ASSAY_TOKEN_BAD_SIG},
    {"P.S", ASSAY_TOKEN_MALFORMED},      {"P.H.S", ASSAY_TOKEN_MALFORMED},
    {"H.P.S.", ASSAY_TOKEN_MALFORMED},   {"H.P.S..", ASSAY_TOKEN_MALFORMED},
    {".H.P.S", ASSAY_TOKEN_MALFORMED},   {"H.P.S.S", ASSAY_TOKEN_MALFORMED},
    {"H..P.S", ASSAY_TOKEN_MALFORMED},   {"H.P..S", ASSAY_TOKEN_MALFORMED},
    {"H.P.S=", ASSAY_TOKEN_MALFORMED},   {"H.P.S==", ASSAY_TOKEN_MALFORMED},
    {"H=.P.S", ASSAY_TOKEN_MALFORMED},   {"H.P=.S", ASSAY_TOKEN_MALFORMED},
    {"H.P.S\n", ASSAY_TOKEN_MALFORMED},  {" H.P.S", ASSAY_TOKEN_MALFORMED},
    {"H .P.S", ASSAY_TOKEN_MALFORMED},   {"H.P.S ", ASSAY_TOKEN_MALFORMED},
    {"H.P.+", ASSAY_TOKEN_MALFORMED},    {"H.P./w", ASSAY_TOKEN_MALFORMED},
    {"H.P.\xff", ASSAY_TOKEN_MALFORMED}, {"H.P.A", ASSAY_TOKEN_MALFORMED},
    {"H.P.AA", ASSAY_TOKEN_BAD_SIG},     {"H.P.AB", ASSAY_TOKEN_MALFORMED},
    {"H.P.SAA", ASSAY_TOKEN_BAD_SIG},    {"H.H.S", ASSAY_TOKEN_BAD_SIG},
    {"H.P.P", ASSAY_TOKEN_BAD_SIG},      {"H,P,S", ASSAY_TOKEN_MALFORMED},
};

static void altered(const char *header)
{
    char right[ROOM], text[ROOM];
    size_t size = sign_with(ed, header, CLAIMS, right);
    const char *p = (const char *)memchr(right, '.', size) + 1;
    const char *s = (const char *)memchr(p, '.', size - (size_t)(p - right)) + 1;
    const struct assay_bytes parts[] = {{(const uint8_t *)right, (size_t)(p - right) - 1},
                                        {(const uint8_t *)p, (size_t)(s - p) - 1},
                                        {(const uint8_t *)s, size - (size_t)(s - right)}};
    for (size_t i = 0; i < ASSAY_COUNT(altered_texts); i++) {
        size_t n = 0;
        for (const char *c = altered_texts[i].pattern; *c; c++) {
            const char *letters = "HPS", *which = strchr(letters, *c);
            const struct assay_bytes one = {(const uint8_t *)c, 1};
            const struct assay_bytes *part = which ? &parts[which - letters] : &one;
            memcpy(text + n, part->data, part->size);
            n += part->size;
        }
        expect(altered_texts[i].pattern, text, n, altered_texts[i].want);
    }
    for (size_t i = 0; i < size; i++) { /* no one character may be another, and none missing */
        memcpy(text, right, size);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        enum assay_token_result got = result_of(text, size);
        assert_true(got != ASSAY_TOKEN_VALID && got != ASSAY_TOKEN_REPLAYED);
        assert_true(result_of(right, i) != ASSAY_TOKEN_VALID);
    }
    expect("as it was", right, size, ASSAY_TOKEN_VALID);
}

static void test_altered(void **state)
{
    (void)state;
    altered(HEADER);
    altered("{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"typ\":\"JWT\"}"); /* the usual one, that is not parsed */
}

/* n times `open`, then `close` likewise, in a claim. */
static size_t nested(char *out, const char *open, const char *close, size_t n)
{
    char *at = stpcpy(out, "{" CLAIMS_BUT ",\"x\":");
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, open);
    at = stpcpy(at, "1");
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, close);
    return (size_t)(stpcpy(at, "}") - out);
}

static void test_large(void **state)
{
    static char claims[ROOM], text[ROOM];
    (void)state;
    nested(claims, "[", "]", 1000);
    expect("1000 arrays deep", text, sign_with(ed, HEADER, claims, text), ASSAY_TOKEN_VALID);
    nested(claims, "[", "]", 2900);
    expect("2900 arrays deep", text, sign_with(ed, HEADER, claims, text), ASSAY_TOKEN_MALFORMED);
    nested(claims, "{\"\":", "", 1400);
    expect("1400 objects, open", text, sign_with(ed, HEADER, claims, text), ASSAY_TOKEN_MALFORMED);
    size_t big = 1u << 20;
    char *header = malloc(big), *huge = malloc(2 * big);
    assert_true(header && huge);
    memset(header, ' ', big);
    memcpy(header, HEADER, sizeof HEADER - 1);
    (void)assay_base64url_encode((const uint8_t *)header, big, huge);
    size_t at = ASSAY_BASE64URL_SIZE(big), size = sign_with(ed, HEADER, CLAIMS, text);
    const char *rest = memchr(text, '.', size);
    memcpy(huge + at, rest, size - (size_t)(rest - text));
    expect("a header of 1 MiB", huge, at + size - (size_t)(rest - text), ASSAY_TOKEN_MALFORMED);
    memset(huge, '.', big);
    expect("a million dots", huge, big, ASSAY_TOKEN_MALFORMED);
    memset(huge, 'A', big);
    expect("a million A", huge, big, ASSAY_TOKEN_MALFORMED);
    free(header);
    free(huge);
    memset(claims, ' ', sizeof claims); /* as long as may be, to the character */
    memcpy(claims, CLAIMS, sizeof CLAIMS - 1);
    claims[6026] = '\0';
    size = sign_with(ed, HEADER, claims, text);
    assert_in_range(size, ASSAY_JWS_MAX - 40, ASSAY_JWS_MAX);
    expect("the longest", text, size, ASSAY_TOKEN_VALID);
}

/* HS256 whose secret is a public key, under that key's name. */
static void test_confusion(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASSAY_COUNT(names); i++) {
        char header[64], text[ROOM];
        uint8_t key[2048], tag[ASSAY_HASH_MAX];
        if (names[i].alg == ASSAY_HS256 || !token_module_has(names[i].alg))
            continue;
        size_t key_size = token_test_key(names[i].alg, ASSAY_KEY_VERIFIES, key);
        snprintf(header, sizeof header, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", names[i].kid);
        (void)assay_base64url_encode((const uint8_t *)header, strlen(header), text);
        size_t n = ASSAY_BASE64URL_SIZE(strlen(header));
        text[n++] = '.';
        (void)assay_base64url_encode((const uint8_t *)CLAIMS, strlen(CLAIMS), text + n);
        n += ASSAY_BASE64URL_SIZE(strlen(CLAIMS));
        assay_reference_hmac(ASSAY_HMAC_SHA256, tag, key, key_size, (const uint8_t *)text, n);
        text[n] = '.';
        (void)assay_base64url_encode(tag, 32, text + n + 1);
        expect(header, text, n + 1 + 43, ASSAY_TOKEN_BAD_SIG);
        if (key_size >= 32) /* nor may the service put itself there by mistake */
            assert_int_equal(assay_keyset_add(&verifier, token_text("mistake"), ASSAY_HS256,
                                              ASSAY_KEY_VERIFIES, (struct assay_bytes){key, key_size}),
                             ASSAY_INPUT);
    }
}

/* Right tokens of each algorithm; ES256 often enough for short and long integers in the DER. */
static void test_algorithms(void **state)
{
    (void)state;
    for (size_t i = 0; i < signer.count; i++) {
        const struct assay_keyset_key *k = &signer.keys[i];
        char header[64], text[ROOM], other[ROOM];
        for (int n = 0; n < (k->alg == ASSAY_ES256 ? 600 : 2); n++) {
            struct assay_token_claims claims = {.iss = token_text("i"),
                                                .aud = token_text("a"),
                                                .jti = token_text("\"\\\n\xc3\xa9"),
                                                .exp = 2000 + n};
            size_t size = sizeof text;
            assert_int_equal(assay_token_sign(&signer, k, &claims, text, &size), ASSAY_OK);
            expect(assay_jws_alg_name(k->alg), text, size, ASSAY_TOKEN_VALID);
            assert_int_equal(token.exp, 2000 + n);
            assert_true(token.jti_size == 5 && memcmp(token.jti, "\"\\\n\xc3\xa9", 5) == 0);
        }
        snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%.*s\"}", assay_jws_alg_name(k->alg),
                 (int)k->kid_size, k->kid);
        size_t size = sign_with(k, header, CLAIMS, text);
        size_t dot = (size_t)((char *)memrchr(text, '.', size) - text);
        for (size_t j = 0; j + 1 < size - dot; j += 4) { /* shorter and shorter, and longer */
            memcpy(other, text, size - j);
            memset(other + size - j, 'A', 8);
            enum assay_token_result got = result_of(other, size - j + (j % 8 == 0 ? 8 : 0));
            assert_true(got == ASSAY_TOKEN_BAD_SIG || got == ASSAY_TOKEN_MALFORMED);
        }
        expect(header, text, size, ASSAY_TOKEN_VALID);
    }
}

static enum assay_rc broken_get(struct assay_store *s, struct assay_bytes key, uint8_t *out, size_t *size,
                                bool *found)
{
    (void)s, (void)key, (void)out, (void)size;
    *found = false;
    return ASSAY_LIBRARY;
}

static void test_use(void **state)
{
    static uint8_t mine[32], others[32] = {1};
    char text[ROOM], bound[ROOM];
    enum assay_token_result result = ASSAY_TOKEN_VALID;
    (void)state;
    for (size_t i = 0; i < sizeof mine; i++)
        mine[i] = (uint8_t)i; /* THUMB */
    size_t size = sign_with(ed, HEADER, BUT("2000", "1000", "\"once\""), text);
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_VALID);
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_REPLAYED);
    policy.now = 2000;
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_EXPIRED);
    policy.now = 1500;

    size_t bound_size = sign_with(ed, HEADER, WITH("\"cnf\":{\"x5t#S256\":\"" THUMB "\"}"), bound);
    assert_int_equal(result_of(bound, bound_size), ASSAY_TOKEN_WRONG_BINDING);
    policy.thumbprint = others;
    assert_int_equal(result_of(bound, bound_size), ASSAY_TOKEN_WRONG_BINDING);
    policy.thumbprint = mine; /* the thieves have not used it up */
    assert_int_equal(result_of(bound, bound_size), ASSAY_TOKEN_VALID);
    assert_int_equal(result_of(bound, bound_size), ASSAY_TOKEN_REPLAYED);
    size = sign_with(ed, HEADER, BUT("2000", "1000", "\"bearer\""), text);
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_WRONG_BINDING);
    policy.thumbprint = NULL;

    assert_int_equal(assay_token_revoke(&policy, token_text("bearer"), 2000), ASSAY_OK);
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_REVOKED);
    size = sign_with(ed, HEADER, BUT("2000", "1000", "\"unseen\""), text);
    struct assay_store broken = *policy.store, *kept = policy.store;
    broken.get = broken_get;
    policy.store = &broken; /* fails closed */
    assert_int_equal(assay_token_verify(&verifier, &policy, text, size, &token, &result), ASSAY_LIBRARY);
    assert_true(result != ASSAY_TOKEN_VALID);
    policy.store = kept;
    policy.now = 2009, policy.leeway = 10;
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_VALID);
    policy.now = 1500, policy.leeway = 0;
}

/* A key that has leaked is denied whatever a token calls itself; that uses no token up, and no other key's.
 */
static void test_denied_key(void **state)
{
    static const char usual[] = "{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"typ\":\"JWT\"}";
    char text[ROOM], other[ROOM];
    uint8_t key[ASSAY_STORE_KEY_MAX];
    bool found;
    (void)state;
    const struct assay_keyset_key *hs = assay_keyset_find(&signer, token_text("hs"), ASSAY_KEY_SIGNS);
    size_t size = sign_with(ed, HEADER, BUT("2000", "1000", "\"by-ed\""), text);
    size_t other_size =
        sign_with(hs, "{\"alg\":\"HS256\",\"kid\":\"hs\"}", BUT("2000", "1000", "\"by-hs\""), other);
    assert_int_equal(assay_token_revoke_key(&policy, token_text(""), 2000), ASSAY_INPUT);
    assert_int_equal(assay_token_revoke_key(&policy, token_text("ed"), 2000), ASSAY_OK);
    policy.deny_keys = true;
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_REVOKED);
    policy.any_key = true;
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_REVOKED);
    policy.any_key = false;
    assert_int_equal(result_of(other, other_size), ASSAY_TOKEN_VALID);
    size_t key_size = assay_token_revoked_kid(key, token_text("ed"));
    assert_int_equal(policy.store->del(policy.store, (struct assay_bytes){key, key_size}, &found), ASSAY_OK);
    assert_true(found);
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_VALID);
    assert_int_equal(assay_token_revoke_key(&policy, token_text("ed"), 2000), ASSAY_OK);
    size = sign_with(ed, usual, BUT("2000", "1000", "\"more\""), text);
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_REVOKED);
    policy.deny_keys = false; /* who does not ask does not know */
    assert_int_equal(result_of(text, size), ASSAY_TOKEN_VALID);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signed),     cmocka_unit_test(test_altered), cmocka_unit_test(test_large),
        cmocka_unit_test(test_confusion),  cmocka_unit_test(test_use),     cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_denied_key),
    };
    if (argc != 2)
        return 2;
    token_module_load(argv[1]);
    return cmocka_run_group_tests(tests, setup, teardown);
}

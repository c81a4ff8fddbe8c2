/* SPDX-License-Identifier: Apache-2.0
 *
 * Wycheproof's testvectors_v1: a file has an algorithm and groups, a group has a type and tests. The table at
 * the end tells which of them backend.h has, and how a test of each is read.
 */
#include "bench/vectors/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct in_hand {
    struct vec_run *run;
    const json_t *group, *test;
    enum assay_alg alg;
};

/* A member's hexadecimal text; a missing or bad one breaks the file. */
static struct assay_bytes hex(const struct in_hand *t, const json_t *object, const char *name)
{
    struct assay_bytes out = {NULL, 0};
    const char *text = json_string_value(json_object_get(object, name));
    if (!text)
        vec_broken(t->run, ": %s: no text \"%s\"", t->run->test, name);
    else if (!vec_unhex(t->run, text, &out))
        vec_broken(t->run, ": %s: \"%s\" is not hexadecimal", t->run->test, name);
    return out;
}

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool says(const json_t *object, const char *name, const char *text)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value && strcmp(value, text) == 0;
}

/* Choosers: what backend.h calls the algorithm of a group, or why it has none. */
static const char *choose_aead(const json_t *group, enum assay_alg wide, enum assay_alg narrow,
                               enum assay_alg *alg)
{
    *alg = number(group, "keySize") == 256 ? wide : number(group, "keySize") == 128 ? narrow : ASSAY_ALG_NONE;
    if (number(group, "ivSize") != 8 * ASSAY_NONCE_SIZE)
        return "a nonce that is not 96 bits";
    if (number(group, "tagSize") != 8 * ASSAY_TAG_SIZE)
        return "a tag that is not 128 bits";
    return *alg ? NULL : "another key size";
}

static const char *choose_gcm(const json_t *group, enum assay_alg *alg)
{
    return choose_aead(group, ASSAY_AES_256_GCM, ASSAY_AES_128_GCM, alg);
}

static const char *choose_chacha(const json_t *group, enum assay_alg *alg)
{
    return choose_aead(group, ASSAY_CHACHA20_POLY1305, ASSAY_ALG_NONE, alg);
}

static const char *choose_mac(const json_t *group, enum assay_alg alg, json_int_t bits)
{
    (void)alg;
    return number(group, "tagSize") == bits ? NULL : "a truncated tag";
}

static const char *choose_hmac256(const json_t *group, enum assay_alg *alg)
{
    return choose_mac(group, *alg = ASSAY_HMAC_SHA256, 256);
}

static const char *choose_hmac384(const json_t *group, enum assay_alg *alg)
{
    return choose_mac(group, *alg = ASSAY_HMAC_SHA384, 384);
}

static const char *choose_hmac512(const json_t *group, enum assay_alg *alg)
{
    return choose_mac(group, *alg = ASSAY_HMAC_SHA512, 512);
}

static const char *choose_hkdf256(const json_t *group, enum assay_alg *alg)
{
    (void)group;
    *alg = ASSAY_HKDF_SHA256;
    return NULL;
}

static const char *choose_hkdf384(const json_t *group, enum assay_alg *alg)
{
    (void)group;
    *alg = ASSAY_HKDF_SHA384;
    return NULL;
}

static const char *choose_hkdf512(const json_t *group, enum assay_alg *alg)
{
    (void)group;
    *alg = ASSAY_HKDF_SHA512;
    return NULL;
}

static const char *choose_kw(const json_t *group, enum assay_alg *alg)
{
    (void)group;
    *alg = ASSAY_AES_KW;
    return NULL;
}

static const char *choose_kwp(const json_t *group, enum assay_alg *alg)
{
    (void)group;
    *alg = ASSAY_AES_KWP;
    return NULL;
}

static const char *choose_ecdsa(const json_t *group, enum assay_alg *alg)
{
    const json_t *key = json_object_get(group, "publicKey");
    if (says(key, "curve", "secp256r1") && says(group, "sha", "SHA-256"))
        *alg = ASSAY_ECDSA_P256_SHA256;
    else if (says(key, "curve", "secp384r1") && says(group, "sha", "SHA-384"))
        *alg = ASSAY_ECDSA_P384_SHA384;
    return *alg ? NULL : "another curve or hash";
}

static const char *choose_eddsa(const json_t *group, enum assay_alg *alg)
{
    *alg = ASSAY_ED25519;
    return says(json_object_get(group, "publicKey"), "curve", "edwards25519") ? NULL : "another curve";
}

static const char *choose_rsa(const json_t *group, enum assay_alg small, enum assay_alg large,
                              enum assay_alg *alg)
{
    json_int_t bits = number(group, "keySize");
    *alg = bits == 2048 ? small : bits == 3072 ? large : ASSAY_ALG_NONE;
    if (!says(group, "sha", "SHA-256"))
        return "another hash";
    return *alg ? NULL : "another key size";
}

static const char *choose_pss(const json_t *group, enum assay_alg *alg)
{
    if (!says(group, "mgf", "MGF1") || !says(group, "mgfSha", "SHA-256") || number(group, "sLen") != 32)
        return "another mask or salt";
    return choose_rsa(group, ASSAY_RSA_2048_PSS_SHA256, ASSAY_RSA_3072_PSS_SHA256, alg);
}

static const char *choose_pkcs1(const json_t *group, enum assay_alg *alg)
{
    return choose_rsa(group, ASSAY_RSA_2048_PKCS1_SHA256, ASSAY_RSA_3072_PKCS1_SHA256, alg);
}

static const char *choose_xdh(const json_t *group, enum assay_alg *alg)
{
    *alg = ASSAY_X25519;
    return says(group, "curve", "curve25519") ? NULL : "another curve";
}

static const char *choose_ecdh(const json_t *group, enum assay_alg *alg)
{
    *alg = ASSAY_ECDH_P256;
    return says(group, "curve", "secp256r1") ? NULL : "another curve";
}

static const char *choose_ml_kem(const json_t *group, enum assay_alg *alg)
{
    *alg = ASSAY_ML_KEM_768;
    return says(group, "parameterSet", "ML-KEM-768") ? NULL : "another parameter set";
}

static const char *choose_ml_dsa(const json_t *group, enum assay_alg *alg)
{
    (void)group;
    *alg = ASSAY_ML_DSA_65;
    return NULL;
}

/* A test of each kind. */
static void test_aead(const struct in_hand *t)
{
    const struct vec_aead v = {hex(t, t->test, "key"), hex(t, t->test, "iv"), hex(t, t->test, "aad"),
                               hex(t, t->test, "msg"), hex(t, t->test, "ct"), hex(t, t->test, "tag")};
    if (!vec_is_broken(t->run))
        vec_run_aead(t->run, t->alg, &v);
}

/* GMAC is GCM with nothing to encrypt (SP 800-38D, section 3). */
static void test_gmac(const struct in_hand *t)
{
    const struct vec_aead v = {.key = hex(t, t->test, "key"),
                               .iv = hex(t, t->test, "iv"),
                               .aad = hex(t, t->test, "msg"),
                               .tag = hex(t, t->test, "tag")};
    if (!vec_is_broken(t->run))
        vec_run_aead(t->run, t->alg, &v);
}

static void test_mac(const struct in_hand *t)
{
    struct assay_bytes key = hex(t, t->test, "key"), msg = hex(t, t->test, "msg"),
                       tag = hex(t, t->test, "tag");
    if (!vec_is_broken(t->run))
        vec_run_mac(t->run, t->alg, key, msg, tag);
}

static void test_hkdf(const struct in_hand *t)
{
    const struct assay_hkdf_input in = {
        .ikm = hex(t, t->test, "ikm"), .salt = hex(t, t->test, "salt"), .info = hex(t, t->test, "info")};
    json_int_t size = number(t->test, "size");
    struct assay_bytes okm = hex(t, t->test, "okm");
    if (size < 1 || size > 1 << 20)
        vec_broken(t->run, ": %s: \"size\" is no length", t->run->test);
    if (!vec_is_broken(t->run))
        vec_run_hkdf(t->run, t->alg, &in, (size_t)size, okm);
}

static void test_wrap(const struct in_hand *t)
{
    struct assay_bytes key = hex(t, t->test, "key"), msg = hex(t, t->test, "msg"), ct = hex(t, t->test, "ct");
    if (!vec_is_broken(t->run))
        vec_run_wrap(t->run, t->alg, VEC_BOTH, key, msg, ct);
}

static void verify_with(const struct in_hand *t, struct assay_bytes key)
{
    struct assay_bytes msg = hex(t, t->test, "msg"), sig = hex(t, t->test, "sig");
    if (!vec_is_broken(t->run))
        vec_run_verify(t->run, t->alg, key, msg, sig);
}

static void test_ecdsa(const struct in_hand *t)
{
    verify_with(t, hex(t, json_object_get(t->group, "publicKey"), "uncompressed"));
}

static void test_eddsa(const struct in_hand *t)
{
    verify_with(t, hex(t, json_object_get(t->group, "publicKey"), "pk"));
}

static void test_rsa(const struct in_hand *t)
{
    verify_with(t, hex(t, t->group, "publicKeyAsn"));
}

static void test_rsa_sign(const struct in_hand *t)
{
    struct assay_bytes key = {NULL, 0}, outer = hex(t, t->group, "privateKeyPkcs8"),
                       msg = hex(t, t->test, "msg"), sig = hex(t, t->test, "sig");
    if (!vec_is_broken(t->run) && !vec_pkcs8_inner(outer, &key))
        vec_broken(t->run, ": %s: \"privateKeyPkcs8\" holds no private key", t->run->test);
    if (!vec_is_broken(t->run))
        vec_run_sign(t->run, t->alg, key, msg, sig);
}

static void test_kex(const struct in_hand *t)
{
    struct assay_bytes scalar = {NULL, 0}, peer = hex(t, t->test, "public"),
                       secret = hex(t, t->test, "shared");
    if (!vec_is_broken(t->run) && !vec_number(t->run, hex(t, t->test, "private"), 32, &scalar))
        vec_broken(t->run, ": %s: \"private\" is longer than 32 octets", t->run->test);
    if (!vec_is_broken(t->run))
        vec_run_kex(t->run, t->alg, scalar, peer, secret);
}

/* FIPS 204 §5.2: a context string is an input that backend.h has not. */
static void test_ml_dsa(const struct in_hand *t)
{
    const char *context = json_string_value(json_object_get(t->test, "ctx"));
    if (context && *context)
        vec_inapplicable(t->run, "a context string");
    else
        verify_with(t, hex(t, t->group, "publicKey"));
}

static void test_ml_kem_keygen(const struct in_hand *t)
{
    struct assay_bytes seed = hex(t, t->test, "seed"), public_key = hex(t, t->test, "ek");
    if (!vec_is_broken(t->run))
        vec_run_kem_keygen(t->run, t->alg, seed, public_key);
}

static void test_ml_kem_encaps(const struct in_hand *t)
{
    struct assay_bytes public_key = hex(t, t->test, "ek");
    if (!vec_is_broken(t->run))
        vec_run_kem_public(t->run, t->alg, public_key);
}

static void test_ml_kem(const struct in_hand *t)
{
    struct assay_bytes seed = hex(t, t->test, "seed"), ciphertext = hex(t, t->test, "c"),
                       secret = hex(t, t->test, "K");
    if (!vec_is_broken(t->run))
        vec_run_decapsulate(t->run, t->alg, seed, ciphertext, secret);
}

static const struct suite {
    const char *algorithm, *type;
    const char *(*choose)(const json_t *group, enum assay_alg *alg);
    void (*test)(const struct in_hand *);
} suites[] = {
    {"AES-GCM", "AeadTest", choose_gcm, test_aead},
    {"AES-GMAC", "MacWithIvTest", choose_gcm, test_gmac},
    {"CHACHA20-POLY1305", "AeadTest", choose_chacha, test_aead},
    {"HMACSHA256", "MacTest", choose_hmac256, test_mac},
    {"HMACSHA384", "MacTest", choose_hmac384, test_mac},
    {"HMACSHA512", "MacTest", choose_hmac512, test_mac},
    {"HKDF-SHA-256", "HkdfTest", choose_hkdf256, test_hkdf},
    {"HKDF-SHA-384", "HkdfTest", choose_hkdf384, test_hkdf},
    {"HKDF-SHA-512", "HkdfTest", choose_hkdf512, test_hkdf},
    {"AES-WRAP", "KeywrapTest", choose_kw, test_wrap},
    {"AES-KWP", "KeywrapTest", choose_kwp, test_wrap},
    {"ECDSA", "EcdsaVerify", choose_ecdsa, test_ecdsa},
    {"EDDSA", "EddsaVerify", choose_eddsa, test_eddsa},
    {"RSASSA-PSS", "RsassaPssVerify", choose_pss, test_rsa},
    {"RSASSA-PKCS1-v1_5", "RsassaPkcs1Verify", choose_pkcs1, test_rsa},
    {"RSASSA-PKCS1-v1_5", "RsassaPkcs1Generate", choose_pkcs1, test_rsa_sign},
    {"XDH", "XdhComp", choose_xdh, test_kex},
    {"ECDH", "EcdhEcpointTest", choose_ecdh, test_kex},
    {"ML-KEM", "MLKEMTest", choose_ml_kem, test_ml_kem},
    {"ML-KEM", "MLKEMKeyGen", choose_ml_kem, test_ml_kem_keygen},
    {"ML-KEM", "MLKEMEncapsTest", choose_ml_kem, test_ml_kem_encaps},
    {"ML-DSA-65", "MlDsaVerify", choose_ml_dsa, test_ml_dsa},
};

static const struct suite *find_suite(const json_t *file, const json_t *group)
{
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (says(file, "algorithm", suites[i].algorithm) && says(group, "type", suites[i].type))
            return &suites[i];
    return NULL;
}

static void begin(struct vec_run *run, const json_t *test)
{
    static const char *const names[] = {
        [VEC_VALID] = "valid", [VEC_INVALID] = "invalid", [VEC_ACCEPTABLE] = "acceptable"};
    char id[32];
    int expect = VEC_VALID;
    snprintf(id, sizeof id, "tcId %lld", (long long)number(test, "tcId"));
    while (expect <= VEC_ACCEPTABLE && !says(test, "result", names[expect]))
        expect++;
    vec_begin(run, id, json_string_value(json_object_get(test, "comment")), json_object_get(test, "flags"),
              expect > VEC_ACCEPTABLE ? VEC_INVALID : (enum vec_expect)expect);
    if (!json_is_integer(json_object_get(test, "tcId")))
        vec_broken(run, ": a test without \"tcId\"");
    else if (expect > VEC_ACCEPTABLE)
        vec_broken(run, ": %s: \"result\" is neither valid, invalid nor acceptable", id);
}

static void run_group(struct vec_run *run, const json_t *file, const json_t *group)
{
    const struct suite *suite = find_suite(file, group);
    struct in_hand t = {.run = run, .group = group, .alg = ASSAY_ALG_NONE};
    const char *why = suite ? suite->choose(group, &t.alg) : "another form of test";
    size_t i;
    json_t *test;
    if (!json_is_array(json_object_get(group, "tests")))
        vec_broken(run, ": a group without an array \"tests\"");
    json_array_foreach(json_object_get(group, "tests"), i, test)
    {
        if (vec_is_broken(run))
            return;
        begin(run, test);
        t.test = test;
        if (why)
            vec_inapplicable(run, why);
        else if (!vec_is_broken(run))
            suite->test(&t);
        vec_end(run);
    }
}

void vec_wycheproof(struct vec_run *run)
{
    json_error_t error;
    size_t i;
    json_t *group, *file = json_load_file(run->path, JSON_ALLOW_NUL, &error);
    const char *algorithm = json_string_value(json_object_get(file, "algorithm"));
    const json_t *groups = json_object_get(file, "testGroups");
    if (!file) {
        if (error.line > 0)
            vec_broken(run, ":%d:%d: %s", error.line, error.column, error.text);
        else
            vec_broken(run, ": %s", error.text);
    } else if (algorithm && json_is_array(groups)) {
        run->out->kind = ASSAY_VECTORS_RUN;
        snprintf(run->out->title, sizeof run->out->title, "%s", algorithm);
        json_array_foreach(groups, i, group) run_group(run, file, group);
        json_int_t told = number(file, "numberOfTests");
        if (told && told != (json_int_t)run->out->tests)
            vec_broken(run, ": %u tests, but numberOfTests is %lld", run->out->tests, (long long)told);
    }
    json_decref(file);
}

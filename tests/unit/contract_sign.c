/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of assay_sign_ops.
 */
#include "kernels/vectors/tls_certs.h"
#include "tests/unit/contract.h"

#include <pthread.h>
#include <stdlib.h>

static const struct assay_sign_ops *ops;
static uint8_t message[20000];

/* Where a private key lies in its PKCS#8 wrapping, and public keys that a standard gives: RFC 8032
 * section 7.1 test 1, the generators of the curves for scalar 1 (SP 800-186), and Wycheproof's first ML-DSA
 * key. */
static const struct scheme {
    enum assay_alg alg;
    const char *name;
    size_t private_size, public_size, pkcs8_offset;
    const uint8_t *known_private;
    size_t known_size;
    uint8_t known_public[9];
} schemes[] = {
    {ASSAY_ED25519,
     "Ed25519",
     32,
     32,
     16,
     (const uint8_t[]){0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                       0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                       0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60},
     32,
     {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5}},
    {ASSAY_ECDSA_P256_SHA256,
     "ECDSA P-256",
     32,
     65,
     36,
     (const uint8_t[32]){[31] = 1},
     32,
     {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47}},
    {ASSAY_ECDSA_P384_SHA384,
     "ECDSA P-384",
     48,
     97,
     0,
     (const uint8_t[48]){[47] = 1},
     48,
     {0x04, 0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05, 0x37}},
    {ASSAY_ML_DSA_65,
     "ML-DSA-65",
     32,
     1952,
     0,
     (const uint8_t[]){0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a,
                       0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a,
                       0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a, 0x2a},
     32,
     {0xf5, 0x40, 0x83, 0x37, 0xd0, 0xfe, 0xe6, 0x5c, 0x28}},
    {ASSAY_RSA_2048_PSS_SHA256, "RSA-2048 PSS", 0, 0, 26, NULL, 0, {0}},
    {ASSAY_RSA_2048_PKCS1_SHA256, "RSA-2048 PKCS#1", 0, 0, 26, NULL, 0, {0}},
    {ASSAY_RSA_3072_PSS_SHA256, "RSA-3072 PSS", 0, 0, 0, NULL, 0, {0}},
    {ASSAY_RSA_3072_PKCS1_SHA256, "RSA-3072 PKCS#1", 0, 0, 0, NULL, 0, {0}},
};

static bool is_rsa(const struct scheme *s)
{
    return s->private_size == 0;
}

static void refuses(const struct scheme *s, bool private, const uint8_t *in, size_t size)
{
    assay_key *key = (assay_key *)(void *)&contract;
    CHECK_RC((private ? ops->key_private : ops->key_public)(contract.instance, s->alg, in, size, &key),
             ASSAY_INPUT);
    CHECK(key == NULL);
}

static void known_keys(const struct scheme *s)
{
    assay_key *key = NULL;
    uint8_t public[ASSAY_DER_MAX], bad[ASSAY_POINT_MAX] = {4};
    size_t size = sizeof public;
    if (s->known_private) {
        if (CHECK_RC(ops->key_private(contract.instance, s->alg, s->known_private, s->known_size, &key),
                     ASSAY_OK)) {
            CHECK_RC(ops->key_export_public(key, public, &size), ASSAY_OK);
            CHECK(size == s->public_size);
            CHECK_SAME(public, s->known_public, sizeof s->known_public);
        }
        ops->key_free(key);
    }
    refuses(s, true, message, 31);
    refuses(s, false, message, 31);
    if (s->alg == ASSAY_ECDSA_P256_SHA256 || s->alg == ASSAY_ECDSA_P384_SHA384) {
        refuses(s, false, bad, s->public_size); /* (0, 0) is on neither curve */
        memset(bad, 0, sizeof bad);
        refuses(s, true, bad, s->private_size);
        memset(bad, 0xff, sizeof bad);
        refuses(s, true, bad, s->private_size); /* beyond the order */
    }
}

/* Each byte of a signature altered, and other lengths. */
static void forged_signatures(assay_key *key, uint8_t *sig, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        sig[at] ^= (uint8_t)(1u << (at & 7));
        CHECK_RC(ops->verify(key, sig, size, message, 100), ASSAY_AUTH);
        sig[at] ^= (uint8_t)(1u << (at & 7));
    }
    CHECK_RC(ops->verify(key, sig, size - 1, message, 100), ASSAY_AUTH);
    CHECK_RC(ops->verify(key, sig, 0, message, 100), ASSAY_AUTH);
    CHECK_RC(ops->verify(key, sig, size, message, 99), ASSAY_AUTH);
    message[50] ^= 1;
    CHECK_RC(ops->verify(key, sig, size, message, 100), ASSAY_AUTH);
    message[50] ^= 1;
    CHECK_RC(ops->verify(key, sig, size, message, 100), ASSAY_OK);
}

static void sign_and_verify(const struct scheme *s, assay_key *key, assay_key *verifier, assay_key *other)
{
    static const size_t sizes[] = {100, 0, 1, 64, 20000};
    uint8_t sig[ASSAY_SIG_MAX + 1], again[ASSAY_SIG_MAX];
    size_t n = 0, m = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const uint8_t *in = sizes[i] > 0 ? message : NULL;
        sig[ASSAY_SIG_MAX] = 0xa5;
        if (!CHECK_RC(ops->sign(key, sig, &n, in, sizes[i]), ASSAY_OK) ||
            !CHECK(n > 0 && n <= ASSAY_SIG_MAX && sig[ASSAY_SIG_MAX] == 0xa5))
            return;
        CHECK_RC(ops->verify(verifier, sig, n, in, sizes[i]), ASSAY_OK);
        CHECK_RC(ops->verify(key, sig, n, in, sizes[i]), ASSAY_OK);
        CHECK_RC(ops->verify(other, sig, n, in, sizes[i]), ASSAY_AUTH);
        CHECK_RC(ops->sign(key, again, &m, in, sizes[i]), ASSAY_OK);
        CHECK_RC(ops->verify(verifier, again, m, in, sizes[i]), ASSAY_OK);
    }
    CHECK_RC(ops->sign(key, sig, &n, message, 100), ASSAY_OK);
    CHECK_RC(ops->sign(key, again, &m, message, 100), ASSAY_OK);
    if (s->alg == ASSAY_ED25519)
        CHECK(n == 64 && m == 64 && memcmp(sig, again, 64) == 0);
    else if (is_rsa(s))
        CHECK(n == (strstr(s->name, "3072") ? 384u : 256u));
    else if (s->alg == ASSAY_ML_DSA_65)
        CHECK(n == 3309 && m == 3309);
    else
        CHECK(sig[0] == 0x30); /* DER */
    forged_signatures(verifier, sig, n);
    CHECK(ops->sign(verifier, sig, &n, message, 100) != ASSAY_OK);
}

/* A signature under one padding is none under the other. */
static void rsa_paddings(const struct scheme *s, assay_key *key, const uint8_t *public, size_t size)
{
    static const enum assay_alg twin[] = {ASSAY_RSA_2048_PKCS1_SHA256, ASSAY_RSA_3072_PKCS1_SHA256,
                                          ASSAY_RSA_2048_PSS_SHA256, ASSAY_RSA_3072_PSS_SHA256};
    uint8_t sig[ASSAY_SIG_MAX];
    size_t n;
    assay_key *other = NULL;
    if (!CHECK_RC(ops->key_public(contract.instance, twin[s->alg - ASSAY_RSA_2048_PSS_SHA256], public, size,
                                  &other),
                  ASSAY_OK))
        return;
    CHECK_RC(ops->sign(key, sig, &n, message, 100), ASSAY_OK);
    CHECK_RC(ops->verify(other, sig, n, message, 100), ASSAY_AUTH);
    ops->key_free(other);
}

static assay_key *export_and_import(const struct scheme *s, assay_key *key, uint8_t public[ASSAY_DER_MAX],
                                    size_t *size)
{
    assay_key *verifier = NULL;
    *size = ASSAY_DER_MAX;
    if (!CHECK_RC(ops->key_export_public(key, public, size), ASSAY_OK))
        return NULL;
    CHECK(is_rsa(s) || *size == s->public_size);
    size_t room = *size - 1;
    uint8_t cut[ASSAY_DER_MAX];
    CHECK_RC(ops->key_export_public(key, cut, &room), ASSAY_INPUT);
    refuses(s, false, public, *size - 1);
    CHECK_RC(ops->key_public(contract.instance, s->alg, public, *size, &verifier), ASSAY_OK);
    return verifier;
}

/* A private key from a file, where there is one for the scheme: its public half is in the certificate. */
static void imported_key(const struct scheme *s, assay_key *other)
{
    const struct assay_tls_identity *identity = assay_tls_identity(s->alg);
    if (!identity || s->pkcs8_offset == 0)
        return;
    struct assay_bytes pkcs8 = identity->server_key, leaf = identity->server_chain[0];
    size_t size = s->private_size > 0 ? s->private_size : pkcs8.size - s->pkcs8_offset;
    uint8_t public[ASSAY_DER_MAX];
    size_t public_size = 0;
    assay_key *key = NULL;
    if (!CHECK_RC(ops->key_private(contract.instance, s->alg, pkcs8.data + s->pkcs8_offset, size, &key),
                  ASSAY_OK))
        return;
    assay_key *verifier = export_and_import(s, key, public, &public_size);
    if (verifier) {
        CHECK(memmem(leaf.data, leaf.size, public, public_size) != NULL);
        sign_and_verify(s, key, verifier, other);
    }
    ops->key_free(verifier);
    ops->key_free(key);
}

static void one_scheme(const struct scheme *s)
{
    assay_key *key = (assay_key *)(void *)&contract, *other = NULL, *verifier = NULL;
    uint8_t public[ASSAY_DER_MAX];
    size_t size;
    if (!contract_supported(ASSAY_OP_SIGN, s->alg, s->name)) {
        CHECK_RC(ops->key_private(contract.instance, s->alg, message, 32, &key), ASSAY_UNSUPPORTED);
        CHECK(key == NULL);
        return;
    }
    known_keys(s);
    if (contract_supported(ASSAY_OP_KEYGEN, s->alg, s->name)) {
        if (CHECK_RC(ops->key_generate(contract.instance, s->alg, &key), ASSAY_OK) &&
            CHECK_RC(ops->key_generate(contract.instance, s->alg, &other), ASSAY_OK) &&
            (verifier = export_and_import(s, key, public, &size))) {
            sign_and_verify(s, key, verifier, other);
            if (is_rsa(s))
                rsa_paddings(s, key, public, size);
            imported_key(s, other);
        }
        ops->key_free(key);
        ops->key_free(other);
        ops->key_free(verifier);
    }
}

static void *generate_many(void *ok)
{
    uint8_t sig[ASSAY_SIG_MAX];
    size_t n;
    *(bool *)ok = true;
    for (int i = 0; i < 30 && *(bool *)ok; i++) {
        assay_key *key = NULL;
        *(bool *)ok = ops->key_generate(contract.instance, ASSAY_ED25519, &key) == ASSAY_OK &&
                      ops->sign(key, sig, &n, message, 64) == ASSAY_OK &&
                      ops->verify(key, sig, n, message, 64) == ASSAY_OK;
        ops->key_free(key);
    }
    return NULL;
}

static void threads(void)
{
    pthread_t thread[12];
    bool ok[12];
    for (int i = 0; i < 12; i++)
        if (!CHECK(pthread_create(&thread[i], NULL, generate_many, &ok[i]) == 0))
            abort();
    for (int i = 0; i < 12; i++) {
        pthread_join(thread[i], NULL);
        CHECK(ok[i]);
    }
}

void contract_sign(const struct assay_sign_ops *table)
{
    ops = table;
    contract_fill(message, sizeof message, 40);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        one_scheme(&schemes[i]);
    if (contract_supported(ASSAY_OP_KEYGEN, ASSAY_ED25519, "Ed25519"))
        threads();
    ops->key_free(NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures through the algorithm's own calls (ED25519_*, ECDSA_*, RSA_*), which is what EVP would call;
 * ML-DSA through EVP_DigestSign, for want of other public calls.
 */
#include "backends/boringssl/boringssl.h"

#include <openssl/bn.h>
#include <openssl/curve25519.h>
#include <openssl/digest.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <string.h>

enum scheme { ED25519, ECDSA, ML_DSA, RSA_PSS, RSA_PKCS1 };

static const struct kind {
    enum assay_alg alg;
    enum scheme scheme;
    int size; /* EC: bytes of a coordinate; RSA: bits of the modulus */
    int curve;
} kinds[] = {
    {ASSAY_ED25519, ED25519, 32, NID_undef},
    {ASSAY_ECDSA_P256_SHA256, ECDSA, 32, NID_X9_62_prime256v1},
    {ASSAY_ECDSA_P384_SHA384, ECDSA, 48, NID_secp384r1},
    {ASSAY_RSA_2048_PSS_SHA256, RSA_PSS, 2048, NID_undef},
    {ASSAY_RSA_3072_PSS_SHA256, RSA_PSS, 3072, NID_undef},
    {ASSAY_RSA_2048_PKCS1_SHA256, RSA_PKCS1, 2048, NID_undef},
    {ASSAY_RSA_3072_PKCS1_SHA256, RSA_PKCS1, 3072, NID_undef},
    {ASSAY_ML_DSA_65, ML_DSA, 32, NID_undef},
};

struct assay_key {
    const struct kind *kind;
    EC_KEY *ec;
    RSA *rsa;
    EVP_PKEY *pkey; /* ML-DSA, with its operations, each made at its first use */
    EVP_MD_CTX *signing, *verifying;
    uint8_t ed_private[ED25519_PRIVATE_KEY_LEN]; /* seed, then public key */
    uint8_t ed_public[ED25519_PUBLIC_KEY_LEN];
    bool is_private;
};

static void key_free(assay_key *key)
{
    if (key) {
        EC_KEY_free(key->ec);
        RSA_free(key->rsa);
        EVP_MD_CTX_free(key->signing);
        EVP_MD_CTX_free(key->verifying);
        EVP_PKEY_free(key->pkey);
    }
    assay_boringssl_free(key, sizeof *key);
}

static enum assay_rc key_alloc(assay_instance *instance, enum assay_op op, enum assay_alg alg,
                               assay_key **out)
{
    *out = NULL;
    enum assay_rc rc = assay_boringssl_need(instance, op, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_key *key = assay_boringssl_new(sizeof *key);
    if (!key)
        return assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
    key->kind = kinds;
    while (key->kind->alg != alg)
        key->kind++;
    *out = key;
    return ASSAY_OK;
}

static enum assay_rc finish(enum assay_rc rc, assay_key **out)
{
    if (rc != ASSAY_OK) {
        key_free(*out);
        *out = NULL;
    }
    return rc;
}

static enum assay_rc check_rsa(const assay_key *key)
{
    if (!key->rsa)
        return assay_boringssl_fail(ASSAY_INPUT, "RSA key");
    if (RSA_bits(key->rsa) != (unsigned)key->kind->size)
        return assay_boringssl_refuse(ASSAY_INPUT, "the RSA modulus has %u bits, not %d", RSA_bits(key->rsa),
                                      key->kind->size);
    return ASSAY_OK;
}

static enum assay_rc set_private(assay_key *key, const uint8_t *in, size_t in_size)
{
    key->is_private = true;
    if (key->kind->scheme >= RSA_PSS) {
        key->rsa = RSA_private_key_from_bytes(in, in_size);
        return check_rsa(key);
    }
    if (in_size != (size_t)key->kind->size)
        return assay_boringssl_refuse(ASSAY_INPUT, "a private key has %d bytes, not %zu", key->kind->size,
                                      in_size);
    if (key->kind->scheme == ED25519) {
        ED25519_keypair_from_seed(key->ed_public, key->ed_private, in);
        return ASSAY_OK;
    }
    if (key->kind->scheme == ML_DSA) {
        key->pkey = assay_boringssl_ml_dsa_private(in, in_size);
        return key->pkey ? ASSAY_OK : assay_boringssl_fail(ASSAY_INPUT, "ML-DSA seed");
    }
    key->ec = assay_boringssl_ec_private(key->kind->curve, in, in_size);
    return key->ec ? ASSAY_OK : assay_boringssl_fail(ASSAY_INPUT, "EC scalar");
}

static enum assay_rc set_public(assay_key *key, const uint8_t *in, size_t in_size)
{
    if (key->kind->scheme >= RSA_PSS) {
        key->rsa = RSA_public_key_from_bytes(in, in_size);
        return check_rsa(key);
    }
    if (key->kind->scheme == ML_DSA) {
        key->pkey = assay_boringssl_ml_dsa_public(in, in_size);
        return key->pkey ? ASSAY_OK : assay_boringssl_fail(ASSAY_INPUT, "ML-DSA public key");
    }
    size_t size = (size_t)key->kind->size;
    if (in_size != (key->kind->scheme == ED25519 ? size : 1 + 2 * size))
        return assay_boringssl_refuse(ASSAY_INPUT, "no public key of this algorithm has %zu bytes", in_size);
    if (key->kind->scheme == ED25519) {
        memcpy(key->ed_public, in, size);
        return ASSAY_OK;
    }
    key->ec = assay_boringssl_ec_public(key->kind->curve, in, in_size);
    return key->ec ? ASSAY_OK : assay_boringssl_fail(ASSAY_INPUT, "EC point");
}

static enum assay_rc key_private(assay_instance *instance, enum assay_alg alg, const uint8_t *in,
                                 size_t in_size, assay_key **out)
{
    enum assay_rc rc = key_alloc(instance, ASSAY_OP_SIGN, alg, out);
    return rc == ASSAY_OK ? finish(set_private(*out, in, in_size), out) : rc;
}

static enum assay_rc key_public(assay_instance *instance, enum assay_alg alg, const uint8_t *in,
                                size_t in_size, assay_key **out)
{
    enum assay_rc rc = key_alloc(instance, ASSAY_OP_SIGN, alg, out);
    return rc == ASSAY_OK ? finish(set_public(*out, in, in_size), out) : rc;
}

static enum assay_rc generate_rsa(assay_key *key)
{
    BIGNUM *e = BN_new();
    key->rsa = RSA_new();
    int made =
        e && key->rsa && BN_set_word(e, RSA_F4) && RSA_generate_key_ex(key->rsa, key->kind->size, e, NULL);
    BN_free(e);
    return made ? ASSAY_OK : assay_boringssl_fail(ASSAY_LIBRARY, "RSA_generate_key_ex");
}

static enum assay_rc key_generate(assay_instance *instance, enum assay_alg alg, assay_key **out)
{
    enum assay_rc rc = key_alloc(instance, ASSAY_OP_KEYGEN, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    assay_key *key = *out;
    key->is_private = true;
    switch (key->kind->scheme) {
    case ED25519:
        ED25519_keypair(key->ed_public, key->ed_private);
        return ASSAY_OK;
    case ECDSA:
        key->ec = assay_boringssl_ec_generate(key->kind->curve);
        return key->ec ? ASSAY_OK : finish(assay_boringssl_fail(ASSAY_LIBRARY, "EC_KEY_generate_key"), out);
    case ML_DSA:
        key->pkey = assay_boringssl_ml_dsa_generate();
        return key->pkey ? ASSAY_OK : finish(assay_boringssl_fail(ASSAY_LIBRARY, "ML-DSA keygen"), out);
    default:
        return finish(generate_rsa(key), out);
    }
}

static enum assay_rc key_export_public(assay_key *key, uint8_t *out, size_t *out_size)
{
    if (key->pkey)
        return EVP_PKEY_get_raw_public_key(key->pkey, out, out_size)
                   ? ASSAY_OK
                   : assay_boringssl_fail(ASSAY_INPUT, "ML-DSA public key");
    uint8_t buffer[ASSAY_POINT_MAX], *der = NULL;
    const uint8_t *from = key->ed_public;
    size_t size = sizeof key->ed_public;
    if (key->ec) {
        from = buffer;
        size = EC_POINT_point2oct(EC_KEY_get0_group(key->ec), EC_KEY_get0_public_key(key->ec),
                                  POINT_CONVERSION_UNCOMPRESSED, buffer, sizeof buffer, NULL);
    } else if (key->rsa) {
        size = 0;
        if (RSA_public_key_to_bytes(&der, &size, key->rsa))
            from = der;
    }
    enum assay_rc rc = ASSAY_OK;
    if (size == 0)
        rc = assay_boringssl_fail(ASSAY_LIBRARY, "public key");
    else if (size > *out_size)
        rc = assay_boringssl_refuse(ASSAY_INPUT, "the public key has %zu bytes, the room %zu", size,
                                    *out_size);
    else
        memcpy(out, from, size);
    *out_size = size;
    OPENSSL_free(der);
    return rc;
}

/* The digest of the scheme: SHA-384 for P-384, SHA-256 for all others. */
static size_t hash_message(const assay_key *key, const uint8_t *in, size_t in_size,
                           uint8_t digest[SHA384_DIGEST_LENGTH])
{
    if (key->kind->curve == NID_secp384r1) {
        SHA384(in, in_size, digest);
        return SHA384_DIGEST_LENGTH;
    }
    SHA256(in, in_size, digest);
    return SHA256_DIGEST_LENGTH;
}

static bool begin(EVP_MD_CTX **ctx, EVP_PKEY *pkey,
                  int (*init)(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, ENGINE *, EVP_PKEY *))
{
    if (*ctx)
        return true;
    *ctx = EVP_MD_CTX_new();
    if (*ctx && init(*ctx, NULL, NULL, NULL, pkey))
        return true;
    EVP_MD_CTX_free(*ctx);
    *ctx = NULL;
    return false;
}

static enum assay_rc whole_sign(assay_key *key, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                                size_t in_size)
{
    *sig_size = ASSAY_SIG_MAX;
    return begin(&key->signing, key->pkey, EVP_DigestSignInit) &&
                   EVP_DigestSign(key->signing, sig, sig_size, in, in_size)
               ? ASSAY_OK
               : assay_boringssl_fail(ASSAY_LIBRARY, "EVP_DigestSign");
}

static enum assay_rc whole_verify(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                  size_t in_size)
{
    if (!begin(&key->verifying, key->pkey, EVP_DigestVerifyInit))
        return assay_boringssl_fail(ASSAY_LIBRARY, "EVP_DigestVerifyInit");
    return EVP_DigestVerify(key->verifying, sig, sig_size, in, in_size) == 1
               ? ASSAY_OK
               : assay_boringssl_refuse(ASSAY_AUTH, "the signature does not verify");
}

static enum assay_rc key_sign(assay_key *key, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                              size_t in_size)
{
    uint8_t digest[SHA384_DIGEST_LENGTH];
    unsigned size = ED25519_SIGNATURE_LEN;
    int ok;
    if (!key->is_private)
        return assay_boringssl_refuse(ASSAY_INPUT, "a public key cannot sign");
    if (key->pkey)
        return whole_sign(key, sig, sig_size, in, in_size);
    if (key->kind->scheme == ED25519) {
        ok = ED25519_sign(sig, in, in_size, key->ed_private);
    } else {
        size_t n = hash_message(key, in, in_size, digest);
        if (key->kind->scheme == ECDSA)
            ok = ECDSA_sign(0, digest, n, sig, &size, key->ec);
        else if (key->kind->scheme == RSA_PKCS1)
            ok = RSA_sign(NID_sha256, digest, SHA256_DIGEST_LENGTH, sig, &size, key->rsa);
        else
            return RSA_sign_pss_mgf1(key->rsa, sig_size, sig, ASSAY_SIG_MAX, digest, n, EVP_sha256(), NULL,
                                     SHA256_DIGEST_LENGTH)
                       ? ASSAY_OK
                       : assay_boringssl_fail(ASSAY_LIBRARY, "RSA_sign_pss_mgf1");
    }
    *sig_size = size;
    return ok ? ASSAY_OK : assay_boringssl_fail(ASSAY_LIBRARY, "sign");
}

static enum assay_rc key_verify(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                size_t in_size)
{
    uint8_t digest[SHA384_DIGEST_LENGTH];
    int ok;
    if (key->pkey)
        return whole_verify(key, sig, sig_size, in, in_size);
    if (key->kind->scheme == ED25519) {
        ok = sig_size == ED25519_SIGNATURE_LEN && ED25519_verify(in, in_size, sig, key->ed_public);
    } else {
        size_t n = hash_message(key, in, in_size, digest);
        if (key->kind->scheme == ECDSA)
            ok = ECDSA_verify(0, digest, n, sig, sig_size, key->ec);
        else if (key->kind->scheme == RSA_PKCS1)
            ok = RSA_verify(NID_sha256, digest, SHA256_DIGEST_LENGTH, sig, sig_size, key->rsa);
        else
            ok = RSA_verify_pss_mgf1(key->rsa, digest, n, EVP_sha256(), NULL, SHA256_DIGEST_LENGTH, sig,
                                     sig_size);
    }
    return ok ? ASSAY_OK : assay_boringssl_refuse(ASSAY_AUTH, "the signature does not verify");
}

const struct assay_sign_ops assay_boringssl_sign = {
    .size = sizeof assay_boringssl_sign,
    .key_private = key_private,
    .key_public = key_public,
    .key_generate = key_generate,
    .key_export_public = key_export_public,
    .key_free = key_free,
    .sign = key_sign,
    .verify = key_verify,
};

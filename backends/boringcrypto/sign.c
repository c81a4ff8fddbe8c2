/* SPDX-License-Identifier: Apache-2.0
 *
 * ECDSA and RSA signatures through the algorithm's own calls.
 */
#include "backends/boringcrypto/boringcrypto.h"

#include <string.h>

#define SHA256_SIZE  32
#define SHA384_SIZE  48
#define SALT_SIZE    32
#define MODULUS_BITS 3072 /* the longest of the kinds */

static const struct kind {
    enum assay_alg alg;
    int size; /* EC: bytes of a coordinate; RSA: bits of the modulus */
    int curve;
    bool pss;
} kinds[] = {
    {ASSAY_ECDSA_P256_SHA256, 32, NID_P256, false}, {ASSAY_ECDSA_P384_SHA384, 48, NID_P384, false},
    {ASSAY_RSA_2048_PSS_SHA256, 2048, 0, true},     {ASSAY_RSA_3072_PSS_SHA256, 3072, 0, true},
    {ASSAY_RSA_2048_PKCS1_SHA256, 2048, 0, false},  {ASSAY_RSA_3072_PKCS1_SHA256, 3072, 0, false},
};

struct assay_key {
    const struct kind *kind;
    struct ec_key *ec; /* or the other */
    struct rsa *rsa;
    bool is_private;
};

static void key_free(assay_key *key)
{
    if (key) {
        EC_KEY_free(key->ec);
        RSA_free(key->rsa);
    }
    assay_boringcrypto_free(key, sizeof *key);
}

static enum assay_rc key_alloc(enum assay_op op, enum assay_alg alg, bool is_private, assay_key **out)
{
    *out = NULL;
    enum assay_rc rc = assay_boringcrypto_need(op, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_key *key = assay_boringcrypto_new(sizeof *key);
    if (!key)
        return assay_boringcrypto_fail(ASSAY_NOMEM, "out of memory");
    key->kind = kinds;
    while (key->kind->alg != alg)
        key->kind++;
    key->is_private = is_private;
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

static const struct bignum *modulus(const assay_key *key, const struct bignum **exponent)
{
    const struct bignum *n, *d;
    RSA_get0_key(key->rsa, &n, exponent, &d);
    return n;
}

static enum assay_rc set_rsa(assay_key *key, const uint8_t *in, size_t in_size)
{
    const struct bignum *e;
    key->rsa =
        key->is_private ? RSA_private_key_from_bytes(in, in_size) : RSA_public_key_from_bytes(in, in_size);
    if (!key->rsa)
        return assay_boringcrypto_fail(ASSAY_INPUT, "no RSA key in PKCS#1's form");
    unsigned bits = BN_num_bits(modulus(key, &e));
    if (bits != (unsigned)key->kind->size)
        return assay_boringcrypto_fail(ASSAY_INPUT, "the RSA modulus has %u bits, not %d", bits,
                                       key->kind->size);
    return ASSAY_OK;
}

static enum assay_rc set_ec(assay_key *key, const uint8_t *in, size_t in_size)
{
    size_t size = (size_t)key->kind->size, wanted = key->is_private ? size : 1 + 2 * size;
    if (in_size != wanted)
        return assay_boringcrypto_fail(ASSAY_INPUT, "a key of this kind has %zu bytes, not %zu", wanted,
                                       in_size);
    key->ec = key->is_private ? assay_boringcrypto_ec_private(key->kind->curve, in, in_size)
                              : assay_boringcrypto_ec_public(key->kind->curve, in, in_size);
    return key->ec ? ASSAY_OK
                   : assay_boringcrypto_fail(ASSAY_INPUT, "the %s is not of this curve",
                                             key->is_private ? "scalar" : "point");
}

static enum assay_rc key_from(enum assay_alg alg, bool is_private, const uint8_t *in, size_t in_size,
                              assay_key **out)
{
    enum assay_rc rc = key_alloc(ASSAY_OP_SIGN, alg, is_private, out);
    if (rc != ASSAY_OK)
        return rc;
    return finish((*out)->kind->curve ? set_ec(*out, in, in_size) : set_rsa(*out, in, in_size), out);
}

static enum assay_rc key_private(assay_instance *instance, enum assay_alg alg, const uint8_t *in,
                                 size_t in_size, assay_key **out)
{
    (void)instance;
    return key_from(alg, true, in, in_size, out);
}

static enum assay_rc key_public(assay_instance *instance, enum assay_alg alg, const uint8_t *in,
                                size_t in_size, assay_key **out)
{
    (void)instance;
    return key_from(alg, false, in, in_size, out);
}

static enum assay_rc key_generate(assay_instance *instance, enum assay_alg alg, assay_key **out)
{
    (void)instance;
    enum assay_rc rc = key_alloc(ASSAY_OP_KEYGEN, alg, true, out);
    if (rc != ASSAY_OK)
        return rc;
    assay_key *key = *out;
    if (key->kind->curve) {
        key->ec = assay_boringcrypto_ec_generate(key->kind->curve);
        return key->ec
                   ? ASSAY_OK
                   : finish(assay_boringcrypto_fail(ASSAY_LIBRARY, "EC_KEY_generate_key_fips failed"), out);
    }
    key->rsa = RSA_new();
    if (key->rsa && RSA_generate_key_fips(key->rsa, key->kind->size, NULL))
        return ASSAY_OK;
    return finish(assay_boringcrypto_fail(ASSAY_LIBRARY, "RSA_generate_key_fips failed"), out);
}

/* A DER length of at most 65535. */
static uint8_t *put_length(uint8_t *at, size_t length)
{
    if (length > 255) {
        *at++ = 0x82;
        *at++ = (uint8_t)(length >> 8);
    } else if (length > 127) {
        *at++ = 0x81;
    }
    *at++ = (uint8_t)length;
    return at;
}

/* A positive INTEGER: a leading zero where the first bit would make it negative. */
static uint8_t *put_integer(uint8_t *at, const struct bignum *n)
{
    bool zero = BN_num_bits(n) % 8 == 0;
    *at++ = 0x02;
    at = put_length(at, BN_num_bytes(n) + zero);
    if (zero)
        *at++ = 0;
    return at + BN_bn2bin(n, at);
}

/* RSAPublicKey of RFC 8017 A.1.1, by hand: what the module returns could not be given back to it, for Go's
 * object does not export its OPENSSL_free. */
static size_t rsa_public_der(const assay_key *key, uint8_t out[ASSAY_DER_MAX])
{
    uint8_t body[2 * (MODULUS_BITS / 8 + 8)];
    const struct bignum *e, *n = modulus(key, &e);
    const uint8_t *end = put_integer(put_integer(body, n), e);
    out[0] = 0x30;
    uint8_t *at = put_length(out + 1, (size_t)(end - body));
    memcpy(at, body, (size_t)(end - body));
    return (size_t)(at + (end - body) - out);
}

static enum assay_rc key_export_public(assay_key *key, uint8_t *out, size_t *out_size)
{
    uint8_t buffer[ASSAY_DER_MAX];
    size_t size = key->ec ? EC_POINT_point2oct(EC_KEY_get0_group(key->ec), EC_KEY_get0_public_key(key->ec),
                                               POINT_UNCOMPRESSED, buffer, sizeof buffer, NULL)
                          : rsa_public_der(key, buffer);
    size_t room = *out_size;
    *out_size = size;
    if (size == 0)
        return assay_boringcrypto_fail(ASSAY_LIBRARY, "EC_POINT_point2oct failed");
    if (size > room)
        return assay_boringcrypto_fail(ASSAY_INPUT, "the public key has %zu bytes, the room %zu", size, room);
    memcpy(out, buffer, size);
    return ASSAY_OK;
}

/* The digest of the scheme: SHA-384 for P-384, SHA-256 for all others. Its size; 0: the module failed. */
static size_t hash_message(const assay_key *key, const uint8_t *in, size_t in_size,
                           uint8_t digest[SHA384_SIZE])
{
    if (key->kind->curve == NID_P384)
        return assay_boringcrypto_sha384(in, in_size, digest) ? SHA384_SIZE : 0;
    return assay_boringcrypto_sha256(in, in_size, digest) ? SHA256_SIZE : 0;
}

static enum assay_rc key_sign(assay_key *key, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                              size_t in_size)
{
    uint8_t digest[SHA384_SIZE];
    unsigned size = 0;
    int ok;
    if (!key->is_private)
        return assay_boringcrypto_fail(ASSAY_INPUT, "a public key cannot sign");
    size_t n = hash_message(key, in, in_size, digest);
    if (n == 0)
        return assay_boringcrypto_fail(ASSAY_LIBRARY, "SHA-2 failed");
    if (key->ec) {
        ok = ECDSA_sign(0, digest, n, sig, &size, key->ec);
        *sig_size = size;
    } else if (key->kind->pss) {
        ok = RSA_sign_pss_mgf1(key->rsa, sig_size, sig, ASSAY_SIG_MAX, digest, n, EVP_sha256(), EVP_sha256(),
                               SALT_SIZE);
    } else {
        ok = RSA_sign(NID_SHA256, digest, SHA256_SIZE, sig, &size, key->rsa);
        *sig_size = size;
    }
    return ok ? ASSAY_OK : assay_boringcrypto_fail(ASSAY_LIBRARY, "the module did not sign");
}

static enum assay_rc key_verify(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                size_t in_size)
{
    uint8_t digest[SHA384_SIZE];
    int ok;
    size_t n = hash_message(key, in, in_size, digest);
    if (n == 0)
        return assay_boringcrypto_fail(ASSAY_LIBRARY, "SHA-2 failed");
    if (key->ec)
        ok = ECDSA_verify(0, digest, n, sig, sig_size, key->ec);
    else if (key->kind->pss)
        ok = RSA_verify_pss_mgf1(key->rsa, digest, n, EVP_sha256(), EVP_sha256(), SALT_SIZE, sig, sig_size);
    else
        ok = RSA_verify(NID_SHA256, digest, n, sig, sig_size, key->rsa);
    return ok ? ASSAY_OK : assay_boringcrypto_fail(ASSAY_AUTH, "the signature does not verify");
}

const struct assay_sign_ops assay_boringcrypto_sign = {
    .size = sizeof assay_boringcrypto_sign,
    .key_private = key_private,
    .key_public = key_public,
    .key_generate = key_generate,
    .key_export_public = key_export_public,
    .key_free = key_free,
    .sign = key_sign,
    .verify = key_verify,
};

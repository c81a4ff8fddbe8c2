/* SPDX-License-Identifier: Apache-2.0
 *
 * EVP_PKEY from and to the formats of backend.h, for signatures and key exchange.
 */
#include "backends/openssl/openssl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

static const struct ossl_form forms[OSSL_FORMS] = {
    {ASSAY_ED25519, "ED25519", NULL, 0, 0, 32, 32},
    {ASSAY_ECDSA_P256_SHA256, "EC", "P-256", NID_X9_62_prime256v1, 0, 32, 65},
    {ASSAY_ECDSA_P384_SHA384, "EC", "P-384", NID_secp384r1, 0, 48, 97},
    {ASSAY_RSA_2048_PSS_SHA256, "RSA", NULL, 0, 2048, 0, 0},
    {ASSAY_RSA_3072_PSS_SHA256, "RSA", NULL, 0, 3072, 0, 0},
    {ASSAY_RSA_2048_PKCS1_SHA256, "RSA", NULL, 0, 2048, 0, 0},
    {ASSAY_RSA_3072_PKCS1_SHA256, "RSA", NULL, 0, 3072, 0, 0},
    {ASSAY_X25519, "X25519", NULL, 0, 0, 32, 32},
    {ASSAY_ECDH_P256, "EC", "P-256", NID_X9_62_prime256v1, 0, 32, 65},
    {ASSAY_ML_DSA_65, "ML-DSA-65", NULL, 0, 0, 32, 1952, true},
    {ASSAY_ML_KEM_768, "ML-KEM-768", NULL, 0, 0, 64, 1184, true},
};

const struct ossl_form *ossl_form(enum assay_alg alg)
{
    for (int i = 0; i < OSSL_FORMS; i++)
        if (forms[i].alg == alg)
            return &forms[i];
    return NULL;
}

EVP_PKEY_CTX *ossl_generator(assay_instance *instance, const struct ossl_form *form)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(instance->lib, form->type, NULL);
    if (!ctx || EVP_PKEY_keygen_init(ctx) <= 0 ||
        (form->group && EVP_PKEY_CTX_set_group_name(ctx, form->group) <= 0) ||
        (form->bits && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, form->bits) <= 0)) {
        EVP_PKEY_CTX_free(ctx);
        ossl_fail("key generation");
        return NULL;
    }
    return ctx;
}

/* Generators are lent to threads and taken back: making one costs as much as half a P-256 key. */
enum assay_rc ossl_pkey_generate(assay_instance *instance, const struct ossl_form *form, EVP_PKEY **pkey)
{
    ossl_generator_slot *slots = instance->generator[form - forms];
    EVP_PKEY_CTX *ctx = NULL;
    for (int i = 0; i < OSSL_GENERATORS && !ctx; i++)
        ctx = atomic_exchange(&slots[i], NULL);
    if (!ctx)
        ctx = ossl_generator(instance, form);
    if (!ctx)
        return ASSAY_LIBRARY;
    *pkey = NULL;
    enum assay_rc rc = EVP_PKEY_generate(ctx, pkey) > 0 ? ASSAY_OK : ossl_fail("EVP_PKEY_generate");
    for (int i = 0; i < OSSL_GENERATORS && ctx; i++)
        ctx = atomic_exchange(&slots[i], ctx);
    EVP_PKEY_CTX_free(ctx);
    return rc;
}

/* The scalar's public point, uncompressed; false: the scalar is not in 1 … order - 1. */
static bool public_point(assay_instance *instance, const struct ossl_form *form, const BIGNUM *scalar,
                         uint8_t *out)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name_ex(instance->lib, NULL, form->nid);
    EC_POINT *point = group ? EC_POINT_new(group) : NULL;
    bool ok = point && !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0 &&
              EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) &&
              EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, form->public_size, NULL) ==
                  form->public_size;
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return ok;
}

static enum assay_rc from_data(assay_instance *instance, const struct ossl_form *form, int selection,
                               OSSL_PARAM *params, EVP_PKEY **pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(instance->lib, form->type, NULL);
    enum assay_rc rc = ASSAY_OK;
    if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0)
        rc = ossl_fail("EVP_PKEY_fromdata_init");
    else if (EVP_PKEY_fromdata(ctx, pkey, selection, params) <= 0) {
        ossl_fail("EVP_PKEY_fromdata");
        rc = ASSAY_INPUT;
    }
    EVP_PKEY_CTX_free(ctx);
    return rc;
}

static enum assay_rc ec_private(assay_instance *instance, const struct ossl_form *form, const uint8_t *in,
                                EVP_PKEY **pkey)
{
    uint8_t point[ASSAY_POINT_MAX];
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *scalar = BN_secure_new();
    enum assay_rc rc = ASSAY_OK;
    if (!build || !scalar || !BN_bin2bn(in, (int)form->secret_size, scalar)) {
        rc = ASSAY_NOMEM;
        goto out;
    }
    /* EVP_PKEY_fromdata takes the public point as given and computes none. */
    if (!public_point(instance, form, scalar, point)) {
        rc = ossl_refuse(ASSAY_INPUT, "not a private scalar of the curve");
        goto out;
    }
    if (!OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, form->group, 0) ||
        !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, form->public_size) ||
        !OSSL_PARAM_BLD_push_BN_pad(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar, form->secret_size) ||
        !(params = OSSL_PARAM_BLD_to_param(build))) {
        rc = ossl_fail("OSSL_PARAM_BLD");
        goto out;
    }
    rc = from_data(instance, form, EVP_PKEY_KEYPAIR, params, pkey);
out:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_clear_free(scalar);
    return rc;
}

static enum assay_rc ec_public(assay_instance *instance, const struct ossl_form *form, const uint8_t *in,
                               EVP_PKEY **pkey)
{
    if (in[0] != POINT_CONVERSION_UNCOMPRESSED)
        return ossl_refuse(ASSAY_INPUT, "not an uncompressed point");
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)form->group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)in, form->public_size),
        OSSL_PARAM_construct_end()};
    return from_data(instance, form, EVP_PKEY_PUBLIC_KEY, params, pkey);
}

static enum assay_rc from_seed(assay_instance *instance, const struct ossl_form *form, const uint8_t *seed,
                               size_t size, EVP_PKEY **pkey)
{
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string("seed", (void *)(uintptr_t)seed, size),
                           OSSL_PARAM_construct_end()};
    return from_data(instance, form, EVP_PKEY_KEYPAIR, params, pkey);
}

static enum assay_rc rsa_decode(assay_instance *instance, const struct ossl_form *form, int selection,
                                const uint8_t *in, size_t in_size, EVP_PKEY **pkey)
{
    enum assay_rc rc = ASSAY_OK;
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(pkey, "DER", "type-specific", form->type,
                                                              selection, instance->lib, NULL);
    if (!decoder)
        rc = ossl_fail("OSSL_DECODER_CTX_new_for_pkey");
    else if (!OSSL_DECODER_from_data(decoder, &in, &in_size) || in_size > 0) {
        ossl_fail("OSSL_DECODER_from_data");
        rc = ASSAY_INPUT;
    } else if (EVP_PKEY_get_bits(*pkey) != form->bits)
        rc = ossl_refuse(ASSAY_INPUT, "the RSA key has another size");
    OSSL_DECODER_CTX_free(decoder);
    return rc;
}

enum assay_rc ossl_pkey_private(assay_instance *instance, const struct ossl_form *form, const uint8_t *in,
                                size_t in_size, EVP_PKEY **pkey)
{
    *pkey = NULL;
    enum assay_rc rc = ASSAY_OK;
    if (form->secret_size > 0 && in_size != form->secret_size)
        return ossl_refuse(ASSAY_INPUT, "a private key of another size");
    if (form->group)
        rc = ec_private(instance, form, in, pkey);
    else if (form->bits)
        rc = rsa_decode(instance, form, EVP_PKEY_KEYPAIR, in, in_size, pkey);
    else if (form->seeded)
        rc = from_seed(instance, form, in, in_size, pkey);
    else if (!(*pkey = EVP_PKEY_new_raw_private_key_ex(instance->lib, form->type, NULL, in, in_size)))
        rc = ossl_fail("EVP_PKEY_new_raw_private_key_ex");
    if (rc != ASSAY_OK) {
        EVP_PKEY_free(*pkey);
        *pkey = NULL;
    }
    return rc;
}

enum assay_rc ossl_pkey_public(assay_instance *instance, const struct ossl_form *form, const uint8_t *in,
                               size_t in_size, EVP_PKEY **pkey)
{
    *pkey = NULL;
    enum assay_rc rc = ASSAY_OK;
    if (form->public_size > 0 && in_size != form->public_size)
        return ossl_refuse(ASSAY_INPUT, "a public key of another size");
    if (form->group)
        rc = ec_public(instance, form, in, pkey);
    else if (form->bits)
        rc = rsa_decode(instance, form, EVP_PKEY_PUBLIC_KEY, in, in_size, pkey);
    else if (!(*pkey = EVP_PKEY_new_raw_public_key_ex(instance->lib, form->type, NULL, in, in_size)))
        rc = ossl_fail("EVP_PKEY_new_raw_public_key_ex");
    if (rc != ASSAY_OK) {
        EVP_PKEY_free(*pkey);
        *pkey = NULL;
    }
    return rc;
}

static enum assay_rc export_raw(const EVP_PKEY *pkey, const struct ossl_form *form, uint8_t *out,
                                size_t *size)
{
    if (*size < form->public_size)
        return ossl_refuse(ASSAY_INPUT, "no room for the public key");
    return EVP_PKEY_get_raw_public_key(pkey, out, size) > 0 ? ASSAY_OK
                                                            : ossl_fail("EVP_PKEY_get_raw_public_key");
}

enum assay_rc ossl_pkey_export(const EVP_PKEY *pkey, const struct ossl_form *form, uint8_t *out, size_t *size)
{
    uint8_t *encoded = NULL;
    size_t n;
    if (!form->bits && !form->group)
        return export_raw(pkey, form, out, size);
    if (form->bits) {
        int der = i2d_PublicKey(pkey, &encoded);
        n = der > 0 ? (size_t)der : 0;
    } else
        n = EVP_PKEY_get1_encoded_public_key((EVP_PKEY *)(uintptr_t)pkey, &encoded);
    enum assay_rc rc = ASSAY_OK;
    if (n == 0 || !encoded)
        rc = ossl_fail("public key");
    else if (n > *size)
        rc = ossl_refuse(ASSAY_INPUT, "no room for the public key");
    else {
        memcpy(out, encoded, n);
        *size = n;
    }
    OPENSSL_free(encoded);
    return rc;
}

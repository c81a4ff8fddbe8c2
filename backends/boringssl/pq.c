/* SPDX-License-Identifier: Apache-2.0
 *
 * Post-quantum algorithms of AWS-LC: ML-KEM-768 (FIPS 203) and the keys of ML-DSA-65 (FIPS 204), through
 * EVP_PKEY. BoringSSL has other calls for them, and in Debian's release none.
 */
#include "backends/boringssl/boringssl.h"

#ifdef OPENSSL_IS_AWSLC

#include <openssl/evp.h>
#include <openssl/experimental/kem_deterministic_api.h>
#include <openssl/nid.h>

#define KEM_SEED       64u
#define KEM_PUBLIC     1184u
#define KEM_CIPHERTEXT 1088u

struct assay_kem {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *ctx;
    bool is_private;
};

EVP_PKEY *assay_boringssl_ml_dsa_generate(void)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_PQDSA, NULL);
    if (ctx && EVP_PKEY_CTX_pqdsa_set_params(ctx, NID_MLDSA65) && EVP_PKEY_keygen_init(ctx))
        (void)EVP_PKEY_keygen(ctx, &pkey);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

EVP_PKEY *assay_boringssl_ml_dsa_private(const uint8_t *seed, size_t size)
{
    return EVP_PKEY_pqdsa_new_raw_private_key(NID_MLDSA65, seed, size);
}

EVP_PKEY *assay_boringssl_ml_dsa_public(const uint8_t *key, size_t size)
{
    return EVP_PKEY_pqdsa_new_raw_public_key(NID_MLDSA65, key, size);
}

static void kem_free(assay_kem *kem)
{
    if (kem) {
        EVP_PKEY_CTX_free(kem->ctx);
        EVP_PKEY_free(kem->pkey);
    }
    assay_boringssl_free(kem, sizeof *kem);
}

static enum assay_rc kem_alloc(assay_instance *instance, enum assay_alg alg, assay_kem **out)
{
    *out = NULL;
    enum assay_rc rc = assay_boringssl_need(instance, ASSAY_OP_KEM, alg);
    if (rc != ASSAY_OK)
        return rc;
    *out = assay_boringssl_new(sizeof **out);
    return *out ? ASSAY_OK : assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
}

/* The operations' context is part of making a key: a call without one is not to be had. */
static enum assay_rc finish(enum assay_rc rc, assay_kem **out)
{
    if (rc == ASSAY_OK && !((*out)->ctx = EVP_PKEY_CTX_new((*out)->pkey, NULL)))
        rc = assay_boringssl_fail(ASSAY_LIBRARY, "EVP_PKEY_CTX_new");
    if (rc != ASSAY_OK) {
        kem_free(*out);
        *out = NULL;
    }
    return rc;
}

/* seed NULL: a fresh key */
static enum assay_rc generate(assay_kem *kem, const uint8_t *seed)
{
    size_t size = KEM_SEED;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_KEM, NULL);
    bool ok = ctx && EVP_PKEY_CTX_kem_set_params(ctx, NID_MLKEM768) && EVP_PKEY_keygen_init(ctx) &&
              (seed ? EVP_PKEY_keygen_deterministic(ctx, &kem->pkey, seed, &size)
                    : EVP_PKEY_keygen(ctx, &kem->pkey));
    EVP_PKEY_CTX_free(ctx);
    kem->is_private = true;
    return ok ? ASSAY_OK : assay_boringssl_fail(ASSAY_LIBRARY, "EVP_PKEY_keygen");
}

static enum assay_rc kem_private(assay_instance *instance, enum assay_alg alg, const uint8_t *seed,
                                 size_t seed_size, assay_kem **out)
{
    enum assay_rc rc = kem_alloc(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    if (seed_size != KEM_SEED)
        return finish(
            assay_boringssl_refuse(ASSAY_INPUT, "a seed has %u bytes, not %zu", KEM_SEED, seed_size), out);
    return finish(generate(*out, seed), out);
}

static enum assay_rc kem_public(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                                size_t key_size, assay_kem **out)
{
    enum assay_rc rc = kem_alloc(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    (*out)->pkey = EVP_PKEY_kem_new_raw_public_key(NID_MLKEM768, key, key_size);
    return finish((*out)->pkey ? ASSAY_OK : assay_boringssl_fail(ASSAY_INPUT, "ML-KEM public key"), out);
}

static enum assay_rc kem_generate(assay_instance *instance, enum assay_alg alg, assay_kem **out)
{
    enum assay_rc rc = kem_alloc(instance, alg, out);
    return rc == ASSAY_OK ? finish(generate(*out, NULL), out) : rc;
}

static enum assay_rc kem_public_value(assay_kem *kem, uint8_t *out, size_t *out_size)
{
    *out_size = KEM_PUBLIC;
    return EVP_PKEY_get_raw_public_key(kem->pkey, out, out_size)
               ? ASSAY_OK
               : assay_boringssl_fail(ASSAY_LIBRARY, "EVP_PKEY_get_raw_public_key");
}

/* A public key out of range is refused here, not when it was parsed. */
static enum assay_rc kem_encapsulate(assay_kem *kem, uint8_t *out, size_t *out_size, uint8_t secret[32])
{
    size_t secret_size = 32;
    *out_size = KEM_CIPHERTEXT;
    return EVP_PKEY_encapsulate(kem->ctx, out, out_size, secret, &secret_size)
               ? ASSAY_OK
               : assay_boringssl_fail(ASSAY_INPUT, "EVP_PKEY_encapsulate");
}

static enum assay_rc kem_decapsulate(assay_kem *kem, uint8_t secret[32], const uint8_t *in, size_t in_size)
{
    size_t secret_size = 32;
    if (!kem->is_private)
        return assay_boringssl_refuse(ASSAY_INPUT, "a public key cannot decapsulate");
    return EVP_PKEY_decapsulate(kem->ctx, secret, &secret_size, in, in_size)
               ? ASSAY_OK
               : assay_boringssl_fail(ASSAY_AUTH, "EVP_PKEY_decapsulate");
}

const struct assay_kem_ops assay_boringssl_kem = {
    .size = sizeof assay_boringssl_kem,
    .kem_private = kem_private,
    .kem_public = kem_public,
    .kem_generate = kem_generate,
    .kem_free = kem_free,
    .public_value = kem_public_value,
    .encapsulate = kem_encapsulate,
    .decapsulate = kem_decapsulate,
};

#else

/* Never asked: supports() says that there are none. */
EVP_PKEY *assay_boringssl_ml_dsa_generate(void)
{
    return NULL;
}

EVP_PKEY *assay_boringssl_ml_dsa_private(const uint8_t *seed, size_t size)
{
    (void)seed, (void)size;
    return NULL;
}

EVP_PKEY *assay_boringssl_ml_dsa_public(const uint8_t *key, size_t size)
{
    (void)key, (void)size;
    return NULL;
}

#endif

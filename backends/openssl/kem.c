/* SPDX-License-Identifier: Apache-2.0
 *
 * Key encapsulation through EVP_PKEY_encapsulate and EVP_PKEY_decapsulate: ML-KEM, from OpenSSL 3.5.
 */
#include "backends/openssl/openssl.h"

#include <stdlib.h>

struct assay_kem {
    assay_instance *instance;
    const struct ossl_form *form;
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *encapsulate, *decapsulate; /* made at first use: generation does not pay for them */
    bool is_private;
};

void ossl_kem_probe(assay_instance *instance)
{
    const struct ossl_form *form = ossl_form(ASSAY_ML_KEM_768);
    EVP_KEM *kem = EVP_KEM_fetch(instance->lib, form->type, NULL);
    if (!kem)
        ossl_fail("EVP_KEM_fetch");
    ossl_record(instance, ASSAY_OP_KEM, form->alg, kem ? form->type : NULL,
                kem ? EVP_KEM_get0_provider(kem) : NULL);
    EVP_KEM_free(kem);
}

static void kem_free(assay_kem *kem)
{
    if (!kem)
        return;
    EVP_PKEY_CTX_free(kem->encapsulate);
    EVP_PKEY_CTX_free(kem->decapsulate);
    EVP_PKEY_free(kem->pkey);
    free(kem);
}

static enum assay_rc kem_start(assay_instance *instance, enum assay_alg alg, assay_kem **out)
{
    *out = NULL;
    const struct ossl_cell *cell = ossl_find(instance, ASSAY_OP_KEM, alg);
    if (!cell || !cell->ok)
        return ossl_refuse(ASSAY_UNSUPPORTED, cell ? cell->why : "no such key encapsulation");
    *out = calloc(1, sizeof **out);
    if (!*out)
        return ASSAY_NOMEM;
    (*out)->instance = instance;
    (*out)->form = ossl_form(alg);
    return ASSAY_OK;
}

static enum assay_rc kem_end(enum assay_rc rc, assay_kem **out)
{
    if (rc != ASSAY_OK) {
        kem_free(*out);
        *out = NULL;
    }
    return rc;
}

static enum assay_rc kem_private(assay_instance *instance, enum assay_alg alg, const uint8_t *seed,
                                 size_t seed_size, assay_kem **out)
{
    enum assay_rc rc = kem_start(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    (*out)->is_private = true;
    return kem_end(ossl_pkey_private(instance, (*out)->form, seed, seed_size, &(*out)->pkey), out);
}

static enum assay_rc kem_public(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                                size_t key_size, assay_kem **out)
{
    enum assay_rc rc = kem_start(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    rc = ossl_pkey_public(instance, (*out)->form, key, key_size, &(*out)->pkey);
    return kem_end(rc == ASSAY_LIBRARY ? ASSAY_INPUT : rc, out);
}

static enum assay_rc kem_generate(assay_instance *instance, enum assay_alg alg, assay_kem **out)
{
    enum assay_rc rc = kem_start(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    (*out)->is_private = true;
    return kem_end(ossl_pkey_generate(instance, (*out)->form, &(*out)->pkey), out);
}

static enum assay_rc kem_public_value(assay_kem *kem, uint8_t *out, size_t *out_size)
{
    *out_size = ASSAY_KEM_MAX;
    return ossl_pkey_export(kem->pkey, kem->form, out, out_size);
}

static enum assay_rc prepare(assay_kem *kem, EVP_PKEY_CTX **out,
                             int (*init)(EVP_PKEY_CTX *, const OSSL_PARAM *))
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(kem->instance->lib, kem->pkey, NULL);
    if (!ctx || init(ctx, NULL) <= 0) {
        EVP_PKEY_CTX_free(ctx);
        return ossl_fail("EVP_PKEY_encapsulate_init or EVP_PKEY_decapsulate_init");
    }
    *out = ctx;
    return ASSAY_OK;
}

static enum assay_rc kem_encapsulate(assay_kem *kem, uint8_t *out, size_t *out_size, uint8_t secret[32])
{
    size_t secret_size = 32;
    enum assay_rc rc =
        kem->encapsulate ? ASSAY_OK : prepare(kem, &kem->encapsulate, EVP_PKEY_encapsulate_init);
    if (rc != ASSAY_OK)
        return rc;
    *out_size = ASSAY_KEM_MAX;
    return EVP_PKEY_encapsulate(kem->encapsulate, out, out_size, secret, &secret_size) > 0
               ? ASSAY_OK
               : ossl_fail("EVP_PKEY_encapsulate");
}

static enum assay_rc kem_decapsulate(assay_kem *kem, uint8_t secret[32], const uint8_t *in, size_t in_size)
{
    size_t secret_size = 32;
    if (!kem->is_private)
        return ossl_refuse(ASSAY_INPUT, "a public key cannot decapsulate");
    enum assay_rc rc =
        kem->decapsulate ? ASSAY_OK : prepare(kem, &kem->decapsulate, EVP_PKEY_decapsulate_init);
    if (rc != ASSAY_OK)
        return rc;
    return EVP_PKEY_decapsulate(kem->decapsulate, secret, &secret_size, in, in_size) > 0 ? ASSAY_OK
                                                                                         : ossl_verdict();
}

const struct assay_kem_ops ossl_kem_ops = {
    .size = sizeof ossl_kem_ops,
    .kem_private = kem_private,
    .kem_public = kem_public,
    .kem_generate = kem_generate,
    .kem_free = kem_free,
    .public_value = kem_public_value,
    .encapsulate = kem_encapsulate,
    .decapsulate = kem_decapsulate,
};

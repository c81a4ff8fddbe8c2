/* SPDX-License-Identifier: Apache-2.0
 *
 * X25519 and ECDH through EVP_PKEY_derive. The peer's value is parsed into one key object that is kept, which
 * spares a key type look-up an exchange.
 */
#include "backends/openssl/openssl.h"

#include <stdlib.h>

struct assay_kex {
    assay_instance *instance;
    const struct ossl_form *form;
    EVP_PKEY *own, *peer;
    EVP_PKEY_CTX *derive; /* with peer, made at first use: generation does not pay for it */
};

void ossl_kex_probe(assay_instance *instance)
{
    static const enum assay_alg algs[] = {ASSAY_X25519, ASSAY_ECDH_P256};
    for (int i = 0; i < 2; i++) {
        const struct ossl_form *form = ossl_form(algs[i]);
        const char *name = form->group ? "ECDH" : form->type;
        EVP_PKEY *pkey = NULL;
        EVP_KEYEXCH *exchange = NULL;
        bool ok = ossl_pkey_generate(instance, form, &pkey) == ASSAY_OK;
        if (ok && !(exchange = EVP_KEYEXCH_fetch(instance->lib, name, NULL))) {
            ossl_fail("EVP_KEYEXCH_fetch");
            ok = false;
        }
        ossl_record(instance, ASSAY_OP_KEX, algs[i], ok ? name : NULL,
                    ok ? EVP_KEYEXCH_get0_provider(exchange) : NULL);
        EVP_KEYEXCH_free(exchange);
        EVP_PKEY_free(pkey);
    }
}

static void kex_free(assay_kex *kex)
{
    if (!kex)
        return;
    EVP_PKEY_CTX_free(kex->derive);
    EVP_PKEY_free(kex->peer);
    EVP_PKEY_free(kex->own);
    free(kex);
}

static enum assay_rc kex_start(assay_instance *instance, enum assay_alg alg, assay_kex **out)
{
    *out = NULL;
    const struct ossl_cell *cell = ossl_find(instance, ASSAY_OP_KEX, alg);
    if (!cell || !cell->ok)
        return ossl_refuse(ASSAY_UNSUPPORTED, cell ? cell->why : "no such key exchange");
    *out = calloc(1, sizeof **out);
    if (!*out)
        return ASSAY_NOMEM;
    (*out)->instance = instance;
    (*out)->form = ossl_form(alg);
    return ASSAY_OK;
}

static enum assay_rc kex_end(enum assay_rc rc, assay_kex **out)
{
    if (rc != ASSAY_OK) {
        kex_free(*out);
        *out = NULL;
    }
    return rc;
}

static enum assay_rc kex_new(assay_instance *instance, enum assay_alg alg, const uint8_t *scalar,
                             size_t scalar_size, assay_kex **out)
{
    enum assay_rc rc = kex_start(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    return kex_end(ossl_pkey_private(instance, (*out)->form, scalar, scalar_size, &(*out)->own), out);
}

static enum assay_rc kex_generate(assay_instance *instance, enum assay_alg alg, assay_kex **out)
{
    enum assay_rc rc = kex_start(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    return kex_end(ossl_pkey_generate(instance, (*out)->form, &(*out)->own), out);
}

static enum assay_rc kex_public_value(assay_kex *kex, uint8_t *out, size_t *out_size)
{
    *out_size = ASSAY_POINT_MAX;
    return ossl_pkey_export(kex->own, kex->form, out, out_size);
}

static enum assay_rc prepare(assay_kex *kex)
{
    if (!kex->peer && (!(kex->peer = EVP_PKEY_new()) || EVP_PKEY_copy_parameters(kex->peer, kex->own) <= 0)) {
        EVP_PKEY_free(kex->peer);
        kex->peer = NULL;
        return ossl_fail("EVP_PKEY_copy_parameters");
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(kex->instance->lib, kex->own, NULL);
    if (!ctx || EVP_PKEY_derive_init(ctx) <= 0) {
        EVP_PKEY_CTX_free(ctx);
        return ossl_fail("EVP_PKEY_derive_init");
    }
    kex->derive = ctx;
    return ASSAY_OK;
}

/* Parsing checks that the point is on the curve and not infinity, which on a curve of cofactor 1 is all there
 * is to check (SP 800-56A section 5.6.2.3.3); the library's own validation would multiply by the order
 * besides, and double the cost. */
static enum assay_rc kex_derive(assay_kex *kex, uint8_t secret[32], const uint8_t *peer, size_t peer_size)
{
    size_t n = 32;
    if (!kex->derive) {
        enum assay_rc rc = prepare(kex);
        if (rc != ASSAY_OK)
            return rc;
    }
    if (peer_size != kex->form->public_size || (kex->form->group && peer[0] != 4) ||
        EVP_PKEY_set1_encoded_public_key(kex->peer, peer, peer_size) <= 0)
        return ossl_verdict();
    if (EVP_PKEY_derive_set_peer_ex(kex->derive, kex->peer, 0) <= 0)
        return ossl_fail("EVP_PKEY_derive_set_peer_ex");
    if (EVP_PKEY_derive(kex->derive, secret, &n) <= 0)
        return ossl_verdict();
    return ASSAY_OK;
}

const struct assay_kex_ops ossl_kex_ops = {
    .size = sizeof ossl_kex_ops,
    .kex_new = kex_new,
    .kex_generate = kex_generate,
    .kex_free = kex_free,
    .public_value = kex_public_value,
    .derive = kex_derive,
};

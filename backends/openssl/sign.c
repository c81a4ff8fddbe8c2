/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures. Ed25519 and ML-DSA through EVP_DigestSign, where starting again costs 28 ns. ECDSA and RSA hash
 * with a fetched digest and then use EVP_PKEY_sign, which needs no new start at all: 2 to 5 % faster than
 * EVP_DigestSign on P-256 sign and RSA-2048 verify in OpenSSL 3.0 and 3.5.
 */
#include "backends/openssl/openssl.h"

#include <openssl/rsa.h>
#include <stdlib.h>

/* One direction of a key; made at its first use, so that key generation does not pay for it. */
struct direction {
    EVP_MD_CTX *md;     /* Ed25519, ML-DSA: the operation; else the hash before it */
    EVP_PKEY_CTX *pkey; /* the operation on a hash */
};

struct assay_key {
    assay_instance *instance;
    const struct ossl_form *form;
    EVP_PKEY *pkey;
    struct direction sign, verify;
    bool is_private;
};

static const enum assay_alg algs[] = {
    ASSAY_ED25519,
    ASSAY_ECDSA_P256_SHA256,
    ASSAY_ECDSA_P384_SHA384,
    ASSAY_RSA_2048_PSS_SHA256,
    ASSAY_RSA_3072_PSS_SHA256,
    ASSAY_RSA_2048_PKCS1_SHA256,
    ASSAY_RSA_3072_PKCS1_SHA256,
    ASSAY_ML_DSA_65,
};

/* Signs messages, not hashes of them. */
static bool is_whole(const struct ossl_form *form)
{
    return !form->group && !form->bits;
}

static bool is_pss(enum assay_alg alg)
{
    return alg == ASSAY_RSA_2048_PSS_SHA256 || alg == ASSAY_RSA_3072_PSS_SHA256;
}

static const EVP_MD *digest_of(const assay_instance *instance, enum assay_alg alg)
{
    return instance->md[alg == ASSAY_ECDSA_P384_SHA384 ? 1 : 0];
}

/* Generates a key wherever that is quick, for a curve may be refused where its key type is not. */
static void probe_one(assay_instance *instance, const struct ossl_form *form)
{
    const char *name = form->group ? "ECDSA" : form->type;
    EVP_PKEY *pkey = NULL;
    EVP_SIGNATURE *signature = NULL;
    bool ok;
    if (form->bits) {
        EVP_PKEY_CTX *ctx = ossl_generator(instance, form);
        ok = ctx != NULL;
        EVP_PKEY_CTX_free(ctx);
    } else
        ok = ossl_pkey_generate(instance, form, &pkey) == ASSAY_OK;
    if (ok && !(signature = EVP_SIGNATURE_fetch(instance->lib, name, NULL))) {
        ossl_fail("EVP_SIGNATURE_fetch");
        ok = false;
    }
    const OSSL_PROVIDER *provider = ok ? EVP_SIGNATURE_get0_provider(signature) : NULL;
    ossl_record(instance, ASSAY_OP_SIGN, form->alg, ok ? name : NULL, provider);
    ossl_record(instance, ASSAY_OP_KEYGEN, form->alg, ok ? form->type : NULL, provider);
    EVP_SIGNATURE_free(signature);
    EVP_PKEY_free(pkey);
}

void ossl_sign_probe(assay_instance *instance)
{
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
        probe_one(instance, ossl_form(algs[i]));
}

static void key_free(assay_key *key)
{
    if (!key)
        return;
    EVP_MD_CTX_free(key->sign.md);
    EVP_PKEY_CTX_free(key->sign.pkey);
    EVP_MD_CTX_free(key->verify.md);
    EVP_PKEY_CTX_free(key->verify.pkey);
    EVP_PKEY_free(key->pkey);
    free(key);
}

/* Answers for the algorithm, and makes the empty key. */
static enum assay_rc key_start(assay_instance *instance, enum assay_alg alg, assay_key **out)
{
    *out = NULL;
    const struct ossl_cell *cell = ossl_find(instance, ASSAY_OP_SIGN, alg);
    if (!cell || !cell->ok)
        return ossl_refuse(ASSAY_UNSUPPORTED, cell ? cell->why : "no such signature algorithm");
    *out = calloc(1, sizeof **out);
    if (!*out)
        return ASSAY_NOMEM;
    (*out)->instance = instance;
    (*out)->form = ossl_form(alg);
    return ASSAY_OK;
}

static enum assay_rc key_end(enum assay_rc rc, assay_key **out)
{
    if (rc != ASSAY_OK) {
        key_free(*out);
        *out = NULL;
    }
    return rc;
}

static enum assay_rc key_private(assay_instance *instance, enum assay_alg alg, const uint8_t *in,
                                 size_t in_size, assay_key **out)
{
    enum assay_rc rc = key_start(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    (*out)->is_private = true;
    return key_end(ossl_pkey_private(instance, (*out)->form, in, in_size, &(*out)->pkey), out);
}

static enum assay_rc key_public(assay_instance *instance, enum assay_alg alg, const uint8_t *in,
                                size_t in_size, assay_key **out)
{
    enum assay_rc rc = key_start(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    return key_end(ossl_pkey_public(instance, (*out)->form, in, in_size, &(*out)->pkey), out);
}

static enum assay_rc key_generate(assay_instance *instance, enum assay_alg alg, assay_key **out)
{
    enum assay_rc rc = key_start(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    (*out)->is_private = true;
    return key_end(ossl_pkey_generate(instance, (*out)->form, &(*out)->pkey), out);
}

static enum assay_rc key_export_public(assay_key *key, uint8_t *out, size_t *out_size)
{
    return ossl_pkey_export(key->pkey, key->form, out, out_size);
}

static bool set_scheme(const assay_key *key, EVP_PKEY_CTX *ctx)
{
    enum assay_alg alg = key->form->alg;
    /* The digest first: PSS begins with SHA-1, which a strict FIPS provider refuses. */
    if (EVP_PKEY_CTX_set_signature_md(ctx, digest_of(key->instance, alg)) <= 0)
        return false;
    if (key->form->bits &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, is_pss(alg) ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) <= 0)
        return false;
    return !is_pss(alg) || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
}

static enum assay_rc prepare(assay_key *key, struct direction *d, bool sign)
{
    OSSL_LIB_CTX *lib = key->instance->lib;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey = NULL;
    bool ok = md != NULL;
    if (ok && is_whole(key->form)) {
        ok = (sign ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex)(md, NULL, NULL, lib, NULL, key->pkey,
                                                                      NULL) > 0;
    } else if (ok) {
        pkey = EVP_PKEY_CTX_new_from_pkey(lib, key->pkey, NULL);
        ok = pkey && (sign ? EVP_PKEY_sign_init : EVP_PKEY_verify_init)(pkey) > 0 && set_scheme(key, pkey) &&
             EVP_DigestInit_ex2(md, digest_of(key->instance, key->form->alg), NULL);
    }
    if (!ok) {
        EVP_MD_CTX_free(md);
        EVP_PKEY_CTX_free(pkey);
        return ossl_fail(sign ? "starting to sign" : "starting to verify");
    }
    d->md = md;
    d->pkey = pkey;
    return ASSAY_OK;
}

static inline bool hash_message(EVP_MD_CTX *ctx, uint8_t *hash, unsigned *size, const uint8_t *in,
                                size_t in_size)
{
    return EVP_DigestInit_ex2(ctx, NULL, NULL) && EVP_DigestUpdate(ctx, in, in_size) &&
           EVP_DigestFinal_ex(ctx, hash, size);
}

static enum assay_rc key_sign(assay_key *key, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                              size_t in_size)
{
    struct direction *d = &key->sign;
    size_t n = ASSAY_SIG_MAX;
    if (!d->md) {
        if (!key->is_private)
            return ossl_refuse(ASSAY_INPUT, "a public key cannot sign");
        enum assay_rc rc = prepare(key, d, true);
        if (rc != ASSAY_OK)
            return rc;
    }
    if (d->pkey) {
        uint8_t hash[ASSAY_HASH_MAX];
        unsigned size;
        if (!hash_message(d->md, hash, &size, in, in_size) ||
            EVP_PKEY_sign(d->pkey, sig, &n, hash, size) <= 0)
            return ossl_fail("EVP_PKEY_sign");
    } else if (EVP_DigestSignInit_ex(d->md, NULL, NULL, NULL, NULL, NULL, NULL) <= 0 ||
               EVP_DigestSign(d->md, sig, &n, in, in_size) <= 0)
        return ossl_fail("EVP_DigestSign");
    *sig_size = n;
    return ASSAY_OK;
}

/* Any answer but 1 is a refusal: the library reports a malformed signature as an error. */
static enum assay_rc key_verify(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                size_t in_size)
{
    struct direction *d = &key->verify;
    if (!d->md) {
        enum assay_rc rc = prepare(key, d, false);
        if (rc != ASSAY_OK)
            return rc;
    }
    if (d->pkey) {
        uint8_t hash[ASSAY_HASH_MAX];
        unsigned size;
        if (!hash_message(d->md, hash, &size, in, in_size))
            return ossl_fail("EVP_Digest");
        return EVP_PKEY_verify(d->pkey, sig, sig_size, hash, size) == 1 ? ASSAY_OK : ossl_verdict();
    }
    if (EVP_DigestVerifyInit_ex(d->md, NULL, NULL, NULL, NULL, NULL, NULL) <= 0)
        return ossl_fail("EVP_DigestVerifyInit_ex");
    return EVP_DigestVerify(d->md, sig, sig_size, in, in_size) == 1 ? ASSAY_OK : ossl_verdict();
}

const struct assay_sign_ops ossl_sign_ops = {
    .size = sizeof ossl_sign_ops,
    .key_private = key_private,
    .key_public = key_public,
    .key_generate = key_generate,
    .key_export_public = key_export_public,
    .key_free = key_free,
    .sign = key_sign,
    .verify = key_verify,
};

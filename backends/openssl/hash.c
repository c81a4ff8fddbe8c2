/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashes through EVP_MD, the digest fetched once and the context reused.
 */
#include "backends/openssl/openssl.h"

#include <stdlib.h>

struct assay_hash {
    EVP_MD_CTX *ctx;
};

static const char *const names[] = {"SHA2-256", "SHA2-384", "SHA2-512"};

void ossl_hash_probe(assay_instance *instance)
{
    for (int i = 0; i < 3; i++) {
        EVP_MD *md = instance->md[i] = EVP_MD_fetch(instance->lib, names[i], NULL);
        if (!md)
            ossl_fail("EVP_MD_fetch");
        ossl_record(instance, ASSAY_OP_HASH, (enum assay_alg)(ASSAY_SHA256 + i), md ? names[i] : NULL,
                    md ? EVP_MD_get0_provider(md) : NULL);
    }
}

static void hash_free(assay_hash *hash)
{
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->ctx);
    free(hash);
}

static enum assay_rc hash_new(assay_instance *instance, enum assay_alg alg, assay_hash **out)
{
    *out = NULL;
    const EVP_MD *md = alg >= ASSAY_SHA256 && alg <= ASSAY_SHA512 ? instance->md[alg - ASSAY_SHA256] : NULL;
    if (!md)
        return ossl_refuse(ASSAY_UNSUPPORTED, "no such hash");
    assay_hash *hash = calloc(1, sizeof *hash);
    if (!hash)
        return ASSAY_NOMEM;
    hash->ctx = EVP_MD_CTX_new();
    if (!hash->ctx || !EVP_DigestInit_ex2(hash->ctx, md, NULL)) {
        hash_free(hash);
        return ossl_fail("EVP_DigestInit_ex2");
    }
    *out = hash;
    return ASSAY_OK;
}

static enum assay_rc hash_digest(assay_hash *hash, uint8_t *out, const uint8_t *in, size_t in_size)
{
    if (!EVP_DigestInit_ex2(hash->ctx, NULL, NULL) || !EVP_DigestUpdate(hash->ctx, in, in_size) ||
        !EVP_DigestFinal_ex(hash->ctx, out, NULL))
        return ossl_fail("EVP_Digest");
    return ASSAY_OK;
}

const struct assay_hash_ops ossl_hash_ops = {
    .size = sizeof ossl_hash_ops,
    .hash_new = hash_new,
    .hash_free = hash_free,
    .digest = hash_digest,
};

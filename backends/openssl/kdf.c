/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF through EVP_KDF. Digest and mode are set once (naming the digest fetches it), the inputs go with each
 * derivation.
 */
#include "backends/openssl/openssl.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>

struct assay_kdf {
    EVP_KDF_CTX *ctx;
    enum assay_alg alg;
    size_t hash_size;
    bool has_info; /* the context holds an info of an earlier derivation */
};

static const char *const digests[] = {"SHA2-256", "SHA2-384", "SHA2-512"};

void ossl_kdf_probe(assay_instance *instance)
{
    EVP_KDF *hkdf = instance->hkdf = EVP_KDF_fetch(instance->lib, "HKDF", NULL);
    if (!hkdf)
        ossl_fail("EVP_KDF_fetch");
    for (int i = 0; i < 3; i++) {
        bool ok = hkdf && instance->md[i];
        if (hkdf && !ok)
            ossl_refuse(ASSAY_UNSUPPORTED, "the library has no such hash to build on");
        ossl_record(instance, ASSAY_OP_KDF, (enum assay_alg)(ASSAY_HKDF_SHA256 + i), ok ? "HKDF" : NULL,
                    ok ? EVP_KDF_get0_provider(hkdf) : NULL);
    }
}

static void kdf_free(assay_kdf *kdf)
{
    if (!kdf)
        return;
    EVP_KDF_CTX_free(kdf->ctx);
    free(kdf);
}

static enum assay_rc set_up(assay_kdf *kdf)
{
    int mode = EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                         (char *)(uintptr_t)digests[kdf->alg - ASSAY_HKDF_SHA256], 0),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode), OSSL_PARAM_construct_end()};
    return EVP_KDF_CTX_set_params(kdf->ctx, params) ? ASSAY_OK : ossl_fail("EVP_KDF_CTX_set_params");
}

static enum assay_rc kdf_new(assay_instance *instance, enum assay_alg alg, assay_kdf **out)
{
    *out = NULL;
    if (alg < ASSAY_HKDF_SHA256 || alg > ASSAY_HKDF_SHA512 || !instance->hkdf)
        return ossl_refuse(ASSAY_UNSUPPORTED, "no such KDF");
    assay_kdf *kdf = calloc(1, sizeof *kdf);
    if (!kdf)
        return ASSAY_NOMEM;
    kdf->alg = alg;
    kdf->hash_size = alg == ASSAY_HKDF_SHA256 ? 32 : alg == ASSAY_HKDF_SHA384 ? 48 : 64;
    kdf->ctx = EVP_KDF_CTX_new(instance->hkdf);
    enum assay_rc rc = kdf->ctx ? set_up(kdf) : ossl_fail("EVP_KDF_CTX_new");
    if (rc != ASSAY_OK) {
        kdf_free(kdf);
        return rc;
    }
    *out = kdf;
    return ASSAY_OK;
}

static OSSL_PARAM octets(const char *name, struct assay_bytes bytes)
{
    static uint8_t empty[1];
    return OSSL_PARAM_construct_octet_string(
        name, bytes.size > 0 ? (void *)(uintptr_t)bytes.data : (void *)empty, bytes.size);
}

/* An info left out keeps the one before, and an empty one makes 3.0.19 read through NULL: only a new start
 * forgets it. */
static enum assay_rc forget_info(assay_kdf *kdf)
{
    EVP_KDF_CTX_reset(kdf->ctx);
    kdf->has_info = false;
    return set_up(kdf);
}

static enum assay_rc kdf_hkdf(assay_kdf *kdf, uint8_t *out, size_t out_size,
                              const struct assay_hkdf_input *input)
{
    static const uint8_t zeros[64];
    if (out_size == 0 || out_size > 255 * kdf->hash_size)
        return ossl_refuse(ASSAY_INPUT, "HKDF gives 1 to 255 * HashLen bytes");
    if (input->info.size == 0 && kdf->has_info) {
        enum assay_rc rc = forget_info(kdf);
        if (rc != ASSAY_OK)
            return rc;
    }
    /* HashLen zeros are what an absent salt stands for (RFC 5869 section 2.2). Said outright, since whether
     * an empty one replaces the last is left to each release. */
    struct assay_bytes salt =
        input->salt.size > 0 ? input->salt : (struct assay_bytes){zeros, kdf->hash_size};
    OSSL_PARAM params[4] = {octets(OSSL_KDF_PARAM_KEY, input->ikm), octets(OSSL_KDF_PARAM_SALT, salt)};
    if (input->info.size > 0) {
        kdf->has_info = true;
        params[2] = octets(OSSL_KDF_PARAM_INFO, input->info);
    }
    return EVP_KDF_derive(kdf->ctx, out, out_size, params) > 0 ? ASSAY_OK : ossl_fail("EVP_KDF_derive");
}

const struct assay_kdf_ops ossl_kdf_ops = {
    .size = sizeof ossl_kdf_ops,
    .kdf_new = kdf_new,
    .kdf_free = kdf_free,
    .hkdf = kdf_hkdf,
};

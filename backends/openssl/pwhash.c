/* SPDX-License-Identifier: Apache-2.0
 *
 * Argon2id through EVP_KDF, in OpenSSL from 3.2. Its parameters go by their names: headers of 3.0 know none.
 */
#include "backends/openssl/openssl.h"

#include <openssl/kdf.h>
#include <openssl/params.h>

void ossl_pwhash_probe(assay_instance *instance)
{
    instance->argon2id = EVP_KDF_fetch(instance->lib, "ARGON2ID", NULL);
    if (!instance->argon2id)
        ossl_fail("EVP_KDF_fetch");
    ossl_record(instance, ASSAY_OP_PWHASH, ASSAY_ARGON2ID, instance->argon2id ? "ARGON2ID" : NULL,
                instance->argon2id ? EVP_KDF_get0_provider(instance->argon2id) : NULL);
}

static enum assay_rc pwhash_hash(assay_instance *instance, uint8_t out[32], struct assay_bytes password,
                                 const uint8_t salt[16], uint32_t passes, uint32_t memory_kib)
{
    uint32_t lanes = 1;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string("pass", (void *)(uintptr_t)password.data, password.size),
        OSSL_PARAM_construct_octet_string("salt", (void *)(uintptr_t)salt, 16),
        OSSL_PARAM_construct_uint32("iter", &passes),
        OSSL_PARAM_construct_uint32("memcost", &memory_kib),
        OSSL_PARAM_construct_uint32("lanes", &lanes),
        OSSL_PARAM_construct_end(),
    };
    if (!instance->argon2id)
        return ossl_refuse(ASSAY_UNSUPPORTED, "no Argon2id");
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(instance->argon2id);
    enum assay_rc rc =
        ctx && EVP_KDF_derive(ctx, out, 32, params) > 0 ? ASSAY_OK : ossl_fail("EVP_KDF_derive");
    EVP_KDF_CTX_free(ctx);
    return rc;
}

const struct assay_pwhash_ops ossl_pwhash_ops = {
    .size = sizeof ossl_pwhash_ops,
    .hash = pwhash_hash,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-2 through the one-shot calls, which skip EVP and allocate nothing.
 */
#include "backends/boringssl/boringssl.h"

#include <openssl/sha.h>

struct assay_hash {
    uint8_t *(*digest)(const uint8_t *in, size_t in_size, uint8_t *out);
};

static enum assay_rc hash_new(assay_instance *instance, enum assay_alg alg, assay_hash **out)
{
    *out = NULL;
    enum assay_rc rc = assay_boringssl_need(instance, ASSAY_OP_HASH, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_hash *hash = assay_boringssl_new(sizeof *hash);
    if (!hash)
        return assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
    hash->digest = alg == ASSAY_SHA256 ? SHA256 : alg == ASSAY_SHA384 ? SHA384 : SHA512;
    *out = hash;
    return ASSAY_OK;
}

static void hash_free(assay_hash *hash)
{
    assay_boringssl_free(hash, sizeof *hash);
}

static enum assay_rc hash_digest(assay_hash *hash, uint8_t *out, const uint8_t *in, size_t in_size)
{
    return hash->digest(in, in_size, out) ? ASSAY_OK : assay_boringssl_fail(ASSAY_LIBRARY, "SHA-2");
}

const struct assay_hash_ops assay_boringssl_hash = {
    .size = sizeof assay_boringssl_hash,
    .hash_new = hash_new,
    .hash_free = hash_free,
    .digest = hash_digest,
};

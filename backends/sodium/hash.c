/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 and SHA-512 through libsodium's one-shot calls.
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>

struct assay_hash {
    int (*digest)(unsigned char *out, const unsigned char *in, unsigned long long in_size);
};

static enum assay_rc hash_new(assay_instance *instance, enum assay_alg alg, assay_hash **out)
{
    *out = NULL;
    enum assay_rc rc = assay_sodium_need(instance, ASSAY_OP_HASH, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_hash *hash = assay_sodium_new(sizeof *hash);
    if (!hash)
        return assay_sodium_fail(ASSAY_NOMEM, "out of memory");
    hash->digest = alg == ASSAY_SHA256 ? crypto_hash_sha256 : crypto_hash_sha512;
    *out = hash;
    return ASSAY_OK;
}

static void hash_free(assay_hash *hash)
{
    assay_sodium_free(hash, sizeof *hash);
}

static enum assay_rc hash_digest(assay_hash *hash, uint8_t *out, const uint8_t *in, size_t in_size)
{
    return hash->digest(out, in, in_size) ? assay_sodium_fail(ASSAY_LIBRARY, "libsodium refused to hash")
                                          : ASSAY_OK;
}

const struct assay_hash_ops assay_sodium_hash = {
    .size = sizeof assay_sodium_hash,
    .hash_new = hash_new,
    .hash_free = hash_free,
    .digest = hash_digest,
};

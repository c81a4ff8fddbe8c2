/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-2 by init, update and final, for Go's object exports no one-shot calls.
 */
#include "backends/boringcrypto/boringcrypto.h"

struct assay_hash {
    bool (*digest)(const uint8_t *in, size_t in_size, uint8_t *out);
};

bool assay_boringcrypto_sha256(const uint8_t *in, size_t in_size, uint8_t *out)
{
    struct sha256_ctx ctx;
    return SHA256_Init(&ctx) && SHA256_Update(&ctx, in, in_size) && SHA256_Final(out, &ctx);
}

bool assay_boringcrypto_sha384(const uint8_t *in, size_t in_size, uint8_t *out)
{
    struct sha512_ctx ctx;
    return SHA384_Init(&ctx) && SHA384_Update(&ctx, in, in_size) && SHA384_Final(out, &ctx);
}

static bool sha512(const uint8_t *in, size_t in_size, uint8_t *out)
{
    struct sha512_ctx ctx;
    return SHA512_Init(&ctx) && SHA512_Update(&ctx, in, in_size) && SHA512_Final(out, &ctx);
}

static enum assay_rc hash_new(assay_instance *instance, enum assay_alg alg, assay_hash **out)
{
    (void)instance;
    *out = NULL;
    enum assay_rc rc = assay_boringcrypto_need(ASSAY_OP_HASH, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_hash *hash = assay_boringcrypto_new(sizeof *hash);
    if (!hash)
        return assay_boringcrypto_fail(ASSAY_NOMEM, "out of memory");
    hash->digest = alg == ASSAY_SHA256   ? assay_boringcrypto_sha256
                   : alg == ASSAY_SHA384 ? assay_boringcrypto_sha384
                                         : sha512;
    *out = hash;
    return ASSAY_OK;
}

static void hash_free(assay_hash *hash)
{
    assay_boringcrypto_free(hash, sizeof *hash);
}

static enum assay_rc hash_digest(assay_hash *hash, uint8_t *out, const uint8_t *in, size_t in_size)
{
    return hash->digest(in, in_size, out) ? ASSAY_OK : assay_boringcrypto_fail(ASSAY_LIBRARY, "SHA-2 failed");
}

const struct assay_hash_ops assay_boringcrypto_hash = {
    .size = sizeof assay_boringcrypto_hash,
    .hash_new = hash_new,
    .hash_free = hash_free,
    .digest = hash_digest,
};

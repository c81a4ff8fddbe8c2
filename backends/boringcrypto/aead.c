/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM through EVP_AEAD, whose context holds the key and nothing of a message; the nonce is the caller's,
 * as in Go's cipher.AEAD.
 */
#include "backends/boringcrypto/boringcrypto.h"

struct assay_aead {
    struct evp_aead_ctx ctx;
    const struct evp_aead *aead;
};

static const struct evp_aead *aead_of(enum assay_alg alg)
{
    return alg == ASSAY_AES_128_GCM ? EVP_aead_aes_128_gcm() : EVP_aead_aes_256_gcm();
}

static void aead_free(assay_aead *aead)
{
    if (aead)
        EVP_AEAD_CTX_cleanup(&aead->ctx);
    assay_boringcrypto_free(aead, sizeof *aead);
}

static enum assay_rc aead_rekey(assay_aead *aead, const uint8_t *key)
{
    EVP_AEAD_CTX_cleanup(&aead->ctx);
    if (EVP_AEAD_CTX_init(&aead->ctx, aead->aead, key, EVP_AEAD_key_length(aead->aead), ASSAY_TAG_SIZE, NULL))
        return ASSAY_OK;
    return assay_boringcrypto_fail(ASSAY_LIBRARY, "EVP_AEAD_CTX_init refused the key");
}

static enum assay_rc aead_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                              assay_aead **out)
{
    (void)instance;
    *out = NULL;
    enum assay_rc rc = assay_boringcrypto_need(ASSAY_OP_AEAD, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_aead *aead = assay_boringcrypto_new(sizeof *aead);
    if (!aead)
        return assay_boringcrypto_fail(ASSAY_NOMEM, "out of memory");
    aead->aead = aead_of(alg);
    EVP_AEAD_CTX_zero(&aead->ctx);
    rc = aead_rekey(aead, key);
    if (rc == ASSAY_OK)
        *out = aead;
    else
        aead_free(aead);
    return rc;
}

static enum assay_rc aead_seal(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    size_t out_size;
    if (EVP_AEAD_CTX_seal(&aead->ctx, out, &out_size, in_size + ASSAY_TAG_SIZE, nonce, ASSAY_NONCE_SIZE, in,
                          in_size, aad, aad_size))
        return ASSAY_OK;
    return assay_boringcrypto_fail(ASSAY_LIBRARY, "EVP_AEAD_CTX_seal failed");
}

static enum assay_rc aead_open(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    size_t out_size;
    if (in_size < ASSAY_TAG_SIZE)
        return assay_boringcrypto_fail(ASSAY_INPUT, "%zu bytes hold no tag", in_size);
    if (EVP_AEAD_CTX_open(&aead->ctx, out, &out_size, in_size - ASSAY_TAG_SIZE, nonce, ASSAY_NONCE_SIZE, in,
                          in_size, aad, aad_size))
        return ASSAY_OK;
    return assay_boringcrypto_fail(ASSAY_AUTH, "EVP_AEAD_CTX_open: the tag is wrong");
}

/* Ends with the library's own clean-up and nothing more: a wipe of the stack would be our cost, not its. */
static enum assay_rc aead_seal_fetch(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                                     uint8_t *out, const uint8_t nonce[12], const uint8_t *in, size_t in_size,
                                     const uint8_t *aad, size_t aad_size)
{
    (void)instance;
    struct evp_aead_ctx ctx;
    size_t out_size;
    if (alg != ASSAY_AES_128_GCM && alg != ASSAY_AES_256_GCM)
        return assay_boringcrypto_need(ASSAY_OP_AEAD_FETCH, alg);
    const struct evp_aead *aead = aead_of(alg);
    if (!EVP_AEAD_CTX_init(&ctx, aead, key, EVP_AEAD_key_length(aead), ASSAY_TAG_SIZE, NULL))
        return assay_boringcrypto_fail(ASSAY_LIBRARY, "EVP_AEAD_CTX_init refused the key");
    int sealed = EVP_AEAD_CTX_seal(&ctx, out, &out_size, in_size + ASSAY_TAG_SIZE, nonce, ASSAY_NONCE_SIZE,
                                   in, in_size, aad, aad_size);
    EVP_AEAD_CTX_cleanup(&ctx);
    return sealed ? ASSAY_OK : assay_boringcrypto_fail(ASSAY_LIBRARY, "EVP_AEAD_CTX_seal failed");
}

const struct assay_aead_ops assay_boringcrypto_aead = {
    .size = sizeof assay_boringcrypto_aead,
    .aead_new = aead_new,
    .aead_free = aead_free,
    .rekey = aead_rekey,
    .seal = aead_seal,
    .open = aead_open,
    .seal_fetch = aead_seal_fetch,
};

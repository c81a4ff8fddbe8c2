/* SPDX-License-Identifier: Apache-2.0
 *
 * AEAD through EVP_AEAD, whose context holds the key and nothing of a message; streams through EVP_CIPHER.
 */
#include "backends/boringssl/boringssl.h"

#include <limits.h>
#include <openssl/aead.h>
#include <openssl/cipher.h>
#include <string.h>

struct assay_aead {
    EVP_AEAD_CTX ctx;
    const EVP_AEAD *aead;
    /* A stream's key schedule is expanded by the first seal_init after a new key, so rekey costs one only. */
    const EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *stream;
    bool stream_keyed;
    uint8_t key[32];
    size_t key_size;
};

static const EVP_AEAD *aead_of(enum assay_alg alg)
{
    switch ((int)alg) {
    case ASSAY_AES_128_GCM:
        return EVP_aead_aes_128_gcm();
    case ASSAY_AES_256_GCM:
        return EVP_aead_aes_256_gcm();
    case ASSAY_CHACHA20_POLY1305:
        return EVP_aead_chacha20_poly1305();
    }
    return NULL;
}

static const EVP_CIPHER *cipher_of(enum assay_alg alg)
{
    switch ((int)alg) {
    case ASSAY_AES_128_GCM:
        return EVP_aes_128_gcm();
    case ASSAY_AES_256_GCM:
        return EVP_aes_256_gcm();
#ifdef OPENSSL_IS_AWSLC
    case ASSAY_CHACHA20_POLY1305:
        return EVP_chacha20_poly1305();
#endif
    }
    return NULL;
}

static void aead_free(assay_aead *aead)
{
    if (aead) {
        EVP_AEAD_CTX_cleanup(&aead->ctx);
        EVP_CIPHER_CTX_free(aead->stream);
    }
    assay_boringssl_free(aead, sizeof *aead);
}

static enum assay_rc aead_rekey(assay_aead *aead, const uint8_t *key)
{
    memcpy(aead->key, key, aead->key_size);
    aead->stream_keyed = false;
    EVP_AEAD_CTX_cleanup(&aead->ctx);
    if (!EVP_AEAD_CTX_init(&aead->ctx, aead->aead, key, aead->key_size, ASSAY_TAG_SIZE, NULL))
        return assay_boringssl_fail(ASSAY_LIBRARY, "EVP_AEAD_CTX_init");
    return ASSAY_OK;
}

static enum assay_rc aead_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                              assay_aead **out)
{
    *out = NULL;
    enum assay_rc rc = assay_boringssl_need(instance, ASSAY_OP_AEAD, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_aead *aead = assay_boringssl_new(sizeof *aead);
    if (!aead)
        return assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
    aead->aead = aead_of(alg);
    aead->cipher = cipher_of(alg);
    aead->key_size = EVP_AEAD_key_length(aead->aead);
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
    if (!EVP_AEAD_CTX_seal(&aead->ctx, out, &out_size, in_size + ASSAY_TAG_SIZE, nonce, ASSAY_NONCE_SIZE, in,
                           in_size, aad, aad_size))
        return assay_boringssl_fail(ASSAY_LIBRARY, "EVP_AEAD_CTX_seal");
    return ASSAY_OK;
}

static enum assay_rc aead_open(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    size_t out_size;
    if (in_size < ASSAY_TAG_SIZE)
        return assay_boringssl_refuse(ASSAY_INPUT, "%zu bytes hold no tag", in_size);
    if (!EVP_AEAD_CTX_open(&aead->ctx, out, &out_size, in_size - ASSAY_TAG_SIZE, nonce, ASSAY_NONCE_SIZE, in,
                           in_size, aad, aad_size))
        return assay_boringssl_fail(ASSAY_AUTH, "EVP_AEAD_CTX_open");
    return ASSAY_OK;
}

/* Ends with the library's own clean-up and nothing more: a wipe of the stack would be our cost, not its. */
static enum assay_rc aead_seal_fetch(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                                     uint8_t *out, const uint8_t nonce[12], const uint8_t *in, size_t in_size,
                                     const uint8_t *aad, size_t aad_size)
{
    const EVP_AEAD *aead = aead_of(alg);
    EVP_AEAD_CTX ctx;
    size_t out_size;
    if (!aead)
        return assay_boringssl_need(instance, ASSAY_OP_AEAD_FETCH, alg);
    if (!EVP_AEAD_CTX_init(&ctx, aead, key, EVP_AEAD_key_length(aead), EVP_AEAD_DEFAULT_TAG_LENGTH, NULL))
        return assay_boringssl_fail(ASSAY_LIBRARY, "EVP_AEAD_CTX_init");
    int sealed = EVP_AEAD_CTX_seal(&ctx, out, &out_size, in_size + ASSAY_TAG_SIZE, nonce, ASSAY_NONCE_SIZE,
                                   in, in_size, aad, aad_size);
    EVP_AEAD_CTX_cleanup(&ctx);
    return sealed ? ASSAY_OK : assay_boringssl_fail(ASSAY_LIBRARY, "EVP_AEAD_CTX_seal");
}

static enum assay_rc seal_update(assay_aead *aead, uint8_t *out, const uint8_t *in, size_t in_size)
{
    int out_size;
    if (!aead->stream_keyed)
        return assay_boringssl_refuse(ASSAY_INPUT, "no stream was begun under this key");
    if (in_size > INT_MAX)
        return assay_boringssl_refuse(ASSAY_INPUT, "EVP_EncryptUpdate takes at most %d bytes", INT_MAX);
    if (in_size == 0) /* to GCM's EVP_CIPHER a NULL input is the end of the message */
        return ASSAY_OK;
    if (!EVP_EncryptUpdate(aead->stream, out, &out_size, in, (int)in_size))
        return assay_boringssl_fail(ASSAY_LIBRARY, "EVP_EncryptUpdate");
    return ASSAY_OK;
}

static enum assay_rc seal_init(assay_aead *aead, const uint8_t nonce[12], const uint8_t *aad, size_t aad_size)
{
    if (!aead->cipher)
        return assay_boringssl_refuse(ASSAY_UNSUPPORTED,
                                      LIBRARY_NAME " has ChaCha20-Poly1305 as an EVP_AEAD only");
    if (!aead->stream && !(aead->stream = EVP_CIPHER_CTX_new()))
        return assay_boringssl_fail(ASSAY_NOMEM, "EVP_CIPHER_CTX_new");
    int ready = aead->stream_keyed ? EVP_EncryptInit_ex(aead->stream, NULL, NULL, NULL, nonce)
                                   : EVP_EncryptInit_ex(aead->stream, aead->cipher, NULL, aead->key, nonce);
    if (!ready)
        return assay_boringssl_fail(ASSAY_LIBRARY, "EVP_EncryptInit_ex");
    aead->stream_keyed = true;
    /* With no output buffer the bytes are authenticated only. */
    return seal_update(aead, NULL, aad, aad_size);
}

static enum assay_rc seal_final(assay_aead *aead, uint8_t tag[16])
{
    int none;
    if (!aead->stream_keyed)
        return assay_boringssl_refuse(ASSAY_INPUT, "no stream was begun under this key");
    if (!EVP_EncryptFinal_ex(aead->stream, tag, &none) ||
        !EVP_CIPHER_CTX_ctrl(aead->stream, EVP_CTRL_AEAD_GET_TAG, ASSAY_TAG_SIZE, tag))
        return assay_boringssl_fail(ASSAY_LIBRARY, "EVP_EncryptFinal_ex");
    return ASSAY_OK;
}

const struct assay_aead_ops assay_boringssl_aead = {
    .size = sizeof assay_boringssl_aead,
    .aead_new = aead_new,
    .aead_free = aead_free,
    .rekey = aead_rekey,
    .seal = aead_seal,
    .open = aead_open,
    .seal_init = seal_init,
    .seal_update = seal_update,
    .seal_final = seal_final,
    .seal_fetch = aead_seal_fetch,
};

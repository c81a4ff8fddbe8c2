/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-256-GCM with the expanded key kept (beforenm / afternm), and ChaCha20-Poly1305 (RFC 8439), for which
 * libsodium keeps nothing between messages.
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>
#include <string.h>

struct assay_aead {
    crypto_aead_aes256gcm_state aes; /* first: it wants 16-byte alignment */
    uint8_t chacha_key[crypto_aead_chacha20poly1305_ietf_KEYBYTES];
    enum assay_alg alg;
};

static enum assay_rc aead_rekey(assay_aead *aead, const uint8_t *key)
{
    if (aead->alg == ASSAY_AES_256_GCM)
        crypto_aead_aes256gcm_beforenm(&aead->aes, key);
    else
        memcpy(aead->chacha_key, key, sizeof aead->chacha_key);
    return ASSAY_OK;
}

static enum assay_rc aead_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                              assay_aead **out)
{
    *out = NULL;
    enum assay_rc rc = assay_sodium_need(instance, ASSAY_OP_AEAD, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_aead *aead = assay_sodium_new(sizeof *aead);
    if (!aead)
        return assay_sodium_fail(ASSAY_NOMEM, "out of memory");
    aead->alg = alg;
    *out = aead;
    return aead_rekey(aead, key);
}

static void aead_free(assay_aead *aead)
{
    assay_sodium_free(aead, sizeof *aead);
}

static enum assay_rc aead_seal(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    int failed;
    if (aead->alg == ASSAY_AES_256_GCM)
        failed = crypto_aead_aes256gcm_encrypt_afternm(out, NULL, in, in_size, aad, aad_size, NULL, nonce,
                                                       &aead->aes);
    else
        failed = crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in, in_size, aad, aad_size, NULL, nonce,
                                                           aead->chacha_key);
    return failed ? assay_sodium_fail(ASSAY_LIBRARY, "libsodium refused to encrypt") : ASSAY_OK;
}

static enum assay_rc aead_open(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    int failed;
    if (in_size < ASSAY_TAG_SIZE)
        return assay_sodium_fail(ASSAY_INPUT, "%zu bytes hold no tag", in_size);
    if (aead->alg == ASSAY_AES_256_GCM)
        failed = crypto_aead_aes256gcm_decrypt_afternm(out, NULL, NULL, in, in_size, aad, aad_size, nonce,
                                                       &aead->aes);
    else
        failed = crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in, in_size, aad, aad_size, nonce,
                                                           aead->chacha_key);
    return failed ? assay_sodium_fail(ASSAY_AUTH, "the tag does not verify") : ASSAY_OK;
}

/* The one-shot call of libsodium's manual, which expands the key each time. */
static enum assay_rc aead_seal_fetch(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                                     uint8_t *out, const uint8_t nonce[12], const uint8_t *in, size_t in_size,
                                     const uint8_t *aad, size_t aad_size)
{
    if (alg != ASSAY_AES_256_GCM || !instance->has_aes256gcm)
        return assay_sodium_need(instance, ASSAY_OP_AEAD_FETCH, alg);
    if (crypto_aead_aes256gcm_encrypt(out, NULL, in, in_size, aad, aad_size, NULL, nonce, key) != 0)
        return assay_sodium_fail(ASSAY_LIBRARY, "libsodium refused to encrypt");
    return ASSAY_OK;
}

const struct assay_aead_ops assay_sodium_aead = {
    .size = sizeof assay_sodium_aead,
    .aead_new = aead_new,
    .aead_free = aead_free,
    .rekey = aead_rekey,
    .seal = aead_seal,
    .open = aead_open,
    .seal_fetch = aead_seal_fetch,
};

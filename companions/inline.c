/* SPDX-License-Identifier: Apache-2.0
 *
 * The KMS that is none: keys in the caller's memory. Its calls are what a handle's are compared with.
 */
#include "companions/kms.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct inline_kms {
    const struct assay_backend *backend;
    assay_instance *instance;
    pthread_mutex_t lock;
    assay_aead *aead;
    assay_key *key;
    uint64_t sealed; /* nonces are a counter under a key that lives as long as this */
};

static enum assay_rc inline_wrap(struct assay_kms *kms, uint8_t *out, struct assay_bytes dek,
                                 struct assay_bytes aad)
{
    struct inline_kms *k = kms->state;
    if (dek.size < 16 || dek.size > ASSAY_KMS_DEK_MAX)
        return ASSAY_INPUT;
    pthread_mutex_lock(&k->lock);
    memset(out, 0, ASSAY_NONCE_SIZE);
    k->sealed++;
    memcpy(out + 4, &k->sealed, sizeof k->sealed);
    enum assay_rc rc =
        k->backend->aead->seal(k->aead, out + ASSAY_NONCE_SIZE, out, dek.data, dek.size, aad.data, aad.size);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

static enum assay_rc inline_unwrap(struct assay_kms *kms, uint8_t *dek, struct assay_bytes wrapped,
                                   struct assay_bytes aad)
{
    struct inline_kms *k = kms->state;
    if (wrapped.size < 16 + ASSAY_KMS_OVERHEAD || wrapped.size > ASSAY_KMS_DEK_MAX + ASSAY_KMS_OVERHEAD)
        return ASSAY_INPUT;
    pthread_mutex_lock(&k->lock);
    enum assay_rc rc = k->backend->aead->open(k->aead, dek, wrapped.data, wrapped.data + ASSAY_NONCE_SIZE,
                                              wrapped.size - ASSAY_NONCE_SIZE, aad.data, aad.size);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

static enum assay_rc inline_sign(struct assay_kms *kms, uint8_t *sig, size_t *sig_size,
                                 struct assay_bytes message)
{
    struct inline_kms *k = kms->state;
    if (!k->key)
        return ASSAY_UNSUPPORTED;
    pthread_mutex_lock(&k->lock);
    enum assay_rc rc = k->backend->sign->sign(k->key, sig, sig_size, message.data, message.size);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

static enum assay_rc inline_public(struct assay_kms *kms, uint8_t point[65])
{
    struct inline_kms *k = kms->state;
    uint8_t out[ASSAY_DER_MAX];
    size_t size = sizeof out;
    enum assay_rc rc = k->key ? k->backend->sign->key_export_public(k->key, out, &size) : ASSAY_UNSUPPORTED;
    if (rc == ASSAY_OK && size != 65)
        rc = ASSAY_LIBRARY;
    if (rc == ASSAY_OK)
        memcpy(point, out, 65);
    return rc;
}

static enum assay_rc inline_ping(struct assay_kms *kms)
{
    (void)kms;
    return ASSAY_OK;
}

static const char *inline_error(struct assay_kms *kms)
{
    struct inline_kms *k = kms->state;
    return k->backend->last_error(k->instance);
}

static void inline_close(struct assay_kms *kms)
{
    struct inline_kms *k = kms->state;
    if (k->aead)
        k->backend->aead->aead_free(k->aead);
    if (k->key)
        k->backend->sign->key_free(k->key);
    pthread_mutex_destroy(&k->lock);
    free(k);
    free(kms);
}

static enum assay_rc make_keys(struct inline_kms *k)
{
    char why[64];
    uint8_t key[32];
    if (!k->backend->aead ||
        !k->backend->supports(k->instance, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, sizeof why))
        return ASSAY_UNSUPPORTED;
    if (getrandom(key, sizeof key, 0) != sizeof key)
        return ASSAY_LIBRARY;
    enum assay_rc rc = k->backend->aead->aead_new(k->instance, ASSAY_AES_256_GCM, key, &k->aead);
    explicit_bzero(key, sizeof key);
    /* A backend without signatures is a KMS for data keys alone. */
    if (rc == ASSAY_OK && k->backend->sign &&
        k->backend->supports(k->instance, ASSAY_OP_SIGN, ASSAY_ECDSA_P256_SHA256, why, sizeof why))
        rc = k->backend->sign->key_generate(k->instance, ASSAY_ECDSA_P256_SHA256, &k->key);
    return rc;
}

enum assay_rc assay_kms_inline(const struct assay_backend *backend, assay_instance *instance,
                               struct assay_kms **out)
{
    struct assay_kms *kms = calloc(1, sizeof *kms);
    struct inline_kms *k = calloc(1, sizeof *k);
    *out = NULL;
    if (!kms || !k) {
        free(kms);
        free(k);
        return ASSAY_NOMEM;
    }
    *k = (struct inline_kms){.backend = backend, .instance = instance};
    pthread_mutex_init(&k->lock, NULL);
    *kms = (struct assay_kms){"inline",      k,           inline_wrap,  inline_unwrap, inline_sign,
                              inline_public, inline_ping, inline_error, inline_close};
    enum assay_rc rc = make_keys(k);
    if (rc != ASSAY_OK) {
        inline_close(kms);
        return rc;
    }
    *out = kms;
    return ASSAY_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealing, opening and rewrapping envelopes.
 */
#include "kernels/envelope_crypto.h"

#include <string.h>

enum assay_rc assay_envelope_init(struct assay_envelope *e, const struct assay_backend *backend,
                                  assay_instance *instance, enum assay_envelope_suite suite)
{
    static const uint8_t no_key[ASSAY_ENVELOPE_DEK_SIZE]; /* replaced before each use */
    *e = (struct assay_envelope){.backend = backend, .instance = instance, .suite = suite};
    return backend->aead->aead_new(instance, ASSAY_AES_256_GCM, no_key, &e->payload);
}

void assay_envelope_clear(struct assay_envelope *e)
{
    if (e->payload)
        e->backend->aead->aead_free(e->payload);
    e->payload = NULL;
}

enum assay_rc assay_envelope_kek_init(const struct assay_envelope *e, struct assay_envelope_kek *kek,
                                      const uint8_t key[32], const uint8_t *id, size_t id_size)
{
    *kek = (struct assay_envelope_kek){.id_size = id_size};
    if (id_size < 1 || id_size > sizeof kek->id)
        return ASSAY_INPUT;
    memcpy(kek->id, id, id_size);
    if (e->suite == ASSAY_ENVELOPE_GCM)
        return e->backend->aead->aead_new(e->instance, ASSAY_AES_256_GCM, key, &kek->aead);
    return e->backend->wrap->wrap_new(e->instance, ASSAY_AES_KW, key, 32, &kek->wrap);
}

void assay_envelope_kek_clear(const struct assay_envelope *e, struct assay_envelope_kek *kek)
{
    if (kek->aead)
        e->backend->aead->aead_free(kek->aead);
    if (kek->wrap)
        e->backend->wrap->wrap_free(kek->wrap);
    *kek = (struct assay_envelope_kek){0};
}

static enum assay_rc wrap_dek(const struct assay_envelope *e, const struct assay_envelope_kek *kek,
                              uint8_t *out, const uint8_t *dek, const uint8_t *nonce)
{
    if (e->suite == ASSAY_ENVELOPE_GCM) {
        uint8_t aad[2 + ASSAY_ENVELOPE_ID_MAX];
        size_t aad_size = assay_envelope_aad(aad, e->suite, kek->id, kek->id_size);
        memcpy(out, nonce, ASSAY_NONCE_SIZE);
        return e->backend->aead->seal(kek->aead, out + ASSAY_NONCE_SIZE, nonce, dek, ASSAY_ENVELOPE_DEK_SIZE,
                                      aad, aad_size);
    }
    size_t size = 0;
    enum assay_rc rc = e->backend->wrap->wrap(kek->wrap, out, &size, dek, ASSAY_ENVELOPE_DEK_SIZE);
    return rc == ASSAY_OK && size != assay_envelope_wrapped_size(e->suite) ? ASSAY_LIBRARY : rc;
}

/* dek has room for the whole wrapped DEK: libraries write the padding too. */
static enum assay_rc unwrap_dek(const struct assay_envelope *e, const struct assay_envelope_kek *kek,
                                uint8_t dek[ASSAY_ENVELOPE_WRAPPED_MAX],
                                const struct assay_envelope_view *view)
{
    const uint8_t *in = view->wrapped.data;
    if (e->suite == ASSAY_ENVELOPE_GCM) {
        uint8_t aad[2 + ASSAY_ENVELOPE_ID_MAX];
        size_t aad_size = assay_envelope_aad(aad, e->suite, view->id.data, view->id.size);
        return e->backend->aead->open(kek->aead, dek, in, in + ASSAY_NONCE_SIZE,
                                      view->wrapped.size - ASSAY_NONCE_SIZE, aad, aad_size);
    }
    size_t size = 0;
    enum assay_rc rc = e->backend->wrap->unwrap(kek->wrap, dek, &size, in, view->wrapped.size);
    return rc == ASSAY_OK && size != ASSAY_ENVELOPE_DEK_SIZE ? ASSAY_AUTH : rc;
}

enum assay_rc assay_envelope_seal_with(struct assay_envelope *e, const struct assay_envelope_kek *kek,
                                       const struct assay_envelope_random *random, uint8_t *out,
                                       struct assay_bytes in, struct assay_bytes aad)
{
    uint8_t full_aad[2 + ASSAY_ENVELOPE_AAD_MAX];
    if (aad.size > ASSAY_ENVELOPE_AAD_MAX)
        return ASSAY_INPUT;
    size_t full_aad_size = assay_envelope_aad(full_aad, e->suite, aad.data, aad.size);
    uint8_t *wrapped = assay_envelope_put_head(out, e->suite, kek->id, kek->id_size);
    uint8_t *nonce = wrapped + assay_envelope_wrapped_size(e->suite);
    memcpy(nonce, random->nonce, ASSAY_NONCE_SIZE);
    enum assay_rc rc = wrap_dek(e, kek, wrapped, random->dek, random->wrap_nonce);
    if (rc == ASSAY_OK)
        rc = e->backend->aead->rekey(e->payload, random->dek);
    if (rc == ASSAY_OK)
        rc = e->backend->aead->seal(e->payload, nonce + ASSAY_NONCE_SIZE, nonce, in.data, in.size, full_aad,
                                    full_aad_size);
    return rc;
}

enum assay_rc assay_envelope_seal(struct assay_envelope *e, const struct assay_envelope_kek *kek,
                                  uint8_t *out, struct assay_bytes in, struct assay_bytes aad)
{
    struct assay_envelope_random random;
    /* One call for all of it: a generator's call costs more than its bytes. */
    size_t size =
        e->suite == ASSAY_ENVELOPE_GCM ? sizeof random : offsetof(struct assay_envelope_random, wrap_nonce);
    enum assay_rc rc = e->backend->rand->bytes(e->instance, (uint8_t *)&random, size);
    if (rc == ASSAY_OK)
        rc = assay_envelope_seal_with(e, kek, &random, out, in, aad);
    explicit_bzero(&random, sizeof random);
    return rc;
}

enum assay_rc assay_envelope_open(struct assay_envelope *e, const struct assay_envelope_kek *kek,
                                  uint8_t *out, struct assay_bytes envelope, struct assay_bytes aad)
{
    struct assay_envelope_view view;
    uint8_t full_aad[2 + ASSAY_ENVELOPE_AAD_MAX], dek[ASSAY_ENVELOPE_WRAPPED_MAX];
    if (aad.size > ASSAY_ENVELOPE_AAD_MAX)
        return ASSAY_INPUT;
    if (!assay_envelope_parse(envelope.data, envelope.size, &view) || view.suite != e->suite)
        return ASSAY_AUTH;
    size_t full_aad_size = assay_envelope_aad(full_aad, e->suite, aad.data, aad.size);
    enum assay_rc rc = unwrap_dek(e, kek, dek, &view);
    if (rc == ASSAY_OK)
        rc = e->backend->aead->rekey(e->payload, dek);
    explicit_bzero(dek, sizeof dek);
    if (rc == ASSAY_OK)
        rc = e->backend->aead->open(e->payload, out, view.nonce, view.sealed.data, view.sealed.size, full_aad,
                                    full_aad_size);
    return rc;
}

enum assay_rc assay_envelope_rewrap_with(struct assay_envelope *e, const struct assay_envelope_kek *from,
                                         const struct assay_envelope_kek *to,
                                         const uint8_t wrap_nonce[ASSAY_NONCE_SIZE], uint8_t *envelope,
                                         size_t size)
{
    struct assay_envelope_view view;
    uint8_t dek[ASSAY_ENVELOPE_WRAPPED_MAX], wrapped[ASSAY_ENVELOPE_WRAPPED_MAX];
    if (!assay_envelope_parse(envelope, size, &view) || view.suite != e->suite)
        return ASSAY_AUTH;
    if (view.id.size != to->id_size)
        return ASSAY_INPUT;
    enum assay_rc rc = unwrap_dek(e, from, dek, &view);
    if (rc == ASSAY_OK)
        rc = wrap_dek(e, to, wrapped, dek, wrap_nonce);
    explicit_bzero(dek, sizeof dek);
    if (rc != ASSAY_OK) /* the envelope is as it was */
        return rc;
    uint8_t *at = assay_envelope_put_head(envelope, e->suite, to->id, to->id_size);
    memcpy(at, wrapped, view.wrapped.size);
    return ASSAY_OK;
}

enum assay_rc assay_envelope_rewrap(struct assay_envelope *e, const struct assay_envelope_kek *from,
                                    const struct assay_envelope_kek *to, uint8_t *envelope, size_t size)
{
    uint8_t wrap_nonce[ASSAY_NONCE_SIZE] = {0}; /* AES-KW takes none */
    if (e->suite == ASSAY_ENVELOPE_GCM) {
        enum assay_rc rc = e->backend->rand->bytes(e->instance, wrap_nonce, sizeof wrap_nonce);
        if (rc != ASSAY_OK)
            return rc;
    }
    return assay_envelope_rewrap_with(e, from, to, wrap_nonce, envelope, size);
}

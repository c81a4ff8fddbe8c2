/* SPDX-License-Identifier: Apache-2.0
 *
 * The AEAD operations of the ABI over the variant of the instance's tier.
 */
#include "backends/native/aead.h"

static enum assay_rc aead_rekey(assay_aead *aead, const uint8_t *key)
{
    aead->streaming = false;
    if (!IS_GCM(aead)) {
        chacha_key_init(&aead->chacha_key, key);
        return ASSAY_OK;
    }
    aead->gcm->key_init(&aead->key, key, aead->key_size);
    return ASSAY_OK;
}

static enum assay_rc aead_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                              assay_aead **out)
{
    *out = NULL;
    enum assay_rc rc = native_need(instance, ASSAY_OP_AEAD, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_aead *aead = native_new(sizeof *aead);
    if (aead == NULL)
        return native_fail(ASSAY_NOMEM, "out of memory");
    aead->gcm = alg == ASSAY_CHACHA20_POLY1305 ? NULL : instance->gcm;
    aead->chacha = instance->chacha;
    aead->key.pace = instance->pace;
    aead->parallel =
        (struct gcm_parallel){instance->gcm, instance->pool, GCM_SEGMENT, instance->tuning.far_from};
    aead->parallel_from = instance->tuning.far_from;
    if (instance->pool != NULL) {
        aead->parallel.segment = instance->tuning.segment;
        aead->parallel_from = instance->tuning.share_from;
    }
    aead->key_size = alg == ASSAY_AES_128_GCM ? 16 : 32;
    *out = aead;
    return aead_rekey(aead, key);
}

static void aead_free(assay_aead *aead)
{
    native_free(aead, sizeof *aead);
}

static enum assay_rc limits(uint64_t text_size, uint64_t aad_size)
{
    if (text_size > GCM_TEXT_MAX)
        return native_fail(ASSAY_INPUT, "over 2^36 - 32 bytes of text (SP 800-38D 5.2.1.1)");
    if (aad_size > GCM_AAD_MAX)
        return native_fail(ASSAY_INPUT, "over 2^61 - 1 bytes of AAD (SP 800-38D 5.2.1.1)");
    return ASSAY_OK;
}

#define WITHIN_LIMITS(text_size, aad_size)                                                                   \
    (__builtin_expect((text_size) <= GCM_TEXT_MAX && (aad_size) <= GCM_AAD_MAX, 1))

static enum assay_rc aead_seal(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    if (!IS_GCM(aead))
        return chacha_aead_seal(aead, out, nonce, in, in_size, aad, aad_size);
    if (!WITHIN_LIMITS(in_size, aad_size))
        return limits(in_size, aad_size);
    if (in_size >= aead->parallel_from)
        gcm_parallel_seal(&aead->parallel, &aead->key, out, nonce, in, in_size, aad, aad_size);
    else
        aead->gcm->seal(&aead->key, out, nonce, in, in_size, aad, aad_size);
    return ASSAY_OK;
}

static enum assay_rc aead_open(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    if (in_size < ASSAY_TAG_SIZE)
        return native_fail(ASSAY_INPUT, "%zu bytes hold no tag", in_size);
    if (!IS_GCM(aead))
        return chacha_aead_open(aead, out, nonce, in, in_size - ASSAY_TAG_SIZE, aad, aad_size);
    size_t size = in_size - ASSAY_TAG_SIZE;
    if (!WITHIN_LIMITS(size, aad_size))
        return limits(size, aad_size);
    bool right = size >= aead->parallel_from
                     ? gcm_parallel_open(&aead->parallel, &aead->key, out, nonce, in, size, aad, aad_size)
                     : aead->gcm->open(&aead->key, out, nonce, in, size, aad, aad_size);
    if (!right)
        return native_fail(ASSAY_AUTH, "the tag does not verify");
    return ASSAY_OK;
}

static enum assay_rc one_by_one(assay_aead *const *contexts, size_t step, const struct assay_aead_message *m,
                                size_t n)
{
    enum assay_rc rc = ASSAY_OK;
    for (size_t i = 0; i < n && rc == ASSAY_OK; i++)
        rc = aead_seal(contexts[i * step], m[i].out, m[i].nonce, m[i].in.data, m[i].in.size, m[i].aad.data,
                       m[i].aad.size);
    return rc;
}

static enum assay_rc batch_limits(const struct assay_aead_message *m, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!WITHIN_LIMITS(m[i].in.size, m[i].aad.size))
            return limits(m[i].in.size, m[i].aad.size);
    return ASSAY_OK;
}

static enum assay_rc aead_seal_batch(assay_aead *aead, const struct assay_aead_message *m, size_t n)
{
    if (!IS_GCM(aead) || aead->gcm->seal_batch == NULL)
        return one_by_one(&aead, 0, m, n);
    struct gcm_key *key = &aead->key;
    enum assay_rc rc = batch_limits(m, n);
    if (rc == ASSAY_OK)
        aead->gcm->seal_batch(&key, 0, m, n);
    return rc;
}

static enum assay_rc aead_seal_batch_keys(assay_aead *const *contexts, const struct assay_aead_message *m,
                                          size_t n)
{
    enum { SOME = 16 };
    struct gcm_key *keys[SOME];
    if (n == 0 || !IS_GCM(contexts[0]) || contexts[0]->gcm->seal_batch == NULL)
        return one_by_one(contexts, 1, m, n);
    enum assay_rc rc = batch_limits(m, n);
    for (size_t done = 0, some; done < n && rc == ASSAY_OK; done += some) {
        some = n - done < SOME ? n - done : SOME;
        for (size_t i = 0; i < some; i++)
            keys[i] = &contexts[done + i]->key;
        contexts[0]->gcm->seal_batch(keys, 1, m + done, some);
    }
    return rc;
}

static enum assay_rc aead_seal_init(assay_aead *aead, const uint8_t nonce[12], const uint8_t *aad,
                                    size_t aad_size)
{
    if (!IS_GCM(aead))
        return chacha_aead_seal_init(aead, nonce, aad, aad_size);
    enum assay_rc rc = limits(0, aad_size);
    if (rc != ASSAY_OK)
        return rc;
    aead->gcm->stream_init(&aead->key, &aead->stream, nonce, aad, aad_size);
    aead->streaming = true;
    return ASSAY_OK;
}

static enum assay_rc aead_seal_update(assay_aead *aead, uint8_t *out, const uint8_t *in, size_t in_size)
{
    if (!aead->streaming)
        return native_fail(ASSAY_INPUT, "seal_update before seal_init");
    if (!IS_GCM(aead))
        return chacha_aead_seal_update(aead, out, in, in_size);
    if (in_size > GCM_TEXT_MAX - aead->stream.text_size)
        return limits(GCM_TEXT_MAX + 1, 0);
    aead->gcm->stream_update(&aead->key, &aead->stream, out, in, in_size);
    return ASSAY_OK;
}

static enum assay_rc aead_seal_final(assay_aead *aead, uint8_t tag[16])
{
    if (!aead->streaming)
        return native_fail(ASSAY_INPUT, "seal_final before seal_init");
    aead->streaming = false;
    if (!IS_GCM(aead))
        return chacha_aead_seal_final(aead, tag);
    aead->gcm->stream_final(&aead->key, &aead->stream, tag);
    return ASSAY_OK;
}

const struct assay_aead_ops native_aead = {
    .size = sizeof native_aead,
    .aead_new = aead_new,
    .aead_free = aead_free,
    .rekey = aead_rekey,
    .seal = aead_seal,
    .open = aead_open,
    .seal_init = aead_seal_init,
    .seal_update = aead_seal_update,
    .seal_final = aead_seal_final,
    .seal_batch = aead_seal_batch,
    .seal_batch_keys = aead_seal_batch_keys,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM through the direct calls, one message each, with the expanded key and hash powers kept. They check
 * nothing, and decryption computes the tag without looking at the sender's: this adapter compares the two, in
 * constant time, and wipes what does not verify. There is no seal_batch: GCM jobs run one after another.
 */
#include "backends/ipsec-mb/ipsec_mb.h"

#include <string.h>

#define GCM_TEXT_MAX ((UINT64_C(1) << 36) - 32) /* SP 800-38D §5.2.1.1; beyond it the calls do nothing */

struct assay_aead {
    struct gcm_key_data gcm; /* first: it wants 64-byte alignment */
    struct gcm_context_data once, stream;
    aes_gcm_enc_dec_t encrypt, decrypt;
    aes_gcm_pre_t expand;
    aes_gcm_init_t init;
    aes_gcm_enc_dec_update_t update;
    aes_gcm_enc_dec_finalize_t finalize;
    IMB_MGR *shared;
    bool chacha; /* then only this is used: */
    struct ipsec_mb_chacha c;
    bool streaming;
};

static void choose(assay_aead *aead, const IMB_MGR *m, enum assay_alg alg)
{
    bool small = alg == ASSAY_AES_128_GCM;
    aead->encrypt = small ? m->gcm128_enc : m->gcm256_enc;
    aead->decrypt = small ? m->gcm128_dec : m->gcm256_dec;
    aead->expand = small ? m->gcm128_pre : m->gcm256_pre;
    aead->init = small ? m->gcm128_init : m->gcm256_init;
    aead->update = small ? m->gcm128_enc_update : m->gcm256_enc_update;
    aead->finalize = small ? m->gcm128_enc_finalize : m->gcm256_enc_finalize;
}

static enum assay_rc aead_rekey(assay_aead *aead, const uint8_t *key)
{
    aead->streaming = false;
    if (aead->chacha)
        memcpy(aead->c.key, key, sizeof aead->c.key);
    else
        aead->expand(key, &aead->gcm);
    return ASSAY_OK;
}

static void aead_free(assay_aead *aead)
{
    if (aead && aead->c.manager)
        free_mb_mgr(aead->c.manager);
    assay_ipsec_mb_free(aead, sizeof *aead);
}

static enum assay_rc aead_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                              assay_aead **out)
{
    *out = NULL;
    enum assay_rc rc = assay_ipsec_mb_need(instance, ASSAY_OP_AEAD, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_aead *aead = assay_ipsec_mb_new(sizeof *aead);
    if (!aead)
        return assay_ipsec_mb_fail(ASSAY_NOMEM, "out of memory");
    aead->shared = instance->manager;
    aead->chacha = alg == ASSAY_CHACHA20_POLY1305;
    choose(aead, instance->manager, alg);
    if (aead->chacha && !(aead->c.manager = assay_ipsec_mb_manager())) {
        aead_free(aead);
        return assay_ipsec_mb_fail(ASSAY_NOMEM, "no multi-buffer manager for the context");
    }
    *out = aead;
    return aead_rekey(aead, key);
}

static enum assay_rc too_long(void)
{
    return assay_ipsec_mb_fail(ASSAY_INPUT, "over 2^36 - 32 bytes of text (SP 800-38D 5.2.1.1)");
}

static enum assay_rc aead_seal(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    if (aead->chacha)
        return assay_ipsec_mb_chacha(&aead->c, IMB_DIR_ENCRYPT, out, out + in_size, nonce,
                                     (struct assay_bytes){in, in_size}, (struct assay_bytes){aad, aad_size});
    if (__builtin_expect(in_size > GCM_TEXT_MAX, 0))
        return too_long();
    aead->encrypt(&aead->gcm, &aead->once, out, assay_ipsec_mb_in(in), in_size, nonce, assay_ipsec_mb_in(aad),
                  aad_size, out + in_size, ASSAY_TAG_SIZE);
    return ASSAY_OK;
}

static bool same_tag(const uint8_t *a, const uint8_t *b)
{
    uint64_t x[2], y[2];
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static enum assay_rc aead_open(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    uint8_t tag[ASSAY_TAG_SIZE], sent[ASSAY_TAG_SIZE];
    if (in_size < ASSAY_TAG_SIZE)
        return assay_ipsec_mb_fail(ASSAY_INPUT, "%zu bytes hold no tag", in_size);
    size_t size = in_size - ASSAY_TAG_SIZE;
    if (__builtin_expect(size > GCM_TEXT_MAX, 0))
        return too_long();
    memcpy(sent, in + size, sizeof sent);
    if (size == 0)
        out = out ? out : tag; /* nothing is written there, but it must not be null */
    if (aead->chacha) {
        enum assay_rc rc =
            assay_ipsec_mb_chacha(&aead->c, IMB_DIR_DECRYPT, out, tag, nonce, (struct assay_bytes){in, size},
                                  (struct assay_bytes){aad, aad_size});
        if (rc != ASSAY_OK)
            return rc;
    } else {
        aead->decrypt(&aead->gcm, &aead->once, out, in, size, nonce, assay_ipsec_mb_in(aad), aad_size, tag,
                      ASSAY_TAG_SIZE);
    }
    if (__builtin_expect(same_tag(tag, sent), 1))
        return ASSAY_OK;
    explicit_bzero(out, size);
    return assay_ipsec_mb_fail(ASSAY_AUTH, "the tag is wrong");
}

static enum assay_rc seal_init(assay_aead *aead, const uint8_t nonce[12], const uint8_t *aad, size_t aad_size)
{
    aad = assay_ipsec_mb_in(aad);
    if (aead->chacha)
        IMB_CHACHA20_POLY1305_INIT(aead->shared, aead->c.key, &aead->c.stream, nonce, aad, aad_size);
    else
        aead->init(&aead->gcm, &aead->stream, nonce, aad, aad_size);
    aead->streaming = true;
    return ASSAY_OK;
}

static enum assay_rc not_streaming(void)
{
    return assay_ipsec_mb_fail(ASSAY_INPUT, "no stream was begun under this key");
}

static enum assay_rc seal_update(assay_aead *aead, uint8_t *out, const uint8_t *in, size_t in_size)
{
    if (!aead->streaming)
        return not_streaming();
    if (in_size == 0)
        return ASSAY_OK;
    if (aead->chacha)
        IMB_CHACHA20_POLY1305_ENC_UPDATE(aead->shared, aead->c.key, &aead->c.stream, out, in, in_size);
    else if (in_size > GCM_TEXT_MAX || aead->stream.in_length > GCM_TEXT_MAX - in_size)
        return too_long();
    else
        aead->update(&aead->gcm, &aead->stream, out, in, in_size);
    return ASSAY_OK;
}

static enum assay_rc seal_final(assay_aead *aead, uint8_t tag[16])
{
    if (!aead->streaming)
        return not_streaming();
    aead->streaming = false;
    if (aead->chacha)
        IMB_CHACHA20_POLY1305_ENC_FINALIZE(aead->shared, &aead->c.stream, tag, ASSAY_TAG_SIZE);
    else
        aead->finalize(&aead->gcm, &aead->stream, tag, ASSAY_TAG_SIZE);
    return ASSAY_OK;
}

const struct assay_aead_ops assay_ipsec_mb_aead = {
    .size = sizeof assay_ipsec_mb_aead,
    .aead_new = aead_new,
    .aead_free = aead_free,
    .rekey = aead_rekey,
    .seal = aead_seal,
    .open = aead_open,
    .seal_init = seal_init,
    .seal_update = seal_update,
    .seal_final = seal_final,
};

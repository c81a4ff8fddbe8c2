/* SPDX-License-Identifier: Apache-2.0
 *
 * AEAD through EVP_CIPHER. One context seals and opens: both directions of GCM and ChaCha20-Poly1305 use the
 * same key schedule, and a later init without a key keeps it.
 */
#include "backends/openssl/openssl.h"

#include <limits.h>
#include <stdlib.h>

struct assay_aead {
    EVP_CIPHER_CTX *ctx;
};

static const char *const names[] = {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"};

static bool is_aead(enum assay_alg alg)
{
    return alg >= ASSAY_AES_128_GCM && alg <= ASSAY_CHACHA20_POLY1305;
}

void ossl_aead_probe(assay_instance *instance)
{
    static const enum assay_op ops[] = {ASSAY_OP_AEAD, ASSAY_OP_AEAD_STREAM, ASSAY_OP_AEAD_FETCH};
    for (int i = 0; i < 3; i++) {
        EVP_CIPHER *cipher = instance->aead[i] = EVP_CIPHER_fetch(instance->lib, names[i], NULL);
        if (!cipher)
            ossl_fail("EVP_CIPHER_fetch");
        for (int op = 0; op < 3; op++)
            ossl_record(instance, ops[op], (enum assay_alg)(ASSAY_AES_128_GCM + i), cipher ? names[i] : NULL,
                        cipher ? EVP_CIPHER_get0_provider(cipher) : NULL);
    }
}

static void aead_free(assay_aead *aead)
{
    if (!aead)
        return;
    EVP_CIPHER_CTX_free(aead->ctx);
    free(aead);
}

static enum assay_rc aead_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                              assay_aead **out)
{
    *out = NULL;
    const EVP_CIPHER *cipher = is_aead(alg) ? instance->aead[alg - ASSAY_AES_128_GCM] : NULL;
    if (!cipher)
        return ossl_refuse(ASSAY_UNSUPPORTED, "no such AEAD algorithm");
    assay_aead *aead = calloc(1, sizeof *aead);
    if (!aead)
        return ASSAY_NOMEM;
    aead->ctx = EVP_CIPHER_CTX_new();
    if (!aead->ctx || !EVP_EncryptInit_ex2(aead->ctx, cipher, key, NULL, NULL)) {
        aead_free(aead);
        return ossl_fail("EVP_EncryptInit_ex2");
    }
    *out = aead;
    return ASSAY_OK;
}

static enum assay_rc aead_rekey(assay_aead *aead, const uint8_t *key)
{
    return EVP_EncryptInit_ex2(aead->ctx, NULL, key, NULL, NULL) ? ASSAY_OK
                                                                 : ossl_fail("EVP_EncryptInit_ex2");
}

static enum assay_rc too_long(void)
{
    return ossl_refuse(ASSAY_UNSUPPORTED, "EVP_CIPHER takes at most 2147483647 bytes a call");
}

static enum assay_rc seal_start(EVP_CIPHER_CTX *ctx, const uint8_t nonce[12], const uint8_t *aad,
                                size_t aad_size)
{
    int n;
    if (aad_size > INT_MAX)
        return too_long();
    if (!EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL))
        return ossl_fail("EVP_EncryptInit_ex2");
    if (aad_size > 0 && !EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_size))
        return ossl_fail("EVP_EncryptUpdate of associated data");
    return ASSAY_OK;
}

static enum assay_rc seal_body(EVP_CIPHER_CTX *ctx, uint8_t *out, const uint8_t *in, size_t in_size)
{
    int n;
    if (in_size > INT_MAX)
        return too_long();
    if (in_size > 0 && !EVP_EncryptUpdate(ctx, out, &n, in, (int)in_size))
        return ossl_fail("EVP_EncryptUpdate");
    return ASSAY_OK;
}

static enum assay_rc seal_finish(EVP_CIPHER_CTX *ctx, uint8_t tag[16])
{
    int n;
    /* Final writes nothing for an AEAD, but wants a pointer. */
    if (!EVP_EncryptFinal_ex(ctx, tag, &n))
        return ossl_fail("EVP_EncryptFinal_ex");
    if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, ASSAY_TAG_SIZE, tag) <= 0)
        return ossl_fail("EVP_CTRL_AEAD_GET_TAG");
    return ASSAY_OK;
}

static enum assay_rc seal_with(EVP_CIPHER_CTX *ctx, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    enum assay_rc rc = seal_start(ctx, nonce, aad, aad_size);
    if (rc == ASSAY_OK)
        rc = seal_body(ctx, out, in, in_size);
    return rc == ASSAY_OK ? seal_finish(ctx, out + in_size) : rc;
}

static enum assay_rc aead_seal(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    return seal_with(aead->ctx, out, nonce, in, in_size, aad, aad_size);
}

static enum assay_rc aead_open(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    EVP_CIPHER_CTX *ctx = aead->ctx;
    uint8_t none;
    int n;
    if (in_size < ASSAY_TAG_SIZE)
        return ossl_refuse(ASSAY_INPUT, "a sealed message has at least 16 bytes");
    size_t size = in_size - ASSAY_TAG_SIZE;
    if (size > INT_MAX || aad_size > INT_MAX)
        return too_long();
    if (!EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL))
        return ossl_fail("EVP_DecryptInit_ex2");
    /* The ctrl takes a pointer to non-const for its other uses; it only reads the tag. */
    if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, ASSAY_TAG_SIZE, (uint8_t *)(uintptr_t)in + size) <= 0)
        return ossl_fail("EVP_CTRL_AEAD_SET_TAG");
    if (aad_size > 0 && !EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aad_size))
        return ossl_fail("EVP_DecryptUpdate of associated data");
    if (size > 0 && !EVP_DecryptUpdate(ctx, out, &n, in, (int)size))
        return ossl_fail("EVP_DecryptUpdate");
    return EVP_DecryptFinal_ex(ctx, &none, &n) > 0 ? ASSAY_OK : ossl_verdict();
}

static enum assay_rc aead_seal_init(assay_aead *aead, const uint8_t nonce[12], const uint8_t *aad,
                                    size_t aad_size)
{
    return seal_start(aead->ctx, nonce, aad, aad_size);
}

static enum assay_rc aead_seal_update(assay_aead *aead, uint8_t *out, const uint8_t *in, size_t in_size)
{
    return seal_body(aead->ctx, out, in, in_size);
}

static enum assay_rc aead_seal_final(assay_aead *aead, uint8_t tag[16])
{
    return seal_finish(aead->ctx, tag);
}

/* As the manual page of EVP_EncryptInit shows it: fetch, context, key, message, free. */
static enum assay_rc aead_seal_fetch(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                                     uint8_t *out, const uint8_t nonce[12], const uint8_t *in, size_t in_size,
                                     const uint8_t *aad, size_t aad_size)
{
    if (!is_aead(alg))
        return ossl_refuse(ASSAY_UNSUPPORTED, "no such AEAD algorithm");
    enum assay_rc rc;
    EVP_CIPHER_CTX *ctx = NULL;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(instance->lib, names[alg - ASSAY_AES_128_GCM], NULL);
    if (!cipher) {
        ossl_fail("EVP_CIPHER_fetch");
        rc = ASSAY_UNSUPPORTED;
        goto out;
    }
    ctx = EVP_CIPHER_CTX_new();
    if (!ctx || !EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL)) {
        rc = ossl_fail("EVP_EncryptInit_ex2");
        goto out;
    }
    rc = seal_with(ctx, out, nonce, in, in_size, aad, aad_size);
out:
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return rc;
}

const struct assay_aead_ops ossl_aead_ops = {
    .size = sizeof ossl_aead_ops,
    .aead_new = aead_new,
    .aead_free = aead_free,
    .rekey = aead_rekey,
    .seal = aead_seal,
    .open = aead_open,
    .seal_init = aead_seal_init,
    .seal_update = aead_seal_update,
    .seal_final = aead_seal_final,
    .seal_fetch = aead_seal_fetch,
};

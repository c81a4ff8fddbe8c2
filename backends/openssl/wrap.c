/* SPDX-License-Identifier: Apache-2.0
 *
 * AES key wrap (RFC 3394, RFC 5649) through EVP_CIPHER. Each message begins with an init that keeps the key:
 * 4.0 insists, 3.x does without, and it is 3 % of wrapping 32 bytes.
 */
#include "backends/openssl/openssl.h"

#include <limits.h>
#include <stdlib.h>

struct assay_wrap {
    EVP_CIPHER_CTX *seal, *open; /* AES' encryption and decryption schedules differ */
    bool padded;
};

static const char *const names[2][3] = {
    {"AES-128-WRAP", "AES-192-WRAP", "AES-256-WRAP"},
    {"AES-128-WRAP-PAD", "AES-192-WRAP-PAD", "AES-256-WRAP-PAD"},
};

/* An algorithm counts as there when its 256-bit key size is; wrap_new() answers for the others. */
void ossl_wrap_probe(assay_instance *instance)
{
    for (int alg = 0; alg < 2; alg++) {
        EVP_CIPHER *cipher = NULL;
        for (int size = 0; size < 3; size++) {
            cipher = instance->wrap[alg][size] = EVP_CIPHER_fetch(instance->lib, names[alg][size], NULL);
            if (!cipher)
                ossl_fail("EVP_CIPHER_fetch");
        }
        ossl_record(instance, ASSAY_OP_WRAP, (enum assay_alg)(ASSAY_AES_KW + alg),
                    cipher ? names[alg][2] : NULL, cipher ? EVP_CIPHER_get0_provider(cipher) : NULL);
    }
}

static void wrap_free(assay_wrap *wrap)
{
    if (!wrap)
        return;
    EVP_CIPHER_CTX_free(wrap->seal);
    EVP_CIPHER_CTX_free(wrap->open);
    free(wrap);
}

static EVP_CIPHER_CTX *keyed(const EVP_CIPHER *cipher, const uint8_t *kek, int encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx)
        return NULL;
    /* EVP refuses wrap modes without it, lest they be taken for ordinary ciphers. */
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (!EVP_CipherInit_ex2(ctx, cipher, kek, NULL, encrypt, NULL)) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static enum assay_rc wrap_new(assay_instance *instance, enum assay_alg alg, const uint8_t *kek,
                              size_t kek_size, assay_wrap **out)
{
    *out = NULL;
    if (alg != ASSAY_AES_KW && alg != ASSAY_AES_KWP)
        return ossl_refuse(ASSAY_UNSUPPORTED, "no such key wrap");
    if (kek_size != 16 && kek_size != 24 && kek_size != 32)
        return ossl_refuse(ASSAY_INPUT, "a KEK has 16, 24 or 32 bytes");
    const EVP_CIPHER *cipher = instance->wrap[alg - ASSAY_AES_KW][kek_size / 8 - 2];
    if (!cipher)
        return ossl_refuse(ASSAY_UNSUPPORTED, "the library has no key wrap of this KEK size");
    assay_wrap *wrap = calloc(1, sizeof *wrap);
    if (!wrap)
        return ASSAY_NOMEM;
    wrap->padded = alg == ASSAY_AES_KWP;
    wrap->seal = keyed(cipher, kek, 1);
    wrap->open = wrap->seal ? keyed(cipher, kek, 0) : NULL;
    if (!wrap->open) {
        wrap_free(wrap);
        return ossl_fail("EVP_CipherInit_ex2");
    }
    *out = wrap;
    return ASSAY_OK;
}

static enum assay_rc wrap_wrap(assay_wrap *wrap, uint8_t *out, size_t *out_size, const uint8_t *in,
                               size_t in_size)
{
    int n;
    if (wrap->padded ? in_size < 1 : in_size < 16 || in_size % 8 != 0)
        return ossl_refuse(ASSAY_INPUT, "not a size of this key wrap");
    if (in_size > INT_MAX - ASSAY_WRAP_OVERHEAD)
        return ossl_refuse(ASSAY_UNSUPPORTED, "EVP_CIPHER takes at most 2147483647 bytes a call");
    if (!EVP_EncryptInit_ex2(wrap->seal, NULL, NULL, NULL, NULL) ||
        !EVP_EncryptUpdate(wrap->seal, out, &n, in, (int)in_size))
        return ossl_fail("EVP_EncryptUpdate");
    *out_size = (size_t)n;
    return ASSAY_OK;
}

static enum assay_rc wrap_unwrap(assay_wrap *wrap, uint8_t *out, size_t *out_size, const uint8_t *in,
                                 size_t in_size)
{
    int n;
    if (in_size < (wrap->padded ? 16 : 24) || in_size % 8 != 0 || in_size > INT_MAX)
        return ossl_refuse(ASSAY_INPUT, "not a size of a wrapped key");
    if (!EVP_DecryptInit_ex2(wrap->open, NULL, NULL, NULL, NULL))
        return ossl_fail("EVP_DecryptInit_ex2");
    if (!EVP_DecryptUpdate(wrap->open, out, &n, in, (int)in_size))
        return ossl_verdict();
    *out_size = (size_t)n;
    return ASSAY_OK;
}

const struct assay_wrap_ops ossl_wrap_ops = {
    .size = sizeof ossl_wrap_ops,
    .wrap_new = wrap_new,
    .wrap_free = wrap_free,
    .wrap = wrap_wrap,
    .unwrap = wrap_unwrap,
};

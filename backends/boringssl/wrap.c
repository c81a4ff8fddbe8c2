/* SPDX-License-Identifier: Apache-2.0
 *
 * AES key wrap (RFC 3394) and its padded form (RFC 5649), with both key schedules kept.
 */
#include "backends/boringssl/boringssl.h"

#include <openssl/aes.h>

struct assay_wrap {
    AES_KEY encrypt, decrypt;
    bool padded;
};

static void wrap_free(assay_wrap *wrap)
{
    assay_boringssl_free(wrap, sizeof *wrap);
}

static enum assay_rc wrap_new(assay_instance *instance, enum assay_alg alg, const uint8_t *kek,
                              size_t kek_size, assay_wrap **out)
{
    *out = NULL;
    enum assay_rc rc = assay_boringssl_need(instance, ASSAY_OP_WRAP, alg);
    if (rc != ASSAY_OK)
        return rc;
    if (kek_size != 16 && kek_size != 24 && kek_size != 32)
        return assay_boringssl_refuse(ASSAY_INPUT, "a KEK has 16, 24 or 32 bytes, not %zu", kek_size);
    assay_wrap *wrap = assay_boringssl_new(sizeof *wrap);
    if (!wrap)
        return assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
    wrap->padded = alg == ASSAY_AES_KWP;
    unsigned bits = (unsigned)kek_size * 8;
    if (AES_set_encrypt_key(kek, bits, &wrap->encrypt) != 0 ||
        AES_set_decrypt_key(kek, bits, &wrap->decrypt) != 0) {
        wrap_free(wrap);
        return assay_boringssl_fail(ASSAY_LIBRARY, "AES_set_encrypt_key");
    }
    *out = wrap;
    return ASSAY_OK;
}

static enum assay_rc wrap_wrap(assay_wrap *wrap, uint8_t *out, size_t *out_size, const uint8_t *in,
                               size_t in_size)
{
    if (wrap->padded) {
        if (in_size < 1)
            return assay_boringssl_refuse(ASSAY_INPUT, "AES-KWP wraps at least 1 byte");
        if (!AES_wrap_key_padded(&wrap->encrypt, out, out_size, ((in_size + 7) & ~(size_t)7) + 8, in,
                                 in_size))
            return assay_boringssl_fail(ASSAY_LIBRARY, "AES_wrap_key_padded");
        return ASSAY_OK;
    }
    if (in_size < 16 || in_size % 8 != 0)
        return assay_boringssl_refuse(ASSAY_INPUT, "AES-KW wraps a multiple of 8 bytes from 16 up, not %zu",
                                      in_size);
    int size = AES_wrap_key(&wrap->encrypt, NULL, out, in, in_size);
    if (size < 0)
        return assay_boringssl_fail(ASSAY_LIBRARY, "AES_wrap_key");
    *out_size = (size_t)size;
    return ASSAY_OK;
}

static enum assay_rc wrap_unwrap(assay_wrap *wrap, uint8_t *out, size_t *out_size, const uint8_t *in,
                                 size_t in_size)
{
    if (in_size < (wrap->padded ? 16 : 24) || in_size % 8 != 0)
        return assay_boringssl_refuse(ASSAY_INPUT, "%zu bytes are no wrapped key", in_size);
    if (wrap->padded) {
        if (!AES_unwrap_key_padded(&wrap->decrypt, out, out_size, in_size, in, in_size))
            return assay_boringssl_refuse(ASSAY_AUTH, "AES_unwrap_key_padded: the integrity check failed");
        return ASSAY_OK;
    }
    int size = AES_unwrap_key(&wrap->decrypt, NULL, out, in, in_size);
    if (size < 0)
        return assay_boringssl_refuse(ASSAY_AUTH, "AES_unwrap_key: the integrity check failed");
    *out_size = (size_t)size;
    return ASSAY_OK;
}

const struct assay_wrap_ops assay_boringssl_wrap = {
    .size = sizeof assay_boringssl_wrap,
    .wrap_new = wrap_new,
    .wrap_free = wrap_free,
    .wrap = wrap_wrap,
    .unwrap = wrap_unwrap,
};

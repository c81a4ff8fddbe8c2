/* SPDX-License-Identifier: Apache-2.0
 *
 * The key wrap operations of the ABI over the variant of the instance's tier.
 */
#include "backends/native/native.h"

struct assay_wrap {
    struct aes_wrap_key key; /* first: it wants 64-byte alignment */
    const struct aes_wrap_variant *variant;
    bool padded;
};

static enum assay_rc wrap_new(assay_instance *instance, enum assay_alg alg, const uint8_t *kek,
                              size_t kek_size, assay_wrap **out)
{
    *out = NULL;
    enum assay_rc rc = native_need(instance, ASSAY_OP_WRAP, alg);
    if (rc != ASSAY_OK)
        return rc;
    if (kek_size != 16 && kek_size != 24 && kek_size != 32)
        return native_fail(ASSAY_INPUT, "a KEK has 16, 24 or 32 bytes, not %zu", kek_size);
    assay_wrap *wrap = native_new(sizeof *wrap);
    if (wrap == NULL)
        return native_fail(ASSAY_NOMEM, "out of memory");
    wrap->variant = instance->wrap;
    wrap->padded = alg == ASSAY_AES_KWP;
    wrap->variant->key_init(&wrap->key, kek, kek_size);
    *out = wrap;
    return ASSAY_OK;
}

static void wrap_free(assay_wrap *wrap)
{
    native_free(wrap, sizeof *wrap);
}

static enum assay_rc wrap_wrap(assay_wrap *wrap, uint8_t *out, size_t *out_size, const uint8_t *in,
                               size_t in_size)
{
    if (wrap->padded ? in_size < 1 || in_size > AES_WRAP_MAX : in_size < AES_WRAP_MIN || in_size % 8 != 0)
        return native_fail(ASSAY_INPUT, "this key wrap takes no key of %zu bytes", in_size);
    if (wrap->padded)
        aes_kwp_wrap(wrap->variant, &wrap->key, out, in, in_size);
    else
        aes_kw_wrap(wrap->variant, &wrap->key, out, in, in_size);
    *out_size = (in_size + 7) / 8 * 8 + 8;
    return ASSAY_OK;
}

static enum assay_rc wrap_unwrap(assay_wrap *wrap, uint8_t *out, size_t *out_size, const uint8_t *in,
                                 size_t in_size)
{
    if (in_size < (wrap->padded ? 16 : AES_WRAP_MIN + 8) || in_size % 8 != 0)
        return native_fail(ASSAY_INPUT, "%zu bytes are no wrapped key", in_size);
    *out_size = in_size - 8;
    bool right = wrap->padded ? aes_kwp_unwrap(wrap->variant, &wrap->key, out, out_size, in, in_size)
                              : aes_kw_unwrap(wrap->variant, &wrap->key, out, in, in_size);
    return right ? ASSAY_OK : native_fail(ASSAY_AUTH, "the wrapped key does not verify");
}

const struct assay_wrap_ops native_wrap = {
    .size = sizeof native_wrap,
    .wrap_new = wrap_new,
    .wrap_free = wrap_free,
    .wrap = wrap_wrap,
    .unwrap = wrap_unwrap,
};

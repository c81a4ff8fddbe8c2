/* SPDX-License-Identifier: Apache-2.0
 *
 * The HKDF operations of the ABI.
 */
#include "backends/native/hkdf/hkdf.h"
#include "backends/native/native.h"

struct assay_kdf {
    struct sha2 sha2;
    struct hkdf hkdf;
};

static enum assay_rc kdf_new(assay_instance *instance, enum assay_alg alg, assay_kdf **out)
{
    *out = NULL;
    enum assay_rc rc = native_need(instance, ASSAY_OP_KDF, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_kdf *kdf = native_new(sizeof *kdf);
    if (kdf == NULL)
        return native_fail(ASSAY_NOMEM, "out of memory");
    native_hash(instance, alg, &kdf->sha2);
    hkdf_init(&kdf->hkdf, &kdf->sha2);
    *out = kdf;
    return ASSAY_OK;
}

static void kdf_free(assay_kdf *kdf)
{
    native_free(kdf, sizeof *kdf);
}

static enum assay_rc kdf_hkdf(assay_kdf *kdf, uint8_t *out, size_t out_size,
                              const struct assay_hkdf_input *in)
{
    if (out_size == 0 || out_size > 255 * kdf->sha2.digest)
        return native_fail(ASSAY_INPUT, "%zu bytes: RFC 5869 allows 1 to %zu", out_size,
                           255 * kdf->sha2.digest);
    hkdf_derive(&kdf->hkdf, out, out_size, in->ikm.data, in->ikm.size, in->salt.data, in->salt.size,
                in->info.data, in->info.size);
    return ASSAY_OK;
}

const struct assay_kdf_ops native_kdf = {
    .size = sizeof native_kdf,
    .kdf_new = kdf_new,
    .kdf_free = kdf_free,
    .hkdf = kdf_hkdf,
};

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

static enum assay_rc check_size(const assay_kdf *kdf, size_t out_size)
{
    if (out_size > 0 && out_size <= 255 * kdf->sha2.digest)
        return ASSAY_OK;
    return native_fail(ASSAY_INPUT, "%zu bytes: RFC 5869 allows 1 to %zu", out_size, 255 * kdf->sha2.digest);
}

static struct hkdf_inputs inputs(const struct assay_hkdf_input *in)
{
    return (struct hkdf_inputs){.ikm = {in->ikm.data, in->ikm.size},
                                .salt = {in->salt.data, in->salt.size},
                                .info = {in->info.data, in->info.size}};
}

static enum assay_rc kdf_hkdf(assay_kdf *kdf, uint8_t *out, size_t out_size,
                              const struct assay_hkdf_input *in)
{
    enum assay_rc rc = check_size(kdf, out_size);
    struct hkdf_inputs one = inputs(in);
    if (rc == ASSAY_OK)
        hkdf_derive(&kdf->hkdf, out, out_size, &one);
    return rc;
}

static bool alike(const struct assay_hkdf_input *a, const struct assay_hkdf_input *b)
{
    return a->ikm.size == b->ikm.size && a->salt.size == b->salt.size && a->info.size == b->info.size;
}

/* The first of n derivations of one shape, as many as a width takes at once; returns how many that were. */
static size_t derive_some(assay_kdf *kdf, uint8_t *out, size_t out_size, const struct assay_hkdf_input *in,
                          size_t n)
{
    struct hkdf_inputs some[SHA2_LANES];
    const struct sha2_width *width = sha2_width(&kdf->sha2, n);
    size_t taken = n < width->lanes ? n : width->lanes;
    for (size_t i = 0; i < taken; i++)
        some[i] = inputs(&in[i]);
    if (width->lanes == 1 || in->info.size > HKDF_LANES_INFO) {
        hkdf_derive(&kdf->hkdf, out, out_size, some);
        return 1;
    }
    hkdf_lanes_derive(&kdf->hkdf, width, out, out_size, some, taken);
    return taken;
}

static enum assay_rc kdf_hkdf_batch(assay_kdf *kdf, uint8_t *out, size_t out_size,
                                    const struct assay_hkdf_input *in, size_t n)
{
    enum assay_rc rc = check_size(kdf, out_size);
    for (size_t i = 0, same = 0; rc == ASSAY_OK && i < n;) {
        while (i + same < n && alike(&in[i + same], &in[i]))
            same++;
        size_t taken = derive_some(kdf, out + i * out_size, out_size, in + i, same);
        i += taken;
        same -= taken;
    }
    return rc;
}

const struct assay_kdf_ops native_kdf = {
    .size = sizeof native_kdf,
    .kdf_new = kdf_new,
    .kdf_free = kdf_free,
    .hkdf = kdf_hkdf,
    .hkdf_batch = kdf_hkdf_batch,
};

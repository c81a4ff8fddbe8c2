/* SPDX-License-Identifier: Apache-2.0
 *
 * The HKDF operations of the ABI.
 */
#include "backends/native/hkdf/hkdf.h"
#include "backends/native/native.h"
#include "backends/native/sha2/wide.h"

struct assay_kdf {
    struct sha2 sha2;
    struct hkdf hkdf;
    size_t lanes_from;
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
    kdf->lanes_from = instance->tuning.lanes_from;
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

static struct hkdf_part part(struct assay_bytes b)
{
    return (struct hkdf_part){b.data, b.size};
}

/* The next ones, up to sixteen, that are of one shape; lanes that are left over repeat the first. Returns how
 * many they are. */
static size_t gather(const struct assay_hkdf_input *in, size_t n, struct hkdf_inputs to[SHA2_LANES])
{
    size_t count = 0;
    for (; count < SHA2_LANES && count < n; count++) {
        const struct assay_hkdf_input *one = &in[count];
        if (one->ikm.size != in->ikm.size || one->salt.size != in->salt.size ||
            one->info.size != in->info.size)
            break;
        to[count] = (struct hkdf_inputs){part(one->ikm), part(one->salt), part(one->info)};
    }
    for (size_t i = count; i < SHA2_LANES; i++)
        to[i] = to[0];
    return count;
}

static enum assay_rc kdf_hkdf_batch(assay_kdf *kdf, uint8_t *out, size_t out_size,
                                    const struct assay_hkdf_input *in, size_t n)
{
    struct hkdf_inputs lanes[SHA2_LANES];
    bool sized = out_size > 0 && out_size <= 255 * kdf->sha2.digest;
    for (size_t i = 0; i < n;) {
        size_t count = sized && n - i >= kdf->lanes_from ? gather(in + i, n - i, lanes) : 0;
        if (count >= kdf->lanes_from && hkdf_lanes_fit(&kdf->hkdf, lanes)) {
            hkdf_lanes_derive(&kdf->hkdf, out + i * out_size, out_size, lanes, count);
            i += count;
            continue;
        }
        enum assay_rc rc = kdf_hkdf(kdf, out + i * out_size, out_size, in + i);
        if (rc != ASSAY_OK)
            return rc;
        i++;
    }
    return ASSAY_OK;
}

const struct assay_kdf_ops native_kdf = {
    .size = sizeof native_kdf,
    .kdf_new = kdf_new,
    .kdf_free = kdf_free,
    .hkdf = kdf_hkdf,
    .hkdf_batch = kdf_hkdf_batch,
};

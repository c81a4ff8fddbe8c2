/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF (RFC 5869) through the library's one call.
 */
#include "backends/boringssl/boringssl.h"

#include <openssl/digest.h>
#include <openssl/hkdf.h>

struct assay_kdf {
    const EVP_MD *md;
    size_t most;
};

static enum assay_rc kdf_new(assay_instance *instance, enum assay_alg alg, assay_kdf **out)
{
    *out = NULL;
    enum assay_rc rc = assay_boringssl_need(instance, ASSAY_OP_KDF, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_kdf *kdf = assay_boringssl_new(sizeof *kdf);
    if (!kdf)
        return assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
    kdf->md = alg == ASSAY_HKDF_SHA256   ? EVP_sha256()
              : alg == ASSAY_HKDF_SHA384 ? EVP_sha384()
                                         : EVP_sha512();
    kdf->most = 255 * EVP_MD_size(kdf->md);
    *out = kdf;
    return ASSAY_OK;
}

static void kdf_free(assay_kdf *kdf)
{
    assay_boringssl_free(kdf, sizeof *kdf);
}

static enum assay_rc kdf_hkdf(assay_kdf *kdf, uint8_t *out, size_t out_size,
                              const struct assay_hkdf_input *input)
{
    if (out_size < 1 || out_size > kdf->most)
        return assay_boringssl_refuse(ASSAY_INPUT, "HKDF gives 1 to %zu bytes, not %zu", kdf->most, out_size);
    if (!HKDF(out, out_size, kdf->md, input->ikm.data, input->ikm.size, input->salt.data, input->salt.size,
              input->info.data, input->info.size))
        return assay_boringssl_fail(ASSAY_LIBRARY, "HKDF");
    return ASSAY_OK;
}

const struct assay_kdf_ops assay_boringssl_kdf = {
    .size = sizeof assay_boringssl_kdf,
    .kdf_new = kdf_new,
    .kdf_free = kdf_free,
    .hkdf = kdf_hkdf,
};

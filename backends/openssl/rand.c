/* SPDX-License-Identifier: Apache-2.0
 *
 * Random bytes from the library context's public generator: one DRBG a thread, made at its first call.
 */
#include "backends/openssl/openssl.h"

#include <openssl/rand.h>

void ossl_rand_probe(assay_instance *instance)
{
    uint8_t byte;
    EVP_RAND_CTX *drbg = RAND_get0_public(instance->lib);
    EVP_RAND *rand = drbg ? EVP_RAND_CTX_get0_rand(drbg) : NULL;
    if (!rand || RAND_bytes_ex(instance->lib, &byte, 1, 0) <= 0) {
        ossl_fail("RAND_bytes_ex");
        rand = NULL;
    }
    ossl_record(instance, ASSAY_OP_RAND, ASSAY_ALG_NONE, rand ? EVP_RAND_get0_name(rand) : NULL,
                rand ? EVP_RAND_get0_provider(rand) : NULL);
}

static enum assay_rc rand_bytes(assay_instance *instance, uint8_t *out, size_t out_size)
{
    return RAND_bytes_ex(instance->lib, out, out_size, 0) > 0 ? ASSAY_OK : ossl_fail("RAND_bytes_ex");
}

const struct assay_rand_ops ossl_rand_ops = {
    .size = sizeof ossl_rand_ops,
    .bytes = rand_bytes,
};

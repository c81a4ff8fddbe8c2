/* SPDX-License-Identifier: Apache-2.0
 *
 * The library's generator: a CTR-DRBG a thread, seeded from the kernel.
 */
#include "backends/boringssl/boringssl.h"

#include <openssl/rand.h>

static enum assay_rc rand_bytes(assay_instance *instance, uint8_t *out, size_t out_size)
{
    (void)instance;
    return RAND_bytes(out, out_size) ? ASSAY_OK : assay_boringssl_fail(ASSAY_LIBRARY, "RAND_bytes");
}

const struct assay_rand_ops assay_boringssl_rand = {
    .size = sizeof assay_boringssl_rand,
    .bytes = rand_bytes,
};

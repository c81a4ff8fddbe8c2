/* SPDX-License-Identifier: Apache-2.0
 *
 * The module's generator: a CTR-DRBG a thread.
 */
#include "backends/boringcrypto/boringcrypto.h"

static enum assay_rc rand_bytes(assay_instance *instance, uint8_t *out, size_t out_size)
{
    (void)instance;
    return RAND_bytes(out, out_size) ? ASSAY_OK : assay_boringcrypto_fail(ASSAY_LIBRARY, "RAND_bytes failed");
}

const struct assay_rand_ops assay_boringcrypto_rand = {
    .size = sizeof assay_boringcrypto_rand,
    .bytes = rand_bytes,
};

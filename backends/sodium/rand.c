/* SPDX-License-Identifier: Apache-2.0
 *
 * libsodium's generator. On Linux it asks the kernel for every call; nothing is buffered.
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>

static enum assay_rc rand_bytes(assay_instance *instance, uint8_t *out, size_t out_size)
{
    (void)instance;
    randombytes_buf(out, out_size);
    return ASSAY_OK;
}

const struct assay_rand_ops assay_sodium_rand = {
    .size = sizeof assay_sodium_rand,
    .bytes = rand_bytes,
};

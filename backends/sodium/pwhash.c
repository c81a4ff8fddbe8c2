/* SPDX-License-Identifier: Apache-2.0
 *
 * Argon2id. libsodium takes its memory anew for each hash, as its users pay for it.
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>

static enum assay_rc pwhash_hash(assay_instance *instance, uint8_t out[32], struct assay_bytes password,
                                 const uint8_t salt[16], uint32_t passes, uint32_t memory_kib)
{
    (void)instance;
    return crypto_pwhash(out, 32, (const char *)password.data, password.size, salt, passes,
                         (size_t)memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0
               ? ASSAY_OK
               : assay_sodium_fail(ASSAY_LIBRARY, "crypto_pwhash failed, most likely for want of memory");
}

const struct assay_pwhash_ops assay_sodium_pwhash = {
    .size = sizeof assay_sodium_pwhash,
    .hash = pwhash_hash,
};

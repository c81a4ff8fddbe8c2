/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys, data keys, passwords and messages of timed cases come from assay_fill(), each from a seed of its own:
 * whatever begins as such a pattern does is one of them, and no list of them is kept twice. Key pairs are
 * published ones.
 */
#include "kernels/test_secrets.h"

#include "kernels/kernel.h"
#include "kernels/vectors/asym.h"

#include <string.h>

#define SEEDS 1500u /* 1000 and up are the KEKs of rewrap.bulk, a generation each */
#define BEGIN 16u   /* octets, the shortest key: longer ones begin with it */

bool assay_test_secrets(bool (*each)(void *data, const uint8_t *secret, size_t size, bool printed),
                        void *data)
{
    uint8_t secret[ASSAY_TEST_SECRET_MAX];
    bool more = true;
    for (uint64_t seed = 0; more && seed < SEEDS; seed++) {
        assay_fill(secret, BEGIN, seed);
        more = each(data, secret, BEGIN, false);
    }
    for (const struct assay_sign_vector *v = assay_sign_vectors; more && v->source; v++) {
        size_t size =
            assay_hex(secret, sizeof secret, v->key->private_key); /* 0: RSA, which is found as DER */
        more = size == 0 || each(data, secret, size, true);
    }
    for (const struct assay_kex_vector *v = assay_kex_vectors; more && v->source; v++) {
        size_t size = assay_hex(secret, sizeof secret, v->scalar);
        more = size == 0 || each(data, secret, size, true);
    }
    explicit_bzero(secret, sizeof secret);
    return more;
}

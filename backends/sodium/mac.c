/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC-SHA-256 and HMAC-SHA-512. The keyed state is kept and copied for each message: a copy is two
 * compressions cheaper than libsodium's one-shot call, and that one takes 32-byte keys only.
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>

struct assay_mac {
    enum assay_alg alg;
    union {
        crypto_auth_hmacsha256_state sha256;
        crypto_auth_hmacsha512_state sha512;
    } keyed, work;
};

static enum assay_rc mac_rekey(assay_mac *mac, const uint8_t *key, size_t key_size)
{
    static const uint8_t none[1];
    if (!key)
        key = none; /* libsodium takes no NULL, even for an empty key */
    int failed = mac->alg == ASSAY_HMAC_SHA256
                     ? crypto_auth_hmacsha256_init(&mac->keyed.sha256, key, key_size)
                     : crypto_auth_hmacsha512_init(&mac->keyed.sha512, key, key_size);
    return failed ? assay_sodium_fail(ASSAY_LIBRARY, "libsodium refused the HMAC key") : ASSAY_OK;
}

static void mac_free(assay_mac *mac)
{
    assay_sodium_free(mac, sizeof *mac);
}

static enum assay_rc mac_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                             size_t key_size, assay_mac **out)
{
    *out = NULL;
    enum assay_rc rc = assay_sodium_need(instance, ASSAY_OP_MAC, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_mac *mac = assay_sodium_new(sizeof *mac);
    if (!mac)
        return assay_sodium_fail(ASSAY_NOMEM, "out of memory");
    mac->alg = alg;
    rc = mac_rekey(mac, key, key_size);
    if (rc == ASSAY_OK)
        *out = mac;
    else
        mac_free(mac);
    return rc;
}

static enum assay_rc mac_compute(assay_mac *mac, uint8_t *out, const uint8_t *in, size_t in_size)
{
    int failed;
    if (mac->alg == ASSAY_HMAC_SHA256) {
        mac->work.sha256 = mac->keyed.sha256;
        failed = crypto_auth_hmacsha256_update(&mac->work.sha256, in, in_size) |
                 crypto_auth_hmacsha256_final(&mac->work.sha256, out);
    } else {
        mac->work.sha512 = mac->keyed.sha512;
        failed = crypto_auth_hmacsha512_update(&mac->work.sha512, in, in_size) |
                 crypto_auth_hmacsha512_final(&mac->work.sha512, out);
    }
    return failed ? assay_sodium_fail(ASSAY_LIBRARY, "libsodium refused to compute an HMAC") : ASSAY_OK;
}

const struct assay_mac_ops assay_sodium_mac = {
    .size = sizeof assay_sodium_mac,
    .mac_new = mac_new,
    .mac_free = mac_free,
    .rekey = mac_rekey,
    .compute = mac_compute,
};

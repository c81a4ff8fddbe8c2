/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC with a kept key: HMAC_Init_ex without a key restores the keyed state, with no allocation.
 */
#include "backends/boringssl/boringssl.h"

#include <openssl/digest.h>
#include <openssl/hmac.h>

struct assay_mac {
    HMAC_CTX ctx;
    const EVP_MD *md;
};

static enum assay_rc mac_rekey(assay_mac *mac, const uint8_t *key, size_t key_size)
{
    static const uint8_t none[1];
    /* NULL would mean "the key you have". */
    if (!HMAC_Init_ex(&mac->ctx, key ? key : none, key_size, mac->md, NULL))
        return assay_boringssl_fail(ASSAY_LIBRARY, "HMAC_Init_ex");
    return ASSAY_OK;
}

static void mac_free(assay_mac *mac)
{
    if (mac)
        HMAC_CTX_cleanup(&mac->ctx);
    assay_boringssl_free(mac, sizeof *mac);
}

static enum assay_rc mac_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                             size_t key_size, assay_mac **out)
{
    *out = NULL;
    enum assay_rc rc = assay_boringssl_need(instance, ASSAY_OP_MAC, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_mac *mac = assay_boringssl_new(sizeof *mac);
    if (!mac)
        return assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
    HMAC_CTX_init(&mac->ctx);
    mac->md = alg == ASSAY_HMAC_SHA256   ? EVP_sha256()
              : alg == ASSAY_HMAC_SHA384 ? EVP_sha384()
                                         : EVP_sha512();
    rc = mac_rekey(mac, key, key_size);
    if (rc == ASSAY_OK)
        *out = mac;
    else
        mac_free(mac);
    return rc;
}

static enum assay_rc mac_compute(assay_mac *mac, uint8_t *out, const uint8_t *in, size_t in_size)
{
    unsigned out_size;
    if (!HMAC_Init_ex(&mac->ctx, NULL, 0, NULL, NULL) || !HMAC_Update(&mac->ctx, in, in_size) ||
        !HMAC_Final(&mac->ctx, out, &out_size))
        return assay_boringssl_fail(ASSAY_LIBRARY, "HMAC");
    return ASSAY_OK;
}

const struct assay_mac_ops assay_boringssl_mac = {
    .size = sizeof assay_boringssl_mac,
    .mac_new = mac_new,
    .mac_free = mac_free,
    .rekey = mac_rekey,
    .compute = mac_compute,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC with a kept key: HMAC_Init without a key restores the keyed state, with no allocation.
 */
#include "backends/boringcrypto/boringcrypto.h"

#include <limits.h>

struct assay_mac {
    struct hmac_ctx ctx;
    const struct evp_md *md;
};

static enum assay_rc mac_rekey(assay_mac *mac, const uint8_t *key, size_t key_size)
{
    static const uint8_t none[1];
    if (key_size > INT_MAX)
        return assay_boringcrypto_fail(ASSAY_INPUT, "HMAC_Init takes a key of at most %d bytes", INT_MAX);
    HMAC_CTX_cleanup(&mac->ctx);
    /* NULL would mean "the key you have". */
    if (HMAC_Init(&mac->ctx, key ? key : none, (int)key_size, mac->md))
        return ASSAY_OK;
    return assay_boringcrypto_fail(ASSAY_LIBRARY, "HMAC_Init refused the key");
}

static void mac_free(assay_mac *mac)
{
    if (mac)
        HMAC_CTX_cleanup(&mac->ctx);
    assay_boringcrypto_free(mac, sizeof *mac);
}

static enum assay_rc mac_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                             size_t key_size, assay_mac **out)
{
    (void)instance;
    *out = NULL;
    enum assay_rc rc = assay_boringcrypto_need(ASSAY_OP_MAC, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_mac *mac = assay_boringcrypto_new(sizeof *mac);
    if (!mac)
        return assay_boringcrypto_fail(ASSAY_NOMEM, "out of memory");
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
    if (!HMAC_Init(&mac->ctx, NULL, 0, NULL) || !HMAC_Update(&mac->ctx, in, in_size) ||
        !HMAC_Final(&mac->ctx, out, &out_size))
        return assay_boringcrypto_fail(ASSAY_LIBRARY, "HMAC failed");
    return ASSAY_OK;
}

const struct assay_mac_ops assay_boringcrypto_mac = {
    .size = sizeof assay_boringcrypto_mac,
    .mac_new = mac_new,
    .mac_free = mac_free,
    .rekey = mac_rekey,
    .compute = mac_compute,
};

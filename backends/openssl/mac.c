/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC through EVP_MAC. The digest is set when the context is made: naming it again would fetch it again.
 */
#include "backends/openssl/openssl.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>

struct assay_mac {
    EVP_MAC_CTX *ctx;
    size_t size;
};

static const char *const digests[] = {"SHA2-256", "SHA2-384", "SHA2-512"};

void ossl_mac_probe(assay_instance *instance)
{
    EVP_MAC *hmac = instance->hmac = EVP_MAC_fetch(instance->lib, "HMAC", NULL);
    if (!hmac)
        ossl_fail("EVP_MAC_fetch");
    for (int i = 0; i < 3; i++) {
        bool ok = hmac && instance->md[i];
        if (hmac && !ok)
            ossl_refuse(ASSAY_UNSUPPORTED, "the library has no such hash to build on");
        ossl_record(instance, ASSAY_OP_MAC, (enum assay_alg)(ASSAY_HMAC_SHA256 + i), ok ? "HMAC" : NULL,
                    ok ? EVP_MAC_get0_provider(hmac) : NULL);
    }
}

static void mac_free(assay_mac *mac)
{
    if (!mac)
        return;
    EVP_MAC_CTX_free(mac->ctx);
    free(mac);
}

/* An empty key is a key (RFC 2104), but EVP_MAC_init takes NULL as "keep the last one". */
static enum assay_rc set_key(assay_mac *mac, const uint8_t *key, size_t key_size, const OSSL_PARAM *params)
{
    static const uint8_t empty[1];
    return EVP_MAC_init(mac->ctx, key_size > 0 ? key : empty, key_size, params) ? ASSAY_OK
                                                                                : ossl_fail("EVP_MAC_init");
}

static enum assay_rc mac_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                             size_t key_size, assay_mac **out)
{
    *out = NULL;
    if (alg < ASSAY_HMAC_SHA256 || alg > ASSAY_HMAC_SHA512 || !instance->hmac)
        return ossl_refuse(ASSAY_UNSUPPORTED, "no such MAC");
    assay_mac *mac = calloc(1, sizeof *mac);
    if (!mac)
        return ASSAY_NOMEM;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(
                               OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digests[alg - ASSAY_HMAC_SHA256], 0),
                           OSSL_PARAM_construct_end()};
    mac->ctx = EVP_MAC_CTX_new(instance->hmac);
    enum assay_rc rc = mac->ctx ? set_key(mac, key, key_size, params) : ossl_fail("EVP_MAC_CTX_new");
    if (rc != ASSAY_OK) {
        mac_free(mac);
        return rc;
    }
    mac->size = EVP_MAC_CTX_get_mac_size(mac->ctx);
    *out = mac;
    return ASSAY_OK;
}

static enum assay_rc mac_rekey(assay_mac *mac, const uint8_t *key, size_t key_size)
{
    return set_key(mac, key, key_size, NULL);
}

static enum assay_rc mac_compute(assay_mac *mac, uint8_t *out, const uint8_t *in, size_t in_size)
{
    size_t n;
    if (!EVP_MAC_init(mac->ctx, NULL, 0, NULL) || !EVP_MAC_update(mac->ctx, in, in_size) ||
        !EVP_MAC_final(mac->ctx, out, &n, mac->size))
        return ossl_fail("EVP_MAC");
    return ASSAY_OK;
}

const struct assay_mac_ops ossl_mac_ops = {
    .size = sizeof ossl_mac_ops,
    .mac_new = mac_new,
    .mac_free = mac_free,
    .rekey = mac_rekey,
    .compute = mac_compute,
};

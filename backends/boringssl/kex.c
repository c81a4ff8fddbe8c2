/* SPDX-License-Identifier: Apache-2.0
 *
 * X25519 (RFC 7748) and ECDH on P-256 (SP 800-56A, the x-coordinate).
 */
#include "backends/boringssl/boringssl.h"

#include <openssl/bn.h>
#include <openssl/curve25519.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/ecdh.h>
#include <openssl/nid.h>
#include <string.h>

struct assay_kex {
    EC_KEY *ec; /* NULL: X25519 */
    EC_POINT *peer;
    uint8_t scalar[X25519_PRIVATE_KEY_LEN];
    uint8_t public[ASSAY_POINT_MAX];
    size_t public_size;
};

static void kex_free(assay_kex *kex)
{
    if (kex) {
        EC_POINT_free(kex->peer);
        EC_KEY_free(kex->ec);
    }
    assay_boringssl_free(kex, sizeof *kex);
}

static enum assay_rc kex_alloc(assay_instance *instance, enum assay_alg alg, assay_kex **out)
{
    *out = NULL;
    enum assay_rc rc = assay_boringssl_need(instance, ASSAY_OP_KEX, alg);
    if (rc != ASSAY_OK)
        return rc;
    *out = assay_boringssl_new(sizeof **out);
    return *out ? ASSAY_OK : assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
}

/* Takes over ec. */
static enum assay_rc set_p256(assay_kex *kex, EC_KEY *ec)
{
    kex->ec = ec;
    if (!ec)
        return assay_boringssl_fail(ASSAY_INPUT, "P-256 scalar");
    const EC_GROUP *group = EC_KEY_get0_group(ec);
    kex->peer = EC_POINT_new(group);
    kex->public_size = EC_POINT_point2oct(group, EC_KEY_get0_public_key(ec), POINT_CONVERSION_UNCOMPRESSED,
                                          kex->public, sizeof kex->public, NULL);
    return kex->peer && kex->public_size ? ASSAY_OK
                                         : assay_boringssl_fail(ASSAY_LIBRARY, "EC_POINT_point2oct");
}

static enum assay_rc finish(enum assay_rc rc, assay_kex **out)
{
    if (rc != ASSAY_OK) {
        kex_free(*out);
        *out = NULL;
    }
    return rc;
}

static enum assay_rc kex_new(assay_instance *instance, enum assay_alg alg, const uint8_t *scalar,
                             size_t scalar_size, assay_kex **out)
{
    enum assay_rc rc = kex_alloc(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    assay_kex *kex = *out;
    if (scalar_size != 32)
        return finish(assay_boringssl_refuse(ASSAY_INPUT, "a scalar has 32 bytes, not %zu", scalar_size),
                      out);
    if (alg == ASSAY_ECDH_P256)
        return finish(set_p256(kex, assay_boringssl_ec_private(NID_X9_62_prime256v1, scalar, scalar_size)),
                      out);
    memcpy(kex->scalar, scalar, scalar_size);
    X25519_public_from_private(kex->public, scalar);
    kex->public_size = X25519_PUBLIC_VALUE_LEN;
    return ASSAY_OK;
}

static enum assay_rc kex_generate(assay_instance *instance, enum assay_alg alg, assay_kex **out)
{
    enum assay_rc rc = kex_alloc(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    assay_kex *kex = *out;
    if (alg == ASSAY_ECDH_P256)
        return finish(set_p256(kex, assay_boringssl_ec_generate(NID_X9_62_prime256v1)), out);
    X25519_keypair(kex->public, kex->scalar);
    kex->public_size = X25519_PUBLIC_VALUE_LEN;
    return ASSAY_OK;
}

static enum assay_rc kex_public_value(assay_kex *kex, uint8_t *out, size_t *out_size)
{
    memcpy(out, kex->public, kex->public_size);
    *out_size = kex->public_size;
    return ASSAY_OK;
}

static enum assay_rc kex_derive(assay_kex *kex, uint8_t secret[32], const uint8_t *peer, size_t peer_size)
{
    if (peer_size != kex->public_size)
        return assay_boringssl_refuse(ASSAY_AUTH, "a public value has %zu bytes, not %zu", kex->public_size,
                                      peer_size);
    if (!kex->ec) {
        if (!X25519(secret, kex->scalar, peer))
            return assay_boringssl_refuse(ASSAY_AUTH, "X25519: the shared secret is zero");
        return ASSAY_OK;
    }
    if (!EC_POINT_oct2point(EC_KEY_get0_group(kex->ec), kex->peer, peer, peer_size, NULL))
        return assay_boringssl_fail(ASSAY_AUTH, "EC_POINT_oct2point");
    if (ECDH_compute_key(secret, 32, kex->peer, kex->ec, NULL) != 32)
        return assay_boringssl_fail(ASSAY_AUTH, "ECDH_compute_key");
    return ASSAY_OK;
}

const struct assay_kex_ops assay_boringssl_kex = {
    .size = sizeof assay_boringssl_kex,
    .kex_new = kex_new,
    .kex_generate = kex_generate,
    .kex_free = kex_free,
    .public_value = kex_public_value,
    .derive = kex_derive,
};

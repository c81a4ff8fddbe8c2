/* SPDX-License-Identifier: Apache-2.0
 *
 * ECDH on P-256, the x-coordinate, by a multiplication of points: so does Go, for the module's own
 * ECDH_compute_key_fips hashes the secret, which no protocol at hand wants.
 */
#include "backends/boringcrypto/boringcrypto.h"

#define POINT_SIZE 65u

struct assay_kex {
    struct ec_key *key;
    struct ec_point *peer, *product;
    struct bignum *x;
};

static void kex_free(assay_kex *kex)
{
    if (kex) {
        EC_POINT_free(kex->peer);
        EC_POINT_free(kex->product);
        BN_free(kex->x);
        EC_KEY_free(kex->key);
    }
    assay_boringcrypto_free(kex, sizeof *kex);
}

/* Takes over key; rc is what its absence means. */
static enum assay_rc wrap_key(struct ec_key *key, enum assay_rc absent, assay_kex **out)
{
    if (!key)
        return assay_boringcrypto_fail(absent, absent == ASSAY_INPUT ? "no scalar of P-256"
                                                                     : "EC_KEY_generate_key_fips failed");
    assay_kex *kex = assay_boringcrypto_new(sizeof *kex);
    if (!kex) {
        EC_KEY_free(key);
        return assay_boringcrypto_fail(ASSAY_NOMEM, "out of memory");
    }
    kex->key = key;
    kex->peer = EC_POINT_new(EC_KEY_get0_group(key));
    kex->product = EC_POINT_new(EC_KEY_get0_group(key));
    kex->x = BN_new();
    if (!kex->peer || !kex->product || !kex->x) {
        kex_free(kex);
        return assay_boringcrypto_fail(ASSAY_NOMEM, "out of memory");
    }
    *out = kex;
    return ASSAY_OK;
}

static enum assay_rc kex_new(assay_instance *instance, enum assay_alg alg, const uint8_t *scalar,
                             size_t scalar_size, assay_kex **out)
{
    (void)instance;
    *out = NULL;
    enum assay_rc rc = assay_boringcrypto_need(ASSAY_OP_KEX, alg);
    if (rc != ASSAY_OK)
        return rc;
    if (scalar_size != 32)
        return assay_boringcrypto_fail(ASSAY_INPUT, "a scalar has 32 bytes, not %zu", scalar_size);
    return wrap_key(assay_boringcrypto_ec_private(NID_P256, scalar, scalar_size), ASSAY_INPUT, out);
}

static enum assay_rc kex_generate(assay_instance *instance, enum assay_alg alg, assay_kex **out)
{
    (void)instance;
    *out = NULL;
    enum assay_rc rc = assay_boringcrypto_need(ASSAY_OP_KEX, alg);
    return rc == ASSAY_OK ? wrap_key(assay_boringcrypto_ec_generate(NID_P256), ASSAY_LIBRARY, out) : rc;
}

static enum assay_rc kex_public_value(assay_kex *kex, uint8_t *out, size_t *out_size)
{
    *out_size = EC_POINT_point2oct(EC_KEY_get0_group(kex->key), EC_KEY_get0_public_key(kex->key),
                                   POINT_UNCOMPRESSED, out, ASSAY_POINT_MAX, NULL);
    return *out_size ? ASSAY_OK : assay_boringcrypto_fail(ASSAY_LIBRARY, "EC_POINT_point2oct failed");
}

static enum assay_rc kex_derive(assay_kex *kex, uint8_t secret[32], const uint8_t *peer, size_t peer_size)
{
    const struct ec_group *group = EC_KEY_get0_group(kex->key);
    if (peer_size != POINT_SIZE)
        return assay_boringcrypto_fail(ASSAY_AUTH, "a public value has %u bytes, not %zu", POINT_SIZE,
                                       peer_size);
    if (!EC_POINT_oct2point(group, kex->peer, peer, peer_size, NULL))
        return assay_boringcrypto_fail(ASSAY_AUTH, "EC_POINT_oct2point: not a point of the curve");
    if (!EC_POINT_mul(group, kex->product, NULL, kex->peer, EC_KEY_get0_private_key(kex->key), NULL) ||
        !EC_POINT_get_affine_coordinates_GFp(group, kex->product, kex->x, NULL, NULL) ||
        !BN_bn2bin_padded(secret, 32, kex->x))
        return assay_boringcrypto_fail(ASSAY_AUTH, "EC_POINT_mul: no shared secret");
    return ASSAY_OK;
}

const struct assay_kex_ops assay_boringcrypto_kex = {
    .size = sizeof assay_boringcrypto_kex,
    .kex_new = kex_new,
    .kex_generate = kex_generate,
    .kex_free = kex_free,
    .public_value = kex_public_value,
    .derive = kex_derive,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * EC keys from and to raw octets, for signatures and key exchange alike.
 */
#include "backends/boringssl/boringssl.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>

static EC_KEY *checked(EC_KEY *key, int good)
{
    if (good)
        return key;
    EC_KEY_free(key);
    return NULL;
}

EC_KEY *assay_boringssl_ec_private(int curve, const uint8_t *scalar, size_t size)
{
    EC_KEY *key = EC_KEY_new_by_curve_name(curve);
    if (!key)
        return NULL;
    const EC_GROUP *group = EC_KEY_get0_group(key);
    BIGNUM *d = BN_bin2bn(scalar, size, NULL);
    EC_POINT *q = EC_POINT_new(group);
    int good = d && q && EC_KEY_set_private_key(key, d) && EC_POINT_mul(group, q, d, NULL, NULL, NULL) &&
               EC_KEY_set_public_key(key, q) && EC_KEY_check_key(key);
    EC_POINT_free(q);
    BN_clear_free(d);
    return checked(key, good);
}

EC_KEY *assay_boringssl_ec_public(int curve, const uint8_t *point, size_t size)
{
    EC_KEY *key = EC_KEY_new_by_curve_name(curve);
    if (!key)
        return NULL;
    const EC_GROUP *group = EC_KEY_get0_group(key);
    EC_POINT *q = EC_POINT_new(group);
    int good = q && EC_POINT_oct2point(group, q, point, size, NULL) && EC_KEY_set_public_key(key, q);
    EC_POINT_free(q);
    return checked(key, good);
}

EC_KEY *assay_boringssl_ec_generate(int curve)
{
    EC_KEY *key = EC_KEY_new_by_curve_name(curve);
    return key ? checked(key, EC_KEY_generate_key(key)) : NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * EC keys from and to raw octets, for signatures and key exchange alike.
 */
#include "backends/boringcrypto/boringcrypto.h"

static struct ec_key *checked(struct ec_key *key, bool good)
{
    if (good)
        return key;
    EC_KEY_free(key);
    return NULL;
}

struct ec_key *assay_boringcrypto_ec_private(int curve, const uint8_t *scalar, size_t size)
{
    struct ec_key *key = EC_KEY_new_by_curve_name(curve);
    if (!key)
        return NULL;
    const struct ec_group *group = EC_KEY_get0_group(key);
    struct bignum *d = BN_bin2bn(scalar, size, NULL);
    struct ec_point *q = EC_POINT_new(group);
    /* A scalar over the order is refused by the module, but zero is not. */
    bool good = d && q && BN_num_bits(d) > 0 && EC_KEY_set_private_key(key, d) &&
                EC_POINT_mul(group, q, d, NULL, NULL, NULL) && EC_KEY_set_public_key(key, q);
    EC_POINT_free(q);
    BN_free(d); /* which wipes */
    return checked(key, good);
}

struct ec_key *assay_boringcrypto_ec_public(int curve, const uint8_t *point, size_t size)
{
    struct ec_key *key = EC_KEY_new_by_curve_name(curve);
    if (!key)
        return NULL;
    const struct ec_group *group = EC_KEY_get0_group(key);
    struct ec_point *q = EC_POINT_new(group);
    bool good = q && EC_POINT_oct2point(group, q, point, size, NULL) && EC_KEY_set_public_key(key, q);
    EC_POINT_free(q);
    return checked(key, good);
}

struct ec_key *assay_boringcrypto_ec_generate(int curve)
{
    struct ec_key *key = EC_KEY_new_by_curve_name(curve);
    return key ? checked(key, EC_KEY_generate_key_fips(key)) : NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash and MAC operations of the ABI. An HMAC context keeps the states after the padded key.
 */
#include "backends/native/hmac/hmac.h"
#include "backends/native/native.h"

struct assay_hash {
    struct sha2 sha2;
};

static enum assay_rc hash_new(assay_instance *instance, enum assay_alg alg, assay_hash **out)
{
    *out = NULL;
    enum assay_rc rc = native_need(instance, ASSAY_OP_HASH, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_hash *hash = native_new(sizeof *hash);
    if (hash == NULL)
        return native_fail(ASSAY_NOMEM, "out of memory");
    native_hash(instance, alg, &hash->sha2);
    *out = hash;
    return ASSAY_OK;
}

static void hash_free(assay_hash *hash)
{
    native_free(hash, sizeof *hash);
}

static enum assay_rc hash_digest(assay_hash *hash, uint8_t *out, const uint8_t *in, size_t in_size)
{
    sha2_digest(&hash->sha2, in, in_size, out);
    return ASSAY_OK;
}

const struct assay_hash_ops native_hashes = {
    .size = sizeof native_hashes,
    .hash_new = hash_new,
    .hash_free = hash_free,
    .digest = hash_digest,
};

struct assay_mac {
    struct sha2 sha2;
    struct hmac key;
};

static enum assay_rc mac_rekey(assay_mac *mac, const uint8_t *key, size_t key_size)
{
    hmac_init(&mac->sha2, &mac->key, key, key_size);
    return ASSAY_OK;
}

static enum assay_rc mac_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                             size_t key_size, assay_mac **out)
{
    *out = NULL;
    enum assay_rc rc = native_need(instance, ASSAY_OP_MAC, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_mac *mac = native_new(sizeof *mac);
    if (mac == NULL)
        return native_fail(ASSAY_NOMEM, "out of memory");
    native_hash(instance, alg, &mac->sha2);
    *out = mac;
    return mac_rekey(mac, key, key_size);
}

static void mac_free(assay_mac *mac)
{
    native_free(mac, sizeof *mac);
}

static enum assay_rc mac_compute(assay_mac *mac, uint8_t *out, const uint8_t *in, size_t in_size)
{
    hmac_compute(&mac->sha2, &mac->key, in, in_size, out);
    return ASSAY_OK;
}

/* The first of n messages of one size, as many as a width takes at once; returns how many that were. */
static size_t compute_some(assay_mac *mac, const struct assay_mac_message *m, size_t n)
{
    const uint8_t *in[SHA2_LANES];
    uint8_t *out[SHA2_LANES];
    struct hmac_lanes key;
    union sha2_lanes tag;
    const struct sha2_width *width = sha2_width(&mac->sha2, n);
    if (width->lanes == 1 || m[0].in.size == 0) {
        hmac_compute(&mac->sha2, &mac->key, m[0].in.data, m[0].in.size, m[0].out);
        return 1;
    }
    size_t taken = n < width->lanes ? n : width->lanes;
    for (size_t i = 0; i < width->lanes; i++) {
        in[i] = m[i < taken ? i : 0].in.data;
        out[i] = m[i < taken ? i : 0].out;
    }
    hmac_lanes_fill(width, &key, &mac->key);
    hmac_lanes_compute(&mac->sha2, width, &key, in, m[0].in.size, &tag);
    width->write(&mac->sha2, &tag, out, taken);
    hmac_lanes_wipe(width, &key);
    return taken;
}

static enum assay_rc mac_compute_batch(assay_mac *mac, const struct assay_mac_message *m, size_t n)
{
    for (size_t i = 0, same = 0; i < n;) {
        while (i + same < n && m[i + same].in.size == m[i].in.size)
            same++;
        size_t taken = compute_some(mac, m + i, same);
        i += taken;
        same -= taken;
    }
    return ASSAY_OK;
}

const struct assay_mac_ops native_mac = {
    .size = sizeof native_mac,
    .mac_new = mac_new,
    .mac_free = mac_free,
    .rekey = mac_rekey,
    .compute = mac_compute,
    .compute_batch = mac_compute_batch,
};

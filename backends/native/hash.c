/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash and MAC operations of the ABI. An HMAC context keeps the states after the padded key.
 */
#include "backends/native/hmac/hmac_lanes.h"
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
    size_t lanes_from;
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
    mac->lanes_from = instance->tuning.lanes_from;
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

/* The next ones of one length go through the lanes together, up to sixteen; lanes that are left over repeat
 * the first. Returns how many they are, 0: too few. */
static size_t compute_together(assay_mac *mac, const struct assay_mac_message *m, size_t n)
{
    const uint8_t *in[SHA2_LANES];
    uint8_t *out[SHA2_LANES], nobody[SHA2_DIGEST_MAX];
    struct hmac_lanes key;
    struct sha2_lanes tag;
    size_t count = 0;
    if (mac->sha2.variant->wide == NULL || mac->sha2.block != 64 || m[0].in.size == 0 || n < mac->lanes_from)
        return 0;
    for (; count < SHA2_LANES && count < n && m[count].in.size == m[0].in.size; count++) {
        in[count] = m[count].in.data;
        out[count] = m[count].out;
    }
    if (count < mac->lanes_from)
        return 0;
    for (size_t i = count; i < SHA2_LANES; i++) {
        in[i] = in[0];
        out[i] = nobody;
    }
    hmac_lanes_fill(&key, &mac->key);
    hmac_lanes_compute(&mac->sha2, &key, in, m[0].in.size, &tag);
    sha2_lanes_write(&tag, out);
    return count;
}

static enum assay_rc mac_compute_batch(assay_mac *mac, const struct assay_mac_message *m, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t together = compute_together(mac, m + i, n - i);
        if (together == 0) {
            hmac_compute(&mac->sha2, &mac->key, m[i].in.data, m[i].in.size, m[i].out);
            together = 1;
        }
        i += together;
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

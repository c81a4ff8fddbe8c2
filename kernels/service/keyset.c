/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/keyset.h"
#include "kernels/kernel.h"
#include "kernels/reference.h"
#include "kernels/service/base64url.h"

#include <stdio.h>
#include <string.h>

#define SECRET_MIN 32u

const char *assay_jws_alg_name(enum assay_jws_alg alg)
{
    static const char *const names[] = {NULL, "EdDSA", "ES256", "RS256", "HS256"};
    return (unsigned)alg < ASSAY_COUNT(names) ? names[alg] : NULL;
}

enum assay_op assay_jws_served(enum assay_jws_alg alg, enum assay_alg *served)
{
    static const enum assay_alg algs[] = {ASSAY_ALG_NONE, ASSAY_ED25519, ASSAY_ECDSA_P256_SHA256,
                                          ASSAY_RSA_2048_PKCS1_SHA256, ASSAY_HMAC_SHA256};
    *served = (unsigned)alg < ASSAY_COUNT(algs) ? algs[alg] : ASSAY_ALG_NONE;
    return alg == ASSAY_HS256 ? ASSAY_OP_MAC : ASSAY_OP_SIGN;
}

void assay_keyset_init(struct assay_keyset *set, const struct assay_backend *backend,
                       assay_instance *instance)
{
    memset(set, 0, sizeof *set);
    set->backend = backend;
    set->instance = instance;
}

static void free_key(const struct assay_keyset *set, struct assay_keyset_key *k)
{
    if (k->key)
        set->backend->sign->key_free(k->key);
    if (k->mac)
        set->backend->mac->mac_free(k->mac);
    explicit_bzero(k, sizeof *k);
}

void assay_keyset_clear(struct assay_keyset *set)
{
    while (set->count > 0)
        free_key(set, &set->keys[--set->count]);
}

static struct assay_keyset_key *by_name(struct assay_keyset *set, struct assay_bytes kid)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->keys[i].kid_size == kid.size && memcmp(set->keys[i].kid, kid.data, kid.size) == 0)
            return &set->keys[i];
    return NULL;
}

const struct assay_keyset_key *assay_keyset_find(const struct assay_keyset *set, struct assay_bytes kid,
                                                 enum assay_key_purpose purpose)
{
    if (kid.size == 0)
        return NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct assay_keyset_key *k = &set->keys[i];
        if (k->kid_size == kid.size && k->purpose == purpose && memcmp(k->kid, kid.data, kid.size) == 0)
            return k;
    }
    return NULL;
}

const struct assay_keyset_key *assay_keyset_find_usual(const struct assay_keyset *set,
                                                       struct assay_bytes header)
{
    if (header.size == 0)
        return NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct assay_keyset_key *k = &set->keys[i];
        if (k->usual_size == header.size && k->purpose == ASSAY_KEY_VERIFIES &&
            memcmp(k->usual, header.data, header.size) == 0)
            return k;
    }
    return NULL;
}

static void write_usual(struct assay_keyset_key *k)
{
    char json[ASSAY_USUAL_MAX / 4 * 3 + 1];
    for (size_t i = 0; i < k->kid_size; i++)
        if (k->kid[i] < ' ' || k->kid[i] > '~' || k->kid[i] == '"' || k->kid[i] == '\\')
            return;
    int n = snprintf(json, sizeof json, "{\"alg\":\"%s\",\"kid\":\"%.*s\",\"typ\":\"JWT\"}",
                     assay_jws_alg_name(k->alg), (int)k->kid_size, k->kid);
    if (n > 0 && (size_t)n < sizeof json)
        k->usual_size = assay_base64url_encode((const uint8_t *)json, (size_t)n, k->usual);
}

bool assay_keyset_remove(struct assay_keyset *set, struct assay_bytes kid)
{
    struct assay_keyset_key *k = kid.size > 0 ? by_name(set, kid) : NULL;
    if (!k)
        return false;
    free_key(set, k);
    set->count--;
    *k = set->keys[set->count];
    explicit_bzero(&set->keys[set->count], sizeof *k);
    return true;
}

static enum assay_rc load_secret(const struct assay_keyset *set, struct assay_keyset_key *k,
                                 struct assay_bytes octets)
{
    if (octets.size < SECRET_MIN)
        return ASSAY_INPUT;
    if (!set->backend->mac)
        return ASSAY_UNSUPPORTED;
    assay_reference_hash(ASSAY_SHA256, k->fingerprint, octets.data, octets.size);
    return set->backend->mac->mac_new(set->instance, ASSAY_HMAC_SHA256, octets.data, octets.size, &k->mac);
}

static enum assay_rc load_as(const struct assay_keyset *set, struct assay_keyset_key *k, enum assay_alg alg,
                             struct assay_bytes octets)
{
    const struct assay_sign_ops *ops = set->backend->sign;
    return (k->purpose == ASSAY_KEY_SIGNS ? ops->key_private : ops->key_public)(
        set->instance, alg, octets.data, octets.size, &k->key);
}

static enum assay_rc load_pair(const struct assay_keyset *set, struct assay_keyset_key *k,
                               struct assay_bytes octets)
{
    uint8_t public[ASSAY_DER_MAX];
    size_t size = sizeof public;
    enum assay_alg alg;
    (void)assay_jws_served(k->alg, &alg);
    if (!set->backend->sign)
        return ASSAY_UNSUPPORTED;
    if (alg == ASSAY_ALG_NONE)
        return ASSAY_INPUT;
    enum assay_rc rc = load_as(set, k, alg, octets);
    if (rc == ASSAY_INPUT && k->alg == ASSAY_RS256) /* another modulus */
        rc = load_as(set, k, ASSAY_RSA_3072_PKCS1_SHA256, octets);
    ASSAY_TRY(rc);
    ASSAY_TRY(set->backend->sign->key_export_public(k->key, public, &size));
    assay_reference_hash(ASSAY_SHA256, k->fingerprint, public, size);
    return ASSAY_OK;
}

static bool is_known(const struct assay_keyset *set, const struct assay_keyset_key *k)
{
    for (size_t i = 0; i < set->count; i++)
        if (memcmp(set->keys[i].fingerprint, k->fingerprint, sizeof k->fingerprint) == 0)
            return true;
    return false;
}

enum assay_rc assay_keyset_add(struct assay_keyset *set, struct assay_bytes kid, enum assay_jws_alg alg,
                               enum assay_key_purpose purpose, struct assay_bytes octets)
{
    if (set->count == ASSAY_KEYSET_KEYS || kid.size == 0 || kid.size > ASSAY_KID_MAX || by_name(set, kid) ||
        octets.size == 0)
        return ASSAY_INPUT;
    struct assay_keyset_key *k = &set->keys[set->count];
    *k = (struct assay_keyset_key){.kid_size = kid.size, .alg = alg, .purpose = purpose};
    memcpy(k->kid, kid.data, kid.size);
    enum assay_rc rc = alg == ASSAY_HS256 ? load_secret(set, k, octets) : load_pair(set, k, octets);
    if (rc == ASSAY_OK && is_known(set, k))
        rc = ASSAY_INPUT;
    if (rc == ASSAY_OK) {
        write_usual(k);
        set->count++;
    } else {
        free_key(set, k);
    }
    return rc;
}

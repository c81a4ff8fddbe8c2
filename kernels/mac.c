/* SPDX-License-Identifier: Apache-2.0
 *
 * mac: one-shot HMAC (RFC 2104) under a 32-byte key: reused, or a new one for each message.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 32u

enum { KEY_REUSED, KEY_NEW };

static const struct assay_value algs[] = {
    {"sha256", ASSAY_HMAC_SHA256}, {"sha384", ASSAY_HMAC_SHA384}, {"sha512", ASSAY_HMAC_SHA512}};
static const struct assay_value keys[] = {{"reused", KEY_REUSED}, {"new", KEY_NEW}};
static const struct assay_value sizes[] = {{"64", 64}, {"1350", 1350}, {"16384", 16384}};
static const struct assay_param params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("key", keys), ASSAY_PARAM("size", sizes), {0}};

struct mac_state {
    assay_mac *mac;
    size_t size, out_size;
    bool new_key;
    uint8_t key[KEY_SIZE];
    uint8_t *in;
    uint8_t out[ASSAY_HASH_MAX];
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static uint64_t mac_bytes(const struct assay_case *c)
{
    return c->value[2];
}

static bool mac_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_MAC, case_alg(c), why, why_size);
}

static enum assay_op mac_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_MAC;
}

static enum assay_rc mac_setup(struct assay_case *c)
{
    struct mac_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->new_key = c->value[1] == KEY_NEW;
    s->size = (size_t)c->value[2];
    s->out_size = assay_reference_size(case_alg(c));
    s->in = assay_buffer(s->size);
    if (!s->in)
        return ASSAY_NOMEM;
    assay_fill(s->key, sizeof s->key, 1);
    assay_fill(s->in, s->size, 2);
    return c->backend->mac->mac_new(c->instance, case_alg(c), s->key, sizeof s->key, &s->mac);
}

static void mac_teardown(struct assay_case *c)
{
    struct mac_state *s = c->state;
    if (!s)
        return;
    if (s->mac)
        c->backend->mac->mac_free(s->mac);
    free(s->in);
    free(s);
    c->state = NULL;
}

static enum assay_rc mac_run(struct assay_case *c, uint64_t n)
{
    struct mac_state *s = c->state;
    const struct assay_mac_ops *ops = c->backend->mac;
    for (uint64_t i = 0; i < n; i++) {
        if (s->new_key) {
            assay_nonce_next(s->key);
            ASSAY_TRY(ops->rekey(s->mac, s->key, sizeof s->key));
        }
        ASSAY_TRY(ops->compute(s->mac, s->out, s->in, s->size));
    }
    return assay_consume(s->out, s->out_size);
}

static enum assay_rc mac_check(struct assay_case *c)
{
    struct mac_state *s = c->state;
    uint8_t want[ASSAY_HASH_MAX];
    assay_reference_hmac(case_alg(c), want, s->key, sizeof s->key, s->in, s->size);
    if (memcmp(s->out, want, s->out_size) != 0)
        return assay_wrong(c, "the MAC is not the one computed over libmd");
    memset(s->out, 0, s->out_size); /* the next run must write it anew */
    return ASSAY_OK;
}

/* A context made with the vector's key, and one that had another key before: keys longer and shorter than a
 * block follow each other. */
static enum assay_rc one_vector(struct assay_case *c, struct assay_proof *proof, assay_mac *rekeyed,
                                const struct assay_mac_vector *v)
{
    const struct assay_mac_ops *ops = c->backend->mac;
    size_t out_size = assay_reference_size(v->alg);
    uint8_t key[160], message[160], want[ASSAY_HASH_MAX], got[ASSAY_HASH_MAX];
    size_t key_size = assay_hex(key, sizeof key, v->key);
    size_t size = assay_hex(message, sizeof message, v->message);
    assay_hex(want, sizeof want, v->tag);
    ASSAY_TRY(ops->rekey(rekeyed, key, key_size));
    ASSAY_TRY(ops->compute(rekeyed, got, message, size));
    ASSAY_TRY(assay_expect(c, proof, v->source, got, want, out_size));
    assay_mac *fresh = NULL;
    ASSAY_TRY(ops->mac_new(c->instance, v->alg, key, key_size, &fresh));
    enum assay_rc rc = ops->compute(fresh, got, message, size);
    if (rc == ASSAY_OK)
        rc = assay_expect(c, proof, v->source, got, want, out_size);
    ops->mac_free(fresh);
    return rc;
}

static enum assay_rc prove_vectors(struct assay_case *c, struct assay_proof *proof)
{
    struct mac_state *s = c->state;
    for (const struct assay_mac_vector *v = assay_mac_vectors; v->source; v++)
        if (v->alg == case_alg(c))
            ASSAY_TRY(one_vector(c, proof, s->mac, v));
    return c->backend->mac->rekey(s->mac, s->key, sizeof s->key);
}

/* The MAC of the message in s under the key in s, with one bit of either changed. */
static enum assay_rc prove_change(struct assay_case *c, struct assay_proof *proof, const char *change,
                                  uint8_t *byte)
{
    struct mac_state *s = c->state;
    const struct assay_mac_ops *ops = c->backend->mac;
    uint8_t before[ASSAY_HASH_MAX];
    ASSAY_TRY(ops->compute(s->mac, before, s->in, s->size));
    *byte ^= 0x80;
    enum assay_rc rc = ops->rekey(s->mac, s->key, sizeof s->key);
    if (rc == ASSAY_OK)
        rc = ops->compute(s->mac, s->out, s->in, s->size);
    if (rc == ASSAY_OK)
        rc = assay_expect_differs(c, proof, change, s->out, before, s->out_size);
    if (rc == ASSAY_OK)
        rc = mac_check(c);
    *byte ^= 0x80;
    if (rc == ASSAY_OK)
        rc = ops->rekey(s->mac, s->key, sizeof s->key);
    return rc;
}

static enum assay_rc mac_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct mac_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof));
    proof->deterministic = true;
    for (int i = 0; i < 2; i++) {
        ASSAY_TRY(mac_run(c, 1));
        assay_proof_output(proof, s->out, s->out_size);
        ASSAY_TRY(mac_check(c));
    }
    ASSAY_TRY(prove_change(c, proof, "a bit flipped in the message", &s->in[s->size - 1]));
    return prove_change(c, proof, "a bit flipped in the key", &s->key[KEY_SIZE - 1]);
}

static const char *const headline[] = {"sha256/reused/64", NULL};

const struct assay_kernel assay_mac_compute = {
    .id = "mac",
    .summary = "one-shot HMAC, 32-byte key, context reused; key 'new': another key for each message",
    .source = "RFC 2104",
    .unit = ASSAY_UNIT_BYTES,
    .params = params,
    .headline = headline,
    .supported = mac_supported,
    .served = mac_served,
    .bytes = mac_bytes,
    .setup = mac_setup,
    .prove = mac_prove,
    .run = mac_run,
    .check = mac_check,
    .teardown = mac_teardown,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * Signature keys: generated (FIPS 186-5, RFC 8032, FIPS 204) and freed. An RSA key takes as long as its
 * primes hide, so its time is a mean and its cases run on demand only.
 */
#include "kernels/kernels.h"
#include "kernels/vectors/asym.h"

#include <stdlib.h>
#include <string.h>

/* Of an RSA key only the size matters. */
static const struct assay_value algs[] = {
    {"ed25519", ASSAY_ED25519},
    {"ecdsa-p256", ASSAY_ECDSA_P256_SHA256},
    {"ecdsa-p384", ASSAY_ECDSA_P384_SHA384},
    {"rsa-2048", ASSAY_RSA_2048_PKCS1_SHA256},
    {"rsa-3072", ASSAY_RSA_3072_PKCS1_SHA256},
    {"ml-dsa-65", ASSAY_ML_DSA_65},
};
static const struct assay_param params[] = {ASSAY_PARAM("algorithm", algs), {0}};

static const uint8_t message[] = "what a generated key signs";

struct keygen_state {
    enum assay_alg alg;
    assay_key *key;      /* the last one */
    assay_key *previous; /* the public half of the one that was checked before */
    uint8_t public_key[ASSAY_DER_MAX], previous_public[ASSAY_DER_MAX], sig[ASSAY_SIG_MAX];
    size_t previous_size;
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static bool keygen_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_KEYGEN, case_alg(c), why, why_size) &&
           assay_supported(c, ASSAY_OP_SIGN, case_alg(c), why, why_size);
}

static enum assay_op keygen_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_KEYGEN;
}

static enum assay_rc keygen_setup(struct assay_case *c)
{
    struct keygen_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->alg = case_alg(c);
    return ASSAY_OK;
}

static void keygen_teardown(struct assay_case *c)
{
    struct keygen_state *s = c->state;
    if (!s)
        return;
    if (s->key)
        c->backend->sign->key_free(s->key);
    if (s->previous)
        c->backend->sign->key_free(s->previous);
    free(s);
    c->state = NULL;
}

/* Generation is random; what is known is the public key that belongs to a private one. */
static enum assay_rc prove_public(struct assay_case *c, struct assay_proof *proof,
                                  const struct assay_test_key *vector)
{
    const struct assay_sign_ops *ops = c->backend->sign;
    uint8_t octets[ASSAY_DER_MAX], got[ASSAY_DER_MAX];
    size_t size = assay_hex(octets, sizeof octets, vector->private_key), got_size = sizeof got;
    assay_key *key = NULL;
    ASSAY_TRY(ops->key_private(c->instance, case_alg(c), octets, size, &key));
    enum assay_rc rc = ops->key_export_public(key, got, &got_size);
    ops->key_free(key);
    if (rc != ASSAY_OK)
        return rc;
    size = assay_hex(octets, sizeof octets, vector->public_key);
    if (got_size != size)
        return assay_wrong(c, "%s: the public key has %zu bytes, not %zu", vector->source, got_size, size);
    return assay_expect(c, proof, vector->source, got, octets, size);
}

/* The sizes follow from the algorithm; RSA's are those of a modulus with its top bit set and e = 65537. */
static enum assay_rc check_sizes(struct assay_case *c, size_t public_size, size_t sig_size)
{
    static const struct {
        enum assay_alg alg;
        size_t public_size, sig_min, sig_max;
    } sizes[] = {
        {ASSAY_ED25519, 32, 64, 64},
        {ASSAY_ECDSA_P256_SHA256, 65, 8, 72},
        {ASSAY_ECDSA_P384_SHA384, 97, 8, 104},
        {ASSAY_RSA_2048_PKCS1_SHA256, 270, 256, 256},
        {ASSAY_RSA_3072_PKCS1_SHA256, 398, 384, 384},
        {ASSAY_ML_DSA_65, 1952, 3309, 3309},
    };
    for (size_t i = 0; i < ASSAY_COUNT(sizes); i++)
        if (sizes[i].alg == case_alg(c) && public_size == sizes[i].public_size &&
            sig_size >= sizes[i].sig_min && sig_size <= sizes[i].sig_max)
            return ASSAY_OK;
    return assay_wrong(c, "a generated key has a public key of %zu bytes and a signature of %zu", public_size,
                       sig_size);
}

/* The last key is another than the one before, and what it signs verifies under its public half alone. */
static enum assay_rc keygen_check(struct assay_case *c)
{
    struct keygen_state *s = c->state;
    const struct assay_sign_ops *ops = c->backend->sign;
    if (!s->key)
        return assay_wrong(c, "no key was generated");
    size_t size = sizeof s->public_key, sig_size = 0;
    ASSAY_TRY(ops->key_export_public(s->key, s->public_key, &size));
    ASSAY_TRY(ops->sign(s->key, s->sig, &sig_size, message, sizeof message));
    ASSAY_TRY(check_sizes(c, size, sig_size));
    if (size == s->previous_size && memcmp(s->public_key, s->previous_public, size) == 0)
        return assay_wrong(c, "the same key was generated twice");
    assay_key *half = NULL;
    ASSAY_TRY(ops->key_public(c->instance, s->alg, s->public_key, size, &half));
    enum assay_rc rc = ops->verify(half, s->sig, sig_size, message, sizeof message);
    if (rc == ASSAY_AUTH)
        rc = assay_wrong(c, "a generated key's signature does not verify");
    if (rc == ASSAY_OK && s->previous) {
        rc = ops->verify(s->previous, s->sig, sig_size, message, sizeof message);
        if (rc == ASSAY_OK)
            rc = assay_wrong(c, "a generated key's signature verifies under another key");
        else if (rc == ASSAY_AUTH)
            rc = ASSAY_OK;
    }
    if (s->previous)
        ops->key_free(s->previous);
    s->previous = half;
    memcpy(s->previous_public, s->public_key, size);
    s->previous_size = size;
    return rc;
}

static enum assay_rc keygen_prove(struct assay_case *c, struct assay_proof *proof)
{
    for (const struct assay_sign_vector *v = assay_sign_vectors; v->source; v++)
        if (v->alg == case_alg(c))
            ASSAY_TRY(prove_public(c, proof, v->key));
    ASSAY_TRY(c->kernel->run(c, 1));
    ASSAY_TRY(keygen_check(c));
    ASSAY_TRY(c->kernel->run(c, 1));
    ASSAY_TRY(keygen_check(c));
    proof->negatives++; /* the first key did not verify the second one's signature */
    return ASSAY_OK;
}

static enum assay_rc keygen_run(struct assay_case *c, uint64_t n)
{
    struct keygen_state *s = c->state;
    const struct assay_sign_ops *ops = c->backend->sign;
    for (uint64_t i = 0; i < n; i++) {
        if (s->key)
            ops->key_free(s->key);
        ASSAY_TRY(ops->key_generate(c->instance, s->alg, &s->key)); /* NULL again when it fails */
    }
    return assay_consume(&s->key, sizeof s->key);
}

/* An artifact: the size of the public key in two bytes, the public key, a signature. */
static size_t keygen_artifact_room(const struct assay_case *c)
{
    (void)c;
    return 2 + ASSAY_DER_MAX + ASSAY_SIG_MAX;
}

static enum assay_rc keygen_show(struct assay_case *c, uint8_t *out, size_t room, size_t *size)
{
    struct keygen_state *s = c->state;
    const struct assay_sign_ops *ops = c->backend->sign;
    if (room < keygen_artifact_room(c))
        return ASSAY_INPUT;
    ASSAY_TRY(keygen_run(c, 1));
    size_t public_size = ASSAY_DER_MAX, sig_size = 0;
    ASSAY_TRY(ops->key_export_public(s->key, out + 2, &public_size));
    ASSAY_TRY(ops->sign(s->key, out + 2 + public_size, &sig_size, message, sizeof message));
    out[0] = (uint8_t)(public_size >> 8);
    out[1] = (uint8_t)public_size;
    *size = 2 + public_size + sig_size;
    return ASSAY_OK;
}

static enum assay_rc keygen_accept(struct assay_case *c, const uint8_t *in, size_t size)
{
    const struct assay_sign_ops *ops = c->backend->sign;
    size_t public_size = size < 2 ? 0 : (size_t)in[0] << 8 | in[1];
    if (public_size == 0 || size < 2 + public_size)
        return ASSAY_INPUT;
    size_t sig_size = size - 2 - public_size;
    ASSAY_TRY(check_sizes(c, public_size, sig_size));
    assay_key *key = NULL;
    ASSAY_TRY(ops->key_public(c->instance, case_alg(c), in + 2, public_size, &key));
    enum assay_rc rc = ops->verify(key, in + 2 + public_size, sig_size, message, sizeof message);
    ops->key_free(key);
    return rc == ASSAY_AUTH ? assay_wrong(c, "the signature of another library's key was refused") : rc;
}

static const char *const headline[] = {"ed25519", "ecdsa-p256", NULL};
static const char *const full_only[] = {"rsa-*", NULL};

const struct assay_kernel assay_keygen = {
    .id = "keygen",
    .summary = "a signature key generated and freed",
    .source = "RFC 8032 §5.1.5, FIPS 186-5 §A, FIPS 204 §5.1",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .headline = headline,
    .full_only = full_only,
    .supported = keygen_supported,
    .served = keygen_served,
    .setup = keygen_setup,
    .prove = keygen_prove,
    .run = keygen_run,
    .check = keygen_check,
    .teardown = keygen_teardown,
    .artifact_room = keygen_artifact_room,
    .show = keygen_show,
    .accept = keygen_accept,
};

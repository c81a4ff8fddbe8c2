/* SPDX-License-Identifier: Apache-2.0
 *
 * Signature kernels: sign and verify over Ed25519 (RFC 8032), ECDSA (FIPS 186-5), RSA (RFC 8017) and
 * ML-DSA (FIPS 204). Keys are
 * parsed once and reused. The message has 59 bytes, hashed by the operation: so short that the hash costs
 * nothing beside the signature. sign signs that one message and verify verifies that one published signature,
 * again and again: going through 4 or 64 of them made no consistent difference to either library (the widest
 * gap was 10 %, for P-384 on a loaded machine).
 */
#include "kernels/kernels.h"
#include "kernels/vectors/asym.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_ROOM     2048u /* RSA-3072 private keys have 1765 bytes */
#define MESSAGE_ROOM 64u

static const struct assay_value algs[] = {
    {"ed25519", ASSAY_ED25519},
    {"ecdsa-p256", ASSAY_ECDSA_P256_SHA256},
    {"ecdsa-p384", ASSAY_ECDSA_P384_SHA384},
    {"rsa-2048-pss", ASSAY_RSA_2048_PSS_SHA256},
    {"rsa-3072-pss", ASSAY_RSA_3072_PSS_SHA256},
    {"rsa-2048-pkcs1", ASSAY_RSA_2048_PKCS1_SHA256},
    {"rsa-3072-pkcs1", ASSAY_RSA_3072_PKCS1_SHA256},
    {"ml-dsa-65", ASSAY_ML_DSA_65},
};
static const struct assay_param params[] = {ASSAY_PARAM("algorithm", algs), {0}};

struct sign_state {
    enum assay_alg alg;
    assay_key *private_key, *public_key;
    uint8_t *message, *sig;
    size_t message_size, sig_size;
    uint64_t verified; /* verify: verdicts since the last check */
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

/* RFC 8032 and RFC 8017 §8.2 leave a signer no choice. */
static bool is_deterministic(enum assay_alg alg)
{
    return alg == ASSAY_ED25519 || alg == ASSAY_RSA_2048_PKCS1_SHA256 || alg == ASSAY_RSA_3072_PKCS1_SHA256;
}

static const struct assay_sign_vector *timed_vector(enum assay_alg alg)
{
    const struct assay_sign_vector *v = assay_sign_vectors;
    while (v->source && v->alg != alg)
        v++;
    return v->source ? v : NULL;
}

static bool sign_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_SIGN, case_alg(c), why, why_size);
}

static enum assay_op sign_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_SIGN;
}

static enum assay_rc load_private(struct assay_case *c, const struct assay_test_key *key, assay_key **out)
{
    uint8_t octets[KEY_ROOM];
    size_t size = assay_hex(octets, sizeof octets, key->private_key);
    return c->backend->sign->key_private(c->instance, case_alg(c), octets, size, out);
}

static enum assay_rc load_public(struct assay_case *c, const char *hex, assay_key **out)
{
    uint8_t octets[KEY_ROOM];
    size_t size = assay_hex(octets, sizeof octets, hex);
    return c->backend->sign->key_public(c->instance, case_alg(c), octets, size, out);
}

/* The message and the keys; verify's signature is the published one. */
static enum assay_rc sign_setup(struct assay_case *c)
{
    struct sign_state *s = c->state = calloc(1, sizeof *s);
    const struct assay_sign_vector *v = timed_vector(case_alg(c));
    if (!s || !v)
        return ASSAY_NOMEM;
    s->alg = case_alg(c);
    s->message = assay_buffer(MESSAGE_ROOM);
    s->sig = assay_buffer(ASSAY_SIG_MAX);
    if (!s->message || !s->sig)
        return ASSAY_NOMEM;
    s->message_size = assay_hex(s->message, MESSAGE_ROOM, v->message);
    s->sig_size = assay_hex(s->sig, ASSAY_SIG_MAX, v->signature);
    ASSAY_TRY(load_private(c, v->key, &s->private_key));
    return load_public(c, v->key->public_key, &s->public_key);
}

static void sign_teardown(struct assay_case *c)
{
    struct sign_state *s = c->state;
    if (!s)
        return;
    const struct assay_sign_ops *ops = c->backend->sign;
    if (s->private_key)
        ops->key_free(s->private_key);
    if (s->public_key)
        ops->key_free(s->public_key);
    free(s->message);
    free(s->sig);
    free(s);
    c->state = NULL;
}

/* A right signature that is refused is a wrong answer, with a reason. */
static enum assay_rc must_verify(struct assay_case *c, assay_key *key, const char *what, const uint8_t *sig,
                                 size_t sig_size, const uint8_t *message, size_t message_size)
{
    enum assay_rc rc = c->backend->sign->verify(key, sig, sig_size, message, message_size);
    return rc == ASSAY_AUTH ? assay_wrong(c, "%s: the signature was refused", what) : rc;
}

/* Nothing but the signature itself, of the message itself, under the key itself, may verify. */
static enum assay_rc prove_negatives(struct assay_case *c, struct assay_proof *proof, assay_key *key,
                                     const char *other_public, const uint8_t *sig, size_t sig_size,
                                     const uint8_t *message, size_t message_size)
{
    const struct assay_sign_ops *ops = c->backend->sign;
    uint8_t bad[ASSAY_SIG_MAX], changed[MESSAGE_ROOM + 1];
    memcpy(bad, sig, sig_size);
    bad[sig_size - 1] ^= 1;
    ASSAY_TRY(assay_expect_refused(c, proof, "an altered signature",
                                   ops->verify(key, bad, sig_size, message, message_size)));
    ASSAY_TRY(assay_expect_refused(c, proof, "a truncated signature",
                                   ops->verify(key, sig, sig_size - 1, message, message_size)));
    memcpy(changed, message, message_size);
    changed[message_size] = 0;
    if (message_size > 0)
        changed[message_size / 2] ^= 0x10;
    ASSAY_TRY(
        assay_expect_refused(c, proof, "a signature of another message",
                             ops->verify(key, sig, sig_size, changed, message_size > 0 ? message_size : 1)));
    assay_key *other = NULL;
    ASSAY_TRY(load_public(c, other_public, &other));
    enum assay_rc rc = ops->verify(other, sig, sig_size, message, message_size);
    ops->key_free(other);
    return assay_expect_refused(c, proof, "a signature under another key", rc);
}

static enum assay_rc prove_verify(struct assay_case *c, struct assay_proof *proof,
                                  const struct assay_sign_vector *v)
{
    uint8_t message[MESSAGE_ROOM], sig[ASSAY_SIG_MAX];
    size_t size = assay_hex(message, sizeof message, v->message);
    size_t sig_size = assay_hex(sig, sizeof sig, v->signature);
    assay_key *key = NULL;
    ASSAY_TRY(load_public(c, v->key->public_key, &key));
    enum assay_rc rc = must_verify(c, key, v->source, sig, sig_size, message, size);
    if (rc == ASSAY_OK) {
        proof->answers++;
        rc = prove_negatives(c, proof, key, v->key->other_public, sig, sig_size, message, size);
    }
    c->backend->sign->key_free(key);
    return rc;
}

/* The public half that a private key yields. */
static enum assay_rc prove_public(struct assay_case *c, struct assay_proof *proof, assay_key *key,
                                  const struct assay_test_key *vector)
{
    uint8_t got[ASSAY_DER_MAX], want[KEY_ROOM];
    size_t got_size = sizeof got, want_size = assay_hex(want, sizeof want, vector->public_key);
    ASSAY_TRY(c->backend->sign->key_export_public(key, got, &got_size));
    if (got_size != want_size)
        return assay_wrong(c, "%s: the public key has %zu bytes, not %zu", vector->source, got_size,
                           want_size);
    return assay_expect(c, proof, vector->source, got, want, want_size);
}

static enum assay_rc prove_sign(struct assay_case *c, struct assay_proof *proof,
                                const struct assay_sign_vector *v)
{
    const struct assay_sign_ops *ops = c->backend->sign;
    uint8_t message[MESSAGE_ROOM], sig[ASSAY_SIG_MAX], want[ASSAY_SIG_MAX];
    size_t size = assay_hex(message, sizeof message, v->message), sig_size = 0;
    size_t want_size = assay_hex(want, sizeof want, v->signature);
    assay_key *key = NULL;
    ASSAY_TRY(load_private(c, v->key, &key));
    enum assay_rc rc = prove_public(c, proof, key, v->key);
    if (rc == ASSAY_OK)
        rc = ops->sign(key, sig, &sig_size, message, size);
    if (rc == ASSAY_OK && is_deterministic(v->alg))
        rc = sig_size == want_size
                 ? assay_expect(c, proof, v->source, sig, want, want_size)
                 : assay_wrong(c, "%s: the signature has %zu bytes, not %zu", v->source, sig_size, want_size);
    if (rc == ASSAY_OK)
        rc = must_verify(c, key, "under the private key", sig, sig_size, message, size);
    ops->key_free(key);
    return rc;
}

static enum assay_rc prove_vectors(struct assay_case *c, struct assay_proof *proof,
                                   enum assay_rc (*prove)(struct assay_case *, struct assay_proof *,
                                                          const struct assay_sign_vector *))
{
    for (const struct assay_sign_vector *v = assay_sign_vectors; v->source; v++)
        if (v->alg == case_alg(c))
            ASSAY_TRY(prove(c, proof, v));
    return ASSAY_OK;
}

/* The last signature verifies under the public key; it is wiped, so that a run that signs nothing is seen. */
static enum assay_rc sign_check(struct assay_case *c)
{
    struct sign_state *s = c->state;
    enum assay_rc rc = must_verify(c, s->public_key, "the signature just made", s->sig, s->sig_size,
                                   s->message, s->message_size);
    memset(s->sig, 0, ASSAY_SIG_MAX);
    s->sig_size = 0;
    return rc;
}

static enum assay_rc sign_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct sign_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof, prove_verify));
    ASSAY_TRY(prove_vectors(c, proof, prove_sign));
    proof->deterministic = is_deterministic(s->alg);
    memset(s->sig, 0, ASSAY_SIG_MAX);
    ASSAY_TRY(c->kernel->run(c, 1));
    assay_proof_output(proof, s->sig, s->sig_size);
    ASSAY_TRY(prove_negatives(c, proof, s->public_key, timed_vector(s->alg)->key->other_public, s->sig,
                              s->sig_size, s->message, s->message_size));
    return sign_check(c);
}

static enum assay_rc sign_run(struct assay_case *c, uint64_t n)
{
    struct sign_state *s = c->state;
    const struct assay_sign_ops *ops = c->backend->sign;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(ops->sign(s->private_key, s->sig, &s->sig_size, s->message, s->message_size));
    return assay_consume(s->sig, s->sig_size);
}

static size_t sign_artifact_room(const struct assay_case *c)
{
    (void)c;
    return ASSAY_SIG_MAX;
}

static enum assay_rc sign_show(struct assay_case *c, uint8_t *out, size_t room, size_t *size)
{
    struct sign_state *s = c->state;
    if (room < ASSAY_SIG_MAX)
        return ASSAY_INPUT;
    return c->backend->sign->sign(s->private_key, out, size, s->message, s->message_size);
}

static enum assay_rc sign_accept(struct assay_case *c, const uint8_t *in, size_t size)
{
    struct sign_state *s = c->state;
    return must_verify(c, s->public_key, "another library's signature", in, size, s->message,
                       s->message_size);
}

static enum assay_rc verify_run(struct assay_case *c, uint64_t n)
{
    struct sign_state *s = c->state;
    const struct assay_sign_ops *ops = c->backend->sign;
    for (uint64_t i = 0; i < n; i++) {
        ASSAY_TRY(ops->verify(s->public_key, s->sig, s->sig_size, s->message, s->message_size));
        s->verified++;
    }
    return assay_consume(&s->verified, sizeof s->verified);
}

/* run() has the verdicts; what is left to ask is whether the verifier still says no. */
static enum assay_rc verify_check(struct assay_case *c)
{
    struct sign_state *s = c->state;
    if (s->verified == 0)
        return assay_wrong(c, "nothing was verified");
    s->verified = 0;
    s->sig[s->sig_size - 1] ^= 1;
    enum assay_rc rc =
        c->backend->sign->verify(s->public_key, s->sig, s->sig_size, s->message, s->message_size);
    s->sig[s->sig_size - 1] ^= 1;
    if (rc == ASSAY_OK)
        return assay_wrong(c, "an altered signature was accepted");
    return rc == ASSAY_AUTH ? ASSAY_OK : rc;
}

static enum assay_rc verify_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct sign_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof, prove_verify));
    proof->deterministic = true;
    ASSAY_TRY(c->kernel->run(c, 1));
    assay_proof_output(proof, s->message, s->message_size);
    assay_proof_output(proof, s->sig, s->sig_size);
    return verify_check(c);
}

static const char *const sign_headline[] = {"ed25519", "ecdsa-p256", "ecdsa-p384", "rsa-2048-pss", NULL};
static const char *const verify_headline[] = {"ed25519", "ecdsa-p256", "rsa-2048-pss", NULL};

const struct assay_kernel assay_sign = {
    .id = "sign",
    .summary = "a signature of one message of 59 bytes, hash included, parsed key reused",
    .source = "RFC 8032 §5.1, FIPS 186-5 §6.4, RFC 8017 §8, FIPS 204 §5",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .headline = sign_headline,
    .supported = sign_supported,
    .served = sign_served,
    .setup = sign_setup,
    .prove = sign_prove,
    .run = sign_run,
    .check = sign_check,
    .teardown = sign_teardown,
    .artifact_room = sign_artifact_room,
    .show = sign_show,
    .accept = sign_accept,
};

const struct assay_kernel assay_verify = {
    .id = "verify",
    .summary = "the verdict on one signature of a message of 59 bytes, hash included, parsed key reused",
    .source = "RFC 8032 §5.1.7, FIPS 186-5 §6.4.2, RFC 8017 §8",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .headline = verify_headline,
    .supported = sign_supported,
    .served = sign_served,
    .setup = sign_setup,
    .prove = verify_prove,
    .run = verify_run,
    .check = verify_check,
    .teardown = sign_teardown,
};

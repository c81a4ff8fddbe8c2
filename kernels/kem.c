/* SPDX-License-Identifier: Apache-2.0
 *
 * Key encapsulation: ML-KEM (FIPS 203). encapsulate: a fresh secret for one public key that was parsed
 * before; decapsulate: the secret out of one published ciphertext, under a reused key; keygen: an ephemeral
 * key and its public value, as a TLS key share needs them.
 *
 * Encapsulation is random and no library's ordinary call takes the randomness, so it is proved by
 * decapsulation, which is itself proved by published ciphertexts.
 */
#include "kernels/kernels.h"
#include "kernels/vectors/asym.h"

#include <stdlib.h>
#include <string.h>

enum kem_work { KEYGEN, ENCAPSULATE, DECAPSULATE };

static const struct assay_value algs[] = {{"ml-kem-768", ASSAY_ML_KEM_768}};
static const struct assay_value works[] = {
    {"keygen", KEYGEN}, {"encapsulate", ENCAPSULATE}, {"decapsulate", DECAPSULATE}};
static const struct assay_param params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("operation", works), {0}};

#define SECRET_SIZE 32u
#define SEED_MAX    64u

struct kem_state {
    enum assay_alg alg;
    assay_kem *own, *peer, *made; /* the vector's key, its public half, keygen's last one */
    uint8_t sent[ASSAY_KEM_MAX], want[SECRET_SIZE];
    size_t public_size, sent_size;
    uint8_t *out;    /* the last public value or ciphertext */
    uint8_t *secret; /* the last secret */
    size_t out_size;
    uint8_t previous[ASSAY_KEM_MAX];
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static enum kem_work case_work(const struct assay_case *c)
{
    return (enum kem_work)c->value[1];
}

static bool kem_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_KEM, case_alg(c), why, why_size);
}

static enum assay_op kem_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_KEM;
}

static const struct assay_kem_vector *timed_vector(enum assay_alg alg)
{
    const struct assay_kem_vector *v = assay_kem_vectors;
    while (v->source && v->alg != alg)
        v++;
    return v->source ? v : NULL;
}

static enum assay_rc load_private(struct assay_case *c, const struct assay_kem_vector *v, assay_kem **out)
{
    uint8_t seed[SEED_MAX];
    size_t size = assay_hex(seed, sizeof seed, v->seed);
    return c->backend->kem->kem_private(c->instance, v->alg, seed, size, out);
}

static enum assay_rc kem_setup(struct assay_case *c)
{
    struct kem_state *s = c->state = calloc(1, sizeof *s);
    const struct assay_kem_vector *v = timed_vector(case_alg(c));
    uint8_t public_key[ASSAY_KEM_MAX];
    if (!s || !v)
        return ASSAY_NOMEM;
    s->alg = v->alg;
    s->out = assay_buffer(ASSAY_KEM_MAX);
    s->secret = assay_buffer(SECRET_SIZE);
    if (!s->out || !s->secret)
        return ASSAY_NOMEM;
    s->public_size = assay_hex(public_key, sizeof public_key, v->public_key);
    s->sent_size = assay_hex(s->sent, sizeof s->sent, v->ciphertext);
    assay_hex(s->want, sizeof s->want, v->secret);
    ASSAY_TRY(load_private(c, v, &s->own));
    return c->backend->kem->kem_public(c->instance, s->alg, public_key, s->public_size, &s->peer);
}

static void kem_teardown(struct assay_case *c)
{
    struct kem_state *s = c->state;
    if (!s)
        return;
    if (s->own)
        c->backend->kem->kem_free(s->own);
    if (s->peer)
        c->backend->kem->kem_free(s->peer);
    if (s->made)
        c->backend->kem->kem_free(s->made);
    free(s->out);
    free(s->secret);
    free(s);
    c->state = NULL;
}

/* The seed yields the public key, and the ciphertext its secret; one that was altered, another (implicit
 * rejection, which some of the vectors are about). */
static enum assay_rc one_vector(struct assay_case *c, struct assay_proof *proof,
                                const struct assay_kem_vector *v)
{
    const struct assay_kem_ops *ops = c->backend->kem;
    uint8_t want[ASSAY_KEM_MAX], got[ASSAY_KEM_MAX], other[SECRET_SIZE];
    size_t got_size = 0, want_size = assay_hex(want, sizeof want, v->public_key);
    assay_kem *kem = NULL;
    ASSAY_TRY(load_private(c, v, &kem));
    enum assay_rc rc = ops->public_value(kem, got, &got_size);
    if (rc == ASSAY_OK && got_size != want_size)
        rc = assay_wrong(c, "%s: the public key has %zu bytes, not %zu", v->source, got_size, want_size);
    if (rc == ASSAY_OK)
        rc = assay_expect(c, proof, v->source, got, want, want_size);
    size_t size = assay_hex(want, sizeof want, v->ciphertext);
    if (rc == ASSAY_OK)
        rc = ops->decapsulate(kem, got, want, size);
    want[size - 1] ^= 1;
    if (rc == ASSAY_OK)
        rc = ops->decapsulate(kem, other, want, size);
    if (rc == ASSAY_OK)
        rc = assay_expect_differs(c, proof, "an altered ciphertext", got, other, SECRET_SIZE);
    if (rc == ASSAY_OK)
        rc = assay_expect_refused(c, proof, "a ciphertext cut short",
                                  ops->decapsulate(kem, other, want, size - 1));
    assay_hex(want, sizeof want, v->secret);
    if (rc == ASSAY_OK)
        rc = assay_expect(c, proof, v->source, got, want, SECRET_SIZE);
    ops->kem_free(kem);
    return rc;
}

/* FIPS 203 §7.2: a key with a coefficient out of range (the first one is set to 4095), or cut short. */
static enum assay_rc refuse_keys(struct assay_case *c, struct assay_proof *proof)
{
    const struct assay_kem_ops *ops = c->backend->kem;
    struct kem_state *s = c->state;
    uint8_t bad[ASSAY_KEM_MAX], sent[ASSAY_KEM_MAX], secret[SECRET_SIZE];
    size_t sent_size, size = assay_hex(bad, sizeof bad, timed_vector(s->alg)->public_key);
    for (int cut = 0; cut < 2; cut++) {
        assay_kem *kem = NULL;
        if (!cut) {
            bad[0] = 0xff;
            bad[1] |= 0x0f;
        }
        enum assay_rc rc = ops->kem_public(c->instance, s->alg, bad, cut ? size - 1 : size, &kem);
        if (rc == ASSAY_OK)
            rc = ops->encapsulate(kem, sent, &sent_size, secret);
        ops->kem_free(kem);
        if (rc == ASSAY_INPUT)
            rc = ASSAY_AUTH; /* a refusal, as assay_expect_refused() counts them */
        ASSAY_TRY(
            assay_expect_refused(c, proof, cut ? "a public key cut short" : "a coefficient over 3328", rc));
    }
    return ASSAY_OK;
}

/* What was encapsulated to a key's public half is decapsulated under the key. */
static enum assay_rc agree(struct assay_case *c, assay_kem *key, const uint8_t *sent, size_t sent_size,
                           const uint8_t *secret)
{
    uint8_t got[SECRET_SIZE];
    ASSAY_TRY(c->backend->kem->decapsulate(key, got, sent, sent_size));
    if (memcmp(got, secret, sizeof got) != 0)
        return assay_wrong(c, "decapsulation does not give the secret that was encapsulated");
    return ASSAY_OK;
}

static enum assay_rc check_fresh(struct assay_case *c, size_t want_size)
{
    struct kem_state *s = c->state;
    if (s->out_size != want_size)
        return assay_wrong(c, "%zu bytes came out, not %zu", s->out_size, want_size);
    if (memcmp(s->out, s->previous, s->out_size) == 0)
        return assay_wrong(c, "the same came out twice");
    memcpy(s->previous, s->out, s->out_size);
    return ASSAY_OK;
}

static enum assay_rc check_made(struct assay_case *c)
{
    struct kem_state *s = c->state;
    const struct assay_kem_ops *ops = c->backend->kem;
    uint8_t sent[ASSAY_KEM_MAX], secret[SECRET_SIZE];
    size_t size = 0;
    assay_kem *half = NULL;
    if (!s->made)
        return assay_wrong(c, "no key was generated");
    ASSAY_TRY(check_fresh(c, s->public_size));
    ASSAY_TRY(ops->kem_public(c->instance, s->alg, s->out, s->out_size, &half));
    enum assay_rc rc = ops->encapsulate(half, sent, &size, secret);
    ops->kem_free(half);
    return rc == ASSAY_OK ? agree(c, s->made, sent, size, secret) : rc;
}

/* The last output of run(); a secret is wiped, so that a run that does nothing is seen. */
static enum assay_rc kem_check(struct assay_case *c)
{
    struct kem_state *s = c->state;
    enum assay_rc rc;
    if (case_work(c) == KEYGEN)
        return check_made(c);
    if (case_work(c) == ENCAPSULATE) {
        ASSAY_TRY(check_fresh(c, s->sent_size));
        rc = agree(c, s->own, s->out, s->out_size, s->secret);
    } else
        rc = memcmp(s->secret, s->want, SECRET_SIZE) == 0
                 ? ASSAY_OK
                 : assay_wrong(c, "the secret is not the published one");
    memset(s->secret, 0, SECRET_SIZE);
    return rc;
}

static enum assay_rc kem_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct kem_state *s = c->state;
    for (const struct assay_kem_vector *v = assay_kem_vectors; v->source; v++)
        if (v->alg == case_alg(c))
            ASSAY_TRY(one_vector(c, proof, v));
    ASSAY_TRY(refuse_keys(c, proof));
    proof->deterministic = case_work(c) == DECAPSULATE;
    for (int i = 0; i < 2; i++) {
        ASSAY_TRY(c->kernel->run(c, 1));
        if (case_work(c) == DECAPSULATE)
            assay_proof_output(proof, s->secret, SECRET_SIZE);
        ASSAY_TRY(kem_check(c));
    }
    return ASSAY_OK;
}

static enum assay_rc run_keygen(struct assay_case *c, uint64_t n)
{
    struct kem_state *s = c->state;
    const struct assay_kem_ops *ops = c->backend->kem;
    for (uint64_t i = 0; i < n; i++) {
        if (s->made)
            ops->kem_free(s->made);
        ASSAY_TRY(ops->kem_generate(c->instance, s->alg, &s->made)); /* NULL again when it fails */
        ASSAY_TRY(ops->public_value(s->made, s->out, &s->out_size));
    }
    return assay_consume(s->out, s->out_size);
}

static enum assay_rc kem_run(struct assay_case *c, uint64_t n)
{
    struct kem_state *s = c->state;
    const struct assay_kem_ops *ops = c->backend->kem;
    if (case_work(c) == KEYGEN)
        return run_keygen(c, n);
    for (uint64_t i = 0; i < n; i++)
        if (case_work(c) == ENCAPSULATE)
            ASSAY_TRY(ops->encapsulate(s->peer, s->out, &s->out_size, s->secret));
        else
            ASSAY_TRY(ops->decapsulate(s->own, s->secret, s->sent, s->sent_size));
    return assay_consume(s->secret, SECRET_SIZE);
}

/* encapsulate's artifact: the secret, then the ciphertext that carries it to the vector's key. */
static size_t kem_artifact_room(const struct assay_case *c)
{
    return case_work(c) == ENCAPSULATE ? SECRET_SIZE + ASSAY_KEM_MAX : 0;
}

static enum assay_rc kem_show(struct assay_case *c, uint8_t *out, size_t room, size_t *size)
{
    struct kem_state *s = c->state;
    *size = 0;
    if (case_work(c) != ENCAPSULATE)
        return ASSAY_OK;
    if (room < SECRET_SIZE + ASSAY_KEM_MAX)
        return ASSAY_INPUT;
    ASSAY_TRY(c->backend->kem->encapsulate(s->peer, out + SECRET_SIZE, size, out));
    *size += SECRET_SIZE;
    return ASSAY_OK;
}

static enum assay_rc kem_accept(struct assay_case *c, const uint8_t *in, size_t size)
{
    struct kem_state *s = c->state;
    if (case_work(c) != ENCAPSULATE || size <= SECRET_SIZE)
        return ASSAY_INPUT;
    enum assay_rc rc = agree(c, s->own, in + SECRET_SIZE, size - SECRET_SIZE, in);
    return rc == ASSAY_AUTH && !c->note[0] ? assay_wrong(c, "another library's ciphertext was refused") : rc;
}

const struct assay_kernel assay_kem_kernel = {
    .id = "kem",
    .summary = "encapsulate, decapsulate: a secret under a reused key; keygen: a key and its public value",
    .source = "FIPS 203 §7",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .supported = kem_supported,
    .served = kem_served,
    .setup = kem_setup,
    .prove = kem_prove,
    .run = kem_run,
    .check = kem_check,
    .teardown = kem_teardown,
    .artifact_room = kem_artifact_room,
    .show = kem_show,
    .accept = kem_accept,
};

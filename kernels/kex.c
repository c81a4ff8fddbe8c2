/* SPDX-License-Identifier: Apache-2.0
 *
 * Key agreement: X25519 (RFC 7748) and ECDH on P-256 (SP 800-56A). derive: the secret shared with one peer
 * under one's own reused key, the peer's value parsed and validated each time. keygen: an ephemeral key and
 * its public value, as a TLS key share needs them.
 */
#include "kernels/kernels.h"
#include "kernels/vectors/asym.h"

#include <stdlib.h>
#include <string.h>

enum kex_work { DERIVE, KEYGEN };

static const struct assay_value algs[] = {{"x25519", ASSAY_X25519}, {"ecdh-p256", ASSAY_ECDH_P256}};
static const struct assay_value works[] = {{"derive", DERIVE}, {"keygen", KEYGEN}};
static const struct assay_param params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("operation", works), {0}};

#define SECRET_SIZE 32u

struct kex_state {
    enum assay_alg alg;
    assay_kex *own, *made; /* the vector's key; keygen's last one */
    uint8_t own_public[ASSAY_POINT_MAX], peer[ASSAY_POINT_MAX], want[SECRET_SIZE];
    size_t own_size, peer_size;
    uint8_t *out; /* the secret, or the last public value */
    size_t out_size;
    uint8_t previous[ASSAY_POINT_MAX];
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static enum kex_work case_work(const struct assay_case *c)
{
    return (enum kex_work)c->value[1];
}

static bool kex_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_KEX, case_alg(c), why, why_size);
}

static enum assay_op kex_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_KEX;
}

static const struct assay_kex_vector *timed_vector(enum assay_alg alg)
{
    const struct assay_kex_vector *v = assay_kex_vectors;
    while (v->source && v->alg != alg)
        v++;
    return v->source ? v : NULL;
}

static enum assay_rc load(struct assay_case *c, const struct assay_kex_vector *v, assay_kex **out)
{
    uint8_t scalar[SECRET_SIZE];
    size_t size = assay_hex(scalar, sizeof scalar, v->scalar);
    return c->backend->kex->kex_new(c->instance, v->alg, scalar, size, out);
}

static enum assay_rc kex_setup(struct assay_case *c)
{
    struct kex_state *s = c->state = calloc(1, sizeof *s);
    const struct assay_kex_vector *v = timed_vector(case_alg(c));
    if (!s || !v)
        return ASSAY_NOMEM;
    s->alg = v->alg;
    s->out = assay_buffer(ASSAY_POINT_MAX);
    if (!s->out)
        return ASSAY_NOMEM;
    s->own_size = assay_hex(s->own_public, sizeof s->own_public, v->public_value);
    s->peer_size = assay_hex(s->peer, sizeof s->peer, v->peer);
    assay_hex(s->want, sizeof s->want, v->secret);
    return load(c, v, &s->own);
}

static void kex_teardown(struct assay_case *c)
{
    struct kex_state *s = c->state;
    if (!s)
        return;
    if (s->own)
        c->backend->kex->kex_free(s->own);
    if (s->made)
        c->backend->kex->kex_free(s->made);
    free(s->out);
    free(s);
    c->state = NULL;
}

static enum assay_rc one_vector(struct assay_case *c, struct assay_proof *proof,
                                const struct assay_kex_vector *v)
{
    const struct assay_kex_ops *ops = c->backend->kex;
    uint8_t peer[ASSAY_POINT_MAX], want[ASSAY_POINT_MAX], got[ASSAY_POINT_MAX];
    size_t peer_size = assay_hex(peer, sizeof peer, v->peer), got_size = 0;
    size_t want_size = assay_hex(want, sizeof want, v->public_value);
    assay_kex *kex = NULL;
    ASSAY_TRY(load(c, v, &kex));
    enum assay_rc rc = ops->public_value(kex, got, &got_size);
    if (rc == ASSAY_OK && got_size != want_size)
        rc = assay_wrong(c, "%s: the public value has %zu bytes, not %zu", v->source, got_size, want_size);
    if (rc == ASSAY_OK)
        rc = assay_expect(c, proof, v->source, got, want, want_size);
    if (rc == ASSAY_OK) {
        rc = ops->derive(kex, got, peer, peer_size);
        if (rc == ASSAY_AUTH)
            rc = assay_wrong(c, "%s: the peer's value was refused", v->source);
    }
    if (rc == ASSAY_OK) {
        assay_hex(want, sizeof want, v->secret);
        rc = assay_expect(c, proof, v->source, got, want, SECRET_SIZE);
    }
    ops->kex_free(kex);
    return rc;
}

/* RFC 7748 §6.1: a secret of zeros is refused; u = 0 and u = 1 have small orders, so every scalar yields it.
 */
static enum assay_rc refuse_low_order(struct assay_case *c, struct assay_proof *proof)
{
    struct kex_state *s = c->state;
    uint8_t secret[SECRET_SIZE], peer[SECRET_SIZE] = {0};
    ASSAY_TRY(assay_expect_refused(c, proof, "a peer's value of zero",
                                   c->backend->kex->derive(s->own, secret, peer, sizeof peer)));
    peer[0] = 1;
    return assay_expect_refused(c, proof, "a peer's value of small order",
                                c->backend->kex->derive(s->own, secret, peer, sizeof peer));
}

/* SP 800-56A §5.6.2.3: a point off the curve is refused (the invalid-curve attack), and so is one cut short.
 */
static enum assay_rc refuse_invalid_point(struct assay_case *c, struct assay_proof *proof)
{
    struct kex_state *s = c->state;
    uint8_t secret[SECRET_SIZE], peer[ASSAY_POINT_MAX];
    memcpy(peer, s->peer, s->peer_size);
    peer[s->peer_size - 1] ^= 1;
    ASSAY_TRY(assay_expect_refused(c, proof, "a point off the curve",
                                   c->backend->kex->derive(s->own, secret, peer, s->peer_size)));
    return assay_expect_refused(c, proof, "a point cut short",
                                c->backend->kex->derive(s->own, secret, s->peer, s->peer_size - 1));
}

static enum assay_rc prove_agreement(struct assay_case *c, struct assay_proof *proof)
{
    for (const struct assay_kex_vector *v = assay_kex_vectors; v->source; v++)
        if (v->alg == case_alg(c))
            ASSAY_TRY(one_vector(c, proof, v));
    return case_alg(c) == ASSAY_X25519 ? refuse_low_order(c, proof) : refuse_invalid_point(c, proof);
}

/* The generated key and the vector's agree on a secret, each from the other's public value. */
static enum assay_rc agree(struct assay_case *c, assay_kex *made, const uint8_t *made_public, size_t size)
{
    struct kex_state *s = c->state;
    const struct assay_kex_ops *ops = c->backend->kex;
    uint8_t ours[SECRET_SIZE], theirs[SECRET_SIZE];
    ASSAY_TRY(ops->derive(s->own, ours, made_public, size));
    ASSAY_TRY(ops->derive(made, theirs, s->own_public, s->own_size));
    if (memcmp(ours, theirs, sizeof ours) != 0)
        return assay_wrong(c, "a generated key does not agree with its peer on a secret");
    return ASSAY_OK;
}

static enum assay_rc check_made(struct assay_case *c)
{
    struct kex_state *s = c->state;
    if (!s->made || s->out_size != s->own_size)
        return assay_wrong(c, "no key of the right size was generated");
    if (memcmp(s->out, s->previous, s->out_size) == 0)
        return assay_wrong(c, "the same key was generated twice");
    memcpy(s->previous, s->out, s->out_size);
    enum assay_rc rc = agree(c, s->made, s->out, s->out_size);
    if (rc == ASSAY_AUTH && !c->note[0])
        return assay_wrong(c, "a generated public value was refused");
    return rc;
}

/* The last output of run(); a secret is wiped, so that a run that derives nothing is seen. */
static enum assay_rc kex_check(struct assay_case *c)
{
    struct kex_state *s = c->state;
    if (case_work(c) == KEYGEN)
        return check_made(c);
    if (memcmp(s->out, s->want, SECRET_SIZE) != 0)
        return assay_wrong(c, "the derived secret is not the published one");
    memset(s->out, 0, SECRET_SIZE);
    return ASSAY_OK;
}

static enum assay_rc kex_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct kex_state *s = c->state;
    ASSAY_TRY(prove_agreement(c, proof));
    proof->deterministic = case_work(c) == DERIVE;
    for (int i = 0; i < 2; i++) {
        ASSAY_TRY(c->kernel->run(c, 1));
        if (case_work(c) == DERIVE)
            assay_proof_output(proof, s->out, SECRET_SIZE);
        ASSAY_TRY(kex_check(c));
    }
    return ASSAY_OK;
}

static enum assay_rc run_keygen(struct assay_case *c, uint64_t n)
{
    struct kex_state *s = c->state;
    const struct assay_kex_ops *ops = c->backend->kex;
    for (uint64_t i = 0; i < n; i++) {
        if (s->made)
            ops->kex_free(s->made);
        ASSAY_TRY(ops->kex_generate(c->instance, s->alg, &s->made)); /* NULL again when it fails */
        ASSAY_TRY(ops->public_value(s->made, s->out, &s->out_size));
    }
    return assay_consume(s->out, s->out_size);
}

static enum assay_rc kex_run(struct assay_case *c, uint64_t n)
{
    struct kex_state *s = c->state;
    const struct assay_kex_ops *ops = c->backend->kex;
    if (case_work(c) == KEYGEN)
        return run_keygen(c, n);
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(ops->derive(s->own, s->out, s->peer, s->peer_size));
    return assay_consume(s->out, SECRET_SIZE);
}

/* keygen's artifact: the secret shared with the vector's key, then the public value. */
static size_t kex_artifact_room(const struct assay_case *c)
{
    return case_work(c) == KEYGEN ? SECRET_SIZE + ASSAY_POINT_MAX : 0;
}

static enum assay_rc kex_show(struct assay_case *c, uint8_t *out, size_t room, size_t *size)
{
    struct kex_state *s = c->state;
    *size = 0;
    if (case_work(c) != KEYGEN)
        return ASSAY_OK;
    if (room < SECRET_SIZE + ASSAY_POINT_MAX)
        return ASSAY_INPUT;
    ASSAY_TRY(run_keygen(c, 1));
    ASSAY_TRY(c->backend->kex->derive(s->made, out, s->own_public, s->own_size));
    memcpy(out + SECRET_SIZE, s->out, s->out_size);
    *size = SECRET_SIZE + s->out_size;
    return ASSAY_OK;
}

static enum assay_rc kex_accept(struct assay_case *c, const uint8_t *in, size_t size)
{
    struct kex_state *s = c->state;
    uint8_t secret[SECRET_SIZE];
    if (case_work(c) != KEYGEN || size <= SECRET_SIZE)
        return ASSAY_INPUT;
    enum assay_rc rc = c->backend->kex->derive(s->own, secret, in + SECRET_SIZE, size - SECRET_SIZE);
    if (rc == ASSAY_AUTH || (rc == ASSAY_OK && memcmp(secret, in, SECRET_SIZE) != 0))
        return assay_wrong(c, "no agreement with another library's key");
    return rc;
}

static const char *const headline[] = {"x25519/derive", "ecdh-p256/derive", NULL};

const struct assay_kernel assay_kex_agree = {
    .id = "kex",
    .summary = "derive: a shared secret under a reused key; keygen: an ephemeral key and its public value",
    .source = "RFC 7748 §6.1, SP 800-56A §5.7.1.2",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .headline = headline,
    .supported = kex_supported,
    .served = kex_served,
    .setup = kex_setup,
    .prove = kex_prove,
    .run = kex_run,
    .check = kex_check,
    .teardown = kex_teardown,
    .artifact_room = kex_artifact_room,
    .show = kex_show,
    .accept = kex_accept,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * tls.handshake: a client and a server of the same instance, in memory, from new endpoints to the last byte
 * that either has to send (RFC 8446, RFC 5246). Contexts are kept; endpoints are made and freed for each
 * handshake, at the cost of their side. Chains of root, intermediate and leaf are verified, and what was
 * agreed on is asserted each time.
 *
 * tls13-resumed: the session is gained once, before, and each handshake resumes it (PSK with (EC)DHE). The
 * server issues a new ticket each time and the client takes it in, as both do in practice; but the client
 * goes on offering the first, so that all handshakes are alike.
 */
#include "kernels/kernels.h"
#include "kernels/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mode { TLS13_FULL, TLS13_MUTUAL, TLS13_RESUMED, TLS12_FULL };

static const struct assay_value modes[] = {{"tls13-full", TLS13_FULL},
                                           {"tls13-mutual", TLS13_MUTUAL},
                                           {"tls13-resumed", TLS13_RESUMED},
                                           {"tls12-full", TLS12_FULL}};
static const struct assay_value certs[] = {{"ecdsa-p256", ASSAY_ECDSA_P256_SHA256},
                                           {"rsa-2048", ASSAY_RSA_2048_PKCS1_SHA256},
                                           {"ed25519", ASSAY_ED25519}};
static const struct assay_value groups[] = {
    {"x25519", ASSAY_X25519}, {"p256", ASSAY_ECDH_P256}, {"x25519mlkem768", ASSAY_X25519MLKEM768}};
static const struct assay_param params[] = {
    ASSAY_PARAM("mode", modes), ASSAY_PARAM("certificate", certs), ASSAY_PARAM("group", groups), {0}};

struct handshake_state {
    struct assay_tls_pair pair;
    assay_tls_session *session; /* tls13-resumed: what each handshake resumes */
    struct assay_tls_talk talk;
};

static struct assay_tls_plan plan_of(const struct assay_case *c)
{
    enum mode mode = (enum mode)c->value[0];
    return (struct assay_tls_plan){
        .version = mode == TLS12_FULL ? ASSAY_TLS_1_2 : ASSAY_TLS_1_3,
        .cert = (enum assay_alg)c->value[1],
        .group = (enum assay_alg)c->value[2],
        .mutual = mode == TLS13_MUTUAL,
        .tickets = mode == TLS13_RESUMED,
    };
}

/* The hybrid group is defined for TLS 1.3 alone (draft-ietf-tls-ecdhe-mlkem). */
static bool handshake_exists(const struct assay_case *c)
{
    return !(c->value[0] == TLS12_FULL && c->value[2] == ASSAY_X25519MLKEM768);
}

static bool handshake_supported(struct assay_case *c, char *why, size_t why_size)
{
    struct assay_tls_plan plan = plan_of(c);
    return assay_tls_supported(c, &plan, why, why_size);
}

static enum assay_op handshake_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = (enum assay_alg)c->value[1];
    return ASSAY_OP_TLS;
}

static enum assay_rc handshake_setup(struct assay_case *c)
{
    struct handshake_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    struct assay_tls_plan plan = plan_of(c);
    ASSAY_TRY(assay_tls_open(c, &s->pair, &plan, NULL));
    if (!plan.tickets)
        return ASSAY_OK;
    ASSAY_TRY(assay_tls_shake(c, &s->pair, NULL, false));
    enum assay_rc rc = c->backend->tls->session_take(s->pair.end[ASSAY_TLS_CLIENT], &s->session);
    if (rc == ASSAY_INPUT)
        snprintf(c->note, sizeof c->note, "the server sent no ticket");
    assay_tls_hang_up(c, &s->pair);
    return rc;
}

static void handshake_teardown(struct assay_case *c)
{
    struct handshake_state *s = c->state;
    if (!s)
        return;
    assay_tls_talk_end(c, &s->talk);
    if (s->session)
        c->backend->tls->session_free(s->session);
    assay_tls_close(c, &s->pair);
    free(s);
    c->state = NULL;
}

/* Each handshake hangs up the one before, but the last stays up, for check(). */
static enum assay_rc handshake_run(struct assay_case *c, uint64_t n)
{
    struct handshake_state *s = c->state;
    bool resumed = s->session != NULL;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(assay_tls_shake(c, &s->pair, s->session, resumed));
    return assay_consume(s->pair.wire[ASSAY_TLS_CLIENT], ASSAY_TLS_WIRE);
}

/* The last connection carries octets both ways: both ends hold the same keys. */
static enum assay_rc handshake_check(struct assay_case *c)
{
    struct handshake_state *s = c->state;
    if (!s->pair.end[ASSAY_TLS_CLIENT] || !s->pair.end[ASSAY_TLS_SERVER])
        return assay_wrong(c, "there was no handshake");
    ASSAY_TRY(assay_tls_ping(c, &s->pair, ASSAY_TLS_CLIENT));
    ASSAY_TRY(assay_tls_ping(c, &s->pair, ASSAY_TLS_SERVER));
    assay_tls_hang_up(c, &s->pair);
    return ASSAY_OK;
}

/* A full handshake with one thing changed in the configuration of one side: it must be refused. */
static enum assay_rc refuse(struct assay_case *c, struct assay_proof *proof, const char *forgery,
                            const struct assay_tls_config config[2])
{
    struct assay_tls_plan plan = plan_of(c);
    struct assay_tls_pair pair = {0};
    enum assay_rc rc = assay_tls_open(c, &pair, &plan, config);
    if (rc == ASSAY_OK) {
        c->note[0] = '\0';
        rc = assay_tls_shake(c, &pair, NULL, false);
        if (rc == ASSAY_AUTH && c->note[0]) /* no side refused; both agreed, but not on what was planned */
            rc = ASSAY_OK;
        rc = assay_expect_refused(c, proof, forgery, rc);
    }
    assay_tls_close(c, &pair);
    return rc;
}

static enum assay_rc refuse_client(struct assay_case *c, struct assay_proof *proof,
                                   const struct assay_tls_config planned[2])
{
    struct assay_tls_config config[2] = {planned[0], planned[1]};
    config[ASSAY_TLS_CLIENT].chain = NULL;
    config[ASSAY_TLS_CLIENT].chain_count = 0;
    config[ASSAY_TLS_CLIENT].key = (struct assay_bytes){NULL, 0};
    ASSAY_TRY(refuse(c, proof, "a client without a certificate", config));
    config[ASSAY_TLS_CLIENT] = planned[ASSAY_TLS_CLIENT];
    config[ASSAY_TLS_SERVER].root = assay_tls_other_root(&(struct assay_tls_plan){.cert = plan_of(c).cert});
    return refuse(c, proof, "a client's certificate under a root that is not trusted", config);
}

/* Another server has other ticket keys, so it must fall back to a full handshake (RFC 8446 §2.2). */
static enum assay_rc refuse_session(struct assay_case *c, struct assay_proof *proof)
{
    struct handshake_state *s = c->state;
    struct assay_tls_plan plan = plan_of(c);
    struct assay_tls_pair stranger = {0};
    enum assay_rc rc = assay_tls_open(c, &stranger, &plan, NULL);
    if (rc == ASSAY_OK)
        rc = assay_tls_shake(c, &stranger, s->session, false);
    if (rc == ASSAY_OK)
        proof->negatives++;
    assay_tls_close(c, &stranger);
    return rc;
}

static enum assay_rc handshake_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct assay_tls_plan plan = plan_of(c);
    struct assay_tls_config planned[2], config[2];
    ASSAY_TRY(c->kernel->run(c, 2));
    ASSAY_TRY(handshake_check(c));
    proof->answers++;
    for (int role = ASSAY_TLS_CLIENT; role <= ASSAY_TLS_SERVER; role++)
        ASSAY_TRY(assay_tls_config_fill(c, &plan, (enum assay_tls_role)role, &planned[role]));
    memcpy(config, planned, sizeof config);
    config[ASSAY_TLS_CLIENT].root = assay_tls_other_root(&plan);
    ASSAY_TRY(refuse(c, proof, "a server's certificate under a root that is not trusted", config));
    memcpy(config, planned, sizeof config);
    config[ASSAY_TLS_CLIENT].host = "other.assay.test";
    ASSAY_TRY(refuse(c, proof, "a server's certificate for another host", config));
    if (plan.mutual)
        ASSAY_TRY(refuse_client(c, proof, planned));
    if (plan.tickets)
        ASSAY_TRY(refuse_session(c, proof));
    return ASSAY_OK;
}

static enum assay_rc handshake_talk(struct assay_case *c, enum assay_tls_role role, bool start,
                                    const uint8_t *in, size_t in_size, uint8_t *out, size_t room,
                                    size_t *out_size, enum assay_talk *state)
{
    struct handshake_state *s = c->state;
    if (start)
        ASSAY_TRY(assay_tls_talk_begin(c, &s->talk, &s->pair, role));
    return assay_tls_talk_step(c, &s->talk, &s->pair, role, in, in_size, out, room, out_size, state);
}

static const char *const headline[] = {"tls13-full/ecdsa-p256/x25519",   "tls13-full/rsa-2048/x25519",
                                       "tls13-mutual/ecdsa-p256/x25519", "tls13-resumed/ecdsa-p256/x25519",
                                       "tls12-full/ecdsa-p256/x25519",   NULL};

const struct assay_kernel assay_tls_handshake = {
    .id = "tls.handshake",
    .summary = "a TLS handshake of client and server in memory, chains verified, AES-128-GCM",
    .source = "RFC 8446 §2, RFC 5246 §7.3",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .headline = headline,
    .sides = {"client", "server"},
    .exists = handshake_exists,
    .supported = handshake_supported,
    .served = handshake_served,
    .setup = handshake_setup,
    .prove = handshake_prove,
    .run = handshake_run,
    .check = handshake_check,
    .teardown = handshake_teardown,
    .talk = handshake_talk,
};

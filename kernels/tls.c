/* SPDX-License-Identifier: Apache-2.0
 *
 * A TLS client and server of one instance in memory: contexts, handshakes, and what is asserted of each.
 */
#include "kernels/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_names[] = {"client", "server"};

bool assay_tls_supported(struct assay_case *c, const struct assay_tls_plan *plan, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_TLS, ASSAY_ALG_NONE, why, why_size) &&
           assay_supported(c, ASSAY_OP_TLS, plan->cert, why, why_size) &&
           assay_supported(c, ASSAY_OP_TLS, plan->group, why, why_size);
}

enum assay_rc assay_tls_config_fill(struct assay_case *c, const struct assay_tls_plan *plan,
                                    enum assay_tls_role role, struct assay_tls_config *config)
{
    const struct assay_tls_identity *identity = assay_tls_identity(plan->cert);
    memset(config, 0, sizeof *config);
    if (!identity) {
        snprintf(c->note, sizeof c->note, "there is no test certificate of this kind");
        return ASSAY_INPUT;
    }
    config->size = sizeof *config;
    config->role = role;
    config->version = plan->version;
    config->group = plan->group;
    config->root = identity->root;
    config->tickets = plan->tickets;
    if (role == ASSAY_TLS_SERVER) {
        config->chain = identity->server_chain;
        config->chain_count = ASSAY_COUNT(identity->server_chain);
        config->key = identity->server_key;
        config->verify_peer = plan->mutual;
        return ASSAY_OK;
    }
    config->host = ASSAY_TLS_HOST;
    config->verify_peer = true;
    if (plan->mutual) {
        config->chain = identity->client_chain;
        config->chain_count = ASSAY_COUNT(identity->client_chain);
        config->key = identity->client_key;
    }
    return ASSAY_OK;
}

struct assay_bytes assay_tls_other_root(const struct assay_tls_plan *plan)
{
    return assay_tls_identity(plan->cert == ASSAY_ECDSA_P256_SHA256 ? ASSAY_RSA_2048_PKCS1_SHA256
                                                                    : ASSAY_ECDSA_P256_SHA256)
        ->root;
}

enum assay_rc assay_tls_open(struct assay_case *c, struct assay_tls_pair *pair,
                             const struct assay_tls_plan *plan, const struct assay_tls_config config[2])
{
    pair->plan = *plan;
    for (int role = ASSAY_TLS_CLIENT; role <= ASSAY_TLS_SERVER; role++) {
        struct assay_tls_config planned;
        ASSAY_TRY(assay_tls_config_fill(c, plan, (enum assay_tls_role)role, &planned));
        pair->wire[role] = assay_buffer(ASSAY_TLS_WIRE);
        if (!pair->wire[role])
            return ASSAY_NOMEM;
        ASSAY_TRY(c->backend->tls->ctx_new(c->instance, config ? &config[role] : &planned, &pair->ctx[role]));
    }
    return ASSAY_OK;
}

void assay_tls_close(struct assay_case *c, struct assay_tls_pair *pair)
{
    assay_tls_hang_up(c, pair);
    for (int role = ASSAY_TLS_CLIENT; role <= ASSAY_TLS_SERVER; role++) {
        if (pair->ctx[role])
            c->backend->tls->ctx_free(pair->ctx[role]);
        free(pair->wire[role]);
    }
    memset(pair, 0, sizeof *pair);
}

void assay_tls_hang_up(struct assay_case *c, struct assay_tls_pair *pair)
{
    for (int role = ASSAY_TLS_CLIENT; role <= ASSAY_TLS_SERVER; role++) {
        if (pair->end[role])
            c->backend->tls->endpoint_free(pair->end[role]);
        pair->end[role] = NULL;
        assay_tick(c, (unsigned)role);
    }
}

static bool is_suite(const struct assay_tls_plan *plan, uint16_t suite)
{
    if (plan->version == ASSAY_TLS_1_3)
        return suite == 0x1301; /* TLS_AES_128_GCM_SHA256 */
    if (plan->cert == ASSAY_RSA_2048_PKCS1_SHA256)
        return suite == 0xc02f; /* TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 */
    return suite == 0xc02b;     /* TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Ed25519 too (RFC 8422 §5.10) */
}

static uint16_t group_number(enum assay_alg group) /* IANA, TLS Supported Groups */
{
    return group == ASSAY_X25519 ? 0x001d : group == ASSAY_ECDH_P256 ? 0x0017 : 0x11ec;
}

/* Version, suite, group, the peer's verification and, unless NULL, the resumption of one end. */
static enum assay_rc hold(struct assay_case *c, const struct assay_tls_plan *plan, enum assay_tls_role role,
                          assay_tls *end, const bool *resumed)
{
    struct assay_tls_info info = {.size = sizeof info};
    const char *who = role_names[role];
    ASSAY_TRY(c->backend->tls->info(end, &info));
    if (info.version != plan->version)
        return assay_wrong(c, "the %s speaks version %04x, not %04x", who, info.version, plan->version);
    if (!is_suite(plan, info.suite))
        return assay_wrong(c, "the %s has suite %04x, which is not the one to be measured", who, info.suite);
    if (info.group != 0 && info.group != group_number(plan->group))
        return assay_wrong(c, "the %s has group %04x, not %04x", who, info.group, group_number(plan->group));
    if (resumed && info.resumed != *resumed)
        return assay_wrong(c, "the %s's session was %s", who, *resumed ? "not resumed" : "resumed");
    if (info.peer_verified != (role == ASSAY_TLS_CLIENT || plan->mutual))
        return assay_wrong(c, "the %s has %s its peer's certificate", who,
                           info.peer_verified ? "verified" : "not verified");
    return ASSAY_OK;
}

/* Flights to and fro until neither side has anything left to send: the server's tickets, too, are taken. */
static enum assay_rc carry(struct assay_case *c, struct assay_tls_pair *pair)
{
    const struct assay_tls_ops *ops = c->backend->tls;
    bool done[2] = {false, false};
    size_t size = 0; /* of what the other side sent */
    for (unsigned turn = ASSAY_TLS_CLIENT;; turn ^= 1) {
        const uint8_t *in = size > 0 ? pair->wire[turn ^ 1] : NULL;
        ASSAY_TRY(ops->step(pair->end[turn], in, size, pair->wire[turn], ASSAY_TLS_WIRE, &size, &done[turn]));
        assay_tick(c, turn);
        if (size == 0)
            break;
    }
    if (!done[ASSAY_TLS_CLIENT] || !done[ASSAY_TLS_SERVER])
        return assay_wrong(c, "the handshake stands still");
    return ASSAY_OK;
}

enum assay_rc assay_tls_shake(struct assay_case *c, struct assay_tls_pair *pair, assay_tls_session *session,
                              bool resumed)
{
    const struct assay_tls_ops *ops = c->backend->tls;
    assay_tick_start(c);
    assay_tls_hang_up(c, pair);
    ASSAY_TRY(ops->endpoint_new(pair->ctx[ASSAY_TLS_CLIENT], session, &pair->end[ASSAY_TLS_CLIENT]));
    assay_tick(c, ASSAY_TLS_CLIENT);
    ASSAY_TRY(ops->endpoint_new(pair->ctx[ASSAY_TLS_SERVER], NULL, &pair->end[ASSAY_TLS_SERVER]));
    assay_tick(c, ASSAY_TLS_SERVER);
    ASSAY_TRY(carry(c, pair));
    for (int role = ASSAY_TLS_CLIENT; role <= ASSAY_TLS_SERVER; role++)
        ASSAY_TRY(hold(c, &pair->plan, (enum assay_tls_role)role, pair->end[role], &resumed));
    return ASSAY_OK;
}

enum assay_rc assay_tls_ping(struct assay_case *c, struct assay_tls_pair *pair, enum assay_tls_role from)
{
    static const uint8_t ping[] = "are you there?";
    const struct assay_tls_ops *ops = c->backend->tls;
    enum assay_tls_role to = from == ASSAY_TLS_CLIENT ? ASSAY_TLS_SERVER : ASSAY_TLS_CLIENT;
    size_t size = 0, got = 0;
    ASSAY_TRY(ops->write(pair->end[from], ping, sizeof ping, pair->wire[from], ASSAY_TLS_WIRE, &size));
    enum assay_rc rc = ops->read(pair->end[to], pair->wire[from], size, pair->wire[to], ASSAY_TLS_WIRE, &got);
    if (rc == ASSAY_AUTH ||
        (rc == ASSAY_OK && (got != sizeof ping || memcmp(pair->wire[to], ping, got) != 0)))
        return assay_wrong(c, "what the %s writes is not what its peer reads", role_names[from]);
    return rc;
}

enum assay_rc assay_tls_talk_begin(struct assay_case *c, struct assay_tls_talk *t,
                                   struct assay_tls_pair *pair, enum assay_tls_role role)
{
    const struct assay_tls_ops *ops = c->backend->tls;
    if (t->end)
        ops->endpoint_free(t->end);
    t->end = NULL;
    t->done = false;
    t->resumes = role == ASSAY_TLS_CLIENT && t->session;
    ASSAY_TRY(ops->endpoint_new(pair->ctx[role], t->resumes ? t->session : NULL, &t->end));
    if (t->session)
        ops->session_free(t->session);
    t->session = NULL;
    return ASSAY_OK;
}

/* The client, after the first conversation of two, waits for its ticket. */
static enum assay_rc talk_take(struct assay_case *c, struct assay_tls_talk *t, enum assay_talk *state)
{
    if (!t->session) {
        enum assay_rc rc = c->backend->tls->session_take(t->end, &t->session);
        if (rc != ASSAY_OK)
            return rc == ASSAY_INPUT ? ASSAY_OK : rc; /* INPUT: there is none yet */
    }
    *state = ASSAY_TALK_AGAIN;
    return ASSAY_OK;
}

enum assay_rc assay_tls_talk_step(struct assay_case *c, struct assay_tls_talk *t, struct assay_tls_pair *pair,
                                  enum assay_tls_role role, const uint8_t *in, size_t in_size, uint8_t *out,
                                  size_t room, size_t *out_size, enum assay_talk *state)
{
    bool done = false, is_client = role == ASSAY_TLS_CLIENT;
    *out_size = 0;
    *state = ASSAY_TALK_MORE;
    if (!t->end)
        return ASSAY_INPUT;
    enum assay_rc rc = c->backend->tls->step(t->end, in, in_size, out, room, out_size, &done);
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "the %s refuses its peer: %s", role_names[role],
                           c->backend->last_error(c->instance));
    if (rc != ASSAY_OK || !done)
        return rc;
    if (!t->done) /* only the client knows whether it asked for a resumption */
        ASSAY_TRY(hold(c, &pair->plan, role, t->end, is_client ? &t->resumes : NULL));
    t->done = true;
    if (is_client && pair->plan.tickets && !t->resumes)
        return talk_take(c, t, state);
    *state = ASSAY_TALK_DONE;
    return ASSAY_OK;
}

void assay_tls_talk_end(struct assay_case *c, struct assay_tls_talk *t)
{
    if (t->end)
        c->backend->tls->endpoint_free(t->end);
    if (t->session)
        c->backend->tls->session_free(t->session);
    memset(t, 0, sizeof *t);
}

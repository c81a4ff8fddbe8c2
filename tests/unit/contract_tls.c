/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of assay_tls_ops: a client and a server of the module shake hands in memory.
 */
#include "kernels/kernel.h"
#include "kernels/vectors/tls_certs.h"
#include "tests/unit/contract.h"

#include <stdlib.h>

#define FLIGHT 65536u

static const struct assay_tls_ops *ops;

struct setup { /* one handshake, and how it is meant to go wrong */
    enum assay_alg cert, group;
    uint16_t version;
    bool mutual, tickets;
    enum assay_alg client_trusts, server_trusts; /* NONE: the right root */
    const char *host;                            /* NULL: the right name */
    bool client_sends_none;
    bool two_roots;
    uint16_t server_version; /* 0: the same */
    enum assay_alg server_group;
    bool server_keeps_tickets;
    size_t piece; /* the most that is handed in at once; 0: all */
    size_t room;  /* the most that is taken out at once */
};

struct pair {
    assay_tls_ctx *client_ctx, *server_ctx;
    assay_tls *client, *server;
    enum assay_rc client_rc, server_rc;
    bool client_done, server_done;
};

static struct assay_bytes root_of(enum assay_alg trusts, enum assay_alg cert)
{
    return assay_tls_identity(trusts == ASSAY_ALG_NONE ? cert : trusts)->root;
}

/* Two roots, of which the second is the one. */
static struct assay_bytes with_another(struct assay_bytes root, enum assay_alg cert, uint8_t *out)
{
    enum assay_alg other = cert == ASSAY_ED25519 ? ASSAY_ECDSA_P256_SHA256 : ASSAY_ED25519;
    struct assay_bytes first = assay_tls_identity(other)->root;
    memcpy(out, first.data, first.size);
    memcpy(out + first.size, root.data, root.size);
    return (struct assay_bytes){out, first.size + root.size};
}

static enum assay_rc make_contexts(const struct setup *s, struct pair *p)
{
    const struct assay_tls_identity *id = assay_tls_identity(s->cert);
    struct assay_tls_config config = {
        .size = sizeof config,
        .role = ASSAY_TLS_SERVER,
        .version = s->server_version ? s->server_version : s->version,
        .group = s->server_group ? s->server_group : s->group,
        .chain = id->server_chain,
        .chain_count = 2,
        .key = id->server_key,
        .root = root_of(s->server_trusts, s->cert),
        .verify_peer = s->mutual,
        .tickets = s->tickets && !s->server_keeps_tickets,
    };
    uint8_t roots[2 * ASSAY_DER_MAX];
    if (s->two_roots)
        config.root = with_another(config.root, s->cert, roots);
    enum assay_rc rc = ops->ctx_new(contract.instance, &config, &p->server_ctx);
    if (rc != ASSAY_OK)
        return rc;
    bool none = !s->mutual || s->client_sends_none;
    config = (struct assay_tls_config){
        .size = sizeof config,
        .role = ASSAY_TLS_CLIENT,
        .version = s->version,
        .group = s->group,
        .chain = none ? NULL : id->client_chain,
        .chain_count = none ? 0 : 2,
        .key = none ? (struct assay_bytes){NULL, 0} : id->client_key,
        .root = root_of(s->client_trusts, s->cert),
        .tickets = s->tickets,
        .host = s->host ? s->host : ASSAY_TLS_HOST,
    };
    if (s->two_roots)
        config.root = with_another(config.root, s->cert, roots);
    return ops->ctx_new(contract.instance, &config, &p->client_ctx);
}

/* Hands all of in to one side, piece by piece, and collects what it has to say. */
static enum assay_rc feed(const struct setup *s, assay_tls *tls, const uint8_t *in, size_t in_size,
                          uint8_t *out, size_t *out_size, bool *done)
{
    size_t at = 0, piece = s->piece ? s->piece : FLIGHT, most = s->room ? s->room : FLIGHT;
    *out_size = 0;
    for (;;) {
        size_t n = in_size - at < piece ? in_size - at : piece, written = 0;
        size_t room = FLIGHT - *out_size < most ? FLIGHT - *out_size : most;
        enum assay_rc rc = ops->step(tls, in + at, n, out + *out_size, room, &written, done);
        if (rc != ASSAY_OK)
            return rc;
        at += n;
        if (!CHECK(written <= room))
            return ASSAY_LIBRARY;
        *out_size += written;
        if (at == in_size && written < room)
            return ASSAY_OK;
    }
}

static void shake(struct pair *p, const struct setup *s)
{
    static uint8_t to_server[FLIGHT], to_client[FLIGHT];
    size_t server_bytes = 0, client_bytes = 0;
    for (int flight = 0; flight < 10; flight++) {
        p->client_rc = feed(s, p->client, to_client, client_bytes, to_server, &server_bytes, &p->client_done);
        if (p->client_rc != ASSAY_OK)
            return;
        client_bytes = 0;
        if (server_bytes > 0 || flight == 0)
            p->server_rc =
                feed(s, p->server, to_server, server_bytes, to_client, &client_bytes, &p->server_done);
        if (p->server_rc != ASSAY_OK || (client_bytes == 0 && p->client_done && p->server_done))
            return;
    }
}

static bool connect_pair(const struct setup *s, struct pair *p, assay_tls_session *session)
{
    p->client_rc = p->server_rc = ASSAY_OK;
    p->client_done = p->server_done = false;
    p->client = p->server = NULL;
    if (!CHECK_RC(ops->endpoint_new(p->client_ctx, session, &p->client), ASSAY_OK) ||
        !CHECK_RC(ops->endpoint_new(p->server_ctx, NULL, &p->server), ASSAY_OK))
        return false;
    shake(p, s);
    return true;
}

static void disconnect(struct pair *p)
{
    ops->endpoint_free(p->client);
    ops->endpoint_free(p->server);
    p->client = p->server = NULL;
}

static void close_pair(struct pair *p)
{
    disconnect(p);
    ops->ctx_free(p->client_ctx);
    ops->ctx_free(p->server_ctx);
}

static void check_info(const struct setup *s, assay_tls *tls, bool resumed, bool peer)
{
    static const struct {
        enum assay_alg alg;
        uint16_t number;
    } numbers[] = {{ASSAY_X25519, 29}, {ASSAY_ECDH_P256, 23}, {ASSAY_X25519MLKEM768, 0x11ec}};
    struct assay_tls_info info = {.size = sizeof info};
    if (!CHECK_RC(ops->info(tls, &info), ASSAY_OK))
        return;
    CHECK(info.version == s->version);
    if (s->version == ASSAY_TLS_1_3)
        CHECK(info.suite == 0x1301);
    else /* ECDSA's suite is EdDSA's too (RFC 8422 section 5.10) */
        CHECK(info.suite == (s->cert == ASSAY_RSA_2048_PKCS1_SHA256 ? 0xc02f : 0xc02b));
    for (int i = 0; i < 3; i++)
        if (numbers[i].alg == s->group && !(resumed && s->version == ASSAY_TLS_1_2))
            CHECK(info.group == numbers[i].number || info.group == 0);
    CHECK(info.resumed == resumed);
    CHECK(info.peer_verified == peer);
}

/* The leaf that the peer sent, and no other; nothing of a peer that sent none. */
static void check_peer(assay_tls *tls, const struct assay_bytes *leaf)
{
    uint8_t der[ASSAY_DER_MAX];
    size_t size = sizeof der;
    if (!ASSAY_HAS(ops, peer_certificate))
        return;
    if (!leaf) {
        CHECK_RC(ops->peer_certificate(tls, der, &size), ASSAY_INPUT);
        return;
    }
    if (CHECK_RC(ops->peer_certificate(tls, der, &size), ASSAY_OK) && CHECK(size == leaf->size))
        CHECK_SAME(der, leaf->data, size);
    size = leaf->size - 1;
    CHECK_RC(ops->peer_certificate(tls, der, &size), ASSAY_INPUT);
}

/* Application data one way: single records, several in one read, one in two pieces, and an altered one. */
static void records(assay_tls *from, assay_tls *to, bool tamper)
{
    static uint8_t plain[16384], wire[4][16384 + 256], joined[4 * (16384 + 256)], back[4 * 16384];
    static const size_t sizes[] = {1, 100, 16384, 1000};
    size_t n[4] = {0}, all = 0, got = 0, plain_all = 0;
    contract_fill(plain, sizeof plain, 50);
    for (int i = 0; i < 4; i++) {
        if (!CHECK_RC(ops->write(from, plain, sizes[i], wire[i], sizes[i] + 256, &n[i]), ASSAY_OK))
            return;
        CHECK(n[i] > sizes[i]);
        if (i < 2) {
            CHECK_RC(ops->read(to, wire[i], n[i], back, sizeof back, &got), ASSAY_OK);
            CHECK(got == sizes[i]);
            CHECK_SAME(back, plain, sizes[i]);
        } else {
            memcpy(joined + all, wire[i], n[i]);
            all += n[i];
            plain_all += sizes[i];
        }
    }
    CHECK_RC(ops->read(to, joined, all, back, sizeof back, &got), ASSAY_OK);
    CHECK(got == plain_all);
    CHECK_SAME(back, plain, sizes[2]);
    CHECK_SAME(back + sizes[2], plain, sizes[3]);
    CHECK_RC(ops->read(to, NULL, 0, back, sizeof back, &got), ASSAY_OK);
    CHECK(got == 0);
    if (!tamper)
        return;
    CHECK_RC(ops->write(from, plain, 100, wire[0], 356, &n[0]), ASSAY_OK);
    wire[0][n[0] - 1] ^= 1;
    CHECK_RC(ops->read(to, wire[0], n[0], back, sizeof back, &got), ASSAY_AUTH);
}

static void one_connection(const struct setup *s, struct pair *p, assay_tls_session *session, bool tamper)
{
    if (connect_pair(s, p, session) && CHECK_RC(p->client_rc, ASSAY_OK) && CHECK_RC(p->server_rc, ASSAY_OK) &&
        CHECK(p->client_done && p->server_done)) {
        check_info(s, p->client, session != NULL, true);
        check_info(s, p->server, session != NULL, s->mutual);
        const struct assay_tls_identity *id = assay_tls_identity(s->cert);
        if (!session) { /* libraries differ in what a session keeps of the peer */
            check_peer(p->client, &id->server_chain[0]);
            check_peer(p->server, s->mutual ? &id->client_chain[0] : NULL);
        }
        records(p->client, p->server, false);
        records(p->server, p->client, false);
        if (tamper)
            records(p->server, p->client, true);
    }
}

static void must_connect(const struct setup *s)
{
    struct pair p = {0};
    if (CHECK_RC(make_contexts(s, &p), ASSAY_OK))
        one_connection(s, &p, NULL, true);
    close_pair(&p);
}

/* A session serves more than once, and resumes what was agreed before. */
static void must_resume(const struct setup *s)
{
    struct pair p = {0};
    assay_tls_session *session = NULL;
    if (!CHECK_RC(make_contexts(s, &p), ASSAY_OK))
        goto out;
    /* step() alone must have taken the ticket: nothing is read here. */
    if (!connect_pair(s, &p, NULL) || !CHECK_RC(p.client_rc, ASSAY_OK) ||
        !CHECK_RC(ops->session_take(p.client, &session), ASSAY_OK))
        goto out;
    for (int i = 0; i < 3; i++) {
        disconnect(&p);
        one_connection(s, &p, session, false);
    }
    assay_tls_session *next = NULL;
    if (s->version == ASSAY_TLS_1_3 && p.client && CHECK_RC(ops->session_take(p.client, &next), ASSAY_OK)) {
        disconnect(&p);
        one_connection(s, &p, next, false);
    }
    ops->session_free(next);
out:
    ops->session_free(session);
    close_pair(&p);
}

enum side { CLIENT, SERVER, EITHER };

/* The peer is refused with ASSAY_AUTH by the side whose duty that is; EITHER: the two cannot agree. */
static void must_fail(const struct setup *s, enum side who)
{
    struct pair p = {0};
    if (CHECK_RC(make_contexts(s, &p), ASSAY_OK) && connect_pair(s, &p, NULL)) {
        if (who == CLIENT)
            CHECK_RC(p.client_rc, ASSAY_AUTH);
        else if (who == SERVER)
            CHECK_RC(p.server_rc, ASSAY_AUTH);
        else
            CHECK(p.client_rc != ASSAY_OK || p.server_rc != ASSAY_OK);
        CHECK(!(p.client_done && p.server_done));
    }
    close_pair(&p);
}

static void negatives(struct setup s)
{
    s.host = "other.assay.test";
    must_fail(&s, CLIENT);
    s.host = "assay.test";
    must_fail(&s, CLIENT);
    s.host = NULL;
    enum assay_alg other = s.cert == ASSAY_ED25519 ? ASSAY_ECDSA_P256_SHA256 : ASSAY_ED25519;
    s.client_trusts = other;
    must_fail(&s, CLIENT);
    s.client_trusts = ASSAY_ALG_NONE;
    s.mutual = true;
    s.server_trusts = other;
    must_fail(&s, SERVER);
    s.server_trusts = ASSAY_ALG_NONE;
    s.client_sends_none = true;
    must_fail(&s, SERVER);
    s.client_sends_none = s.mutual = false;
    if (s.group == ASSAY_X25519MLKEM768) /* no TLS 1.2 has it */
        return;
    s.server_version = s.version == ASSAY_TLS_1_3 ? ASSAY_TLS_1_2 : ASSAY_TLS_1_3;
    must_fail(&s, EITHER);
    s.server_version = 0;
    char why[200];
    if (contract.backend->supports(contract.instance, ASSAY_OP_TLS, ASSAY_X25519, why, sizeof why) &&
        contract.backend->supports(contract.instance, ASSAY_OP_TLS, ASSAY_ECDH_P256, why, sizeof why)) {
        s.group = ASSAY_X25519;
        s.server_group = ASSAY_ECDH_P256;
        must_fail(&s, EITHER);
        s.group = ASSAY_ECDH_P256;
        s.server_group = ASSAY_X25519;
        must_fail(&s, EITHER);
    }
}

/* Records of application data that come in one piece with the end of the handshake wait for read(). */
static void trailing_data(const struct setup *s)
{
    static uint8_t up[2 * FLIGHT], down[FLIGHT];
    uint8_t plain[300], back[400];
    size_t n = 0, m = 0, k = 0;
    struct pair p = {0};
    contract_fill(plain, sizeof plain, 60);
    if (CHECK_RC(make_contexts(s, &p), ASSAY_OK) &&
        CHECK_RC(ops->endpoint_new(p.client_ctx, NULL, &p.client), ASSAY_OK) &&
        CHECK_RC(ops->endpoint_new(p.server_ctx, NULL, &p.server), ASSAY_OK) &&
        CHECK_RC(ops->step(p.client, NULL, 0, up, FLIGHT, &n, &p.client_done), ASSAY_OK) &&
        CHECK_RC(ops->step(p.server, up, n, down, FLIGHT, &m, &p.server_done), ASSAY_OK) &&
        CHECK_RC(ops->step(p.client, down, m, up, FLIGHT, &n, &p.client_done), ASSAY_OK) &&
        CHECK(p.client_done && !p.server_done) &&
        CHECK_RC(ops->write(p.client, plain, 100, up + n, FLIGHT, &m), ASSAY_OK) &&
        CHECK_RC(ops->write(p.client, plain + 100, 200, up + n + m, FLIGHT, &k), ASSAY_OK) &&
        CHECK_RC(ops->step(p.server, up, n + m + k, down, FLIGHT, &n, &p.server_done), ASSAY_OK) &&
        CHECK(p.server_done) && CHECK_RC(ops->read(p.server, NULL, 0, back, sizeof back, &n), ASSAY_OK) &&
        CHECK(n == sizeof plain))
        CHECK_SAME(back, plain, sizeof plain);
    close_pair(&p);
}

/* No ticket, no session, whichever side does without. */
static void without_tickets(struct setup s)
{
    for (int i = 0; i < 2; i++) {
        struct pair p = {0};
        assay_tls_session *session = (assay_tls_session *)(void *)&contract;
        s.tickets = i == 1;
        s.server_keeps_tickets = true;
        if (CHECK_RC(make_contexts(&s, &p), ASSAY_OK) && connect_pair(&s, &p, NULL)) {
            CHECK(p.client_done && p.server_done);
            CHECK_RC(ops->session_take(p.client, &session), ASSAY_INPUT);
            CHECK(session == NULL);
        }
        close_pair(&p);
    }
}

/* Nothing is to be had from an endpoint before its handshake; and it outlives the caller's context. */
static void too_early(struct setup s)
{
    struct pair p = {0};
    assay_tls_session *session = (assay_tls_session *)(void *)&contract;
    struct assay_tls_info info = {.size = sizeof info};
    uint8_t out[4096];
    size_t n;
    bool done;
    s.tickets = true;
    if (CHECK_RC(make_contexts(&s, &p), ASSAY_OK) &&
        CHECK_RC(ops->endpoint_new(p.client_ctx, NULL, &p.client), ASSAY_OK)) {
        CHECK_RC(ops->session_take(p.client, &session), ASSAY_INPUT);
        CHECK(session == NULL);
        CHECK(ops->info(p.client, &info) != ASSAY_OK);
        check_peer(p.client, NULL);
        ops->ctx_free(p.client_ctx);
        p.client_ctx = NULL;
        CHECK_RC(ops->step(p.client, NULL, 0, out, sizeof out, &n, &done), ASSAY_OK);
        CHECK(n > 0 && !done);
    }
    close_pair(&p);
}

static void bad_configs(void)
{
    const struct assay_tls_identity *id = assay_tls_identity(ASSAY_ECDSA_P256_SHA256);
    struct assay_tls_config config = {.size = sizeof config,
                                      .role = ASSAY_TLS_SERVER,
                                      .version = ASSAY_TLS_1_3,
                                      .group = ASSAY_ECDH_P256,
                                      .chain = id->server_chain,
                                      .chain_count = 2,
                                      .key = id->client_key};
    assay_tls_ctx *ctx = (assay_tls_ctx *)(void *)&contract;
    CHECK(ops->ctx_new(contract.instance, &config, &ctx) != ASSAY_OK); /* the key of another certificate */
    CHECK(ctx == NULL);
    config.key = id->server_chain[0]; /* no key at all */
    CHECK(ops->ctx_new(contract.instance, &config, &ctx) != ASSAY_OK);
    CHECK(ctx == NULL);
    config.key = id->server_key;
    config.verify_peer = true;
    config.root = (struct assay_bytes){id->root.data, id->root.size - 1};
    CHECK(ops->ctx_new(contract.instance, &config, &ctx) != ASSAY_OK); /* a root cut short */
    CHECK(ctx == NULL);
    config.root = id->root;
    config.group = ASSAY_SHA256;
    CHECK(ops->ctx_new(contract.instance, &config, &ctx) != ASSAY_OK);
    CHECK(ctx == NULL);
}

static void one_version(struct setup s, const char *name)
{
    contract.where = name;
    must_connect(&s);
    s.piece = s.room = 61;
    must_connect(&s);
    s.piece = 0;
    must_connect(&s);
    s.room = 0;
    if (s.version == ASSAY_TLS_1_3) /* in TLS 1.2 the client's last flight is not yet the end for it */
        trailing_data(&s);
    s.mutual = true;
    must_connect(&s);
    s.two_roots = true;
    must_connect(&s);
    s.two_roots = false;
    s.tickets = true;
    must_resume(&s);
    s.mutual = false;
    must_resume(&s);
    s.tickets = false;
    negatives(s);
    without_tickets(s);
    too_early(s);
}

void contract_tls(const struct assay_tls_ops *table)
{
    static const struct {
        enum assay_alg alg;
        const char *name;
    } certs[] = {{ASSAY_ECDSA_P256_SHA256, "TLS with ECDSA P-256"},
                 {ASSAY_RSA_2048_PKCS1_SHA256, "TLS with RSA-2048"},
                 {ASSAY_ED25519, "TLS with Ed25519"}},
      groups[] = {{ASSAY_ECDH_P256, "TLS group P-256"},
                  {ASSAY_X25519, "TLS group X25519"},
                  {ASSAY_X25519MLKEM768, "TLS group X25519MLKEM768"}};
    ops = table;
    if (!contract_supported(ASSAY_OP_TLS, ASSAY_ALG_NONE, "TLS"))
        return;
    for (int c = 0; c < 3; c++) {
        if (!contract_supported(ASSAY_OP_TLS, certs[c].alg, certs[c].name))
            continue;
        for (int g = 0; g < 3; g++) {
            if (!contract_supported(ASSAY_OP_TLS, groups[g].alg, groups[g].name))
                continue;
            struct setup s = {.cert = certs[c].alg, .group = groups[g].alg, .version = ASSAY_TLS_1_3};
            one_version(s, certs[c].name);
            s.version = ASSAY_TLS_1_2;
            if (s.group != ASSAY_X25519MLKEM768)
                one_version(s, certs[c].name);
        }
    }
    bad_configs();
    ops->ctx_free(NULL);
    ops->endpoint_free(NULL);
    ops->session_free(NULL);
}

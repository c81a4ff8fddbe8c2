/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS through libssl. A context offers one version, one group and one suite.
 */
#include "backends/openssl/openssl.h"
#include "backends/openssl/wire.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct assay_tls_ctx {
    atomic_int references;
    SSL_CTX *ssl;
    BIO_METHOD *wire;
    enum assay_tls_role role;
    uint16_t group;
    bool tickets;
    char *host;
};

struct assay_tls {
    assay_tls_ctx *ctx;
    SSL *ssl;
    struct ossl_wire wire;
    bool finished;
};

struct assay_tls_session {
    SSL_SESSION *ssl;
};

static const struct group {
    enum assay_alg alg;
    const char *name;
    uint16_t number; /* IANA */
    int nid;         /* what libssl names it by; 0: by its number */
} groups[] = {
    {ASSAY_X25519, "X25519", 29, NID_X25519},
    {ASSAY_ECDH_P256, "P-256", 23, NID_X9_62_prime256v1},
    {ASSAY_X25519MLKEM768, "X25519MLKEM768", 0x11ec, 0},
};

/* The suites that backend.h asks of every library. */
static const char suite13[] = "TLS_AES_128_GCM_SHA256";
static const char suites12[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";

static const struct group *find_group(enum assay_alg alg)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (groups[i].alg == alg)
            return &groups[i];
    return NULL;
}

static void probe_groups(assay_instance *instance, SSL_CTX *ctx)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        bool ok = SSL_CTX_set1_groups_list(ctx, groups[i].name) == 1;
        const struct ossl_cell *kex = ossl_find(instance, ASSAY_OP_KEX, groups[i].alg);
        if (!ok && kex && !kex->ok)
            ossl_refuse(ASSAY_UNSUPPORTED, kex->why); /* libssl only says that it failed */
        else if (!ok)
            ossl_fail(groups[i].name);
        ossl_record(instance, ASSAY_OP_TLS, groups[i].alg, ok ? groups[i].name : NULL, NULL);
    }
}

/* A certificate's algorithm works in TLS where its signature does. */
static void probe_certificates(assay_instance *instance)
{
    static const enum assay_alg algs[] = {ASSAY_ED25519, ASSAY_ECDSA_P256_SHA256, ASSAY_RSA_2048_PSS_SHA256,
                                          ASSAY_RSA_2048_PKCS1_SHA256};
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        const struct ossl_cell *cell = ossl_find(instance, ASSAY_OP_SIGN, algs[i]);
        if (!cell->ok)
            ossl_refuse(ASSAY_UNSUPPORTED, cell->why);
        ossl_record(instance, ASSAY_OP_TLS, algs[i], cell->ok ? cell->algorithm : NULL, NULL);
    }
}

void ossl_tls_probe(assay_instance *instance)
{
    instance->wire = ossl_wire_method();
    SSL_CTX *ctx = instance->wire ? SSL_CTX_new_ex(instance->lib, NULL, TLS_method()) : NULL;
    if (!ctx)
        ossl_fail("SSL_CTX_new_ex");
    ossl_record(instance, ASSAY_OP_TLS, ASSAY_ALG_NONE, ctx ? "TLS" : NULL, NULL);
    if (!ctx)
        return;
    probe_groups(instance, ctx);
    probe_certificates(instance);
    SSL_CTX_free(ctx);
}

static void ctx_free(assay_tls_ctx *ctx)
{
    if (!ctx || atomic_fetch_sub(&ctx->references, 1) > 1)
        return;
    SSL_CTX_free(ctx->ssl);
    free(ctx->host);
    free(ctx);
}

static enum assay_rc bad(const char *what)
{
    ossl_fail(what);
    return ASSAY_INPUT;
}

/* Takes the first certificate off der. */
static X509 *take_certificate(assay_instance *instance, struct assay_bytes *der)
{
    const uint8_t *p = der->data;
    X509 *certificate = X509_new_ex(instance->lib, NULL);
    if (certificate && d2i_X509(&certificate, &p, (long)der->size)) {
        der->size -= (size_t)(p - der->data);
        der->data = p;
        return certificate;
    }
    X509_free(certificate);
    return NULL;
}

static X509 *parse_certificate(assay_instance *instance, struct assay_bytes der)
{
    X509 *certificate = take_certificate(instance, &der);
    if (der.size == 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static enum assay_rc set_roots(assay_instance *instance, SSL_CTX *ctx, struct assay_bytes der)
{
    while (der.size > 0) {
        X509 *root = take_certificate(instance, &der);
        bool added = root && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root);
        X509_free(root);
        if (!added)
            return bad("the root certificate");
    }
    return ASSAY_OK;
}

static enum assay_rc set_own(assay_instance *instance, SSL_CTX *ctx, const struct assay_tls_config *config)
{
    const uint8_t *p = config->key.data;
    enum assay_rc rc = ASSAY_OK;
    for (size_t i = 0; i < config->chain_count && rc == ASSAY_OK; i++) {
        X509 *certificate = parse_certificate(instance, config->chain[i]);
        if (!certificate ||
            !(i == 0 ? SSL_CTX_use_certificate(ctx, certificate) : SSL_CTX_add1_chain_cert(ctx, certificate)))
            rc = bad("the certificate chain");
        X509_free(certificate);
    }
    if (rc != ASSAY_OK)
        return rc;
    EVP_PKEY *key = d2i_AutoPrivateKey_ex(NULL, &p, (long)config->key.size, instance->lib, NULL);
    if (!key || !SSL_CTX_use_PrivateKey(ctx, key) || !SSL_CTX_check_private_key(ctx))
        rc = bad("the private key");
    EVP_PKEY_free(key);
    return rc;
}

/* In TLS 1.2 the groups are also the curves taken in certificates (RFC 8422 section 5.1), so that P-256 must
 * be among them wherever a certificate may come; finish() checks which one was used. */
static bool set_group(SSL_CTX *ctx, const struct assay_tls_config *config, const struct group *group)
{
    bool wants_p256 = config->version == ASSAY_TLS_1_2 && group->alg != ASSAY_ECDH_P256 &&
                      (config->role == ASSAY_TLS_CLIENT || config->verify_peer);
    char list[64];
    snprintf(list, sizeof list, "%s%s", group->name, wants_p256 ? ":P-256" : "");
    return SSL_CTX_set1_groups_list(ctx, list) == 1;
}

/* Stateless tickets only: with the cache off, nothing but the ticket resumes a session. */
static void set_sessions(SSL_CTX *ctx, const struct assay_tls_config *config)
{
    static const unsigned char id[] = "assay";
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1);
    SSL_CTX_set_num_tickets(ctx, config->tickets ? 1 : 0);
    if (!config->tickets)
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
}

static bool set_protocol(SSL_CTX *ctx, const struct assay_tls_config *config, const struct group *group)
{
    bool client = config->role == ASSAY_TLS_CLIENT;
    SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE); /* of groups too: see set_group() */
    SSL_CTX_set_verify(ctx,
                       client || config->verify_peer ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                                                     : SSL_VERIFY_NONE,
                       NULL);
    set_sessions(ctx, config);
    return SSL_CTX_set_min_proto_version(ctx, config->version) &&
           SSL_CTX_set_max_proto_version(ctx, config->version) && SSL_CTX_set_ciphersuites(ctx, suite13) &&
           SSL_CTX_set_cipher_list(ctx, suites12) && set_group(ctx, config, group) &&
           (!client || X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(ctx), config->host, 0));
}

static enum assay_rc check_config(const assay_instance *instance, const struct assay_tls_config *config)
{
    const struct ossl_cell *cell = ossl_find(instance, ASSAY_OP_TLS, config->group);
    if (!find_group(config->group) || !cell || !cell->ok)
        return ossl_refuse(ASSAY_UNSUPPORTED, cell ? cell->why : "no such TLS group");
    if (config->version != ASSAY_TLS_1_2 && config->version != ASSAY_TLS_1_3)
        return ossl_refuse(ASSAY_UNSUPPORTED, "TLS 1.2 and TLS 1.3 only");
    if (config->version == ASSAY_TLS_1_2 && config->group == ASSAY_X25519MLKEM768)
        return ossl_refuse(ASSAY_UNSUPPORTED, "X25519MLKEM768 is a group of TLS 1.3");
    bool client = config->role == ASSAY_TLS_CLIENT;
    if ((!client && config->chain_count == 0) || (client && !config->host))
        return ossl_refuse(ASSAY_INPUT, "a server needs a certificate, a client the server's name");
    if (config->root.size == 0 && (client || config->verify_peer))
        return ossl_refuse(ASSAY_INPUT, "no root certificate to verify the peer by");
    return ASSAY_OK;
}

static enum assay_rc ctx_new(assay_instance *instance, const struct assay_tls_config *config,
                             assay_tls_ctx **out)
{
    *out = NULL;
    enum assay_rc rc = check_config(instance, config);
    if (rc != ASSAY_OK)
        return rc;
    bool client = config->role == ASSAY_TLS_CLIENT;
    assay_tls_ctx *ctx = calloc(1, sizeof *ctx);
    if (!ctx)
        return ASSAY_NOMEM;
    atomic_init(&ctx->references, 1);
    ctx->wire = instance->wire;
    ctx->role = config->role;
    ctx->group = find_group(config->group)->number;
    ctx->tickets = config->tickets;
    ctx->host = config->host ? strdup(config->host) : NULL;
    ctx->ssl = SSL_CTX_new_ex(instance->lib, NULL, client ? TLS_client_method() : TLS_server_method());
    if (!ctx->ssl || !set_protocol(ctx->ssl, config, find_group(config->group)))
        rc = ossl_fail("the TLS context");
    if (rc == ASSAY_OK && config->chain_count > 0)
        rc = set_own(instance, ctx->ssl, config);
    if (rc == ASSAY_OK && config->root.size > 0)
        rc = set_roots(instance, ctx->ssl, config->root);
    if (rc != ASSAY_OK) {
        ctx_free(ctx);
        return rc;
    }
    *out = ctx;
    return ASSAY_OK;
}

static void endpoint_free(assay_tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    ossl_wire_clear(&tls->wire);
    ctx_free(tls->ctx);
    free(tls);
}

/* libssl changes a session that a handshake goes through (and in TLS 1.3 marks it as used): each gets a copy.
 */
static bool offer_session(SSL *ssl, const assay_tls_session *session)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session->ssl);
    bool ok = copy && SSL_set_session(ssl, copy);
    SSL_SESSION_free(copy);
    return ok;
}

static enum assay_rc endpoint_new(assay_tls_ctx *ctx, assay_tls_session *session, assay_tls **out)
{
    *out = NULL;
    if (session && ctx->role != ASSAY_TLS_CLIENT)
        return ossl_refuse(ASSAY_INPUT, "a server takes no session");
    assay_tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return ASSAY_NOMEM;
    atomic_fetch_add(&ctx->references, 1);
    tls->ctx = ctx;
    tls->ssl = SSL_new(ctx->ssl);
    BIO *bio = tls->ssl ? BIO_new(ctx->wire) : NULL;
    if (!bio) {
        endpoint_free(tls);
        return ossl_fail("SSL_new");
    }
    BIO_set_data(bio, &tls->wire);
    SSL_set_bio(tls->ssl, bio, bio);
    if (ctx->role == ASSAY_TLS_SERVER) {
        SSL_set_accept_state(tls->ssl);
    } else {
        SSL_set_connect_state(tls->ssl);
        if (!SSL_set_tlsext_host_name(tls->ssl, ctx->host) ||
            (session && !offer_session(tls->ssl, session))) {
            endpoint_free(tls);
            return ossl_fail("the TLS connection");
        }
    }
    *out = tls;
    return ASSAY_OK;
}

static bool is_verdict(unsigned long error)
{
    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return false;
    switch (ERR_GET_REASON(error)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_BAD_SIGNATURE:
    case SSL_R_DIGEST_CHECK_FAILED:
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
        return true;
    default:
        return false;
    }
}

/* What a call that did not succeed means; waiting for more bytes or room is no failure. */
static enum assay_rc explain(assay_tls *tls, int result, const char *what)
{
    int error = SSL_get_error(tls->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_ZERO_RETURN)
        return ASSAY_OK;
    long verdict = SSL_get_verify_result(tls->ssl);
    if (verdict != X509_V_OK)
        return ossl_refuse(ASSAY_AUTH, X509_verify_cert_error_string(verdict));
    return ossl_judge(what, is_verdict);
}

static uint16_t agreed_group(const assay_tls *tls)
{
    long nid = SSL_get_negotiated_group(tls->ssl);
    if (nid & TLSEXT_nid_unknown)
        return (uint16_t)nid;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (nid != 0 && groups[i].nid == nid)
            return groups[i].number;
    return 0;
}

static enum assay_rc finish(assay_tls *tls)
{
    uint16_t group = agreed_group(tls);
    if (group != 0 && group != tls->ctx->group)
        return ossl_refuse(ASSAY_LIBRARY, "the peer chose another group");
    tls->finished = true;
    /* A handshake may leave behind the errors of what it tried. */
    ERR_clear_error();
    return ASSAY_OK;
}

static enum assay_rc tls_step(assay_tls *tls, const uint8_t *in, size_t in_size, uint8_t *out,
                              size_t out_room, size_t *out_size, bool *done)
{
    enum assay_rc rc = ASSAY_OK;
    ossl_wire_attach(&tls->wire, in, in_size, out, out_room);
    ERR_clear_error();
    if (!tls->finished) {
        int result = SSL_do_handshake(tls->ssl);
        rc = result == 1 ? finish(tls) : explain(tls, result, "SSL_do_handshake");
    }
    if (rc == ASSAY_OK && tls->finished && ossl_wire_pending(&tls->wire) > 0) {
        uint8_t byte;
        size_t n;
        /* Tickets are taken on the way to application data, which a peek leaves for read(). */
        int result = SSL_peek_ex(tls->ssl, &byte, 1, &n);
        if (result != 1)
            rc = explain(tls, result, "SSL_peek_ex");
    }
    *out_size = tls->wire.out_size;
    *done = tls->finished;
    if (!ossl_wire_detach(&tls->wire))
        return ASSAY_NOMEM;
    return rc;
}

static enum assay_rc tls_write(assay_tls *tls, const uint8_t *in, size_t in_size, uint8_t *out,
                               size_t out_room, size_t *out_size)
{
    size_t n;
    if (in_size < 1 || in_size > 16384 || out_room < in_size + 256)
        return ossl_refuse(ASSAY_INPUT, "1 to 16384 bytes, and room for 256 more");
    ossl_wire_attach(&tls->wire, NULL, 0, out, out_room);
    int result = SSL_write_ex(tls->ssl, in, in_size, &n);
    *out_size = tls->wire.out_size;
    ossl_wire_attach(&tls->wire, NULL, 0, NULL, 0);
    if (result == 1)
        return ASSAY_OK;
    enum assay_rc rc = explain(tls, result, "SSL_write_ex");
    return rc == ASSAY_OK ? ossl_refuse(ASSAY_INPUT, "the connection cannot take application data") : rc;
}

static enum assay_rc tls_read(assay_tls *tls, const uint8_t *in, size_t in_size, uint8_t *out,
                              size_t out_room, size_t *out_size)
{
    enum assay_rc rc = ASSAY_OK;
    size_t at = 0;
    ossl_wire_attach(&tls->wire, in, in_size, NULL, 0);
    while (rc == ASSAY_OK && (ossl_wire_pending(&tls->wire) > 0 || SSL_pending(tls->ssl) > 0)) {
        size_t n;
        if (at == out_room) {
            rc = ossl_refuse(ASSAY_INPUT, "no room for the plaintext");
            break;
        }
        int result = SSL_read_ex(tls->ssl, out + at, out_room - at, &n);
        if (result != 1) {
            rc = explain(tls, result, "SSL_read_ex");
            break;
        }
        at += n;
    }
    *out_size = at;
    if (!ossl_wire_detach(&tls->wire))
        return ASSAY_NOMEM;
    return rc;
}

static void session_free(assay_tls_session *session)
{
    if (!session)
        return;
    SSL_SESSION_free(session->ssl);
    free(session);
}

/* A copy, for libssl spoils the session of a connection that is freed without a shutdown. */
static enum assay_rc session_take(assay_tls *tls, assay_tls_session **out)
{
    *out = NULL;
    const SSL_SESSION *ssl = SSL_get0_session(tls->ssl);
    if (tls->ctx->role != ASSAY_TLS_CLIENT || !tls->ctx->tickets || !tls->finished || !ssl ||
        !SSL_SESSION_is_resumable(ssl) || !SSL_SESSION_has_ticket(ssl))
        return ossl_refuse(ASSAY_INPUT, "no ticket has come yet");
    assay_tls_session *session = calloc(1, sizeof *session);
    if (!session)
        return ASSAY_NOMEM;
    session->ssl = SSL_SESSION_dup(ssl);
    if (!session->ssl) {
        session_free(session);
        return ossl_fail("SSL_SESSION_dup");
    }
    *out = session;
    return ASSAY_OK;
}

static enum assay_rc tls_info(assay_tls *tls, struct assay_tls_info *info)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(tls->ssl);
    if (!tls->finished || !cipher)
        return ossl_refuse(ASSAY_INPUT, "the handshake is not finished");
    info->version = (uint16_t)SSL_version(tls->ssl);
    info->suite = SSL_CIPHER_get_protocol_id(cipher);
    info->group = agreed_group(tls);
    info->resumed = SSL_session_reused(tls->ssl) == 1;
    info->peer_verified = SSL_get0_peer_certificate(tls->ssl) && SSL_get_verify_result(tls->ssl) == X509_V_OK;
    return ASSAY_OK;
}

static enum assay_rc peer_certificate(assay_tls *tls, uint8_t *out, size_t *out_size)
{
    X509 *peer = tls->finished ? SSL_get0_peer_certificate(tls->ssl) : NULL;
    int size = peer ? i2d_X509(peer, NULL) : 0;
    if (size <= 0 || (size_t)size > *out_size)
        return ossl_refuse(ASSAY_INPUT, size > 0 ? "no room for the peer's certificate"
                                                 : "the peer has shown no certificate");
    *out_size = (size_t)i2d_X509(peer, &out);
    return ASSAY_OK;
}

const struct assay_tls_ops ossl_tls_ops = {
    .size = sizeof ossl_tls_ops,
    .ctx_new = ctx_new,
    .ctx_free = ctx_free,
    .endpoint_new = endpoint_new,
    .endpoint_free = endpoint_free,
    .step = tls_step,
    .write = tls_write,
    .read = tls_read,
    .session_take = session_take,
    .session_free = session_free,
    .info = tls_info,
    .peer_certificate = peer_certificate,
};

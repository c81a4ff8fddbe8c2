/* SPDX-License-Identifier: Apache-2.0
 *
 * A TLS endpoint: one SSL whose BIO is the caller's buffers.
 */
#include "backends/boringssl/tls.h"

#include <openssl/err.h>
#include <openssl/pool.h>
#include <openssl/x509.h>
#include <string.h>

static void endpoint_free(assay_tls *tls)
{
    if (tls) {
        SSL_free(tls->ssl);
        SSL_SESSION_free(tls->session);
        assay_boringssl_wire_clear(&tls->wire);
    }
    assay_boringssl_free(tls, sizeof *tls);
}

/* An opaque session of the ABI is the library's own, one reference each. */
static SSL_SESSION *library_session(assay_tls_session *session)
{
    return (SSL_SESSION *)(void *)session;
}

static enum assay_rc set_client(assay_tls *tls, const assay_tls_ctx *ctx, assay_tls_session *session)
{
    SSL_set_connect_state(tls->ssl);
    if (ctx->host && !SSL_set_tlsext_host_name(tls->ssl, ctx->host))
        return assay_boringssl_fail(ASSAY_INPUT, "SSL_set_tlsext_host_name");
    if (session && !SSL_set_session(tls->ssl, library_session(session)))
        return assay_boringssl_fail(ASSAY_INPUT, "SSL_set_session");
    return ASSAY_OK;
}

static enum assay_rc endpoint_new(assay_tls_ctx *ctx, assay_tls_session *session, assay_tls **out)
{
    enum assay_rc rc = ASSAY_OK;
    *out = NULL;
    if (session && ctx->role == ASSAY_TLS_SERVER)
        return assay_boringssl_refuse(ASSAY_INPUT, "only a client offers a session");
    assay_tls *tls = assay_boringssl_new(sizeof *tls);
    if (!tls)
        return assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
    BIO *bio = BIO_new(ctx->method);
    tls->ssl = SSL_new(ctx->ssl);
    tls->flush_tickets = ctx->flush_tickets;
    tls->group = ctx->group;
    if (!bio || !tls->ssl || !SSL_set_app_data(tls->ssl, tls)) {
        BIO_free(bio);
        rc = assay_boringssl_fail(ASSAY_NOMEM, "SSL_new");
    } else {
        BIO_set_data(bio, &tls->wire);
        SSL_set_bio(tls->ssl, bio, bio); /* takes the BIO over */
        if (ctx->role == ASSAY_TLS_SERVER)
            SSL_set_accept_state(tls->ssl);
        else
            rc = set_client(tls, ctx, session);
    }
    if (rc == ASSAY_OK)
        *out = tls;
    else
        endpoint_free(tls);
    return rc;
}

/* Whether the library's error is a verdict on the peer or its bytes, rather than a fault. */
static bool is_verdict(uint32_t error)
{
    if (ERR_GET_LIB(error) != ERR_LIB_SSL)
        return false;
    switch (ERR_GET_REASON(error)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_BAD_SIGNATURE:
    case SSL_R_DIGEST_CHECK_FAILED:
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_TLSV1_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_BAD_RECORD_MAC:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return true;
    }
    return false;
}

/* What a call into SSL that returned ret means; waiting for the peer is no failure. */
static enum assay_rc judge(const assay_tls *tls, int ret, const char *what)
{
    int error = SSL_get_error(tls->ssl, ret);
    if (error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return ASSAY_OK;
    if (error == SSL_ERROR_ZERO_RETURN)
        return assay_boringssl_refuse(ASSAY_LIBRARY, "%s: the peer closed the connection", what);
    /* Several may be queued: the first has the cause, and any of them may carry the verdict. */
    uint32_t cause = ERR_peek_error();
    const char *reason = cause ? ERR_reason_error_string(cause) : "no reason given";
    bool verdict = false;
    for (uint32_t each; (each = ERR_get_error()) != 0;)
        verdict = verdict || is_verdict(each);
    long chain = SSL_get_verify_result(tls->ssl);
    if (ERR_GET_REASON(cause) == SSL_R_CERTIFICATE_VERIFY_FAILED && chain != X509_V_OK)
        reason = X509_verify_cert_error_string(chain);
    return assay_boringssl_refuse(verdict ? ASSAY_AUTH : ASSAY_LIBRARY, "%s: %s", what, reason);
}

static enum assay_rc handshake(assay_tls *tls)
{
    int ret = SSL_do_handshake(tls->ssl);
    if (ret != 1)
        return judge(tls, ret, "SSL_do_handshake");
    uint16_t group = SSL_get_curve_id(tls->ssl);
    if (group != 0 && group != tls->group)
        return assay_boringssl_refuse(ASSAY_LIBRARY, "the peer chose group %u", (unsigned)group);
    tls->done = true;
    /* A TLS 1.3 server's tickets wait for its first write; an empty one sends them and no record. */
    if (tls->flush_tickets && (ret = SSL_write(tls->ssl, "", 0)) < 0)
        return judge(tls, ret, "SSL_write");
    return ASSAY_OK;
}

static enum assay_rc endpoint_step(assay_tls *tls, const uint8_t *in, size_t in_size, uint8_t *out,
                                   size_t out_room, size_t *out_size, bool *done)
{
    enum assay_rc rc = ASSAY_OK;
    assay_boringssl_wire_begin(&tls->wire, in, in_size, out, out_room);
    if (!tls->done)
        rc = handshake(tls);
    if (rc == ASSAY_OK && tls->done && assay_boringssl_wire_has_input(&tls->wire)) {
        uint8_t byte; /* a look ahead takes tickets and key updates, and leaves data for read() */
        int ret = SSL_peek(tls->ssl, &byte, 1);
        if (ret <= 0)
            rc = judge(tls, ret, "SSL_peek");
    }
    *done = tls->done;
    enum assay_rc ended = assay_boringssl_wire_end(&tls->wire, out_size);
    return rc == ASSAY_OK ? ended : rc;
}

static enum assay_rc endpoint_write(assay_tls *tls, const uint8_t *in, size_t in_size, uint8_t *out,
                                    size_t out_room, size_t *out_size)
{
    size_t waiting = tls->wire.kept_out.end - tls->wire.kept_out.begin;
    if (!tls->done)
        return assay_boringssl_refuse(ASSAY_INPUT, "the handshake has not finished");
    if (in_size > SSL3_RT_MAX_PLAIN_LENGTH || out_room < in_size + waiting + 256)
        return assay_boringssl_refuse(ASSAY_INPUT, "%zu bytes to write, room for %zu", in_size, out_room);
    assay_boringssl_wire_begin(&tls->wire, NULL, 0, out, out_room);
    int ret = SSL_write(tls->ssl, in, (int)in_size);
    enum assay_rc rc = ret == (int)in_size ? ASSAY_OK : judge(tls, ret, "SSL_write");
    enum assay_rc ended = assay_boringssl_wire_end(&tls->wire, out_size);
    return rc == ASSAY_OK ? ended : rc;
}

static enum assay_rc endpoint_read(assay_tls *tls, const uint8_t *in, size_t in_size, uint8_t *out,
                                   size_t out_room, size_t *out_size)
{
    enum assay_rc rc = ASSAY_OK;
    size_t used = 0, ignored;
    if (!tls->done)
        return assay_boringssl_refuse(ASSAY_INPUT, "the handshake has not finished");
    assay_boringssl_wire_begin(&tls->wire, in, in_size, NULL, 0);
    /* SSL reads no further than the record in hand, so an empty wire and nothing pending is the end. */
    while (rc == ASSAY_OK && (assay_boringssl_wire_has_input(&tls->wire) || SSL_pending(tls->ssl) > 0)) {
        size_t room = out_room - used;
        if (room == 0) {
            rc = assay_boringssl_refuse(ASSAY_INPUT, "no room for the plaintext");
            break;
        }
        int ret = SSL_read(tls->ssl, out + used, room > 1 << 30 ? 1 << 30 : (int)room);
        if (ret > 0)
            used += (size_t)ret;
        else
            rc = judge(tls, ret, "SSL_read");
    }
    *out_size = used;
    enum assay_rc ended = assay_boringssl_wire_end(&tls->wire, &ignored);
    return rc == ASSAY_OK ? ended : rc;
}

static enum assay_rc session_take(assay_tls *tls, assay_tls_session **out)
{
    *out = (assay_tls_session *)(void *)tls->session;
    tls->session = NULL;
    return *out ? ASSAY_OK : assay_boringssl_refuse(ASSAY_INPUT, "no ticket has arrived yet");
}

static void session_free(assay_tls_session *session)
{
    SSL_SESSION_free(library_session(session));
}

static enum assay_rc endpoint_info(assay_tls *tls, struct assay_tls_info *info)
{
    if (!tls->done)
        return assay_boringssl_refuse(ASSAY_INPUT, "the handshake has not finished");
    info->version = (uint16_t)SSL_version(tls->ssl);
    info->suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(tls->ssl));
    info->group = SSL_get_curve_id(tls->ssl);
    info->resumed = SSL_session_reused(tls->ssl) == 1;
    info->peer_verified = SSL_get_verify_result(tls->ssl) == X509_V_OK &&
                          SSL_get_verify_mode(tls->ssl) != SSL_VERIFY_NONE &&
                          SSL_get0_peer_certificates(tls->ssl) != NULL;
    return ASSAY_OK;
}

static enum assay_rc peer_certificate(assay_tls *tls, uint8_t *out, size_t *out_size)
{
    const STACK_OF(CRYPTO_BUFFER) *chain = tls->done ? SSL_get0_peer_certificates(tls->ssl) : NULL;
    if (!chain || sk_CRYPTO_BUFFER_num(chain) == 0)
        return assay_boringssl_refuse(ASSAY_INPUT, "the peer has shown no certificate");
    const CRYPTO_BUFFER *leaf = sk_CRYPTO_BUFFER_value(chain, 0);
    if (CRYPTO_BUFFER_len(leaf) > *out_size)
        return assay_boringssl_refuse(ASSAY_INPUT, "no room for a certificate of %zu bytes",
                                      CRYPTO_BUFFER_len(leaf));
    *out_size = CRYPTO_BUFFER_len(leaf);
    memcpy(out, CRYPTO_BUFFER_data(leaf), *out_size);
    return ASSAY_OK;
}

const struct assay_tls_ops assay_boringssl_tls = {
    .size = sizeof assay_boringssl_tls,
    .ctx_new = assay_boringssl_tls_ctx_new,
    .ctx_free = assay_boringssl_tls_ctx_free,
    .endpoint_new = endpoint_new,
    .endpoint_free = endpoint_free,
    .step = endpoint_step,
    .write = endpoint_write,
    .read = endpoint_read,
    .session_take = session_take,
    .session_free = session_free,
    .info = endpoint_info,
    .peer_certificate = peer_certificate,
};

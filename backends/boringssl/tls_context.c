/* SPDX-License-Identifier: Apache-2.0
 *
 * A TLS context, made as a server or client makes its one: certificates parsed, preferences set, a ticket key
 * inside. What the library refuses is found here once, for supports().
 */
#include "backends/boringssl/tls.h"

#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By default the library signs with Ed25519 but accepts it from nobody. SHA-1 is left out. */
static const uint16_t verify_prefs[] = {
    SSL_SIGN_ED25519,          SSL_SIGN_ECDSA_SECP256R1_SHA256, SSL_SIGN_RSA_PSS_RSAE_SHA256,
    SSL_SIGN_RSA_PKCS1_SHA256, SSL_SIGN_ECDSA_SECP384R1_SHA384, SSL_SIGN_RSA_PSS_RSAE_SHA384,
    SSL_SIGN_RSA_PKCS1_SHA384, SSL_SIGN_RSA_PSS_RSAE_SHA512,    SSL_SIGN_RSA_PKCS1_SHA512,
};
#define VERIFY_PREFS_COUNT (sizeof verify_prefs / sizeof *verify_prefs)

/* BoringSSL takes AES-128-GCM in TLS 1.3 and lets nobody choose; the same here for TLS 1.2. */
#define TLS_1_2_CIPHERS "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"

static uint16_t group_number(enum assay_alg group)
{
    return group == ASSAY_X25519 ? 29 : group == ASSAY_ECDH_P256 ? 23 : 0x11ec;
}

static const char *group_name(enum assay_alg group)
{
    switch ((int)group) {
    case ASSAY_X25519:
        return "X25519";
    case ASSAY_ECDH_P256:
        return "P-256";
    case ASSAY_X25519MLKEM768:
        return "X25519MLKEM768";
    }
    return NULL;
}

enum assay_rc assay_boringssl_tls_probe(assay_instance *instance)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    enum assay_rc rc = ASSAY_OK;
    instance->wire = assay_boringssl_wire_method();
    if (!ctx || !instance->wire)
        rc = assay_boringssl_fail(ASSAY_LIBRARY, "SSL_CTX_new");
    for (enum assay_alg group = ASSAY_X25519; rc == ASSAY_OK && group <= ASSAY_X25519MLKEM768; group++)
        if (!SSL_CTX_set1_curves_list(ctx, group_name(group)))
            snprintf(instance->no_group[group - ASSAY_X25519], sizeof instance->no_group[0],
                     LIBRARY_NAME " has no TLS group %s", group_name(group));
    ERR_clear_error();
    if (rc == ASSAY_OK && !SSL_CTX_set_verify_algorithm_prefs(ctx, verify_prefs, 1))
        snprintf(instance->no_ed25519_tls, sizeof instance->no_ed25519_tls, "TLS signature ed25519: %s",
                 assay_boringssl_reason());
    SSL_CTX_free(ctx);
    return rc;
}

/* Takes the first certificate off der. */
static X509 *take_certificate(struct assay_bytes *der)
{
    const uint8_t *p = der->data;
    X509 *x509 = d2i_X509(NULL, &p, (long)der->size);
    if (x509) {
        der->size -= (size_t)(p - der->data);
        der->data = p;
    }
    return x509;
}

static X509 *parse_certificate(struct assay_bytes der)
{
    X509 *x509 = take_certificate(&der);
    if (!x509 || der.size == 0)
        return x509;
    X509_free(x509);
    return NULL;
}

static enum assay_rc set_chain(SSL_CTX *ctx, const struct assay_tls_config *config)
{
    for (size_t i = 0; i < config->chain_count; i++) {
        X509 *x509 = parse_certificate(config->chain[i]);
        if (!x509)
            return assay_boringssl_fail(ASSAY_INPUT, "certificate");
        int set = i == 0 ? SSL_CTX_use_certificate(ctx, x509) : SSL_CTX_add1_chain_cert(ctx, x509);
        X509_free(x509);
        if (!set)
            return assay_boringssl_fail(ASSAY_INPUT, "certificate chain");
    }
    if (config->chain_count == 0)
        return ASSAY_OK;
    CBS der;
    CBS_init(&der, config->key.data, config->key.size);
    EVP_PKEY *key = EVP_parse_private_key(&der);
    int set = key && CBS_len(&der) == 0 && SSL_CTX_use_PrivateKey(ctx, key);
    EVP_PKEY_free(key);
    return set ? ASSAY_OK : assay_boringssl_fail(ASSAY_INPUT, "private key of the certificate");
}

static enum assay_rc set_trust(SSL_CTX *ctx, const struct assay_tls_config *config)
{
    int mode = SSL_VERIFY_NONE;
    if (config->role == ASSAY_TLS_CLIENT)
        mode = SSL_VERIFY_PEER;
    else if (config->verify_peer)
        mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(ctx, mode, NULL);
    if (mode == SSL_VERIFY_NONE)
        return ASSAY_OK;
    struct assay_bytes roots = config->root;
    do {
        X509 *root = take_certificate(&roots);
        if (!root)
            return assay_boringssl_fail(ASSAY_INPUT, "root certificate");
        int set = X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), root);
        X509_free(root);
        if (!set)
            return assay_boringssl_fail(ASSAY_LIBRARY, "X509_STORE_add_cert");
    } while (roots.size > 0);
    if (config->role == ASSAY_TLS_CLIENT && config->host &&
        !X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(ctx), config->host, strlen(config->host)))
        return assay_boringssl_fail(ASSAY_INPUT, "host name");
    return ASSAY_OK;
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    assay_tls *tls = SSL_get_app_data(ssl);
    SSL_SESSION_free(tls->session);
    tls->session = session;
    return 1; /* the reference is ours now */
}

static enum assay_rc set_tickets(SSL_CTX *ctx, const struct assay_tls_config *config)
{
    static const uint8_t id_context[] = "assay";
    int cache = SSL_SESS_CACHE_OFF;
    if (config->tickets && config->role == ASSAY_TLS_CLIENT) {
        cache = SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL;
        SSL_CTX_sess_set_new_cb(ctx, keep_session);
    }
    SSL_CTX_set_session_cache_mode(ctx, cache);
    if (!config->tickets)
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    /* One ticket, for libraries differ in how many they send unasked and each is paid for. */
    if (!SSL_CTX_set_num_tickets(ctx, config->tickets ? 1 : 0) ||
        !SSL_CTX_set_session_id_context(ctx, id_context, sizeof id_context))
        return assay_boringssl_fail(ASSAY_LIBRARY, "SSL_CTX_set_num_tickets");
    return ASSAY_OK;
}

/* In TLS 1.2 the list also names the curves a server's ECDSA key may be on (RFC 8422 section 5.1), so a
 * client must go on to offer those; the server, which accepts its one group only, makes it the one that is
 * used, and the end of the handshake checks it. */
static const char *offered_groups(const struct assay_tls_config *config)
{
    if (config->version == ASSAY_TLS_1_3 || config->role == ASSAY_TLS_SERVER)
        return group_name(config->group);
    return config->group == ASSAY_X25519 ? "X25519:P-256:P-384" : "P-256:P-384";
}

static enum assay_rc set_protocol(SSL_CTX *ctx, const struct assay_tls_config *config, bool ed25519)
{
    if (!SSL_CTX_set_min_proto_version(ctx, config->version) ||
        !SSL_CTX_set_max_proto_version(ctx, config->version))
        return assay_boringssl_fail(ASSAY_UNSUPPORTED, "TLS version");
    if (!SSL_CTX_set1_curves_list(ctx, offered_groups(config)))
        return assay_boringssl_fail(ASSAY_UNSUPPORTED, offered_groups(config));
    size_t skip = ed25519 ? 0 : 1;
    if (!SSL_CTX_set_strict_cipher_list(ctx, TLS_1_2_CIPHERS) ||
        !SSL_CTX_set_verify_algorithm_prefs(ctx, verify_prefs + skip, VERIFY_PREFS_COUNT - skip))
        return assay_boringssl_fail(ASSAY_LIBRARY, "TLS preferences");
#ifdef OPENSSL_IS_AWSLC
    if (!SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256"))
        return assay_boringssl_fail(ASSAY_LIBRARY, "SSL_CTX_set_ciphersuites");
#endif
    /* Left to itself the library completes a chain from the trust store, and sends the root too. */
    SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
    return ASSAY_OK;
}

static enum assay_rc check_config(assay_instance *instance, const struct assay_tls_config *config)
{
    if (config->version != ASSAY_TLS_1_2 && config->version != ASSAY_TLS_1_3)
        return assay_boringssl_refuse(ASSAY_INPUT, "TLS version %#x", config->version);
    if (!group_name(config->group))
        return assay_boringssl_refuse(ASSAY_INPUT, "algorithm %d is no TLS group", (int)config->group);
    if (config->version == ASSAY_TLS_1_2 && config->group == ASSAY_X25519MLKEM768)
        return assay_boringssl_refuse(ASSAY_UNSUPPORTED, "X25519MLKEM768 needs TLS 1.3");
    if (config->role == ASSAY_TLS_SERVER && config->chain_count == 0)
        return assay_boringssl_refuse(ASSAY_INPUT, "a server needs a certificate");
    return assay_boringssl_need(instance, ASSAY_OP_TLS, config->group);
}

enum assay_rc assay_boringssl_tls_ctx_new(assay_instance *instance, const struct assay_tls_config *config,
                                          assay_tls_ctx **out)
{
    *out = NULL;
    enum assay_rc rc = check_config(instance, config);
    if (rc != ASSAY_OK)
        return rc;
    assay_tls_ctx *ctx = assay_boringssl_new(sizeof *ctx);
    if (!ctx)
        return assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
    ctx->method = instance->wire;
    ctx->role = config->role;
    ctx->group = group_number(config->group);
    ctx->flush_tickets =
        config->role == ASSAY_TLS_SERVER && config->version == ASSAY_TLS_1_3 && config->tickets;
    ctx->ssl = SSL_CTX_new(TLS_method());
    ctx->host = config->host ? strdup(config->host) : NULL;
    if (!ctx->ssl || (config->host && !ctx->host))
        rc = assay_boringssl_fail(ASSAY_NOMEM, "SSL_CTX_new");
    if (rc == ASSAY_OK)
        rc = set_protocol(ctx->ssl, config, !*instance->no_ed25519_tls);
    if (rc == ASSAY_OK)
        rc = set_chain(ctx->ssl, config);
    if (rc == ASSAY_OK)
        rc = set_trust(ctx->ssl, config);
    if (rc == ASSAY_OK)
        rc = set_tickets(ctx->ssl, config);
    if (rc == ASSAY_OK)
        *out = ctx;
    else
        assay_boringssl_tls_ctx_free(ctx);
    return rc;
}

void assay_boringssl_tls_ctx_free(assay_tls_ctx *ctx)
{
    if (ctx) {
        SSL_CTX_free(ctx->ssl);
        free(ctx->host);
    }
    assay_boringssl_free(ctx, sizeof *ctx);
}

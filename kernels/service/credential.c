/* SPDX-License-Identifier: Apache-2.0
 *
 * A service's credential, held against all that could be wrong with it before a connection meets it.
 */
#include "kernels/service/credential.h"
#include "kernels/kernel.h"
#include "kernels/service/der.h"

#include <stdlib.h>
#include <string.h>

struct parts { /* of an identity */
    struct assay_bytes key, certificate;
};

bool assay_credential_cut(struct assay_bytes identity, struct assay_bytes *key,
                          struct assay_bytes *certificate)
{
    struct assay_bytes content;
    uint8_t tag;
    return assay_der_any(&identity, &tag, &content, key) &&
           assay_der_any(&identity, &tag, &content, certificate) && identity.size == 0;
}

static bool in_force(const struct assay_x509 *x, int64_t now)
{
    return x->not_before <= now && now <= x->not_after;
}

static bool same(struct assay_bytes a, struct assay_bytes b)
{
    return a.size > 0 && a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* Every root must be one; that which has the key id is the issuer. */
static const char *find_root(struct assay_bytes trust, struct assay_bytes key_id, struct assay_x509 *issuer)
{
    bool found = false;
    while (trust.size > 0) {
        struct assay_bytes content, whole;
        struct assay_x509 root;
        uint8_t tag;
        if (!assay_der_any(&trust, &tag, &content, &whole) || assay_x509_read(&root, whole) || !root.ca ||
            !root.signs_certificates || root.alg == ASSAY_ALG_NONE)
            return "the trust list has something that is no root";
        if (!found && same(root.key_id, key_id)) {
            *issuer = root;
            found = true;
        }
    }
    return found ? NULL : "the certificate is of a CA that is not on the trust list";
}

static const char *verify(const struct assay_credential_config *c, const struct assay_x509 *x,
                          const struct assay_x509 *issuer)
{
    assay_key *key = NULL;
    enum assay_rc rc = c->backend->sign->key_public(c->instance, issuer->alg, issuer->public_key.data,
                                                    issuer->public_key.size, &key);
    if (rc == ASSAY_OK)
        rc = assay_x509_verify(c->backend, key, issuer->alg, x);
    c->backend->sign->key_free(key);
    return rc == ASSAY_OK     ? NULL
           : rc == ASSAY_AUTH ? "the certificate's signature is not its CA's"
                              : "the root's key cannot be used";
}

/* The private key's public half is the certificate's. */
static const char *belong(const struct assay_credential_config *c, struct assay_bytes pkcs8,
                          const struct assay_x509 *x)
{
    uint8_t public_key[ASSAY_DER_MAX];
    size_t size = sizeof public_key;
    struct assay_bytes octets;
    enum assay_alg alg;
    assay_key *key = NULL;
    if (!assay_pkcs8_read(pkcs8, &alg, &octets))
        return "the key is malformed";
    enum assay_rc rc = c->backend->sign->key_private(c->instance, alg, octets.data, octets.size, &key);
    if (rc == ASSAY_OK)
        rc = c->backend->sign->key_export_public(key, public_key, &size);
    c->backend->sign->key_free(key);
    if (rc != ASSAY_OK)
        return "the key cannot be used";
    if (alg != x->alg || !same((struct assay_bytes){public_key, size}, x->public_key))
        return "key and certificate do not belong together";
    return NULL;
}

static const char *judge(const struct assay_credential_config *c, const struct parts *parts,
                         struct assay_bytes trust, int64_t now, struct assay_x509 *x)
{
    struct assay_x509 issuer = {0};
    const char *why = assay_x509_read(x, parts->certificate);
    if (!why && !c->serves_expired && !in_force(x, now))
        why = now > x->not_after ? "the certificate has expired" : "the certificate is not yet valid";
    if (!why &&
        (x->ca || !x->signs || !(c->role == ASSAY_TLS_SERVER ? x->server : x->client) || x->uris != 1))
        why = "the certificate is for another use";
    if (!why)
        why = find_root(trust, x->issuer_key_id, &issuer);
    if (!why && !in_force(&issuer, now))
        why = "the CA's root is not in force";
    if (!why)
        why = verify(c, x, &issuer);
    return why ? why : belong(c, parts->key, x);
}

const char *assay_credential_new(const struct assay_credential_config *c, struct assay_bytes identity,
                                 struct assay_bytes trust, int64_t now, struct assay_credential **out)
{
    struct assay_x509 x;
    struct parts parts;
    *out = NULL;
    const char *why = "it is no key and certificate";
    if (assay_credential_cut(identity, &parts.key, &parts.certificate))
        why = judge(c, &parts, trust, now, &x);
    if (why)
        return why;
    struct assay_credential *made = calloc(1, sizeof *made);
    if (!made)
        return "out of memory";
    const struct assay_tls_config config = {.size = sizeof config,
                                            .role = c->role,
                                            .version = ASSAY_TLS_1_3,
                                            .group = c->group,
                                            .chain = &parts.certificate,
                                            .chain_count = 1,
                                            .key = parts.key,
                                            .root = trust,
                                            .verify_peer = true,
                                            .host = c->host};
    if (c->backend->tls->ctx_new(c->instance, &config, &made->ctx) != ASSAY_OK) {
        free(made);
        return "the TLS library does not take key and certificate";
    }
    atomic_init(&made->references, 1);
    made->backend = c->backend;
    made->not_after = x.not_after;
    memcpy(made->serial, x.serial.data, made->serial_size = x.serial.size);
    *out = made;
    return NULL;
}

void assay_credential_hold(struct assay_credential *credential)
{
    atomic_fetch_add(&credential->references, 1);
}

void assay_credential_drop(struct assay_credential *credential)
{
    if (!credential || atomic_fetch_sub(&credential->references, 1) > 1)
        return;
    credential->backend->tls->ctx_free(credential->ctx);
    free(credential);
}

enum assay_rc assay_credential_issue(struct assay_ca *ca, const struct assay_ca_request *request,
                                     struct assay_audit *log, uint8_t *out, size_t *out_size)
{
    struct assay_ca_request r = *request;
    uint8_t private_key[32], public_key[65];
    size_t key_size, size;
    *out_size = 0;
    ASSAY_TRY(assay_ca_new_key(ca->backend, ca->instance, ca->alg, private_key, public_key, &size));
    r.alg = ca->alg;
    r.public_key = (struct assay_bytes){public_key, size};
    key_size = assay_pkcs8_write(r.alg, private_key, r.public_key, out);
    explicit_bzero(private_key, sizeof private_key);
    enum assay_rc rc = assay_ca_issue(ca, &r, log, out + key_size, &size);
    if (rc == ASSAY_OK)
        *out_size = key_size + size;
    else
        explicit_bzero(out, ASSAY_IDENTITY_MAX);
    return rc;
}

enum assay_rc assay_peer_is(const struct assay_backend *backend, assay_tls *end, const char *uri,
                            uint8_t *serial, size_t *serial_size)
{
    uint8_t der[ASSAY_DER_MAX];
    size_t size = sizeof der;
    struct assay_x509 x;
    if (backend->tls->peer_certificate(end, der, &size) != ASSAY_OK ||
        assay_x509_read(&x, (struct assay_bytes){der, size}) || x.uris != 1 || x.ca ||
        !same(x.uri[0], (struct assay_bytes){(const uint8_t *)uri, strlen(uri)}))
        return ASSAY_AUTH;
    if (serial)
        memcpy(serial, x.serial.data, *serial_size = x.serial.size);
    return ASSAY_OK;
}

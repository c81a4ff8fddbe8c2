/* SPDX-License-Identifier: Apache-2.0
 *
 * The private CA over a backend's sign, hash and rand tables.
 */
#include "kernels/service/ca.h"
#include "kernels/kernel.h"
#include "kernels/service/metrics.h"

#include <stdio.h>
#include <string.h>

enum assay_rc assay_x509_key_id(const struct assay_backend *backend, assay_hash *sha256,
                                struct assay_bytes public_key, uint8_t out[ASSAY_X509_KEY_ID])
{
    uint8_t digest[ASSAY_HASH_MAX];
    ASSAY_TRY(backend->hash->digest(sha256, digest, public_key.data, public_key.size));
    memcpy(out, digest, ASSAY_X509_KEY_ID);
    return ASSAY_OK;
}

/* RFC 5280 §4.1.2.2: positive, and of at most 20 octets; these have 127 random bits, of which one is set so
 * that all serial numbers have one length. */
static enum assay_rc new_serial(struct assay_ca *ca, uint8_t serial[ASSAY_X509_SERIAL])
{
    ASSAY_TRY(ca->backend->rand->bytes(ca->instance, serial, ASSAY_X509_SERIAL));
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    return ASSAY_OK;
}

static enum assay_rc sign_fields(struct assay_ca *ca, const struct assay_x509_fields *fields, uint8_t *out,
                                 size_t *out_size)
{
    uint8_t tbs[ASSAY_X509_MAX], signature[ASSAY_SIG_MAX];
    size_t signature_size = 0, size = assay_x509_write_tbs(fields, tbs);
    *out_size = 0;
    if (size == 0)
        return ASSAY_INPUT;
    ASSAY_TRY(assay_metrics_signed(ca->alg,
                                   ca->backend->sign->sign(ca->key, signature, &signature_size, tbs, size)));
    *out_size = assay_x509_write(ca->alg, (struct assay_bytes){tbs, size},
                                 (struct assay_bytes){signature, signature_size}, out);
    return *out_size > 0 ? ASSAY_OK : ASSAY_INPUT;
}

static struct assay_bytes name_of(const struct assay_ca *ca)
{
    return (struct assay_bytes){(const uint8_t *)ca->name, strlen(ca->name)};
}

enum assay_rc assay_ca_open(struct assay_ca *ca, const struct assay_backend *backend,
                            assay_instance *instance, enum assay_alg alg, const uint8_t private_key[32],
                            const char *name, int64_t not_before, int64_t not_after)
{
    uint8_t public_key[ASSAY_DER_MAX];
    size_t size = sizeof public_key;
    *ca = (struct assay_ca){.backend = backend, .instance = instance, .alg = alg};
    if (strlen(name) > ASSAY_X509_CN_MAX || !assay_x509_alg(alg))
        return ASSAY_INPUT;
    memcpy(ca->name, name, strlen(name));
    ASSAY_TRY(backend->hash->hash_new(instance, ASSAY_SHA256, &ca->hash));
    ASSAY_TRY(backend->sign->key_private(instance, alg, private_key, 32, &ca->key));
    ASSAY_TRY(backend->sign->key_export_public(ca->key, public_key, &size));
    struct assay_x509_fields fields = {.issuer_alg = alg,
                                       .alg = alg,
                                       .issuer = name_of(ca),
                                       .subject = name_of(ca),
                                       .not_before = not_before,
                                       .not_after = not_after,
                                       .public_key = {public_key, size},
                                       .ca = true};
    ASSAY_TRY(assay_x509_key_id(backend, ca->hash, fields.public_key, ca->key_id));
    memcpy(fields.key_id, ca->key_id, sizeof fields.key_id);
    memcpy(fields.issuer_key_id, ca->key_id, sizeof fields.issuer_key_id);
    ASSAY_TRY(new_serial(ca, fields.serial));
    return sign_fields(ca, &fields, ca->root, &ca->root_size);
}

void assay_ca_close(struct assay_ca *ca)
{
    if (ca->key)
        ca->backend->sign->key_free(ca->key);
    if (ca->hash)
        ca->backend->hash->hash_free(ca->hash);
    explicit_bzero(ca, sizeof *ca);
}

static enum assay_rc record(const struct assay_ca *ca, const struct assay_ca_request *r,
                            const struct assay_x509_fields *fields, enum assay_rc rc, struct assay_audit *log)
{
    const struct assay_audit_certificate certificate = {
        .time_ms = r->time_ms,
        .actor = r->actor,
        .subject = r->subject,
        .issuer_key_id = {ca->key_id, sizeof ca->key_id},
        .serial = {fields->serial, sizeof fields->serial},
        .uri = r->uri,
        .dns = r->dns,
        .not_before = r->not_before,
        .not_after = r->not_after,
        .result = rc == ASSAY_OK      ? ASSAY_AUDIT_OK
                  : rc == ASSAY_INPUT ? ASSAY_AUDIT_REFUSED
                                      : ASSAY_AUDIT_FAILED,
    };
    return assay_audit_append_certificate(log, &certificate);
}

enum assay_rc assay_ca_issue(struct assay_ca *ca, const struct assay_ca_request *r, struct assay_audit *log,
                             uint8_t *out, size_t *out_size)
{
    struct assay_x509_fields fields = {.issuer_alg = ca->alg,
                                       .alg = r->alg,
                                       .issuer = name_of(ca),
                                       .subject = r->subject,
                                       .not_before = r->not_before,
                                       .not_after = r->not_after,
                                       .public_key = r->public_key,
                                       .uri = r->uri,
                                       .dns = r->dns};
    *out_size = 0;
    ASSAY_TRY(new_serial(ca, fields.serial));
    ASSAY_TRY(assay_x509_key_id(ca->backend, ca->hash, r->public_key, fields.key_id));
    memcpy(fields.issuer_key_id, ca->key_id, sizeof fields.issuer_key_id);
    enum assay_rc rc = sign_fields(ca, &fields, out, out_size);
    enum assay_rc written = log ? record(ca, r, &fields, rc, log) : ASSAY_OK;
    if (rc == ASSAY_OK)
        rc = written;
    if (rc != ASSAY_OK) {
        explicit_bzero(out, ASSAY_X509_MAX);
        *out_size = 0;
    }
    return rc;
}

enum assay_rc assay_x509_verify(const struct assay_backend *backend, assay_key *issuer,
                                enum assay_alg issuer_alg, const struct assay_x509 *certificate)
{
    if (certificate->signature_alg != issuer_alg || certificate->signature.size > ASSAY_SIG_MAX)
        return ASSAY_AUTH;
    return assay_metrics_verified(
        issuer_alg, backend->sign->verify(issuer, certificate->signature.data, certificate->signature.size,
                                          certificate->tbs.data, certificate->tbs.size));
}

enum assay_rc assay_ca_new_key(const struct assay_backend *backend, assay_instance *instance,
                               enum assay_alg alg, uint8_t private_key[32], uint8_t *public_key,
                               size_t *public_size)
{
    uint8_t exported[ASSAY_DER_MAX];
    const struct assay_x509_alg *form = assay_x509_alg(alg);
    assay_key *key = NULL;
    enum assay_rc rc = form ? ASSAY_OK : ASSAY_INPUT;
    /* 1 scalar in 2^32 is beyond P-256's order, and refused. */
    for (int attempt = 0; rc == ASSAY_OK && !key && attempt < 4; attempt++) {
        rc = backend->rand->bytes(instance, private_key, 32);
        if (rc == ASSAY_OK)
            rc = backend->sign->key_private(instance, alg, private_key, 32, &key);
        if (rc == ASSAY_INPUT && attempt < 3)
            rc = ASSAY_OK;
    }
    *public_size = sizeof exported;
    if (rc == ASSAY_OK)
        rc = backend->sign->key_export_public(key, exported, public_size);
    if (rc == ASSAY_OK && *public_size != form->public_size)
        rc = ASSAY_LIBRARY;
    if (rc == ASSAY_OK)
        memcpy(public_key, exported, *public_size);
    else
        explicit_bzero(private_key, 32);
    backend->sign->key_free(key);
    return rc;
}

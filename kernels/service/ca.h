/* SPDX-License-Identifier: Apache-2.0
 *
 * A private CA: one key, one self-signed root, and short-lived certificates under it, each with its audit
 * record. Belongs to one thread. It proves no possession of the subject's key (the request is its caller's)
 * and keeps no list of what it revoked: certificates are short-lived instead.
 */
#ifndef ASSAY_SERVICE_CA_H
#define ASSAY_SERVICE_CA_H

#include "kernels/service/audit.h"
#include "kernels/service/x509.h"

struct assay_ca { /* starts zeroed */
    const struct assay_backend *backend;
    assay_instance *instance;
    enum assay_alg alg;
    assay_key *key;
    assay_hash *hash;
    char name[ASSAY_X509_CN_MAX + 1];
    uint8_t key_id[ASSAY_X509_KEY_ID];
    uint8_t root[ASSAY_X509_MAX]; /* its own certificate */
    size_t root_size;
};

struct assay_ca_request {
    enum assay_alg alg; /* of the subject's key */
    struct assay_bytes public_key;
    struct assay_bytes subject, uri, dns; /* as in x509.h */
    int64_t not_before, not_after;
    struct assay_bytes actor; /* who asked, for the record */
    uint64_t time_ms;         /* and when */
};

/* private_key: 32 octets, as backend.h has them; name: printable. The root is valid as told. */
enum assay_rc assay_ca_open(struct assay_ca *ca, const struct assay_backend *backend,
                            assay_instance *instance, enum assay_alg alg, const uint8_t private_key[32],
                            const char *name, int64_t not_before, int64_t not_after) ASSAY_MUST_CHECK;
void assay_ca_close(struct assay_ca *ca);

/* A certificate of a fresh serial number. out: ASSAY_X509_MAX. log: NULL, or where the record goes before
 * the certificate is handed out; when that fails there is no certificate. ASSAY_INPUT: the request is
 * refused, and recorded as refused where its text fits a record. */
enum assay_rc assay_ca_issue(struct assay_ca *ca, const struct assay_ca_request *request,
                             struct assay_audit *log, uint8_t *out, size_t *out_size) ASSAY_MUST_CHECK;

/* ASSAY_AUTH: the certificate's signature is not the issuer's key's, of its algorithm. */
enum assay_rc assay_x509_verify(const struct assay_backend *backend, assay_key *issuer,
                                enum assay_alg issuer_alg,
                                const struct assay_x509 *certificate) ASSAY_MUST_CHECK;

/* The first 20 octets of SHA-256 over the key's octets (RFC 7093 §2, method 1). */
enum assay_rc assay_x509_key_id(const struct assay_backend *backend, assay_hash *sha256,
                                struct assay_bytes public_key,
                                uint8_t out[ASSAY_X509_KEY_ID]) ASSAY_MUST_CHECK;

/* A new private key and its public half (room: 65). The octets are the backend's generator's. */
enum assay_rc assay_ca_new_key(const struct assay_backend *backend, assay_instance *instance,
                               enum assay_alg alg, uint8_t private_key[32], uint8_t *public_key,
                               size_t *public_size) ASSAY_MUST_CHECK;

#endif

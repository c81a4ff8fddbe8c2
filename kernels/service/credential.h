/* SPDX-License-Identifier: Apache-2.0
 *
 * Who a service is in mutual TLS: its key, the certificate of a private CA over it, and the roots that it
 * takes peers' certificates under, in one TLS context. Counted, for connections that are being opened go on
 * with the one they have while another takes its place.
 */
#ifndef ASSAY_SERVICE_CREDENTIAL_H
#define ASSAY_SERVICE_CREDENTIAL_H

#include "kernels/service/ca.h"

#include <stdatomic.h>

#define ASSAY_IDENTITY_MAX (ASSAY_PKCS8_MAX + ASSAY_X509_MAX)
#define ASSAY_TRUST_MAX    (4 * ASSAY_X509_MAX)

struct assay_credential {
    atomic_uint references;
    const struct assay_backend *backend;
    assay_tls_ctx *ctx;
    int64_t not_after;
    uint8_t serial[20];
    size_t serial_size;
};

struct assay_credential_config {
    const struct assay_backend *backend;
    assay_instance *instance;
    enum assay_tls_role role;
    enum assay_alg group;
    const char *host; /* client: the DNS name of the server */
    bool
        serves_expired; /* takes a certificate that is not in force: a safeguard left out, for drills alone */
};

/* identity: the key as PKCS#8, and behind it the certificate; trust: one root or more, one behind the other.
 * All DER. NULL: *out is a credential of one reference. Else why there is none: something is malformed, not
 * in force at now, of another CA, for another use, or key and certificate do not belong together. */
const char *assay_credential_new(const struct assay_credential_config *config, struct assay_bytes identity,
                                 struct assay_bytes trust, int64_t now,
                                 struct assay_credential **out) ASSAY_MUST_CHECK;
/* Key and certificate of an identity; false: it is not these two. */
bool assay_credential_cut(struct assay_bytes identity, struct assay_bytes *key,
                          struct assay_bytes *certificate) ASSAY_MUST_CHECK;
void assay_credential_hold(struct assay_credential *credential);
void assay_credential_drop(struct assay_credential *credential); /* accepts NULL */

/* A new key of the CA's algorithm and a certificate over it, as an identity. out: ASSAY_IDENTITY_MAX.
 * request: all but key and algorithm. */
enum assay_rc assay_credential_issue(struct assay_ca *ca, const struct assay_ca_request *request,
                                     struct assay_audit *log, uint8_t *out,
                                     size_t *out_size) ASSAY_MUST_CHECK;

/* The peer's certificate names exactly one URI, and it is this one. ASSAY_AUTH: it does not. serial: NULL, or
 * 20 octets, with its size in *serial_size. */
enum assay_rc assay_peer_is(const struct assay_backend *backend, assay_tls *end, const char *uri,
                            uint8_t *serial, size_t *serial_size) ASSAY_MUST_CHECK;

#endif

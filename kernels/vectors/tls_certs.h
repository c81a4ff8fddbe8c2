/* SPDX-License-Identifier: Apache-2.0
 *
 * TEST KEYS AND CERTIFICATES, public and worth nothing: what TLS is measured and tested with. For each of
 * three algorithms a chain root, intermediate, leaf; the server's leaf is for DNS name server.assay.test, the
 * client's is for client authentication. All DER; keys PKCS#8. Valid from 2020 to 2119. Made by
 * scripts/make-test-certs.
 */
#ifndef ASSAY_TLS_CERTS_H
#define ASSAY_TLS_CERTS_H

#include "backends/backend.h"

#define ASSAY_TLS_HOST "server.assay.test"

struct assay_tls_identity {
    enum assay_alg alg;
    struct assay_bytes root;
    struct assay_bytes server_chain[2]; /* leaf, intermediate */
    struct assay_bytes server_key;
    struct assay_bytes client_chain[2];
    struct assay_bytes client_key;
};

/* cert: ASSAY_ECDSA_P256_SHA256, ASSAY_ED25519, or ASSAY_RSA_2048_PKCS1_SHA256 (the certificates' own
 * signature; ASSAY_RSA_2048_PSS_SHA256, which TLS 1.3 signs with under the same key, finds it too). NULL:
 * there is none. */
const struct assay_tls_identity *assay_tls_identity(enum assay_alg cert);

#endif

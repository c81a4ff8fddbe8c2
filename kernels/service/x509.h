/* SPDX-License-Identifier: Apache-2.0
 *
 * X.509 certificates (RFC 5280) as a private CA writes them, and as a service reads them: P-256 and Ed25519,
 * names of one CN, a URI and a DNS name as SAN; and the PKCS#8 form of their keys. The signature is the
 * backend's matter (ca.h). Nothing here allocates.
 */
#ifndef ASSAY_SERVICE_X509_H
#define ASSAY_SERVICE_X509_H

#include "backends/backend.h"

#define ASSAY_X509_MAX    1024u /* of a certificate written here */
#define ASSAY_X509_SERIAL 16u
#define ASSAY_X509_KEY_ID 20u
#define ASSAY_X509_CN_MAX 64u  /* RFC 5280 App. A, ub-common-name */
#define ASSAY_X509_SAN    128u /* octets of a URI, and of a DNS name, written here */
#define ASSAY_X509_NAMES  4u   /* of a kind that are read */
#define ASSAY_PKCS8_MAX   160u

struct assay_x509_fields {          /* what a certificate is to say */
    enum assay_alg issuer_alg, alg; /* ASSAY_ED25519 or ASSAY_ECDSA_P256_SHA256, as below */
    uint8_t serial[ASSAY_X509_SERIAL];
    struct assay_bytes issuer, subject; /* CNs, 1 to ASSAY_X509_CN_MAX octets of printable ASCII */
    int64_t not_before, not_after;      /* seconds since the epoch, both inclusive; 1970 to 9999 */
    struct assay_bytes public_key;      /* as backend.h has it */
    uint8_t key_id[ASSAY_X509_KEY_ID], issuer_key_id[ASSAY_X509_KEY_ID];
    bool ca; /* signs certificates, and is no server or client: no SAN */
    struct assay_bytes uri,
        dns; /* 1 to ASSAY_X509_SAN octets of printable ASCII each, no space; empty: none */
};

/* The part that is signed. out: ASSAY_X509_MAX. 0: a field is not as said above. */
size_t assay_x509_write_tbs(const struct assay_x509_fields *fields, uint8_t *out);
/* The certificate of both. out: ASSAY_X509_MAX. 0: no room. */
size_t assay_x509_write(enum assay_alg issuer_alg, struct assay_bytes tbs, struct assay_bytes signature,
                        uint8_t *out);

struct assay_x509 {                                  /* points into what was read */
    struct assay_bytes tbs, serial, issuer, subject; /* names: the whole Name */
    enum assay_alg signature_alg, alg; /* NONE: another than those above, whose key is not looked into */
    struct assay_bytes signature, spki, public_key;
    int64_t not_before, not_after;
    struct assay_bytes key_id, issuer_key_id; /* empty: it says none */
    struct assay_bytes uri[ASSAY_X509_NAMES], dns[ASSAY_X509_NAMES];
    size_t uris, dnses;
    bool ca, signs_certificates, signs, server, client; /* what it may be used for */
};

/* NULL: der is one certificate of version 3, the whole of it; else why it is not. Nothing is verified. A
 * critical extension that is not understood here is a reason. */
const char *assay_x509_read(struct assay_x509 *certificate, struct assay_bytes der) ASSAY_MUST_CHECK;

/* The private key (32 octets, a seed or a scalar) with its public half. out: ASSAY_PKCS8_MAX. */
size_t assay_pkcs8_write(enum assay_alg alg, const uint8_t private_key[32], struct assay_bytes public_key,
                         uint8_t *out);
/* false: no key in the form in which it is written here. Points into der. */
bool assay_pkcs8_read(struct assay_bytes der, enum assay_alg *alg,
                      struct assay_bytes *private_key) ASSAY_MUST_CHECK;

/* x509_time.c. UTCTime to 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). text: 16 octets; its size.
 */
size_t assay_x509_write_time(int64_t seconds, char *text, uint8_t *tag);
bool assay_x509_read_time(uint8_t tag, struct assay_bytes text, int64_t *seconds) ASSAY_MUST_CHECK;

/* The identifiers that writer and reader share (x509.c): algorithms whole, extensions as octets of the OID.
 */
struct assay_x509_alg {
    enum assay_alg alg;
    struct assay_bytes signature, key; /* contents of the AlgorithmIdentifier of each */
    size_t public_size;
};
const struct assay_x509_alg *assay_x509_alg(enum assay_alg alg);
extern const struct assay_x509_alg assay_x509_algs[2];

/* The last octet of their OIDs 2.5.29.N; EKUs: of 1.3.6.1.5.5.7.3.N */
enum {
    ASSAY_OID_SKI = 14,
    ASSAY_OID_KU = 15,
    ASSAY_OID_SAN = 17,
    ASSAY_OID_BC = 19,
    ASSAY_OID_AKI = 35,
    ASSAY_OID_EKU = 37,
    ASSAY_OID_SERVER = 1,
    ASSAY_OID_CLIENT = 2
};

#endif

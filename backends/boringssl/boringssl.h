/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the BoringSSL adapter share. The same source serves Debian's BoringSSL (API 17),
 * BoringSSL's main branch and AWS-LC; OPENSSL_IS_AWSLC marks the few places where they part.
 */
#ifndef ASSAY_BACKENDS_BORINGSSL_H
#define ASSAY_BACKENDS_BORINGSSL_H

#include "backends/backend.h"

#include <openssl/base.h>
#include <openssl/bio.h>

#ifdef OPENSSL_IS_AWSLC
#define LIBRARY_NAME "AWS-LC"
#else
#define LIBRARY_NAME "BoringSSL"
#endif

struct assay_instance {
    BIO_METHOD *wire;        /* carries TLS over the caller's buffers */
    char no_ed25519_tls[96]; /* the library's refusals, as create() met them; "" where it agreed */
    char no_group[3][96];    /* by alg - ASSAY_X25519 */
};

/* Keeps "what: the library's reason" for last_error() of this thread, empties the error queue, returns rc. */
enum assay_rc assay_boringssl_fail(enum assay_rc rc, const char *what);
/* The same without asking the library, printf style. */
enum assay_rc assay_boringssl_refuse(enum assay_rc rc, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The library's text for its last error; empties the error queue. */
const char *assay_boringssl_reason(void);

/* ASSAY_OK where supports() is true; otherwise keeps its reason and returns ASSAY_UNSUPPORTED. */
enum assay_rc assay_boringssl_need(assay_instance *, enum assay_op, enum assay_alg) ASSAY_MUST_CHECK;

/* Zeroed memory on a cache line of its own; NULL when there is none. */
void *assay_boringssl_new(size_t size);
/* Wipes and frees; accepts NULL. */
void assay_boringssl_free(void *p, size_t size);

/* A checked EC key from a raw scalar or an uncompressed point, or a fresh one; NULL: see the error queue. */
EC_KEY *assay_boringssl_ec_private(int curve, const uint8_t *scalar, size_t size);
EC_KEY *assay_boringssl_ec_public(int curve, const uint8_t *point, size_t size);
EC_KEY *assay_boringssl_ec_generate(int curve);

/* pq.c: an ML-DSA-65 key from its seed or its public octets, or a fresh one; NULL: see the error queue. */
EVP_PKEY *assay_boringssl_ml_dsa_private(const uint8_t *seed, size_t size);
EVP_PKEY *assay_boringssl_ml_dsa_public(const uint8_t *key, size_t size);
EVP_PKEY *assay_boringssl_ml_dsa_generate(void);

/* Fills the TLS fields of the instance. */
enum assay_rc assay_boringssl_tls_probe(assay_instance *) ASSAY_MUST_CHECK;

extern const struct assay_aead_ops assay_boringssl_aead;
extern const struct assay_hash_ops assay_boringssl_hash;
extern const struct assay_mac_ops assay_boringssl_mac;
extern const struct assay_kdf_ops assay_boringssl_kdf;
extern const struct assay_wrap_ops assay_boringssl_wrap;
extern const struct assay_sign_ops assay_boringssl_sign;
extern const struct assay_kex_ops assay_boringssl_kex;
extern const struct assay_tls_ops assay_boringssl_tls;
extern const struct assay_rand_ops assay_boringssl_rand;
#ifdef OPENSSL_IS_AWSLC
extern const struct assay_kem_ops assay_boringssl_kem;
#endif

#endif

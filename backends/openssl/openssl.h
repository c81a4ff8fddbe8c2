/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the OpenSSL adapter share: the instance, and the record of what it can do.
 *
 * Written against OpenSSL 3.0's headers and run against any later release, so a feature is probed at run time
 * by its name, never by a macro of the headers.
 */
#ifndef ASSAY_OPENSSL_H
#define ASSAY_OPENSSL_H

#include "backends/backend.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdatomic.h>

#define OSSL_CELLS_MAX  96
#define OSSL_FORMS      11 /* rows of pkey.c's table */
#define OSSL_GENERATORS 8  /* kept an algorithm: as many threads generate keys at once at no extra cost */

/* One operation of one algorithm: what supports() and describe() answer, as found out by create(). */
struct ossl_cell {
    enum assay_op op;
    enum assay_alg alg;
    bool ok;
    char why[200];
    char algorithm[64];
    char provider[64];
};

typedef _Atomic(EVP_PKEY_CTX *) ossl_generator_slot;

/* Algorithms are fetched once and shared by all threads; those the library refuses stay NULL. All of them
 * come from a private library context, whose default properties are the instance's property query. */
struct assay_instance {
    OSSL_LIB_CTX *lib;
    OSSL_PROVIDER *provider, *base;
    bool fips_asked;
    EVP_CIPHER *aead[3]; /* from ASSAY_AES_128_GCM */
    EVP_MD *md[3];       /* from ASSAY_SHA256 */
    EVP_MAC *hmac;
    EVP_KDF *hkdf, *argon2id;
    EVP_CIPHER *wrap[2][3]; /* from ASSAY_AES_KW; KEKs of 16, 24, 32 bytes */
    ossl_generator_slot generator[OSSL_FORMS][OSSL_GENERATORS];
    BIO_METHOD *wire; /* TLS over the caller's buffers */
    struct ossl_cell cell[OSSL_CELLS_MAX];
    size_t cells;
};

/* error.c: keeps the oldest entry of the library's error queue (the cause), empties the queue, and returns
 * ASSAY_LIBRARY. what: the step that failed. */
enum assay_rc ossl_fail(const char *what);
/* The same, but ASSAY_AUTH when any entry is a verdict: releases differ in what they put around it. */
enum assay_rc ossl_judge(const char *what, bool (*is_verdict)(unsigned long code));
/* A reason of our own. */
enum assay_rc ossl_refuse(enum assay_rc rc, const char *why);
/* A verdict, not a fault: the queue is emptied so that it never grows. */
enum assay_rc ossl_verdict(void);
const char *ossl_error_text(void);

/* module.c: records a probe's answer. algorithm NULL: refused, for the reason kept by ossl_fail(). */
void ossl_record(assay_instance *instance, enum assay_op op, enum assay_alg alg, const char *algorithm,
                 const OSSL_PROVIDER *provider);
const struct ossl_cell *ossl_find(const assay_instance *instance, enum assay_op op, enum assay_alg alg);

/* pkey.c: how keys of an algorithm are written */
struct ossl_form {
    enum assay_alg alg;
    const char *type, *group;        /* OpenSSL's names; group: EC only */
    int nid;                         /* EC */
    int bits;                        /* RSA */
    size_t secret_size, public_size; /* 0: DER */
    bool seeded;                     /* the private key is its seed, a name OpenSSL has since 3.5 */
};
const struct ossl_form *ossl_form(enum assay_alg alg);
EVP_PKEY_CTX *ossl_generator(assay_instance *instance, const struct ossl_form *form);
enum assay_rc ossl_pkey_generate(assay_instance *instance, const struct ossl_form *form, EVP_PKEY **pkey);
enum assay_rc ossl_pkey_private(assay_instance *instance, const struct ossl_form *form, const uint8_t *in,
                                size_t in_size, EVP_PKEY **pkey);
enum assay_rc ossl_pkey_public(assay_instance *instance, const struct ossl_form *form, const uint8_t *in,
                               size_t in_size, EVP_PKEY **pkey);
/* *size: room in, used out */
enum assay_rc ossl_pkey_export(const EVP_PKEY *pkey, const struct ossl_form *form, uint8_t *out,
                               size_t *size);

/* Each family probes itself: fetches into the instance and records an answer for each algorithm. */
void ossl_aead_probe(assay_instance *instance);
void ossl_hash_probe(assay_instance *instance);
void ossl_mac_probe(assay_instance *instance);
void ossl_kdf_probe(assay_instance *instance);
void ossl_wrap_probe(assay_instance *instance);
void ossl_sign_probe(assay_instance *instance);
void ossl_kex_probe(assay_instance *instance);
void ossl_kem_probe(assay_instance *instance);
void ossl_pwhash_probe(assay_instance *instance);
void ossl_tls_probe(assay_instance *instance);
void ossl_rand_probe(assay_instance *instance);

extern const struct assay_aead_ops ossl_aead_ops;
extern const struct assay_hash_ops ossl_hash_ops;
extern const struct assay_mac_ops ossl_mac_ops;
extern const struct assay_kdf_ops ossl_kdf_ops;
extern const struct assay_wrap_ops ossl_wrap_ops;
extern const struct assay_sign_ops ossl_sign_ops;
extern const struct assay_kex_ops ossl_kex_ops;
extern const struct assay_kem_ops ossl_kem_ops;
extern const struct assay_pwhash_ops ossl_pwhash_ops;
extern const struct assay_tls_ops ossl_tls_ops;
extern const struct assay_rand_ops ossl_rand_ops;

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the readers of the two formats and the operations: one test at a time, from vec_begin to vec_end.
 * What is wrong first is what is told.
 */
#ifndef ASSAY_VECTORS_RUN_H
#define ASSAY_VECTORS_RUN_H

#include "bench/vectors/vectors.h"

#define VEC_OWNED_MAX 32

enum vec_expect { VEC_VALID, VEC_INVALID, VEC_ACCEPTABLE /* either way, but never with another output */ };

struct vec_run {
    struct assay_vectors *out;
    const char *path;
    const struct assay_backend *backend; /* NULL: only reading */
    assay_instance *instance;
    const char *library;
    /* the test in hand */
    enum vec_expect expect;
    enum assay_alg alg;
    char test[48];
    char comment[160];
    const json_t *flags; /* Wycheproof's */
    enum { VEC_GOING, VEC_WRONG, VEC_UNSUPPORTED, VEC_INAPPLICABLE } state;
    char what[300];
    void *owned[VEC_OWNED_MAX]; /* freed by vec_end */
    unsigned owned_count;
};

/* The file is broken: tells where and what, and nothing more of it is read. */
void vec_broken(struct vec_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool vec_is_broken(const struct vec_run *run);

void vec_begin(struct vec_run *run, const char *test, const char *comment, const json_t *flags,
               enum vec_expect expect);
void vec_end(struct vec_run *run);

/* backend.h has no such parameters. */
void vec_inapplicable(struct vec_run *run, const char *why);
void vec_wrong(struct vec_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Is there something to run it on? Otherwise the test is told as unsupported. */
bool vec_can(struct vec_run *run, enum assay_op op, enum assay_alg alg, const void *table);
/* A call that has to work, whatever the test expects. */
bool vec_works(struct vec_run *run, enum assay_rc rc, const char *call);
/* The call that the test's expectation is about. true: it was accepted, as it may be; now compare its output.
 */
bool vec_verdict(struct vec_run *run, enum assay_rc rc, const char *call);
void vec_compare(struct vec_run *run, const uint8_t *got, const uint8_t *want, size_t size, const char *what);

/* Memory of the test in hand: exactly so long that a sanitizer sees the octet beyond. NULL with size 0, and
 * when there is none: then the test is wrong, and says so. */
uint8_t *vec_alloc(struct vec_run *run, size_t size);
/* false: text is not hexadecimal, or there is no memory. */
bool vec_unhex(struct vec_run *run, const char *text, struct assay_bytes *out);
/* Big-endian number in exactly `size` octets; false when it does not fit. */
bool vec_number(struct vec_run *run, struct assay_bytes in, size_t size, struct assay_bytes *out);

/* The operations, one file a family. */
struct vec_aead {
    struct assay_bytes key, iv, aad, msg, ct, tag; /* msg is not looked at in an invalid test */
};
void vec_run_aead(struct vec_run *run, enum assay_alg alg, const struct vec_aead *v);

void vec_run_hash(struct vec_run *run, enum assay_alg alg, struct assay_bytes msg, struct assay_bytes md);
/* CAVP's Monte Carlo chain: seed becomes the next seed, which is compared with md. */
void vec_run_hash_chain(struct vec_run *run, enum assay_alg alg, uint8_t *seed, struct assay_bytes md);
void vec_run_mac(struct vec_run *run, enum assay_alg alg, struct assay_bytes key, struct assay_bytes msg,
                 struct assay_bytes tag);
void vec_run_hkdf(struct vec_run *run, enum assay_alg alg, const struct assay_hkdf_input *in, size_t size,
                  struct assay_bytes okm);

enum vec_direction { VEC_WRAP = 1, VEC_UNWRAP = 2, VEC_BOTH = 3 };
void vec_run_wrap(struct vec_run *run, enum assay_alg alg, enum vec_direction direction,
                  struct assay_bytes kek, struct assay_bytes msg, struct assay_bytes ct);

void vec_run_verify(struct vec_run *run, enum assay_alg alg, struct assay_bytes public_key,
                    struct assay_bytes msg, struct assay_bytes sig);
void vec_run_sign(struct vec_run *run, enum assay_alg alg, struct assay_bytes private_key,
                  struct assay_bytes msg, struct assay_bytes sig);
void vec_run_kex(struct vec_run *run, enum assay_alg alg, struct assay_bytes scalar, struct assay_bytes peer,
                 struct assay_bytes secret);

void vec_run_kem_keygen(struct vec_run *run, enum assay_alg alg, struct assay_bytes seed,
                        struct assay_bytes public_key);
void vec_run_kem_public(struct vec_run *run, enum assay_alg alg, struct assay_bytes public_key);
void vec_run_decapsulate(struct vec_run *run, enum assay_alg alg, struct assay_bytes seed,
                         struct assay_bytes ciphertext, struct assay_bytes secret);

/* DER (X.690) as backend.h wants it, of big-endian numbers: SEQUENCE of two INTEGERs (an ECDSA signature, an
 * RSAPublicKey). */
bool vec_der_pair(struct vec_run *run, struct assay_bytes a, struct assay_bytes b, struct assay_bytes *out);
/* The RSAPrivateKey inside a PKCS#8 PrivateKeyInfo (RFC 5208); false when it is none. */
bool vec_pkcs8_inner(struct assay_bytes pkcs8, struct assay_bytes *out);

/* A test that a library is known to answer otherwise than the vectors say. */
struct vec_deviation {
    const char *library; /* as the instance's identity names it */
    enum assay_alg alg;
    const char *flag; /* of the Wycheproof test */
    const char *why;
};
extern const struct vec_deviation vec_deviations[]; /* ends with a library NULL */

/* The readers. Each sets run->out->kind. */
void vec_wycheproof(struct vec_run *run);
void vec_cavp(struct vec_run *run);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Published keys, signatures and shared secrets, each with its source. Octets are hexadecimal text, in the
 * formats of backend.h; assay_hex() reads them.
 */
#ifndef ASSAY_VECTORS_ASYM_H
#define ASSAY_VECTORS_ASYM_H

#include "kernels/vectors/vectors.h"

struct assay_test_key {
    const char *source;
    const char *private_key, *public_key;
    const char *other_public; /* of another key of the same kind: it must verify nothing of this one's */
};

struct assay_sign_vector {
    const char *source;
    enum assay_alg alg;
    const struct assay_test_key *key;
    const char *message, *signature;
};
/* The first of an algorithm is the one that is timed; ends with a NULL source. */
extern const struct assay_sign_vector assay_sign_vectors[];

/* Private halves, PKCS#1 DER: test keys, no published vectors (rsa_keys.c). */
#define ASSAY_RSA_TEST_KEYS 6u
extern const char *const assay_rsa_test_keys[ASSAY_RSA_TEST_KEYS];

struct assay_kex_vector {
    const char *source;
    enum assay_alg alg;
    const char *scalar, *public_value, *peer, *secret;
};
/* As above. */
extern const struct assay_kex_vector assay_kex_vectors[];

struct assay_kem_vector {
    const char *source;
    enum assay_alg alg;
    const char *seed, *public_key, *ciphertext, *secret;
};
/* As above: the first of an algorithm is the one that is timed. */
extern const struct assay_kem_vector assay_kem_vectors[];

#endif

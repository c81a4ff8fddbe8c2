/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the BoringCrypto adapter share.
 */
#ifndef ASSAY_BACKENDS_BORINGCRYPTO_H
#define ASSAY_BACKENDS_BORINGCRYPTO_H

#include "backends/backend.h"
#include "backends/boringcrypto/module_abi.h"

/* Keeps a text for last_error() of this thread, printf style, and returns rc. The module exports no error
 * queue, so the text is all that there is. */
enum assay_rc assay_boringcrypto_fail(enum assay_rc rc, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ASSAY_OK where supports() is true; otherwise keeps its reason and returns ASSAY_UNSUPPORTED. */
enum assay_rc assay_boringcrypto_need(enum assay_op, enum assay_alg) ASSAY_MUST_CHECK;

/* Zeroed memory on a cache line of its own; NULL when there is none. */
void *assay_boringcrypto_new(size_t size);
/* Wipes and frees; accepts NULL. */
void assay_boringcrypto_free(void *p, size_t size);

/* An EC key from a raw scalar or an uncompressed point that is on the curve, or a fresh one; else NULL. */
struct ec_key *assay_boringcrypto_ec_private(int curve, const uint8_t *scalar, size_t size);
struct ec_key *assay_boringcrypto_ec_public(int curve, const uint8_t *point, size_t size);
struct ec_key *assay_boringcrypto_ec_generate(int curve);

/* SHA-2 in one call; false: the module failed. */
bool assay_boringcrypto_sha256(const uint8_t *in, size_t in_size, uint8_t *out);
bool assay_boringcrypto_sha384(const uint8_t *in, size_t in_size, uint8_t *out);

extern const struct assay_aead_ops assay_boringcrypto_aead;
extern const struct assay_hash_ops assay_boringcrypto_hash;
extern const struct assay_mac_ops assay_boringcrypto_mac;
extern const struct assay_sign_ops assay_boringcrypto_sign;
extern const struct assay_kex_ops assay_boringcrypto_kex;
extern const struct assay_rand_ops assay_boringcrypto_rand;

#endif

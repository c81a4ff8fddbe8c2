/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the libsodium adapter share: the instance, the error text and one table per family.
 */
#ifndef ASSAY_BACKENDS_SODIUM_H
#define ASSAY_BACKENDS_SODIUM_H

#include "backends/backend.h"

struct assay_instance {
    bool has_aes256gcm; /* libsodium decides at run time: it has no portable AES */
};

/* Keeps the text for last_error() of this thread and returns rc. */
enum assay_rc assay_sodium_fail(enum assay_rc rc, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ASSAY_OK where supports() is true; otherwise keeps its reason and returns ASSAY_UNSUPPORTED. */
enum assay_rc assay_sodium_need(assay_instance *, enum assay_op, enum assay_alg) ASSAY_MUST_CHECK;

/* Zeroed memory on a cache line of its own; NULL when there is none. */
void *assay_sodium_new(size_t size);
/* Wipes and frees; accepts NULL. */
void assay_sodium_free(void *p, size_t size);

extern const struct assay_aead_ops assay_sodium_aead;
extern const struct assay_hash_ops assay_sodium_hash;
extern const struct assay_mac_ops assay_sodium_mac;
extern const struct assay_kdf_ops assay_sodium_kdf;
extern const struct assay_sign_ops assay_sodium_sign;
extern const struct assay_kex_ops assay_sodium_kex;
extern const struct assay_rand_ops assay_sodium_rand;
extern const struct assay_pwhash_ops assay_sodium_pwhash;

#endif

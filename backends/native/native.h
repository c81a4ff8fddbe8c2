/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the native module share: the instance, the error text and one table per family.
 */
#ifndef ASSAY_NATIVE_NATIVE_H
#define ASSAY_NATIVE_NATIVE_H

#include "backends/backend.h"
#include "backends/native/aes_gcm/aes_gcm.h"
#include "backends/native/aes_wrap/aes_wrap.h"
#include "backends/native/chacha/chacha.h"
#include "backends/native/cpu.h"
#include "backends/native/pool.h"
#include "backends/native/sha2/sha2.h"
#include "backends/native/tuning.h"

/* What create() chose: a tier, from it the code for each primitive, and how that goes about it. */
struct assay_instance {
    const struct cpu_tier *tier;
    const struct gcm_variant *gcm;
    const struct chacha_variant *chacha;
    const struct aes_wrap_variant *wrap;
    const struct sha2_variant *sha256;
    const struct sha2_variant *sha512;
    struct tuning asked;  /* by options and profile */
    struct tuning tuning; /* in force: what was not asked for is the code's own */
    struct gcm_pace pace;
    uint32_t profile;  /* a check sum of what a profile sets; 0: none is in force */
    struct pool *pool; /* NULL: one thread for one message */
};

/* Keeps the text for last_error() of this thread and returns rc. */
enum assay_rc native_fail(enum assay_rc rc, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ASSAY_OK where supports() is true; otherwise keeps its reason and returns ASSAY_UNSUPPORTED. */
enum assay_rc native_need(assay_instance *, enum assay_op, enum assay_alg) ASSAY_MUST_CHECK;

/* Zeroed memory on a cache line of its own; NULL when there is none. */
void *native_new(size_t size);
/* Wipes and frees; accepts NULL. */
void native_free(void *p, size_t size);

/* The hash under a hash, HMAC or HKDF algorithm. */
void native_hash(const assay_instance *, enum assay_alg, struct sha2 *out);

/* tune.c: what options left open is the profile's, where there is one for this tier. path: NULL for the
 * user's own; "" or "none" for none. */
enum assay_rc native_load_profile(assay_instance *, const char *path) ASSAY_MUST_CHECK;
/* tune.c: makes instance->asked hold: the variant, the pace, and the values in force. */
enum assay_rc native_tune(assay_instance *) ASSAY_MUST_CHECK;

extern const struct assay_tune_ops native_tuning;
extern const struct assay_aead_ops native_aead;
extern const struct assay_hash_ops native_hashes;
extern const struct assay_mac_ops native_mac;
extern const struct assay_kdf_ops native_kdf;
extern const struct assay_wrap_ops native_wrap;
extern const struct assay_rand_ops native_rand;

#endif

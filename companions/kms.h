/* SPDX-License-Identifier: Apache-2.0
 *
 * Key management as a service sees it: keys that are used by handle and never leave. It has one AES-256 key
 * that wraps data keys and one P-256 key that signs, both made when it is opened.
 *
 * Conventions: as in store.h. A KMS may be used by several threads at once.
 */
#ifndef ASSAY_KMS_H
#define ASSAY_KMS_H

#include "backends/backend.h"

#define ASSAY_KMS_DEK_MAX  64u
#define ASSAY_KMS_OVERHEAD (ASSAY_NONCE_SIZE + ASSAY_TAG_SIZE)

struct assay_kms {
    const char *name; /* "inline", "softhsm", … */
    void *state;
    /* A data key of 16 to ASSAY_KMS_DEK_MAX bytes under the KMS's key: nonce, AES-256-GCM ciphertext, tag
     * (in_size + ASSAY_KMS_OVERHEAD bytes), with aad authenticated and not kept. */
    enum assay_rc (*wrap)(struct assay_kms *, uint8_t *out, struct assay_bytes dek,
                          struct assay_bytes aad) ASSAY_MUST_CHECK;
    /* ASSAY_AUTH: not wrapped by this KMS, or not for this aad. */
    enum assay_rc (*unwrap)(struct assay_kms *, uint8_t *dek, struct assay_bytes wrapped,
                            struct assay_bytes aad) ASSAY_MUST_CHECK;
    /* ECDSA with P-256 and SHA-256; sig holds ASSAY_SIG_MAX bytes and gets DER. */
    enum assay_rc (*sign)(struct assay_kms *, uint8_t *sig, size_t *sig_size,
                          struct assay_bytes message) ASSAY_MUST_CHECK;
    /* Whom sign() signs for: an uncompressed point. */
    enum assay_rc (*public_key)(struct assay_kms *, uint8_t point[65]) ASSAY_MUST_CHECK;
    /* There and back, and nothing done: what a call costs by itself. */
    enum assay_rc (*ping)(struct assay_kms *) ASSAY_MUST_CHECK;
    const char *(*last_error)(struct assay_kms *);
    void (*close)(struct assay_kms *); /* frees the KMS itself too */
};

/* inline.c: keys in this process's memory, used by the backend, which outlives it. ASSAY_UNSUPPORTED: the
 * backend lacks an algorithm. Its contexts are each thread's in turn, under a lock. */
enum assay_rc assay_kms_inline(const struct assay_backend *backend, assay_instance *instance,
                               struct assay_kms **out) ASSAY_MUST_CHECK;

/* remote_kms.c: in a process of its own, the program `host` with `name` as its argument, over socket pairs;
 * it ends with the KMS, or with this process. timeout_ms: for each call; 0: as long as it takes.
 * ASSAY_UNSUPPORTED: it cannot be had here; why. */
enum assay_rc assay_kms_remote(const char *host, const char *name, unsigned timeout_ms,
                               struct assay_kms **out, char *why, size_t why_size) ASSAY_MUST_CHECK;

/* For drills: the same one, in a fork of this process. inner must not be used until this one is closed. */
enum assay_rc assay_kms_apart(struct assay_kms *inner, unsigned timeout_ms, struct assay_kms **out, char *why,
                              size_t why_size) ASSAY_MUST_CHECK;
/* For drills: the process behind it ends, and calls fail from now on. false: there is none, or a delay is
 * before it. */
bool assay_kms_hang_up(struct assay_kms *);
/* For drills: it hangs from now on, or goes on. */
bool assay_kms_hang(struct assay_kms *, bool hangs);

#endif

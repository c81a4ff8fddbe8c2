/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the adapter to Intel's ipsec-mb share. One source serves 1.3 (Debian 12) and 2.0.
 */
#ifndef ASSAY_BACKENDS_IPSEC_MB_H
#define ASSAY_BACKENDS_IPSEC_MB_H

#include "backends/backend.h"

#define NO_COMPAT_IMB_API_053 /* without the old names, which have no prefix */
#include <intel-ipsec-mb.h>

struct assay_instance {
    /* Read only after create(), hence shared: the direct calls are functions that it points to and that do
     * not touch it. Jobs do, so a context that runs jobs has a manager of its own. */
    IMB_MGR *manager;
};

/* Keeps the text for last_error() of this thread, printf style, and returns rc. */
enum assay_rc assay_ipsec_mb_fail(enum assay_rc rc, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with the manager's own reason after the text. */
enum assay_rc assay_ipsec_mb_refused(IMB_MGR *manager, const char *what);
/* ASSAY_OK where supports() is true; otherwise keeps its reason and returns ASSAY_UNSUPPORTED. */
enum assay_rc assay_ipsec_mb_need(assay_instance *, enum assay_op, enum assay_alg) ASSAY_MUST_CHECK;

/* Set up for this CPU; NULL: no memory, or the library does not work here. Freed with free_mb_mgr(). */
IMB_MGR *assay_ipsec_mb_manager(void);

/* Zeroed memory on a cache line of its own; NULL when there is none. */
void *assay_ipsec_mb_new(size_t size);
/* Wipes and frees; accepts NULL. */
void assay_ipsec_mb_free(void *p, size_t size);

/* With SAFE_PARAM the library refuses a null pointer even where its length is 0. */
static inline const uint8_t *assay_ipsec_mb_in(const uint8_t *p)
{
    static const uint8_t none[1];
    return p ? p : none;
}

/* chacha20_poly1305.c: its context, part of struct assay_aead */
struct ipsec_mb_chacha {
    IMB_MGR *manager; /* its own: one-shot goes through jobs */
    uint8_t key[32];
    struct chacha20_poly1305_context_data stream;
};
/* Encrypts or decrypts in_size bytes, and computes the tag. */
enum assay_rc assay_ipsec_mb_chacha(struct ipsec_mb_chacha *, IMB_CIPHER_DIRECTION, uint8_t *out,
                                    uint8_t *tag, const uint8_t *nonce, struct assay_bytes in,
                                    struct assay_bytes aad) ASSAY_MUST_CHECK;

extern const struct assay_aead_ops assay_ipsec_mb_aead;
extern const struct assay_hash_ops assay_ipsec_mb_hash;
extern const struct assay_mac_ops assay_ipsec_mb_mac;

#endif

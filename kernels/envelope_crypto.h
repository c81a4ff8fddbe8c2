/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes composed of one instance's operations: its generator, its AEAD, its key wrap. No message
 * allocates memory of ours; each DEK is wiped before the function that had it returns.
 */
#ifndef ASSAY_ENVELOPE_CRYPTO_H
#define ASSAY_ENVELOPE_CRYPTO_H

#include "kernels/envelope_format.h"

struct assay_envelope { /* one suite on one instance; belongs to one thread */
    const struct assay_backend *backend;
    assay_instance *instance;
    enum assay_envelope_suite suite;
    assay_aead *payload; /* AES-256-GCM, given each message's DEK by rekey() */
};

struct assay_envelope_kek {
    uint8_t id[ASSAY_ENVELOPE_ID_MAX];
    size_t id_size;
    assay_aead *aead; /* suite 1 */
    assay_wrap *wrap; /* suite 2 */
};

/* What a message takes from the generator. In this order, for AES-KW needs no wrap_nonce. */
struct assay_envelope_random {
    uint8_t dek[ASSAY_ENVELOPE_DEK_SIZE];
    uint8_t nonce[ASSAY_NONCE_SIZE];
    uint8_t wrap_nonce[ASSAY_NONCE_SIZE];
};

enum assay_rc assay_envelope_init(struct assay_envelope *e, const struct assay_backend *backend,
                                  assay_instance *instance, enum assay_envelope_suite suite) ASSAY_MUST_CHECK;
void assay_envelope_clear(struct assay_envelope *e); /* accepts a zeroed one */
enum assay_rc assay_envelope_kek_init(const struct assay_envelope *e, struct assay_envelope_kek *kek,
                                      const uint8_t key[32], const uint8_t *id,
                                      size_t id_size) ASSAY_MUST_CHECK;
void assay_envelope_kek_clear(const struct assay_envelope *e, struct assay_envelope_kek *kek);

/* out holds assay_envelope_size() bytes. */
enum assay_rc assay_envelope_seal(struct assay_envelope *e, const struct assay_envelope_kek *kek,
                                  uint8_t *out, struct assay_bytes in,
                                  struct assay_bytes aad) ASSAY_MUST_CHECK;
/* The same with the random octets given: for known answers, and for inputs that all instances share. */
enum assay_rc assay_envelope_seal_with(struct assay_envelope *e, const struct assay_envelope_kek *kek,
                                       const struct assay_envelope_random *random, uint8_t *out,
                                       struct assay_bytes in, struct assay_bytes aad) ASSAY_MUST_CHECK;
/* out holds the message: sealed.size - 16 of the view. The caller has chosen kek by the view's key id.
 * ASSAY_AUTH: it is no envelope of this suite, or not under this KEK, or it was altered. */
enum assay_rc assay_envelope_open(struct assay_envelope *e, const struct assay_envelope_kek *kek,
                                  uint8_t *out, struct assay_bytes envelope,
                                  struct assay_bytes aad) ASSAY_MUST_CHECK;
/* In place: the head and the wrapped DEK are rewritten, the payload is neither read nor moved, so both key
 * ids have one size. */
enum assay_rc assay_envelope_rewrap(struct assay_envelope *e, const struct assay_envelope_kek *from,
                                    const struct assay_envelope_kek *to, uint8_t *envelope,
                                    size_t size) ASSAY_MUST_CHECK;
enum assay_rc assay_envelope_rewrap_with(struct assay_envelope *e, const struct assay_envelope_kek *from,
                                         const struct assay_envelope_kek *to,
                                         const uint8_t wrap_nonce[ASSAY_NONCE_SIZE], uint8_t *envelope,
                                         size_t size) ASSAY_MUST_CHECK;

#endif

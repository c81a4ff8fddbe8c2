/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of a service, found by their name (kid). One key has one purpose: it comes with its algorithm, is
 * there to sign or to verify, and the same key is refused under a second name. A keyset belongs to one
 * thread, as the backend's contexts in it do.
 */
#ifndef ASSAY_KEYSET_H
#define ASSAY_KEYSET_H

#include "backends/backend.h"

#define ASSAY_KEYSET_KEYS 16u
#define ASSAY_KID_MAX     64u
#define ASSAY_USUAL_MAX   136u /* characters of a usual header */

/* RFC 7518 §3.1, RFC 8037 §3.1 */
enum assay_jws_alg { ASSAY_EDDSA = 1, ASSAY_ES256, ASSAY_RS256, ASSAY_HS256 };
enum assay_key_purpose { ASSAY_KEY_SIGNS = 1, ASSAY_KEY_VERIFIES };

struct assay_keyset_key {
    char kid[ASSAY_KID_MAX];
    size_t kid_size;
    enum assay_jws_alg alg;
    enum assay_key_purpose purpose;
    assay_key *key; /* EdDSA, ES256, RS256 */
    assay_mac *mac; /* HS256 */
    /* {"alg":…,"kid":…,"typ":"JWT"} in base64url, as assay_token_sign() writes it: a token that begins so
     * names this key, and its header need not be parsed. Empty where the kid would have to be escaped. */
    char usual[ASSAY_USUAL_MAX];
    size_t usual_size;
    uint8_t fingerprint[32]; /* SHA-256 of the public key, or of the secret */
};

struct assay_keyset {
    const struct assay_backend *backend;
    assay_instance *instance;
    struct assay_keyset_key keys[ASSAY_KEYSET_KEYS];
    size_t count;
};

void assay_keyset_init(struct assay_keyset *, const struct assay_backend *, assay_instance *);
void assay_keyset_clear(struct assay_keyset *); /* frees the keys */

/* octets: what backend.h takes as a private or public key, or a secret of 32 bytes at least (RFC 7518 §3.2).
 * ASSAY_INPUT: the set is full, the name empty, too long or there already, the key there already under any
 * name, or no key of that algorithm. */
enum assay_rc assay_keyset_add(struct assay_keyset *, struct assay_bytes kid, enum assay_jws_alg,
                               enum assay_key_purpose, struct assay_bytes octets) ASSAY_MUST_CHECK;
/* NULL: there is none with that name and purpose */
const struct assay_keyset_key *assay_keyset_find(const struct assay_keyset *, struct assay_bytes kid,
                                                 enum assay_key_purpose);
/* The key to verify with whose usual header this is; NULL: of none. */
const struct assay_keyset_key *assay_keyset_find_usual(const struct assay_keyset *,
                                                       struct assay_bytes header);
/* false: there was none */
bool assay_keyset_remove(struct assay_keyset *, struct assay_bytes kid);

/* "EdDSA", "ES256", …; NULL: no such algorithm */
const char *assay_jws_alg_name(enum assay_jws_alg);
/* What of backend.h serves it; RS256: with 2048 bits. ASSAY_ALG_NONE: no such algorithm. */
enum assay_op assay_jws_served(enum assay_jws_alg, enum assay_alg *served);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * JWS in its compact form (RFC 7515 §7.1): three texts, a signature over the first two. What the payload says
 * is the caller's business: token.h has the claims.
 *
 * The order of verification: size, segments, base64url, header, key, algorithm, signature. The key's own
 * algorithm is what verifies; a header that names another is refused (RFC 8725 §3.1).
 */
#ifndef ASSAY_JWS_H
#define ASSAY_JWS_H

#include "kernels/service/keyset.h"
#include "kernels/service/secret.h"

#define ASSAY_JWS_MAX 8192u /* characters of a token */
/* Decoded segments; a third of a byte may be lost to each. */
#define ASSAY_JWS_DECODED_MAX (ASSAY_JWS_MAX / 4u * 3u)

/* Closed: whatever is wrong with a token is one of these. Zeroed memory is not a valid token. */
enum assay_token_result {
    ASSAY_TOKEN_MALFORMED = 0,
    ASSAY_TOKEN_VALID,
    ASSAY_TOKEN_EXPIRED,
    ASSAY_TOKEN_BAD_SIG, /* also: the header names another algorithm than the key's */
    ASSAY_TOKEN_UNKNOWN_KID,
    ASSAY_TOKEN_NOT_YET_VALID,
    ASSAY_TOKEN_WRONG_AUD,
    ASSAY_TOKEN_WRONG_ISS,
    ASSAY_TOKEN_REPLAYED,
    ASSAY_TOKEN_REVOKED,
    ASSAY_TOKEN_WRONG_BINDING,
    ASSAY_TOKEN_RESULTS /* how many there are */
};
/* "valid", "bad_sig", …; NULL: no result */
const char *assay_token_result_name(enum assay_token_result);

struct assay_jws {
    struct assay_bytes header, payload, signature; /* in decoded */
    struct assay_bytes input;                      /* what is signed, in the token */
    const struct assay_keyset_key *key;            /* the one that verified it */
    uint8_t decoded[ASSAY_JWS_DECODED_MAX];
};

/* Verifies under the set's key that the header names. *result is ASSAY_TOKEN_VALID, MALFORMED, BAD_SIG or
 * UNKNOWN_KID; only if it is VALID is jws->payload there to be read. Not ASSAY_OK: there is no verdict. */
enum assay_rc assay_jws_verify(const struct assay_keyset *, const char *token, size_t size,
                               struct assay_jws *, enum assay_token_result *result) ASSAY_MUST_CHECK;
/* The same under this key, whatever key the header names, if any. */
enum assay_rc assay_jws_verify_under(const struct assay_keyset *, const struct assay_keyset_key *,
                                     const char *token, size_t size, struct assay_jws *,
                                     enum assay_token_result *result) ASSAY_MUST_CHECK;
/* The same under every key of the header's algorithm, one after the other, until one verifies: for tokens
 * without kid. A kid is not looked at. BAD_SIG: none does. */
enum assay_rc assay_jws_verify_any(const struct assay_keyset *, const char *token, size_t size,
                                   struct assay_jws *, enum assay_token_result *result) ASSAY_MUST_CHECK;
/* The header is the caller's to get right. *size: room in, used out; ASSAY_INPUT: the room is short, the
 * token too long, or the key is not there to sign. */
enum assay_rc assay_jws_sign(const struct assay_keyset *, const struct assay_keyset_key *,
                             struct assay_bytes header, struct assay_bytes payload, char *token,
                             size_t *size) ASSAY_MUST_CHECK;

#endif

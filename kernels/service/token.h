/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Web Tokens (RFC 7519) as an access token between services: a JWS whose payload says who issued it, for
 * whom, for how long, and once.
 *
 * After the signature (jws.h) the claims are looked at in this order: their types, iss, aud, exp, nbf, the
 * deny list, the binding, the replay. The replay comes last, so that a token that is refused for another
 * reason is not used up: who has stolen a bound token cannot burn it.
 */
#ifndef ASSAY_TOKEN_H
#define ASSAY_TOKEN_H

#include "companions/store.h"
#include "kernels/service/jws.h"

#define ASSAY_JTI_MAX         96u
#define ASSAY_SUB_MAX         255u
#define ASSAY_TOKEN_TIME_MAX  253402300799 /* the last second of the year 9999 */
#define ASSAY_THUMBPRINT_SIZE 32u          /* SHA-256 of the client's certificate in DER (RFC 8705 §3.1) */

struct assay_token_claims { /* to be signed; empty texts, zero times and NULL are left out */
    struct assay_bytes iss, sub, aud, jti;
    int64_t exp, nbf, iat;
    const uint8_t *thumbprint;
};

struct assay_token_policy { /* what a verifier expects */
    struct assay_bytes iss, aud;
    int64_t now, leeway;       /* seconds; the leeway is granted to exp and nbf alike */
    struct assay_store *store; /* used tokens (jti:…) and the deny list (revoked:…); NULL: neither is asked */
    bool deny_keys; /* the deny list has keys too (assay_token_revoke_key()): one more call of the store */
    bool any_key;   /* tokens come without kid: every key is tried (assay_jws_verify_any()) */
    const uint8_t *thumbprint; /* of the client's certificate: the token must be bound to it. NULL: the client
                                  has shown none, and a token that is bound to any is refused */
};

struct assay_token { /* what a valid token says */
    struct assay_jws jws;
    char jti[ASSAY_JTI_MAX], sub[ASSAY_SUB_MAX];
    size_t jti_size, sub_size; /* no sub: 0 */
    int64_t exp, nbf;          /* no nbf: 0 */
};

/* As assay_jws_sign(). */
enum assay_rc assay_token_sign(const struct assay_keyset *, const struct assay_keyset_key *,
                               const struct assay_token_claims *, char *token, size_t *size) ASSAY_MUST_CHECK;
/* Not ASSAY_OK: the library or the store failed, and the token is not to be honoured. */
enum assay_rc assay_token_verify(const struct assay_keyset *, const struct assay_token_policy *,
                                 const char *text, size_t size, struct assay_token *token,
                                 enum assay_token_result *result) ASSAY_MUST_CHECK;

/* The store's keys for a token's jti; the size, or 0 when the jti is empty or too long. */
size_t assay_token_replay_key(uint8_t key[ASSAY_STORE_KEY_MAX], struct assay_bytes jti);
size_t assay_token_revoked_key(uint8_t key[ASSAY_STORE_KEY_MAX], struct assay_bytes jti);
size_t assay_token_revoked_kid(uint8_t key[ASSAY_STORE_KEY_MAX],
                               struct assay_bytes kid); /* of a key's name */
/* Puts a token on the deny list, where it stays until it has expired. */
enum assay_rc assay_token_revoke(const struct assay_token_policy *, struct assay_bytes jti,
                                 int64_t exp) ASSAY_MUST_CHECK;
/* Puts a key on it, which somebody else has: all tokens that it verifies are REVOKED, whatever their jti,
 * where policies ask for it. until: the longest life of a token, or when the key has left every keyset. */
enum assay_rc assay_token_revoke_key(const struct assay_token_policy *, struct assay_bytes kid,
                                     int64_t until) ASSAY_MUST_CHECK;

#endif

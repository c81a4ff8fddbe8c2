/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of the token kernels' cases, and what their set-up and their proofs (token_prove.c) share.
 */
#ifndef ASSAY_TOKEN_KERNELS_H
#define ASSAY_TOKEN_KERNELS_H

#include "kernels/kernel.h"
#include "kernels/service/token.h"

#define KEY_ROOM   2048u
#define TOKEN_ROOM 2048u
#define RING       64u
#define NOW        1767225600 /* the service's clock stands still: 2026-01-01 */
#define TEXT(literal)                                                                                        \
    (struct assay_bytes)                                                                                     \
    {                                                                                                        \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                      \
    }

enum { PLAIN, BOUND };

struct ringed {
    char text[TOKEN_ROOM];
    size_t size;
    uint8_t replay_key[ASSAY_STORE_KEY_MAX];
    struct assay_bytes replay;
};

struct token_state {
    struct assay_keyset signer, verifier;
    const struct assay_keyset_key *key; /* the signer's */
    struct assay_token_claims claims;
    struct assay_token_policy policy;
    uint8_t thumbprint[ASSAY_THUMBPRINT_SIZE];
    uint8_t public[KEY_ROOM]; /* or the secret */
    size_t public_size;
    char jti[ASSAY_JTI_MAX], text[TOKEN_ROOM];
    size_t size;
    struct assay_token token;
    size_t verified, next; /* verdicts since the last check */
    struct ringed *ring;   /* token.verify only */
};

static inline enum assay_jws_alg assay_token_case_alg(const struct assay_case *c)
{
    return (enum assay_jws_alg)c->value[0];
}

/* A jti that no other case of this process has: they may share the store. */
void assay_token_next_jti(struct token_state *s);
/* A token of the claims as they stand, in s->text. */
enum assay_rc assay_token_make(struct token_state *s) ASSAY_MUST_CHECK;
/* The verdict on a token; what the store notes of it is forgotten. */
enum assay_rc assay_token_verdict(struct assay_case *c, const char *text, size_t size,
                                  enum assay_token_result *result) ASSAY_MUST_CHECK;

/* Published tokens under their keys, altered, and made anew where a signer has no choice. */
enum assay_rc assay_token_prove_vectors(struct assay_case *c, struct assay_proof *proof) ASSAY_MUST_CHECK;
/* Each a token that is right but for one claim; leaves a right one in s->text. */
enum assay_rc assay_token_prove_claims(struct assay_case *c, struct assay_proof *proof) ASSAY_MUST_CHECK;
/* HS256 over the verifier's public key, which everybody has (RFC 8725 §2.1), and no algorithm at all; of the
 * token in s->text. */
enum assay_rc assay_token_prove_confusion(struct assay_case *c, struct assay_proof *proof) ASSAY_MUST_CHECK;
/* Put on the deny list, and taken off it. */
enum assay_rc assay_token_prove_revoked(struct assay_case *c, struct assay_proof *proof) ASSAY_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the token kernels prove before they are timed: published tokens, a token wrong in each claim, and
 * those that confuse a verifier about the algorithm.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/service/base64url.h"
#include "kernels/service/token_kernels.h"
#include "kernels/vectors/jws.h"

#include <string.h>

static enum assay_rc prove_text(struct assay_case *c, struct assay_proof *proof, const char *what,
                                enum assay_token_result want)
{
    struct token_state *s = c->state;
    enum assay_token_result got;
    ASSAY_TRY(assay_token_verdict(c, s->text, s->size, &got));
    if (got != want)
        return assay_wrong(c, "%s: the token was found %s, not %s", what, assay_token_result_name(got),
                           assay_token_result_name(want));
    if (want == ASSAY_TOKEN_VALID)
        proof->answers++;
    else
        proof->negatives++;
    return ASSAY_OK;
}

/* The same of a token with the case's claims as they stand. */
static enum assay_rc prove_result(struct assay_case *c, struct assay_proof *proof, const char *what,
                                  enum assay_token_result want)
{
    ASSAY_TRY(assay_token_make(c->state));
    return prove_text(c, proof, what, want);
}

/* HS256 over the verifier's public key, which everybody has (RFC 8725 §2.1), and no algorithm at all. */
enum assay_rc assay_token_prove_confusion(struct assay_case *c, struct assay_proof *proof)
{
    static const char hs256[] = "{\"alg\":\"HS256\",\"kid\":\"2026-01\"}",
                      none[] = "{\"alg\":\"none\",\"kid\":\"2026-01\"}";
    struct token_state *s = c->state;
    uint8_t tag[ASSAY_HASH_MAX];
    const char *payload = strchr(s->text, '.');
    size_t payload_size = (size_t)(strchr(payload + 1, '.') - payload), at;
    char text[TOKEN_ROOM];
    at = ASSAY_BASE64URL_SIZE(sizeof none - 1);
    (void)assay_base64url_encode((const uint8_t *)none, sizeof none - 1, text);
    memcpy(text + at, payload, payload_size);
    text[at + payload_size] = '.';
    memcpy(s->text, text, s->size = at + payload_size + 1);
    ASSAY_TRY(prove_text(c, proof, "no algorithm", ASSAY_TOKEN_BAD_SIG));
    if (assay_token_case_alg(c) == ASSAY_HS256)
        return ASSAY_OK;
    memmove(text + ASSAY_BASE64URL_SIZE(sizeof hs256 - 1), text + at, payload_size + 1);
    at = ASSAY_BASE64URL_SIZE(sizeof hs256 - 1);
    (void)assay_base64url_encode((const uint8_t *)hs256, sizeof hs256 - 1, text);
    at += payload_size;
    assay_reference_hmac(ASSAY_HMAC_SHA256, tag, s->public, s->public_size, (const uint8_t *)text, at);
    (void)assay_base64url_encode(tag, 32, text + at + 1);
    memcpy(s->text, text, s->size = at + 1 + ASSAY_BASE64URL_SIZE(32));
    return prove_text(c, proof, "HS256 under the public key", ASSAY_TOKEN_BAD_SIG);
}

/* Each a token that is right but for one claim. */
enum assay_rc assay_token_prove_claims(struct assay_case *c, struct assay_proof *proof)
{
    struct token_state *s = c->state;
    const struct assay_token_claims right = s->claims;
    struct assay_token_claims *a = &s->claims;
    uint8_t other[ASSAY_THUMBPRINT_SIZE] = {1};
    ASSAY_TRY(prove_result(c, proof, "a right token", ASSAY_TOKEN_VALID));
    a->iss = TEXT("https://issuer.examples");
    ASSAY_TRY(prove_result(c, proof, "another issuer", ASSAY_TOKEN_WRONG_ISS));
    *a = right, a->aud = TEXT("https://payments.example");
    ASSAY_TRY(prove_result(c, proof, "another audience", ASSAY_TOKEN_WRONG_AUD));
    *a = right, a->exp = NOW - 10;
    ASSAY_TRY(prove_result(c, proof, "an old token", ASSAY_TOKEN_EXPIRED));
    *a = right, a->nbf = NOW + 11;
    ASSAY_TRY(prove_result(c, proof, "a token of tomorrow", ASSAY_TOKEN_NOT_YET_VALID));
    *a = right, a->jti = TEXT("");
    ASSAY_TRY(prove_result(c, proof, "a token without a jti", ASSAY_TOKEN_MALFORMED));
    *a = right, a->thumbprint = other;
    ASSAY_TRY(prove_result(c, proof, "another's certificate", ASSAY_TOKEN_WRONG_BINDING));
    if (c->value[1] == BOUND && c->kernel == &assay_token_verify_kernel) {
        *a = right, a->thumbprint = NULL;
        ASSAY_TRY(prove_result(c, proof, "a token that is not bound", ASSAY_TOKEN_WRONG_BINDING));
    }
    *a = right;
    return assay_token_make(s);
}

/* A published token under its published key, and altered. */
static enum assay_rc prove_vector(struct assay_case *c, struct assay_proof *proof, struct assay_keyset *set,
                                  const struct assay_jws_vector *v)
{
    struct token_state *s = c->state;
    struct assay_jws *jws = &s->token.jws;
    enum assay_token_result result;
    uint8_t key[KEY_ROOM];
    size_t size = strlen(v->token), key_size = assay_hex(key, sizeof key, v->public_key);
    ASSAY_TRY(
        assay_keyset_add(set, TEXT("v"), v->alg, ASSAY_KEY_VERIFIES, (struct assay_bytes){key, key_size}));
    ASSAY_TRY(assay_jws_verify_under(set, &set->keys[0], v->token, size, jws, &result));
    if (result != ASSAY_TOKEN_VALID || jws->payload.size != strlen(v->payload))
        return assay_wrong(c, "%s was found %s", v->source, assay_token_result_name(result));
    ASSAY_TRY(assay_expect(c, proof, v->source, jws->payload.data, v->payload, jws->payload.size));
    ASSAY_TRY(assay_jws_verify(set, v->token, size, jws, &result));
    if (result != ASSAY_TOKEN_MALFORMED)
        return assay_wrong(c, "%s has no kid and was found %s", v->source, assay_token_result_name(result));
    memcpy(s->text, v->token, size);
    s->text[size - 6] = s->text[size - 6] == 'A' ? 'B' : 'A';
    ASSAY_TRY(assay_jws_verify_under(set, &set->keys[0], s->text, size, jws, &result));
    if (result != ASSAY_TOKEN_BAD_SIG)
        return assay_wrong(c, "%s, altered, was found %s", v->source, assay_token_result_name(result));
    proof->negatives += 2;
    return ASSAY_OK;
}

/* The published token made anew, where a signer has no choice. */
static enum assay_rc prove_making(struct assay_case *c, struct assay_proof *proof, struct assay_keyset *set,
                                  const struct assay_jws_vector *v)
{
    struct token_state *s = c->state;
    uint8_t key[KEY_ROOM];
    if (v->alg == ASSAY_ES256)
        return ASSAY_OK;
    size_t key_size = assay_hex(key, sizeof key, v->private_key);
    ASSAY_TRY(assay_keyset_add(set, TEXT("v"), v->alg, ASSAY_KEY_SIGNS, (struct assay_bytes){key, key_size}));
    s->size = sizeof s->text;
    ASSAY_TRY(assay_jws_sign(
        set, &set->keys[0], (struct assay_bytes){(const uint8_t *)v->header, strlen(v->header)},
        (struct assay_bytes){(const uint8_t *)v->payload, strlen(v->payload)}, s->text, &s->size));
    if (s->size != strlen(v->token))
        return assay_wrong(c, "%s: the token has %zu characters", v->source, s->size);
    return assay_expect(c, proof, v->source, s->text, v->token, s->size);
}

enum assay_rc assay_token_prove_vectors(struct assay_case *c, struct assay_proof *proof)
{
    enum assay_rc rc = ASSAY_OK;
    for (const struct assay_jws_vector *v = assay_jws_vectors; v->source && rc == ASSAY_OK; v++) {
        struct assay_keyset set;
        if (v->alg != assay_token_case_alg(c))
            continue;
        assay_keyset_init(&set, c->backend, c->instance);
        rc = prove_vector(c, proof, &set, v);
        assay_keyset_clear(&set);
        if (rc == ASSAY_OK)
            rc = prove_making(c, proof, &set, v);
        assay_keyset_clear(&set);
    }
    return rc;
}

enum assay_rc assay_token_prove_revoked(struct assay_case *c, struct assay_proof *proof)
{
    struct token_state *s = c->state;
    uint8_t key[ASSAY_STORE_KEY_MAX];
    bool found;
    assay_token_next_jti(s);
    ASSAY_TRY(assay_token_revoke(&s->policy, s->claims.jti, s->claims.exp));
    ASSAY_TRY(prove_result(c, proof, "a token on the deny list", ASSAY_TOKEN_REVOKED));
    size_t size = assay_token_revoked_key(key, s->claims.jti);
    ASSAY_TRY(s->policy.store->del(s->policy.store, (struct assay_bytes){key, size}, &found));
    return prove_result(c, proof, "a token taken off the deny list", ASSAY_TOKEN_VALID);
}

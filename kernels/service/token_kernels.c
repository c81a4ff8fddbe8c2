/* SPDX-License-Identifier: Apache-2.0
 *
 * token: what an access token costs its issuer (token.sign) and the service that takes it (token.verify), as
 * a JWS with the claims of token.h. Keys are parsed once and reused.
 *
 * An operation of token.verify is the whole verdict: base64url, two JSON objects, key lookup, signature,
 * claims, deny list, replay. A token is good for one use, so each operation deletes the replay entry that it
 * has made: one call of the store more than a service pays. It goes round a ring of tokens, as no service
 * sees the same twice. Nothing allocates but the store.
 */
#include "kernels/service/token_kernels.h"
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/vectors/asym.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct assay_value algs[] = {
    {"eddsa", ASSAY_EDDSA}, {"es256", ASSAY_ES256}, {"rs256", ASSAY_RS256}, {"hs256", ASSAY_HS256}};
static const struct assay_value variants[] = {{"plain", PLAIN}, {"bound", BOUND}};
static const struct assay_param sign_params[] = {ASSAY_PARAM("algorithm", algs), {0}};
static const struct assay_param verify_params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("variant", variants), {0}};

static enum assay_op token_served(const struct assay_case *c, enum assay_alg *alg)
{
    return assay_jws_served(assay_token_case_alg(c), alg);
}

static bool token_supported(struct assay_case *c, char *why, size_t why_size)
{
    enum assay_alg alg;
    enum assay_op op = token_served(c, &alg);
    return assay_supported(c, op, alg, why, why_size);
}

/* The key of the sign kernels, or a secret, under one name in both sets. */
static enum assay_rc load_keys(struct assay_case *c)
{
    struct token_state *s = c->state;
    enum assay_jws_alg alg = assay_token_case_alg(c);
    enum assay_alg abi;
    uint8_t private[KEY_ROOM];
    size_t size = 32;
    if (token_served(c, &abi) == ASSAY_OP_MAC) {
        assay_fill(private, size, 1);
        memcpy(s->public, private, s->public_size = size);
    } else {
        const struct assay_sign_vector *v = assay_sign_vectors;
        while (v->source && v->alg != abi)
            v++;
        if (!v->source)
            return ASSAY_UNSUPPORTED;
        size = assay_hex(private, sizeof private, v->key->private_key);
        s->public_size = assay_hex(s->public, sizeof s->public, v->key->public_key);
    }
    enum assay_rc rc = assay_keyset_add(&s->signer, TEXT("2026-01"), alg, ASSAY_KEY_SIGNS,
                                        (struct assay_bytes){private, size});
    explicit_bzero(private, sizeof private);
    ASSAY_TRY(rc);
    ASSAY_TRY(assay_keyset_add(&s->verifier, TEXT("2026-01"), alg, ASSAY_KEY_VERIFIES,
                               (struct assay_bytes){s->public, s->public_size}));
    s->key = assay_keyset_find(&s->signer, TEXT("2026-01"), ASSAY_KEY_SIGNS);
    return ASSAY_OK;
}

static enum assay_rc sign_setup(struct assay_case *c)
{
    struct token_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    assay_keyset_init(&s->signer, c->backend, c->instance);
    assay_keyset_init(&s->verifier, c->backend, c->instance);
    s->claims = (struct assay_token_claims){.iss = TEXT("https://issuer.example"),
                                            .sub = TEXT("spiffe://example/ns/shop/sa/cart"),
                                            .aud = TEXT("https://orders.example"),
                                            .jti = TEXT("01JGFJJZ00Z6S3T9V4Q8R1M2N7"),
                                            .exp = NOW + 300,
                                            .nbf = NOW - 5,
                                            .iat = NOW};
    s->policy = (struct assay_token_policy){
        .iss = s->claims.iss, .aud = s->claims.aud, .now = NOW, .leeway = 10, .store = c->store};
    return load_keys(c);
}

static void token_teardown(struct assay_case *c)
{
    struct token_state *s = c->state;
    if (!s)
        return;
    assay_keyset_clear(&s->signer);
    assay_keyset_clear(&s->verifier);
    free(s->ring);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

void assay_token_next_jti(struct token_state *s)
{
    static atomic_ullong issued;
    int size = snprintf(s->jti, sizeof s->jti, "01JGFJJZ00-%015llu", atomic_fetch_add(&issued, 1));
    s->claims.jti = (struct assay_bytes){(const uint8_t *)s->jti, (size_t)size};
}

enum assay_rc assay_token_make(struct token_state *s)
{
    s->size = sizeof s->text;
    return assay_token_sign(&s->signer, s->key, &s->claims, s->text, &s->size);
}

enum assay_rc assay_token_verdict(struct assay_case *c, const char *text, size_t size,
                                  enum assay_token_result *result)
{
    struct token_state *s = c->state;
    uint8_t key[ASSAY_STORE_KEY_MAX];
    bool found;
    s->token.jti_size = 0;
    ASSAY_TRY(assay_token_verify(&s->verifier, &s->policy, text, size, &s->token, result));
    size_t key_size =
        assay_token_replay_key(key, (struct assay_bytes){(const uint8_t *)s->token.jti, s->token.jti_size});
    if (*result != ASSAY_TOKEN_VALID || !s->policy.store)
        return ASSAY_OK;
    return s->policy.store->del(s->policy.store, (struct assay_bytes){key, key_size}, &found);
}

static enum assay_rc verify_setup(struct assay_case *c)
{
    static const uint8_t certificate[] = "stands for a client's certificate in DER";
    ASSAY_TRY(sign_setup(c));
    struct token_state *s = c->state;
    s->ring = calloc(RING, sizeof *s->ring);
    if (!s->ring)
        return ASSAY_NOMEM;
    if (c->value[1] == BOUND) {
        assay_reference_hash(ASSAY_SHA256, s->thumbprint, certificate, sizeof certificate - 1);
        s->claims.thumbprint = s->policy.thumbprint = s->thumbprint;
    }
    for (struct ringed *r = s->ring; r < s->ring + RING; r++) {
        assay_token_next_jti(s);
        ASSAY_TRY(assay_token_make(s));
        memcpy(r->text, s->text, r->size = s->size);
        r->replay = (struct assay_bytes){r->replay_key, assay_token_replay_key(r->replay_key, s->claims.jti)};
    }
    return ASSAY_OK;
}

static enum assay_rc sign_run(struct assay_case *c, uint64_t n)
{
    struct token_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(assay_token_make(s));
    return assay_consume(s->text, s->size);
}

/* The last token is right; it is wiped, so that a run that signs nothing is seen. */
static enum assay_rc sign_check(struct assay_case *c)
{
    struct token_state *s = c->state;
    enum assay_token_result result;
    ASSAY_TRY(assay_token_verdict(c, s->text, s->size, &result));
    memset(s->text, 0, sizeof s->text);
    s->size = 0;
    if (result != ASSAY_TOKEN_VALID)
        return assay_wrong(c, "the token just made was found %s", assay_token_result_name(result));
    return ASSAY_OK;
}

static enum assay_rc sign_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct token_state *s = c->state;
    ASSAY_TRY(assay_token_prove_vectors(c, proof));
    ASSAY_TRY(assay_token_prove_claims(c, proof));
    ASSAY_TRY(assay_token_prove_confusion(c, proof));
    proof->deterministic = assay_token_case_alg(c) != ASSAY_ES256;
    ASSAY_TRY(sign_run(c, 1));
    assay_proof_output(proof, s->text, s->size);
    return sign_check(c);
}

static size_t sign_artifact_room(const struct assay_case *c)
{
    (void)c;
    return TOKEN_ROOM;
}

static enum assay_rc sign_show(struct assay_case *c, uint8_t *out, size_t room, size_t *size)
{
    struct token_state *s = c->state;
    ASSAY_TRY(assay_token_make(s));
    if (room < s->size)
        return ASSAY_INPUT;
    memcpy(out, s->text, *size = s->size);
    return ASSAY_OK;
}

static enum assay_rc sign_accept(struct assay_case *c, const uint8_t *in, size_t size)
{
    enum assay_token_result result;
    ASSAY_TRY(assay_token_verdict(c, (const char *)in, size, &result));
    if (result != ASSAY_TOKEN_VALID)
        return assay_wrong(c, "another library's token was found %s", assay_token_result_name(result));
    return ASSAY_OK;
}

static enum assay_rc verify_run(struct assay_case *c, uint64_t n)
{
    struct token_state *s = c->state;
    for (uint64_t i = 0; i < n; i++) {
        struct ringed *r = &s->ring[s->next++ % RING];
        enum assay_token_result result;
        bool found;
        ASSAY_TRY(assay_token_verify(&s->verifier, &s->policy, r->text, r->size, &s->token, &result));
        if (__builtin_expect(result != ASSAY_TOKEN_VALID, 0))
            return assay_wrong(c, "a valid token was found %s", assay_token_result_name(result));
        ASSAY_TRY(s->policy.store->del(s->policy.store, r->replay, &found));
        s->verified += found;
    }
    return assay_consume(&s->verified, sizeof s->verified);
}

/* run() has the verdicts; what is left to ask is whether the verifier still says no. */
static enum assay_rc verify_check(struct assay_case *c)
{
    struct token_state *s = c->state;
    struct ringed *r = &s->ring[s->next % RING];
    enum assay_token_result result;
    bool found;
    if (s->verified == 0)
        return assay_wrong(c, "nothing was verified");
    s->verified = 0;
    ASSAY_TRY(assay_token_verify(&s->verifier, &s->policy, r->text, r->size, &s->token, &result));
    ASSAY_TRY(assay_token_verify(&s->verifier, &s->policy, r->text, r->size, &s->token, &result));
    if (result != ASSAY_TOKEN_REPLAYED)
        return assay_wrong(c, "a token shown twice was found %s", assay_token_result_name(result));
    ASSAY_TRY(s->policy.store->del(s->policy.store, r->replay, &found));
    memcpy(s->text, r->text, s->size = r->size);
    s->text[s->size - 6] = s->text[s->size - 6] == 'A' ? 'B' : 'A';
    ASSAY_TRY(assay_token_verify(&s->verifier, &s->policy, s->text, s->size, &s->token, &result));
    if (result != ASSAY_TOKEN_BAD_SIG)
        return assay_wrong(c, "an altered token was found %s", assay_token_result_name(result));
    return ASSAY_OK;
}

static enum assay_rc verify_prove(struct assay_case *c, struct assay_proof *proof)
{
    ASSAY_TRY(assay_token_prove_vectors(c, proof));
    ASSAY_TRY(assay_token_prove_claims(c, proof));
    ASSAY_TRY(assay_token_prove_confusion(c, proof));
    ASSAY_TRY(assay_token_prove_revoked(c, proof));
    ASSAY_TRY(verify_run(c, RING + 1));
    return verify_check(c);
}

static const char *const sign_headline[] = {"eddsa", "es256", NULL};
static const char *const verify_headline[] = {"eddsa/plain", "es256/plain", NULL};

const struct assay_kernel assay_token_sign_kernel = {
    .id = "token.sign",
    .summary = "an access token (JWT, 7 claims) made: JSON, base64url, signature; RSA has 2048 bits",
    .source = "RFC 7515 §5.1, RFC 7519, RFC 8037",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = sign_params,
    .headline = sign_headline,
    .supported = token_supported,
    .served = token_served,
    .setup = sign_setup,
    .prove = sign_prove,
    .run = sign_run,
    .check = sign_check,
    .teardown = token_teardown,
    .artifact_room = sign_artifact_room,
    .show = sign_show,
    .accept = sign_accept,
};

const struct assay_kernel assay_token_verify_kernel = {
    .id = "token.verify",
    .summary = "the verdict on an access token: kid, signature, claims, deny list, replay (store in memory); "
               "'bound': to a client certificate too",
    .source = "RFC 7515 §5.2, RFC 7519 §4.1, RFC 8725, RFC 8705 §3",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .uses = ASSAY_USES_STORE,
    .params = verify_params,
    .headline = verify_headline,
    .supported = token_supported,
    .served = token_served,
    .setup = verify_setup,
    .prove = verify_prove,
    .run = verify_run,
    .check = verify_check,
    .teardown = token_teardown,
};

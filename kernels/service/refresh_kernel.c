/* SPDX-License-Identifier: Apache-2.0
 *
 * token.refresh: what an issuer pays for one use of an opaque refresh token (refresh.h): its hash, its grant
 * and its family's state from the store, a new token and its grant, the mark that the old one is used. Each
 * use brings the token that the one before has given.
 *
 * So that a run does not fill the store, each operation deletes what is kept of the token that it has used:
 * two calls of the store more than an issuer pays, who lets them expire.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/service/base64url.h"
#include "kernels/service/refresh.h"

#include <stdlib.h>
#include <string.h>

#define NOW      1767225600 /* the service's clock stands still: 2026-01-01 */
#define IDLE_S   1209600    /* 14 days */
#define FAMILY_S 7776000    /* 90 days */
#define TEXT(literal)                                                                                        \
    (struct assay_bytes)                                                                                     \
    {                                                                                                        \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                      \
    }
static const struct assay_bytes our_client = {(const uint8_t *)"shop-app", 8};
static const struct assay_bytes our_subject = {(const uint8_t *)"user-0182e4c1", 13};

static const struct assay_param none[] = {{0}};

struct refresh_state {
    struct assay_refresh refresh;
    struct assay_refresh_grant grant;
    char token[ASSAY_REFRESH_TEXT];
    uint64_t rotated; /* since the last check */
};

static bool refresh_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, why_size) &&
           assay_supported(c, ASSAY_OP_HASH, ASSAY_SHA256, why, why_size);
}

static enum assay_op refresh_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_SHA256;
    return ASSAY_OP_HASH;
}

static enum assay_rc refresh_setup(struct assay_case *c)
{
    struct refresh_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    ASSAY_TRY(assay_refresh_init(&s->refresh, c->backend, c->instance));
    s->refresh.store = c->store;
    s->refresh.now = NOW;
    s->refresh.idle = IDLE_S;
    s->refresh.family_max = FAMILY_S;
    return assay_store_told(c, assay_refresh_issue(&s->refresh, our_client, our_subject, s->token));
}

static void refresh_teardown(struct assay_case *c)
{
    struct refresh_state *s = c->state;
    if (!s)
        return;
    assay_refresh_clear(&s->refresh);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc use(struct assay_case *c, struct assay_bytes client, const char *token, size_t size,
                         char next[ASSAY_REFRESH_TEXT], enum assay_refresh_result *result)
{
    struct refresh_state *s = c->state;
    return assay_store_told(c, assay_refresh_use(&s->refresh, client, token, size, next, &s->grant, result));
}

static enum assay_rc refresh_run(struct assay_case *c, uint64_t n)
{
    struct refresh_state *s = c->state;
    for (uint64_t i = 0; i < n; i++) {
        enum assay_refresh_result result;
        ASSAY_TRY(use(c, our_client, s->token, sizeof s->token, s->token, &result));
        if (__builtin_expect(result != ASSAY_REFRESH_ROTATED, 0))
            return assay_wrong(c, "a right token was found %s", assay_refresh_result_name(result));
        ASSAY_TRY(assay_store_told(c, assay_refresh_forget(&s->refresh, s->grant.was)));
        s->rotated++;
    }
    return assay_consume(s->token, sizeof s->token);
}

static enum assay_rc expect(struct assay_case *c, struct assay_proof *proof, const char *what,
                            struct assay_bytes client, const char *token, size_t size,
                            enum assay_refresh_result want)
{
    enum assay_refresh_result got;
    char next[ASSAY_REFRESH_TEXT];
    ASSAY_TRY(use(c, client, token, size, next, &got));
    explicit_bzero(next, sizeof next);
    if (got != want)
        return assay_wrong(c, "%s was found %s, not %s", what, assay_refresh_result_name(got),
                           assay_refresh_result_name(want));
    if (proof)
        proof->negatives++;
    return ASSAY_OK;
}

/* The store has the newest token's grant under its SHA-256, as libmd computes it, and not the token. */
static enum assay_rc stored_right(struct assay_case *c, bool *right)
{
    struct refresh_state *s = c->state;
    uint8_t octets[32], key[8 + 32] = "refresh:", value[ASSAY_STORE_VALUE_MAX];
    size_t size;
    *right = false;
    if (!assay_base64url_decode(s->token, sizeof s->token, octets, sizeof octets, &size))
        return ASSAY_OK;
    assay_reference_hash(ASSAY_SHA256, key + 8, octets, sizeof octets);
    ASSAY_TRY(assay_store_told(
        c, c->store->get(c->store, (struct assay_bytes){key, sizeof key}, value, &size, right)));
    *right = *right && memmem(value, size, our_subject.data, our_subject.size) &&
             !memmem(value, size, octets, 32) && !memmem(value, size, s->token, sizeof s->token);
    explicit_bzero(octets, sizeof octets);
    return ASSAY_OK;
}

static enum assay_rc refresh_check(struct assay_case *c)
{
    struct refresh_state *s = c->state;
    bool right;
    if (s->rotated == 0)
        return assay_wrong(c, "no token was used");
    s->rotated = 0;
    ASSAY_TRY(stored_right(c, &right));
    if (!right)
        return assay_wrong(c, "the store does not hold the newest token's grant under its hash");
    if (s->grant.subject_size != our_subject.size ||
        memcmp(s->grant.subject, our_subject.data, our_subject.size) != 0)
        return assay_wrong(c, "the grant has another subject");
    return expect(c, NULL, "a token of another client", TEXT("another-app"), s->token, sizeof s->token,
                  ASSAY_REFRESH_WRONG_CLIENT);
}

/* Whoever shows a used token, honest or not, ends the family. */
static enum assay_rc prove_reuse(struct assay_case *c, struct assay_proof *proof)
{
    struct refresh_state *s = c->state;
    enum assay_refresh_result result;
    char old[ASSAY_REFRESH_TEXT];
    memcpy(old, s->token, sizeof old);
    ASSAY_TRY(use(c, our_client, old, sizeof old, s->token, &result));
    if (result != ASSAY_REFRESH_ROTATED)
        return assay_wrong(c, "a right token was found %s", assay_refresh_result_name(result));
    proof->answers++;
    ASSAY_TRY(assay_expect_differs(c, proof, "a use", s->token, old, sizeof old));
    ASSAY_TRY(expect(c, proof, "a used token", our_client, old, sizeof old, ASSAY_REFRESH_REUSED));
    ASSAY_TRY(expect(c, proof, "the family's newest token", our_client, s->token, sizeof s->token,
                     ASSAY_REFRESH_REVOKED));
    ASSAY_TRY(expect(c, proof, "a used token of a revoked family", our_client, old, sizeof old,
                     ASSAY_REFRESH_REVOKED));
    return assay_store_told(c, assay_refresh_issue(&s->refresh, our_client, our_subject, s->token));
}

/* Each refused, and none of them uses the token up. */
static enum assay_rc prove_refusals(struct assay_case *c, struct assay_proof *proof)
{
    struct refresh_state *s = c->state;
    char bad[ASSAY_REFRESH_TEXT + 1];
    for (size_t i = 0; i < ASSAY_REFRESH_TEXT; i++) {
        memcpy(bad, s->token, sizeof s->token);
        bad[i] = bad[i] == 'A' ? 'Q' : 'A';
        ASSAY_TRY(expect(c, proof, "another token", our_client, bad, sizeof s->token, ASSAY_REFRESH_UNKNOWN));
        ASSAY_TRY(expect(c, proof, "a truncated token", our_client, s->token, i, ASSAY_REFRESH_MALFORMED));
    }
    memcpy(bad, s->token, sizeof s->token);
    bad[ASSAY_REFRESH_TEXT] = 'A';
    ASSAY_TRY(expect(c, proof, "a longer token", our_client, bad, sizeof bad, ASSAY_REFRESH_MALFORMED));
    ASSAY_TRY(expect(c, proof, "another client's", TEXT("shop-app2"), s->token, sizeof s->token,
                     ASSAY_REFRESH_WRONG_CLIENT));
    s->refresh.now = NOW + IDLE_S;
    ASSAY_TRY(expect(c, proof, "an old token", our_client, s->token, sizeof s->token, ASSAY_REFRESH_EXPIRED));
    s->refresh.now = NOW;
    return ASSAY_OK;
}

static enum assay_rc refresh_prove(struct assay_case *c, struct assay_proof *proof)
{
    bool right;
    ASSAY_TRY(stored_right(c, &right));
    if (!right)
        return assay_wrong(c, "the store does not hold a token's grant under its SHA-256 by libmd");
    proof->answers++;
    ASSAY_TRY(prove_refusals(c, proof));
    ASSAY_TRY(refresh_run(c, 3));
    ASSAY_TRY(prove_refusals(c, proof));
    ASSAY_TRY(prove_reuse(c, proof));
    ASSAY_TRY(refresh_run(c, 1));
    return refresh_check(c);
}

static const char *const headline[] = {"", NULL};

const struct assay_kernel assay_token_refresh = {
    .id = "token.refresh",
    .summary =
        "an opaque refresh token used once and replaced, hashed in the store; a second use revokes its "
        "family",
    .source = "RFC 6749 §6, RFC 9700 §4.14.2",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .uses = ASSAY_USES_STORE,
    .params = none,
    .headline = headline,
    .supported = refresh_supported,
    .served = refresh_served,
    .setup = refresh_setup,
    .prove = refresh_prove,
    .run = refresh_run,
    .check = refresh_check,
    .teardown = refresh_teardown,
};

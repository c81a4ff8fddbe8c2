/* SPDX-License-Identifier: Apache-2.0
 *
 * session.store: what a request pays for a session that the server keeps: the cookie is 16 random bytes, the
 * value is in the store. Each request brings the cookie that the one before it was given.
 *
 *   extend   the same id; the value is put again with a full time to live
 *   rotate   a new id each time, and the old one deleted: a stolen id is soon worth nothing
 */
#include "kernels/kernels.h"
#include "kernels/service/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VALUE_ROOM 1024u
#define TTL_MS     3600000u

enum { EXTEND, ROTATE };

static const struct assay_value renewals[] = {{"extend", EXTEND}, {"rotate", ROTATE}};
static const struct assay_value sizes[] = {{"64", 64}, {"1024", VALUE_ROOM}};
static const struct assay_param params[] = {
    ASSAY_PARAM("renewal", renewals), ASSAY_PARAM("value", sizes), {0}};

struct session_state {
    struct assay_sessions all;
    struct assay_session now;
    char text[ASSAY_SESSION_TEXT]; /* the cookie */
    size_t want_size;
    uint8_t want[VALUE_ROOM];
};

static bool session_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, why_size);
}

static enum assay_op session_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_ALG_NONE;
    return ASSAY_OP_RAND;
}

/* ASSAY_AUTH: no cookie of ours, or its session is over. */
static enum assay_rc look_up(struct assay_case *c, const char *text, size_t text_size)
{
    struct session_state *s = c->state;
    enum assay_rc rc = assay_session_find(&s->all, text, text_size, &s->now);
    return rc == ASSAY_AUTH ? rc : assay_store_told(c, rc);
}

static enum assay_rc session_setup(struct assay_case *c)
{
    struct session_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->all = (struct assay_sessions){c->backend, c->instance, c->store, TTL_MS};
    s->want_size = (size_t)c->value[1];
    assay_fill(s->want, s->want_size, 100);
    return assay_store_told(
        c, assay_session_begin(&s->all, (struct assay_bytes){s->want, s->want_size}, s->text));
}

static void session_teardown(struct assay_case *c)
{
    struct session_state *s = c->state;
    if (!s)
        return;
    if (assay_session_find(&s->all, s->text, sizeof s->text, &s->now) == ASSAY_OK &&
        assay_session_end(&s->all, &s->now) != ASSAY_OK)
        c->note[0] = '\0'; /* its time to live ends it */
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc request(struct assay_case *c, bool rotate)
{
    struct session_state *s = c->state;
    ASSAY_TRY(look_up(c, s->text, sizeof s->text));
    return assay_store_told(
        c, (rotate ? assay_session_rotate : assay_session_extend)(&s->all, &s->now, s->text));
}

static enum assay_rc session_run(struct assay_case *c, uint64_t n)
{
    struct session_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(request(c, c->value[0] == ROTATE));
    return assay_consume(s->text, sizeof s->text);
}

static enum assay_rc session_check(struct assay_case *c)
{
    struct session_state *s = c->state;
    enum assay_rc rc = look_up(c, s->text, sizeof s->text);
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "the cookie just written has no session");
    ASSAY_TRY(rc);
    if (s->now.size != s->want_size || memcmp(s->now.value, s->want, s->want_size) != 0)
        return assay_wrong(c, "the session holds another value");
    memset(s->now.value, 0, s->now.size);
    return ASSAY_OK;
}

/* Ids of 128 random bits: no two alike, and not what the cookie before had. */
static enum assay_rc prove_renewal(struct assay_case *c, struct assay_proof *proof)
{
    struct session_state *s = c->state;
    char before[ASSAY_SESSION_TEXT];
    memcpy(before, s->text, sizeof before);
    ASSAY_TRY(session_run(c, 1));
    if (c->value[0] == EXTEND)
        return assay_expect(c, proof, "the id that was extended", s->text, before, sizeof before);
    ASSAY_TRY(assay_expect_differs(c, proof, "a rotation", s->text, before, sizeof before));
    return assay_expect_refused(c, proof, "an id that was rotated away", look_up(c, before, sizeof before));
}

static enum assay_rc prove_expiry(struct assay_case *c, struct assay_proof *proof)
{
    struct session_state *s = c->state;
    struct assay_sessions brief = s->all;
    char text[ASSAY_SESSION_TEXT];
    brief.ttl_ms = 1;
    ASSAY_TRY(
        assay_store_told(c, assay_session_begin(&brief, (struct assay_bytes){s->want, s->want_size}, text)));
    const struct timespec longer = {0, 40000000}; /* stores may count in coarse ticks */
    nanosleep(&longer, NULL);
    return assay_expect_refused(c, proof, "a session that is over", look_up(c, text, sizeof text));
}

static enum assay_rc session_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct session_state *s = c->state;
    char bad[ASSAY_SESSION_TEXT];
    ASSAY_TRY(session_run(c, 1));
    ASSAY_TRY(session_check(c));
    proof->answers++;
    ASSAY_TRY(prove_renewal(c, proof));
    for (size_t i = 0; i < sizeof bad; i++) {
        memcpy(bad, s->text, sizeof bad);
        bad[i] = bad[i] == 'A' ? 'Q' : 'A';
        ASSAY_TRY(assay_expect_refused(c, proof, "another id", look_up(c, bad, sizeof bad)));
        ASSAY_TRY(assay_expect_refused(c, proof, "a truncated id", look_up(c, s->text, i)));
    }
    ASSAY_TRY(prove_expiry(c, proof));
    return session_check(c);
}

static const char *const headline[] = {"rotate/64", NULL};

const struct assay_kernel assay_session_store = {
    .id = "session.store",
    .summary =
        "a request's session looked up by an opaque id and renewed in the store; the id from the generator",
    .source = "RFC 6265, RFC 4648 §5",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .uses = ASSAY_USES_STORE,
    .params = params,
    .headline = headline,
    .supported = session_supported,
    .served = session_served,
    .setup = session_setup,
    .prove = session_prove,
    .run = session_run,
    .check = session_check,
    .teardown = session_teardown,
};

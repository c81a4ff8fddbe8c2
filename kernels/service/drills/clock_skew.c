/* SPDX-License-Identifier: Apache-2.0
 *
 * clock-skew: the service's clock is set back, set forward, and moved back a little at a time. Tokens of all
 * ages are shown all the while; what becomes of each must not depend on the clock's adventures.
 */
#include "kernels/service/clock.h"
#include "kernels/service/drills/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LEEWAY    60 /* seconds */
#define JUMP_MS   (7200 * 1000)
#define CREEP_MS  (-500)
#define CREEPS    600u /* five minutes in all */
#define SHOWINGS  16u  /* of every token, after a jump */
#define CLOCK_OFF 30   /* seconds by which an issuer's clock may differ: within the leeway */

static const struct age {
    const char *name;
    int valid_from, expires; /* seconds from the true time */
    bool good;
} ages[] = {
    {"a token in its time", 0, 3600 * 6, true},
    {"a token of an issuer whose clock is 30 s ahead", CLOCK_OFF, 3600 * 6, true},
    {"a token that expired 30 s ago", -3600, -CLOCK_OFF, true},
    {"a token that expired three minutes ago", -3600, -180, false},
    {"a token that expired an hour ago", -7200, -3600, false},
    {"a token of an hour from now on", 3600, 3600 * 6, false},
};
#define AGES ASSAY_COUNT(ages)

struct clock_skew {
    struct assay_drilling *d;
    struct assay_drill_tokens tokens;
    struct assay_drill_token token[AGES];
    struct assay_token read;
    struct assay_clock clock;
    int64_t offset_ms; /* what was done to the service's clock */
    unsigned wrong[AGES];
};

static int64_t reading_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The service: is this request to be served? */
static enum assay_rc serve(struct clock_skew *s, const struct assay_drill_token *t, bool *served)
{
    enum assay_token_result result;
    int64_t wall = reading_ms(CLOCK_REALTIME) + s->offset_ms;
    int64_t now = assay_clock_read(&s->clock, wall, reading_ms(CLOCK_BOOTTIME));
    if (s->d->without_safeguard) { /* the time is what the system says */
        now = wall;
        s->clock.jumped = false;
    }
    s->tokens.policy.now = now / 1000;
    ASSAY_TRY(assay_token_verify(&s->tokens.service, &s->tokens.policy, t->text, t->size, &s->read, &result));
    *served = result == ASSAY_TOKEN_VALID;
    return ASSAY_OK;
}

static enum assay_rc show_all(struct clock_skew *s)
{
    for (size_t i = 0; i < AGES; i++) {
        bool served;
        ASSAY_TRY(serve(s, &s->token[i], &served));
        s->d->served += served && ages[i].good;
        s->d->refused += !served && !ages[i].good;
        s->d->wrong += served != ages[i].good;
        s->wrong[i] += served != ages[i].good;
        if (s->clock.jumped)
            assay_drill_detected(
                s->d, "the service's clock and the steady one disagree; it holds on to the latter");
    }
    return ASSAY_OK;
}

static void tell_wrong(struct clock_skew *s)
{
    for (size_t i = 0; i < AGES; i++) {
        if (s->wrong[i] > 0)
            assay_drill_fail(s->d, "%s was %s %u times", ages[i].name, ages[i].good ? "refused" : "honoured",
                             s->wrong[i]);
        s->wrong[i] = 0;
    }
}

/* The clock is set right; the service sees that by itself. */
static enum assay_rc repair(struct clock_skew *s)
{
    bool served;
    tell_wrong(s);
    s->offset_ms = 0;
    assay_drill_repair(s->d, "the clock is right again");
    ASSAY_TRY(serve(s, &s->token[0], &served));
    if (served && !s->clock.jumped) {
        s->d->served++;
        assay_drill_recovered(s->d, "a token is honoured by the clock's own time");
    }
    ASSAY_TRY(show_all(s));
    tell_wrong(s);
    return ASSAY_OK;
}

static enum assay_rc jump(struct clock_skew *s, int64_t by_ms, const char *what)
{
    s->offset_ms = by_ms;
    assay_drill_fault(s->d, "%s", what);
    for (unsigned i = 0; i < SHOWINGS; i++)
        ASSAY_TRY(show_all(s));
    return repair(s);
}

static enum assay_rc creep(struct clock_skew *s)
{
    assay_drill_fault(s->d, "the clock is set back by half a second, again and again");
    for (unsigned i = 0; i < CREEPS; i++) {
        s->offset_ms += CREEP_MS;
        ASSAY_TRY(show_all(s));
    }
    return repair(s);
}

static enum assay_rc drill(struct clock_skew *s)
{
    ASSAY_TRY(assay_drill_tokens_init(&s->tokens, s->d));
    s->tokens.policy.leeway = LEEWAY;
    s->tokens.policy.store = NULL; /* a token is shown again and again */
    assay_clock_anchor(&s->clock, reading_ms(CLOCK_REALTIME), reading_ms(CLOCK_BOOTTIME));
    int64_t now = reading_ms(CLOCK_REALTIME) / 1000;
    for (size_t i = 0; i < AGES; i++)
        ASSAY_TRY(assay_drill_token_issue(&s->tokens, now + ages[i].valid_from, now + ages[i].expires,
                                          &s->token[i]));
    ASSAY_TRY(show_all(s));
    if (s->clock.jumped)
        assay_drill_fail(s->d, "a clock that is right was taken for one that is not");
    tell_wrong(s);
    assay_drill_step(s->d, "tokens of %zu ages shown, a leeway of %d s", AGES, LEEWAY);
    ASSAY_TRY(jump(s, -JUMP_MS, "the clock is set back by two hours"));
    ASSAY_TRY(jump(s, JUMP_MS, "the clock is set forward by two hours"));
    return creep(s);
}

static enum assay_rc clock_skew_run(struct assay_drilling *d)
{
    struct clock_skew *s = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->d = d;
    enum assay_rc rc = drill(s);
    assay_drill_tokens_clear(&s->tokens);
    explicit_bzero(s, sizeof *s);
    free(s);
    return rc;
}

const struct assay_drill assay_drill_clock_skew = {
    .name = "clock-skew",
    .summary = "the service's clock jumps and creeps: no expired token passes, no valid one is refused",
    .safeguard = "the time of day is believed only as far as a clock that nobody sets agrees",
    .supported = assay_drill_tokens_supported,
    .run = clock_skew_run,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * store-down: the store that remembers used tokens is gone, then answers reads alone. Whoever cannot ask it
 * cannot know that a token is used for the first time.
 *
 * Seen from outside: each token is shown before, while and after the store is down. It may be honoured once.
 */
#include "kernels/service/drills/faults.h"
#include "kernels/service/drills/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKENS   64u
#define LIFE     300 /* seconds */
#define LOST     1u  /* of GROUPS: shown first while the store is down */
#define GROUPS   3u  /* before, while and after the first fault */
#define PATIENCE 3u  /* requests after the repair until one must be served */

struct store_down {
    struct assay_drilling *d;
    struct assay_faulty_store faulty;
    struct assay_drill_tokens tokens;
    struct assay_drill_token token[GROUPS][TOKENS];
    struct assay_token read;
    bool alarm; /* the service told its operator that it could not ask the store */
};

/* The service: is this request to be served? */
static bool serve(struct store_down *s, const struct assay_drill_token *t)
{
    enum assay_token_result result;
    s->tokens.policy.now = time(NULL);
    enum assay_rc rc =
        assay_token_verify(&s->tokens.service, &s->tokens.policy, t->text, t->size, &s->read, &result);
    if (rc != ASSAY_OK && s->d->without_safeguard) { /* "the store is only against replays" */
        struct assay_token_policy open = s->tokens.policy;
        open.store = NULL;
        rc = assay_token_verify(&s->tokens.service, &open, t->text, t->size, &s->read, &result);
    }
    s->alarm = rc != ASSAY_OK;
    return rc == ASSAY_OK && result == ASSAY_TOKEN_VALID;
}

static void count(struct store_down *s, bool served, bool right)
{
    s->d->served += served && right;
    s->d->refused += !served && right;
    s->d->wrong += !right;
}

/* Shows a group of tokens that the store can be asked about: each is served, if it never was before. */
static void show_group(struct store_down *s, struct assay_drill_token *group, const char *what)
{
    unsigned again = 0, lost = 0;
    for (unsigned i = 0; i < TOKENS; i++) {
        bool fresh = group[i].honoured == 0, served = serve(s, &group[i]);
        count(s, served, served == fresh);
        again += served && !fresh;
        lost += !served && fresh;
        group[i].honoured += served;
    }
    if (again > 0)
        assay_drill_fail(s->d, "%s: %u of %u tokens were honoured again", what, again, TOKENS);
    if (lost > 0)
        assay_drill_fail(s->d, "%s: %u of %u tokens that were never honoured were refused", what, lost,
                         TOKENS);
}

/* Nobody can know whether these were used: none is served. */
static void show_blind(struct store_down *s, struct assay_drill_token *group, const char *what)
{
    unsigned honoured = 0;
    for (unsigned i = 0; i < TOKENS; i++) {
        bool served = serve(s, &group[i]);
        count(s, served, !served);
        group[i].honoured += served;
        honoured += served;
        if (s->alarm)
            assay_drill_detected(s->d, "the service refuses and says why: %s",
                                 s->faulty.store.last_error(&s->faulty.store));
    }
    if (honoured > 0)
        assay_drill_fail(s->d, "%u of %u tokens %s were honoured while the store was down", honoured, TOKENS,
                         what);
}

static void outage(struct store_down *s, enum assay_faulty_mode mode, const char *what)
{
    s->faulty.mode = mode;
    assay_drill_fault(s->d, "%s", what);
    show_blind(s, s->token[0], "that had been used");
    show_blind(s, s->token[LOST], "that were new");
    s->faulty.mode = ASSAY_FAULTY_NOT;
    assay_drill_repair(s->d, "the store answers again");
}

/* The first that is served after the repair. */
static enum assay_rc recover(struct store_down *s)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        struct assay_drill_token t;
        int64_t now = time(NULL);
        ASSAY_TRY(assay_drill_token_issue(&s->tokens, now, now + LIFE, &t));
        if (!serve(s, &t))
            continue;
        s->d->served++;
        assay_drill_recovered(s->d, "a fresh token is honoured");
        return ASSAY_OK;
    }
    return ASSAY_OK;
}

static enum assay_rc drill(struct store_down *s)
{
    ASSAY_TRY(assay_drill_tokens_init(&s->tokens, s->d));
    assay_faulty_store_init(&s->faulty, s->d->store);
    s->tokens.policy.store = &s->faulty.store;
    int64_t now = time(NULL);
    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned i = 0; i < TOKENS; i++)
            ASSAY_TRY(assay_drill_token_issue(&s->tokens, now, now + LIFE, &s->token[g][i]));
    show_group(s, s->token[0], "before");
    show_group(s, s->token[0], "before, a second time");
    assay_drill_step(s->d, "%u tokens shown twice; they are remembered in the store %s", TOKENS,
                     s->d->store->name);
    outage(s, ASSAY_FAULTY_GONE, "the store is gone");
    ASSAY_TRY(recover(s));
    show_group(s, s->token[0], "after the outage, used before it");
    outage(s, ASSAY_FAULTY_READ_ONLY, "the store answers reads alone");
    ASSAY_TRY(recover(s));
    show_group(s, s->token[LOST], "refused in the outage, shown again");
    show_group(s, s->token[LOST], "shown once more");
    show_group(s, s->token[GROUPS - 1], "never shown before");
    if (s->d->wrong == 0)
        assay_drill_step(s->d, "what was refused in the outage was good for one use after it");
    return ASSAY_OK;
}

static enum assay_rc store_down_run(struct assay_drilling *d)
{
    struct store_down *s = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->d = d;
    enum assay_rc rc = drill(s);
    if (rc != ASSAY_OK)
        snprintf(d->note, sizeof d->note, "%s", d->backend->last_error(d->instance));
    assay_drill_tokens_clear(&s->tokens);
    explicit_bzero(s, sizeof *s);
    free(s);
    return rc;
}

const struct assay_drill assay_drill_store_down = {
    .name = "store-down",
    .summary = "the store of used tokens fails: requests are refused, and none is honoured twice",
    .safeguard = "a token whose use cannot be looked up is refused (fails closed)",
    .uses = ASSAY_USES_STORE,
    .supported = assay_drill_tokens_supported,
    .run = store_down_run,
};

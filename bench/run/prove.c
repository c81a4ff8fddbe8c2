/* SPDX-License-Identifier: Apache-2.0
 *
 * Proof across instances. Each has matched the known answers by itself; here their answers to the inputs to
 * be timed are held against each other, so that an error which no vector covers is found too. Who is wrong is
 * told by the listed digest, else by the majority; where there is none, all that disagree are refused.
 */
#include "bench/run/engine.h"
#include "bench/stats/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 64 /* of a conversation; a handshake takes under ten */

static void open_case(struct assay_engine *e, size_t key, size_t instance)
{
    struct assay_cell_state *cell = assay_engine_cell(e, key, instance);
    cell->facts = assay_engine_ask(e, key, instance, json_pack("{s:s}", "cmd", "open"), 0);
    if (!cell->facts)
        return;
    json_object_del(cell->facts, "ok");
    json_t *proof = assay_engine_ask(e, key, instance, json_pack("{s:s}", "cmd", "prove"), 0);
    if (!proof)
        return;
    json_object_del(proof, "ok");
    json_object_update(cell->facts, proof);
    json_decref(proof);
    if (json_is_true(json_object_get(cell->facts, "exempt")) &&
        !assay_instance_is_probe(e->specs->spec[instance].name)) {
        assay_engine_settle(e, key, instance, ASSAY_STATUS_REFUSED,
                            "claims to be the probe, null, which is exempt from proof");
        return;
    }
    cell->status = ASSAY_STATUS_PROVED;
}

static const char *digest_of(const struct assay_engine *e, size_t key, size_t instance)
{
    if (!assay_engine_ready(e, key, instance))
        return NULL;
    return json_string_value(json_object_get(assay_engine_cell(e, key, instance)->facts, "digest"));
}

/* The digest that more than half of the instances found; NULL when there is none. */
static const char *majority(const struct assay_engine *e, size_t key)
{
    size_t voters = 0;
    for (size_t i = 0; i < e->specs->count; i++)
        voters += digest_of(e, key, i) != NULL;
    for (size_t i = 0; i < e->specs->count; i++) {
        size_t votes = 0;
        for (size_t k = 0; digest_of(e, key, i) && k < e->specs->count; k++)
            votes += digest_of(e, key, k) && strcmp(digest_of(e, key, k), digest_of(e, key, i)) == 0;
        if (votes * 2 > voters)
            return digest_of(e, key, i);
    }
    return NULL;
}

static const char *listed(const char *key)
{
    char bare[ASSAY_KEY_MAX];
    snprintf(bare, sizeof bare, "%s", key);
    *strrchr(bare, '/') = '\0'; /* the threads */
    return assay_timed_digest(bare);
}

static void compare_digests(struct assay_engine *e, size_t key)
{
    bool refuse[ASSAY_INSTANCES_MAX] = {false};
    const char *right = listed(e->plan->keys[key]), *how = "the listed digest";
    if (!right) {
        right = majority(e, key);
        how = "the other instances";
    }
    for (size_t i = 0; i < e->specs->count; i++)
        refuse[i] = digest_of(e, key, i) && (!right || strcmp(digest_of(e, key, i), right) != 0);
    for (size_t i = 0; i < e->specs->count; i++) {
        char reason[ASSAY_WHY_MAX];
        if (!refuse[i])
            continue;
        if (right)
            snprintf(reason, sizeof reason, "wrong answer for the inputs to be timed: differs from %s", how);
        else
            snprintf(reason, sizeof reason,
                     "the instances disagree about the inputs to be timed, and none has a majority");
        assay_engine_settle(e, key, i, ASSAY_STATUS_REFUSED, reason);
    }
}

/* Does instance b accept what instance a made? One that is malformed may be a failure for b, not a verdict,
 * and is held against a alike. */
static bool accepts(struct assay_engine *e, size_t key, size_t b, const json_t *artifact)
{
    char why[ASSAY_WHY_MAX];
    json_t *reply;
    json_t *message =
        json_pack("{s:s,s:s,s:O}", "cmd", "accept", "case", e->plan->keys[key], "artifact", artifact);
    enum assay_ask ask =
        assay_process_ask(&e->process[b], message, (int)e->settings->deadline_ms, &reply, why);
    json_decref(reply);
    if (ask == ASSAY_ASK_DEAD)
        assay_engine_settle(e, key, b, ASSAY_STATUS_FAILED, why);
    return ask == ASSAY_ASK_OK;
}

/* Who disagrees with whom about a case, apart for the two parts that an instance plays: who makes something
 * that nobody takes is wrong, and so is who takes nothing. */
enum { MAKER, TAKER, PARTS };
struct exchange {
    const char *words[PARTS];
    unsigned tried[PARTS][ASSAY_INSTANCES_MAX], failed[PARTS][ASSAY_INSTANCES_MAX];
    size_t with[PARTS][ASSAY_INSTANCES_MAX]; /* the last one that it failed with */
};

static void note_part(struct exchange *x, int part, size_t instance, size_t other, bool ok)
{
    x->tried[part][instance]++;
    if (ok)
        return;
    x->failed[part][instance]++;
    x->with[part][instance] = other;
}

static void note(struct exchange *x, size_t maker, size_t taker, bool ok)
{
    note_part(x, MAKER, maker, taker, ok);
    note_part(x, TAKER, taker, maker, ok);
}

static bool is_odd(const struct exchange *x, int part, size_t instance)
{
    return x->failed[part][instance] * 2 > x->tried[part][instance];
}

/* Refuses those that failed with most of the others; where nobody did, all that ever failed. */
static void refuse_odd_ones(struct assay_engine *e, size_t key, const struct exchange *x)
{
    bool any = false;
    for (size_t i = 0; i < e->specs->count; i++)
        any = any || is_odd(x, MAKER, i) || is_odd(x, TAKER, i);
    for (size_t i = 0; i < e->specs->count; i++) {
        for (int part = 0; part < PARTS; part++) {
            char reason[ASSAY_WHY_MAX];
            if (!assay_engine_ready(e, key, i) || !(any ? is_odd(x, part, i) : x->failed[part][i] > 0))
                continue;
            snprintf(reason, sizeof reason, "%s %u of %u other instances, the last of them %s",
                     x->words[part], x->failed[part][i], x->tried[part][i],
                     e->specs->spec[x->with[part][i]].name);
            assay_engine_settle(e, key, i, ASSAY_STATUS_REFUSED, reason);
        }
    }
}

static void exchange_artifacts(struct assay_engine *e, size_t key)
{
    struct exchange x = {.words = {"its outputs are not accepted by", "it does not accept the outputs of"}};
    for (size_t a = 0; a < e->specs->count; a++) {
        if (!assay_engine_ready(e, key, a))
            continue;
        json_t *reply = assay_engine_ask(e, key, a, json_pack("{s:s}", "cmd", "show"), 0);
        const json_t *artifact = json_object_get(reply, "artifact");
        for (size_t b = 0; artifact && b < e->specs->count; b++) {
            if (b == a || !assay_engine_ready(e, key, b) ||
                json_is_true(json_object_get(assay_engine_cell(e, key, b)->facts, "exempt")))
                continue;
            bool ok = accepts(e, key, b, artifact);
            if (assay_engine_ready(e, key, b)) /* a worker that died on it has its own verdict */
                note(&x, a, b, ok);
        }
        json_decref(reply);
    }
    refuse_odd_ones(e, key, &x);
}

/* One side's turn: hands over `in`, returns the reply; *state 'm', 'd', 'a', 'n' (nothing to say) or 'x' (it
 * failed). */
static json_t *turn(struct assay_engine *e, size_t key, size_t instance, const char *role, bool start,
                    const char *in, char *state)
{
    char why[ASSAY_WHY_MAX];
    json_t *reply;
    json_t *message = json_pack("{s:s,s:s,s:s,s:b,s:s}", "cmd", "talk", "case", e->plan->keys[key], "role",
                                role, "start", start, "in", in);
    enum assay_ask ask =
        assay_process_ask(&e->process[instance], message, (int)e->settings->deadline_ms, &reply, why);
    if (ask == ASSAY_ASK_DEAD)
        assay_engine_settle(e, key, instance, ASSAY_STATUS_FAILED, why);
    const char *told = json_string_value(json_object_get(reply, "state"));
    *state = ask != ASSAY_ASK_OK                            ? 'x'
             : json_is_true(json_object_get(reply, "none")) ? 'n'
             : told                                         ? told[0]
                                                            : 'x';
    return reply;
}

/* A whole conversation; again: the client wants a second. */
static bool converse(struct assay_engine *e, size_t key, size_t client, size_t server, bool *none,
                     bool *again)
{
    json_t *last = NULL; /* holds what was said last */
    char state[2] = {'m', 'm'};
    const char *said = "";
    *none = *again = false;
    for (int i = 0; i < TURNS_MAX; i++) {
        bool is_server = i % 2;
        json_t *reply = turn(e, key, is_server ? server : client, is_server ? "server" : "client", i < 2,
                             said, &state[is_server]);
        json_decref(last);
        last = reply;
        said = json_string_value(json_object_get(reply, "out"));
        said = said ? said : "";
        if (state[is_server] == 'x' || state[is_server] == 'n' ||
            !assay_engine_ready(e, key, is_server ? server : client))
            break;
        if (state[0] != 'm' && state[1] != 'm' && !said[0])
            break;
    }
    json_decref(last);
    *none = state[0] == 'n';
    *again = state[0] == 'a' && state[1] != 'x';
    return state[0] != 'm' && state[1] != 'm' && state[0] != 'x' && state[1] != 'x';
}

static void exchange_conversations(struct assay_engine *e, size_t key)
{
    struct exchange x = {.words = {"as a client it fails with", "as a server it fails with"}};
    for (size_t a = 0; a < e->specs->count; a++) {
        for (size_t b = 0; b < e->specs->count; b++) {
            bool none = false, again = false;
            if (a == b || !assay_engine_ready(e, key, a) || !assay_engine_ready(e, key, b))
                continue;
            bool ok = converse(e, key, a, b, &none, &again);
            if (none)
                continue;
            if (ok && again)
                ok = converse(e, key, a, b, &none, &again) && !again;
            if (assay_engine_ready(e, key, a) && assay_engine_ready(e, key, b))
                note(&x, a, b, ok);
        }
    }
    refuse_odd_ones(e, key, &x);
}

void assay_engine_prove(struct assay_engine *e, size_t key)
{
    for (size_t i = 0; i < e->specs->count; i++)
        if (assay_engine_cell(e, key, i)->status == ASSAY_STATUS_OPEN)
            open_case(e, key, i);
    compare_digests(e, key);
    exchange_artifacts(e, key);
    exchange_conversations(e, key);
    for (size_t i = 0; i < e->specs->count; i++)
        if (e->settings->check_only && assay_engine_ready(e, key, i))
            assay_engine_settle(e, key, i, ASSAY_STATUS_PROVED, "");
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * keyset.rotate: what a token costs its verifier while keys are rotated. The keyset is a file that is watched
 * (keyset_watch.h); it holds three keys of issuers that stand still and those of one that rotates:
 *
 *   add      the file gets the new key, and every reader has it before anybody signs with it
 *   switch   the signer takes the new key
 *   remove   when no token of the old key is under way any more, the file loses it
 *
 * 'rotating' goes through these phases all the time, each as soon as a millisecond has passed in which tokens
 * were verified: far more often than a service does, so that every reader sees many changes. 'steady' is the
 * same without changes. 'nokid': the tokens name no key, and every key is tried.
 *
 * A token under way stands for one that has not expired: the operation says which of the rotating keys its
 * token has (a hazard pointer), and the rotator waits for it with the removal, as it would for a token's
 * life.
 */
#include "kernels/service/keyset_rotate.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PACE_MS    1
#define IDLE_STEPS 50 /* without a verification, before the rotator sleeps */
#define LOAD_MS    10000

static const struct assay_value algs[] = {
    {"eddsa", ASSAY_EDDSA}, {"hs256", ASSAY_HS256}, {"es256", ASSAY_ES256}, {"rs256", ASSAY_RS256}};
static const struct assay_value names[] = {{"kid", KID}, {"nokid", NOKID}};
static const struct assay_value modes[] = {{"steady", STEADY}, {"rotating", ROTATE}};
static const struct assay_param params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("names", names), ASSAY_PARAM("keys", modes), {0}};

static enum assay_jws_alg case_alg(const struct assay_case *c)
{
    return (enum assay_jws_alg)c->value[0];
}

static enum assay_op rotate_served(const struct assay_case *c, enum assay_alg *alg)
{
    return assay_jws_served(case_alg(c), alg);
}

static bool rotate_supported(struct assay_case *c, char *why, size_t why_size)
{
    enum assay_alg alg;
    enum assay_op op = rotate_served(c, &alg);
    return assay_supported(c, op, alg, why, why_size);
}

/* Writes the standing keys and these of the rotating ones (a set of bits), and waits until every reader has
 * them. */
static enum assay_rc publish(struct rotate_state *s, unsigned rotating)
{
    struct assay_keyset_state seen;
    assay_keyset_watch_state(s->watch, &seen);
    const uint64_t before = seen.generation, failed = seen.failed;
    s->file->count = 0;
    for (unsigned i = 0; i < KEYS; i++)
        if (i < STANDING || (rotating >> (i - STANDING) & 1))
            s->file->key[s->file->count++] = s->key[i];
    ASSAY_TRY(assay_keyset_file_replace(s->path, s->file, s->error));
    while (seen.generation == before && seen.failed == failed)
        if (!assay_keyset_watch_wait(s->watch, &seen, LOAD_MS)) {
            snprintf(s->error, sizeof s->error, "the keyset was written and not read within %d s",
                     LOAD_MS / 1000);
            return ASSAY_LIBRARY;
        }
    memcpy(s->error, seen.error, sizeof s->error);
    return seen.error[0] ? ASSAY_LIBRARY : ASSAY_OK;
}

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_nsec = ms * 1000000};
    nanosleep(&time, NULL);
}

/* One phase, under the lock. */
static enum assay_rc step(struct rotate_state *s)
{
    const unsigned old = atomic_load(&s->signing);
    enum phase phase = s->phase;
    s->phase = (phase + 1) % PHASES;
    if (phase == ADD) {
        s->new = (old + 1) % ROTATING;
        return publish(s, 1u << old | 1u << s->new);
    }
    if (phase == SWITCH) {
        atomic_store(&s->signing, s->new);
        while (atomic_load(&s->in_use) == old + 1) /* its last token */
            sched_yield();
        return ASSAY_OK;
    }
    s->rotations++;
    return publish(s, 1u << s->new);
}

static void *rotator(void *data)
{
    struct rotate_state *s = data;
    unsigned long long seen = 0;
    for (int idle = 0; !atomic_load(&s->ending);) {
        pause_ms(PACE_MS);
        unsigned long long done = atomic_load(&s->done);
        idle = done == seen ? idle + 1 : 0;
        seen = done;
        if (idle > IDLE_STEPS) { /* nobody verifies: leave the CPU to those who are measured now */
            atomic_store(&s->parked, true);
            while (sem_wait(&s->wake) != 0)
                continue;
            idle = 0;
        }
        if (idle > 0)
            continue;
        pthread_mutex_lock(&s->step);
        s->failed = s->failed || step(s) != ASSAY_OK;
        pthread_mutex_unlock(&s->step);
    }
    return NULL;
}

static void wake_rotator(struct rotate_state *s)
{
    if (s->started && atomic_load_explicit(&s->parked, memory_order_relaxed) &&
        atomic_exchange(&s->parked, false))
        sem_post(&s->wake);
}

static enum assay_rc told(struct assay_case *c, const char *why, enum assay_rc rc)
{
    if (rc != ASSAY_OK && why[0])
        snprintf(c->note, sizeof c->note, "the keyset file: %.150s", why);
    return rc;
}

static enum assay_rc open_watch(struct assay_case *c)
{
    struct rotate_state *s = c->state;
    const char *place = getenv("TMPDIR");
    char why[ASSAY_KEYSET_WHY] = "";
    snprintf(s->folder, sizeof s->folder, "%s/assay-keyset-XXXXXX", place && *place ? place : "/tmp");
    if (!mkdtemp(s->folder)) {
        s->folder[0] = '\0';
        return told(c, "no folder can be made; TMPDIR names a place for it", ASSAY_LIBRARY);
    }
    snprintf(s->path, sizeof s->path, "%s/keys.json", s->folder);
    for (unsigned i = 0; i <= STANDING; i++) /* the first of the rotating ones signs */
        s->file->key[s->file->count++] = s->key[i];
    ASSAY_TRY(told(c, why, assay_keyset_file_replace(s->path, s->file, why)));
    ASSAY_TRY(told(c, why, assay_keyset_watch_open(&s->watch, s->path, false, why)));
    return told(c, why, assay_keyset_reader_open(s->watch, c->backend, c->instance, &s->reader, why));
}

static enum assay_rc rotate_setup(struct assay_case *c)
{
    struct rotate_state *s = c->state = assay_buffer(sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    pthread_mutex_init(&s->step, NULL);
    sem_init(&s->wake, 0, 0);
    s->file = calloc(1, sizeof *s->file);
    if (!s->file)
        return ASSAY_NOMEM;
    s->policy = (struct assay_token_policy){.iss = TEXT("https://issuer.example"),
                                            .aud = TEXT("https://orders.example"),
                                            .now = NOW,
                                            .leeway = 10,
                                            .any_key = c->value[1] == NOKID};
    ASSAY_TRY(assay_rotate_make_keys(c));
    ASSAY_TRY(open_watch(c));
    if (c->value[2] == STEADY)
        return ASSAY_OK;
    s->started = assay_thread_start(&s->thread, rotator, s);
    return s->started ? ASSAY_OK : ASSAY_NOMEM;
}

static void rotate_teardown(struct assay_case *c)
{
    struct rotate_state *s = c->state;
    if (!s)
        return;
    if (s->started) {
        atomic_store(&s->ending, true);
        sem_post(&s->wake);
        pthread_join(s->thread, NULL);
    }
    assay_keyset_reader_close(s->reader);
    assay_keyset_watch_close(s->watch);
    if (s->folder[0]) {
        unlink(s->path);
        rmdir(s->folder);
    }
    if (s->file)
        explicit_bzero(s->file, sizeof *s->file);
    free(s->file);
    sem_destroy(&s->wake);
    pthread_mutex_destroy(&s->step);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

/* The signer's key, and word that a token of it is under way; not before both are said is the token shown. */
static unsigned take_signing(struct rotate_state *s)
{
    unsigned key;
    do {
        key = atomic_load(&s->signing);
        atomic_store(&s->in_use, key + 1);
    } while (atomic_load(&s->signing) != key);
    return STANDING + key;
}

static enum assay_rc rotate_run(struct assay_case *c, uint64_t n)
{
    struct rotate_state *s = c->state;
    enum assay_rc rc = ASSAY_OK;
    wake_rotator(s);
    for (uint64_t i = 0; i < n && rc == ASSAY_OK; i++, s->next++) {
        enum assay_token_result result;
        unsigned turn = s->next % (STANDING + 1), key = turn < STANDING ? turn : take_signing(s);
        const struct text *t = &s->ring[key][s->next / (STANDING + 1) % RING];
        rc = assay_token_verify(assay_keyset_reader_set(s->reader), &s->policy, t->text, t->size, &s->token,
                                &result);
        if (rc == ASSAY_OK && __builtin_expect(result != ASSAY_TOKEN_VALID, 0))
            rc = assay_wrong(c, "a valid token of key %s was found %s", s->key[key].kid,
                             assay_token_result_name(result));
        atomic_store_explicit(&s->in_use, 0, memory_order_release);
        atomic_store_explicit(&s->done, ++s->verified, memory_order_relaxed);
    }
    return rc;
}

static enum assay_rc expect(struct assay_case *c, const char *text, size_t size, const char *what,
                            enum assay_token_result want)
{
    struct rotate_state *s = c->state;
    enum assay_token_result got;
    ASSAY_TRY(
        assay_token_verify(assay_keyset_reader_set(s->reader), &s->policy, text, size, &s->token, &got));
    if (got == want)
        return ASSAY_OK;
    return assay_wrong(c, "a token of key %s was found %s, not %s", what, assay_token_result_name(got),
                       assay_token_result_name(want));
}

/* Under the lock: every key that is in force verifies its tokens, no other does. in_force: of the rotating
 * ones, a set of bits. */
static enum assay_rc expect_all(struct assay_case *c, unsigned in_force, struct assay_proof *proof)
{
    struct rotate_state *s = c->state;
    enum assay_token_result refused = c->value[1] == KID ? ASSAY_TOKEN_UNKNOWN_KID : ASSAY_TOKEN_BAD_SIG;
    for (unsigned i = 0; i < KEYS; i++) {
        bool valid = i < STANDING || (in_force >> (i - STANDING) & 1);
        const struct text *t = &s->ring[i][0];
        ASSAY_TRY(expect(c, t->text, t->size, s->key[i].kid, valid ? ASSAY_TOKEN_VALID : refused));
        if (proof)
            *(valid ? &proof->answers : &proof->negatives) += 1;
    }
    return ASSAY_OK;
}

/* The rotating keys that the last phase has left in force. */
static unsigned in_force(const struct rotate_state *s)
{
    unsigned signing = atomic_load(&s->signing);
    if (s->phase == SWITCH)
        return 1u << signing | 1u << s->new;
    return s->phase == REMOVE ? 1u << signing | 1u << (signing + ROTATING - 1) % ROTATING : 1u << signing;
}

static enum assay_rc rotate_check(struct assay_case *c)
{
    struct rotate_state *s = c->state;
    if (s->verified == 0)
        return assay_wrong(c, "nothing was verified");
    pthread_mutex_lock(&s->step);
    enum assay_rc rc = s->failed ? told(c, s->error, ASSAY_LIBRARY) : expect_all(c, in_force(s), NULL);
    pthread_mutex_unlock(&s->step);
    return rc;
}

/* The published token, which has no kid, under the key as the file has it; and altered. */
static enum assay_rc prove_published(struct assay_case *c, struct assay_proof *proof)
{
    struct rotate_state *s = c->state;
    const struct assay_jws_vector *v = assay_rotate_published(c);
    const struct assay_keyset *set = assay_keyset_reader_set(s->reader);
    struct assay_jws *jws = &s->token.jws;
    enum assay_token_result result;
    char text[TOKEN_ROOM];
    size_t size = strlen(v->token);
    const struct assay_keyset_key *key = assay_keyset_find(set, TEXT("standing-0"), ASSAY_KEY_VERIFIES);
    if (!key)
        return assay_wrong(c, "a key of the file is not in the set");
    memcpy(text, v->token, size);
    for (int altered = 0; altered < 2; altered++) {
        ASSAY_TRY(c->value[1] == NOKID ? assay_jws_verify_any(set, text, size, jws, &result)
                                       : assay_jws_verify_under(set, key, text, size, jws, &result));
        if (result != (altered ? ASSAY_TOKEN_BAD_SIG : ASSAY_TOKEN_VALID))
            return assay_wrong(c, "%s%s was found %s", v->source, altered ? ", altered," : "",
                               assay_token_result_name(result));
        if (!altered)
            ASSAY_TRY(assay_expect(c, proof, v->source, jws->payload.data, v->payload, jws->payload.size));
        text[size - 6] = text[size - 6] == 'A' ? 'B' : 'A';
    }
    proof->negatives++;
    return ASSAY_OK;
}

/* A broken file keeps the set, and the state says so. */
static enum assay_rc prove_broken(struct assay_case *c, struct assay_proof *proof)
{
    struct rotate_state *s = c->state;
    struct assay_keyset_state state;
    struct assay_keyset_entry twice = s->file->key[1];
    const unsigned rotating = in_force(s);
    assay_keyset_watch_state(s->watch, &state);
    const uint64_t before = state.generation;
    s->file->key[1] = s->file->key[0];
    enum assay_rc rc = assay_keyset_file_replace(s->path, s->file, s->error);
    s->file->key[1] = twice;
    ASSAY_TRY(told(c, s->error, rc));
    (void)assay_keyset_watch_wait(s->watch, &state, LOAD_MS);
    if (state.generation != before || !strstr(state.error, "standing-0"))
        return assay_wrong(c, "a file with a key twice was taken, or nothing was said: %.80s", state.error);
    ASSAY_TRY(expect_all(c, rotating, proof));
    return told(c, s->error, publish(s, rotating));
}

static enum assay_rc prove_phases(struct assay_case *c, struct assay_proof *proof)
{
    struct rotate_state *s = c->state;
    enum assay_rc rc = expect_all(c, in_force(s), proof);
    for (int i = 0; i < PHASES && rc == ASSAY_OK; i++) {
        rc = told(c, s->error, step(s));
        if (rc == ASSAY_OK)
            rc = expect_all(c, in_force(s), proof);
    }
    return rc == ASSAY_OK ? prove_broken(c, proof) : rc;
}

/* The rotator itself, for two whole rotations. */
static enum assay_rc prove_rotator(struct assay_case *c)
{
    struct rotate_state *s = c->state;
    const uint64_t end = (uint64_t)time(NULL) + LOAD_MS / 1000;
    for (bool ready = false; !ready;) {
        ASSAY_TRY(rotate_run(c, RING));
        pthread_mutex_lock(&s->step);
        ready = s->rotations >= 3 || s->failed;
        pthread_mutex_unlock(&s->step);
        if (!ready && (uint64_t)time(NULL) > end)
            return assay_wrong(c, "the keys are not rotated");
    }
    return rotate_check(c);
}

static enum assay_rc rotate_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct rotate_state *s = c->state;
    ASSAY_TRY(prove_published(c, proof));
    pthread_mutex_lock(&s->step);
    enum assay_rc rc = prove_phases(c, proof);
    pthread_mutex_unlock(&s->step);
    ASSAY_TRY(rc);
    struct text t = s->ring[0][0];
    t.text[t.size - 6] = t.text[t.size - 6] == 'A' ? 'B' : 'A';
    ASSAY_TRY(expect(c, t.text, t.size, "standing-0, altered", ASSAY_TOKEN_BAD_SIG));
    proof->negatives++;
    ASSAY_TRY(rotate_run(c, RING));
    return c->value[2] == ROTATE ? prove_rotator(c) : rotate_check(c);
}

static const char *const headline[] = {"eddsa/kid/steady", "eddsa/kid/rotating", NULL};

const struct assay_kernel assay_keyset_rotate = {
    .id = "keyset.rotate",
    .summary =
        "the verdict on an access token (no store) under a watched keyset of 4 to 5 keys; 'rotating': while "
        "it is replaced all the time; 'nokid': every key is tried",
    .source = "RFC 7515 §4.1.4, RFC 7517 §5, RFC 7519 §4.1",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = params,
    .headline = headline,
    .supported = rotate_supported,
    .served = rotate_served,
    .setup = rotate_setup,
    .prove = rotate_prove,
    .run = rotate_run,
    .check = rotate_check,
    .teardown = rotate_teardown,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * kms-hang: the KMS is there, takes questions and answers none. That is worse than one that is gone, for
 * whoever asks it waits: soon every thread of the service does, and then nothing is served, of what is in the
 * cache of data keys neither.
 *
 * The KMS is in a process of its own, which is stopped (SIGSTOP) and goes on later where it was: it answers
 * then what it was asked before. Seen from outside: a client knows what it must get, and waits PATIENCE_S
 * for it. The cache's clock is the drill's, as in kms-outage.
 */
#include "kernels/service/drill.h"
#include "kernels/service/drills/tenants.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HANDS        6u  /* threads of the service: more than a remote companion has sessions */
#define WARM         24u /* tenants whose key is in the cache when the KMS hangs */
#define COLD         16u /* whose key is not */
#define FRESH        8u  /* who come while it hangs */
#define TENANTS      (WARM + COLD + FRESH)
#define ROUNDS       2u
#define TTL_MS       60000u
#define TIMEOUT_MS   500u /* of a call of the KMS: the safeguard */
#define PATIENCE_S   5u   /* of a client, for all that it asks at once */
#define BEFORE_AGAIN 5000000

struct request {
    struct assay_drill_tenant *tenant;
    bool arrives, cached, possible; /* a new tenant; its key is in the cache; it must be served */
    enum assay_rc rc;
    bool right;            /* its own record came back */
    uint64_t begin_ns, ns; /* asked; answered, since then */
    char error[160];
};

struct kms_hang {
    struct assay_drilling *d;
    struct assay_kms *kms;
    struct assay_dek_cache *cache;
    uint64_t now_ms;
    struct assay_drill_tenant tenant[TENANTS];

    pthread_t thread[HANDS];
    unsigned threads;
    pthread_mutex_t lock; /* of the following */
    pthread_cond_t work, news;
    bool over;
    struct request request[TENANTS], *answered[TENANTS];
    unsigned offered, begun, done;

    uint64_t slowest_cached, slowest_refused; /* of the last wave */
    unsigned cached, refused;
};

/* The service answers a request. */
static void serve(struct kms_hang *s, struct request *r)
{
    uint8_t got[ASSAY_DRILL_RECORD] = {0};
    const char *error;
    if (r->begin_ns == 0)
        r->begin_ns = assay_drill_now();
    if (r->arrives) {
        r->rc = assay_drill_tenant_take(s->d, s->kms, r->tenant, (uint64_t)(r->tenant - s->tenant) + 1, NULL,
                                        NULL);
        r->right = r->rc == ASSAY_OK;
        error = s->kms->last_error(s->kms);
    } else {
        r->rc = assay_drill_tenant_read(s->d, s->cache, s->now_ms, r->tenant, got);
        r->right = r->rc == ASSAY_OK && memcmp(got, r->tenant->record, sizeof got) == 0;
        error = assay_dek_cache_error();
    }
    snprintf(r->error, sizeof r->error, "%.159s", r->rc == ASSAY_OK ? "" : error);
    r->ns = assay_drill_now() - r->begin_ns;
}

static void *hand(void *data)
{
    struct kms_hang *s = data;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (s->begun == s->offered && !s->over)
            pthread_cond_wait(&s->work, &s->lock);
        if (s->begun == s->offered)
            break;
        struct request *r = &s->request[s->begun++];
        pthread_mutex_unlock(&s->lock);
        serve(s, r);
        pthread_mutex_lock(&s->lock);
        s->answered[s->done++] = r;
        pthread_cond_signal(&s->news);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void judge(struct kms_hang *s, const struct request *r)
{
    struct assay_drilling *d = s->d;
    if (r->possible) {
        d->served += r->right;
        d->wrong += !r->right;
        s->cached += r->cached;
        s->slowest_cached = r->cached && r->ns > s->slowest_cached ? r->ns : s->slowest_cached;
        if (!r->right)
            assay_drill_fail(d, "a request was not served%s: %s",
                             r->cached ? ", though its data key is in the cache" : "",
                             r->rc == ASSAY_OK ? "another record came back" : r->error);
        return;
    }
    bool right = r->rc == ASSAY_LIBRARY && r->error[0];
    d->refused += right;
    d->wrong += !right;
    s->refused++;
    s->slowest_refused = r->ns > s->slowest_refused ? r->ns : s->slowest_refused;
    if (right)
        assay_drill_detected(d, "a request that needs the KMS is refused, and the service says why: %s",
                             r->error);
    else
        assay_drill_fail(d, "a request %s",
                         r->rc == ASSAY_OK ? "was served whose data key only the KMS has"
                                           : "was refused, and nothing says why");
}

/* Takes what is answered, until all is or patience is over: of a new wave, or of one that was given up and is
 * not judged any more. Returns how many are
 * not. */
static unsigned take_answers(struct kms_hang *s, bool judged)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&s->lock);
    unsigned from = judged ? 0 : s->done;
    while (from < s->offered) {
        if (from == s->done && pthread_cond_clockwait(&s->news, &s->lock, CLOCK_MONOTONIC, &end) != 0 &&
            from == s->done)
            break;
        while (from < s->done) {
            const struct request *r = s->answered[from++];
            pthread_mutex_unlock(&s->lock);
            if (judged)
                judge(s, r);
            pthread_mutex_lock(&s->lock);
        }
    }
    unsigned missing = s->offered - from;
    pthread_mutex_unlock(&s->lock);
    return missing;
}

/* Clients ask for all tenants' records at once, whose keys are in the cache or not, and new tenants come.
 * cached, others: must these be served? Returns how many have no answer. */
static unsigned wave(struct kms_hang *s, bool cached, bool others)
{
    const uint64_t now = assay_drill_now();
    unsigned n = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < TENANTS; i++) { /* by turns: one of each kind after the other */
        size_t at = i % 2 ? WARM + i / 2 : i / 2;
        struct assay_drill_tenant *t = &s->tenant[at];
        s->request[n++] = (struct request){.tenant = t,
                                           .arrives = at >= WARM + COLD,
                                           .cached = at < WARM && cached,
                                           .begin_ns = now,
                                           .possible = at < WARM ? cached : others};
    }
    s->begun = s->done = 0;
    s->offered = n;
    s->slowest_cached = s->slowest_refused = 0;
    s->cached = s->refused = 0;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    return take_answers(s, true);
}

/* One record whose key is not in the cache, until it is served or patience is over. */
static bool served_again(struct kms_hang *s)
{
    const uint64_t end = assay_drill_now() + PATIENCE_S * 1000000000ull;
    struct request r = {.tenant = &s->tenant[WARM]};
    for (;;) {
        serve(s, &r);
        if (r.right || assay_drill_now() > end)
            return r.right;
        nanosleep(&(struct timespec){.tv_nsec = BEFORE_AGAIN}, NULL);
    }
}

/* The clients' patience is over, and requests have no answer. */
static void give_up(struct kms_hang *s, unsigned missing)
{
    unsigned cached = WARM - s->cached;
    s->d->wrong += missing;
    assay_drill_fail(
        s->d,
        "after %u s %u of %u requests have no answer, %u of them for records whose data key is in the cache",
        PATIENCE_S, missing, TENANTS, cached);
    assay_kms_hang(s->kms, false);
    assay_drill_repair(s->d, "the KMS goes on");
    if (take_answers(s, false) > 0) {
        assay_drill_step(s->d, "the service's threads still wait: the KMS's process is ended");
        assay_kms_hang_up(s->kms);
        (void)take_answers(s, false);
    }
}

/* false: the drill is over. */
static bool hang_once(struct kms_hang *s)
{
    assay_kms_hang(s->kms, true);
    assay_drill_fault(s->d, "the KMS hangs: it takes questions and answers none");
    unsigned missing = 0;
    for (unsigned i = 0; i < 2 && missing == 0;
         i++) { /* the second time no thread waits for the KMS any more */
        missing = wave(s, true, false);
        if (missing == 0)
            assay_drill_step(
                s->d,
                "%u records are read by means of the cache, the slowest in %.1f ms; %u requests are "
                "refused, the slowest after %.1f ms",
                s->cached, (double)s->slowest_cached / 1e6, s->refused, (double)s->slowest_refused / 1e6);
    }
    if (missing == 0) {
        s->now_ms += TTL_MS;
        missing = wave(s, false, false);
    }
    if (missing > 0) {
        give_up(s, missing);
        return false;
    }
    assay_drill_step(
        s->d, "%u s later the keys' time to live is over: %u requests are refused, the slowest after %.1f ms",
        TTL_MS / 1000, s->refused, (double)s->slowest_refused / 1e6);
    assay_kms_hang(s->kms, false);
    assay_drill_repair(s->d, "the KMS goes on, and answers what it was asked before");
    if (!served_again(s))
        return false;
    assay_drill_recovered(s->d, "a record whose data key is not in the cache is read");
    if (wave(s, true, true) > 0)
        assay_drill_fail(s->d, "requests have no answer, though the KMS is back");
    else
        assay_drill_step(s->d, "all %u requests are served: no late answer was taken for another's", TENANTS);
    s->now_ms += TTL_MS; /* so that only the first of them are in the cache again */
    for (size_t i = 0; i < WARM; i++) {
        struct request r = {.tenant = &s->tenant[i], .possible = true};
        serve(s, &r);
        judge(s, &r);
    }
    return true;
}

static enum assay_rc drill(struct kms_hang *s)
{
    char why[sizeof s->d->note] = "";
    enum assay_rc rc =
        assay_kms_apart(s->d->kms, s->d->without_safeguard ? 0 : TIMEOUT_MS, &s->kms, why, sizeof why);
    s->cache = rc == ASSAY_OK ? assay_dek_cache_new(s->kms, 2 * TENANTS, TTL_MS) : NULL;
    if (!s->cache) {
        snprintf(s->d->note, sizeof s->d->note, "%s", why);
        return rc == ASSAY_OK ? ASSAY_NOMEM : rc;
    }
    for (size_t i = 0; rc == ASSAY_OK && i < WARM + COLD; i++) {
        struct request r = {.tenant = &s->tenant[i], .arrives = true};
        serve(s, &r);
        r.arrives = false; /* and reads, so that the key is in the cache */
        if (r.right && i < WARM)
            serve(s, &r);
        s->d->served += r.right;
        rc = r.rc;
    }
    if (rc != ASSAY_OK) {
        snprintf(s->d->note, sizeof s->d->note, "the KMS %s does not work: %.120s", s->kms->name,
                 s->kms->last_error(s->kms));
        return rc;
    }
    while (s->threads < HANDS && pthread_create(&s->thread[s->threads], NULL, hand, s) == 0)
        s->threads++;
    if (s->threads < HANDS)
        return ASSAY_NOMEM;
    assay_drill_step(
        s->d, "%u tenants, their data keys wrapped by %s in a process of its own, %u of them cached for %u s",
        WARM + COLD, s->kms->name, WARM, TTL_MS / 1000);
    for (unsigned i = 0; i < ROUNDS; i++)
        if (!hang_once(s))
            break;
    return ASSAY_OK;
}

static enum assay_rc kms_hang_run(struct assay_drilling *d)
{
    struct kms_hang *s = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->d = d;
    s->now_ms = 1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->news, NULL);
    enum assay_rc rc = drill(s);
    pthread_mutex_lock(&s->lock);
    s->over = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < s->threads; i++)
        pthread_join(s->thread[i], NULL);
    for (size_t i = 0; i < TENANTS; i++)
        assay_dek_context_free(&s->tenant[i].context, d->backend);
    assay_dek_cache_free(s->cache);
    if (s->kms)
        s->kms->close(s->kms);
    pthread_cond_destroy(&s->news);
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->lock);
    explicit_bzero(s, sizeof *s);
    free(s);
    return rc;
}

static bool kms_hang_supported(struct assay_drilling *d, char *why, size_t why_size)
{
    return assay_drill_supported(d, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, why_size);
}

const struct assay_drill assay_drill_kms_hang = {
    .name = "kms-hang",
    .summary =
        "the KMS hangs: cached data keys serve reads, and whoever needs it is refused instead of waiting",
    .safeguard = "a call of the KMS has a deadline, and one that owes answers is asked nothing more",
    .uses = ASSAY_USES_KMS,
    .supported = kms_hang_supported,
    .run = kms_hang_run,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * kms-outage: the KMS does not answer, then it unwraps but wraps no more, then its process ends. Records
 * whose data key is in the cache are read on, until the key's time to live is over; a new data key cannot be
 * had, and the service must say so: a key that it made its own way out with would be one that nobody rotates,
 * audits or revokes.
 *
 * Seen from outside: whatever the service gave out as wrapped, the KMS itself is asked to unwrap when it is
 * back. The cache's clock is the drill's: a time to live passes at once.
 */
#include "kernels/service/drill.h"
#include "kernels/service/drills/faults.h"
#include "kernels/service/drills/tenants.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define WARM        24u /* tenants whose key is in the cache when the KMS goes */
#define COLD        8u  /* whose key is not */
#define FRESH       8u  /* who come in an outage, and again after it */
#define TENANTS_MAX (WARM + COLD + 6 * FRESH)
#define TTL_MS      60000u

struct kms_outage {
    struct assay_drilling *d;
    struct assay_faulty_kms faulty;
    struct assay_dek_cache *cache;
    assay_aead *own; /* the way out: only without the safeguard */
    uint64_t now_ms, own_nonces;
    struct assay_drill_tenant tenant[TENANTS_MAX];
    size_t tenants;
};

/* The fallback that must not be: the same form under a key of this process. */
static enum assay_rc wrap_in_process(void *data, struct assay_drill_tenant *t,
                                     const uint8_t dek[ASSAY_DRILL_DEK])
{
    struct kms_outage *s = data;
    const struct assay_aead_ops *aead = s->d->backend->aead;
    uint8_t key[32];
    if (!s->own) {
        if (getrandom(key, sizeof key, 0) != sizeof key)
            return ASSAY_LIBRARY;
        enum assay_rc rc = aead->aead_new(s->d->instance, ASSAY_AES_256_GCM, key, &s->own);
        explicit_bzero(key, sizeof key);
        ASSAY_TRY(rc);
    }
    memset(t->wrapped, 0, ASSAY_NONCE_SIZE);
    s->own_nonces++;
    memcpy(t->wrapped, &s->own_nonces, sizeof s->own_nonces);
    return aead->seal(s->own, t->wrapped + ASSAY_NONCE_SIZE, t->wrapped, dek, ASSAY_DRILL_DEK, t->id,
                      sizeof t->id);
}

/* New tenants ask to be taken. Those that are stay; how many were is returned. */
static unsigned arrive(struct kms_outage *s, unsigned count, bool possible)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < count && s->tenants < TENANTS_MAX; i++) {
        struct assay_drill_tenant *t = &s->tenant[s->tenants];
        enum assay_rc rc = assay_drill_tenant_take(s->d, &s->faulty.kms, t, s->tenants + 1,
                                                   s->d->without_safeguard ? wrap_in_process : NULL, s);
        taken += rc == ASSAY_OK;
        s->tenants += rc == ASSAY_OK; /* what was not taken leaves nothing behind */
        s->d->served += rc == ASSAY_OK && possible;
        s->d->refused += rc != ASSAY_OK && !possible;
        s->d->wrong += rc != ASSAY_OK && possible;
        if (rc != ASSAY_OK && !possible)
            assay_drill_detected(s->d, "a new tenant is turned away, and the service says why: %s",
                                 s->faulty.kms.last_error(&s->faulty.kms));
    }
    return taken;
}

/* Reads from .. to; whether each can be read is known. Returns how many were not as they must be. */
static unsigned visit(struct kms_outage *s, size_t from, size_t to, bool possible)
{
    unsigned wrong = 0;
    for (size_t i = from; i < to; i++) {
        struct assay_drill_tenant *t = &s->tenant[i];
        uint8_t got[ASSAY_DRILL_RECORD] = {0};
        enum assay_rc rc = assay_drill_tenant_read(s->d, s->cache, s->now_ms, t, got);
        bool right =
            possible ? rc == ASSAY_OK && memcmp(got, t->record, ASSAY_DRILL_RECORD) == 0 : rc != ASSAY_OK;
        s->d->served += right && possible;
        s->d->refused += right && !possible;
        wrong += !right;
    }
    s->d->wrong += wrong;
    return wrong;
}

static void turn_away(struct kms_outage *s)
{
    unsigned taken = arrive(s, FRESH, false);
    if (taken > 0)
        assay_drill_step(s->d, "%u new tenants were taken, though the KMS wraps nothing", taken);
}

static void fault(struct kms_outage *s, enum assay_faulty_mode mode, const char *what)
{
    s->faulty.mode = mode;
    assay_drill_fault(s->d, "%s", what);
    turn_away(s);
}

/* Nothing that was given out as wrapped, from this tenant on, is under another key than the KMS's. */
static void audit(struct kms_outage *s, size_t from)
{
    unsigned strange = 0;
    for (size_t i = from; i < s->tenants; i++) {
        struct assay_drill_tenant *t = &s->tenant[i];
        uint8_t dek[ASSAY_DRILL_DEK];
        strange += s->d->kms->unwrap(s->d->kms, dek, (struct assay_bytes){t->wrapped, sizeof t->wrapped},
                                     assay_drill_tenant_id(t)) != ASSAY_OK;
        explicit_bzero(dek, sizeof dek);
    }
    s->d->wrong += strange;
    if (strange > 0)
        assay_drill_fail(s->d,
                         "%u of %zu data keys that were given out as wrapped are not wrapped by the KMS",
                         strange, s->tenants - from);
}

static void repair(struct kms_outage *s, size_t from)
{
    s->faulty.mode = ASSAY_FAULTY_NOT;
    assay_drill_repair(s->d, "the KMS answers again");
    if (arrive(s, 1, true) == 1)
        assay_drill_recovered(s->d, "a new tenant is taken");
    if (arrive(s, FRESH - 1, true) != FRESH - 1)
        assay_drill_fail(s->d, "new tenants are turned away, though the KMS is back");
    audit(s, from);
}

static void blackout(struct kms_outage *s)
{
    fault(s, ASSAY_FAULTY_GONE, "the KMS does not answer");
    if (visit(s, 0, WARM, true) > 0)
        assay_drill_fail(s->d, "records were not read, though their data key is in the cache");
    else
        assay_drill_step(s->d, "%u records are read by means of the cache", WARM);
    if (visit(s, WARM, WARM + COLD, false) > 0)
        assay_drill_fail(s->d, "records were read whose data key only the KMS has");
    s->now_ms += TTL_MS; /* valid for less than that */
    if (visit(s, 0, WARM, false) > 0)
        assay_drill_fail(s->d, "records were read after their data key's time to live");
    else
        assay_drill_step(s->d, "%u s later they are not: the keys' time to live is over", TTL_MS / 1000u);
    repair(s, 0);
    if (visit(s, 0, WARM + COLD, true) > 0)
        assay_drill_fail(s->d, "records are not read, though the KMS is back");
}

/* Its key was made for it alone and is gone with it: what it wrapped opens no more. One in production keeps
 * it. */
static enum assay_rc start_again(struct kms_outage *s)
{
    struct assay_companions *c = s->d->companions;
    char why[sizeof s->d->note];
    c->kms->close(c->kms);
    c->kms = s->d->kms = NULL;
    enum assay_rc rc =
        assay_companions_open(c, ASSAY_COMPANION_KMS, s->d->backend, s->d->instance, why, sizeof why);
    if (rc != ASSAY_OK)
        snprintf(s->d->note, sizeof s->d->note, "%s", why);
    s->d->kms = s->faulty.inner = c->kms;
    return rc;
}

/* The real thing, where the KMS is a process of its own. */
static enum assay_rc process_ends(struct kms_outage *s)
{
    size_t known = s->tenants;
    if (!assay_kms_hang_up(s->d->kms)) {
        assay_drill_step(s->d, "no process of the KMS %s that the drill could end", s->d->kms->name);
        return ASSAY_OK;
    }
    assay_drill_fault(s->d, "the KMS's process ends");
    turn_away(s);
    if (visit(s, 0, WARM + COLD, true) > 0)
        assay_drill_fail(s->d, "records were not read, though their data key is in the cache");
    ASSAY_TRY(start_again(s));
    repair(s, known);
    s->now_ms += TTL_MS;
    if (visit(s, 0, WARM + COLD, false) > 0)
        assay_drill_fail(s->d, "another KMS's keys opened records");
    return ASSAY_OK;
}

static enum assay_rc drill(struct kms_outage *s)
{
    assay_faulty_kms_init(&s->faulty, s->d->kms);
    s->now_ms = 1;
    s->cache = assay_dek_cache_new(&s->faulty.kms, 2 * TENANTS_MAX, TTL_MS);
    if (!s->cache)
        return ASSAY_NOMEM;
    if (arrive(s, WARM + COLD, true) != WARM + COLD || visit(s, 0, WARM, true) != 0) {
        snprintf(s->d->note, sizeof s->d->note, "the KMS %s does not work: %s", s->d->kms->name,
                 s->d->kms->last_error(s->d->kms));
        return ASSAY_LIBRARY;
    }
    assay_drill_step(s->d, "%u tenants, their data keys wrapped by %s, %u of them cached for %u s",
                     WARM + COLD, s->d->kms->name, WARM, TTL_MS / 1000u);
    blackout(s);
    fault(s, ASSAY_FAULTY_READ_ONLY, "the KMS unwraps, and wraps no more");
    s->now_ms += TTL_MS;
    if (visit(s, 0, WARM + COLD, true) > 0)
        assay_drill_fail(s->d, "records are not read, though the KMS unwraps");
    repair(s, 0);
    if (s->d->wrong == 0)
        assay_drill_step(s->d, "the KMS unwraps all %zu data keys that were given out as wrapped",
                         s->tenants);
    return process_ends(s);
}

static enum assay_rc kms_outage_run(struct assay_drilling *d)
{
    struct kms_outage *s = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->d = d;
    enum assay_rc rc = drill(s);
    for (size_t i = 0; i < TENANTS_MAX; i++)
        assay_dek_context_free(&s->tenant[i].context, d->backend);
    assay_dek_cache_free(s->cache);
    if (s->own)
        d->backend->aead->aead_free(s->own);
    explicit_bzero(s, sizeof *s);
    free(s);
    return rc;
}

static bool kms_outage_supported(struct assay_drilling *d, char *why, size_t why_size)
{
    return assay_drill_supported(d, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, why_size);
}

const struct assay_drill assay_drill_kms_outage = {
    .name = "kms-outage",
    .summary = "the KMS fails: cached data keys serve reads, and no new key is wrapped without it",
    .safeguard = "a wrap that the KMS does not do fails: there is no other key to fall back on",
    .uses = ASSAY_USES_KMS,
    .supported = kms_outage_supported,
    .run = kms_outage_run,
};

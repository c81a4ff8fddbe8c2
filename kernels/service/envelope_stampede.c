/* SPDX-License-Identifier: Apache-2.0
 *
 * envelope.stampede: a data key that everybody uses expires, and callers in threads of their own ask for it
 * at once. An operation is one such stampede, from the expiry to the last caller's opened record.
 *
 *   singleflight   through the cache (dek_cache.h): one of them asks the KMS, the others wait for it
 *   each           what a cache without that does: whoever misses asks the KMS
 *
 * How often the KMS was asked is counted at the KMS, and is part of every sample's check.
 */
#include "kernels/kernels.h"
#include "kernels/service/crew.h"
#include "kernels/service/dek_cache.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEK_SIZE    32u
#define RECORD_SIZE 1024u
#define SEALED_SIZE (ASSAY_NONCE_SIZE + RECORD_SIZE + ASSAY_TAG_SIZE)
#define CALLERS_MAX 16u
#define TTL_MS      300000u

enum flight { SINGLE, EACH };

static const struct assay_value flights[] = {{"singleflight", SINGLE}, {"each", EACH}};
static const struct assay_value callers[] = {{"4", 4}, {"16", CALLERS_MAX}};
static const struct assay_param params[] = {
    ASSAY_PARAM("flight", flights), ASSAY_PARAM("callers", callers), {0}};

struct caller {
    struct assay_dek_context key;
    enum assay_rc rc;
    char error[160];
    uint8_t back[RECORD_SIZE];
} __attribute__((aligned(128)));

struct stampede_state {
    struct caller caller[CALLERS_MAX];
    struct assay_kms counted; /* the case's KMS, its unwraps counted */
    struct assay_kms *kms;
    atomic_uint_fast64_t asked;
    uint64_t stampedes, now_ms;
    struct assay_dek_cache *cache;
    struct assay_crew *crew;
    uint8_t id[8], wrapped[DEK_SIZE + ASSAY_KMS_OVERHEAD];
    uint8_t record[RECORD_SIZE], sealed[SEALED_SIZE];
};

static enum assay_rc counted_unwrap(struct assay_kms *kms, uint8_t *dek, struct assay_bytes wrapped,
                                    struct assay_bytes aad)
{
    struct stampede_state *s = kms->state;
    atomic_fetch_add_explicit(&s->asked, 1, memory_order_relaxed);
    return s->kms->unwrap(s->kms, dek, wrapped, aad);
}

static const char *counted_error(struct assay_kms *kms)
{
    struct stampede_state *s = kms->state;
    return s->kms->last_error(s->kms);
}

/* What a cache without single flight does on a miss. */
static enum assay_rc fetch_alone(struct assay_case *c, struct caller *me)
{
    struct stampede_state *s = c->state;
    uint8_t dek[DEK_SIZE];
    enum assay_rc rc =
        s->counted.unwrap(&s->counted, dek, (struct assay_bytes){s->wrapped, sizeof s->wrapped},
                          (struct assay_bytes){s->id, sizeof s->id});
    if (rc != ASSAY_OK)
        snprintf(me->error, sizeof me->error, "%s", s->kms->last_error(s->kms));
    else
        rc = me->key.aead ? c->backend->aead->rekey(me->key.aead, dek)
                          : c->backend->aead->aead_new(c->instance, ASSAY_AES_256_GCM, dek, &me->key.aead);
    explicit_bzero(dek, sizeof dek);
    return rc;
}

static enum assay_rc fetch(struct assay_case *c, struct caller *me)
{
    struct stampede_state *s = c->state;
    const struct assay_dek_request r = {{s->id, sizeof s->id}, {s->wrapped, sizeof s->wrapped}, s->now_ms};
    if (c->value[0] == EACH)
        return fetch_alone(c, me);
    enum assay_rc rc =
        assay_dek_context_use(&me->key, s->cache, &r, c->backend, c->instance, ASSAY_AES_256_GCM);
    if (rc != ASSAY_OK)
        snprintf(me->error, sizeof me->error, "%s", assay_dek_cache_error());
    return rc;
}

static void call(void *data, unsigned hand)
{
    struct assay_case *c = data;
    struct stampede_state *s = c->state;
    struct caller *me = &s->caller[hand];
    me->rc = fetch(c, me);
    if (me->rc == ASSAY_OK)
        me->rc = c->backend->aead->open(me->key.aead, me->back, s->sealed, s->sealed + ASSAY_NONCE_SIZE,
                                        SEALED_SIZE - ASSAY_NONCE_SIZE, s->id, sizeof s->id);
}

static enum assay_rc stampede(struct assay_case *c)
{
    struct stampede_state *s = c->state;
    s->now_ms += TTL_MS;
    s->stampedes++;
    assay_crew_run(s->crew, call, c);
    for (uint64_t i = 0; i < c->value[1]; i++) {
        if (s->caller[i].rc == ASSAY_OK)
            continue;
        if (s->caller[i].error[0])
            snprintf(c->note, sizeof c->note, "%s", s->caller[i].error);
        return s->caller[i].rc;
    }
    return ASSAY_OK;
}

static enum assay_rc seal_record(struct assay_case *c)
{
    struct stampede_state *s = c->state;
    uint8_t dek[DEK_SIZE];
    assay_aead *aead = NULL;
    assay_fill(s->id, sizeof s->id, 100);
    assay_fill(dek, sizeof dek, 200);
    assay_fill(s->record, RECORD_SIZE, 31);
    enum assay_rc rc = c->kms->wrap(c->kms, s->wrapped, (struct assay_bytes){dek, DEK_SIZE},
                                    (struct assay_bytes){s->id, sizeof s->id});
    if (rc != ASSAY_OK)
        snprintf(c->note, sizeof c->note, "%s", c->kms->last_error(c->kms));
    else
        rc = c->backend->aead->aead_new(c->instance, ASSAY_AES_256_GCM, dek, &aead);
    if (rc == ASSAY_OK)
        rc = c->backend->aead->seal(aead, s->sealed + ASSAY_NONCE_SIZE, s->sealed, s->record, RECORD_SIZE,
                                    s->id, sizeof s->id);
    c->backend->aead->aead_free(aead);
    explicit_bzero(dek, sizeof dek);
    return rc;
}

static enum assay_rc stampede_setup(struct assay_case *c)
{
    struct stampede_state *s = c->state = aligned_alloc(128, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    memset(s, 0, sizeof *s);
    s->kms = c->kms;
    s->counted = *c->kms;
    s->counted.state = s;
    s->counted.unwrap = counted_unwrap;
    s->counted.last_error = counted_error;
    s->cache = assay_dek_cache_new(&s->counted, 1, TTL_MS);
    s->crew = assay_crew_new((unsigned)c->value[1]);
    if (!s->cache || !s->crew)
        return ASSAY_NOMEM;
    return seal_record(c);
}

static void stampede_teardown(struct assay_case *c)
{
    struct stampede_state *s = c->state;
    if (!s)
        return;
    assay_crew_free(s->crew);
    for (unsigned i = 0; i < CALLERS_MAX; i++)
        assay_dek_context_free(&s->caller[i].key, c->backend);
    assay_dek_cache_free(s->cache);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc stampede_run(struct assay_case *c, uint64_t n)
{
    struct stampede_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(stampede(c));
    return assay_consume(s->caller, sizeof s->caller);
}

/* Every caller has the record, and the KMS was asked once a stampede, or once a caller. */
static enum assay_rc stampede_check(struct assay_case *c)
{
    struct stampede_state *s = c->state;
    uint64_t asked = atomic_exchange(&s->asked, 0);
    uint64_t want = c->value[0] == SINGLE ? s->stampedes : s->stampedes * c->value[1];
    if (asked != want)
        return assay_wrong(c, "%llu stampedes cost %llu unwraps, not %llu", (unsigned long long)s->stampedes,
                           (unsigned long long)asked, (unsigned long long)want);
    s->stampedes = 0;
    for (uint64_t i = 0; i < c->value[1]; i++) {
        if (memcmp(s->caller[i].back, s->record, RECORD_SIZE) != 0)
            return assay_wrong(c, "caller %llu has another record", (unsigned long long)i);
        memset(s->caller[i].back, 0, RECORD_SIZE);
    }
    return ASSAY_OK;
}

static enum assay_rc stampede_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct stampede_state *s = c->state;
    for (unsigned i = 0; i < 100; i++, proof->answers++) {
        ASSAY_TRY(stampede_run(c, 1));
        ASSAY_TRY(stampede_check(c));
    }
    s->wrapped[ASSAY_NONCE_SIZE] ^= 1; /* the one answer, a refusal, is every caller's */
    enum assay_rc rc = stampede(c);
    s->wrapped[ASSAY_NONCE_SIZE] ^= 1;
    for (uint64_t i = 0; i < c->value[1]; i++)
        if (s->caller[i].rc != ASSAY_AUTH)
            rc = s->caller[i].rc;
    ASSAY_TRY(assay_expect_refused(c, proof, "an altered wrapped key, by some caller,", rc));
    c->note[0] = '\0';
    s->stampedes = 0;
    atomic_store(&s->asked, 0);
    return ASSAY_OK;
}

static const char *const headline[] = {"singleflight/4", "each/4", NULL};

const struct assay_kernel assay_envelope_stampede = {
    .id = "envelope.stampede",
    .summary =
        "a data key expires and callers miss it at once: until the last has opened its record of 1 KiB",
    .source = "SP 800-38D",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .uses = ASSAY_USES_KMS,
    .params = params,
    .headline = headline,
    .supported = assay_aes_256_gcm_supported,
    .served = assay_aes_256_gcm_served,
    .setup = stampede_setup,
    .prove = stampede_prove,
    .run = stampede_run,
    .check = stampede_check,
    .teardown = stampede_teardown,
};

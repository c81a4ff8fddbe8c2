/* SPDX-License-Identifier: Apache-2.0
 *
 * envelope.cached: records of 64 tenants, each tenant with a data key that the KMS wraps, and unwrapped ones
 * in a cache (dek_cache.h). A hit costs a look at the cache and the AEAD; a miss asks the KMS. The hit share
 * is a parameter, not an outcome: at 99 % each hundredth operation finds that its entry is gone.
 */
#include "kernels/kernels.h"
#include "kernels/service/dek_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TENANTS     64u
#define DEK_SIZE    32u
#define RECORD_SIZE 1024u
#define CAPACITY    (2 * TENANTS) /* all of them */
#define TTL_MS      300000u       /* five minutes; the clock stands still here */
#define SEALED_SIZE (ASSAY_NONCE_SIZE + RECORD_SIZE + ASSAY_TAG_SIZE)

enum call { CALL_SEAL, CALL_OPEN };

static const struct assay_value calls[] = {{"seal", CALL_SEAL}, {"open", CALL_OPEN}};
static const struct assay_value hits[] = {{"hit100", 0}, {"hit99", 100}, {"hit90", 10}, {"hit0", 1}};
static const struct assay_param params[] = {ASSAY_PARAM("call", calls), ASSAY_PARAM("hits", hits), {0}};

struct tenant {
    uint8_t id[8];
    uint8_t wrapped[DEK_SIZE + ASSAY_KMS_OVERHEAD];
    struct assay_dek_context key;
    uint8_t nonce[ASSAY_NONCE_SIZE];
    uint8_t sealed[SEALED_SIZE];
};

struct cached_state {
    struct assay_dek_cache *cache;
    struct tenant tenant[TENANTS];
    uint64_t operations; /* so far: which tenant is next, and whether it has expired */
    struct tenant *last;
    uint8_t record[RECORD_SIZE], back[RECORD_SIZE];
};

static struct assay_bytes id_of(const struct tenant *t)
{
    return (struct assay_bytes){t->id, sizeof t->id};
}

static enum assay_rc use_key(struct assay_case *c, struct tenant *t)
{
    struct cached_state *s = c->state;
    const struct assay_dek_request r = {id_of(t), {t->wrapped, sizeof t->wrapped}, 0};
    enum assay_rc rc =
        assay_dek_context_use(&t->key, s->cache, &r, c->backend, c->instance, ASSAY_AES_256_GCM);
    if (rc != ASSAY_OK && assay_dek_cache_error()[0])
        snprintf(c->note, sizeof c->note, "%s", assay_dek_cache_error());
    return rc;
}

static enum assay_rc seal_record(struct assay_case *c, struct tenant *t)
{
    struct cached_state *s = c->state;
    ASSAY_TRY(use_key(c, t));
    assay_nonce_next(t->nonce);
    memcpy(t->sealed, t->nonce, ASSAY_NONCE_SIZE);
    return c->backend->aead->seal(t->key.aead, t->sealed + ASSAY_NONCE_SIZE, t->nonce, s->record, RECORD_SIZE,
                                  t->id, sizeof t->id);
}

static enum assay_rc open_record(struct assay_case *c, struct tenant *t)
{
    struct cached_state *s = c->state;
    ASSAY_TRY(use_key(c, t));
    return c->backend->aead->open(t->key.aead, s->back, t->sealed, t->sealed + ASSAY_NONCE_SIZE,
                                  SEALED_SIZE - ASSAY_NONCE_SIZE, t->id, sizeof t->id);
}

static enum assay_rc cached_setup(struct assay_case *c)
{
    struct cached_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->cache = assay_dek_cache_new(c->kms, CAPACITY, TTL_MS);
    if (!s->cache)
        return ASSAY_NOMEM;
    assay_fill(s->record, RECORD_SIZE, 31);
    for (unsigned i = 0; i < TENANTS; i++) {
        struct tenant *t = &s->tenant[i];
        uint8_t dek[DEK_SIZE];
        assay_fill(t->id, sizeof t->id, 100 + i);
        assay_fill(dek, sizeof dek, 200 + i);
        ASSAY_TRY(assay_kms_told(
            c, c->kms->wrap(c->kms, t->wrapped, (struct assay_bytes){dek, DEK_SIZE}, id_of(t))));
        ASSAY_TRY(seal_record(c, t));
    }
    return ASSAY_OK;
}

static void cached_teardown(struct assay_case *c)
{
    struct cached_state *s = c->state;
    if (!s)
        return;
    for (unsigned i = 0; i < TENANTS; i++)
        assay_dek_context_free(&s->tenant[i].key, c->backend);
    assay_dek_cache_free(s->cache);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static bool cached_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, why_size);
}

static enum assay_op cached_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_AES_256_GCM;
    return ASSAY_OP_AEAD;
}

static enum assay_rc cached_run(struct assay_case *c, uint64_t n)
{
    struct cached_state *s = c->state;
    const uint64_t every = c->value[1];
    for (uint64_t i = 0; i < n; i++) {
        uint64_t operation = ++s->operations;
        s->last = &s->tenant[operation % TENANTS];
        if (every != 0 && operation % every == 0)
            assay_dek_cache_forget(s->cache, id_of(s->last));
        ASSAY_TRY(c->value[0] == CALL_SEAL ? seal_record(c, s->last) : open_record(c, s->last));
    }
    return assay_consume(c->value[0] == CALL_SEAL ? s->last->sealed : s->back, RECORD_SIZE);
}

static enum assay_rc cached_check(struct assay_case *c)
{
    struct cached_state *s = c->state;
    if (c->value[0] == CALL_SEAL)
        ASSAY_TRY(open_record(c, s->last));
    return memcmp(s->back, s->record, RECORD_SIZE) == 0 ? ASSAY_OK
                                                        : assay_wrong(c, "the record came back another");
}

/* What was sealed under a key opens after that key was fetched anew, and the KMS is asked just then. */
static enum assay_rc prove_misses(struct assay_case *c, struct assay_proof *proof)
{
    struct cached_state *s = c->state;
    const uint64_t every = c->value[1], n = 4 * TENANTS;
    uint64_t before = assay_dek_cache_counts(s->cache).unwraps;
    for (unsigned i = 0; i < TENANTS; i++, proof->answers++) {
        s->last = &s->tenant[i];
        memset(s->back, 0, RECORD_SIZE);
        assay_dek_cache_forget(s->cache, id_of(s->last));
        ASSAY_TRY(open_record(c, s->last));
        ASSAY_TRY(cached_check(c));
    }
    uint64_t after = assay_dek_cache_counts(s->cache).unwraps;
    if (after - before != TENANTS)
        return assay_wrong(c, "%u keys were fetched by %u unwraps", TENANTS, (unsigned)(after - before));
    s->operations = 0;
    ASSAY_TRY(cached_run(c, n));
    ASSAY_TRY(cached_check(c));
    before = after;
    after = assay_dek_cache_counts(s->cache).unwraps;
    if (after - before != (every ? n / every : 0))
        return assay_wrong(c, "%u operations cost %u unwraps", (unsigned)n, (unsigned)(after - before));
    return ASSAY_OK;
}

static enum assay_rc cached_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct cached_state *s = c->state;
    struct tenant *t = &s->tenant[0], *other = &s->tenant[1];
    uint8_t sealed[SEALED_SIZE], key[ASSAY_KMS_DEK_MAX];
    uint64_t version = 0;
    ASSAY_TRY(prove_misses(c, proof));
    memcpy(sealed, t->sealed, sizeof sealed);
    memcpy(t->sealed, other->sealed, sizeof sealed);
    enum assay_rc rc = open_record(c, t);
    memcpy(t->sealed, sealed, sizeof sealed);
    ASSAY_TRY(assay_expect_refused(c, proof, "another tenant's record", rc));
    t->sealed[ASSAY_NONCE_SIZE] ^= 1;
    rc = open_record(c, t);
    t->sealed[ASSAY_NONCE_SIZE] ^= 1;
    ASSAY_TRY(assay_expect_refused(c, proof, "a record with a flipped bit", rc));
    const struct assay_dek_request r = {id_of(other), {t->wrapped, sizeof t->wrapped}, 0};
    assay_dek_cache_forget(s->cache, id_of(other));
    rc = assay_dek_cache_get(s->cache, &r, &version, key);
    explicit_bzero(key, sizeof key);
    return assay_expect_refused(c, proof, "a tenant's data key for another tenant", rc);
}

static uint64_t cached_bytes(const struct assay_case *c)
{
    (void)c;
    return RECORD_SIZE;
}

static const char *const headline[] = {"open/hit100", "open/hit99", "open/hit0", NULL};

const struct assay_kernel assay_envelope_cached = {
    .id = "envelope.cached",
    .summary = "a tenant's record of 1 KiB sealed or opened under a data key from the cache, or from the KMS",
    .source = "SP 800-38D",
    .unit = ASSAY_UNIT_BYTES,
    .service = true,
    .uses = ASSAY_USES_KMS,
    .params = params,
    .headline = headline,
    .supported = cached_supported,
    .served = cached_served,
    .bytes = cached_bytes,
    .setup = cached_setup,
    .prove = cached_prove,
    .run = cached_run,
    .check = cached_check,
    .teardown = cached_teardown,
};

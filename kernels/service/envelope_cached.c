/* SPDX-License-Identifier: Apache-2.0
 *
 * envelope.cached: records of 64 tenants, each tenant with a data key that the KMS wraps, and unwrapped ones
 * in a cache (dek_cache.h). A hit costs a look at the cache and the AEAD; a miss asks the KMS. The hit share
 * is a parameter, not an outcome: at 99 % each hundredth operation finds that its entry is gone.
 */
#include "kernels/kernels.h"
#include "kernels/service/tenant.h"

#include <stdlib.h>
#include <string.h>

#define TENANTS  64u
#define CAPACITY (2 * TENANTS) /* all of them */
#define TTL_MS   300000u       /* five minutes; the clock stands still here */

enum call { CALL_SEAL, CALL_OPEN };

static const struct assay_value calls[] = {{"seal", CALL_SEAL}, {"open", CALL_OPEN}};
static const struct assay_value hits[] = {{"hit100", 0}, {"hit99", 100}, {"hit90", 10}, {"hit0", 1}};
static const struct assay_param params[] = {ASSAY_PARAM("call", calls), ASSAY_PARAM("hits", hits), {0}};

struct cached_state {
    struct assay_dek_cache *cache;
    struct assay_tenant tenant[TENANTS];
    uint64_t operations; /* so far: which tenant is next, and whether it has expired */
    struct assay_tenant *last;
    uint8_t record[ASSAY_TENANT_RECORD], back[ASSAY_TENANT_RECORD];
};

/* The clock stands still. */
static enum assay_rc seal_record(struct assay_case *c, struct assay_tenant *t)
{
    struct cached_state *s = c->state;
    return assay_tenant_seal(c, t, s->cache, 0, s->record);
}

static enum assay_rc open_record(struct assay_case *c, struct assay_tenant *t)
{
    struct cached_state *s = c->state;
    return assay_tenant_open(c, t, s->cache, 0, s->back);
}

static enum assay_rc cached_setup(struct assay_case *c)
{
    struct cached_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->cache = assay_dek_cache_new(c->kms, CAPACITY, TTL_MS);
    if (!s->cache)
        return ASSAY_NOMEM;
    assay_fill(s->record, ASSAY_TENANT_RECORD, 31);
    for (unsigned i = 0; i < TENANTS; i++) {
        ASSAY_TRY(assay_tenant_make(c, &s->tenant[i], 100 + i, 200 + i));
        ASSAY_TRY(seal_record(c, &s->tenant[i]));
    }
    return ASSAY_OK;
}

static void cached_teardown(struct assay_case *c)
{
    struct cached_state *s = c->state;
    if (!s)
        return;
    assay_tenants_free(c, s->tenant, TENANTS);
    assay_dek_cache_free(s->cache);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc cached_run(struct assay_case *c, uint64_t n)
{
    struct cached_state *s = c->state;
    const uint64_t every = c->value[1];
    for (uint64_t i = 0; i < n; i++) {
        uint64_t operation = ++s->operations;
        s->last = &s->tenant[operation % TENANTS];
        if (every != 0 && operation % every == 0)
            assay_dek_cache_forget(s->cache, assay_tenant_id(s->last));
        ASSAY_TRY(c->value[0] == CALL_SEAL ? seal_record(c, s->last) : open_record(c, s->last));
    }
    return assay_consume(c->value[0] == CALL_SEAL ? s->last->sealed : s->back, ASSAY_TENANT_RECORD);
}

static enum assay_rc cached_check(struct assay_case *c)
{
    struct cached_state *s = c->state;
    if (c->value[0] == CALL_SEAL)
        ASSAY_TRY(open_record(c, s->last));
    return memcmp(s->back, s->record, ASSAY_TENANT_RECORD) == 0
               ? ASSAY_OK
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
        memset(s->back, 0, ASSAY_TENANT_RECORD);
        assay_dek_cache_forget(s->cache, assay_tenant_id(s->last));
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
    struct assay_tenant *t = &s->tenant[0], *other = &s->tenant[1];
    uint8_t sealed[ASSAY_TENANT_SEALED], key[ASSAY_KMS_DEK_MAX];
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
    const struct assay_dek_request r = {assay_tenant_id(other), {t->wrapped, sizeof t->wrapped}, 0};
    assay_dek_cache_forget(s->cache, assay_tenant_id(other));
    rc = assay_dek_cache_get(s->cache, &r, &version, key);
    explicit_bzero(key, sizeof key);
    return assay_expect_refused(c, proof, "a tenant's data key for another tenant", rc);
}

static uint64_t cached_bytes(const struct assay_case *c)
{
    (void)c;
    return ASSAY_TENANT_RECORD;
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
    .supported = assay_aes_256_gcm_supported,
    .served = assay_aes_256_gcm_served,
    .bytes = cached_bytes,
    .setup = cached_setup,
    .prove = cached_prove,
    .run = cached_run,
    .check = cached_check,
    .teardown = cached_teardown,
};

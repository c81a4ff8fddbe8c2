/* SPDX-License-Identifier: Apache-2.0
 *
 * envelope.traffic: the cache of data keys (dek_cache.h) by its size and its time to live. Records of 1024
 * tenants are opened, a request each ten milliseconds of a clock that the operations drive; tenant k is asked
 * for in proportion to 1/k (Zipf). The hit share is an outcome here, of the traffic, the size and the time.
 */
#include "kernels/kernels.h"
#include "kernels/service/tenant.h"

#include <stdlib.h>
#include <string.h>

#define TENANTS  1024u
#define REQUESTS 65536u /* drawn beforehand, and gone through again and again */
#define TICK_MS  10u
#define PROVED   2048u /* requests: each miss may be a trip of milliseconds */

static const struct assay_value entries[] = {{"64", 64}, {"256", 256}, {"1024", TENANTS}};
static const struct assay_value ttls[] = {{"ttl1s", 1000}, {"ttl10s", 10000}, {"ttl600s", 600000}};
static const struct assay_param params[] = {ASSAY_PARAM("entries", entries), ASSAY_PARAM("ttl", ttls), {0}};

struct traffic_state {
    struct assay_dek_cache *cache;
    uint64_t now_ms, next;
    struct assay_tenant tenant[TENANTS];
    uint64_t modelled_until[TENANTS]; /* the proof's own idea of the cache */
    uint16_t request[REQUESTS];
    uint8_t record[ASSAY_TENANT_RECORD], back[ASSAY_TENANT_RECORD];
};

/* splitmix64 over weights of 2^32 / k */
static void draw_requests(uint16_t request[REQUESTS])
{
    uint64_t sum[TENANTS], total = 0, seed = 1;
    for (unsigned k = 0; k < TENANTS; k++)
        sum[k] = total += (1ull << 32) / (k + 1);
    for (unsigned i = 0; i < REQUESTS; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z = (z ^ (z >> 31)) % total;
        unsigned low = 0, high = TENANTS - 1;
        while (low < high) {
            unsigned middle = (low + high) / 2;
            if (sum[middle] > z)
                high = middle;
            else
                low = middle + 1;
        }
        request[i] = (uint16_t)low;
    }
}

static enum assay_rc traffic_setup(struct assay_case *c)
{
    struct traffic_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->cache = assay_dek_cache_new(c->kms, c->value[0], c->value[1]);
    if (!s->cache)
        return ASSAY_NOMEM;
    draw_requests(s->request);
    assay_fill(s->record, ASSAY_TENANT_RECORD, 31);
    for (unsigned i = TENANTS; i-- > 0;) { /* those asked for most are in the cache when it is done */
        ASSAY_TRY(assay_tenant_make(c, &s->tenant[i], 10000 + i, 200 + i));
        ASSAY_TRY(assay_tenant_seal(c, &s->tenant[i], s->cache, s->now_ms, s->record));
    }
    return ASSAY_OK;
}

static void traffic_teardown(struct assay_case *c)
{
    struct traffic_state *s = c->state;
    if (!s)
        return;
    assay_tenants_free(c, s->tenant, TENANTS);
    assay_dek_cache_free(s->cache);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc open_next(struct assay_case *c)
{
    struct traffic_state *s = c->state;
    struct assay_tenant *t = &s->tenant[s->request[s->next++ % REQUESTS]];
    s->now_ms += TICK_MS;
    return assay_tenant_open(c, t, s->cache, s->now_ms, s->back);
}

static enum assay_rc traffic_run(struct assay_case *c, uint64_t n)
{
    struct traffic_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(open_next(c));
    return assay_consume(s->back, ASSAY_TENANT_RECORD);
}

static enum assay_rc traffic_check(struct assay_case *c)
{
    struct traffic_state *s = c->state;
    if (memcmp(s->back, s->record, ASSAY_TENANT_RECORD) != 0)
        return assay_wrong(c, "the record came back another");
    memset(s->back, 0, ASSAY_TENANT_RECORD);
    return ASSAY_OK;
}

/* Whether the cache that was asked for would miss: the keys fetched last, as many as it has room for, none
 * older than its time to live. */
static bool model_misses(const struct assay_case *c, unsigned tenant, uint16_t *fetched, uint64_t *count,
                         uint64_t now_ms)
{
    uint64_t *until = ((struct traffic_state *)c->state)->modelled_until;
    if (until[tenant] > now_ms)
        return false;
    while (*count > 0 && (*count == c->value[0] || until[fetched[0]] <= now_ms)) {
        until[fetched[0]] = 0;
        memmove(fetched, fetched + 1, --*count * sizeof *fetched);
    }
    fetched[(*count)++] = (uint16_t)tenant;
    until[tenant] = now_ms + c->value[1];
    return true;
}

/* The KMS is asked when a cache of that size and time must, and at no other time.
 */
static enum assay_rc prove_misses(struct assay_case *c, struct assay_proof *proof)
{
    struct traffic_state *s = c->state;
    uint16_t fetched[TENANTS];
    uint64_t count = 0, misses = 0, before = assay_dek_cache_counts(s->cache).unwraps;
    for (unsigned i = TENANTS; i-- > 0;)
        (void)model_misses(c, i, fetched, &count, s->now_ms);
    for (unsigned i = 0; i < PROVED; i++) {
        misses += model_misses(c, s->request[s->next % REQUESTS], fetched, &count, s->now_ms + TICK_MS);
        ASSAY_TRY(open_next(c));
        ASSAY_TRY(traffic_check(c));
        if (assay_dek_cache_counts(s->cache).unwraps - before != misses)
            return assay_wrong(c, "request %u: %llu unwraps, where a cache of %llu keys and %llu ms has %llu",
                               i, (unsigned long long)(assay_dek_cache_counts(s->cache).unwraps - before),
                               (unsigned long long)c->value[0], (unsigned long long)c->value[1],
                               (unsigned long long)misses);
    }
    proof->answers++;
    return ASSAY_OK;
}

static enum assay_rc traffic_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct traffic_state *s = c->state;
    ASSAY_TRY(prove_misses(c, proof));
    struct assay_tenant *t = &s->tenant[0];
    t->sealed[ASSAY_NONCE_SIZE] ^= 1;
    enum assay_rc rc = assay_tenant_open(c, t, s->cache, s->now_ms, s->back);
    t->sealed[ASSAY_NONCE_SIZE] ^= 1;
    return assay_expect_refused(c, proof, "a record with a flipped bit", rc);
}

static uint64_t traffic_bytes(const struct assay_case *c)
{
    (void)c;
    return ASSAY_TENANT_RECORD;
}

const struct assay_kernel assay_envelope_traffic = {
    .id = "envelope.traffic",
    .summary = "a record of 1 KiB opened, of 1024 tenants asked for by Zipf, through a cache of n keys and a "
               "lifetime",
    .source = "SP 800-38D",
    .unit = ASSAY_UNIT_BYTES,
    .service = true,
    .uses = ASSAY_USES_KMS,
    .params = params,
    .supported = assay_aes_256_gcm_supported,
    .served = assay_aes_256_gcm_served,
    .bytes = traffic_bytes,
    .setup = traffic_setup,
    .prove = traffic_prove,
    .run = traffic_run,
    .check = traffic_check,
    .teardown = traffic_teardown,
};

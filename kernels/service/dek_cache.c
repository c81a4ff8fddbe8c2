/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table over a fixed number of slots, under one lock. Slots hang in the order of fetching as well:
 * with one time to live for all, the oldest is the next to expire, so each miss wipes all that has expired,
 * and a full cache gives up the key that would have gone first. A slot that was dropped while threads still
 * read it is out of the table at once and free when the last of them is done.
 */
#include "kernels/service/dek_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static _Thread_local char told[sizeof((struct assay_dek_slot *)0)->error];

static uint64_t hash_of(const struct assay_dek_cache *c, struct assay_bytes id)
{
    uint64_t h = c->seed + id.size;
    for (size_t i = 0; i < id.size; i += 8) {
        uint64_t word = 0;
        memcpy(&word, id.data + i, id.size - i < 8 ? id.size - i : 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    return h;
}

static struct assay_dek_slot **head_of(struct assay_dek_cache *c, uint64_t hash)
{
    return &c->chain[hash & (c->chains - 1)];
}

static struct assay_dek_slot *find(struct assay_dek_cache *c, uint64_t hash, struct assay_bytes id)
{
    struct assay_dek_slot *s = *head_of(c, hash);
    while (s && (s->hash != hash || s->id_size != id.size || memcmp(s->id, id.data, id.size) != 0))
        s = s->chain;
    return s;
}

/* It can be found no more, and nobody flies or reads it. */
static void free_if_unused(struct assay_dek_cache *c, struct assay_dek_slot *s)
{
    if (s->known || s->flying || s->waiting > 0)
        return;
    explicit_bzero(s->key, sizeof s->key);
    s->chain = c->free;
    c->free = s;
}

static void drop(struct assay_dek_cache *c, struct assay_dek_slot *s)
{
    struct assay_dek_slot **at = head_of(c, s->hash);
    while (*at != s)
        at = &(*at)->chain;
    *at = s->chain;
    *(s->older ? &s->older->newer : &c->oldest) = s->newer;
    *(s->newer ? &s->newer->older : &c->newest) = s->older;
    s->known = false;
    free_if_unused(c, s);
}

static void drop_expired(struct assay_dek_cache *c, uint64_t now_ms)
{
    for (struct assay_dek_slot *s = c->oldest, *next; s; s = next) {
        next = s->newer;
        if (s->flying)
            continue;
        if (s->expires_ms > now_ms)
            break;
        c->counts.expired++;
        drop(c, s);
    }
}

/* A free slot, in the table under the request's id; the oldest key makes room. NULL: none yet, since each is
 * being fetched or read. */
static struct assay_dek_slot *take(struct assay_dek_cache *c, uint64_t hash,
                                   const struct assay_dek_request *r)
{
    for (struct assay_dek_slot *s = c->oldest, *next; s && !c->free; s = next) {
        next = s->newer;
        if (s->flying || s->waiting > 0)
            continue;
        c->counts.evicted++;
        drop(c, s);
    }
    struct assay_dek_slot *s = c->free, **head = head_of(c, hash);
    if (!s)
        return NULL;
    c->free = s->chain;
    s->hash = hash;
    s->id_size = r->id.size;
    memcpy(s->id, r->id.data, r->id.size);
    s->expires_ms = r->now_ms + c->ttl_ms;
    s->flying = s->known = true;
    s->chain = *head;
    *head = s;
    s->newer = NULL;
    s->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = s;
    c->newest = s;
    return s;
}

/* The caller flies: asks the KMS without the lock, and tells those who wait. */
static void fetch(struct assay_dek_cache *c, struct assay_dek_slot *s, const struct assay_dek_request *r)
{
    uint8_t key[ASSAY_KMS_DEK_MAX] = {0};
    c->counts.unwraps++;
    pthread_mutex_unlock(&c->lock);
    enum assay_rc rc = c->kms->unwrap(c->kms, key, r->wrapped, r->id);
    const char *why = rc == ASSAY_OK ? NULL : c->kms->last_error(c->kms);
    pthread_mutex_lock(&c->lock);
    snprintf(s->error, sizeof s->error, "%s", why ? why : "");
    memcpy(s->key, key, sizeof s->key);
    explicit_bzero(key, sizeof key);
    s->rc = rc;
    s->version = ++c->versions;
    s->flying = false;
    pthread_cond_broadcast(&s->landed);
    if (rc != ASSAY_OK) {
        c->counts.failed++;
        if (s->known)
            drop(c, s);
    }
}

static enum assay_rc read_slot(const struct assay_dek_slot *s, uint64_t *version, uint8_t *key)
{
    if (s->rc != ASSAY_OK) {
        memcpy(told, s->error, sizeof told);
        return s->rc;
    }
    if (*version != s->version)
        memcpy(key, s->key, sizeof s->key);
    *version = s->version;
    return ASSAY_OK;
}

/* The slot that answers the request; *mine: the caller must fly it. */
static struct assay_dek_slot *find_or_take(struct assay_dek_cache *c, const struct assay_dek_request *r,
                                           bool *mine)
{
    uint64_t hash = hash_of(c, r->id);
    for (;;) {
        struct assay_dek_slot *s = find(c, hash, r->id);
        *mine = false;
        if (s && (s->flying || s->expires_ms > r->now_ms))
            return s;
        if (s) {
            c->counts.expired++;
            drop(c, s);
        }
        drop_expired(c, r->now_ms);
        s = take(c, hash, r);
        *mine = true;
        if (s)
            return s;
        pthread_cond_wait(&c->room, &c->lock);
    }
}

/* A fetch, one's own or another's, and its outcome. */
static enum assay_rc await(struct assay_dek_cache *c, struct assay_dek_slot *s,
                           const struct assay_dek_request *r, bool mine, uint64_t *version, uint8_t *key)
{
    s->waiting++;
    if (mine)
        fetch(c, s, r);
    else
        c->counts.joined++;
    while (s->flying)
        pthread_cond_wait(&s->landed, &c->lock);
    enum assay_rc rc = read_slot(s, version, key);
    s->waiting--;
    free_if_unused(c, s);
    pthread_cond_broadcast(&c->room); /* whether free now or in the table, it can be taken */
    return rc;
}

enum assay_rc assay_dek_cache_get(struct assay_dek_cache *c, const struct assay_dek_request *r,
                                  uint64_t *version, uint8_t *key)
{
    bool mine;
    told[0] = '\0';
    if (r->id.size == 0 || r->id.size > ASSAY_DEK_ID_MAX || r->wrapped.size < ASSAY_KMS_OVERHEAD ||
        r->wrapped.size > ASSAY_KMS_DEK_MAX + ASSAY_KMS_OVERHEAD)
        return ASSAY_INPUT;
    pthread_mutex_lock(&c->lock);
    struct assay_dek_slot *s = find_or_take(c, r, &mine);
    enum assay_rc rc;
    if (mine || s->flying) {
        rc = await(c, s, r, mine, version, key);
    } else {
        c->counts.hits++;
        rc = read_slot(s, version, key);
    }
    pthread_mutex_unlock(&c->lock);
    return rc;
}

void assay_dek_cache_forget(struct assay_dek_cache *c, struct assay_bytes id)
{
    if (id.size == 0 || id.size > ASSAY_DEK_ID_MAX)
        return;
    pthread_mutex_lock(&c->lock);
    struct assay_dek_slot *s = find(c, hash_of(c, id), id);
    if (s)
        drop(c, s);
    pthread_mutex_unlock(&c->lock);
}

const char *assay_dek_cache_error(void)
{
    return told;
}

struct assay_dek_counts assay_dek_cache_counts(struct assay_dek_cache *c)
{
    pthread_mutex_lock(&c->lock);
    struct assay_dek_counts counts = c->counts;
    pthread_mutex_unlock(&c->lock);
    return counts;
}

unsigned assay_dek_cache_waiting(struct assay_dek_cache *c)
{
    unsigned waiting = 0;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->capacity; i++)
        if (c->slot[i].flying)
            waiting += c->slot[i].waiting - 1; /* one of them flies */
    pthread_mutex_unlock(&c->lock);
    return waiting;
}

struct assay_dek_cache *assay_dek_cache_new(struct assay_kms *kms, size_t capacity, uint64_t ttl_ms)
{
    struct assay_dek_cache *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct assay_dek_cache){
        .kms = kms, .ttl_ms = ttl_ms, .capacity = capacity ? capacity : 1, .chains = 2};
    while (c->chains < 2 * c->capacity)
        c->chains *= 2;
    c->slot = calloc(c->capacity, sizeof *c->slot);
    c->chain = calloc(c->chains, sizeof *c->chain);
    if (!c->slot || !c->chain || getrandom(&c->seed, sizeof c->seed, 0) != sizeof c->seed) {
        free(c->slot);
        free(c->chain);
        free(c);
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->room, NULL);
    for (size_t i = c->capacity; i-- > 0;) {
        pthread_cond_init(&c->slot[i].landed, NULL);
        c->slot[i].chain = c->free;
        c->free = &c->slot[i];
    }
    return c;
}

void assay_dek_cache_free(struct assay_dek_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->capacity; i++)
        pthread_cond_destroy(&c->slot[i].landed);
    pthread_cond_destroy(&c->room);
    pthread_mutex_destroy(&c->lock);
    explicit_bzero(c->slot, c->capacity * sizeof *c->slot);
    free(c->slot);
    free(c->chain);
    free(c);
}

enum assay_rc assay_dek_context_use(struct assay_dek_context *x, struct assay_dek_cache *c,
                                    const struct assay_dek_request *r, const struct assay_backend *backend,
                                    assay_instance *instance, enum assay_alg alg)
{
    uint8_t key[ASSAY_KMS_DEK_MAX];
    uint64_t version = x->version;
    if (r->wrapped.size != (alg == ASSAY_AES_128_GCM ? 16 : 32) + ASSAY_KMS_OVERHEAD)
        return ASSAY_INPUT; /* the KMS's DEK would not be this algorithm's key */
    enum assay_rc rc = assay_dek_cache_get(c, r, &version, key);
    if (rc == ASSAY_OK && version != x->version) {
        rc = x->aead ? backend->aead->rekey(x->aead, key)
                     : backend->aead->aead_new(instance, alg, key, &x->aead);
        explicit_bzero(key, sizeof key);
    }
    x->version = rc == ASSAY_OK ? version : 0;
    return rc;
}

void assay_dek_context_free(struct assay_dek_context *x, const struct assay_backend *backend)
{
    if (x->aead)
        backend->aead->aead_free(x->aead);
    *x = (struct assay_dek_context){0};
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The store in this process's memory: a hash table of chains, in shards with a lock each, so that threads
 * seldom wait for each other. A chain's expired entries go when somebody walks it.
 */
#include "companions/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SHARDS 64u /* a power of two */

struct entry {
    struct entry *next;
    uint64_t hash, expires_ms; /* 0: never */
    uint16_t key_size, value_size;
    uint8_t bytes[]; /* the key, then the value */
};

struct shard {
    pthread_mutex_t lock;
    struct entry **chain;
    size_t count;
} __attribute__((aligned(64)));

struct memory {
    struct shard shard[SHARDS];
    size_t chains, capacity; /* of a shard */
    uint64_t seed;           /* a guest must not choose which chain its keys fall into */
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* Eight bytes at a time, each mixed by a multiplication whose high half is folded back. */
static uint64_t hash_of(const struct memory *m, struct assay_bytes key)
{
    uint64_t h = m->seed ^ key.size;
    for (size_t i = 0; i < key.size; i += 8) {
        uint64_t word = 0;
        memcpy(&word, key.data + i, key.size - i < 8 ? key.size - i : 8);
        __extension__ unsigned __int128 product = (unsigned __int128)(h ^ word) * 0x9e3779b97f4a7c15u;
        h = (uint64_t)product ^ (uint64_t)(product >> 64) ^ m->seed;
    }
    return h;
}

static bool expired(const struct entry *e, uint64_t now)
{
    return e->expires_ms != 0 && e->expires_ms <= now;
}

static void unlink_entry(struct shard *s, struct entry **at)
{
    struct entry *e = *at;
    *at = e->next;
    explicit_bzero(e->bytes, (size_t)e->key_size + e->value_size);
    free(e);
    s->count--;
}

/* Where the key's entry hangs, or the chain's end. */
static struct entry **find(struct shard *s, size_t chain, uint64_t hash, struct assay_bytes key, uint64_t now)
{
    struct entry **at = &s->chain[chain];
    while (*at) {
        struct entry *e = *at;
        if (expired(e, now)) {
            unlink_entry(s, at);
            continue;
        }
        if (e->hash == hash && e->key_size == key.size && memcmp(e->bytes, key.data, key.size) == 0)
            break;
        at = &e->next;
    }
    return at;
}

/* A full shard: every chain gives up what has expired. */
static void sweep(const struct memory *m, struct shard *s, uint64_t now)
{
    for (size_t i = 0; i < m->chains; i++)
        for (struct entry **at = &s->chain[i]; *at;)
            if (expired(*at, now))
                unlink_entry(s, at);
            else
                at = &(*at)->next;
}

static bool valid_key(struct assay_bytes key)
{
    return key.size >= 1 && key.size <= ASSAY_STORE_KEY_MAX;
}

static struct shard *lock_shard(struct memory *m, uint64_t hash, size_t *chain)
{
    struct shard *s = &m->shard[hash & (SHARDS - 1)];
    *chain = (size_t)(hash / SHARDS) & (m->chains - 1);
    pthread_mutex_lock(&s->lock);
    return s;
}

static enum assay_rc insert(struct assay_store *store, struct assay_bytes key, struct assay_bytes value,
                            uint64_t ttl_ms, bool replace, bool *stored)
{
    struct memory *m = store->state;
    uint64_t hash, now = now_ms();
    size_t chain;
    *stored = false;
    if (!valid_key(key) || value.size > ASSAY_STORE_VALUE_MAX)
        return ASSAY_INPUT;
    struct entry *fresh = malloc(sizeof *fresh + key.size + value.size);
    if (!fresh)
        return ASSAY_NOMEM;
    hash = hash_of(m, key);
    struct shard *s = lock_shard(m, hash, &chain);
    struct entry **at = find(s, chain, hash, key, now);
    if (*at && replace)
        unlink_entry(s, at);
    enum assay_rc rc = ASSAY_OK;
    if (!*at || replace) {
        if (s->count >= m->capacity) {
            sweep(m, s, now);
            at = &s->chain[chain];
        }
        rc = s->count < m->capacity ? ASSAY_OK : ASSAY_NOMEM;
        *stored = rc == ASSAY_OK;
    }
    if (*stored) {
        *fresh =
            (struct entry){*at, hash, ttl_ms ? now + ttl_ms : 0, (uint16_t)key.size, (uint16_t)value.size};
        memcpy(fresh->bytes, key.data, key.size);
        if (value.size > 0)
            memcpy(fresh->bytes + key.size, value.data, value.size);
        *at = fresh;
        s->count++;
        fresh = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    free(fresh);
    return rc;
}

static enum assay_rc memory_put(struct assay_store *store, struct assay_bytes key, struct assay_bytes value,
                                uint64_t ttl_ms)
{
    bool stored;
    return insert(store, key, value, ttl_ms, true, &stored);
}

static enum assay_rc memory_put_if_absent(struct assay_store *store, struct assay_bytes key,
                                          struct assay_bytes value, uint64_t ttl_ms, bool *stored)
{
    return insert(store, key, value, ttl_ms, false, stored);
}

static enum assay_rc memory_get(struct assay_store *store, struct assay_bytes key, uint8_t *out, size_t *size,
                                bool *found)
{
    struct memory *m = store->state;
    size_t chain;
    *size = 0;
    *found = false;
    if (!valid_key(key))
        return ASSAY_INPUT;
    uint64_t hash = hash_of(m, key);
    struct shard *s = lock_shard(m, hash, &chain);
    const struct entry *e = *find(s, chain, hash, key, now_ms());
    if (e) {
        memcpy(out, e->bytes + e->key_size, e->value_size);
        *size = e->value_size;
        *found = true;
    }
    pthread_mutex_unlock(&s->lock);
    return ASSAY_OK;
}

static enum assay_rc memory_del(struct assay_store *store, struct assay_bytes key, bool *found)
{
    struct memory *m = store->state;
    size_t chain;
    *found = false;
    if (!valid_key(key))
        return ASSAY_INPUT;
    uint64_t hash = hash_of(m, key);
    struct shard *s = lock_shard(m, hash, &chain);
    struct entry **at = find(s, chain, hash, key, now_ms());
    *found = *at != NULL;
    if (*at)
        unlink_entry(s, at);
    pthread_mutex_unlock(&s->lock);
    return ASSAY_OK;
}

static const char *memory_error(struct assay_store *store)
{
    (void)store;
    return "";
}

static void memory_close(struct assay_store *store)
{
    struct memory *m = store ? store->state : NULL;
    for (size_t i = 0; m && i < SHARDS; i++) {
        struct shard *s = &m->shard[i];
        for (size_t k = 0; s->chain && k < m->chains; k++)
            while (s->chain[k])
                unlink_entry(s, &s->chain[k]);
        free(s->chain);
        pthread_mutex_destroy(&s->lock);
    }
    free(m);
    free(store);
}

/* Each page is written once: else the first keys to fall into it pay for its fault, long after a warm-up, and
 * memory seems to leak. Volatile, for the compiler knows that calloc()'s memory is zero. */
static void touch(void *memory, size_t size)
{
    volatile char *bytes = memory;
    for (size_t i = 0; i < size; i += 4096)
        bytes[i] = 0;
}

struct assay_store *assay_store_memory(size_t capacity)
{
    struct assay_store *store = calloc(1, sizeof *store);
    struct memory *m = aligned_alloc(64, sizeof *m);
    bool ok = store && m;
    if (m) {
        memset(m, 0, sizeof *m);
        m->capacity = capacity / SHARDS + 1;
        for (m->chains = 1; m->chains < m->capacity; m->chains *= 2)
            ;
        ok = ok && getrandom(&m->seed, sizeof m->seed, 0) == sizeof m->seed;
    }
    for (size_t i = 0; m && i < SHARDS; i++) {
        pthread_mutex_init(&m->shard[i].lock, NULL);
        ok = ok && (m->shard[i].chain = calloc(m->chains, sizeof *m->shard[i].chain));
        if (m->shard[i].chain)
            touch(m->shard[i].chain, m->chains * sizeof *m->shard[i].chain);
    }
    if (!store) {
        free(m);
        return NULL;
    }
    *store = (struct assay_store){"memory",   m,          memory_put,   memory_put_if_absent,
                                  memory_get, memory_del, memory_error, memory_close};
    if (!ok) {
        memory_close(store);
        return NULL;
    }
    return store;
}

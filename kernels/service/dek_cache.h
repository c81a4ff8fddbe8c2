/* SPDX-License-Identifier: Apache-2.0
 *
 * Data keys (DEKs) that a KMS has unwrapped, kept for a while: bounded in number and in time, shared by all
 * threads. However many threads miss one key at once, the KMS is asked once; the others wait for that answer,
 * a failure too. A failure is not kept: whoever asks next asks the KMS.
 *
 * Bytes are cached, and not keyed contexts, since a context belongs to one thread. So that a hit pays no key
 * schedule all the same, an entry has a version: a thread keeps its own contexts (struct assay_dek_context)
 * and keys one anew only when the entry was fetched anew. Each use asks the cache, which alone knows whether
 * the key may still be used.
 *
 * The clock is the caller's (milliseconds of one that never goes back): a timed loop reads none, and a test
 * or a drill makes time pass as it likes.
 */
#ifndef ASSAY_DEK_CACHE_H
#define ASSAY_DEK_CACHE_H

#include "companions/kms.h"

#include <pthread.h>

#define ASSAY_DEK_ID_MAX 32u

struct assay_dek_slot {                   /* one entry; all fields are dek_cache.c's own */
    struct assay_dek_slot *chain;         /* of the entries with this hash, or of the free slots */
    struct assay_dek_slot *older, *newer; /* in the order of fetching, which is that of expiry */
    uint64_t hash, expires_ms, version;
    pthread_cond_t landed;
    unsigned waiting;   /* threads that wait for the fetch, or have not read its outcome yet */
    bool flying, known; /* being fetched; found by others */
    enum assay_rc rc;   /* of the fetch */
    size_t id_size;
    uint8_t id[ASSAY_DEK_ID_MAX];
    uint8_t key[ASSAY_KMS_DEK_MAX];
    char error[160];
};

struct assay_dek_counts {
    uint64_t hits, unwraps, joined; /* joined: waited for another thread's unwrap */
    uint64_t failed;                /* unwraps that failed */
    uint64_t evicted, expired;      /* entries that went to make room, and those whose time was over */
};

struct assay_dek_cache {
    struct assay_kms *kms;
    uint64_t ttl_ms, seed, versions;
    pthread_mutex_t lock; /* of everything below; not held while the KMS is asked */
    pthread_cond_t room;
    size_t capacity, chains;
    struct assay_dek_slot *slot, **chain, *free;
    struct assay_dek_slot *oldest, *newest;
    struct assay_dek_counts counts;
};

/* Which key: id names it for good (a tenant, and which of its keys), and is what the KMS authenticates the
 * wrapped one with; 1 to ASSAY_DEK_ID_MAX bytes. */
struct assay_dek_request {
    struct assay_bytes id;
    struct assay_bytes wrapped;
    uint64_t now_ms;
};

/* Keeps at most `capacity` keys (at least 1), each for ttl_ms. The KMS outlives the cache. NULL: no memory.
 */
struct assay_dek_cache *assay_dek_cache_new(struct assay_kms *, size_t capacity, uint64_t ttl_ms);
/* Wipes the keys. No call may be under way; accepts NULL. */
void assay_dek_cache_free(struct assay_dek_cache *);

/* *version: that of the key which the caller has already (0: none). When it is still that, nothing is copied;
 * else key (room for ASSAY_KMS_DEK_MAX bytes) is written, which the caller wipes, and *version is its own.
 * Any failure is the KMS's, in its words: assay_dek_cache_error(). */
enum assay_rc assay_dek_cache_get(struct assay_dek_cache *, const struct assay_dek_request *,
                                  uint64_t *version, uint8_t *key) ASSAY_MUST_CHECK;
/* The key was revoked, or replaced: it is wiped, and who asks from now on asks the KMS. A fetch under way is
 * of use to those who wait for it already, and not kept. */
void assay_dek_cache_forget(struct assay_dek_cache *, struct assay_bytes id);
/* Of the calling thread's last get() that failed. */
const char *assay_dek_cache_error(void);
struct assay_dek_counts assay_dek_cache_counts(struct assay_dek_cache *);
/* Threads that wait for an unwrap of another, now. */
unsigned assay_dek_cache_waiting(struct assay_dek_cache *);

/* A thread's own keyed context for one key; zeroed at first. */
struct assay_dek_context {
    assay_aead *aead;
    uint64_t version;
};

/* Makes the context fit the key, by way of the cache, if it does not yet. On a failure it must not be used,
 * and is as good as zeroed. */
enum assay_rc assay_dek_context_use(struct assay_dek_context *, struct assay_dek_cache *,
                                    const struct assay_dek_request *, const struct assay_backend *,
                                    assay_instance *, enum assay_alg) ASSAY_MUST_CHECK;
void assay_dek_context_free(struct assay_dek_context *, const struct assay_backend *);

#endif

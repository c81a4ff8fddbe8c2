/* SPDX-License-Identifier: Apache-2.0
 *
 * A store: what services keep outside a request. Small values under short keys, each with a time to live.
 *
 * Conventions:
 *  - Keys are 1 to ASSAY_STORE_KEY_MAX bytes, values 0 to ASSAY_STORE_VALUE_MAX; outside: ASSAY_INPUT.
 *  - ttl_ms: milliseconds until the entry is as good as deleted; 0: it stays.
 *  - A store may be used by several threads at once.
 *  - ASSAY_LIBRARY: the store failed, is not reachable or did not answer in time; last_error() says why, in
 * the calling thread. What was asked of one that did not answer may have been done, or be done yet.
 */
#ifndef ASSAY_STORE_H
#define ASSAY_STORE_H

#include "backends/backend.h"

#define ASSAY_STORE_KEY_MAX   128u
#define ASSAY_STORE_VALUE_MAX 4096u

struct assay_store {
    const char *name; /* "memory", "sqlite", … */
    void *state;      /* the store's own */
    enum assay_rc (*put)(struct assay_store *, struct assay_bytes key, struct assay_bytes value,
                         uint64_t ttl_ms) ASSAY_MUST_CHECK;
    /* One of those who call this at once for a key sees *stored true: it was absent, and is there now. */
    enum assay_rc (*put_if_absent)(struct assay_store *, struct assay_bytes key, struct assay_bytes value,
                                   uint64_t ttl_ms, bool *stored) ASSAY_MUST_CHECK;
    /* out has room for ASSAY_STORE_VALUE_MAX bytes. */
    enum assay_rc (*get)(struct assay_store *, struct assay_bytes key, uint8_t *out, size_t *size,
                         bool *found) ASSAY_MUST_CHECK;
    /* *found: it was there. */
    enum assay_rc (*del)(struct assay_store *, struct assay_bytes key, bool *found) ASSAY_MUST_CHECK;
    const char *(*last_error)(struct assay_store *);
    void (*close)(struct assay_store *); /* frees the store itself too */
};

/* memory.c: in this process, lost with it; about `capacity` entries at most: what has expired makes room,
 * else ASSAY_NOMEM. NULL: no memory. */
struct assay_store *assay_store_memory(size_t capacity);

/* remote_store.c: a store's module (companion.h) in a process of its own, the program `host`, over socket
 * pairs; it ends with the store, or with this process. name outlives it; timeout_ms: for each call; 0:
 * as long as it takes. ASSAY_UNSUPPORTED: it cannot be had here; why. */
enum assay_rc assay_store_remote(const char *host, const char *name, unsigned timeout_ms, const char *module,
                                 const char *option, struct assay_store **out, char *why,
                                 size_t why_size) ASSAY_MUST_CHECK;

#endif

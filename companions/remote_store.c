/* SPDX-License-Identifier: Apache-2.0
 *
 * A store in a process of its own.
 */
#include "companions/remote.h"

#include "companions/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TTL_SIZE 8u

static bool valid_key(struct assay_bytes key)
{
    return key.size >= 1 && key.size <= ASSAY_STORE_KEY_MAX;
}

/* A question whose answer begins with a yes or no; *size: of what follows it in out. */
static enum assay_rc ask(struct assay_store *store, enum assay_frame_verb verb, struct assay_bytes key,
                         struct assay_bytes in, bool *yes, uint8_t *out, size_t *size)
{
    uint8_t answer[1 + ASSAY_STORE_VALUE_MAX];
    *yes = false;
    *size = 0;
    size_t n;
    enum assay_rc rc = assay_remote_call(store->state, verb, key, in, answer, sizeof answer, &n);
    if (rc != ASSAY_OK)
        return rc;
    if (n < 1 || (n > 1 && !out))
        return ASSAY_LIBRARY;
    *yes = answer[0] != 0;
    *size = n - 1;
    if (out)
        memcpy(out, answer + 1, *size);
    explicit_bzero(answer, n);
    return ASSAY_OK;
}

static enum assay_rc write_entry(struct assay_store *store, enum assay_frame_verb verb,
                                 struct assay_bytes key, struct assay_bytes value, uint64_t ttl_ms,
                                 bool *stored)
{
    uint8_t in[TTL_SIZE + ASSAY_STORE_VALUE_MAX];
    size_t none;
    *stored = false;
    if (!valid_key(key) || value.size > ASSAY_STORE_VALUE_MAX)
        return ASSAY_INPUT;
    memcpy(in, &ttl_ms, TTL_SIZE); /* both ends are this machine */
    if (value.size > 0)
        memcpy(in + TTL_SIZE, value.data, value.size);
    enum assay_rc rc =
        ask(store, verb, key, (struct assay_bytes){in, TTL_SIZE + value.size}, stored, NULL, &none);
    explicit_bzero(in, TTL_SIZE + value.size);
    return rc;
}

static enum assay_rc remote_put(struct assay_store *store, struct assay_bytes key, struct assay_bytes value,
                                uint64_t ttl_ms)
{
    bool stored;
    return write_entry(store, ASSAY_FRAME_PUT, key, value, ttl_ms, &stored);
}

static enum assay_rc remote_put_if_absent(struct assay_store *store, struct assay_bytes key,
                                          struct assay_bytes value, uint64_t ttl_ms, bool *stored)
{
    return write_entry(store, ASSAY_FRAME_PUT_IF_ABSENT, key, value, ttl_ms, stored);
}

static enum assay_rc remote_get(struct assay_store *store, struct assay_bytes key, uint8_t *out, size_t *size,
                                bool *found)
{
    *size = 0;
    *found = false;
    if (!valid_key(key))
        return ASSAY_INPUT;
    return ask(store, ASSAY_FRAME_GET, key, (struct assay_bytes){NULL, 0}, found, out, size);
}

static enum assay_rc remote_del(struct assay_store *store, struct assay_bytes key, bool *found)
{
    size_t none;
    *found = false;
    if (!valid_key(key))
        return ASSAY_INPUT;
    return ask(store, ASSAY_FRAME_DEL, key, (struct assay_bytes){NULL, 0}, found, NULL, &none);
}

static const char *remote_error(struct assay_store *store)
{
    return assay_remote_error(store->state);
}

static void remote_close(struct assay_store *store)
{
    assay_remote_end(store->state);
    free(store);
}

enum assay_rc assay_store_remote(const char *host, const char *name, unsigned timeout_ms, const char *module,
                                 const char *option, struct assay_store **out, char *why, size_t why_size)
{
    const char *const argv[] = {host, "store", module, option, NULL};
    struct assay_store *store = *out = calloc(1, sizeof *store);
    struct assay_remote *remote;
    if (!store) {
        snprintf(why, why_size, "out of memory");
        return ASSAY_NOMEM;
    }
    *store = (struct assay_store){name,       NULL,       remote_put,   remote_put_if_absent,
                                  remote_get, remote_del, remote_error, remote_close};
    enum assay_rc rc = assay_remote_start(argv, name, timeout_ms, &remote, why, why_size);
    store->state = remote;
    if (rc == ASSAY_OK)
        return rc;
    free(store);
    *out = NULL;
    return rc;
}

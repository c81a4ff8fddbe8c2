/* SPDX-License-Identifier: Apache-2.0
 *
 * The store in a Redis server on the loopback interface, one connection; redis:port=N names another port,
 * redis:timeout=500ms how long an answer may take. A connection on which none came in time, or which was
 * lost, is closed, and the next call makes a new one: no answer is ever taken for another's.
 */
#include "companions/companion.h"
#include "companions/options.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "assay:" /* so that another's keys in the same server stay clear of ours */

struct redis_store {
    pthread_mutex_t lock;
    redisContext *server;
    unsigned timeout_ms;
    char error[200];
};

static bool valid(struct assay_bytes key, struct assay_bytes value)
{
    return key.size >= 1 && key.size <= ASSAY_STORE_KEY_MAX && value.size <= ASSAY_STORE_VALUE_MAX;
}

static struct timeval patience(const struct redis_store *r)
{
    return (struct timeval){r->timeout_ms / 1000, r->timeout_ms % 1000 * 1000};
}

/* The answer, or NULL and the error kept; to be freed. The lock is held. */
static redisReply *ask(struct redis_store *r, int argc, const char **argv, const size_t *sizes)
{
    redisReply *reply = NULL;
    errno = 0;
    if (!r->server->err ||
        (redisReconnect(r->server) == REDIS_OK && redisSetTimeout(r->server, patience(r)) == REDIS_OK))
        reply = redisCommandArgv(r->server, argc, argv, sizes);
    if (reply && reply->type != REDIS_REPLY_ERROR)
        return reply;
    if (!reply && (errno == EAGAIN || errno == ETIMEDOUT))
        snprintf(r->error, sizeof r->error, "redis: no answer to %s within the time-out of %u ms", argv[0],
                 r->timeout_ms);
    else
        snprintf(r->error, sizeof r->error, "redis: %s", reply ? reply->str : r->server->errstr);
    if (reply)
        freeReplyObject(reply);
    return NULL;
}

static size_t full_key(struct assay_bytes key, char out[sizeof PREFIX + ASSAY_STORE_KEY_MAX])
{
    memcpy(out, PREFIX, sizeof PREFIX - 1);
    memcpy(out + sizeof PREFIX - 1, key.data, key.size);
    return sizeof PREFIX - 1 + key.size;
}

static enum assay_rc set(struct assay_store *store, struct assay_bytes key, struct assay_bytes value,
                         uint64_t ttl_ms, bool absent, bool *stored)
{
    struct redis_store *r = store->state;
    char name[sizeof PREFIX + ASSAY_STORE_KEY_MAX], ttl[24];
    int argc = 3;
    *stored = false;
    if (!valid(key, value))
        return ASSAY_INPUT;
    const char *argv[6] = {"SET", name, value.size ? (const char *)value.data : ""};
    size_t sizes[6] = {3, full_key(key, name), value.size};
    if (ttl_ms) {
        argv[argc] = "PX";
        sizes[argc++] = 2;
        argv[argc] = ttl;
        sizes[argc++] = (size_t)snprintf(ttl, sizeof ttl, "%llu", (unsigned long long)ttl_ms);
    }
    if (absent) {
        argv[argc] = "NX";
        sizes[argc++] = 2;
    }
    pthread_mutex_lock(&r->lock);
    redisReply *reply = ask(r, argc, argv, sizes);
    *stored = reply && reply->type == REDIS_REPLY_STATUS;
    if (reply)
        freeReplyObject(reply);
    pthread_mutex_unlock(&r->lock);
    return reply ? ASSAY_OK : ASSAY_LIBRARY;
}

static enum assay_rc redis_put(struct assay_store *store, struct assay_bytes key, struct assay_bytes value,
                               uint64_t ttl_ms)
{
    bool stored;
    return set(store, key, value, ttl_ms, false, &stored);
}

static enum assay_rc redis_put_if_absent(struct assay_store *store, struct assay_bytes key,
                                         struct assay_bytes value, uint64_t ttl_ms, bool *stored)
{
    return set(store, key, value, ttl_ms, true, stored);
}

static enum assay_rc redis_get(struct assay_store *store, struct assay_bytes key, uint8_t *out, size_t *size,
                               bool *found)
{
    struct redis_store *r = store->state;
    char name[sizeof PREFIX + ASSAY_STORE_KEY_MAX];
    *size = 0;
    *found = false;
    if (!valid(key, (struct assay_bytes){NULL, 0}))
        return ASSAY_INPUT;
    const char *argv[2] = {"GET", name};
    size_t sizes[2] = {3, full_key(key, name)};
    pthread_mutex_lock(&r->lock);
    redisReply *reply = ask(r, 2, argv, sizes);
    if (reply && reply->type == REDIS_REPLY_STRING && reply->len <= ASSAY_STORE_VALUE_MAX) {
        memcpy(out, reply->str, reply->len);
        *size = reply->len;
        *found = true;
    }
    if (reply)
        freeReplyObject(reply);
    pthread_mutex_unlock(&r->lock);
    return reply ? ASSAY_OK : ASSAY_LIBRARY;
}

static enum assay_rc redis_del(struct assay_store *store, struct assay_bytes key, bool *found)
{
    struct redis_store *r = store->state;
    char name[sizeof PREFIX + ASSAY_STORE_KEY_MAX];
    *found = false;
    if (!valid(key, (struct assay_bytes){NULL, 0}))
        return ASSAY_INPUT;
    const char *argv[2] = {"DEL", name};
    size_t sizes[2] = {3, full_key(key, name)};
    pthread_mutex_lock(&r->lock);
    redisReply *reply = ask(r, 2, argv, sizes);
    *found = reply && reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    if (reply)
        freeReplyObject(reply);
    pthread_mutex_unlock(&r->lock);
    return reply ? ASSAY_OK : ASSAY_LIBRARY;
}

static const char *redis_error(struct assay_store *store)
{
    static _Thread_local char told[200];
    struct redis_store *r = store->state;
    pthread_mutex_lock(&r->lock);
    memcpy(told, r->error, sizeof told);
    pthread_mutex_unlock(&r->lock);
    return told;
}

static void redis_close(struct assay_store *store)
{
    struct redis_store *r = store->state;
    if (r->server)
        redisFree(r->server);
    pthread_mutex_destroy(&r->lock);
    free(r);
    free(store);
}

static int port_of(const char *option)
{
    char *end;
    if (!*option)
        return 6379;
    long port = strncmp(option, "port=", 5) == 0 ? strtol(option + 5, &end, 10) : 0;
    return port > 0 && port < 65536 && *end == '\0' ? (int)port : 0;
}

ASSAY_EXPORT assay_store_opener assay_store_open;
enum assay_rc assay_store_open(const char *option, struct assay_store **out, char *why, size_t why_size)
{
    struct assay_store *store = calloc(1, sizeof *store);
    struct redis_store *r = calloc(1, sizeof *r);
    char rest[ASSAY_OPTIONS_MAX];
    *out = NULL;
    if (!store || !r) {
        free(store);
        free(r);
        snprintf(why, why_size, "out of memory");
        return ASSAY_NOMEM;
    }
    pthread_mutex_init(&r->lock, NULL);
    *store = (struct assay_store){"redis",   r,         redis_put,   redis_put_if_absent,
                                  redis_get, redis_del, redis_error, redis_close};
    int port = assay_option_timeout(option, &r->timeout_ms, rest, why, why_size) ? port_of(rest) : 0;
    if (port == 0)
        snprintf(why, why_size, "companion 'redis:%s': give port=1…65535, timeout=TIME", option);
    else if (!(r->server = redisConnectWithTimeout("127.0.0.1", port, patience(r))) || r->server->err ||
             redisSetTimeout(r->server, patience(r)) != REDIS_OK)
        snprintf(why, why_size, "no Redis server on loopback port %d: %s", port,
                 r->server ? r->server->errstr : "out of memory");
    else {
        *out = store;
        return ASSAY_OK;
    }
    redis_close(store);
    return port == 0 ? ASSAY_INPUT : ASSAY_UNSUPPORTED;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The store in a PostgreSQL server on the loopback interface, one connection; postgres:port=N names another
 * port, postgres:timeout=500ms (companion.c) how long a call may take. User, database and password are where
 * libpq looks for them (PGUSER, PGDATABASE, PGPASSWORD,
 * ~/.pgpass). Entries are rows of the table assay_entry, as durable as the server makes a commit.
 */
#include "companions/companion.h"

#include <endian.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_PORT  "5432"
#define ARGUMENTS_MAX 4

struct postgres_store {
    pthread_mutex_t lock;
    PGconn *server;
    char error[200];
};

static const char make_table[] = "SET client_min_messages = error;"
                                 "CREATE TABLE IF NOT EXISTS assay_entry(key bytea PRIMARY KEY, value bytea "
                                 "NOT NULL, expires bigint NOT NULL)";

static const struct statement {
    const char *name, *sql;
} put_row = {"put", "INSERT INTO assay_entry VALUES($1::bytea, $2::bytea, $3::bigint)"
                    " ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires"},
  add_row = {"add", "INSERT INTO assay_entry VALUES($1::bytea, $2::bytea, $3::bigint)"
                    " ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
                    " WHERE assay_entry.expires <= $4::bigint"},
  get_row = {"get", "SELECT value FROM assay_entry WHERE key = $1::bytea AND expires > $2::bigint"},
  del_row = {"del", "DELETE FROM assay_entry WHERE key = $1::bytea RETURNING expires > $2::bigint"};

static const struct statement *const statements[] = {&put_row, &add_row, &get_row, &del_row};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool valid(struct assay_bytes key, struct assay_bytes value)
{
    return key.size >= 1 && key.size <= ASSAY_STORE_KEY_MAX && value.size <= ASSAY_STORE_VALUE_MAX;
}

/* A number as a bigint travels: 8 octets, big-endian. */
static struct assay_bytes bigint(int64_t number, uint64_t *wire)
{
    *wire = htobe64((uint64_t)number);
    return (struct assay_bytes){(const uint8_t *)wire, sizeof *wire};
}

/* The result, to be cleared; NULL: the error is kept. The lock is held. */
static PGresult *ask(struct postgres_store *p, const struct statement *s, int count,
                     const struct assay_bytes *argument)
{
    static const int binary[ARGUMENTS_MAX] = {1, 1, 1, 1};
    const char *values[ARGUMENTS_MAX];
    int sizes[ARGUMENTS_MAX];
    for (int i = 0; i < count; i++) {
        values[i] =
            argument[i].size ? (const char *)argument[i].data : ""; /* NULL would be no value at all */
        sizes[i] = (int)argument[i].size;
    }
    PGresult *r = PQexecPrepared(p->server, s->name, count, values, sizes, binary, 1);
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return r;
    snprintf(p->error, sizeof p->error, "postgres: %.180s", PQerrorMessage(p->server));
    p->error[strcspn(p->error, "\n")] = '\0';
    PQclear(r);
    return NULL;
}

/* put and put_if_absent; *changed: a row was written. */
static enum assay_rc write_row(struct assay_store *store, const struct statement *s, struct assay_bytes key,
                               struct assay_bytes value, uint64_t ttl_ms, bool *changed)
{
    struct postgres_store *p = store->state;
    const int64_t now = now_ms();
    uint64_t expires, now_wire;
    *changed = false;
    if (!valid(key, value))
        return ASSAY_INPUT;
    const struct assay_bytes argument[] = {
        key, value, bigint(ttl_ms ? now + (int64_t)ttl_ms : INT64_MAX, &expires), bigint(now, &now_wire)};
    pthread_mutex_lock(&p->lock);
    PGresult *r = ask(p, s, s == &add_row ? 4 : 3, argument);
    *changed = r && strcmp(PQcmdTuples(r), "1") == 0;
    PQclear(r);
    pthread_mutex_unlock(&p->lock);
    return r ? ASSAY_OK : ASSAY_LIBRARY;
}

static enum assay_rc postgres_put(struct assay_store *store, struct assay_bytes key, struct assay_bytes value,
                                  uint64_t ttl_ms)
{
    bool changed;
    return write_row(store, &put_row, key, value, ttl_ms, &changed);
}

static enum assay_rc postgres_put_if_absent(struct assay_store *store, struct assay_bytes key,
                                            struct assay_bytes value, uint64_t ttl_ms, bool *stored)
{
    return write_row(store, &add_row, key, value, ttl_ms, stored);
}

/* get and del: the one column of the one row, of at most room octets. */
static enum assay_rc take_row(struct assay_store *store, const struct statement *s, struct assay_bytes key,
                              uint8_t *out, size_t room, size_t *size, bool *found)
{
    struct postgres_store *p = store->state;
    uint64_t now;
    *size = 0;
    *found = false;
    if (!valid(key, (struct assay_bytes){NULL, 0}))
        return ASSAY_INPUT;
    const struct assay_bytes argument[] = {key, bigint(now_ms(), &now)};
    pthread_mutex_lock(&p->lock);
    PGresult *r = ask(p, s, 2, argument);
    if (r && PQntuples(r) == 1 && (size_t)PQgetlength(r, 0, 0) <= room) {
        *size = (size_t)PQgetlength(r, 0, 0);
        memcpy(out, PQgetvalue(r, 0, 0), *size);
        *found = true;
    }
    PQclear(r);
    pthread_mutex_unlock(&p->lock);
    return r ? ASSAY_OK : ASSAY_LIBRARY;
}

static enum assay_rc postgres_get(struct assay_store *store, struct assay_bytes key, uint8_t *out,
                                  size_t *size, bool *found)
{
    return take_row(store, &get_row, key, out, ASSAY_STORE_VALUE_MAX, size, found);
}

static enum assay_rc postgres_del(struct assay_store *store, struct assay_bytes key, bool *found)
{
    uint8_t alive = 0; /* a boolean is one octet */
    size_t size;
    enum assay_rc rc = take_row(store, &del_row, key, &alive, 1, &size, found);
    *found = *found && alive;
    return rc;
}

static const char *postgres_error(struct assay_store *store)
{
    static _Thread_local char told[200];
    struct postgres_store *p = store->state;
    pthread_mutex_lock(&p->lock);
    memcpy(told, p->error, sizeof told);
    pthread_mutex_unlock(&p->lock);
    return told;
}

static void postgres_close(struct assay_store *store)
{
    struct postgres_store *p = store->state;
    PQfinish(p->server);
    pthread_mutex_destroy(&p->lock);
    free(p);
    free(store);
}

/* NULL: no port. */
static const char *port_of(const char *option)
{
    char *end;
    if (!*option)
        return DEFAULT_PORT;
    long port = strncmp(option, "port=", 5) == 0 ? strtol(option + 5, &end, 10) : 0;
    return port > 0 && port < 65536 && *end == '\0' ? option + 5 : NULL;
}

static bool connect_to(struct postgres_store *p, const char *port)
{
    const char *const names[] = {"hostaddr", "port", "connect_timeout", "application_name", NULL},
                      *const values[] = {"127.0.0.1", port, "5", "assay", NULL};
    p->server = PQconnectdbParams(names, values, 0);
    if (PQstatus(p->server) != CONNECTION_OK)
        return false;
    PGresult *r = PQexec(p->server, make_table);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    for (size_t i = 0; ok && i < sizeof statements / sizeof *statements; i++) {
        r = PQprepare(p->server, statements[i]->name, statements[i]->sql, 0, NULL);
        ok = PQresultStatus(r) == PGRES_COMMAND_OK;
        PQclear(r);
    }
    return ok;
}

ASSAY_EXPORT assay_store_opener assay_store_open;
enum assay_rc assay_store_open(const char *option, struct assay_store **out, char *why, size_t why_size)
{
    struct assay_store *store = calloc(1, sizeof *store);
    struct postgres_store *p = calloc(1, sizeof *p);
    const char *port = port_of(option);
    *out = NULL;
    if (!store || !p) {
        free(store);
        free(p);
        snprintf(why, why_size, "out of memory");
        return ASSAY_NOMEM;
    }
    pthread_mutex_init(&p->lock, NULL);
    *store = (struct assay_store){
        "postgres",    p, postgres_put, postgres_put_if_absent, postgres_get, postgres_del, postgres_error,
        postgres_close};
    if (!port) {
        snprintf(why, why_size, "companion 'postgres:%s': give port=1…65535", option);
    } else if (!connect_to(p, port)) {
        snprintf(why, why_size, "no PostgreSQL store on loopback port %s: %s", port,
                 PQerrorMessage(p->server));
        why[strcspn(why, "\n")] = '\0';
    } else {
        *out = store;
        return ASSAY_OK;
    }
    postgres_close(store);
    return port ? ASSAY_UNSUPPORTED : ASSAY_INPUT;
}

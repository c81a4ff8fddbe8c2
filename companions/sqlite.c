/* SPDX-License-Identifier: Apache-2.0
 *
 * The store in an SQLite file of this process's own (write-ahead log, synchronous=normal: what was answered
 * survives the process, a power cut may cost the last few). sqlite:FILE keeps it where it says.
 */
#include "companions/companion.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct file_store {
    pthread_mutex_t lock;
    sqlite3 *db;
    sqlite3_stmt *put, *add, *get, *del;
    char path[512];
    bool temporary;
    char error[200];
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool valid_key(struct assay_bytes key)
{
    return key.size >= 1 && key.size <= ASSAY_STORE_KEY_MAX;
}

static enum assay_rc failed(struct file_store *f)
{
    snprintf(f->error, sizeof f->error, "%s", sqlite3_errmsg(f->db));
    return ASSAY_LIBRARY;
}

static void bind_blob(sqlite3_stmt *s, int at, struct assay_bytes b)
{
    if (b.size > 0)
        sqlite3_bind_blob(s, at, b.data, (int)b.size, SQLITE_STATIC);
    else
        sqlite3_bind_zeroblob(s, at, 0);
}

/* put and put_if_absent; *changed: a row was written. */
static enum assay_rc write_row(struct assay_store *store, bool replace, struct assay_bytes key,
                               struct assay_bytes value, uint64_t ttl_ms, bool *changed)
{
    struct file_store *f = store->state;
    int64_t now = now_ms();
    *changed = false;
    if (!valid_key(key) || value.size > ASSAY_STORE_VALUE_MAX)
        return ASSAY_INPUT;
    pthread_mutex_lock(&f->lock);
    sqlite3_stmt *s = replace ? f->put : f->add;
    bind_blob(s, 1, key);
    bind_blob(s, 2, value);
    sqlite3_bind_int64(s, 3, ttl_ms ? now + (int64_t)ttl_ms : INT64_MAX);
    if (!replace)
        sqlite3_bind_int64(s, 4, now);
    enum assay_rc rc = sqlite3_step(s) == SQLITE_DONE ? ASSAY_OK : failed(f);
    *changed = rc == ASSAY_OK && sqlite3_changes(f->db) > 0;
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static enum assay_rc sqlite_put(struct assay_store *store, struct assay_bytes key, struct assay_bytes value,
                                uint64_t ttl_ms)
{
    bool changed;
    return write_row(store, true, key, value, ttl_ms, &changed);
}

static enum assay_rc sqlite_put_if_absent(struct assay_store *store, struct assay_bytes key,
                                          struct assay_bytes value, uint64_t ttl_ms, bool *stored)
{
    return write_row(store, false, key, value, ttl_ms, stored);
}

static enum assay_rc sqlite_get(struct assay_store *store, struct assay_bytes key, uint8_t *out, size_t *size,
                                bool *found)
{
    struct file_store *f = store->state;
    *size = 0;
    *found = false;
    if (!valid_key(key))
        return ASSAY_INPUT;
    pthread_mutex_lock(&f->lock);
    bind_blob(f->get, 1, key);
    sqlite3_bind_int64(f->get, 2, now_ms());
    int step = sqlite3_step(f->get);
    enum assay_rc rc = step == SQLITE_ROW || step == SQLITE_DONE ? ASSAY_OK : failed(f);
    if (step == SQLITE_ROW) {
        int n = sqlite3_column_bytes(f->get, 0);
        *found = n >= 0 && n <= (int)ASSAY_STORE_VALUE_MAX;
        if (*found && n > 0)
            memcpy(out, sqlite3_column_blob(f->get, 0), (size_t)n);
        *size = *found ? (size_t)n : 0;
    }
    sqlite3_reset(f->get);
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static enum assay_rc sqlite_del(struct assay_store *store, struct assay_bytes key, bool *found)
{
    struct file_store *f = store->state;
    *found = false;
    if (!valid_key(key))
        return ASSAY_INPUT;
    pthread_mutex_lock(&f->lock);
    bind_blob(f->del, 1, key);
    sqlite3_bind_int64(f->del, 2, now_ms());
    int step = sqlite3_step(f->del);
    enum assay_rc rc = step == SQLITE_ROW || step == SQLITE_DONE ? ASSAY_OK : failed(f);
    if (step == SQLITE_ROW)
        *found = sqlite3_column_int(f->del, 0) != 0;
    sqlite3_reset(f->del);
    pthread_mutex_unlock(&f->lock);
    return rc;
}

static const char *sqlite_error(struct assay_store *store)
{
    static _Thread_local char told[200];
    struct file_store *f = store->state;
    pthread_mutex_lock(&f->lock);
    memcpy(told, f->error, sizeof told);
    pthread_mutex_unlock(&f->lock);
    return told;
}

static void sqlite_close(struct assay_store *store)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    struct file_store *f = store->state;
    char path[sizeof f->path + 8];
    sqlite3_finalize(f->put);
    sqlite3_finalize(f->add);
    sqlite3_finalize(f->get);
    sqlite3_finalize(f->del);
    sqlite3_close(f->db);
    for (size_t i = 0; f->temporary && i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, tails[i]);
        unlink(path);
    }
    pthread_mutex_destroy(&f->lock);
    free(f);
    free(store);
}

static bool prepare(struct file_store *f, const char *sql, sqlite3_stmt **out)
{
    return sqlite3_prepare_v3(f->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK;
}

static bool make_tables(struct file_store *f)
{
    static const char set_up[] =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
        "CREATE TABLE IF NOT EXISTS entry(key BLOB PRIMARY KEY, value BLOB NOT NULL,"
        "  expires INTEGER NOT NULL) WITHOUT ROWID;";
    sqlite3_busy_timeout(f->db, 5000);
    return sqlite3_exec(f->db, set_up, NULL, NULL, NULL) == SQLITE_OK &&
           prepare(f,
                   "INSERT INTO entry VALUES(?1,?2,?3) ON CONFLICT(key) DO UPDATE SET value=?2, expires=?3",
                   &f->put) &&
           prepare(f,
                   "INSERT INTO entry VALUES(?1,?2,?3) ON CONFLICT(key) DO UPDATE SET value=?2, expires=?3"
                   " WHERE expires<=?4",
                   &f->add) &&
           prepare(f, "SELECT value FROM entry WHERE key=?1 AND expires>?2", &f->get) &&
           prepare(f, "DELETE FROM entry WHERE key=?1 RETURNING expires>?2", &f->del);
}

static bool choose_path(struct file_store *f, const char *option)
{
    const char *tmp = getenv("TMPDIR");
    if (*option)
        return snprintf(f->path, sizeof f->path, "%s", option) < (int)sizeof f->path;
    if (snprintf(f->path, sizeof f->path, "%s/assay-store-XXXXXX", tmp && *tmp ? tmp : "/tmp") >=
        (int)sizeof f->path)
        return false;
    int fd = mkstemp(f->path);
    f->temporary = fd >= 0;
    return fd >= 0 && close(fd) == 0;
}

ASSAY_EXPORT assay_store_opener assay_store_open;
enum assay_rc assay_store_open(const char *option, struct assay_store **out, char *why, size_t why_size)
{
    struct assay_store *store = calloc(1, sizeof *store);
    struct file_store *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!store || !f) {
        free(store);
        free(f);
        snprintf(why, why_size, "out of memory");
        return ASSAY_NOMEM;
    }
    pthread_mutex_init(&f->lock, NULL);
    *store = (struct assay_store){"sqlite",   f,          sqlite_put,   sqlite_put_if_absent,
                                  sqlite_get, sqlite_del, sqlite_error, sqlite_close};
    if (!choose_path(f, option)) {
        snprintf(why, why_size, "sqlite: no file can be made; TMPDIR names a folder for it");
    } else if (sqlite3_open_v2(f->path, &f->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                               NULL) != SQLITE_OK ||
               !make_tables(f)) {
        snprintf(why, why_size, "sqlite: %s", f->db ? sqlite3_errmsg(f->db) : "out of memory");
    } else {
        *out = store;
        return ASSAY_OK;
    }
    sqlite_close(store);
    return ASSAY_LIBRARY;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite keeps the index whole: a run is one transaction, and what is torn is rolled back by the next who
 * opens it. Samples are stored as this machine has them in memory; the index never leaves it.
 */
#include "bench/store/index.h"
#include "bench/store/folders.h"

#include <limits.h>
#include <regex.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION  1    /* of the tables */
#define PATIENCE 2000 /* ms to wait for another assay that writes */

struct assay_index {
    sqlite3 *db;
    char path[PATH_MAX];
};

struct stored { /* a sample */
    uint32_t round, block;
    uint64_t ns, iterations;
};

static const char tables[] =
    "CREATE TABLE run(id TEXT PRIMARY KEY, time TEXT, cpu TEXT, \"commit\" TEXT, dirty INTEGER, noisy "
    "INTEGER,"
    " seed INTEGER);"
    "CREATE TABLE cell(run TEXT, key TEXT, instance TEXT, place INTEGER, version TEXT, build_id TEXT,"
    " samples BLOB, PRIMARY KEY(run, key, place));"
    "CREATE INDEX cell_key ON cell(key);"
    "PRAGMA user_version = 1;";

bool assay_index_path(const char *name, char *path, size_t room, char *why, size_t why_size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (state && *state == '/') /* the specification has relative ones ignored */
        n = snprintf(path, room, "%s/assay/%s", state, name);
    else if (home && *home)
        n = snprintf(path, room, "%s/.local/state/assay/%s", home, name);
    if (n >= 0 && (size_t)n < room)
        return true;
    snprintf(why, why_size,
             n < 0 ? "no history: neither XDG_STATE_HOME nor HOME is set"
                   : "no history: the path of the state folder is too long");
    return false;
}

static bool fail(const struct assay_index *index, char *why, size_t why_size)
{
    int code = index->db ? sqlite3_errcode(index->db) : SQLITE_NOMEM;
    bool broken = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    snprintf(why, why_size, "%.500s: %.200s%s", index->path,
             index->db ? sqlite3_errmsg(index->db) : "not enough memory",
             broken ? "; 'assay history --rebuild' makes it anew from the run files" : "");
    return false;
}

static bool run_sql(struct assay_index *index, const char *sql)
{
    return sqlite3_exec(index->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static int user_version(struct assay_index *index)
{
    sqlite3_stmt *statement;
    int version = -1;
    if (sqlite3_prepare_v2(index->db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

/* Makes the tables where there are none, unless another assay has just done so. */
static bool make_tables(struct assay_index *index)
{
    return run_sql(index, "BEGIN IMMEDIATE") && (user_version(index) == VERSION || run_sql(index, tables)) &&
           run_sql(index, "COMMIT");
}

bool assay_index_open(const char *path, bool make, struct assay_index **out, char *why, size_t why_size)
{
    struct assay_index *index = calloc(1, sizeof *index);
    bool ok = false;
    *out = NULL;
    if (!index) {
        snprintf(why, why_size, "not enough memory");
        return false;
    }
    snprintf(index->path, sizeof index->path, "%s", path);
    if (make)
        assay_make_folders(path);
    if (sqlite3_open_v2(path, &index->db, SQLITE_OPEN_READWRITE | (make ? SQLITE_OPEN_CREATE : 0), NULL) !=
        SQLITE_OK) {
        fail(index, why, why_size);
        goto out;
    }
    sqlite3_busy_timeout(index->db, PATIENCE);
    int version = user_version(index);
    if (version < 0 || (version == 0 && !make_tables(index))) {
        fail(index, why, why_size);
    } else if (version > 0 && version != VERSION) {
        snprintf(why, why_size,
                 "%.500s: version %d, this assay reads %d; 'assay history --rebuild' makes it anew", path,
                 version, VERSION);
    } else {
        *out = index;
        index = NULL;
        ok = true;
    }
out:
    assay_index_close(index);
    return ok;
}

void assay_index_close(struct assay_index *index)
{
    if (!index)
        return;
    sqlite3_close(index->db);
    free(index);
}

static bool step_done(sqlite3_stmt *s)
{
    bool ok = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_reset(s);
    return ok;
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

static bool add_run(struct assay_index *index, const struct assay_run *run)
{
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(index->db, "DELETE FROM cell WHERE run = ?", -1, &s, NULL) == SQLITE_OK;
    if (ok) {
        bind_text(s, 1, run->id);
        ok = step_done(s);
    }
    sqlite3_finalize(s);
    s = NULL;
    ok = ok && sqlite3_prepare_v2(index->db, "INSERT OR REPLACE INTO run VALUES(?,?,?,?,?,?,?)", -1, &s,
                                  NULL) == SQLITE_OK;
    if (ok) {
        bind_text(s, 1, run->id);
        bind_text(s, 2, run->time);
        bind_text(s, 3, run->cpu);
        bind_text(s, 4, run->commit);
        sqlite3_bind_int(s, 5, run->dirty);
        sqlite3_bind_int(s, 6, run->noisy);
        sqlite3_bind_int64(s, 7, (sqlite3_int64)run->seed);
        ok = step_done(s);
    }
    sqlite3_finalize(s);
    return ok;
}

static bool add_cell(sqlite3_stmt *s, const struct assay_run *run, size_t c, size_t i)
{
    const struct assay_cell *cell = assay_run_file_cell(run, c, i);
    const struct assay_run_instance *in = &run->instances[i];
    if (cell->status != ASSAY_CELL_PROVED || cell->sample_count == 0)
        return true;
    struct stored *stored = calloc(cell->sample_count, sizeof *stored);
    if (!stored)
        return false;
    for (size_t n = 0; n < cell->sample_count; n++)
        stored[n] = (struct stored){cell->samples[n].round, cell->samples[n].block, cell->samples[n].ns,
                                    cell->samples[n].iterations};
    bind_text(s, 1, run->id);
    bind_text(s, 2, run->cases[c].key);
    bind_text(s, 3, in->name);
    sqlite3_bind_int64(s, 4, (sqlite3_int64)i);
    bind_text(s, 5, in->version);
    bind_text(s, 6, in->build_id);
    sqlite3_bind_blob64(s, 7, stored, cell->sample_count * sizeof *stored, SQLITE_STATIC);
    bool ok = step_done(s);
    free(stored);
    return ok;
}

bool assay_index_add(struct assay_index *index, const struct assay_run *run, char *why, size_t why_size)
{
    sqlite3_stmt *s = NULL;
    if (!*run->id) {
        snprintf(why, why_size, "%s: the run has no id", run->file);
        return false;
    }
    bool ok =
        run_sql(index, "BEGIN IMMEDIATE") && add_run(index, run) &&
        sqlite3_prepare_v2(index->db, "INSERT INTO cell VALUES(?,?,?,?,?,?,?)", -1, &s, NULL) == SQLITE_OK;
    for (size_t c = 0; ok && c < run->case_count; c++)
        for (size_t i = 0; ok && i < run->instance_count; i++)
            ok = add_cell(s, run, c, i);
    ok = ok && run_sql(index, "COMMIT");
    if (!ok)
        fail(index, why, why_size);
    sqlite3_finalize(s);
    if (!ok)
        run_sql(index, "ROLLBACK");
    return ok;
}

static const char *text_of(sqlite3_stmt *s, int column)
{
    const unsigned char *text = sqlite3_column_text(s, column);
    return text ? (const char *)text : "";
}

/* The samples of a row, or NULL: no memory, or none that could have been stored. */
static struct assay_sample *take_samples(sqlite3_stmt *s, int column, size_t *count)
{
    const void *blob = sqlite3_column_blob(s, column);
    size_t size = (size_t)sqlite3_column_bytes(s, column);
    *count = size / sizeof(struct stored);
    struct assay_sample *samples =
        *count && size % sizeof(struct stored) == 0 ? calloc(*count, sizeof *samples) : NULL;
    for (size_t i = 0; samples && i < *count; i++) {
        struct stored one;
        memcpy(&one, (const char *)blob + i * sizeof one, sizeof one);
        samples[i] = (struct assay_sample){
            .round = one.round, .block = one.block, .ns = one.ns, .iterations = one.iterations};
        if (one.ns == 0 || one.iterations == 0) {
            free(samples);
            return NULL;
        }
    }
    return samples;
}

static const char query[] =
    "SELECT c.key, r.id, r.time, r.cpu, r.\"commit\", c.instance, c.version, c.build_id, r.dirty,"
    " r.noisy, r.seed, c.samples FROM cell c JOIN run r ON r.id = c.run"
    " ORDER BY c.key, r.cpu, r.time, r.id, c.place";

/* false: a row that cannot be */
static bool give_row(sqlite3_stmt *s, bool (*take)(void *, const struct assay_index_row *), void *data,
                     bool *more)
{
    size_t count;
    struct assay_sample *samples = take_samples(s, 11, &count);
    if (!samples)
        return false;
    const struct assay_index_row row = {
        .key = text_of(s, 0),
        .run = text_of(s, 1),
        .time = text_of(s, 2),
        .cpu = text_of(s, 3),
        .commit = text_of(s, 4),
        .instance = text_of(s, 5),
        .version = text_of(s, 6),
        .build_id = text_of(s, 7),
        .dirty = sqlite3_column_int(s, 8),
        .noisy = sqlite3_column_int(s, 9),
        .seed = (uint64_t)sqlite3_column_int64(s, 10),
        .cell = {.status = ASSAY_CELL_PROVED, .samples = samples, .sample_count = count},
    };
    *more = take(data, &row);
    free(samples);
    return true;
}

bool assay_index_select(struct assay_index *index, const char *regex,
                        bool (*take)(void *data, const struct assay_index_row *row), void *data, char *why,
                        size_t why_size)
{
    regex_t re;
    sqlite3_stmt *s = NULL;
    int got = SQLITE_ERROR, error = regcomp(&re, regex ? regex : "", REG_EXTENDED | REG_NOSUB);
    bool ok = true, more = true;
    if (error) {
        size_t n = (size_t)snprintf(why, why_size, "--kernel '%.200s' is no regular expression: ", regex);
        regerror(error, &re, why + n, n < why_size ? why_size - n : 0);
        return false;
    }
    if (sqlite3_prepare_v2(index->db, query, -1, &s, NULL) == SQLITE_OK)
        while (ok && more && (got = sqlite3_step(s)) == SQLITE_ROW)
            if (regexec(&re, text_of(s, 0), 0, NULL, 0) == 0)
                ok = give_row(s, take, data, &more);
    if (!ok)
        snprintf(why, why_size,
                 "%.500s: a row without whole samples; 'assay history --rebuild' makes it anew", index->path);
    else if (more && got != SQLITE_DONE)
        ok = fail(index, why, why_size);
    sqlite3_finalize(s);
    regfree(&re);
    return ok;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads a run file: lines, the torn last one, the order of samples, look-ups. The fields of the records are
 * read in records.c.
 */
#include "bench/store/run_file.h"
#include "bench/store/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_LIMIT                                                                                           \
    (16u << 20) /* the longest honest line, a "run" record of 16384 cases, stays under 4 MiB                 \
                 */
#define CHUNK_SIZE 65536u

struct memory_chunk {
    struct memory_chunk *next;
    size_t used, size;
    _Alignas(16) char data[];
};

struct line {
    char *data;
    size_t size, room;
};

enum line_result { LINE_OK, LINE_END, LINE_TORN, LINE_TOO_LONG, LINE_ERROR };

void assay_run_file_clean(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = ' ';
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) /* C1 controls in UTF-8 */
            p[0] = p[1] = ' ';
    }
}

bool loader_fail(struct loader *l, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (l->line)
        snprintf(l->why, l->why_size, "%s:%llu: %s", l->path, (unsigned long long)l->line, text);
    else
        snprintf(l->why, l->why_size, "%s: %s", l->path, text);
    assay_run_file_clean(l->why);
    return false;
}

void *loader_alloc(struct loader *l, size_t count, size_t size)
{
    struct assay_run_memory *memory = l->run->memory;
    size_t want;
    if (__builtin_mul_overflow(count, size, &want) || want > SIZE_MAX - 64) {
        loader_fail(l, "too large");
        return NULL;
    }
    want = (want + 15) & ~(size_t)15;
    struct memory_chunk *chunk = memory->chunks;
    if (!chunk || chunk->size - chunk->used < want) {
        size_t room = want > CHUNK_SIZE ? want : CHUNK_SIZE;
        chunk = calloc(1, sizeof *chunk + room);
        if (!chunk) {
            loader_fail(l, "not enough memory");
            return NULL;
        }
        chunk->size = room;
        chunk->next = memory->chunks;
        memory->chunks = chunk;
    }
    void *out = chunk->data + chunk->used;
    chunk->used += want;
    return out;
}

const char *loader_text(struct loader *l, const char *text)
{
    if (!*text)
        return "";
    size_t size = strlen(text) + 1;
    char *copy = loader_alloc(l, size, 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, size);
    assay_run_file_clean(copy);
    return copy;
}

/* A line without its newline; LINE_TORN when the file ends before one. */
static enum line_result read_line(FILE *in, struct line *line)
{
    line->size = 0;
    for (;;) {
        int c = getc_unlocked(in);
        if (c == EOF)
            return ferror(in) ? LINE_ERROR : line->size ? LINE_TORN : LINE_END;
        if (c == '\n')
            return LINE_OK;
        if (line->size == line->room) {
            if (line->room >= LINE_LIMIT)
                return LINE_TOO_LONG;
            size_t room = line->room ? line->room * 2 : 4096;
            char *data = realloc(line->data, room);
            if (!data) {
                errno = ENOMEM;
                return LINE_ERROR;
            }
            line->data = data;
            line->room = room;
        }
        line->data[line->size++] = (char)c;
    }
}

static bool at_end(FILE *in)
{
    int c = getc_unlocked(in);
    if (c == EOF)
        return true;
    ungetc(c, in);
    return false;
}

static bool take_line(struct loader *l, FILE *in, const struct line *line, bool *torn)
{
    json_error_t error;
    json_t *record = json_loadb(line->data ? line->data : "", line->size, JSON_REJECT_DUPLICATES, &error);
    bool ok;
    if (!record && l->have_run && at_end(in)) {
        *torn = ok = true;
    } else if (!record) {
        ok =
            loader_fail(l, "%s: %s", l->have_run ? "not JSON" : "no run file of assay: not JSON", error.text);
    } else {
        ok = loader_record(l, record);
    }
    json_decref(record);
    return ok;
}

static bool read_lines(struct loader *l, FILE *in)
{
    struct line line = {0};
    enum line_result got;
    bool ok = true, torn = false;
    while (ok && !torn && (got = read_line(in, &line)) != LINE_END) {
        l->line++;
        if (got == LINE_TOO_LONG) {
            ok = loader_fail(l, "a line of more than %u bytes: no run file of assay", LINE_LIMIT);
        } else if (got == LINE_ERROR) {
            ok = loader_fail(l, "cannot be read: %s", strerror(errno));
        } else if (got == LINE_TORN) {
            torn = true;
        } else {
            ok = take_line(l, in, &line, &torn);
            if (ok && !torn)
                l->run->good_bytes += line.size + 1;
        }
    }
    l->run->torn = torn;
    if (ok && !l->have_run) {
        if (torn)
            ok = loader_fail(l, "no run file of assay: the first line does not end");
        else
            ok = loader_fail(l, "the file is empty");
    }
    free(line.data);
    return ok;
}

static int sample_place(const struct assay_sample *a, const struct assay_sample *b)
{
    if (a->case_index != b->case_index)
        return a->case_index < b->case_index ? -1 : 1;
    if (a->instance_index != b->instance_index)
        return a->instance_index < b->instance_index ? -1 : 1;
    if (a->round != b->round)
        return a->round < b->round ? -1 : 1;
    if (a->block != b->block)
        return a->block < b->block ? -1 : 1;
    return 0;
}

static int sample_order(const void *pa, const void *pb)
{
    const struct assay_sample *a = pa, *b = pb;
    int place = sample_place(a, b);
    return place ? place : (a->line > b->line) - (a->line < b->line);
}

/* Sorts the samples, lets the last of each place win, and hands every cell its own. */
static void order_samples(struct assay_run *run)
{
    size_t kept = 0;
    if (run->sample_count)
        qsort(run->samples, run->sample_count, sizeof *run->samples, sample_order);
    for (size_t i = 0; i < run->sample_count; i++) {
        if (kept && sample_place(&run->samples[kept - 1], &run->samples[i]) == 0)
            kept--;
        run->samples[kept++] = run->samples[i];
    }
    run->sample_count = kept;
    for (size_t i = 0; i < kept; i++) {
        const struct assay_sample *s = &run->samples[i];
        struct assay_cell *cell = &run->cells[s->case_index * run->instance_count + s->instance_index];
        if (!cell->sample_count++)
            cell->samples = s;
    }
}

static int noise_order(const void *pa, const void *pb)
{
    const struct assay_run_round *a = pa, *b = pb;
    return (a->round > b->round) - (a->round < b->round);
}

static FILE *open_regular(struct loader *l)
{
    struct stat st;
    /* O_NONBLOCK: a FIFO must not hold us */
    int fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *in = NULL;
    if (fd < 0 || fstat(fd, &st) != 0) {
        loader_fail(l, "%s", strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        loader_fail(l, "%s", S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
    } else {
        in = fdopen(fd, "r");
        if (!in)
            loader_fail(l, "%s", strerror(errno));
    }
    if (!in && fd >= 0)
        close(fd);
    return in;
}

bool assay_run_file_load(const char *path, struct assay_run **out, char *why, size_t why_size)
{
    struct loader l = {.path = path, .why = why, .why_size = why_size};
    FILE *in = NULL;
    bool ok = false;
    *out = NULL;
    l.run = calloc(1, sizeof *l.run);
    if (l.run)
        l.run->memory = calloc(1, sizeof *l.run->memory);
    if (!l.run || !l.run->memory) {
        loader_fail(&l, "not enough memory");
        goto out;
    }
    l.run->memory->case_index = json_object();
    l.run->memory->instance_index = json_object();
    if (!l.run->memory->case_index || !l.run->memory->instance_index) {
        loader_fail(&l, "not enough memory");
        goto out;
    }
    l.run->file = loader_text(&l, path);
    in = l.run->file ? open_regular(&l) : NULL;
    if (!in || !read_lines(&l, in))
        goto out;
    order_samples(l.run);
    loader_order_latencies(l.run);
    if (l.run->noise_count)
        qsort(l.run->noise, l.run->noise_count, sizeof *l.run->noise, noise_order);
    *out = l.run;
    l.run = NULL;
    ok = true;
out:
    if (in)
        fclose(in);
    assay_run_file_free(l.run);
    return ok;
}

void assay_run_file_free(struct assay_run *run)
{
    if (!run)
        return;
    if (run->memory) {
        for (struct memory_chunk *c = run->memory->chunks, *next; c; c = next) {
            next = c->next;
            free(c);
        }
        json_decref(run->memory->case_index);
        json_decref(run->memory->instance_index);
        free(run->memory);
    }
    free(run->samples);
    free(run->latencies);
    free(run->noise);
    free(run);
}

static int find(const json_t *index, const char *name)
{
    const json_t *number = json_object_get(index, name);
    return number ? (int)json_integer_value(number) : -1;
}

int assay_run_file_find_case(const struct assay_run *run, const char *key)
{
    return find(run->memory->case_index, key);
}

int assay_run_file_find_instance(const struct assay_run *run, const char *name)
{
    return find(run->memory->instance_index, name);
}

const struct assay_cell *assay_run_file_cell(const struct assay_run *run, size_t case_index, size_t instance)
{
    return &run->cells[case_index * run->instance_count + instance];
}

const struct assay_sample *assay_run_file_sample(const struct assay_run *run, size_t case_index,
                                                 size_t instance, uint32_t round, uint32_t block)
{
    const struct assay_cell *cell = assay_run_file_cell(run, case_index, instance);
    struct assay_sample key = {.case_index = (uint32_t)case_index,
                               .instance_index = (uint32_t)instance,
                               .round = round,
                               .block = block};
    size_t low = 0, high = cell->sample_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int place = sample_place(&cell->samples[middle], &key);
        if (place == 0)
            return &cell->samples[middle];
        if (place < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool assay_run_file_is_finished(const struct assay_run *run, size_t case_index, size_t instance,
                                uint32_t round, uint32_t block)
{
    switch (assay_run_file_cell(run, case_index, instance)->status) {
    case ASSAY_CELL_UNSUPPORTED:
    case ASSAY_CELL_REFUSED:
    case ASSAY_CELL_FAILED:
        return true;
    case ASSAY_CELL_MISSING:
    case ASSAY_CELL_PROVED:
        break;
    }
    const struct assay_cell *cell = assay_run_file_cell(run, case_index, instance);
    for (size_t i = 0; i < cell->latency_count; i++)
        if (cell->latencies[i].round == round && cell->latencies[i].block == block)
            return true;
    return assay_run_file_sample(run, case_index, instance, round, block) != NULL;
}

const char *assay_cell_status_name(enum assay_cell_status status)
{
    static const char *const names[] = {"missing", "proved", "unsupported", "refused", "failed"};
    return (size_t)status < sizeof names / sizeof *names ? names[status] : "unknown";
}

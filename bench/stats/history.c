/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the index, run by run, become points of series; then each series is searched for changes.
 */
#include "bench/stats/history.h"
#include "bench/stats/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct held { /* a row of the run and case in hand */
    char *instance, *version, *build_id;
    struct assay_cell cell;
};

struct builder {
    struct assay_history *history;
    const struct assay_history_filter *filter;
    char *key, *run, *time, *cpu, *commit;
    bool dirty, noisy;
    uint64_t seed;
    struct held held[ASSAY_RUN_INSTANCES];
    size_t held_count;
    bool no_memory;
};

static void *more(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    size_t wish = *room ? 2 * *room : 16;
    void *longer = realloc(list, wish * size);
    if (longer) {
        memset((char *)longer + *room * size, 0, (wish - *room) * size);
        *room = wish;
    }
    return longer;
}

static void drop_group(struct builder *b)
{
    for (size_t i = 0; i < b->held_count; i++) {
        free(b->held[i].instance);
        free(b->held[i].version);
        free(b->held[i].build_id);
        free((void *)b->held[i].cell.samples);
    }
    free(b->key);
    free(b->run);
    free(b->time);
    free(b->cpu);
    free(b->commit);
    b->key = b->run = b->time = b->cpu = b->commit = NULL;
    b->held_count = 0;
}

static bool same(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* Of this case and CPU, which are the last in the list */
static struct assay_history_series *find_series(struct builder *b, const char *instance, const char *anchor)
{
    struct assay_history *h = b->history;
    for (size_t i = h->count; i-- > 0 && same(h->series[i].key, b->key) && same(h->series[i].cpu, b->cpu);)
        if (same(h->series[i].instance, instance) && same(h->series[i].anchor, anchor))
            return &h->series[i];
    void *series = more(h->series, h->count, &h->room, sizeof *h->series);
    if (!series)
        return NULL;
    h->series = series;
    struct assay_history_series *s = &h->series[h->count++];
    s->key = strdup(b->key);
    s->instance = strdup(instance);
    s->anchor = strdup(anchor);
    s->cpu = strdup(b->cpu);
    return s->key && s->instance && s->anchor && s->cpu ? s : NULL;
}

/* false: not enough memory */
static bool add_point(struct builder *b, const struct held *subject, const struct held *anchor)
{
    struct assay_point *ratios = calloc(subject->cell.sample_count, sizeof *ratios);
    struct assay_history_series *s = find_series(b, subject->instance, anchor->instance);
    void *points = s ? more(s->points, s->count, &s->room, sizeof *s->points) : NULL;
    bool ok = ratios && points;
    if (points)
        s->points = points;
    if (ok) {
        struct assay_history_point *p = &s->points[s->count];
        size_t n = assay_summary_log_ratios(&subject->cell, &anchor->cell, ratios);
        if (n == 0) {
            b->history->unanchored++;
        } else {
            *p = (struct assay_history_point){.run = strdup(b->run),
                                              .time = strdup(b->time),
                                              .commit = strdup(b->commit),
                                              .version = strdup(subject->version),
                                              .build_id = strdup(subject->build_id),
                                              .dirty = b->dirty,
                                              .noisy = b->noisy};
            s->count++;
            ok = p->run && p->time && p->commit && p->version && p->build_id &&
                 assay_stats_estimate_log(ratios, n, b->seed, ASSAY_STATS_RESAMPLES, &p->ratio);
        }
    }
    free(ratios);
    return ok;
}

/* The rows of one case in one run are complete. */
static void end_group(struct builder *b)
{
    const struct held *anchor = NULL;
    for (size_t i = 0; i < b->held_count && !anchor; i++)
        if (b->filter->anchor ? same(b->held[i].instance, b->filter->anchor)
                              : !assay_instance_is_probe(b->held[i].instance))
            anchor = &b->held[i];
    for (size_t i = 0; i < b->held_count && !b->no_memory; i++) {
        const struct held *subject = &b->held[i];
        if (subject == anchor || assay_instance_is_probe(subject->instance) ||
            (b->filter->instance && !same(subject->instance, b->filter->instance)))
            continue;
        if (!anchor)
            b->history->unanchored++;
        else
            b->no_memory = !add_point(b, subject, anchor);
    }
    drop_group(b);
}

static bool begin_group(struct builder *b, const struct assay_index_row *row)
{
    b->key = strdup(row->key);
    b->run = strdup(row->run);
    b->time = strdup(row->time);
    b->cpu = strdup(row->cpu);
    b->commit = strdup(row->commit);
    b->dirty = row->dirty;
    b->noisy = row->noisy;
    b->seed = row->seed;
    return b->key && b->run && b->time && b->cpu && b->commit;
}

static bool take_row(void *data, const struct assay_index_row *row)
{
    struct builder *b = data;
    if (b->held_count && (!same(b->key, row->key) || !same(b->run, row->run)))
        end_group(b);
    if (b->held_count == ASSAY_RUN_INSTANCES)
        return true; /* no run has more */
    if (b->no_memory || (b->held_count == 0 && !begin_group(b, row))) {
        b->no_memory = true;
        return false;
    }
    struct held *h = &b->held[b->held_count++];
    struct assay_sample *samples = calloc(row->cell.sample_count, sizeof *samples);
    *h = (struct held){.instance = strdup(row->instance),
                       .version = strdup(row->version),
                       .build_id = strdup(row->build_id),
                       .cell = row->cell};
    h->cell.samples = samples;
    if (samples)
        memcpy(samples, row->cell.samples, row->cell.sample_count * sizeof *samples);
    b->no_memory = !samples || !h->instance || !h->version || !h->build_id;
    return !b->no_memory;
}

double assay_history_level(const struct assay_history_series *s, size_t from, size_t to)
{
    double *v = calloc(to - from, sizeof *v);
    if (!v)
        return s->points[from].ratio.value;
    for (size_t i = from; i < to; i++)
        v[i - from] = s->points[i].ratio.value;
    double level = assay_stats_median(v, to - from);
    free(v);
    return level;
}

static bool measure_step(struct assay_history_series *s, size_t k, const struct assay_point *logs)
{
    size_t from = k ? s->steps[k - 1].change.at : 0, at = s->steps[k].change.at;
    size_t to = k + 1 < s->step_count ? s->steps[k + 1].change.at : s->count;
    return assay_stats_unpaired_log(logs + at, to - at, logs + from, at - from, k, ASSAY_STATS_RESAMPLES,
                                    &s->steps[k].size);
}

static bool find_steps(struct assay_history_series *s)
{
    double *values = calloc(s->count, sizeof *values);
    struct assay_point *logs = calloc(s->count, sizeof *logs);
    struct assay_change *changes = calloc(s->count / ASSAY_DIVISIVE_LEAST + 1, sizeof *changes);
    bool ok = values && logs && changes;
    for (size_t i = 0; ok && i < s->count; i++) {
        values[i] = log(s->points[i].ratio.value);
        logs[i] = (struct assay_point){(uint32_t)i, values[i]};
    }
    ok = ok && assay_divisive(values, s->count, 1, changes, &s->step_count);
    if (ok && s->step_count) {
        s->steps = calloc(s->step_count, sizeof *s->steps);
        ok = s->steps != NULL;
    }
    for (size_t k = 0; ok && k < s->step_count; k++)
        s->steps[k].change = changes[k];
    for (size_t k = 0; ok && k < s->step_count; k++)
        ok = measure_step(s, k, logs);
    free(values);
    free(logs);
    free(changes);
    return ok;
}

bool assay_history_make(struct assay_index *index, const struct assay_history_filter *filter,
                        struct assay_history *history, char *why, size_t why_size)
{
    struct builder *b = calloc(1, sizeof *b);
    memset(history, 0, sizeof *history);
    bool ok = b != NULL;
    if (b) {
        b->history = history;
        b->filter = filter;
        ok = assay_index_select(index, filter->kernel, take_row, b, why, why_size);
        if (ok && b->held_count)
            end_group(b);
        bool no_memory = b->no_memory;
        drop_group(b);
        free(b);
        if (!ok)
            goto out;
        ok = !no_memory;
    }
    for (size_t i = 0; ok && i < history->count; i++)
        ok = history->series[i].count == 0 || find_steps(&history->series[i]);
    if (!ok)
        snprintf(why, why_size, "not enough memory for the history");
out:
    if (!ok)
        assay_history_free(history);
    return ok;
}

void assay_history_free(struct assay_history *h)
{
    for (size_t i = 0; i < h->count; i++) {
        struct assay_history_series *s = &h->series[i];
        for (size_t k = 0; k < s->count; k++) {
            free(s->points[k].run);
            free(s->points[k].time);
            free(s->points[k].commit);
            free(s->points[k].version);
            free(s->points[k].build_id);
        }
        free(s->points);
        free(s->steps);
        free(s->key);
        free(s->instance);
        free(s->anchor);
        free(s->cpu);
    }
    free(h->series);
    memset(h, 0, sizeof *h);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * From a run to scaling: cases of different threads are not in one block, but in the same rounds, and are
 * compared by round.
 */
#include "bench/stats/scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rounds { /* the median of each round */
    uint32_t *number;
    double *ns;
    size_t count;
};

static bool same_but_threads(const struct assay_run_case *a, const struct assay_run_case *b)
{
    return strcmp(a->kernel, b->kernel) == 0 && strcmp(a->values, b->values) == 0;
}

/* Measured cells of the group, by threads. false: the case is not the one with the fewest. */
static bool gather(const struct assay_summary *s, size_t c, size_t instance, struct assay_scaling *out)
{
    const struct assay_row *mine = assay_summary_row(s, c, instance);
    for (size_t k = 0; k < s->run->case_count; k++) {
        const struct assay_row *row = assay_summary_row(s, k, instance);
        if (!row->measured || row->probe || !same_but_threads(mine->run_case, row->run_case))
            continue;
        if (out->count == ASSAY_SCALING_COUNTS)
            return false;
        size_t at = out->count++;
        for (; at > 0 && out->rows[at - 1]->run_case->threads > row->run_case->threads; at--)
            out->rows[at] = out->rows[at - 1];
        out->rows[at] = row;
    }
    return out->count > 1 && out->rows[0] == mine;
}

static bool take_rounds(const struct assay_cell *cell, struct rounds *r)
{
    struct assay_point *points = calloc(cell->sample_count, sizeof *points);
    r->number = calloc(cell->sample_count, sizeof *r->number);
    r->ns = calloc(cell->sample_count, sizeof *r->ns);
    bool ok = points && r->number && r->ns;
    for (size_t i = 0; ok && i < cell->sample_count; i++)
        points[i] = (struct assay_point){cell->samples[i].round,
                                         (double)cell->samples[i].ns / (double)cell->samples[i].iterations};
    if (ok)
        r->count = assay_stats_rounds(points, cell->sample_count, r->number, r->ns);
    free(points);
    return ok;
}

static bool find_round(const struct rounds *r, uint32_t number, double *ns)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->number[i] == number) {
            *ns = r->ns[i];
            return true;
        }
    return false;
}

/* The rounds that the fewest threads and this count have. false: none, or no memory. */
static bool fill_efficiency(struct assay_scaling *s, const struct rounds *r, size_t n, uint64_t seed)
{
    struct assay_point *points = calloc(r[0].count + 1, sizeof *points);
    double more = (double)s->rows[n]->run_case->threads / s->rows[0]->run_case->threads, ns;
    size_t count = 0;
    for (size_t i = 0; points && i < r[0].count; i++)
        if (find_round(&r[n], r[0].number[i], &ns))
            points[count++] = (struct assay_point){r[0].number[i], log(r[0].ns[i] / ns / more)};
    bool ok =
        points && assay_stats_estimate_log(points, count, seed, ASSAY_STATS_RESAMPLES, &s->efficiency[n]);
    free(points);
    return ok;
}

/* Only counts of cores, and only rounds that have them all */
static bool fill_usl(struct assay_scaling *s, const struct rounds *r, uint64_t seed)
{
    struct assay_scaling_data d = {.counts = s->cores};
    double *ns = calloc(r[0].count * s->cores + 1, sizeof *ns);
    if (!ns)
        return false;
    for (size_t n = 0; n < s->cores; n++)
        d.threads[n] = s->rows[n]->run_case->threads;
    for (size_t i = 0; i < r[0].count; i++) {
        bool whole = true;
        for (size_t n = 0; n < s->cores && whole; n++)
            whole = find_round(&r[n], r[0].number[i], &ns[d.rounds * s->cores + n]);
        d.rounds += whole;
    }
    d.ns = ns;
    s->has_usl = assay_usl_fit(&d, seed, &s->usl);
    free(ns);
    return true;
}

bool assay_scaling_make(const struct assay_summary *summary, size_t c, size_t instance,
                        struct assay_scaling *out, bool *memory)
{
    struct rounds r[ASSAY_SCALING_COUNTS] = {{0}};
    uint64_t seed = summary->run->seed;
    *memory = false;
    memset(out, 0, sizeof *out);
    if (!assay_summary_row(summary, c, instance)->measured || !gather(summary, c, instance, out))
        return false;
    bool ok = true;
    for (size_t n = 0; n < out->count && ok; n++) {
        ok = take_rounds(out->rows[n]->cell, &r[n]);
        *memory = !ok;
        out->cores += out->rows[n]->run_case->threads <= summary->run->cores;
    }
    out->efficiency[0] = (struct assay_estimate){.value = 1, .low = 1, .high = 1};
    for (size_t n = 1; n < out->count && ok; n++)
        ok = fill_efficiency(out, r, n, seed);
    if (ok && out->cores > 1 && !fill_usl(out, r, seed)) {
        *memory = true;
        ok = false;
    }
    for (size_t n = 0; n < ASSAY_SCALING_COUNTS; n++) {
        free(r[n].number);
        free(r[n].ns);
    }
    return ok;
}

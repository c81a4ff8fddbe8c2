/* SPDX-License-Identifier: Apache-2.0
 *
 * From the samples of a run to one row for each cell. Ratios come from blocks (both sides measured back to
 * back), never from two medians: only so a slow phase of the machine cancels out.
 */
#include "bench/stats/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBE "null"
#define COPY  "null:copy"

/* What is taken from one sample. */
typedef double (*sample_value)(const struct assay_sample *s, unsigned side);

static double value_ns(const struct assay_sample *s, unsigned side)
{
    (void)side;
    return (double)s->ns / (double)s->iterations;
}

static double value_side(const struct assay_sample *s, unsigned side)
{
    return (double)s->side_ns[side] / (double)s->iterations;
}

static double value_ticks(const struct assay_sample *s, unsigned side)
{
    (void)side;
    return (double)s->ticks / (double)s->iterations;
}

static double value_cycles(const struct assay_sample *s, unsigned side)
{
    (void)side;
    return (double)s->cycles / (double)s->iterations;
}

static double value_instructions(const struct assay_sample *s, unsigned side)
{
    (void)side;
    return (double)s->instructions / (double)s->iterations;
}

static bool is_of(const char *name, const char *head)
{
    size_t n = strlen(head);
    return strncmp(name, head, n) == 0 && (name[n] == '\0' || name[n] == ':');
}

bool assay_instance_is_probe(const char *name)
{
    return is_of(name, PROBE);
}

/* A seed of its own for each cell, the same on every machine: intervals do not depend on what else is in the
 * file. */
static uint64_t cell_seed(const struct assay_row *row, uint64_t seed)
{
    uint64_t hash = 0xcbf29ce484222325u ^ seed; /* FNV-1a */
    const char *const parts[] = {row->run_case->key, row->instance->name};
    for (size_t i = 0; i < 2; i++)
        for (const char *p = parts[i];; p++) {
            hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
            if (!*p)
                break;
        }
    return hash;
}

static bool estimate(const struct assay_row *row, uint64_t seed, sample_value value, unsigned side,
                     struct assay_point *points, struct assay_estimate *out)
{
    const struct assay_cell *cell = row->cell;
    for (size_t i = 0; i < cell->sample_count; i++) {
        points[i].round = cell->samples[i].round;
        points[i].value = value(&cell->samples[i], side);
    }
    return assay_stats_estimate(points, cell->sample_count, cell_seed(row, seed), ASSAY_STATS_RESAMPLES, out);
}

/* Median over rounds, without an interval. 0 when a sample lacks the figure. */
static double median(const struct assay_row *row, sample_value value, struct assay_point *points,
                     double *scratch, uint32_t *rounds)
{
    const struct assay_cell *cell = row->cell;
    for (size_t i = 0; i < cell->sample_count; i++) {
        points[i].round = cell->samples[i].round;
        points[i].value = value(&cell->samples[i], 0);
        if (!(points[i].value > 0))
            return 0;
    }
    size_t n = assay_stats_rounds(points, cell->sample_count, rounds, scratch);
    return n ? assay_stats_median(scratch, n) : 0;
}

static void fill_cycles(struct assay_row *row, struct assay_point *points, double *scratch, uint32_t *rounds)
{
    double per = row->cell->unit_bytes && row->cell->bytes ? (double)row->cell->bytes : 1;
    row->cycles_per_byte = row->cell->unit_bytes && row->cell->bytes;
    row->cycles = median(row, value_cycles, points, scratch, rounds) / per;
    row->instructions = median(row, value_instructions, points, scratch, rounds) / per;
    row->cycles_source = ASSAY_CYCLES_HARDWARE;
    if (!(row->cycles > 0)) {
        /* Ticks are wall time, and iterations the sum over the threads: each thread spent all of them. */
        row->cycles = median(row, value_ticks, points, scratch, rounds) / per * row->run_case->threads;
        row->cycles_source = row->cycles > 0 ? ASSAY_CYCLES_TSC : ASSAY_CYCLES_NONE;
    }
}

size_t assay_summary_log_ratios(const struct assay_cell *cell, const struct assay_cell *first,
                                struct assay_point *points)
{
    size_t n = 0;
    for (size_t i = 0, k = 0; i < cell->sample_count && k < first->sample_count;) {
        const struct assay_sample *a = &first->samples[k], *b = &cell->samples[i];
        uint64_t at_a = (uint64_t)a->round << 32 | a->block, at_b = (uint64_t)b->round << 32 | b->block;
        if (at_a == at_b) {
            points[n].round = b->round;
            points[n++].value = log(value_ns(a, 0) / value_ns(b, 0));
        }
        k += at_a <= at_b;
        i += at_b <= at_a;
    }
    return n;
}

static bool fill_ratio(const struct assay_run *run, struct assay_row *row, const struct assay_cell *first,
                       struct assay_point *points)
{
    size_t n = assay_summary_log_ratios(row->cell, first, points);
    if (n == 0)
        return true;
    row->has_ratio = true;
    return assay_stats_estimate_log(points, n, cell_seed(row, run->seed), ASSAY_STATS_RESAMPLES, &row->ratio);
}

static bool is_measured(const struct assay_cell *cell)
{
    return cell->status == ASSAY_CELL_PROVED && cell->sample_count > 0;
}

static bool has_sides(const struct assay_cell *cell)
{
    for (size_t i = 0; i < cell->sample_count; i++)
        if (!cell->samples[i].has_sides)
            return false;
    return cell->sample_count > 0;
}

static bool fill_row(const struct assay_summary *summary, size_t c, struct assay_row *row)
{
    const struct assay_run *run = summary->run;
    size_t room = row->cell->sample_count;
    struct assay_point *points = calloc(room, sizeof *points);
    double *scratch = calloc(room, sizeof *scratch);
    uint32_t *rounds = calloc(room, sizeof *rounds);
    bool ok = points && scratch && rounds && estimate(row, run->seed, value_ns, 0, points, &row->ns);
    if (!ok)
        goto out;
    row->ops = 1e9 / row->ns.value;
    row->bytes_per_second = row->cell->unit_bytes ? row->ops * (double)row->cell->bytes : 0;
    fill_cycles(row, points, scratch, rounds);
    row->has_sides = has_sides(row->cell);
    for (unsigned side = 0; ok && row->has_sides && side < ASSAY_RUN_SIDES; side++)
        ok = estimate(row, run->seed, value_side, side, points, &row->side_ns[side]);
    if (ok && summary->reference >= 0 && !row->probe) {
        const struct assay_cell *first = assay_run_file_cell(run, c, (size_t)summary->reference);
        if (is_measured(first))
            ok = fill_ratio(run, row, first, points);
    }
out:
    free(points);
    free(scratch);
    free(rounds);
    return ok;
}

static const char *missing_reason(const struct assay_row *row, const struct assay_run *run)
{
    if (*row->cell->reason)
        return row->cell->reason;
    if (row->cell->status == ASSAY_CELL_MISSING && !row->instance->seen && *row->instance->error)
        return row->instance->error;
    if (row->cell->status == ASSAY_CELL_MISSING || row->cell->status == ASSAY_CELL_PROVED)
        return run->ended && run->complete ? "not measured" : "the run ended before it";
    return "no reason given";
}

static void count_row(struct assay_summary *summary, const struct assay_row *row)
{
    switch (row->cell->status) {
    case ASSAY_CELL_UNSUPPORTED:
        summary->unsupported++;
        break;
    case ASSAY_CELL_REFUSED:
        summary->refused++;
        break;
    case ASSAY_CELL_FAILED:
        summary->failed++;
        break;
    case ASSAY_CELL_MISSING:
    case ASSAY_CELL_PROVED:
        if (row->measured || row->offered)
            summary->measured++;
        else
            summary->missing++;
        break;
    }
}

bool assay_summary_make(const struct assay_run *run, struct assay_summary *summary, char *why,
                        size_t why_size)
{
    *summary = (struct assay_summary){.run = run, .reference = -1};
    summary->row_count = run->case_count * run->instance_count;
    summary->rows = calloc(summary->row_count ? summary->row_count : 1, sizeof *summary->rows);
    bool ok = summary->rows != NULL;
    for (size_t i = 0; i < run->instance_count && summary->reference < 0; i++)
        if (!assay_instance_is_probe(run->instances[i].name))
            summary->reference = (int)i;
    for (size_t n = 0; ok && n < summary->row_count; n++) {
        struct assay_row *row = &summary->rows[n];
        row->run_case = &run->cases[n / run->instance_count];
        row->instance = &run->instances[n % run->instance_count];
        row->cell = &run->cells[n];
        row->copy = is_of(row->instance->name, COPY);
        row->probe = !row->copy && assay_instance_is_probe(row->instance->name);
        row->offered = row->cell->status == ASSAY_CELL_PROVED && row->cell->latency_count > 0;
        row->measured = is_measured(row->cell);
        row->reason = row->measured || row->offered ? "" : missing_reason(row, run);
        if (row->measured)
            ok = fill_row(summary, n / run->instance_count, row);
        count_row(summary, row);
    }
    if (!ok) {
        snprintf(why, why_size, "not enough memory to summarise %s", run->file);
        assay_summary_free(summary);
    }
    return ok;
}

/* Adds the rounds of one more case to the sum of those before it; a round that one of them lacks is left out.
 */
static size_t add_rounds(struct assay_point *sum, size_t count, const uint32_t *rounds, const double *values,
                         size_t more)
{
    size_t n = 0;
    for (size_t i = 0, k = 0; i < count && k < more;) {
        uint32_t at_i = sum[i].round, at_k = rounds[k];
        if (at_i == at_k)
            sum[n++] = (struct assay_point){at_i, sum[i].value + values[k]};
        i += at_i <= at_k;
        k += at_k <= at_i;
    }
    return n;
}

bool assay_summary_overall(const struct assay_summary *s, size_t instance, struct assay_estimate *out)
{
    size_t room = s->run->sample_count + 1, count = 0, cases = 0;
    struct assay_point *sum = calloc(room, sizeof *sum), *points = calloc(room, sizeof *points);
    uint32_t *rounds = calloc(room, sizeof *rounds);
    double *values = calloc(room, sizeof *values);
    bool ok = sum && points && rounds && values && s->reference >= 0;
    for (size_t c = 0; ok && c < s->run->case_count; c++) {
        const struct assay_cell *cell = assay_summary_row(s, c, instance)->cell;
        const struct assay_cell *first = assay_summary_row(s, c, (size_t)s->reference)->cell;
        if (!is_measured(cell) || !is_measured(first))
            continue;
        size_t n = assay_stats_rounds(points, assay_summary_log_ratios(cell, first, points), rounds, values);
        for (; cases == 0 && count < n; count++)
            sum[count] = (struct assay_point){rounds[count], 0};
        count = add_rounds(sum, count, rounds, values, n);
        cases++;
    }
    for (size_t i = 0; i < count; i++)
        sum[i].value /= (double)cases;
    ok = ok && assay_stats_estimate_log(sum, count, s->run->seed, ASSAY_STATS_RESAMPLES, out);
    free(sum);
    free(points);
    free(rounds);
    free(values);
    return ok;
}

void assay_summary_free(struct assay_summary *summary)
{
    free(summary->rows);
    summary->rows = NULL;
    summary->row_count = 0;
}

const struct assay_row *assay_summary_row(const struct assay_summary *summary, size_t case_index,
                                          size_t instance)
{
    return &summary->rows[case_index * summary->run->instance_count + instance];
}

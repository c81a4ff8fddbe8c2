/* SPDX-License-Identifier: Apache-2.0
 *
 * One line a cell (RFC 4180): the header names the columns; what is not known is empty.
 */
#include "bench/report/csv.h"
#include "bench/report/convert.h"
#include "bench/stats/scaling.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Columns are written in this order by put_row(). */
static const char *const columns[] = {
    "run",
    "time",
    "cpu",
    "case",
    "kernel",
    "values",
    "threads",
    "instance",
    "library",
    "version",
    "variant",
    "algorithm",
    "provider",
    "fips_active",
    "status",
    "reason",
    "answers",
    "negatives",
    "digest",
    "rounds",
    "blocks",
    "interval_level",
    "ns",
    "ns_low",
    "ns_high",
    "ops_per_second",
    "bytes",
    "bytes_per_second",
    "cycles",
    "cycles_per",
    "cycles_source",
    "instructions",
    "ratio",
    "ratio_low",
    "ratio_high",
    "ratio_to",
    "side_1",
    "side_1_ns",
    "side_1_ns_low",
    "side_1_ns_high",
    "side_2",
    "side_2_ns",
    "side_2_ns_low",
    "side_2_ns_high",
    "batched",
    "efficiency",
    "efficiency_low",
    "efficiency_high",
    "contention",
    "contention_low",
    "contention_high",
    "coherence",
    "coherence_low",
    "coherence_high",
    "law",
};
#define COLUMN_COUNT (sizeof columns / sizeof *columns)

void assay_csv_text(struct assay_csv *csv, const char *text)
{
    if (csv->at++)
        putc(',', csv->out);
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, csv->out);
        return;
    }
    putc('"', csv->out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', csv->out);
        putc(*text, csv->out);
    }
    putc('"', csv->out);
}

void assay_csv_count(struct assay_csv *csv, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, n);
    assay_csv_text(csv, text);
}

void assay_csv_figure(struct assay_csv *csv, bool known, double value)
{
    char text[40] = "";
    if (known && isfinite(value))
        snprintf(text, sizeof text, "%.9g", value);
    assay_csv_text(csv, text);
}

void assay_csv_estimate(struct assay_csv *csv, bool known, const struct assay_estimate *e)
{
    assay_csv_figure(csv, known, e->value);
    assay_csv_figure(csv, known, e->low);
    assay_csv_figure(csv, known, e->high);
}

void assay_csv_end(struct assay_csv *csv)
{
    fputs("\r\n", csv->out);
    csv->at = 0;
}

static void put_identity(struct assay_csv *csv, const struct assay_run *run, const struct assay_row *row)
{
    assay_csv_text(csv, run->id);
    assay_csv_text(csv, run->time);
    assay_csv_text(csv, run->cpu);
    assay_csv_text(csv, row->run_case->key);
    assay_csv_text(csv, row->run_case->kernel);
    assay_csv_text(csv, row->run_case->values);
    assay_csv_count(csv, row->run_case->threads);
    assay_csv_text(csv, row->instance->name);
    assay_csv_text(csv, row->instance->library);
    assay_csv_text(csv, row->instance->version);
    assay_csv_text(csv, row->instance->variant);
    assay_csv_text(csv, row->cell->algorithm);
    assay_csv_text(csv, row->cell->provider);
    assay_csv_text(csv, row->instance->fips_active ? "true" : "false");
}

static void put_proof(struct assay_csv *csv, const struct assay_row *row)
{
    bool reached = row->measured || row->cell->status != ASSAY_CELL_PROVED;
    assay_csv_text(csv, row->measured ? "measured"
                        : reached     ? assay_cell_status_name(row->cell->status)
                                      : "missing");
    assay_csv_text(csv, row->reason);
    assay_csv_count(csv, row->cell->answers);
    assay_csv_count(csv, row->cell->negatives);
    assay_csv_text(csv, row->cell->digest);
}

/* Scaling over threads: on each of its rows, the law on that of the fewest. */
static void put_scaling(struct assay_csv *csv, const struct assay_summary *s, const struct assay_row *row)
{
    struct assay_scaling scaling = {.count = 0};
    const struct assay_estimate *efficiency = NULL;
    bool memory, found = false;
    for (size_t c = 0; c < s->run->case_count && row->measured && !found; c++) {
        const struct assay_run_case *other = &s->run->cases[c];
        if (strcmp(other->kernel, row->run_case->kernel) == 0 &&
            strcmp(other->values, row->run_case->values) == 0)
            found = assay_scaling_make(s, c, (size_t)(row->instance - s->run->instances), &scaling, &memory);
    }
    for (size_t n = 0; found && n < scaling.count; n++)
        if (scaling.rows[n] == row)
            efficiency = &scaling.efficiency[n];
    bool law = found && scaling.rows[0] == row && scaling.has_usl;
    assay_csv_estimate(csv, efficiency != NULL, efficiency ? efficiency : &row->ns);
    assay_csv_estimate(csv, law, &scaling.usl.sigma);
    assay_csv_estimate(csv, law && !scaling.usl.extrapolated, &scaling.usl.kappa);
    assay_csv_text(csv, !law ? "" : scaling.usl.extrapolated ? "extrapolated" : "fitted");
}

static void put_row(struct assay_csv *csv, const struct assay_summary *s, const struct assay_row *row)
{
    static const char *const sources[] = {"", "hardware", "tsc"};
    bool known = row->measured, cycles = row->cycles_source != ASSAY_CYCLES_NONE;
    put_identity(csv, s->run, row);
    put_proof(csv, row);
    assay_csv_count(csv, row->ns.rounds);
    assay_csv_count(csv, row->ns.blocks);
    assay_csv_figure(csv, known, row->ns.level);
    assay_csv_estimate(csv, known, &row->ns);
    assay_csv_figure(csv, known, row->ops);
    assay_csv_figure(csv, row->cell->unit_bytes, (double)row->cell->bytes);
    assay_csv_figure(csv, row->bytes_per_second > 0, row->bytes_per_second);
    assay_csv_figure(csv, cycles, row->cycles);
    assay_csv_text(csv, !cycles ? "" : row->cycles_per_byte ? "byte" : "operation");
    assay_csv_text(csv, sources[row->cycles_source]);
    assay_csv_figure(csv, row->instructions > 0, row->instructions);
    assay_csv_estimate(csv, row->has_ratio, &row->ratio);
    assay_csv_text(csv, row->has_ratio ? s->run->instances[s->reference].name : "");
    for (unsigned side = 0; side < ASSAY_RUN_SIDES; side++) {
        assay_csv_text(csv, row->cell->sides[side]);
        assay_csv_estimate(csv, row->has_sides, &row->side_ns[side]);
    }
    assay_csv_text(csv, row->cell->batched);
    put_scaling(csv, s, row);
    assay_csv_end(csv);
}

bool assay_convert_csv(FILE *out, const struct assay_summary *s, char *why, size_t why_size)
{
    struct assay_csv csv = {.out = out};
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        assay_csv_text(&csv, columns[i]);
    assay_csv_end(&csv);
    for (size_t n = 0; n < s->row_count; n++)
        put_row(&csv, s, &s->rows[n]);
    if (fflush(out) == 0 && !ferror(out))
        return true;
    snprintf(why, why_size, "cannot write: %s", strerror(errno));
    return false;
}

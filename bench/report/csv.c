/* SPDX-License-Identifier: Apache-2.0
 *
 * One line a cell (RFC 4180): the header names the columns; what is not known is empty.
 */
#include "bench/report/convert.h"

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
};
#define COLUMN_COUNT (sizeof columns / sizeof *columns)

struct csv {
    FILE *out;
    size_t at;
};

static void put_text(struct csv *csv, const char *text)
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

static void put_count(struct csv *csv, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, n);
    put_text(csv, text);
}

/* Empty where there is no figure. */
static void put_figure(struct csv *csv, bool known, double value)
{
    char text[40] = "";
    if (known && isfinite(value))
        snprintf(text, sizeof text, "%.9g", value);
    put_text(csv, text);
}

static void put_estimate(struct csv *csv, bool known, const struct assay_estimate *e)
{
    put_figure(csv, known, e->value);
    put_figure(csv, known, e->low);
    put_figure(csv, known, e->high);
}

static void put_identity(struct csv *csv, const struct assay_run *run, const struct assay_row *row)
{
    put_text(csv, run->id);
    put_text(csv, run->time);
    put_text(csv, run->cpu);
    put_text(csv, row->run_case->key);
    put_text(csv, row->run_case->kernel);
    put_text(csv, row->run_case->values);
    put_count(csv, row->run_case->threads);
    put_text(csv, row->instance->name);
    put_text(csv, row->instance->library);
    put_text(csv, row->instance->version);
    put_text(csv, row->instance->variant);
    put_text(csv, row->cell->algorithm);
    put_text(csv, row->cell->provider);
    put_text(csv, row->instance->fips_active ? "true" : "false");
}

static void put_proof(struct csv *csv, const struct assay_row *row)
{
    bool reached = row->measured || row->cell->status != ASSAY_CELL_PROVED;
    put_text(csv, row->measured ? "measured"
                  : reached     ? assay_cell_status_name(row->cell->status)
                                : "missing");
    put_text(csv, row->reason);
    put_count(csv, row->cell->answers);
    put_count(csv, row->cell->negatives);
    put_text(csv, row->cell->digest);
}

static void put_row(struct csv *csv, const struct assay_summary *s, const struct assay_row *row)
{
    static const char *const sources[] = {"", "hardware", "tsc"};
    bool known = row->measured, cycles = row->cycles_source != ASSAY_CYCLES_NONE;
    csv->at = 0;
    put_identity(csv, s->run, row);
    put_proof(csv, row);
    put_count(csv, row->ns.rounds);
    put_count(csv, row->ns.blocks);
    put_figure(csv, known, row->ns.level);
    put_estimate(csv, known, &row->ns);
    put_figure(csv, known, row->ops);
    put_figure(csv, row->cell->unit_bytes, (double)row->cell->bytes);
    put_figure(csv, row->bytes_per_second > 0, row->bytes_per_second);
    put_figure(csv, cycles, row->cycles);
    put_text(csv, !cycles ? "" : row->cycles_per_byte ? "byte" : "operation");
    put_text(csv, sources[row->cycles_source]);
    put_figure(csv, row->instructions > 0, row->instructions);
    put_estimate(csv, row->has_ratio, &row->ratio);
    put_text(csv, row->has_ratio ? s->run->instances[s->reference].name : "");
    for (unsigned side = 0; side < ASSAY_RUN_SIDES; side++) {
        put_text(csv, row->cell->sides[side]);
        put_estimate(csv, row->has_sides, &row->side_ns[side]);
    }
    put_text(csv, row->cell->batched);
    fputs("\r\n", csv->out);
}

bool assay_convert_csv(FILE *out, const struct assay_summary *s, char *why, size_t why_size)
{
    struct csv csv = {.out = out};
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        put_text(&csv, columns[i]);
    fputs("\r\n", out);
    for (size_t n = 0; n < s->row_count; n++)
        put_row(&csv, s, &s->rows[n]);
    if (fflush(out) == 0 && !ferror(out))
        return true;
    snprintf(why, why_size, "cannot write: %s", strerror(errno));
    return false;
}

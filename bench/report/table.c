/* SPDX-License-Identifier: Apache-2.0
 *
 * The table: what was compared, the measured cells grouped by kernel, what was not measured and why, and how
 * to read an interval. Wrong answers and crashes stand in their place in the table, not only at its end.
 */
#include "bench/report/table.h"
#include "bench/report/absent.h"
#include "bench/report/fastest.h"
#include "bench/report/format.h"
#include "bench/report/scaling.h"

#include <math.h>
#include <string.h>

#define COLUMNS        104
#define FIGURES        72 /* the width of all columns after the instance's name */
#define WIDEST         108
#define INSTANCE_WIDTH 24 /* a longer name is cut */

struct columns {
    size_t name, instance;
    bool own_line; /* the case's name stands above its rows */
    bool bytes;    /* GB/s is of interest */
    bool sources;  /* cycles are known at all */
};

static void print_instance(struct assay_printer *p, const struct assay_run_instance *in, size_t width)
{
    char text[1024], library[512];
    assay_printer_left(p, 2, ASSAY_PLAIN, "");
    assay_printer_left(p, width + 2, ASSAY_BOLD, in->name);
    if (!in->seen) {
        snprintf(text, sizeof text, "NOT LOADED: %s", *in->error ? in->error : "the run ended before it");
        assay_printer_left(p, 0, ASSAY_ALARM, text);
        assay_printer_end(p);
        return;
    }
    assay_format_library(in->library, in->version, library, sizeof library);
    snprintf(text, sizeof text, "%s%s%s%s%s%s", library, *in->variant ? ", " : "", in->variant,
             *in->provider ? ", provider " : "", in->provider,
             in->fips_active  ? ", FIPS provider active"
             : in->fips_asked ? ", FIPS asked but NOT active"
                              : "");
    assay_printer_left(p, 0, in->fips_asked && !in->fips_active ? ASSAY_ALARM : ASSAY_PLAIN, text);
    if (*in->path) {
        snprintf(text, sizeof text, "  %s%s%.12s%s", in->path, *in->build_id ? " (" : "", in->build_id,
                 *in->build_id ? ")" : "");
        assay_printer_left(p, 0, ASSAY_DIM, text);
    }
    assay_printer_end(p);
    if (in->changed)
        assay_printer_wrap(p, width + 4, COLUMNS, ASSAY_ALARM,
                           "the library CHANGED between rounds of this run");
}

/* "3.5.9" of "fips 3.5.9": the code that serves, which need not be of the library's own version */
static const char *serving(const struct assay_run_instance *in)
{
    const char *space = strchr(in->provider, ' ');
    return space ? space + 1 : in->version;
}

/* FIPS of one version beside stock of another: the difference is not what FIPS costs. */
static void warn_of_versions(struct assay_printer *p, const struct assay_run *run)
{
    char text[1024];
    for (size_t i = 0; i < run->instance_count; i++) {
        const struct assay_run_instance *fips = &run->instances[i];
        for (size_t k = 0; k < run->instance_count && fips->fips_active; k++) {
            const struct assay_run_instance *stock = &run->instances[k];
            if (stock->fips_active || !stock->seen || strcmp(stock->library, fips->library) != 0 ||
                strcmp(serving(stock), serving(fips)) == 0)
                continue;
            snprintf(
                text, sizeof text,
                "warning: %s runs code of %s, %s of %s: newer code is not the cost of FIPS; compare the two "
                "providers of one version",
                fips->name, serving(fips), stock->name, serving(stock));
            assay_printer_wrap(p, 0, COLUMNS, ASSAY_ALARM, text);
        }
    }
}

static void print_head(struct assay_printer *p, const struct assay_run *run)
{
    char text[1024];
    size_t width = 0;
    snprintf(text, sizeof text, "%s, %llu cores, %s, virtualisation %s, governor %s", run->cpu,
             (unsigned long long)run->cores, run->time,
             *run->virtualisation ? run->virtualisation : "unknown",
             *run->governor ? run->governor : "unknown");
    assay_printer_wrap(p, 0, COLUMNS, ASSAY_PLAIN, text);
    snprintf(text, sizeof text,
             "run %s: %llu rounds of %llu blocks, samples of %.0f ms, seed %llu, assay %s %.12s%s", run->id,
             (unsigned long long)run->rounds, (unsigned long long)run->blocks, (double)run->min_time_ns / 1e6,
             (unsigned long long)run->seed, run->assay_version, run->commit, run->dirty ? " (modified)" : "");
    assay_printer_wrap(p, 0, COLUMNS, ASSAY_PLAIN, text);
    for (size_t i = 0; i < run->environment_count; i++) {
        snprintf(text, sizeof text, "with %s=\"%s\"", run->environment[i].name, run->environment[i].value);
        assay_printer_wrap(p, 0, COLUMNS, ASSAY_PLAIN, text);
    }
    for (size_t i = 0; i < run->instance_count; i++)
        width = fmax(width, assay_format_width(run->instances[i].name));
    for (size_t i = 0; i < run->instance_count; i++)
        print_instance(p, &run->instances[i], width);
    warn_of_versions(p, run);
}

/* "aes-256-gcm 16 KiB", "ed25519, 2 threads" */
static void case_name(const struct assay_run_case *c, const struct assay_cell *cell, char *out, size_t room)
{
    char size[ASSAY_FORMAT_SIZE] = "";
    int used;
    if (c->has_size && cell->unit_bytes)
        assay_format_size(c->size, size);
    else if (c->has_size)
        snprintf(size, sizeof size, "%llu", (unsigned long long)c->size);
    used = snprintf(out, room, "%s%s%s", c->series, *c->series && *size ? " " : "", size);
    if (c->threads != 1 && used >= 0 && (size_t)used < room)
        snprintf(out + used, room - (size_t)used, "%s%u threads", used ? ", " : "", c->threads);
}

/* A cell that is worth a row: measured, or an alarm. */
static bool is_shown(const struct assay_row *row)
{
    return row->measured || row->cell->status == ASSAY_CELL_REFUSED || row->cell->status == ASSAY_CELL_FAILED;
}

static const struct assay_cell *shown_cell(const struct assay_summary *s, size_t c)
{
    for (size_t i = 0; i < s->run->instance_count; i++)
        if (is_shown(assay_summary_row(s, c, i)))
            return assay_summary_row(s, c, i)->cell;
    return NULL;
}

/* The instance, and that its backend took a batch one message after another. */
static void row_instance(const struct assay_row *row, char *out, size_t room)
{
    bool loop = row->measured && !row->probe && strcmp(row->cell->batched, "loop") == 0;
    snprintf(out, room, "%s%s", row->instance->name, loop ? " (loop)" : "");
}

static struct columns measure_columns(const struct assay_summary *s, const char *kernel)
{
    struct columns columns = {.name = 0, .instance = 8};
    char name[256], instance[600];
    for (size_t c = 0; c < s->run->case_count; c++) {
        const struct assay_cell *cell = shown_cell(s, c);
        if (!cell || strcmp(s->run->cases[c].kernel, kernel) != 0)
            continue;
        case_name(&s->run->cases[c], cell, name, sizeof name);
        columns.name = fmax(columns.name, assay_format_width(name));
        for (size_t i = 0; i < s->run->instance_count; i++) {
            const struct assay_row *row = assay_summary_row(s, c, i);
            if (!is_shown(row))
                continue;
            row_instance(row, instance, sizeof instance);
            columns.instance = fmax(columns.instance, assay_format_width(instance));
            columns.bytes |= row->bytes_per_second > 0;
            columns.sources |= row->cycles_source != ASSAY_CYCLES_NONE;
            if (row->has_sides)
                columns.instance = fmax(columns.instance, 2 + assay_format_width(row->cell->sides[0]));
        }
    }
    columns.instance = fmin(columns.instance, INSTANCE_WIDTH);
    columns.own_line = 4 + columns.name + columns.instance + FIGURES > WIDEST;
    if (columns.own_line)
        columns.name = 2;
    return columns;
}

static void print_titles(struct assay_printer *p, const struct assay_summary *s, const char *kernel,
                         const struct columns *columns)
{
    char title[300];
    size_t width = 2 + columns->name + 2 + columns->instance, used = assay_format_width(kernel);
    assay_printer_end(p);
    assay_printer_left(p, used < width ? width : 0, ASSAY_BOLD, kernel);
    if (used >= width) {
        assay_printer_end(p);
        assay_printer_left(p, width, ASSAY_PLAIN, "");
    }
    assay_printer_right(p, 10, ASSAY_DIM, "rate");
    assay_printer_right(p, 10, ASSAY_DIM, "time");
    assay_printer_right(p, 8, ASSAY_DIM, columns->bytes ? "GB/s" : "");
    assay_printer_right(p, 12, ASSAY_DIM,
                        !columns->sources ? ""
                        : columns->bytes  ? "cycles/byte"
                                          : "cycles/op");
    assay_printer_right(p, 9, ASSAY_DIM, "±");
    if (s->reference >= 0 && s->run->instance_count > 1) {
        assay_printer_right(p, 8, ASSAY_DIM, "ratio");
        snprintf(title, sizeof title, "  to %.24s", s->run->instances[s->reference].name);
        assay_printer_left(p, 0, ASSAY_DIM, title);
    }
    assay_printer_end(p);
}

/* ±: half the width of the interval, of the value */
static void print_spread(struct assay_printer *p, const struct assay_estimate *e)
{
    char text[ASSAY_FORMAT_SIZE];
    snprintf(text, sizeof text, "%.1f %%", (e->high - e->low) / 2 / e->value * 100);
    assay_printer_right(p, 9, ASSAY_PLAIN, text);
}

static void print_ratio(struct assay_printer *p, const struct assay_summary *s, const struct assay_row *row)
{
    char text[64];
    enum assay_style style = ASSAY_PLAIN;
    if (row->probe) {
        assay_printer_left(p, 0, ASSAY_DIM, "   the harness's own cost");
    } else if (row->instance == &s->run->instances[s->reference]) {
        assay_printer_right(p, 8, ASSAY_DIM, s->run->instance_count > 1 ? "1" : "");
    } else if (row->has_ratio) {
        const struct assay_estimate *e = &row->ratio;
        if (!e->one_round && e->low > 1)
            style = ASSAY_GOOD;
        else if (!e->one_round && e->high < 1)
            style = ASSAY_BAD;
        snprintf(text, sizeof text, "%.*f×", e->value < 0.095 ? 4 : e->value < 99.5 ? 2 : 0, e->value);
        assay_printer_right(p, 8, style, text);
        snprintf(text, sizeof text, "  %.3f – %.3f%s", e->low, e->high, e->one_round ? " (one round)" : "");
        assay_printer_left(p, 0, ASSAY_PLAIN, text);
    }
    if (row->copy)
        assay_printer_left(p, 0, ASSAY_DIM, "  a copy, no cipher");
}

static void print_rate(struct assay_printer *p, const struct assay_estimate *ns)
{
    char text[ASSAY_FORMAT_SIZE];
    assay_format_scaled(1e9 / ns->value, "/s", text);
    assay_printer_right(p, 10, ASSAY_PLAIN, text);
    assay_format_time(ns->value, text);
    assay_printer_right(p, 10, ASSAY_PLAIN, text);
}

static void print_measured(struct assay_printer *p, const struct assay_summary *s,
                           const struct assay_row *row)
{
    char text[ASSAY_FORMAT_SIZE] = "", figure[ASSAY_FORMAT_SIZE];
    print_rate(p, &row->ns);
    if (row->bytes_per_second > 0 && !row->probe)
        assay_format_figure(row->bytes_per_second / 1e9, text);
    assay_printer_right(p, 8, ASSAY_PLAIN, text);
    *text = '\0';
    if (row->cycles_source != ASSAY_CYCLES_NONE && !(row->probe && row->cycles_per_byte)) {
        const char *mark = row->cycles_source == ASSAY_CYCLES_TSC ? " tsc" : "";
        if (row->cycles >= 99999)
            assay_format_scaled(row->cycles, mark, text);
        else {
            assay_format_figure(row->cycles, figure);
            snprintf(text, sizeof text, "%.20s%s", figure, mark);
        }
    }
    assay_printer_right(p, 12, ASSAY_PLAIN, text);
    print_spread(p, &row->ns);
    print_ratio(p, s, row);
    assay_printer_end(p);
}

static void print_sides(struct assay_printer *p, const struct assay_row *row, const struct columns *columns)
{
    char name[64];
    for (unsigned side = 0; side < ASSAY_RUN_SIDES; side++) {
        snprintf(name, sizeof name, "· %.40s", row->cell->sides[side]);
        assay_printer_left(p, 2 + columns->name + 2, ASSAY_PLAIN, "");
        assay_printer_left(p, columns->instance, ASSAY_DIM, name);
        print_rate(p, &row->side_ns[side]);
        assay_printer_right(p, 20, ASSAY_PLAIN, "");
        print_spread(p, &row->side_ns[side]);
        assay_printer_end(p);
    }
}

static void print_row(struct assay_printer *p, const struct assay_summary *s, const struct assay_row *row,
                      const char *name, const struct columns *columns)
{
    char text[600], instance[600];
    row_instance(row, instance, sizeof instance);
    size_t width = assay_format_width(instance);
    assay_printer_left(p, 2, ASSAY_PLAIN, "");
    assay_printer_left(p, columns->name + 2, ASSAY_BOLD, name);
    if (width > columns->instance) /* the end of a path tells more than its beginning */
        snprintf(text, sizeof text, "…%s", instance + strlen(instance) - (columns->instance - 1));
    else
        snprintf(text, sizeof text, "%s", instance);
    assay_printer_left(p, columns->instance, ASSAY_PLAIN, text);
    if (row->measured) {
        print_measured(p, s, row);
        if (row->has_sides)
            print_sides(p, row, columns);
        return;
    }
    snprintf(text, sizeof text, "  %s: %s",
             row->cell->status == ASSAY_CELL_REFUSED ? "REFUSED, wrong answer" : "FAILED", row->reason);
    assay_printer_left(p, 0, ASSAY_ALARM, text);
    assay_printer_end(p);
}

static void print_case(struct assay_printer *p, const struct assay_summary *s, size_t c,
                       const struct columns *columns)
{
    char name[256];
    const struct assay_cell *cell = shown_cell(s, c);
    if (!cell)
        return;
    case_name(&s->run->cases[c], cell, name, sizeof name);
    if (columns->own_line) {
        assay_printer_left(p, 2, ASSAY_PLAIN, "");
        assay_printer_left(p, 0, ASSAY_BOLD, name);
        assay_printer_end(p);
        *name = '\0';
    }
    for (size_t i = 0; i < s->run->instance_count; i++) {
        const struct assay_row *row = assay_summary_row(s, c, i);
        if (!is_shown(row))
            continue;
        print_row(p, s, row, name, columns);
        *name = '\0';
    }
}

static void print_kernel(struct assay_printer *p, const struct assay_summary *s, const char *kernel)
{
    struct columns columns = measure_columns(s, kernel);
    bool titled = false;
    for (size_t c = 0; c < s->run->case_count; c++) {
        if (strcmp(s->run->cases[c].kernel, kernel) != 0 || !shown_cell(s, c))
            continue;
        if (!titled)
            print_titles(p, s, kernel, &columns);
        titled = true;
        print_case(p, s, c, &columns);
    }
}

bool assay_table_print(FILE *out, const struct assay_summary *summary,
                       const struct assay_table_options *options)
{
    struct assay_printer p = {.out = out, .colour = options->colour};
    const struct assay_run *run = summary->run;
    print_head(&p, run);
    for (size_t c = 0; c < run->case_count; c++) {
        bool first = true;
        for (size_t k = 0; k < c && first; k++)
            first = strcmp(run->cases[k].kernel, run->cases[c].kernel) != 0;
        if (first)
            print_kernel(&p, summary, run->cases[c].kernel);
    }
    assay_latency_print(&p, summary);
    assay_scaling_print(&p, summary);
    assay_fastest_print(&p, summary);
    assay_absent_print(&p, summary);
    assay_legend_print(&p, summary);
    return fflush(out) == 0 && !ferror(out);
}

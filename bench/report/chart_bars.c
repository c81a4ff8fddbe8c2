/* SPDX-License-Identifier: Apache-2.0
 *
 * Bars: the rate of each operation; and the spread of each cell's rounds. Rows lie one below the other, so
 * that their names can be read; what is too long for a page goes on to the next.
 */
#include "bench/report/chart.h"
#include "bench/report/format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS  44
#define ROW_HEIGHT 20u
#define GAP        0.7 /* between cases, in rows */

struct page {
    size_t cases[PAGE_ROWS];
    size_t count;
    size_t rows;
    double low, high; /* of all rates or deviations on it */
};

static size_t rows_of(const struct assay_summary *s, size_t c)
{
    size_t rows = 0;
    for (size_t i = 0; i < s->run->instance_count; i++)
        rows += assay_chart_draws(assay_summary_row(s, c, i));
    return rows;
}

static unsigned page_height(const struct page *page)
{
    return 150 + (unsigned)((double)page->rows + GAP * (double)page->count) * ROW_HEIGHT;
}

/* The names of the cases beside their rows, and instances as keys: block i of the data belongs to instance i.
 */
static void write_rows_axis(struct assay_chart *c, const struct page *page)
{
    const struct assay_summary *s = c->charts->summary;
    char label[600];
    double at = 0;
    fputs("set ytics noenhanced scale 0 (", c->script);
    for (size_t k = 0; k < page->count; k++) {
        size_t rows = rows_of(s, page->cases[k]);
        assay_chart_label(s, page->cases[k], true, label, sizeof label);
        fputs(k ? ", " : "", c->script);
        assay_chart_quote_tic(c->script, label);
        fprintf(c->script, " %.9g", at + (double)(rows - 1) / 2);
        at += (double)rows + GAP;
    }
    fprintf(c->script, ")\nset yrange [%.9g:-0.8]\nset grid noytics xtics\n", at - GAP - 0.2);
}

static void add_key(struct assay_chart *c, size_t instance)
{
    assay_chart_quote(c->script, c->charts->summary->run->instances[instance].name);
}

/* Rate, low, high, and what is written beside the bar */
static void write_rate(struct assay_chart *c, double at, const struct assay_row *row)
{
    char text[100], rate[ASSAY_FORMAT_SIZE];
    const struct assay_summary *s = c->charts->summary;
    const char *loop = strcmp(row->cell->batched, "loop") == 0 ? " (loop)" : "";
    assay_format_scaled(row->ops, "/s", rate);
    if (row->has_ratio && row->instance != &s->run->instances[s->reference])
        snprintf(text, sizeof text, "%s%s   %.2f× (%.2f – %.2f)", rate, loop, row->ratio.value,
                 row->ratio.low, row->ratio.high);
    else
        snprintf(text, sizeof text, "%s%s", rate, loop);
    fprintf(c->data, "%.9g\t%.9g\t%.9g\t%.9g\t", at, row->ops, 1e9 / row->ns.high, 1e9 / row->ns.low);
    assay_chart_field(c->data, text);
    putc('\n', c->data);
}

/* Deviation of each round from the cell's median in per cent; the interval comes first, marked by a 1. */
static bool write_spread(struct assay_chart *c, double at, const struct assay_row *row)
{
    const struct assay_cell *cell = row->cell;
    struct assay_point *points = calloc(cell->sample_count, sizeof *points);
    uint32_t *rounds = calloc(cell->sample_count, sizeof *rounds);
    double *values = calloc(cell->sample_count, sizeof *values);
    bool ok = points && rounds && values;
    if (ok) {
        for (size_t i = 0; i < cell->sample_count; i++) {
            points[i].round = cell->samples[i].round;
            points[i].value = (double)cell->samples[i].ns / (double)cell->samples[i].iterations;
        }
        size_t n = assay_stats_rounds(points, cell->sample_count, rounds, values);
        double median = row->ns.value;
        fprintf(c->data, "%.9g\t0\t%.9g\t%.9g\t1\n", at, (row->ns.low / median - 1) * 100,
                (row->ns.high / median - 1) * 100);
        for (size_t i = 0; i < n; i++)
            fprintf(c->data, "%.9g\t%.9g\t0\t0\t0\n", at, (values[i] / median - 1) * 100);
    }
    if (!ok)
        snprintf(c->charts->why, c->charts->why_size, "not enough memory");
    free(points);
    free(rounds);
    free(values);
    return ok;
}

/* Writes the data of a page, one block an instance, and which instances it has. */
static bool write_page(struct assay_chart *c, const struct page *page, bool spread,
                       bool has[ASSAY_RUN_INSTANCES])
{
    const struct assay_summary *s = c->charts->summary;
    for (size_t i = 0; i < s->run->instance_count; i++) {
        double at = 0;
        has[i] = false;
        for (size_t k = 0; k < page->count; k++) {
            for (size_t n = 0; n < s->run->instance_count; n++) {
                const struct assay_row *row = assay_summary_row(s, page->cases[k], n);
                if (!assay_chart_draws(row))
                    continue;
                if (n == i) {
                    has[i] = true;
                    if (!spread)
                        write_rate(c, at, row);
                    else if (!write_spread(c, at, row))
                        return false;
                }
                at += 1;
            }
            at += GAP;
        }
        if (has[i])
            fputs("\n\n", c->data);
    }
    return true;
}

static void measure_rates(const struct assay_summary *s, struct page *page)
{
    for (size_t k = 0; k < page->count; k++)
        for (size_t i = 0; i < s->run->instance_count; i++) {
            const struct assay_row *row = assay_summary_row(s, page->cases[k], i);
            if (!assay_chart_draws(row))
                continue;
            page->low = page->low > 0 ? fmin(page->low, row->ops) : row->ops;
            page->high = fmax(page->high, 1e9 / row->ns.low);
        }
}

static bool draw_operations(struct assay_charts *charts, struct page *page, unsigned number, bool several)
{
    const struct assay_summary *s = charts->summary;
    struct assay_chart c;
    bool has[ASSAY_RUN_INSTANCES] = {false};
    char name[40], title[100], note[400];
    unsigned index = 0;
    measure_rates(s, page);
    snprintf(name, sizeof name, several ? "operations-%u" : "operations", number);
    snprintf(title, sizeof title, several ? "Operations a second, %u" : "Operations a second", number);
    int used = snprintf(note, sizeof note, "Thin lines: %s", assay_chart_interval_words(s));
    if (s->reference >= 0 && s->run->instance_count > 1)
        snprintf(note + used, sizeof note - (size_t)used, ". ×: times as fast as %.150s (its interval)",
                 s->run->instances[s->reference].name);
    const struct assay_chart_frame frame = {.title = title,
                                            .note = note,
                                            .x = "operations a second, logarithmic",
                                            .width = 1100,
                                            .height = page_height(page)};
    if (!assay_chart_open(&c, charts, name, &frame))
        return false;
    double left = pow(10, floor(log10(page->low / 1.5))), right = page->high;
    right *= pow(right / left, 0.55); /* room for what is written beside the bars */
    bool ok = write_page(&c, page, false, has);
    write_rows_axis(&c, page);
    assay_chart_log_axis(&c, 'x', left, right);
    fputs("set style fill solid 1.0 noborder\n", c.script);
    for (size_t i = 0; i < s->run->instance_count; i++) {
        if (!has[i])
            continue;
        fprintf(assay_chart_item(&c),
                "'%s.dat' index %u using (%.9g):1:(%.9g):2:($1-0.42):($1+0.42) with boxxyerror lc rgb '%s' "
                "title ",
                c.name, index, left, left, assay_chart_colour(i));
        add_key(&c, i);
        fprintf(assay_chart_item(&c),
                "'' index %u using 2:1:3:4 with xerrorbars pt 0 lw 1.2 lc rgb '#000000' notitle", index);
        fprintf(assay_chart_item(&c),
                "'' index %u using 4:1:5 with labels left offset 0.6,0 font ',9' noenhanced notitle", index);
        index++;
    }
    return assay_chart_close(&c) && ok;
}

/* How far the axis goes: to the interval's end in nine of ten cells. One disturbed cell must not flatten all
 * others. */
static double usual_deviation(const struct assay_summary *s, const struct page *page)
{
    double ends[PAGE_ROWS + ASSAY_RUN_INSTANCES]; /* a page is full at PAGE_ROWS, or is one case */
    size_t count = 0;
    for (size_t k = 0; k < page->count; k++)
        for (size_t i = 0; i < s->run->instance_count; i++) {
            const struct assay_row *row = assay_summary_row(s, page->cases[k], i);
            if (assay_chart_draws(row))
                ends[count++] = fmax(row->ns.high / row->ns.value - 1, 1 - row->ns.low / row->ns.value) * 100;
        }
    return fmax(0.5, count ? assay_stats_quantile(ends, count, 0.9)
                           : 0); /* below that, it would magnify nothing */
}

static bool draw_spread(struct assay_charts *charts, struct page *page, unsigned number, bool several)
{
    const struct assay_summary *s = charts->summary;
    struct assay_chart c;
    bool has[ASSAY_RUN_INSTANCES] = {false};
    char name[40], title[100], note[300];
    unsigned index = 0;
    snprintf(note, sizeof note, "Marks: rounds. Pale bars: %s. What lies beyond the frame stands at its edge",
             assay_chart_interval_words(s));
    snprintf(name, sizeof name, several ? "spread-%u" : "spread", number);
    snprintf(title, sizeof title, several ? "Spread of each cell, %u" : "Spread of each cell", number);
    const struct assay_chart_frame frame = {
        .title = title,
        .note = note,
        .x = "time of a round against the cell's median, in per cent: left is faster",
        .width = 1100,
        .height = page_height(page)};
    if (!assay_chart_open(&c, charts, name, &frame))
        return false;
    double reach = usual_deviation(s, page) * 1.25;
    bool ok = write_page(&c, page, true, has);
    write_rows_axis(&c, page);
    fprintf(c.script, "reach = %.9g\nset xrange [-reach:reach]\nset format x '%%+g'\n", reach);
    fputs("clip(x) = x > reach ? reach : x < -reach ? -reach : x\nset arrow 1 from 0, graph 0 to 0, graph 1 "
          "nohead "
          "lc rgb '#888888' lw 1\n",
          c.script);
    for (size_t i = 0; i < s->run->instance_count; i++) {
        if (!has[i])
            continue;
        fprintf(assay_chart_item(&c),
                "'%s.dat' index %u using ($5 == 1 ? 0 : NaN):1:3:4 with xerrorbars pt 0 lw 7 lc rgb '#a0%s' "
                "notitle",
                c.name, index, assay_chart_colour(i) + 1);
        fprintf(assay_chart_item(&c),
                "'' index %u using ($5 == 0 ? clip($2) : NaN):1 with points pt %u ps 1.2 lc rgb '%s' title ",
                index, assay_chart_shape(i), assay_chart_colour(i));
        add_key(&c, i);
        index++;
    }
    return assay_chart_close(&c) && ok;
}

typedef bool (*draw_page)(struct assay_charts *, struct page *, unsigned number, bool several);

/* Deals the cases out to pages. A case stays on one page; a kernel too, when it fits. */
static bool draw_pages(struct assay_charts *charts, bool sized_too, draw_page draw)
{
    const struct assay_summary *s = charts->summary;
    struct page page = {0};
    size_t total = 0;
    unsigned number = 1;
    for (size_t c = 0; c < s->run->case_count; c++)
        if (sized_too || !assay_chart_is_sized(s, c))
            total += rows_of(s, c);
    for (size_t c = 0; c < s->run->case_count; c++) {
        size_t rows = sized_too || !assay_chart_is_sized(s, c) ? rows_of(s, c) : 0;
        if (rows == 0)
            continue;
        if (page.count && (page.rows + rows > PAGE_ROWS || page.count == PAGE_ROWS)) {
            if (!draw(charts, &page, number++, true))
                return false;
            page = (struct page){0};
        }
        page.cases[page.count++] = c;
        page.rows += rows;
    }
    return page.count == 0 || draw(charts, &page, number, total > page.rows);
}

bool assay_charts_operations(struct assay_charts *charts)
{
    return draw_pages(charts, false, draw_operations);
}

bool assay_charts_spread(struct assay_charts *charts)
{
    return draw_pages(charts, true, draw_spread);
}

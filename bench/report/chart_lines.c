/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines: throughput against size, and scaling over threads.
 */
#include "bench/report/chart.h"
#include "bench/report/format.h"

#include <math.h>
#include <string.h>

#define PREFERRED_SIZE 16384 /* at which scaling is shown, where there are several */

struct span {
    double low, high;
};

static void widen(struct span *span, double low, double high)
{
    span->low = span->low > 0 ? fmin(span->low, low) : low;
    span->high = fmax(span->high, high);
}

/* A line with its intervals: block `index` of the data. x: how the first column becomes a place, a little
 * aside for each instance, so that intervals do not hide one another. */
static void add_line(struct assay_chart *c, size_t instance, unsigned index, const char *x)
{
    FILE *out = assay_chart_item(c);
    fprintf(out,
            "'%s.dat' index %u using (%s):2:3:4 with yerrorlines lw 2 ps 1.1 pt %u dt %u lc rgb '%s' title ",
            c->name, index, x, assay_chart_shape(instance), assay_chart_dash(instance),
            assay_chart_colour(instance));
    assay_chart_quote(out, c->charts->summary->run->instances[instance].name);
}

/* -1 … 1 for the first … last of count */
static double aside(unsigned index, unsigned count)
{
    return count > 1 ? 2.0 * index / (count - 1) - 1 : 0;
}

/* Throughput against size */

static bool is_on_line(const struct assay_summary *s, size_t first, size_t c)
{
    const struct assay_run_case *a = &s->run->cases[first], *b = &s->run->cases[c];
    return strcmp(a->kernel, b->kernel) == 0 && strcmp(a->series, b->series) == 0 &&
           a->threads == b->threads && assay_chart_is_sized(s, c);
}

/* The next larger size on the line of `first`; -1: there is none */
static long next_size(const struct assay_summary *s, size_t first, long after)
{
    long best = -1;
    const struct assay_run_case *cases = s->run->cases;
    for (size_t c = 0; c < s->run->case_count; c++)
        if (is_on_line(s, first, c) && (after < 0 || cases[c].size > cases[after].size) &&
            (best < 0 || cases[c].size < cases[best].size))
            best = (long)c;
    return best;
}

/* Returns how many times the largest size is the smallest. */
static double write_size_tics(struct assay_chart *c, size_t first)
{
    const struct assay_summary *s = c->charts->summary;
    char text[ASSAY_FORMAT_SIZE];
    const char *comma = "";
    double low = 0, high = 0;
    fputs("set logscale x 2\nset xtics (", c->script);
    for (long at = next_size(s, first, -1); at >= 0; at = next_size(s, first, at)) {
        double size = (double)s->run->cases[at].size;
        low = low > 0 ? low : size;
        high = size;
        assay_format_size(s->run->cases[at].size, text);
        fprintf(c->script, "%s'%s' %.0f", comma, text, size);
        comma = ", ";
    }
    fprintf(c->script, ")\nset xrange [%.9g:%.9g]\n", low / 1.3, high * 1.3);
    return high / low;
}

/* The data of one instance; false: it has none. */
static bool write_sizes(struct assay_chart *c, size_t first, size_t instance, struct span *span)
{
    const struct assay_summary *s = c->charts->summary;
    bool any = false;
    for (long at = next_size(s, first, -1); at >= 0; at = next_size(s, first, at)) {
        const struct assay_row *row = assay_summary_row(s, (size_t)at, instance);
        if (!assay_chart_draws(row))
            continue;
        if (!any) {
            fputs("# ", c->data);
            assay_chart_field(c->data, s->run->instances[instance].name);
            fputs(": bytes, GB/s, low, high\n", c->data);
        }
        double bytes = (double)row->cell->bytes;
        fprintf(c->data, "%llu\t%.9g\t%.9g\t%.9g\n", (unsigned long long)s->run->cases[at].size,
                bytes / row->ns.value, bytes / row->ns.high, bytes / row->ns.low);
        widen(span, bytes / row->ns.high, bytes / row->ns.low);
        any = true;
    }
    if (any)
        fputs("\n\n", c->data);
    return any;
}

static bool draw_sizes(struct assay_charts *charts, size_t first)
{
    const struct assay_summary *s = charts->summary;
    const struct assay_run_case *at = &s->run->cases[first];
    struct assay_chart c;
    struct span span = {0};
    bool has[ASSAY_RUN_INSTANCES];
    char title[600], name[600], note[100], x[40];
    unsigned index = 0, count = 0;
    snprintf(title, sizeof title, "%s %s, %u thread%s", at->kernel, at->series, at->threads,
             at->threads == 1 ? "" : "s");
    snprintf(name, sizeof name, "size-%s-%s-t%u", at->kernel, at->series, at->threads);
    snprintf(note, sizeof note, "Bars: %s", assay_chart_interval_words(s));
    const struct assay_chart_frame frame = {.title = title,
                                            .note = note,
                                            .x = "message size",
                                            .y = "throughput in GB/s, logarithmic",
                                            .width = 960,
                                            .height = 560};
    if (!assay_chart_open(&c, charts, name, &frame))
        return false;
    for (size_t i = 0; i < s->run->instance_count; i++)
        count += has[i] = write_sizes(&c, first, i, &span);
    double wide = pow(write_size_tics(&c, first), 0.008);
    assay_chart_log_axis(&c, 'y', span.low / 1.4, span.high * 1.4);
    for (size_t i = 0; i < s->run->instance_count; i++) {
        if (!has[i])
            continue;
        snprintf(x, sizeof x, "$1 * %.6f", pow(wide, aside(index, count)));
        add_line(&c, i, index++, x);
    }
    return assay_chart_close(&c);
}

bool assay_charts_sizes(struct assay_charts *charts)
{
    const struct assay_summary *s = charts->summary;
    for (size_t c = 0; c < s->run->case_count; c++) {
        bool first = assay_chart_is_sized(s, c);
        for (size_t k = 0; k < c && first; k++)
            first = !is_on_line(s, c, k);
        if (first && !draw_sizes(charts, c))
            return false;
    }
    return true;
}

/* Scaling over threads */

static bool same_but_threads(const struct assay_run_case *a, const struct assay_run_case *b)
{
    return strcmp(a->kernel, b->kernel) == 0 && strcmp(a->values, b->values) == 0;
}

static bool any_drawn(const struct assay_summary *s, size_t c)
{
    bool any = false;
    for (size_t i = 0; i < s->run->instance_count; i++)
        any |= assay_chart_draws(assay_summary_row(s, c, i));
    return any;
}

/* The case of the same values with the next more threads; -1: there is none */
static long next_threads(const struct assay_summary *s, size_t first, long after)
{
    long best = -1;
    const struct assay_run_case *cases = s->run->cases;
    for (size_t c = 0; c < s->run->case_count; c++)
        if (same_but_threads(&cases[first], &cases[c]) && any_drawn(s, c) &&
            (after < 0 || cases[c].threads > cases[after].threads) &&
            (best < 0 || cases[c].threads < cases[best].threads))
            best = (long)c;
    return best;
}

static bool scales(const struct assay_summary *s, size_t c)
{
    long least = next_threads(s, c, -1);
    return least >= 0 && next_threads(s, c, least) >= 0;
}

static double size_distance(const struct assay_run_case *c)
{
    return c->has_size && c->size ? fabs(log((double)c->size / PREFERRED_SIZE)) : 0;
}

/* Of the cases of a kernel and algorithm, one is drawn: that nearest to the preferred size. */
bool assay_chart_scales(const struct assay_summary *s, size_t c)
{
    const struct assay_run_case *cases = s->run->cases;
    if (!scales(s, c) || next_threads(s, c, -1) != (long)c)
        return false;
    for (size_t k = 0; k < s->run->case_count; k++) {
        if (strcmp(cases[k].kernel, cases[c].kernel) != 0 || strcmp(cases[k].series, cases[c].series) != 0 ||
            same_but_threads(&cases[k], &cases[c]) || !scales(s, k))
            continue;
        double mine = size_distance(&cases[c]), other = size_distance(&cases[k]);
        if (other < mine || (!(mine < other) && k < c))
            return false;
    }
    return true;
}

/* Threads, rate, low, high, and the rate of the fewest threads times the threads */
static bool write_threads(struct assay_chart *c, size_t first, size_t instance, double unit, double *highest)
{
    const struct assay_summary *s = c->charts->summary;
    double one = 0;
    for (long at = next_threads(s, first, -1); at >= 0; at = next_threads(s, first, at)) {
        const struct assay_row *row = assay_summary_row(s, (size_t)at, instance);
        unsigned threads = s->run->cases[at].threads;
        if (!assay_chart_draws(row))
            continue;
        double rate = unit / row->ns.value;
        one = one > 0 ? one : rate / threads;
        fprintf(c->data, "%u\t%.9g\t%.9g\t%.9g\t%.9g\n", threads, rate, unit / row->ns.high,
                unit / row->ns.low, one * threads);
        *highest = fmax(*highest, fmax(unit / row->ns.low, one * threads));
    }
    if (one > 0)
        fputs("\n\n", c->data);
    return one > 0;
}

/* Returns the distance of the most and the fewest threads. */
static double write_thread_tics(struct assay_chart *c, size_t first, double highest)
{
    const struct assay_summary *s = c->charts->summary;
    const char *comma = "";
    unsigned low = 0, high = 0;
    fputs("set xtics (", c->script);
    for (long at = next_threads(s, first, -1); at >= 0; at = next_threads(s, first, at)) {
        high = s->run->cases[at].threads;
        low = low ? low : high;
        fprintf(c->script, "%s%u", comma, high);
        comma = ", ";
    }
    double margin = (high - low) * 0.12;
    fprintf(c->script, ")\nset xrange [%.9g:%.9g]\nset yrange [0:%.9g]\n", low - margin, high + margin,
            highest * 1.08);
    return high - low;
}

static double rate_unit(const struct assay_summary *s, size_t c, const char **axis)
{
    double highest = 0;
    for (size_t i = 0; i < s->run->instance_count; i++) {
        const struct assay_row *row = assay_summary_row(s, c, i);
        if (!assay_chart_draws(row))
            continue;
        if (row->bytes_per_second > 0) {
            *axis = "throughput of all threads in GB/s";
            return (double)row->cell->bytes;
        }
        highest = fmax(highest, row->ops);
    }
    *axis = highest < 1e3   ? "operations a second, all threads"
            : highest < 1e6 ? "thousand operations a second, all threads"
                            : "million operations a second, all threads";
    return highest < 1e3 ? 1e9 : highest < 1e6 ? 1e6 : 1e3;
}

static bool draw_threads(struct assay_charts *charts, size_t first)
{
    const struct assay_summary *s = charts->summary;
    const struct assay_run_case *at = &s->run->cases[first];
    struct assay_chart c;
    const char *axis;
    bool has[ASSAY_RUN_INSTANCES];
    char title[600], name[600], note[200], label[560], x[40];
    double highest = 0, unit = rate_unit(s, first, &axis);
    unsigned index = 0, count = 0;
    assay_chart_label(s, first, true, label, sizeof label);
    label[strcspn(label, ",")] = '\0'; /* without the threads */
    snprintf(title, sizeof title, "%s over threads", label);
    snprintf(name, sizeof name, "threads-%s-%s", at->kernel, at->series);
    snprintf(note, sizeof note, "Bars: %s. Dashed: the fewest threads, scaled up",
             assay_chart_interval_words(s));
    const struct assay_chart_frame frame = {
        .title = title, .note = note, .x = "threads", .y = axis, .width = 960, .height = 560};
    if (!assay_chart_open(&c, charts, name, &frame))
        return false;
    for (size_t i = 0; i < s->run->instance_count; i++)
        count += has[i] = write_threads(&c, first, i, unit, &highest);
    double wide = write_thread_tics(&c, first, highest) * 0.012;
    for (size_t i = 0; i < s->run->instance_count; i++) {
        if (!has[i])
            continue;
        fprintf(assay_chart_item(&c), "'%s.dat' index %u using 1:5 with lines lw 1 dt 2 lc rgb '%s' notitle",
                c.name, index, assay_chart_colour(i));
        snprintf(x, sizeof x, "$1 + %.6f", wide * aside(index, count));
        add_line(&c, i, index++, x);
    }
    return assay_chart_close(&c);
}

bool assay_charts_threads(struct assay_charts *charts)
{
    for (size_t c = 0; c < charts->summary->run->case_count; c++)
        if (assay_chart_scales(charts->summary, c) && !draw_threads(charts, c))
            return false;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A case over commits: points with intervals, the level of each segment, and where it changes.
 */
#include "bench/report/chart.h"
#include "bench/report/history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TICS 14 /* commits named on the axis */

/* Index 0: the points; index 1: the level of each segment, drawn from end to end; index 2: where it changes
 */
static void write_data(struct assay_chart *c, const struct assay_history_series *s, double *low, double *high)
{
    *low = INFINITY;
    *high = 0;
    fputs("# run, ratio, low, high\n", c->data);
    for (size_t i = 0; i < s->count; i++) {
        const struct assay_estimate *e = &s->points[i].ratio;
        fprintf(c->data, "%zu\t%.9g\t%.9g\t%.9g\n", i + 1, e->value, e->low, e->high);
        *low = fmin(*low, e->low);
        *high = fmax(*high, e->high);
    }
    fputs("\n\n# run, level\n", c->data);
    for (size_t k = 0; k <= s->step_count; k++) {
        size_t from = k ? s->steps[k - 1].change.at : 0,
               to = k < s->step_count ? s->steps[k].change.at : s->count;
        double level = assay_history_level(s, from, to);
        fprintf(c->data, "%.1f\t%.9g\n%.1f\t%.9g\n\n", (double)from + 0.5, level, (double)to + 0.5, level);
    }
}

static void write_tics(struct assay_chart *c, const struct assay_history_series *s)
{
    size_t every = (s->count + TICS - 1) / TICS;
    char commit[12];
    fputs("set xtics rotate by -40 (", c->script);
    for (size_t i = 0; i < s->count; i += every) {
        snprintf(commit, sizeof commit, "%.7s", *s->points[i].commit ? s->points[i].commit : "unknown");
        fputs(i ? ", " : "", c->script);
        assay_chart_quote_tic(c->script, commit);
        fprintf(c->script, " %zu", i + 1);
    }
    fprintf(c->script, ")\nset xrange [0.5:%zu.5]\n", s->count);
}

static bool draw_series(struct assay_charts *charts, const struct assay_history_series *s)
{
    struct assay_chart c;
    char title[500], name[700], y[300];
    double low, high;
    snprintf(title, sizeof title, "%.300s@%.150s", s->key, s->instance);
    snprintf(name, sizeof name, "history-%.300s-%.150s", s->key, s->instance);
    snprintf(y, sizeof y, "time of %.100s / time of %.100s", s->anchor, s->instance);
    const struct assay_chart_frame frame = {.title = title,
                                            .note = "Bars: 95 % intervals. Upright: a change, p at most 0.01",
                                            .x = "runs, with assay's commit",
                                            .y = y,
                                            .width = 960,
                                            .height = 560};
    charts->under = s->cpu;
    if (!assay_chart_open(&c, charts, name, &frame))
        return false;
    write_data(&c, s, &low, &high);
    write_tics(&c, s);
    double margin = fmax((high - low) * 0.08, high * 0.005);
    fprintf(c.script, "set yrange [%.9g:%.9g]\n", low - margin, high + margin);
    for (size_t k = 0; k < s->step_count; k++)
        fprintf(c.script,
                "set arrow from %.1f, graph 0 to %.1f, graph 1 nohead lw 1.5 dt 2 lc rgb '#D55E00'\n",
                (double)s->steps[k].change.at + 0.5, (double)s->steps[k].change.at + 0.5);
    fprintf(assay_chart_item(&c),
            "'%s.dat' index 0 using 1:2:3:4 with yerrorbars lw 1 pt 7 ps 0.6 lc rgb '%s' title 'a run'",
            c.name, assay_chart_colour(0));
    fprintf(assay_chart_item(&c), "'%s.dat' index 1 using 1:2 with lines lw 2 lc rgb '#D55E00' title 'level'",
            c.name);
    return assay_chart_close(&c);
}

enum assay_plot_result assay_history_plot(const struct assay_history *h, const char *dir,
                                          struct assay_plot_report *report, char *why, size_t why_size)
{
    struct assay_charts charts = {.dir = dir, .why = why, .why_size = why_size};
    bool ok = true;
    report->scripts = report->pictures = 0;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        snprintf(why, why_size, "%.600s: %s", dir, strerror(errno));
        return ASSAY_PLOT_FAILED;
    }
    for (size_t i = 0; ok && i < h->count; i++)
        ok = h->series[i].count == 0 || draw_series(&charts, &h->series[i]);
    report->scripts = (unsigned)charts.count;
    enum assay_plot_result result = !ok ? ASSAY_PLOT_FAILED : ASSAY_PLOT_NOTHING;
    if (ok && charts.count)
        result = assay_charts_draw(&charts, report);
    free(charts.names);
    return result;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What each further thread is worth: efficiency, and the law where it was fitted.
 */
#include "bench/report/chart.h"
#include "bench/stats/scaling.h"

#include <math.h>
#include <stdlib.h>

/* A block of the data for each instance that scales; the law, if any, as a curve over the same columns. */
static size_t write_data(struct assay_chart *c, size_t first, struct assay_scaling *all, size_t *instances)
{
    const struct assay_summary *s = c->charts->summary;
    bool memory;
    size_t count = 0;
    for (size_t i = 0; i < s->run->instance_count; i++) {
        struct assay_scaling *one = &all[count];
        if (!assay_scaling_make(s, first, i, one, &memory))
            continue;
        fputs("# ", c->data);
        assay_chart_field(c->data, s->run->instances[i].name);
        fputs(": threads, efficiency in percent, low, high\n", c->data);
        for (size_t n = 0; n < one->count; n++)
            fprintf(c->data, "%u\t%.9g\t%.9g\t%.9g\n", one->rows[n]->run_case->threads,
                    one->efficiency[n].value * 100, one->efficiency[n].low * 100,
                    one->efficiency[n].high * 100);
        fputs("\n\n", c->data);
        instances[count++] = i;
    }
    return count;
}

static void set_axes(struct assay_chart *c, const struct assay_scaling *all, size_t count)
{
    unsigned low = ~0u, high = 0;
    double top = 100;
    for (size_t k = 0; k < count; k++)
        for (size_t n = 0; n < all[k].count; n++) {
            unsigned threads = all[k].rows[n]->run_case->threads;
            low = threads < low ? threads : low;
            high = threads > high ? threads : high;
            top = fmax(top, all[k].efficiency[n].high * 100);
        }
    double margin = (high - low) * 0.12;
    fprintf(c->script, "set xtics 1\nset xrange [%.9g:%.9g]\nset yrange [0:%.9g]\n", low - margin,
            high + margin, top * 1.08);
    if (high - low > 16)
        fputs("set xtics autofreq\n", c->script);
}

static void add_lines(struct assay_chart *c, const struct assay_scaling *all, const size_t *instances,
                      size_t count)
{
    for (size_t k = 0; k < count; k++) {
        const struct assay_usl *u = &all[k].usl;
        size_t i = instances[k];
        FILE *out = assay_chart_item(c);
        fprintf(
            out,
            "'%s.dat' index %zu using 1:2:3:4 with yerrorlines lw 2 ps 1.1 pt %u dt %u lc rgb '%s' title ",
            c->name, k, assay_chart_shape(i), assay_chart_dash(i), assay_chart_colour(i));
        assay_chart_quote(out, c->charts->summary->run->instances[i].name);
        if (all[k].has_usl && !u->extrapolated)
            fprintf(assay_chart_item(c),
                    "[1:%u] 100 / (1 + %.9g * (x - 1) + %.9g * x * (x - 1)) lw 1 dt 2 lc rgb '%s' notitle",
                    all[k].rows[all[k].cores - 1]->run_case->threads, u->sigma.value, u->kappa.value,
                    assay_chart_colour(i));
    }
}

static bool draw(struct assay_charts *charts, size_t first, struct assay_scaling *all)
{
    const struct assay_run_case *at = &charts->summary->run->cases[first];
    struct assay_chart c;
    size_t instances[ASSAY_RUN_INSTANCES];
    char title[600], name[600], note[200], label[560];
    assay_chart_label(charts->summary, first, true, label, sizeof label);
    snprintf(title, sizeof title, "%s: what each further thread is worth", label);
    snprintf(name, sizeof name, "efficiency-%s-%s", at->kernel, at->series);
    snprintf(note, sizeof note, "Bars: %s. Dashed: the Universal Scalability Law, from four core counts on",
             assay_chart_interval_words(charts->summary));
    const struct assay_chart_frame frame = {.title = title,
                                            .note = note,
                                            .x = "threads",
                                            .y = "efficiency in percent of the fewest threads, scaled up",
                                            .width = 960,
                                            .height = 560};
    if (!assay_chart_open(&c, charts, name, &frame))
        return false;
    size_t count = write_data(&c, first, all, instances);
    set_axes(&c, all, count);
    fputs("100 lw 1 lc rgb '#999999' notitle", assay_chart_item(&c));
    add_lines(&c, all, instances, count);
    return assay_chart_close(&c);
}

/* Does any instance scale from this case on? (Its first count may be measured on others only.) */
static bool scales(const struct assay_summary *s, size_t c)
{
    struct assay_scaling one;
    bool memory, any = false;
    for (size_t i = 0; i < s->run->instance_count && !any; i++)
        any = assay_scaling_make(s, c, i, &one, &memory);
    return any;
}

bool assay_charts_efficiency(struct assay_charts *charts)
{
    const struct assay_summary *s = charts->summary;
    struct assay_scaling *all = calloc(s->run->instance_count, sizeof *all);
    bool ok = all != NULL;
    if (!ok)
        snprintf(charts->why, charts->why_size, "not enough memory");
    for (size_t c = 0; ok && c < s->run->case_count; c++)
        if (assay_chart_scales(s, c) && scales(s, c))
            ok = draw(charts, c, all);
    free(all);
    return ok;
}

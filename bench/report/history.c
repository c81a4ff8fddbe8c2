/* SPDX-License-Identifier: Apache-2.0
 *
 * A history in text, and for programs.
 */
#include "bench/report/history.h"
#include "bench/report/csv.h"
#include "bench/report/format.h"

#include <jansson.h>
#include <string.h>

#define COLUMNS 104

/* The step before point i; NULL: none */
static const struct assay_history_step *step_at(const struct assay_history_series *s, size_t i)
{
    for (size_t k = 0; k < s->step_count; k++)
        if (s->steps[k].change.at == i)
            return &s->steps[k];
    return NULL;
}

static void print_step(struct assay_printer *p, const struct assay_history_step *step)
{
    char text[160];
    const struct assay_estimate *e = &step->size;
    snprintf(text, sizeof text, "  -- %s: %+.1f %% (%+.1f to %+.1f), p %.3f --",
             e->value < 1 ? "SLOWER from here" : "faster from here", (e->value - 1) * 100, (e->low - 1) * 100,
             (e->high - 1) * 100, step->change.p);
    assay_printer_left(p, 0, e->value < 1 ? ASSAY_BAD : ASSAY_GOOD, text);
    assay_printer_end(p);
}

static void print_point(struct assay_printer *p, const struct assay_history_point *point)
{
    char text[160];
    snprintf(text, sizeof text, "  %-20.20s  %.12s%s", point->time,
             *point->commit ? point->commit : "unknown", point->dirty ? "+" : "");
    assay_printer_left(p, 37, ASSAY_PLAIN, text);
    snprintf(text, sizeof text, "%.*f×", point->ratio.value < 99.5 ? 3 : 0, point->ratio.value);
    assay_printer_right(p, 9, ASSAY_BOLD, text);
    snprintf(text, sizeof text, "  %.3f – %.3f", point->ratio.low, point->ratio.high);
    assay_printer_left(p, 19, ASSAY_PLAIN, text);
    snprintf(text, sizeof text, "%.60s%s%.8s%s%s", point->version, *point->build_id ? " " : "",
             point->build_id, point->ratio.one_round ? "  one round" : "", point->noisy ? "  noisy" : "");
    assay_printer_left(p, 0, ASSAY_DIM, text);
    assay_printer_end(p);
}

bool assay_history_print_text(FILE *out, const struct assay_history *h, bool colour)
{
    struct assay_printer p = {.out = out, .colour = colour};
    char text[700];
    bool any = false;
    for (size_t i = 0; i < h->count; i++) {
        const struct assay_history_series *s = &h->series[i];
        if (s->count == 0)
            continue;
        snprintf(text, sizeof text, "%.300s@%.100s, times %.100s of the same run; %.100s", s->key,
                 s->instance, s->anchor, *s->cpu ? s->cpu : "CPU unknown");
        assay_printer_left(&p, 0, ASSAY_BOLD, text);
        assay_printer_end(&p);
        for (size_t k = 0; k < s->count; k++) {
            if (step_at(s, k))
                print_step(&p, step_at(s, k));
            print_point(&p, &s->points[k]);
        }
        if (s->count < 2 * ASSAY_DIVISIVE_LEAST)
            snprintf(text, sizeof text, "%zu of the %u runs that a search for changes takes.", s->count,
                     2 * ASSAY_DIVISIVE_LEAST);
        else
            snprintf(text, sizeof text, "%zu change%s in %zu runs.", s->step_count,
                     s->step_count == 1 ? "" : "s", s->count);
        assay_printer_wrap(&p, 2, COLUMNS, ASSAY_DIM, text);
        assay_printer_end(&p);
        any = true;
    }
    if (any)
        assay_printer_wrap(
            &p, 0, COLUMNS, ASSAY_PLAIN,
            "Ratios are time of the anchor / time of the instance, block by block, with their 95 % interval; "
            "above 1 is faster. Commits are assay's. Changes are found by E-divisive, 999 permutations, p at "
            "most 0.01; their size is that of the medians beside them.");
    if (h->unanchored) {
        snprintf(text, sizeof text,
                 "%zu cells are left out: their run did not measure the anchor beside them.", h->unanchored);
        assay_printer_wrap(&p, 0, COLUMNS, ASSAY_PLAIN, text);
    }
    return fflush(out) == 0 && !ferror(out);
}

static json_t *estimate_json(const struct assay_estimate *e)
{
    return json_pack("{s:f,s:f,s:f}", "value", e->value, "low", e->low, "high", e->high);
}

static json_t *series_json(const struct assay_history_series *s)
{
    json_t *points = json_array(), *changes = json_array();
    for (size_t i = 0; i < s->count; i++) {
        const struct assay_history_point *p = &s->points[i];
        json_array_append_new(points, json_pack("{s:s,s:s,s:s,s:b,s:s,s:s,s:b,s:o}", "run", p->run, "time",
                                                p->time, "commit", p->commit, "dirty", p->dirty, "version",
                                                p->version, "build_id", p->build_id, "noisy", p->noisy,
                                                "ratio", estimate_json(&p->ratio)));
    }
    for (size_t k = 0; k < s->step_count; k++) {
        const struct assay_history_step *step = &s->steps[k];
        json_array_append_new(changes, json_pack("{s:i,s:s,s:f,s:o}", "at", (int)step->change.at, "commit",
                                                 s->points[step->change.at].commit, "p", step->change.p,
                                                 "size", estimate_json(&step->size)));
    }
    return json_pack("{s:s,s:s,s:s,s:s,s:o,s:o}", "case", s->key, "instance", s->instance, "anchor",
                     s->anchor, "cpu", s->cpu, "points", points, "changes", changes);
}

bool assay_history_print_json(FILE *out, const struct assay_history *h)
{
    json_t *list = json_array();
    for (size_t i = 0; i < h->count; i++)
        if (h->series[i].count)
            json_array_append_new(list, series_json(&h->series[i]));
    bool ok = list && json_dumpf(list, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
              putc('\n', out) != EOF && fflush(out) == 0;
    json_decref(list);
    return ok;
}

bool assay_history_print_csv(FILE *out, const struct assay_history *h)
{
    static const char *const columns[] = {"case",       "instance",    "anchor",    "cpu",        "run",
                                          "time",       "commit",      "dirty",     "version",    "build_id",
                                          "noisy",      "ratio",       "ratio_low", "ratio_high", "change",
                                          "change_low", "change_high", "change_p"};
    struct assay_csv csv = {.out = out};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        assay_csv_text(&csv, columns[i]);
    assay_csv_end(&csv);
    for (size_t i = 0; i < h->count; i++)
        for (size_t k = 0; k < h->series[i].count; k++) {
            const struct assay_history_series *s = &h->series[i];
            const struct assay_history_point *p = &s->points[k];
            const struct assay_history_step none = {.change = {0, 0}}, *step = step_at(s, k);
            const char *const texts[] = {s->key,
                                         s->instance,
                                         s->anchor,
                                         s->cpu,
                                         p->run,
                                         p->time,
                                         p->commit,
                                         p->dirty ? "true" : "false",
                                         p->version,
                                         p->build_id,
                                         p->noisy ? "true" : "false"};
            for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
                assay_csv_text(&csv, texts[t]);
            assay_csv_estimate(&csv, true, &p->ratio);
            assay_csv_estimate(&csv, step != NULL, step ? &step->size : &none.size);
            assay_csv_figure(&csv, step != NULL, step ? step->change.p : 0);
            assay_csv_end(&csv);
        }
    return fflush(out) == 0 && !ferror(out);
}

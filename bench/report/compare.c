/* SPDX-License-Identifier: Apache-2.0
 *
 * A comparison for people and for programs.
 */
#include "bench/report/compare.h"
#include "bench/report/csv.h"
#include "bench/report/format.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define COLUMNS 104

static void print_side(struct assay_printer *p, const struct assay_comparison *c, int side)
{
    const struct assay_run *run = c->run[side];
    char text[700];
    snprintf(text, sizeof text, "%s  %.300s: run %.40s of %.30s, assay %.30s %.12s%s", side ? "B" : "A",
             run->file, run->id, run->time, run->assay_version, run->commit, run->dirty ? " (modified)" : "");
    assay_printer_left(p, 0, ASSAY_PLAIN, text);
    assay_printer_end(p);
    for (size_t i = 0; i < run->instance_count; i++) {
        const struct assay_run_instance *in = &run->instances[i];
        bool used = false;
        for (size_t n = 0; n < c->count && !used; n++)
            used = strcmp(c->rows[n].instance[side], in->name) == 0;
        if (!used)
            continue;
        bool repeats = *in->version && strncmp(in->version, in->library, strlen(in->library)) == 0;
        snprintf(text, sizeof text, "     %.60s: %.100s%s%.200s%s%.60s%s%.40s%s%s%.12s%s", in->name,
                 repeats ? "" : in->library, repeats ? "" : " ", in->version, *in->variant ? ", " : "",
                 in->variant, *in->provider ? ", provider " : "", in->provider,
                 in->fips_active ? ", FIPS provider active" : "", *in->build_id ? " (" : "", in->build_id,
                 *in->build_id ? ")" : "");
        assay_printer_left(p, 0, ASSAY_PLAIN, text);
        assay_printer_end(p);
    }
}

/* "openssl" or "openssl : native" */
static void names(const struct assay_comparison_row *row, char *out, size_t room)
{
    bool same = strcmp(row->instance[0], row->instance[1]) == 0;
    snprintf(out, room, "%.40s%s%.40s", row->instance[0], same ? "" : " : ", same ? "" : row->instance[1]);
}

static void print_row(struct assay_printer *p, const struct assay_comparison_row *row, size_t width,
                      size_t wide)
{
    char text[200];
    const struct assay_estimate *e = &row->ratio;
    enum assay_style style = e->one_round  ? ASSAY_DIM
                             : e->low > 1  ? ASSAY_GOOD
                             : e->high < 1 ? ASSAY_BAD
                                           : ASSAY_PLAIN;
    assay_printer_left(p, 2, ASSAY_PLAIN, "");
    assay_printer_left(p, width + 2, ASSAY_PLAIN, row->run_case->key);
    names(row, text, sizeof text);
    assay_printer_left(p, wide, ASSAY_PLAIN, text);
    for (int side = 0; side < 2; side++) {
        assay_format_time(row->ns[side].value, text);
        assay_printer_right(p, 10, ASSAY_PLAIN, text);
    }
    snprintf(text, sizeof text, "%.*f×", e->value < 99.5 ? 3 : 0, e->value);
    assay_printer_right(p, 10, style, text);
    snprintf(text, sizeof text, "  %.3f – %.3f  ", e->low, e->high);
    assay_printer_left(p, 17, ASSAY_PLAIN, text);
    assay_printer_left(p, 0, style, assay_compare_verdict(e));
    assay_printer_end(p);
}

static void print_rows(struct assay_printer *p, const struct assay_comparison *c)
{
    char text[700];
    bool few = false;
    size_t width = 4, wide = 8;
    for (size_t n = 0; n < c->count; n++) {
        names(&c->rows[n], text, sizeof text);
        width = fmax(width, assay_format_width(c->rows[n].run_case->key));
        wide = fmax(wide, assay_format_width(text));
        few = few || (!c->rows[n].absent && c->rows[n].ratio.level < ASSAY_STATS_FEW);
    }
    assay_printer_end(p);
    assay_printer_left(p, width + 4, ASSAY_BOLD, "case");
    assay_printer_left(p, wide, ASSAY_DIM, "instance");
    assay_printer_right(p, 10, ASSAY_DIM, "A");
    assay_printer_right(p, 10, ASSAY_DIM, "B");
    assay_printer_right(p, 10, ASSAY_DIM, "A / B");
    assay_printer_left(p, 0, ASSAY_DIM, few ? "  interval       B is" : "  95 % interval  B is");
    assay_printer_end(p);
    for (size_t n = 0; n < c->count; n++)
        if (!c->rows[n].absent)
            print_row(p, &c->rows[n], width, wide);
    for (size_t n = 0; n < c->count; n++) {
        const struct assay_comparison_row *row = &c->rows[n];
        if (!row->absent)
            continue;
        names(row, text, sizeof text);
        assay_printer_left(p, 2, ASSAY_PLAIN, "");
        assay_printer_left(p, width + 2, ASSAY_PLAIN, row->run_case->key);
        assay_printer_left(p, wide + 2, ASSAY_PLAIN, text);
        snprintf(text, sizeof text, "not compared%s%s: %.400s", row->absent_side ? "; on " : "",
                 row->absent_side ? row->absent_side : "", row->absent);
        assay_printer_left(p, 0, ASSAY_DIM, text);
        assay_printer_end(p);
    }
}

static void print_words(struct assay_printer *p, const struct assay_compare_report *r)
{
    const struct assay_comparison *c = r->comparison;
    char text[700];
    double level = ASSAY_STATS_LEVEL;
    unsigned rounds = ~0u;
    for (size_t n = 0; n < c->count; n++)
        if (!c->rows[n].absent && c->rows[n].ratio.rounds < rounds) {
            rounds = c->rows[n].ratio.rounds;
            level = c->rows[n].ratio.level;
        }
    assay_printer_end(p);
    if (c->paired)
        assay_printer_wrap(
            p, 2, COLUMNS, ASSAY_PLAIN,
            "Paired: both were measured in the same blocks of one run; a slow moment hit both.");
    else
        assay_printer_wrap(
            p, 2, COLUMNS, ASSAY_ALARM,
            "UNPAIRED: two runs, measured apart. The interval holds the spread of the rounds of both, and "
            "so is wider; what changed between the two times (a slow phase of the machine, easily "
            "30 % on shared ones) is in none. To be sure, measure both as two instances of one run, or "
            "use assay gate.");
    if (c->compared && rounds < 10 && rounds > 1) {
        snprintf(text, sizeof text,
                 "With %u rounds an interval holds the true value about %.0f times in 100, not 95.", rounds,
                 level * 100);
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_PLAIN, text);
    }
    if (c->compared > 10)
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_PLAIN,
                           "Of so many cases some differ by chance alone, about one in twenty.");
    for (int side = 0; side < 2; side++)
        if (c->only[side]) {
            snprintf(text, sizeof text, "%zu measured cells are in %s only.", c->only[side],
                     side ? "B" : "A");
            assay_printer_wrap(p, 2, COLUMNS, ASSAY_PLAIN, text);
        }
    for (size_t i = 0; i < r->difference_count; i++) {
        snprintf(text, sizeof text, "The runs differ in %s: %s, %s.", r->differences[i].field,
                 r->differences[i].a, r->differences[i].b);
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_ALARM, text);
    }
    for (int side = 0; side < 2; side++)
        if (c->run[side]->ended && c->run[side]->noisy && (side == 0 || !c->paired)) {
            snprintf(text, sizeof text, "The machine was noisy during %s; assay show says why.",
                     c->paired ? "the run"
                     : side    ? "B"
                               : "A");
            assay_printer_wrap(p, 2, COLUMNS, ASSAY_ALARM, text);
        }
}

bool assay_compare_print_text(FILE *out, const struct assay_compare_report *r)
{
    struct assay_printer p = {.out = out, .colour = r->colour};
    print_side(&p, r->comparison, 0);
    print_side(&p, r->comparison, 1);
    print_rows(&p, r->comparison);
    print_words(&p, r);
    return fflush(out) == 0 && !ferror(out);
}

static json_t *estimate_json(const struct assay_estimate *e)
{
    return json_pack("{s:f,s:f,s:f,s:i,s:f}", "value", e->value, "low", e->low, "high", e->high, "rounds",
                     (int)e->rounds, "level", e->level);
}

static json_t *row_json(const struct assay_comparison_row *row)
{
    json_t *o =
        json_pack("{s:s,s:s,s:s}", "case", row->run_case->key, "a", row->instance[0], "b", row->instance[1]);
    if (row->absent) {
        json_object_set_new(o, "verdict", json_string("not compared"));
        json_object_set_new(o, "reason", json_string(row->absent));
        return o;
    }
    json_object_set_new(o, "verdict", json_string(assay_compare_verdict(&row->ratio)));
    json_object_set_new(o, "ratio", estimate_json(&row->ratio));
    json_object_set_new(o, "a_ns", estimate_json(&row->ns[0]));
    json_object_set_new(o, "b_ns", estimate_json(&row->ns[1]));
    return o;
}

bool assay_compare_print_json(FILE *out, const struct assay_compare_report *r)
{
    const struct assay_comparison *c = r->comparison;
    json_t *rows = json_array(), *differences = json_array();
    for (size_t n = 0; n < c->count; n++)
        json_array_append_new(rows, row_json(&c->rows[n]));
    for (size_t i = 0; i < r->difference_count; i++)
        json_array_append_new(differences, json_pack("{s:s,s:s,s:s}", "field", r->differences[i].field, "a",
                                                     r->differences[i].a, "b", r->differences[i].b));
    json_t *root = json_pack("{s:b,s:s,s:s,s:o,s:o}", "paired", c->paired, "a", c->run[0]->id, "b",
                             c->run[1]->id, "differences", differences, "cases", rows);
    bool ok = root && json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
              putc('\n', out) != EOF && fflush(out) == 0;
    json_decref(root);
    return ok;
}

bool assay_compare_print_csv(FILE *out, const struct assay_compare_report *r)
{
    static const char *const columns[] = {
        "case",     "a",         "b",         "run_a",      "run_b",    "paired",         "verdict",
        "reason",   "ratio",     "ratio_low", "ratio_high", "rounds",   "interval_level", "a_ns",
        "a_ns_low", "a_ns_high", "b_ns",      "b_ns_low",   "b_ns_high"};
    const struct assay_comparison *c = r->comparison;
    struct assay_csv csv = {.out = out};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        assay_csv_text(&csv, columns[i]);
    assay_csv_end(&csv);
    for (size_t n = 0; n < c->count; n++) {
        const struct assay_comparison_row *row = &c->rows[n];
        bool known = !row->absent;
        assay_csv_text(&csv, row->run_case->key);
        assay_csv_text(&csv, row->instance[0]);
        assay_csv_text(&csv, row->instance[1]);
        assay_csv_text(&csv, c->run[0]->id);
        assay_csv_text(&csv, c->run[1]->id);
        assay_csv_text(&csv, c->paired ? "true" : "false");
        assay_csv_text(&csv, known ? assay_compare_verdict(&row->ratio) : "not compared");
        assay_csv_text(&csv, known ? "" : row->absent);
        assay_csv_estimate(&csv, known, &row->ratio);
        assay_csv_figure(&csv, known, row->ratio.rounds);
        assay_csv_figure(&csv, known, row->ratio.level);
        assay_csv_estimate(&csv, known, &row->ns[0]);
        assay_csv_estimate(&csv, known, &row->ns[1]);
        assay_csv_end(&csv);
    }
    return fflush(out) == 0 && !ferror(out);
}

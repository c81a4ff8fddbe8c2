/* SPDX-License-Identifier: Apache-2.0
 *
 * What all charts share: files, frame, colours, axes.
 */
#include "bench/report/chart.h"
#include "bench/report/format.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* M. Okabe and K. Ito, "Color Universal Design" (2008); yellow, hardly seen on white, comes last. */
static const char *const colours[] = {"#0072B2", "#E69F00", "#009E73", "#CC79A7",
                                      "#56B4E9", "#D55E00", "#000000", "#F0E442"};
static const unsigned shapes[] = {7, 5, 9, 13, 11, 15, 3, 2}; /* disc, square, triangle, diamond, … */
#define COLOURS (sizeof colours / sizeof *colours)

const char *assay_chart_colour(size_t instance)
{
    return colours[instance % COLOURS];
}

unsigned assay_chart_shape(size_t instance)
{
    return shapes[instance % COLOURS];
}

unsigned assay_chart_dash(size_t instance)
{
    return 1 + (unsigned)(instance / COLOURS % 4);
}

static bool fail(struct assay_charts *charts, const char *name, const char *ending)
{
    snprintf(charts->why, charts->why_size, "%s/%s%s: %s", charts->dir, name, ending, strerror(errno));
    return false;
}

static FILE *open_file(const struct assay_charts *charts, const char *name, const char *ending)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s%s.partial", charts->dir, name, ending);
    if (n < 0 || (size_t)n >= sizeof path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return fopen(path, "we");
}

/* Closes, and gives the file its name; NULL passes. */
static bool close_file(const struct assay_charts *charts, FILE *file, const char *name, const char *ending)
{
    char path[4096], partial[4200];
    if (!file)
        return true;
    bool ok = !ferror(file);
    ok = fclose(file) == 0 && ok;
    snprintf(path, sizeof path, "%s/%s%s", charts->dir, name, ending);
    snprintf(partial, sizeof partial, "%s.partial", path);
    if (ok)
        return rename(partial, path) == 0;
    remove(partial);
    return false;
}

static bool name_is_taken(const struct assay_charts *charts, const char *name)
{
    for (size_t i = 0; i < charts->count; i++)
        if (strcmp(charts->names[i], name) == 0)
            return true;
    return false;
}

/* A file's name: letters, digits, '.', '_' and '-', not beginning with '.', and new */
static void choose_name(const struct assay_charts *charts, const char *wish, char out[ASSAY_CHART_NAME])
{
    char base[ASSAY_CHART_NAME - 12];
    size_t n = 0;
    for (; *wish && n + 1 < sizeof base; wish++, n++)
        base[n] = isalnum((unsigned char)*wish) || (n && strchr("._-", *wish)) ? *wish : '-';
    while (n && base[n - 1] == '-')
        n--;
    base[n] = '\0';
    snprintf(out, ASSAY_CHART_NAME, "%s", base);
    for (unsigned k = 2; name_is_taken(charts, out); k++)
        snprintf(out, ASSAY_CHART_NAME, "%s-%u", base, k);
}

static void quote(FILE *out, const char *text, const char *doubled)
{
    putc('\'', out);
    for (; *text; text++) {
        if (strchr(doubled, *text))
            putc(*text, out);
        putc(*text, out);
    }
    putc('\'', out);
}

void assay_chart_quote(FILE *out, const char *text)
{
    quote(out, text, "'");
}

void assay_chart_quote_tic(FILE *out, const char *text)
{
    quote(out, text, "'%");
}

/* Control characters are gone since the loader; gnuplot's data has no way to write a quote. */
void assay_chart_field(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++)
        putc(*text == '"' ? '\'' : *text, out);
    putc('"', out);
}

/* A line of text above the chart */
static void write_label(FILE *out, unsigned number, double offset, const char *style, const char *text)
{
    fprintf(out, "set label %u ", number);
    assay_chart_quote(out, text);
    fprintf(out, " at screen 0, screen 1 offset 1.5,%.1f left %s noenhanced\n", offset, style);
}

static void write_frame(struct assay_chart *c, const struct assay_chart_frame *frame)
{
    FILE *out = c->script;
    fprintf(out, "# Written by assay. To draw it again: gnuplot %s.gp\n", c->name);
    fprintf(out, "reset session\nset encoding utf8\nset datafile separator tab\n");
    fprintf(out, "svg = 'size %u,%u font \"DejaVu Sans,12\" background \"#ffffff\"'\n", frame->width,
            frame->height);
    fprintf(out, "png = 'size %u,%u font \"DejaVu Sans,11\" background \"#ffffff\"'\n", frame->width,
            frame->height);
    fputs("set tmargin 6\n", out);
    write_label(out, 1, -1.3, "font ',16'", frame->title);
    write_label(out, 2, -2.9, "font ',10' textcolor rgb '#555555'", c->charts->under);
    write_label(out, 3, -4.1, "font ',10' textcolor rgb '#555555'", frame->note);
    if (frame->x) {
        fputs("set xlabel ", out);
        assay_chart_quote(out, frame->x);
        fputs(" noenhanced\n", out);
    }
    if (frame->y) {
        fputs("set ylabel ", out);
        assay_chart_quote(out, frame->y);
        fputs(" noenhanced\n", out);
    }
    fputs("set border 3 lc rgb '#555555'\nset tics nomirror out scale 0.6 font ',10'\nset grid lc rgb "
          "'#dddddd' lw 0.6 "
          "lt 1\n"
          "set key outside right top vertical Left reverse samplen 2 spacing 1.2 noenhanced\n",
          out);
}

bool assay_chart_open(struct assay_chart *c, struct assay_charts *charts, const char *name,
                      const struct assay_chart_frame *frame)
{
    *c = (struct assay_chart){.charts = charts};
    choose_name(charts, name, c->name);
    if (charts->count == charts->room) {
        size_t room = charts->room ? 2 * charts->room : 64;
        void *names = realloc(charts->names, room * sizeof *charts->names);
        if (!names)
            return fail(charts, c->name, ".gp");
        charts->names = names;
        charts->room = room;
    }
    c->script = open_file(charts, c->name, ".gp");
    c->data = c->script ? open_file(charts, c->name, ".dat") : NULL;
    if (!c->data) {
        fail(charts, c->name, c->script ? ".dat" : ".gp");
        close_file(charts, c->script, c->name, ".gp");
        return false;
    }
    write_frame(c, frame);
    return true;
}

FILE *assay_chart_item(struct assay_chart *c)
{
    if (c->plotting)
        fputs(", \\\n  ", c->script);
    else
        fprintf(c->script, "set macros\nset terminal svg @svg\nset output '%s.svg'\nplot ", c->name);
    c->plotting = true;
    return c->script;
}

bool assay_chart_close(struct assay_chart *c)
{
    struct assay_charts *charts = c->charts;
    fprintf(c->script, "\nset terminal pngcairo @png\nset output '%s.png'\nreplot\nunset output\n", c->name);
    bool data = close_file(charts, c->data, c->name, ".dat");
    bool script = close_file(charts, c->script, c->name, ".gp");
    if (!data || !script)
        return fail(charts, c->name, data ? ".gp" : ".dat");
    snprintf(charts->names[charts->count++], ASSAY_CHART_NAME, "%s", c->name);
    return true;
}

void assay_chart_log_axis(struct assay_chart *c, char axis, double low, double high)
{
    static const double steps[] = {1, 2, 5};
    char text[ASSAY_FORMAT_SIZE];
    const char *comma = "";
    bool all = high / low < 2000; /* beyond three decades 1, 2 and 5 crowd */
    fprintf(c->script, "set logscale %c 10\nset %crange [%.9g:%.9g]\nset %ctics (", axis, axis, low * 0.999,
            high * 1.001, axis);
    for (int e = (int)floor(log10(low)); e <= (int)ceil(log10(high)); e++)
        for (size_t i = 0; i < (all ? 3 : 1); i++) {
            double at = steps[i] * pow(10, e);
            if (at < low * 0.999 || at > high * 1.001)
                continue;
            if (at < 1)
                snprintf(text, sizeof text, "%g", at);
            else
                assay_format_scaled(at, "", text);
            /* "5.00 k" -> "5 k", "10.0 " -> "10" */
            char *point = strchr(text, '.'), *blank = strchr(text, ' ');
            if (point && blank && at >= 1)
                memmove(point, blank, strlen(blank) + 1);
            if (blank && text[strlen(text) - 1] == ' ')
                text[strlen(text) - 1] = '\0';
            fprintf(c->script, "%s'%s' %.9g", comma, text, at);
            comma = ", ";
        }
    fputs(")\n", c->script);
}

const char *assay_chart_interval_words(const struct assay_summary *s)
{
    bool few = false;
    for (size_t n = 0; n < s->row_count; n++) {
        if (s->rows[n].measured && s->rows[n].ns.one_round)
            return "one round only: the intervals are no evidence between processes";
        few = few || (s->rows[n].measured && s->rows[n].ns.level < ASSAY_STATS_FEW);
    }
    /* A picture is shown without the table, which says it too. */
    return few ? "intervals of few rounds, which hold the true value less than 95 times in 100"
               : "95 % intervals";
}

bool assay_chart_draws(const struct assay_row *row)
{
    return row->measured && !row->probe;
}

static bool is_drawn(const struct assay_summary *s, size_t c)
{
    for (size_t i = 0; i < s->run->instance_count; i++)
        if (assay_chart_draws(assay_summary_row(s, c, i)))
            return true;
    return false;
}

static bool has_bytes(const struct assay_summary *s, size_t c)
{
    for (size_t i = 0; i < s->run->instance_count; i++)
        if (assay_chart_draws(assay_summary_row(s, c, i)) && assay_summary_row(s, c, i)->bytes_per_second > 0)
            return true;
    return false;
}

bool assay_chart_is_sized(const struct assay_summary *s, size_t c)
{
    const struct assay_run_case *mine = &s->run->cases[c];
    if (!mine->has_size || !has_bytes(s, c))
        return false;
    for (size_t k = 0; k < s->run->case_count; k++) {
        const struct assay_run_case *other = &s->run->cases[k];
        if (k != c && other->has_size && other->size != mine->size && other->threads == mine->threads &&
            strcmp(other->kernel, mine->kernel) == 0 && strcmp(other->series, mine->series) == 0 &&
            is_drawn(s, k))
            return true;
    }
    return false;
}

void assay_chart_label(const struct assay_summary *s, size_t c, bool kernel, char *out, size_t room)
{
    const struct assay_run_case *at = &s->run->cases[c];
    char size[ASSAY_FORMAT_SIZE] = "", threads[40] = "";
    if (at->has_size && has_bytes(s, c))
        assay_format_size(at->size, size);
    else if (at->has_size)
        snprintf(size, sizeof size, "%llu", (unsigned long long)at->size);
    if (at->threads != 1)
        snprintf(threads, sizeof threads, ", %u threads", at->threads);
    snprintf(out, room, "%s%s%s%s%s%s", kernel ? at->kernel : "", kernel && *at->series ? " " : "",
             at->series, *size && (kernel || *at->series) ? " " : "", size, threads);
}

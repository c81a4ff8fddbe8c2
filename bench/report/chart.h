/* SPDX-License-Identifier: Apache-2.0
 *
 * One chart: a gnuplot script and its data, written side by side. What comes out of a run file goes into
 * scripts in single quotes only, in which gnuplot neither expands nor executes anything.
 */
#ifndef ASSAY_REPORT_CHART_H
#define ASSAY_REPORT_CHART_H

#include "bench/report/plot.h"

#include <stdio.h>

#define ASSAY_CHART_NAME 120

struct assay_charts {                    /* all of one run */
    const struct assay_summary *summary; /* NULL for a history, which has none */
    const char *dir;
    const char *under;               /* the line under each title: which machine, when */
    char (*names)[ASSAY_CHART_NAME]; /* of scripts written, without ending */
    size_t count, room;
    char *why;
    size_t why_size;
};

struct assay_chart {
    struct assay_charts *charts;
    FILE *script, *data;
    char name[ASSAY_CHART_NAME]; /* the files' name, without ending */
    bool plotting;               /* an item was begun */
};

struct assay_chart_frame {
    const char *title, *note; /* note: how to read it, under the title */
    const char *x, *y;        /* what the axes show, with units; NULL: nothing */
    unsigned width, height;
};

/* name is made fit for a file and unique. false: why is set, nothing is open. */
bool assay_chart_open(struct assay_chart *c, struct assay_charts *charts, const char *name,
                      const struct assay_chart_frame *frame);
/* Begins one more argument of the plot command, to be written to what comes back; settings go before the
 * first. */
FILE *assay_chart_item(struct assay_chart *c);
/* Ends the plot command, has it drawn as SVG and as PNG. At least one item was written. */
bool assay_chart_close(struct assay_chart *c);
/* "'text'" with quotes doubled */
void assay_chart_quote(FILE *out, const char *text);
/* The same for the name of a tic, which gnuplot takes for a format */
void assay_chart_quote_tic(FILE *out, const char *text);
/* A text as a field of the data */
void assay_chart_field(FILE *out, const char *text);
/* A logarithmic axis, 'x' or 'y', with tics at 1, 2 and 5 */
void assay_chart_log_axis(struct assay_chart *c, char axis, double low, double high);
/* Colour (Okabe and Ito's, told apart with any kind of colour blindness), shape and dash of an instance */
const char *assay_chart_colour(size_t instance);
unsigned assay_chart_shape(size_t instance);
unsigned assay_chart_dash(size_t instance);

/* Has gnuplot draw all that were written: into report how many pictures, as SVG and PNG. */
enum assay_plot_result assay_charts_draw(const struct assay_charts *charts, struct assay_plot_report *report);

/* The kinds: chart_lines.c, chart_scaling.c, chart_bars.c. Each writes as many charts as the run has data
 * for. */
bool assay_charts_sizes(struct assay_charts *charts);
bool assay_charts_threads(struct assay_charts *charts);
bool assay_charts_efficiency(struct assay_charts *charts);
bool assay_charts_operations(struct assay_charts *charts);
bool assay_charts_spread(struct assay_charts *charts);

/* What the notes say of the intervals */
const char *assay_chart_interval_words(const struct assay_summary *s);
/* Is the row drawn at all? */
bool assay_chart_draws(const struct assay_row *row);
/* Is the case a point of a line of throughput against size? Else its operations are shown as bars. */
bool assay_chart_is_sized(const struct assay_summary *s, size_t case_index);
/* Is its scaling over threads drawn? Then it is the case with the fewest. */
bool assay_chart_scales(const struct assay_summary *s, size_t case_index);
/* "aead.seal aes-256-gcm 16 KiB, 2 threads" */
void assay_chart_label(const struct assay_summary *s, size_t case_index, bool kernel, char *out, size_t room);

#endif

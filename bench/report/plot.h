/* SPDX-License-Identifier: Apache-2.0
 *
 * `assay plot FILE -o DIR`: gnuplot scripts and their data, and SVG and PNG by running gnuplot on them.
 */
#ifndef ASSAY_REPORT_PLOT_H
#define ASSAY_REPORT_PLOT_H

#include "bench/stats/summary.h"

enum assay_plot_result {
    ASSAY_PLOT_OK = 0,
    ASSAY_PLOT_NO_GNUPLOT, /* scripts and data are there; why says how to get the pictures */
    ASSAY_PLOT_NOTHING,    /* the run has no measured cell */
    ASSAY_PLOT_FAILED,
};

struct assay_plot_report {
    void (*named)(void *data,
                  const char *name); /* told of each chart's files, without ending; NULL: not told */
    void *data;
    unsigned scripts, pictures; /* how many were written */
};

/* The caller sets named and data of report. Makes dir when it is not there (its parent must be). */
enum assay_plot_result assay_plot_write(const struct assay_summary *summary, const char *dir,
                                        struct assay_plot_report *report, char *why, size_t why_size);

#endif

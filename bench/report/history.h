/* SPDX-License-Identifier: Apache-2.0
 *
 * A history as text, JSON, CSV, and charts.
 */
#ifndef ASSAY_REPORT_HISTORY_H
#define ASSAY_REPORT_HISTORY_H

#include "bench/report/plot.h"
#include "bench/stats/history.h"

#include <stdio.h>

/* false: writing failed, or there was no memory. */
bool assay_history_print_text(FILE *out, const struct assay_history *history, bool colour);
bool assay_history_print_json(FILE *out, const struct assay_history *history);
/* One line a point; a change is told on the line of the first point after it. */
bool assay_history_print_csv(FILE *out, const struct assay_history *history);

/* A chart for each series, into dir, which is made when it is not there. */
enum assay_plot_result assay_history_plot(const struct assay_history *history, const char *dir,
                                          struct assay_plot_report *report, char *why, size_t why_size);

#endif

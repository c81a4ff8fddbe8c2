/* SPDX-License-Identifier: Apache-2.0
 *
 * A run as a Markdown report.
 */
#ifndef ASSAY_REPORT_REPORT_H
#define ASSAY_REPORT_REPORT_H

#include "bench/stats/summary.h"

/* Writes report.md and the charts into dir, which is made when it is not there (its parent must be). true
 * with why not empty: the report is there, the pictures are not (gnuplot is missing, say). false: why says
 * what went wrong. */
bool assay_report_write(const struct assay_summary *summary, const char *dir, char *why, size_t why_size);

#endif

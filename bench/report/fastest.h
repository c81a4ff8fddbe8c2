/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is ahead, case by case, at the end of a table of three instances or more.
 */
#ifndef ASSAY_REPORT_FASTEST_H
#define ASSAY_REPORT_FASTEST_H

#include "bench/report/format.h"
#include "bench/stats/summary.h"

#define ASSAY_FASTEST_MAX     64 /* instances; beyond them nothing is told */
#define ASSAY_FASTEST_COLUMNS 104

void assay_fastest_print(struct assay_printer *printer, const struct assay_summary *summary);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of the table: what was not measured and why, how to read an interval, how far to trust the run.
 */
#ifndef ASSAY_REPORT_ABSENT_H
#define ASSAY_REPORT_ABSENT_H

#include "bench/report/format.h"
#include "bench/stats/summary.h"

void assay_absent_print(struct assay_printer *p, const struct assay_summary *summary);
void assay_legend_print(struct assay_printer *p, const struct assay_summary *summary);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The table that `assay run` and `assay show FILE` print.
 */
#ifndef ASSAY_REPORT_TABLE_H
#define ASSAY_REPORT_TABLE_H

#include "bench/stats/summary.h"

#include <stdio.h>

struct assay_table_options {
    bool colour; /* the caller knows whether it is a terminal */
};

/* The figures of an offered load; nothing when there was none. latency.c */
struct assay_printer;
void assay_latency_print(struct assay_printer *printer, const struct assay_summary *summary);

/* false: writing failed (errno says how) */
bool assay_table_print(FILE *out, const struct assay_summary *summary,
                       const struct assay_table_options *options);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of CSV (RFC 4180): commas between them, quotes where a text needs them.
 */
#ifndef ASSAY_REPORT_CSV_H
#define ASSAY_REPORT_CSV_H

#include "bench/stats/stats.h"

#include <stdio.h>

struct assay_csv {
    FILE *out;
    size_t at; /* fields on this line so far */
};

void assay_csv_text(struct assay_csv *csv, const char *text);
void assay_csv_count(struct assay_csv *csv, uint64_t n);
/* Empty where there is no figure. */
void assay_csv_figure(struct assay_csv *csv, bool known, double value);
/* Value, low, high */
void assay_csv_estimate(struct assay_csv *csv, bool known, const struct assay_estimate *e);
void assay_csv_end(struct assay_csv *csv);

#endif

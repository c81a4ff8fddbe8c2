/* SPDX-License-Identifier: Apache-2.0
 *
 * A run in formats that other tools read: Google Benchmark's JSON (compare.py takes it) and CSV (RFC 4180).
 */
#ifndef ASSAY_REPORT_CONVERT_H
#define ASSAY_REPORT_CONVERT_H

#include "bench/stats/summary.h"

#include <stdio.h>

/* Names are CASE@INSTANCE; one entry a round, then the aggregates. Only measured cells are written. */
bool assay_convert_gbench(FILE *out, const struct assay_summary *summary, char *why, size_t why_size);
/* One line a cell, measured or not, with a header line. */
bool assay_convert_csv(FILE *out, const struct assay_summary *summary, char *why, size_t why_size);

#endif

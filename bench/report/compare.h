/* SPDX-License-Identifier: Apache-2.0
 *
 * A comparison as a table, JSON or CSV.
 */
#ifndef ASSAY_REPORT_COMPARE_H
#define ASSAY_REPORT_COMPARE_H

#include "bench/stats/compare.h"

#include <stdio.h>

struct assay_compare_report {
    const struct assay_comparison *comparison;
    const struct assay_difference *differences; /* of the fingerprints, that the caller let pass */
    size_t difference_count;
    bool colour;
};

/* false: writing failed, or there was no memory. */
bool assay_compare_print_text(FILE *out, const struct assay_compare_report *report);
bool assay_compare_print_json(FILE *out, const struct assay_compare_report *report);
bool assay_compare_print_csv(FILE *out, const struct assay_compare_report *report);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of drills as text.
 */
#ifndef ASSAY_REPORT_DRILL_H
#define ASSAY_REPORT_DRILL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* A record as bench/store/drill_file.h checks them; types that have nothing to show print nothing. */
void assay_drill_print(FILE *out, bool colour, const json_t *record);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan and a verification as text, and as JSON.
 */
#ifndef ASSAY_CAPACITY_REPORT_H
#define ASSAY_CAPACITY_REPORT_H

#include "bench/capacity/capacity.h"
#include "bench/capacity/verify.h"

#include <jansson.h>
#include <stdio.h>

struct assay_capacity_report {
    const struct assay_mix *mix;
    const struct assay_run *run; /* the measurement, or the one that was reused */
    const struct assay_capacity *of;
    size_t count;
};

void assay_capacity_text(FILE *out, const struct assay_capacity_report *report);
json_t *assay_capacity_json(const struct assay_capacity_report *report);

struct assay_verify_report {
    const struct assay_mix *mix;
    const struct assay_spec *spec;                   /* [count] */
    struct assay_verified (*of)[ASSAY_VERIFY_LOADS]; /* [count] */
    size_t count;
    unsigned segments;
    const char *disturbed; /* what spoils p99 here, in words; "": nothing known */
};

void assay_verify_text(FILE *out, const struct assay_verify_report *report);
json_t *assay_verify_json(const struct assay_verify_report *report);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A gate's result in the forms that people and machines read.
 */
#ifndef ASSAY_REPORT_GATE_H
#define ASSAY_REPORT_GATE_H

#include "bench/gate/baseline.h"

#include <stdio.h>

struct assay_gate_report {
    const struct assay_gate_result *result;
    const char *base, *head;               /* the instances as given */
    double threshold;                      /* a share */
    const char *calibration;               /* the file that floors come from; NULL: none */
    const struct assay_baseline *baseline; /* base is a stored run; NULL: it was measured */
    const char *notes;                     /* more lines for people, each ended; "" for none */
    int code;                              /* the exit code */
};

struct assay_gate_format {
    const char *name, *summary;
    void (*print)(FILE *out, const struct assay_gate_report *report);
};
extern const struct assay_gate_format assay_gate_formats[]; /* ends with a name NULL */

/* NULL: there is none of that name */
const struct assay_gate_format *assay_gate_format_find(const char *name);
/* The verdict in a word: pass, regression, inconclusive, wrong answer, failure. */
const char *assay_gate_verdict_word(int code);

/* The tables for people (gate_text.c) and for machines (gate_data.c). */
void assay_gate_print_text(FILE *out, const struct assay_gate_report *report);
void assay_gate_print_markdown(FILE *out, const struct assay_gate_report *report);
void assay_gate_print_github(FILE *out, const struct assay_gate_report *report);
void assay_gate_print_json(FILE *out, const struct assay_gate_report *report);
void assay_gate_print_junit(FILE *out, const struct assay_gate_report *report);
void assay_gate_print_benchmark(FILE *out, const struct assay_gate_report *report);
void assay_gate_print_bencher(FILE *out, const struct assay_gate_report *report);

/* "+3.1 %" of a logarithm; "–" when there is none. */
const char *assay_gate_percent(double logarithm, char out[24]);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A drill's outcome: the verdict, its times and counts, then what happened when.
 */
#include "bench/report/drill.h"
#include "bench/report/format.h"
#include "bench/store/run_file.h"

#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH   14
#define STATUS_WIDTH 12
#define TIME_WIDTH   12

static const char *text_of(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text ? text : "";
}

/* What a file says is no sequence for a terminal. */
static void put_clean(struct assay_printer *p, size_t width, enum assay_style style, const char *text)
{
    char *copy = strdup(text);
    if (copy)
        assay_run_file_clean(copy);
    assay_printer_left(p, width, style, copy ? copy : "");
    free(copy);
}

static void put_time(struct assay_printer *p, const json_t *record, const char *name, const char *label)
{
    char time[ASSAY_FORMAT_SIZE], text[ASSAY_FORMAT_SIZE + 32];
    const json_t *ns = json_object_get(record, name);
    if (ns)
        assay_format_time((double)json_integer_value(ns), time);
    snprintf(text, sizeof text, "%s %s", label, ns ? time : "never");
    assay_printer_left(p, 22, ASSAY_PLAIN, text);
}

static void put_counts(struct assay_printer *p, const json_t *r)
{
    char text[120];
    long long wrong = json_integer_value(json_object_get(r, "wrong"));
    snprintf(text, sizeof text, "%lld served, %lld refused, ",
             (long long)json_integer_value(json_object_get(r, "served")),
             (long long)json_integer_value(json_object_get(r, "refused")));
    assay_printer_left(p, 0, ASSAY_PLAIN, text);
    snprintf(text, sizeof text, "%lld wrong", wrong);
    assay_printer_left(p, 0, wrong ? ASSAY_BAD : ASSAY_PLAIN, text);
}

static void put_steps(struct assay_printer *p, const json_t *steps)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        char time[ASSAY_FORMAT_SIZE];
        assay_format_time((double)json_integer_value(json_object_get(step, "ns")), time);
        assay_printer_right(p, TIME_WIDTH, ASSAY_DIM, time);
        assay_printer_left(p, 2, ASSAY_PLAIN, "");
        put_clean(p, 0, ASSAY_PLAIN, text_of(step, "text"));
        assay_printer_end(p);
    }
}

static void print_drill(struct assay_printer *p, const json_t *r)
{
    const char *status = text_of(r, "status");
    bool ran = strcmp(status, "passed") == 0 || strcmp(status, "failed") == 0;
    put_clean(p, NAME_WIDTH, ASSAY_BOLD, text_of(r, "drill"));
    put_clean(p, strlen(text_of(r, "instance")) + 2, ASSAY_PLAIN, text_of(r, "instance"));
    assay_printer_left(p, STATUS_WIDTH,
                       strcmp(status, "passed") == 0        ? ASSAY_GOOD
                       : strcmp(status, "unsupported") == 0 ? ASSAY_DIM
                                                            : ASSAY_ALARM,
                       status);
    if (ran) {
        put_time(p, r, "detect_ns", "detected");
        put_time(p, r, "recover_ns", "recovered");
        put_counts(p, r);
    }
    assay_printer_end(p);
    if (text_of(r, "reason")[0]) {
        assay_printer_left(p, 2, ASSAY_PLAIN, "");
        put_clean(p, 0, ran ? ASSAY_BAD : ASSAY_PLAIN, text_of(r, "reason"));
        assay_printer_end(p);
    }
    if (strcmp(status, "unsupported") != 0) {
        bool with = json_is_true(json_object_get(r, "with_safeguard"));
        assay_printer_left(p, 0, ASSAY_PLAIN, with ? "  safeguard: " : "  taken out: ");
        put_clean(p, 0, ASSAY_PLAIN, text_of(r, "safeguard"));
        assay_printer_end(p);
    }
    put_steps(p, json_object_get(r, "steps"));
}

static void print_instance(struct assay_printer *p, const json_t *r)
{
    put_clean(p, strlen(text_of(r, "instance")) + 2, ASSAY_PLAIN, text_of(r, "instance"));
    if (json_object_get(r, "error")) {
        put_clean(p, 0, ASSAY_ALARM, text_of(r, "error"));
    } else {
        put_clean(p, strlen(text_of(r, "library")) + 1, ASSAY_PLAIN, text_of(r, "library"));
        put_clean(p, 0, ASSAY_PLAIN, text_of(r, "version"));
    }
    assay_printer_end(p);
}

void assay_drill_print(FILE *out, bool colour, const json_t *record)
{
    struct assay_printer p = {.out = out, .colour = colour};
    const char *type = text_of(record, "type");
    if (strcmp(type, "drill") == 0)
        print_drill(&p, record);
    else if (strcmp(type, "instance") == 0)
        print_instance(&p, record);
}

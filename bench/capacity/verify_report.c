/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/capacity/report.h"

#include "bench/report/format.h"

#include <string.h>

static void times(const struct assay_estimate *e, char *out, size_t size)
{
    char value[ASSAY_FORMAT_SIZE], low[ASSAY_FORMAT_SIZE], high[ASSAY_FORMAT_SIZE];
    assay_format_time(e->value, value);
    assay_format_time(e->low, low);
    assay_format_time(e->high, high);
    snprintf(out, size, "%s  %s – %s", value, low, high);
}

static void print_load(FILE *out, size_t load, const struct assay_verified *v)
{
    char told[110], seen[110];
    times(&v->p99_told_ns, told, sizeof told);
    times(&v->p99_seen_ns, seen, sizeof seen);
    fprintf(out, "    %2.0f %%  p99   %-34s  %-34s  %+5.1f %%  (%+.1f – %+.1f), bar %.0f %%\n",
            assay_verify_load[load] * 100, told, seen, (v->p99_ratio.value - 1) * 100,
            (v->p99_ratio.low - 1) * 100, (v->p99_ratio.high - 1) * 100, assay_verify_p99[load] * 100);
    snprintf(told, sizeof told, "%.1f %%  %.1f – %.1f", v->use_told.value * 100, v->use_told.low * 100,
             v->use_told.high * 100);
    snprintf(seen, sizeof seen, "%.1f %%  %.1f – %.1f", v->use_seen.value * 100, v->use_seen.low * 100,
             v->use_seen.high * 100);
    fprintf(out, "          busy  %-32s  %-32s  %+5.1f points  (%+.1f – %+.1f), bar %.0f: %s\n", told, seen,
            v->use_more.value * 100, v->use_more.low * 100, v->use_more.high * 100, ASSAY_VERIFY_USE * 100,
            v->holds ? "holds" : "DOES NOT HOLD");
}

void assay_verify_text(FILE *out, const struct assay_verify_report *r)
{
    char service[110];
    fprintf(out, "%s, offered to one core of this machine: told by the model, and seen\n", r->mix->name);
    for (size_t i = 0; i < r->count; i++) {
        times(&r->of[i][0].service_ns, service, sizeof service);
        fprintf(out, "  %s, a request is %s; its operations cost %+.1f %% one after the other\n",
                r->spec[i].name, service, (r->of[i][0].together - 1) * 100);
        fprintf(out, "    load        %-32s  %-32s  seen against told\n", "told", "seen");
        for (size_t load = 0; load < ASSAY_VERIFY_LOADS; load++)
            print_load(out, load, &r->of[i][load]);
    }
    fprintf(out,
            "Medians of %u segments for each load, with their 95 %% intervals. The machine drifts, so a "
            "segment is cut into\n"
            "stretches of 0.3 s, each predicted from operations timed right before and after it. Both sides "
            "of an operation\n"
            "run here, and count.\n",
            r->segments);
    if (*r->disturbed)
        fprintf(out, "The machine was noisy: %s.\n", r->disturbed);
}

static json_t *estimate_json(const struct assay_estimate *e)
{
    return json_pack("{s:f,s:f,s:f}", "value", e->value, "low", e->low, "high", e->high);
}

json_t *assay_verify_json(const struct assay_verify_report *r)
{
    json_t *of = json_array();
    for (size_t i = 0; i < r->count; i++) {
        for (size_t load = 0; load < ASSAY_VERIFY_LOADS; load++) {
            const struct assay_verified *v = &r->of[i][load];
            json_array_append_new(
                of, json_pack("{s:s,s:f,s:f,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "instance",
                              r->spec[i].name, "together", v->together, "load", assay_verify_load[load],
                              "requests", (json_int_t)v->requests, "rate", estimate_json(&v->rate),
                              "service_ns", estimate_json(&v->service_ns), "p99_told_ns",
                              estimate_json(&v->p99_told_ns), "p99_seen_ns", estimate_json(&v->p99_seen_ns),
                              "p99_ratio", estimate_json(&v->p99_ratio), "utilisation_told",
                              estimate_json(&v->use_told), "utilisation_seen", estimate_json(&v->use_seen),
                              "utilisation_more", estimate_json(&v->use_more), "holds", v->holds));
        }
    }
    return json_pack("{s:s,s:i,s:o,s:o}", "mix", r->mix->name, "segments", (int)r->segments, "loads", of,
                     "noisy", *r->disturbed ? json_string(r->disturbed) : json_null());
}

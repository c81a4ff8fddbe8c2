/* SPDX-License-Identifier: Apache-2.0
 *
 * A gate for machines: JSON, JUnit XML, and the files of github-action-benchmark (customSmallerIsBetter) and
 * of Bencher (Bencher Metric Format). The last two get head's time over base's, which no change of machine
 * moves.
 */
#include "bench/report/gate.h"

#include <math.h>
#include <string.h>

const struct assay_gate_format assay_gate_formats[] = {
    {"text", "a table", assay_gate_print_text},
    {"markdown", "a summary for a pull request", assay_gate_print_markdown},
    {"github", "GitHub's annotations", assay_gate_print_github},
    {"json", "everything", assay_gate_print_json},
    {"junit", "JUnit XML", assay_gate_print_junit},
    {"benchmark", "github-action-benchmark, customSmallerIsBetter", assay_gate_print_benchmark},
    {"bencher", "Bencher Metric Format", assay_gate_print_bencher},
    {NULL, NULL, NULL},
};

const struct assay_gate_format *assay_gate_format_find(const char *name)
{
    for (const struct assay_gate_format *f = assay_gate_formats; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

const char *assay_gate_verdict_word(int code)
{
    static const char *const words[] = {"pass",         "failure",      "usage",
                                        "wrong answer", "inconclusive", "regression"};
    return words[code];
}

/* A share; null where there is none. */
static json_t *share(double logarithm)
{
    return isfinite(logarithm) ? json_real(expm1(logarithm)) : json_null();
}

static json_t *pass_json(const struct assay_gate_pass *p)
{
    return json_pack("{s:i,s:i,s:o,s:o,s:o}", "rounds", (int)p->rounds, "look", (int)p->look, "slower",
                     share(p->bound.median), "lower", share(p->bound.lower), "upper", share(p->bound.upper));
}

static json_t *case_json(const struct assay_gate_case *c)
{
    json_t *o = json_pack("{s:s,s:s}", "case", c->key, "verdict", assay_gate_word(c));
    if (!assay_gate_is_compared(c)) {
        json_object_set_new(o, "reason", assay_json_text(c->reason));
        return o;
    }
    const struct assay_gate_pass *p = assay_gate_deciding(c);
    json_object_set_new(o, "slower", share(p->bound.median));
    json_object_set_new(o, "detectable", share(assay_gate_detectable(&c->rule, &p->bound)));
    json_object_set_new(o, "bar", share(assay_gate_bar(&c->rule)));
    if (c->rule.drift > 0) {
        json_object_set_new(o, "drift", share(c->rule.drift));
        json_object_set_new(o, "drift_assumed", json_boolean(c->known.drift <= 0));
        json_object_set_new(o, "detectable_by_pairs",
                            c->known.detectable > 0 ? json_real(c->known.detectable) : json_null());
    }
    json_t *passes = json_array();
    for (int i = 0; i < 2 && c->pass[i].look; i++)
        json_array_append_new(passes, pass_json(&c->pass[i]));
    json_object_set_new(o, "passes", passes);
    return o;
}

static json_t *side_json(const char *name, json_t *identity)
{
    json_t *o = json_pack("{s:o}", "instance", assay_json_text(name));
    static const char *const fields[] = {"library", "version", "provider", "variant", "build_id"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (json_object_get(identity, fields[i]))
            json_object_set(o, fields[i], json_object_get(identity, fields[i]));
    return o;
}

static void print_json(FILE *out, json_t *o)
{
    json_dumpf(o, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    fputc('\n', out);
    json_decref(o);
}

void assay_gate_print_json(FILE *out, const struct assay_gate_report *r)
{
    json_t *cases = json_array();
    for (size_t i = 0; i < r->result->count; i++)
        json_array_append_new(cases, case_json(&r->result->cases[i]));
    json_t *o =
        json_pack("{s:s,s:i,s:f,s:f,s:b,s:o,s:o,s:o}", "verdict", assay_gate_verdict_word(r->code), "exit",
                  r->code, "threshold", r->threshold, "seconds", r->result->seconds, "calibrated",
                  r->calibration != NULL, "base", side_json(r->base, r->result->identity[0]), "head",
                  side_json(r->head, r->result->identity[1]), "cases", cases);
    if (r->baseline) {
        char control[2 * ASSAY_KEY_MAX];
        assay_baseline_control(r->baseline, control, sizeof control);
        json_object_set_new(o, "baseline",
                            json_pack("{s:s,s:s,s:s}", "run", r->baseline->run->id, "time",
                                      r->baseline->run->time, "control", control));
    }
    print_json(out, o);
}

static void print_xml(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&' || c == '<' || c == '>' || c == '"')
            fprintf(out, "&#%d;", c);
        else if (c >= 0x20)
            fputc(c, out);
        else
            fputc(' ', out);
    }
}

static void print_junit_case(FILE *out, const struct assay_gate_case *c, double seconds)
{
    char a[24], b[24], text[ASSAY_WHY_MAX + 64];
    const struct assay_bound *w = &assay_gate_deciding(c)->bound;
    const char *tag = NULL;
    if (assay_gate_is_absent(c) || (assay_gate_is_compared(c) && c->state == ASSAY_GATE_INCONCLUSIVE))
        tag = "skipped";
    else if (!assay_gate_is_compared(c))
        tag = "error";
    else if (c->state == ASSAY_GATE_REGRESSION)
        tag = "failure";
    fputs("  <testcase classname=\"assay.gate\" name=\"", out);
    print_xml(out, c->key);
    fprintf(out, "\" time=\"%.3f\"", seconds);
    if (!tag) {
        fputs("/>\n", out);
        return;
    }
    if (assay_gate_is_compared(c))
        snprintf(text, sizeof text, "%s: slower by %s, at least %s", assay_gate_word(c),
                 assay_gate_percent(w->median, a), assay_gate_percent(w->lower, b));
    else
        snprintf(text, sizeof text, "%s: %s", assay_gate_word(c), c->reason);
    fprintf(out, ">\n    <%s message=\"", tag);
    print_xml(out, text);
    fputs("\"/>\n  </testcase>\n", out);
}

void assay_gate_print_junit(FILE *out, const struct assay_gate_report *r)
{
    const struct assay_gate_result *g = r->result;
    size_t failures = 0, errors = 0, skipped = 0;
    for (size_t i = 0; i < g->count; i++) {
        const struct assay_gate_case *c = &g->cases[i];
        bool compared = assay_gate_is_compared(c);
        failures += compared && c->state == ASSAY_GATE_REGRESSION;
        skipped += assay_gate_is_absent(c) || (compared && c->state == ASSAY_GATE_INCONCLUSIVE);
        errors += !compared && !assay_gate_is_absent(c);
    }
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"assay gate\" tests=\"%zu\" "
            "failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
            g->count, failures, errors, skipped, g->seconds);
    for (size_t i = 0; i < g->count; i++)
        print_junit_case(out, &g->cases[i], g->seconds / (double)g->count);
    fputs("</testsuite>\n", out);
}

void assay_gate_print_benchmark(FILE *out, const struct assay_gate_report *r)
{
    json_t *all = json_array();
    for (size_t i = 0; i < r->result->count; i++) {
        const struct assay_gate_case *c = &r->result->cases[i];
        const struct assay_bound *w = &assay_gate_deciding(c)->bound;
        char range[64];
        if (!assay_gate_is_compared(c) || !isfinite(w->median))
            continue;
        snprintf(range, sizeof range, "%.4f - %.4f", exp(w->lower), exp(w->upper));
        json_array_append_new(all,
                              json_pack("{s:s,s:s,s:f,s:s,s:s}", "name", c->key, "unit", "head/base", "value",
                                        exp(w->median), "range", range, "extra", assay_gate_word(c)));
    }
    print_json(out, all);
}

void assay_gate_print_bencher(FILE *out, const struct assay_gate_report *r)
{
    json_t *all = json_object();
    for (size_t i = 0; i < r->result->count; i++) {
        const struct assay_gate_case *c = &r->result->cases[i];
        const struct assay_bound *w = &assay_gate_deciding(c)->bound;
        if (!assay_gate_is_compared(c) || !isfinite(w->median))
            continue;
        json_t *measure = json_pack("{s:f}", "value", exp(w->median));
        if (isfinite(w->lower)) {
            json_object_set_new(measure, "lower_value", json_real(exp(w->lower)));
            json_object_set_new(measure, "upper_value", json_real(exp(w->upper)));
        }
        json_object_set_new(all, c->key, json_pack("{s:o}", "head-over-base", measure));
    }
    print_json(out, all);
}

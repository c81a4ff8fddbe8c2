/* SPDX-License-Identifier: Apache-2.0
 *
 * A gate for people: the table, the Markdown summary, GitHub's annotations.
 */
#include "bench/report/format.h"
#include "bench/report/gate.h"

#include <math.h>
#include <string.h>

const char *assay_gate_percent(double logarithm, char out[24])
{
    if (!isfinite(logarithm))
        snprintf(out, 24, "–");
    else
        snprintf(out, 24, "%+.2f %%", expm1(logarithm) * 100);
    return out;
}

static void print_side(FILE *out, const char *side, const char *name, const json_t *identity,
                       const char *lost)
{
    const char *library = json_string_value(json_object_get(identity, "library"));
    const char *version = json_string_value(json_object_get(identity, "version"));
    const char *provider = json_string_value(json_object_get(identity, "provider"));
    char text[512];
    fprintf(out, "%s  %s", side, name);
    if (library) {
        assay_format_library(library, version ? version : "", text, sizeof text);
        fprintf(out, "  (%s%s%s)", text, provider && *provider ? ", provider " : "",
                provider ? provider : "");
    }
    if (*lost)
        fprintf(out, "  not loaded: %s", lost);
    fputc('\n', out);
}

/* "24 rounds", "40 + 38 rounds" */
static const char *rounds_of(const struct assay_gate_case *c, char text[40])
{
    if (c->pass[1].look)
        snprintf(text, 40, "%u + %u rounds", c->pass[0].rounds, c->pass[1].rounds);
    else
        snprintf(text, 40, "%u rounds", c->pass[0].rounds);
    return text;
}

/* What this gate could see, and beside a stored run what a gate of pairs could. */
static void print_detectable(FILE *out, const struct assay_gate_case *c, bool stored)
{
    char least[24], pairs[24];
    fprintf(out, "; could have seen %s",
            assay_gate_percent(assay_gate_detectable(&c->rule, &assay_gate_deciding(c)->bound), least));
    if (stored)
        fprintf(out, ", pairs %s",
                c->known.detectable > 0 ? assay_gate_percent(log1p(c->known.detectable), pairs) : "unknown");
}

static void print_case(FILE *out, const struct assay_gate_case *c, bool stored)
{
    char effect[24], lower[24], upper[24], rounds[40];
    const struct assay_gate_pass *p = assay_gate_deciding(c);
    if (!assay_gate_is_compared(c)) {
        fprintf(out, "%-36s %-13s %s%s\n", c->key, assay_gate_word(c),
                c->blame == 1   ? "base: "
                : c->blame == 2 ? "head: "
                                : "",
                c->reason);
        return;
    }
    fprintf(out, "%-36s %-13s %9s  %9s … %-9s %s", c->key, assay_gate_word(c),
            assay_gate_percent(p->bound.median, effect), assay_gate_percent(p->bound.lower, lower),
            assay_gate_percent(p->bound.upper, upper), rounds_of(c, rounds));
    if (stored || c->state == ASSAY_GATE_INCONCLUSIVE)
        print_detectable(out, c, stored);
    fputc('\n', out);
}

/* Why a stored run says less, and how much. */
static void print_stored(FILE *out, const struct assay_gate_report *r, const char *end)
{
    char control[2 * ASSAY_KEY_MAX];
    double least = INFINITY, most = 0;
    size_t assumed = 0;
    for (size_t i = 0; i < r->result->count; i++) {
        const struct assay_gate_case *c = &r->result->cases[i];
        least = fmin(least, expm1(c->rule.drift));
        most = fmax(most, expm1(c->rule.drift));
        assumed += c->known.drift <= 0;
    }
    assay_baseline_control(r->baseline, control, sizeof control);
    fprintf(
        out,
        "base is the stored run %s of %s, held against head through the control %s. This is weaker than a "
        "gate of pairs: what lies within the drift between runs is never called a regression, and a pass "
        "must stay under the threshold by as much. Drift here: %.3g to %.3g %%%s",
        r->baseline->run->id, r->baseline->run->time, control, least * 100, most * 100, end);
    if (assumed > 0)
        fprintf(out,
                "for %zu of %zu cases no drift is recorded, and %.3g %% is assumed: assay calibrate "
                "--baselines%s",
                assumed, r->result->count, ASSAY_GATE_DRIFT * 100, end);
    if (most >= r->threshold)
        fprintf(out, "a threshold of %.3g %% lies within the drift: not every case can pass%s",
                r->threshold * 100, end);
}

static bool is_any_open(const struct assay_gate_result *g)
{
    bool open = false;
    for (size_t i = 0; i < g->count; i++)
        open = open || (assay_gate_is_compared(&g->cases[i]) && g->cases[i].state == ASSAY_GATE_INCONCLUSIVE);
    return open;
}

void assay_gate_print_text(FILE *out, const struct assay_gate_report *r)
{
    const struct assay_gate_result *g = r->result;
    print_side(out, "base", r->base, g->identity[0], g->lost[0]);
    print_side(out, "head", r->head, g->identity[1], g->lost[1]);
    fprintf(out, "a slow-down of %.3g %% must not pass; floors of this machine: %s\n\n", r->threshold * 100,
            r->calibration ? r->calibration : "not calibrated (assay calibrate)");
    if (r->baseline) {
        print_stored(out, r, "\n");
        fputc('\n', out);
    }
    fprintf(out, "%-36s %-13s %9s  %s\n", "case", "verdict", "slower by", "one-sided bounds");
    for (size_t i = 0; i < g->count; i++)
        print_case(out, &g->cases[i], r->baseline != NULL);
    fprintf(out, "\n%s%s in %.0f s (exit code %d)\n", r->notes, assay_gate_verdict_word(r->code), g->seconds,
            r->code);
    if (is_any_open(g))
        fprintf(
            out,
            "inconclusive: the time was over before the bounds told. More of it (--budget), a quieter "
            "machine "
            "or a\nlarger --threshold decides; --inconclusive pass if an open case is no reason to fail\n");
}

void assay_gate_print_markdown(FILE *out, const struct assay_gate_report *r)
{
    const struct assay_gate_result *g = r->result;
    char a[24], b[24], c[24], rounds[40];
    fprintf(out, "### assay gate: %s\n\n`%s` (head) against `%s` (base), threshold %.3g %%, %.0f s\n\n",
            assay_gate_verdict_word(r->code), r->head, r->base, r->threshold * 100, g->seconds);
    if (r->baseline)
        print_stored(out, r, "\n\n");
    fputs("| case | verdict | slower by | one-sided bounds | evidence |\n| --- | --- | ---: | --- | --- |\n",
          out);
    for (size_t i = 0; i < g->count; i++) {
        const struct assay_gate_case *k = &g->cases[i];
        const struct assay_bound *w = &assay_gate_deciding(k)->bound;
        if (assay_gate_is_compared(k))
            fprintf(out, "| `%s` | %s | %s | %s … %s | %s |\n", k->key, assay_gate_word(k),
                    assay_gate_percent(w->median, a), assay_gate_percent(w->lower, b),
                    assay_gate_percent(w->upper, c), rounds_of(k, rounds));
        else
            fprintf(out, "| `%s` | %s | – | – | %s |\n", k->key, assay_gate_word(k), k->reason);
    }
}

/* https://docs.github.com/actions: workflow commands; a line break would end one. */
static void print_escaped(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '%')
            fputs("%25", out);
        else if (*text == '\n')
            fputs("%0A", out);
        else if (*text != '\r')
            fputc(*text, out);
}

void assay_gate_print_github(FILE *out, const struct assay_gate_report *r)
{
    char line[1024], a[24], b[24];
    for (size_t i = 0; i < r->result->count; i++) {
        const struct assay_gate_case *c = &r->result->cases[i];
        const struct assay_bound *w = &assay_gate_deciding(c)->bound;
        bool compared = assay_gate_is_compared(c), open = compared && c->state == ASSAY_GATE_INCONCLUSIVE;
        if ((compared && c->state == ASSAY_GATE_PASS) || assay_gate_is_absent(c))
            continue;
        if (compared)
            snprintf(line, sizeof line, "%s: %s, slower by %s (at least %s)", c->key, assay_gate_word(c),
                     assay_gate_percent(w->median, a), assay_gate_percent(w->lower, b));
        else
            snprintf(line, sizeof line, "%s: %s: %s", c->key, assay_gate_word(c), c->reason);
        fprintf(out, "::%s title=assay gate::", open ? "warning" : "error");
        print_escaped(out, line);
        fputc('\n', out);
    }
    fprintf(out, "::notice title=assay gate::%s: %s against %s, %zu cases\n",
            assay_gate_verdict_word(r->code), r->head, r->base, r->result->count);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of the table that tells what each further thread brings.
 */
#include "bench/report/scaling.h"

#include <string.h>

#define COLUMNS        104
#define INSTANCE_WIDTH 24 /* a longer name is cut */

void assay_scaling_words(const struct assay_scaling *s, char *out, size_t room)
{
    const struct assay_usl *u = &s->usl;
    if (!s->has_usl)
        snprintf(out, room, "%s", s->cores < 2 ? "more threads than cores" : "no count of one thread");
    else if (u->extrapolated)
        snprintf(out, room, "σ %.3f (%.3f – %.3f), extrapolated from %zu counts", u->sigma.value,
                 u->sigma.low, u->sigma.high, s->cores);
    else
        snprintf(out, room, "σ %.3f (%.3f – %.3f), κ %.4f (%.4f – %.4f)", u->sigma.value, u->sigma.low,
                 u->sigma.high, u->kappa.value, u->kappa.low, u->kappa.high);
}

/* The end of a path tells more than its beginning. */
static void instance_words(const char *name, char *out, size_t room)
{
    size_t width = strlen(name);
    if (width > INSTANCE_WIDTH)
        snprintf(out, room, "…%s", name + width - (INSTANCE_WIDTH - 1));
    else
        snprintf(out, room, "%s", name);
}

static void print_one(struct assay_printer *p, const struct assay_scaling *s)
{
    char text[200];
    for (size_t n = 1; n < s->count; n++) {
        const struct assay_estimate *e = &s->efficiency[n];
        instance_words(s->rows[0]->instance->name, text, sizeof text);
        assay_printer_left(p, 4, ASSAY_PLAIN, "");
        assay_printer_left(p, INSTANCE_WIDTH, ASSAY_PLAIN, n == 1 ? text : "");
        snprintf(text, sizeof text, "%u", s->rows[n]->run_case->threads);
        assay_printer_right(p, 9, ASSAY_PLAIN, text);
        snprintf(text, sizeof text, "%.1f %%", e->value * 100);
        assay_printer_right(p, 9, !e->one_round && e->high < 0.9 ? ASSAY_BAD : ASSAY_PLAIN, text);
        snprintf(text, sizeof text, "  %.1f – %.1f", e->low * 100, e->high * 100);
        assay_printer_left(p, 16, ASSAY_PLAIN, text);
        assay_scaling_words(s, text, sizeof text);
        if (n == 1)
            assay_printer_left(p, 0, ASSAY_PLAIN, text);
        else if (n >= s->cores)
            assay_printer_left(p, 0, ASSAY_DIM, "more than cores");
        assay_printer_end(p);
    }
}

static void print_title(struct assay_printer *p)
{
    assay_printer_end(p);
    assay_printer_left(p, 4 + INSTANCE_WIDTH, ASSAY_BOLD, "scaling over threads");
    assay_printer_right(p, 9, ASSAY_DIM, "threads");
    assay_printer_right(p, 9, ASSAY_DIM, "effic.");
    assay_printer_left(p, 16, ASSAY_DIM, "  interval");
    assay_printer_left(p, 0, ASSAY_DIM, "Universal Scalability Law");
    assay_printer_end(p);
}

static void print_case(struct assay_printer *p, const struct assay_run_case *c)
{
    char text[200];
    snprintf(text, sizeof text, "%.80s%s%.100s", c->kernel, *c->values ? "/" : "", c->values);
    assay_printer_left(p, 2, ASSAY_PLAIN, "");
    assay_printer_left(p, 0, ASSAY_BOLD, text);
    assay_printer_end(p);
}

void assay_scaling_print(struct assay_printer *p, const struct assay_summary *s)
{
    struct assay_scaling scaling;
    bool any = false, extrapolated = false, memory;
    for (size_t c = 0; c < s->run->case_count; c++) {
        bool titled = false;
        for (size_t i = 0; i < s->run->instance_count; i++) {
            if (!assay_scaling_make(s, c, i, &scaling, &memory))
                continue;
            if (!any)
                print_title(p);
            if (!titled)
                print_case(p, &s->run->cases[c]);
            print_one(p, &scaling);
            extrapolated |= scaling.has_usl && scaling.usl.extrapolated;
            any = titled = true;
        }
    }
    if (any)
        assay_printer_wrap(
            p, 2, COLUMNS, ASSAY_PLAIN,
            "efficiency: throughput of so many threads / (that of the fewest × how many times as many), by "
            "round. σ is contention, what only one thread does at a time; κ coherence, what each does for "
            "each other.");
    if (extrapolated)
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_PLAIN,
                           "extrapolated: the law takes four core counts to fit; from fewer, κ is taken as "
                           "0, and nothing is "
                           "known beyond the counts that were measured.");
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is ahead, case by case: the first question that is put to a comparison, and one that ratios to the
 * first instance leave to the reader, for two intervals that are not apart may hold a difference, block by
 * block, and two that are far from 1 none.
 */
#include "bench/report/fastest.h"

#include <stdlib.h>

#define LEAST_INSTANCES 3  /* with two the ratio's own column says it */
#define MOST_CASES      60 /* listed one by one; of more, only their sum: assay show is long enough */

struct standing {
    int best;                    /* -1: fewer than two were measured, or in one round, which is no evidence */
    int closest;                 /* whom it is ahead of by least */
    struct assay_estimate ahead; /* the closest's time / the best's */
    bool level[ASSAY_FASTEST_MAX]; /* not told apart from the best; none: the best is ahead of all */
    bool any_level;
};

static bool runs(const struct assay_row *row)
{
    return row->measured && !row->probe && !row->copy;
}

static bool faster(const struct assay_row *one, const struct assay_row *other)
{
    return one->has_ratio && other->has_ratio ? one->ratio.value > other->ratio.value
                                              : one->ns.value < other->ns.value;
}

/* other's time / best's, from the blocks that both have. false: there is no evidence. */
static bool measure_lead(const struct assay_summary *s, const struct assay_row *best,
                         const struct assay_row *other, struct assay_estimate *out)
{
    struct assay_point *points = calloc(best->cell->sample_count, sizeof *points);
    size_t n = points ? assay_summary_log_ratios(best->cell, other->cell, points) : 0;
    bool ok = n > 0 && assay_stats_estimate_log(points, n, s->run->seed, ASSAY_STATS_RESAMPLES, out);
    free(points);
    return ok && !out->one_round;
}

static struct standing stand(const struct assay_summary *s, size_t c)
{
    struct standing st = {.best = -1, .closest = -1};
    size_t count = s->run->instance_count, measured = 0;
    for (size_t i = 0; i < count; i++) {
        const struct assay_row *row = assay_summary_row(s, c, i);
        if (!runs(row))
            continue;
        measured++;
        if (st.best < 0 || faster(row, assay_summary_row(s, c, (size_t)st.best)))
            st.best = (int)i;
    }
    if (measured < 2 || assay_summary_row(s, c, (size_t)st.best)->ns.one_round)
        return (struct standing){.best = -1};
    const struct assay_row *best = assay_summary_row(s, c, (size_t)st.best);
    for (size_t i = 0; i < count; i++) {
        struct assay_estimate lead;
        const struct assay_row *row = assay_summary_row(s, c, i);
        if (row == best || !runs(row))
            continue;
        bool known = measure_lead(s, best, row, &lead);
        st.level[i] = !known || lead.low <= 1;
        st.any_level = st.any_level || st.level[i];
        if (known && (st.closest < 0 || lead.value < st.ahead.value)) {
            st.closest = (int)i;
            st.ahead = lead;
        }
    }
    return st;
}

static void print_standing(struct assay_printer *p, const struct assay_summary *s, size_t c,
                           const struct standing *st, size_t width, size_t wide)
{
    char text[ASSAY_FORMAT_SIZE * 2];
    const struct assay_run_instance *in = s->run->instances;
    assay_printer_left(p, 2, ASSAY_PLAIN, "");
    assay_printer_left(p, width + 2, ASSAY_PLAIN, s->run->cases[c].key);
    if (st->any_level) {
        assay_printer_left(p, 0, ASSAY_DIM, "no difference seen: ");
        assay_printer_left(p, 0, ASSAY_PLAIN, in[st->best].name);
        for (size_t i = 0; i < s->run->instance_count; i++) {
            if (!st->level[i])
                continue;
            assay_printer_left(p, 0, ASSAY_PLAIN, ", ");
            assay_printer_left(p, 0, ASSAY_PLAIN, in[i].name);
        }
        assay_printer_end(p);
        return;
    }
    assay_printer_left(p, wide, ASSAY_GOOD, in[st->best].name);
    snprintf(text, sizeof text, "%.2f×", st->ahead.value);
    assay_printer_right(p, 8, ASSAY_PLAIN, text);
    snprintf(text, sizeof text, "  %.3f – %.3f  ", st->ahead.low, st->ahead.high);
    assay_printer_left(p, 19, ASSAY_PLAIN, text);
    assay_printer_left(p, 0, ASSAY_PLAIN, in[st->closest].name);
    assay_printer_end(p);
}

static void print_sum(struct assay_printer *p, const struct assay_summary *s, const struct standing *all)
{
    char text[64 + ASSAY_FASTEST_MAX * 96];
    size_t cases = 0, open = 0, used;
    for (size_t c = 0; c < s->run->case_count; c++) {
        cases += all[c].best >= 0;
        open += all[c].best >= 0 && all[c].any_level;
    }
    used = (size_t)snprintf(text, sizeof text, "Of %zu case%s:", cases, cases == 1 ? "" : "s");
    for (size_t i = 0; i < s->run->instance_count; i++) {
        size_t won = 0;
        for (size_t c = 0; c < s->run->case_count; c++)
            won += all[c].best == (int)i && !all[c].any_level;
        if (won > 0 && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, " %.64s ahead in %zu,",
                                     s->run->instances[i].name, won);
    }
    if (used < sizeof text)
        snprintf(
            text + used, sizeof text - used,
            " no difference seen in %zu. Ahead: the interval against each other one lies above 1; told is "
            "that against the closest.",
            open);
    assay_printer_wrap(p, 2, ASSAY_FASTEST_COLUMNS, ASSAY_PLAIN, text);
}

void assay_fastest_print(struct assay_printer *p, const struct assay_summary *s)
{
    struct standing *all = calloc(s->run->case_count ? s->run->case_count : 1, sizeof *all);
    size_t width = 0, wide = 0, racing = 0, shown = 0;
    for (size_t i = 0; i < s->run->instance_count; i++)
        racing += s->run->instances[i].seen && !assay_instance_is_probe(s->run->instances[i].name);
    bool ok = all && racing >= LEAST_INSTANCES && s->run->instance_count <= ASSAY_FASTEST_MAX;
    for (size_t c = 0; ok && c < s->run->case_count; c++) {
        all[c] = stand(s, c);
        if (all[c].best < 0)
            continue;
        size_t key = assay_format_width(s->run->cases[c].key),
               name = assay_format_width(s->run->instances[all[c].best].name);
        shown++;
        width = key > width ? key : width;
        wide = name > wide ? name : wide;
    }
    if (shown > 0) {
        bool listed = shown <= MOST_CASES;
        assay_printer_end(p);
        assay_printer_left(p, listed ? width + 4 + wide : 0, ASSAY_BOLD, "fastest");
        assay_printer_left(p, 0, ASSAY_DIM, listed ? "   ahead by           of the next" : "");
        assay_printer_end(p);
        for (size_t c = 0; listed && c < s->run->case_count; c++)
            if (all[c].best >= 0)
                print_standing(p, s, c, &all[c], width, wide);
        print_sum(p, s, all);
    }
    free(all);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What was not measured, one entry for each reason of each instance; then the legend.
 */
#include "bench/report/absent.h"

#include <math.h>
#include <string.h>

#define COLUMNS 104

static bool same_reason(const struct assay_row *a, const struct assay_row *b)
{
    return !b->measured && !b->offered && a->instance == b->instance && a->cell->status == b->cell->status &&
           strcmp(a->reason, b->reason) == 0;
}

static bool same_kernel(const struct assay_row *a, const struct assay_row *b)
{
    return strcmp(a->run_case->kernel, b->run_case->kernel) == 0;
}

/* Is the reason that of every case of this kernel? */
static bool whole_kernel(const struct assay_summary *s, size_t at)
{
    size_t step = s->run->instance_count; /* rows of one instance lie this far apart */
    for (size_t n = at % step; n < s->row_count; n += step)
        if (same_kernel(&s->rows[at], &s->rows[n]) && !same_reason(&s->rows[at], &s->rows[n]))
            return false;
    return true;
}

/* Cases that are told in one item */
static bool same_item(const struct assay_row *a, const struct assay_row *b, bool whole)
{
    return same_kernel(a, b) && (whole || strcmp(a->run_case->series, b->run_case->series) == 0);
}

/* Is there no earlier row of this reason? */
static bool is_first(const struct assay_summary *s, size_t at)
{
    for (size_t n = at % s->run->instance_count; n < at; n += s->run->instance_count)
        if (same_reason(&s->rows[at], &s->rows[n]))
            return false;
    return true;
}

/* Of how many cases the row opens the item; 0: an earlier one did. */
static size_t item_size(const struct assay_summary *s, size_t at, bool whole)
{
    size_t step = s->run->instance_count, count = 0;
    for (size_t n = at % step; n < s->row_count; n += step) {
        if (!same_reason(&s->rows[at], &s->rows[n]) || !same_item(&s->rows[at], &s->rows[n], whole))
            continue;
        if (n < at)
            return 0;
        count++;
    }
    return count;
}

static void append(char *out, size_t room, const char *text)
{
    size_t used = strlen(out);
    if (used + 1 < room)
        snprintf(out + used, room - used, "%s", text);
}

/* "aead.seal/aes-128-gcm (8 cases), tls.handshake (33 cases)" */
static void list_cases(const struct assay_summary *s, size_t at, char *out, size_t room)
{
    const char *comma = "";
    char item[1200];
    *out = '\0';
    for (size_t n = at; n < s->row_count; n += s->run->instance_count) {
        const struct assay_run_case *c = s->rows[n].run_case;
        if (!same_reason(&s->rows[at], &s->rows[n]))
            continue;
        bool whole = whole_kernel(s, n);
        size_t count = item_size(s, n, whole);
        if (count == 0)
            continue;
        if (count == 1)
            snprintf(item, sizeof item, "%s%s", comma, c->key);
        else
            snprintf(item, sizeof item, "%s%s%s%s (%zu cases)", comma, c->kernel,
                     !whole && *c->series ? "/" : "", whole ? "" : c->series, count);
        append(out, room, item);
        comma = ", ";
    }
}

static void print_reason(struct assay_printer *p, const struct assay_summary *s, size_t at)
{
    const struct assay_row *row = &s->rows[at];
    char text[16384], head[900];
    bool alarm = row->cell->status == ASSAY_CELL_REFUSED || row->cell->status == ASSAY_CELL_FAILED;
    const char *status = assay_cell_status_name(row->cell->status);
    if (row->cell->status == ASSAY_CELL_MISSING || row->cell->status == ASSAY_CELL_PROVED)
        status = "not reached";
    snprintf(head, sizeof head, "%s, %s: %s", row->instance->name, status, row->reason);
    assay_printer_wrap(p, 2, COLUMNS, alarm ? ASSAY_ALARM : ASSAY_PLAIN, head);
    list_cases(s, at, text, sizeof text);
    assay_printer_wrap(p, 6, COLUMNS, ASSAY_DIM, text);
}

void assay_absent_print(struct assay_printer *p, const struct assay_summary *s)
{
    bool titled = false;
    char title[200];
    for (size_t i = 0; i < s->run->instance_count; i++)
        for (size_t n = i; n < s->row_count; n += s->run->instance_count) {
            if (s->rows[n].measured || s->rows[n].offered || !is_first(s, n))
                continue;
            if (!titled) {
                snprintf(title, sizeof title,
                         "not measured: %zu cells unsupported, %zu refused, %zu failed, %zu not reached",
                         s->unsupported, s->refused, s->failed, s->missing);
                assay_printer_end(p);
                assay_printer_left(p, 0, ASSAY_BOLD, title);
                assay_printer_end(p);
            }
            titled = true;
            print_reason(p, s, n);
        }
}

struct evidence { /* over all measured rows */
    unsigned fewest, most;
    double level;
    bool tsc, hardware, sides, loop;
};

static struct evidence gather(const struct assay_summary *s)
{
    struct evidence e = {.fewest = ~0u, .level = ASSAY_STATS_LEVEL};
    for (size_t n = 0; n < s->row_count; n++) {
        const struct assay_row *row = &s->rows[n];
        if (!row->measured)
            continue;
        e.fewest = row->ns.rounds < e.fewest ? row->ns.rounds : e.fewest;
        e.most = row->ns.rounds > e.most ? row->ns.rounds : e.most;
        e.level = fmin(e.level, row->ns.level);
        e.tsc |= row->cycles_source == ASSAY_CYCLES_TSC;
        e.hardware |= row->cycles_source == ASSAY_CYCLES_HARDWARE;
        e.sides |= row->has_sides;
        e.loop |= !row->probe && strcmp(row->cell->batched, "loop") == 0;
    }
    return e;
}

static void print_interval(struct assay_printer *p, const struct assay_summary *s, const struct evidence *e)
{
    char text[1024], rounds[64];
    if (e->fewest == e->most)
        snprintf(rounds, sizeof rounds, "%u round%s", e->most, e->most == 1 ? "" : "s");
    else
        snprintf(rounds, sizeof rounds, "%u to %u rounds", e->fewest, e->most);
    snprintf(text, sizeof text,
             "Figures are medians over %s, each with fresh processes. ± is half the width of the 95 %% "
             "interval of "
             "the time, found by resampling rounds, then blocks inside them.",
             rounds);
    assay_printer_wrap(p, 2, COLUMNS, ASSAY_PLAIN, text);
    if (s->reference >= 0 && s->run->instance_count > 1) {
        snprintf(text, sizeof text,
                 "ratio: time of %s / time of this one, block by block; above 1 is faster. Next to it its "
                 "interval: "
                 "where that includes 1, this run shows no difference.",
                 s->run->instances[s->reference].name);
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_PLAIN, text);
    }
    if (e->fewest == 1) {
        snprintf(
            text, sizeof text,
            "One round: no evidence between processes. Intervals show only how one process repeats itself; "
            "another launch may differ by several per cent.");
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_ALARM, text);
    } else if (e->level < ASSAY_STATS_FEW) {
        snprintf(text, sizeof text,
                 "With %u rounds an interval holds the true value about %.0f times in 100, not 95: take more "
                 "rounds "
                 "before you rely on a small difference.",
                 e->fewest, e->level * 100);
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_PLAIN, text);
    }
}

static void print_trust(struct assay_printer *p, const struct assay_run *run)
{
    char text[1024];
    if (!run->ended)
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_ALARM,
                           "The run has no end record: it was killed or goes on. --resume completes it.");
    else if (run->interrupted || !run->complete)
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_ALARM, "The run was interrupted. --resume completes it.");
    if (!run->ended || !run->noisy)
        return;
    assay_printer_wrap(p, 2, COLUMNS, ASSAY_ALARM, "The machine was noisy:");
    for (size_t i = 0; i < run->noise_why_count; i++) {
        snprintf(text, sizeof text, "- %s", run->noise_why[i]);
        assay_printer_wrap(p, 4, COLUMNS, ASSAY_PLAIN, text);
    }
}

void assay_legend_print(struct assay_printer *p, const struct assay_summary *s)
{
    char text[512];
    struct evidence e = gather(s);
    assay_printer_end(p);
    if (s->measured == 0) {
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_ALARM, "Nothing was measured.");
        print_trust(p, s->run);
        return;
    }
    assay_printer_left(p, 0, ASSAY_BOLD, "how to read it");
    assay_printer_end(p);
    if (e.most > 0) /* else there are latencies alone, and they say it themselves */
        print_interval(p, s, &e);
    if (e.tsc) {
        snprintf(
            text, sizeof text,
            "tsc: no hardware counters here; cycles are ticks of the time-stamp counter (%.3f GHz), which is "
            "not the core's clock.",
            s->run->tsc_hz / 1e9);
        assay_printer_wrap(p, 2, COLUMNS, ASSAY_PLAIN, text);
    }
    if (e.sides)
        assay_printer_wrap(
            p, 2, COLUMNS, ASSAY_PLAIN,
            "·: what each side costs by itself; its rate is that of a core doing only this side.");
    if (e.loop)
        assay_printer_wrap(
            p, 2, COLUMNS, ASSAY_PLAIN,
            "(loop): the backend takes no batch in one call; its messages went in one by one.");
    print_trust(p, s->run);
}

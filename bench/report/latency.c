/* SPDX-License-Identifier: Apache-2.0
 *
 * Latencies under an offered load: quantiles with their intervals over rounds.
 */
#include "bench/report/format.h"
#include "bench/report/table.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    double q;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};
#define QUANTILES   (sizeof quantiles / sizeof *quantiles)
#define WIDTH       18
#define SPREAD_SIZE (3 * ASSAY_FORMAT_SIZE)

typedef double (*latency_value)(const struct assay_latencies *l, double q);

static double value_quantile(const struct assay_latencies *l, double q)
{
    return assay_bins_quantile(&l->latency, q);
}

static double value_busy(const struct assay_latencies *l, double q)
{
    (void)q;
    return (double)l->busy_ns / (double)l->ns;
}

/* The median over rounds of the median over blocks. */
static bool estimate(const struct assay_cell *cell, uint64_t seed, latency_value value, double q,
                     struct assay_estimate *out)
{
    struct assay_point *points = calloc(cell->latency_count, sizeof *points);
    if (!points)
        return false;
    for (size_t i = 0; i < cell->latency_count; i++)
        points[i] = (struct assay_point){cell->latencies[i].round, value(&cell->latencies[i], q)};
    bool ok = assay_stats_estimate(points, cell->latency_count, seed, ASSAY_STATS_RESAMPLES, out);
    free(points);
    return ok;
}

/* "104 – 109 µs": the unit that the value has */
static void spread(const struct assay_estimate *e, char out[SPREAD_SIZE])
{
    char low[ASSAY_FORMAT_SIZE], high[ASSAY_FORMAT_SIZE];
    assay_format_time(e->low, low);
    assay_format_time(e->high, high);
    const char *unit_low = strchr(low, ' '), *unit_high = strchr(high, ' ');
    if (unit_low && unit_high && strcmp(unit_low, unit_high) == 0)
        low[unit_low - low] = '\0';
    snprintf(out, SPREAD_SIZE, "%s–%s", low, high);
}

static unsigned most_rounds(const struct assay_summary *s)
{
    uint32_t most = 0;
    for (size_t i = 0; i < s->run->latency_count; i++)
        most = s->run->latencies[i].round > most ? s->run->latencies[i].round : most;
    return most;
}

/* How many quantiles a sample has arrivals for. Of 200 the largest is their p99.9 and their p99.99, and lies
 * under both of more: it is not to be called either. Arrivals come at random, hence not quite as many as it
 * takes. */
static size_t known_quantiles(const struct assay_cell *cell)
{
    double arrivals = 0;
    size_t known = 0;
    for (size_t i = 0; i < cell->latency_count; i++)
        arrivals += (double)cell->latencies[i].latency.total / (double)cell->latency_count;
    while (known < QUANTILES && arrivals >= 0.9 / (1 - quantiles[known].q))
        known++;
    return known;
}

static void print_cell(struct assay_printer *p, const struct assay_row *row, uint64_t seed, bool *too_few)
{
    char text[SPREAD_SIZE];
    struct assay_estimate e[QUANTILES], busy;
    uint64_t unserved = 0;
    size_t known = known_quantiles(row->cell);
    bool ok = estimate(row->cell, seed, value_busy, 0, &busy);
    *too_few = *too_few || known < QUANTILES;
    for (size_t i = 0; i < QUANTILES; i++)
        ok = estimate(row->cell, seed, value_quantile, quantiles[i].q, &e[i]) && ok;
    if (!ok)
        return;
    assay_printer_left(p, 4, ASSAY_PLAIN, "");
    assay_printer_left(p, 24, ASSAY_PLAIN, row->instance->name);
    for (size_t i = 0; i < QUANTILES; i++) {
        assay_format_time(e[i].value, text);
        assay_printer_right(p, WIDTH, i < known ? ASSAY_PLAIN : ASSAY_DIM, i < known ? text : "–");
    }
    snprintf(text, sizeof text, "%.1f %%", busy.value * 100);
    assay_printer_right(p, 10, ASSAY_PLAIN, text);
    assay_printer_end(p);
    assay_printer_left(p, 28, ASSAY_PLAIN, "");
    for (size_t i = 0; i < known; i++) {
        spread(&e[i], text);
        assay_printer_right(p, WIDTH, ASSAY_DIM, text);
    }
    assay_printer_end(p);
    for (size_t i = 0; i < row->cell->latency_count; i++)
        unserved += row->cell->latencies[i].unserved;
    if (unserved > 0) {
        snprintf(text, sizeof text, "overloaded: %llu requests were given up, latencies are lower bounds",
                 (unsigned long long)unserved);
        assay_printer_left(p, 28, ASSAY_PLAIN, "");
        assay_printer_left(p, 0, ASSAY_ALARM, text);
        assay_printer_end(p);
    }
}

static void print_case(struct assay_printer *p, const struct assay_summary *s, size_t c, bool *too_few)
{
    bool titled = false;
    for (size_t i = 0; i < s->run->instance_count; i++) {
        const struct assay_row *row = assay_summary_row(s, c, i);
        if (!row->offered)
            continue;
        if (!titled) {
            assay_printer_left(p, 2, ASSAY_PLAIN, "");
            assay_printer_left(p, 0, ASSAY_BOLD, row->run_case->key);
            assay_printer_end(p);
        }
        titled = true;
        print_cell(p, row, s->run->seed, too_few);
    }
}

void assay_latency_print(struct assay_printer *p, const struct assay_summary *s)
{
    char title[64], text[400];
    bool too_few = false;
    if (!s->run->offered)
        return;
    assay_printer_end(p);
    if (s->run->rate > 0)
        snprintf(title, sizeof title, "latency at %.6g/s", s->run->rate);
    else
        snprintf(title, sizeof title, "latency, back to back");
    assay_printer_left(p, 28, ASSAY_BOLD, title);
    for (size_t i = 0; i < QUANTILES; i++)
        assay_printer_right(p, WIDTH, ASSAY_DIM, quantiles[i].name);
    assay_printer_right(p, 10, ASSAY_DIM, "busy");
    assay_printer_end(p);
    for (size_t c = 0; c < s->run->case_count; c++)
        print_case(p, s, c, &too_few);
    assay_printer_end(p);
    snprintf(text, sizeof text,
             "Latency counts from the scheduled arrival. Figures are medians over %u rounds of fresh "
             "processes; below each, its 95 %% "
             "interval, found by resampling rounds, then blocks inside them. busy: the share of the time "
             "that the one thread served.",
             most_rounds(s));
    assay_printer_wrap(p, 0, 104, ASSAY_DIM, text);
    if (too_few)
        assay_printer_wrap(
            p, 0, 104, ASSAY_DIM,
            "–: a sample held too few arrivals for it: p99 takes 100, p99.9 1000, p99.99 10000. Longer "
            "samples (--min-time 10s) or a higher rate bring more.");
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of offered loads: counts and histograms.
 */
#include "bench/store/records.h"

#include <stdlib.h>

/* [bin, count, bin, count, …], bins ascending. */
static bool read_bins(struct loader *l, const json_t *list, const char *name, struct assay_bins *out)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n % 2 != 0 || n / 2 > ASSAY_HISTOGRAM_BINS)
        return loader_fail(l, "\"%s\" must list pairs of a bin and its count", name);
    out->count = n / 2;
    out->total = 0;
    out->bin = loader_alloc(l, out->count, sizeof *out->bin);
    if (!out->bin)
        return false;
    for (size_t i = 0; i < out->count; i++) {
        json_int_t index = json_integer_value(json_array_get(list, 2 * i));
        json_int_t count = json_integer_value(json_array_get(list, 2 * i + 1));
        if (!json_is_integer(json_array_get(list, 2 * i)) || index < 0 || index >= ASSAY_HISTOGRAM_BINS ||
            (i > 0 && index <= (json_int_t)out->bin[i - 1].index))
            return loader_fail(l, "\"%s\" must list bins from 0 to %u in ascending order", name,
                               ASSAY_HISTOGRAM_BINS - 1);
        if (count < 1 || (uint64_t)count > UINT32_MAX)
            return loader_fail(l, "\"%s\" must count each bin from 1 to %u", name, UINT32_MAX);
        out->bin[i] = (struct assay_bin){(uint32_t)index, (uint64_t)count};
        out->total += (uint64_t)count;
    }
    return true;
}

static bool read_histogram(struct loader *l, const json_t *record, const char *name, uint64_t requests,
                           struct assay_bins *out)
{
    if (!read_bins(l, json_object_get(record, name), name, out))
        return false;
    return out->total == requests ||
           loader_fail(l, "\"%s\" holds not as many times as there were \"requests\"", name);
}

static bool read_sides(struct loader *l, const json_t *record, struct assay_latencies *out)
{
    const json_t *sides;
    if (!loader_get_array(l, record, "sides", &sides))
        return false;
    out->has_sides = sides != NULL;
    if (sides && json_array_size(sides) != ASSAY_RUN_SIDES)
        return loader_fail(l, "\"sides\" must list %d histograms", ASSAY_RUN_SIDES);
    for (size_t i = 0; sides && i < ASSAY_RUN_SIDES; i++)
        if (!read_bins(l, json_array_get(sides, i), "sides", &out->side[i]))
            return false;
    return true;
}

bool loader_record_latency(struct loader *l, const json_t *record)
{
    struct assay_run *run = l->run;
    struct assay_latencies got = {.line = l->line};
    uint64_t order, switches;
    if (!loader_get_member(l, record, "case", run->memory->case_index, &got.case_index) ||
        !loader_get_member(l, record, "instance", run->memory->instance_index, &got.instance_index) ||
        !loader_get_round(l, record, "round", &got.round) ||
        !loader_get_round(l, record, "block", &got.block) || !loader_get_u64(l, record, "order", &order) ||
        !loader_get_number(l, record, "rate", &got.rate) ||
        !loader_get_positive(l, record, "requests", UINT32_MAX, &got.requests) ||
        !loader_get_u64(l, record, "unserved", &got.unserved) ||
        !loader_get_positive(l, record, "ns", INT64_MAX, &got.ns) ||
        !loader_get_u64(l, record, "busy_ns", &got.busy_ns) ||
        !loader_get_u64(l, record, "switches", &switches) ||
        (json_object_get(record, "cpu_ns") && !loader_get_u64(l, record, "cpu_ns", &got.cpu_ns)) ||
        !read_histogram(l, record, "latency", got.requests, &got.latency) ||
        !read_histogram(l, record, "service", got.requests, &got.service) || !read_sides(l, record, &got))
        return false;
    if (!json_is_number(json_object_get(record, "rate")) || got.rate < 0)
        return loader_fail(l, "\"rate\" must be a number, 0 or more");
    struct assay_latencies *all =
        loader_grow(l, run->latencies, run->latency_count, &l->latencies_room, sizeof *run->latencies);
    if (!all)
        return false;
    run->latencies = all;
    run->latencies[run->latency_count++] = got;
    run->ended = false;
    return true;
}

static int place(const struct assay_latencies *a, const struct assay_latencies *b)
{
    const uint32_t of_a[] = {a->case_index, a->instance_index, a->round, a->block};
    const uint32_t of_b[] = {b->case_index, b->instance_index, b->round, b->block};
    for (size_t i = 0; i < 4; i++)
        if (of_a[i] != of_b[i])
            return of_a[i] < of_b[i] ? -1 : 1;
    return 0;
}

static int compare(const void *pa, const void *pb)
{
    const struct assay_latencies *a = pa, *b = pb;
    int by_place = place(a, b);
    return by_place ? by_place : (a->line > b->line) - (a->line < b->line);
}

void loader_order_latencies(struct assay_run *run)
{
    size_t kept = 0;
    if (run->latency_count)
        qsort(run->latencies, run->latency_count, sizeof *run->latencies, compare);
    for (size_t i = 0; i < run->latency_count; i++) {
        if (kept && place(&run->latencies[kept - 1], &run->latencies[i]) == 0)
            kept--;
        run->latencies[kept++] = run->latencies[i];
    }
    run->latency_count = kept;
    for (size_t i = 0; i < kept; i++) {
        const struct assay_latencies *one = &run->latencies[i];
        struct assay_cell *cell = &run->cells[one->case_index * run->instance_count + one->instance_index];
        if (!cell->latency_count++)
            cell->latencies = one;
    }
}

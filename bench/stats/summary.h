/* SPDX-License-Identifier: Apache-2.0
 *
 * From the samples of a run to one row for each cell: what tables, plots and converted files show.
 */
#ifndef ASSAY_SUMMARY_H
#define ASSAY_SUMMARY_H

#include "bench/stats/stats.h"
#include "bench/store/run_file.h"

enum assay_cycles_source {
    ASSAY_CYCLES_NONE = 0,
    ASSAY_CYCLES_HARDWARE, /* counted */
    ASSAY_CYCLES_TSC,      /* ticks of the time-stamp counter, which need not run at the core's clock */
};

struct assay_row {
    const struct assay_run_case *run_case;
    const struct assay_run_instance *instance;
    const struct assay_cell *cell;
    bool measured;            /* proved, and has samples; else look at cell->status and reason */
    bool offered;             /* proved, and has latencies under an offered load: latency.h */
    bool probe;               /* the null instance: the harness's own cost, without proof and without ratio */
    bool copy;                /* null:copy: what memory allows, without proof */
    const char *reason;       /* why it was not measured; "" when it was */
    struct assay_estimate ns; /* per operation; over all threads when there are several */
    double ops;               /* operations a second */
    double bytes_per_second;  /* 0: not a matter of bytes */
    enum assay_cycles_source cycles_source;
    bool cycles_per_byte;
    double cycles;       /* per byte or per operation, of one core */
    double instructions; /* likewise; 0: not known */
    bool has_ratio;
    struct assay_estimate ratio; /* the reference's time / this one's: above 1 is faster */
    bool has_sides;
    struct assay_estimate side_ns[ASSAY_RUN_SIDES]; /* per operation */
};

struct assay_summary {
    const struct assay_run *run;
    int reference; /* index of the instance that ratios are to: the first that is no probe; -1: none */
    struct assay_row *rows; /* [case * run->instance_count + instance] */
    size_t row_count;
    size_t measured, unsupported, refused, failed, missing; /* how many cells */
};

/* The run must outlive the summary. false: why says what went wrong (memory). */
bool assay_summary_make(const struct assay_run *run, struct assay_summary *summary, char *why,
                        size_t why_size);
void assay_summary_free(struct assay_summary *summary);

const struct assay_row *assay_summary_row(const struct assay_summary *summary, size_t case_index,
                                          size_t instance);
/* The reference's time / an instance's over all cases that both were measured on: in each round the geometric
 * mean of the cases' ratios, each of which is the median of its blocks. false: there is none, or no memory.
 */
bool assay_summary_overall(const struct assay_summary *summary, size_t instance, struct assay_estimate *out);
/* The logarithms of first's time / cell's, of the blocks that both have, which may be none; points has room
 * for cell->sample_count. Returns how many. */
size_t assay_summary_log_ratios(const struct assay_cell *cell, const struct assay_cell *first,
                                struct assay_point *points);
/* An instance of null, which is exempt from proof: it measures the harness itself, or as a copy the memory.
 */
bool assay_instance_is_probe(const char *name);

#endif

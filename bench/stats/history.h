/* SPDX-License-Identifier: Apache-2.0
 *
 * A case over the runs of an index: in each its ratio to an anchor instance of the same run, block by block,
 * so that what the machine did in between drops out; and where that ratio changed for good.
 */
#ifndef ASSAY_HISTORY_H
#define ASSAY_HISTORY_H

#include "bench/stats/divisive.h"
#include "bench/stats/stats.h"
#include "bench/store/index.h"

struct assay_history_point {
    char *run, *time, *commit, *version, *build_id; /* of the run; version and build id of the instance */
    bool dirty, noisy;
    struct assay_estimate ratio; /* the anchor's time / the instance's: above 1 is faster */
};

struct assay_history_step {
    struct assay_change change; /* at: the first point after it */
    /* Ratio after / before, by the points of the two segments beside it; above 1 it became faster. The change
     * was looked for, so such an interval is somewhat too narrow. */
    struct assay_estimate size;
};

struct assay_history_series {
    char *key, *instance, *anchor, *cpu;
    struct assay_history_point *points; /* by time */
    size_t count, room;
    struct assay_history_step *steps;
    size_t step_count;
};

struct assay_history {
    struct assay_history_series *series; /* by case, CPU, then as they appear */
    size_t count, room;
    size_t unanchored; /* cells left out: their run has no such anchor, or none measured it */
};

struct assay_history_filter {
    const char *kernel;   /* regular expression over cases; NULL: all */
    const char *instance; /* NULL: every one but the anchor */
    const char *anchor;   /* NULL: the first instance of each run */
};

bool assay_history_make(struct assay_index *index, const struct assay_history_filter *filter,
                        struct assay_history *history, char *why, size_t why_size);
void assay_history_free(struct assay_history *history);
/* The median of the ratios of points from … to - 1 */
double assay_history_level(const struct assay_history_series *series, size_t from, size_t to);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Drills from the coordinator's side: a fresh worker for each, a record of each. The fields of the records
 * are in results/schema/drill.schema.json.
 */
#ifndef ASSAY_RUN_DRILL_H
#define ASSAY_RUN_DRILL_H

#include "bench/run/instance.h"
#include "bench/run/metrics.h"
#include "bench/run/writer.h"
#include "kernels/service/drill.h"

struct assay_drill_order {
    const struct assay_drill *const *drills;
    size_t count;
    const struct assay_specs *specs;
    bool without_safeguard;
    unsigned deadline_ms;
    struct assay_metrics *metrics; /* what the workers have counted, added up; NULL: nobody asks them */
    void *data;                    /* of the following */
    /* A record of type instance or drill, as it was written. May be NULL. */
    void (*told)(void *data, const json_t *record);
    /* true: end after the drill in hand. May be NULL. */
    bool (*stop)(void *data);
};

struct assay_drill_tally { /* of (drill, instance) */
    size_t passed, failed, unsupported;
    size_t errors;  /* not carried out: a worker that crashed, hung or could not be loaded among them */
    size_t nowhere; /* drills that no instance could run */
    bool stopped;
};

/* The whole file, but for its closing. */
struct assay_drill_tally assay_drills_run(const struct assay_drill_order *order, const char *id,
                                          struct assay_writer *writer);

#endif

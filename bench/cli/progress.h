/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person sees while a run is under way: one line on stderr that is written over, on a terminal only.
 */
#ifndef ASSAY_PROGRESS_H
#define ASSAY_PROGRESS_H

#include "bench/run/engine.h"
#include "bench/store/run_file.h"

struct assay_progress {
    const struct assay_run *resumed; /* NULL: a new run */
    bool terminal;
    const char *metrics_file; /* NULL: none is wanted */
    const struct assay_metrics *metrics;
    double started;
};

/* Callbacks of struct assay_observer; data is a struct assay_progress. */
void assay_progress_step(void *data, size_t done, size_t total, const char *doing);
void assay_progress_trouble(void *data, const char *instance, const char *key, const char *status,
                            const char *reason);
void assay_progress_end(struct assay_progress *progress);

/* From now on Ctrl-C is asked about, the first time; a second one kills. */
void assay_progress_watch_interrupts(void);
bool assay_progress_interrupted(void *data);

/* About how long a run will take. */
double assay_progress_seconds(const struct assay_settings *settings, const struct assay_plan *plan,
                              size_t instances);

#endif

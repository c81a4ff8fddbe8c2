/* SPDX-License-Identifier: Apache-2.0
 *
 * The threads that run cases: lane i is pinned to the i-th CPU it was given and lives as long as the worker,
 * so that a case's memory is first touched where it is used. The main thread sleeps while lanes work.
 */
#ifndef ASSAY_WORKER_LANES_H
#define ASSAY_WORKER_LANES_H

#include <stdbool.h>

#define ASSAY_LANES_MAX 256

struct assay_lanes;

/* cpus[i] < 0: lane i is not pinned. NULL: no memory or no threads to be had. */
struct assay_lanes *assay_lanes_new(const int *cpus, unsigned count);
void assay_lanes_free(struct assay_lanes *lanes);
unsigned assay_lanes_count(const struct assay_lanes *lanes);

/* Runs job(lane, data) on lanes 0 … count - 1 at once, and returns when all are done. */
void assay_lanes_run(struct assay_lanes *lanes, unsigned count, void (*job)(unsigned lane, void *data),
                     void *data);

/* Inside a job: all lanes of this run wait here for one another. */
void assay_lanes_meet(struct assay_lanes *lanes);

#endif

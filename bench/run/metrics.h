/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters of workers (kernels/service/metrics.h) brought together, and the file that Prometheus'
 * node_exporter collects.
 */
#ifndef ASSAY_RUN_METRICS_H
#define ASSAY_RUN_METRICS_H

#include "bench/run/process.h"
#include "kernels/service/metrics.h"

/* Adds what a worker has counted since it began: to be asked once, before it is stopped. A worker that died
 * has taken its counters with it. false: why. */
bool assay_metrics_collect(struct assay_process *process, int deadline_ms, struct assay_metrics *sum,
                           char why[ASSAY_WHY_MAX]);
/* Whether such a file can be made: tried in its folder, and undone. */
bool assay_metrics_file_possible(const char *path, char why[ASSAY_WHY_MAX]);
/* By rename: a reader sees the old file or the new one. */
bool assay_metrics_file_write(const char *path, const struct assay_metrics *sum, char why[ASSAY_WHY_MAX]);

#endif

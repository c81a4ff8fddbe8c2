/* SPDX-License-Identifier: Apache-2.0
 *
 * The first and the last record of a run file.
 */
#ifndef ASSAY_HEADER_H
#define ASSAY_HEADER_H

#include "bench/run/engine.h"

/* "20260101T120000Z-1a2b3c": the time and a few random digits */
void assay_run_id(char id[32]);
json_t *assay_header_json(const char *id, const struct assay_settings *settings,
                          const struct assay_selection *selection, const struct assay_plan *plan,
                          const struct assay_specs *specs);
/* samples: how many were taken; switches: involuntary context switches during them. */
json_t *assay_end_json(bool complete, bool interrupted, const struct assay_noise *before,
                       const struct assay_noise *after, long long switches, size_t samples);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The command `drill` of the worker's protocol (serve.h).
 */
#ifndef ASSAY_WORKER_DRILL_H
#define ASSAY_WORKER_DRILL_H

#include "bench/worker/session.h"
#include "kernels/service/drill.h"

#include <jansson.h>

/* Runs a drill on the session's instance; d starts zeroed. UNSUPPORTED, FAILED: reason; it was not carried
 * out. OK: d has the outcome. */
enum assay_verdict assay_drill_session(struct assay_session *session, struct assay_drilling *d,
                                       const char *name, bool without_safeguard,
                                       char reason[ASSAY_REASON_MAX]);
/* The outcome as the answer's fields. */
json_t *assay_drill_json(const struct assay_drilling *d);

#endif

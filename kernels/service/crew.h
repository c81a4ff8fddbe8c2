/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads of a kernel's own, for an operation that takes several at once: callers that miss one key together,
 * hands that share one file. The threads of a case (tN) are no such thing: each runs operations by itself.
 *
 * They may run on the worker's CPUs, the caller's among them, and are not pinned.
 */
#ifndef ASSAY_CREW_H
#define ASSAY_CREW_H

#include <stdbool.h>

#define ASSAY_CREW_MAX 64u

struct assay_crew;

/* `hands` of them, 1 to ASSAY_CREW_MAX; the caller of assay_crew_run() is hand 0. NULL: no memory, or no
 * threads to be had. */
struct assay_crew *assay_crew_new(unsigned hands);
void assay_crew_free(struct assay_crew *); /* accepts NULL */

/* job(data, 0) … job(data, hands - 1) at once, each in a thread of its own; returns when all are done. */
void assay_crew_run(struct assay_crew *, void (*job)(void *data, unsigned hand), void *data);

#endif

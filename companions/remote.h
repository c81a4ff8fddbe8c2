/* SPDX-License-Identifier: Apache-2.0
 *
 * A companion in a process of its own: a few connections to it, each a session there; a call takes a free
 * one. The KMS and the store that are made of it: kms.h, store.h.
 */
#ifndef ASSAY_REMOTE_H
#define ASSAY_REMOTE_H

#include "companions/frames.h"

struct assay_remote;

/* Starts a program (argv[0], a path; argv ends with NULL) that speaks frames.h, and asks whether it is well.
 * It ends with assay_remote_end(), or with this process. NULL: why. */
struct assay_remote *assay_remote_start(const char *const *argv, char *why, size_t why_size);
void assay_remote_end(struct assay_remote *);
/* Its process ends, as if it had died but tidily: calls fail from now on. For drills. */
void assay_remote_hang_up(struct assay_remote *);

/* Asks, and takes an answer of at most room bytes. */
enum assay_rc assay_remote_call(struct assay_remote *, enum assay_frame_verb, struct assay_bytes name,
                                struct assay_bytes in, uint8_t *out, size_t room,
                                size_t *out_size) ASSAY_MUST_CHECK;
/* Of the last call that failed; for the calling thread, until it asks again. */
const char *assay_remote_error(struct assay_remote *);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A companion in a process of its own: a few connections to it, each a session there; a call takes a free
 * one. The KMS and the store that are made of it: kms.h, store.h.
 *
 * A call that is not answered in time fails, and its session is asked nothing more until that answer has
 * come, which is thrown away: no answer is ever taken for another's. When each session owes one, calls fail
 * at once: a companion that hangs holds up no more threads, no longer, and no questions pile up before it. It
 * is asked again as soon as it has answered.
 */
#ifndef ASSAY_REMOTE_H
#define ASSAY_REMOTE_H

#include "companions/guest.h"

struct assay_remote;

/* Starts a program (argv[0], a path; argv ends with NULL) that speaks frames.h, and asks whether it is well,
 * for which it has half a minute. It ends with assay_remote_end(), or with the thread that calls this. name
 * (which must last) is for errors; timeout_ms: for each call; 0: as long as it takes. ASSAY_UNSUPPORTED: so
 * it says itself. */
enum assay_rc assay_remote_start(const char *const *argv, const char *name, unsigned timeout_ms,
                                 struct assay_remote **out, char *why, size_t why_size) ASSAY_MUST_CHECK;
/* The same with a fork of this process, which serves a guest of this one. For drills: any companion can hang
 * then. */
enum assay_rc assay_remote_fork(struct assay_guest *, const char *name, unsigned timeout_ms,
                                struct assay_remote **out, char *why, size_t why_size) ASSAY_MUST_CHECK;
/* Ends its process: after a second by force. */
void assay_remote_end(struct assay_remote *);
/* Its process ends, as if it had died but tidily: calls fail from now on. For drills. */
void assay_remote_hang_up(struct assay_remote *);
/* Its process hangs, or goes on where it was. For drills. */
void assay_remote_hang(struct assay_remote *, bool hangs);

/* Asks, and takes an answer of at most room bytes. It takes no longer than the deadline, or twice that where
 * all sessions were in use. What was asked of one that did not answer in time may have been done, or be done
 * yet.
 */
enum assay_rc assay_remote_call(struct assay_remote *, enum assay_frame_verb, struct assay_bytes name,
                                struct assay_bytes in, uint8_t *out, size_t room,
                                size_t *out_size) ASSAY_MUST_CHECK;
/* Of the last call that failed; for the calling thread, until it asks again. */
const char *assay_remote_error(struct assay_remote *);

#endif

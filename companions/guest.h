/* SPDX-License-Identifier: Apache-2.0
 *
 * The other side of a remote companion (remote.h): what a process of its own answers.
 */
#ifndef ASSAY_GUEST_H
#define ASSAY_GUEST_H

#include "companions/frames.h"
#include "companions/store.h"

struct assay_guest { /* whom the process is for */
    struct assay_kms *kms;
    struct assay_store *store; /* both NULL: it could not be had, and why */
    char why[200];
};

/* Answers on each of these sessions, in a thread of its own, until all are closed. false: no threads. */
bool assay_guest_serve(struct assay_guest *, const int fd[ASSAY_FRAME_SESSIONS]);

#endif

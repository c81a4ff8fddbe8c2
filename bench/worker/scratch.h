/* SPDX-License-Identifier: Apache-2.0
 *
 * The one place where a worker, its companions and their libraries keep files: a folder of its own, which
 * goes with the worker however that ends, killed too. Whoever needs a file asks for TMPDIR, and need not
 * think of it.
 */
#ifndef ASSAY_WORKER_SCRATCH_H
#define ASSAY_WORKER_SCRATCH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct assay_scratch {
    char folder[PATH_MAX];
    pid_t keeper; /* a child that outlives this process, and removes the folder */
    int life;     /* closed with this process: what the keeper waits for */
};

/* Makes the folder under TMPDIR (or /tmp), which TMPDIR names from now on. No other thread may run yet.
 * false: there is none to be had, and TMPDIR is as it was; whoever needs one will find out and say so. */
bool assay_scratch_open(struct assay_scratch *);
/* The folder is gone when this returns. */
void assay_scratch_close(struct assay_scratch *);

#endif

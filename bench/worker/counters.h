/* SPDX-License-Identifier: Apache-2.0
 *
 * Hardware cycles and instructions of the calling thread, in user mode, where the machine has counters.
 */
#ifndef ASSAY_WORKER_COUNTERS_H
#define ASSAY_WORKER_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

struct assay_counters {
    uint64_t cycles, instructions;
};

/* Opens the calling thread's counters once; false where there are none. */
bool assay_counters_open(void);
/* false, and zeros, where there are none. */
bool assay_counters_read(struct assay_counters *out);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What keeps the keys of a process off the disk: no core file, no swap.
 */
#ifndef ASSAY_WORKER_PROTECT_H
#define ASSAY_WORKER_PROTECT_H

#include <jansson.h>

/* Protects this process, as far as the system lets it; says what was done and what was not, and why:
 * {"core_dumps": "off", "memory": "locked"}. NULL when memory runs out. */
json_t *assay_protect(void);

#endif

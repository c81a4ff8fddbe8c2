/* SPDX-License-Identifier: Apache-2.0
 *
 * What keeps the keys of a process off the disk: no core file, no swap. For the worker and for
 * assay-companion.
 */
#ifndef ASSAY_COMPANIONS_PROTECT_H
#define ASSAY_COMPANIONS_PROTECT_H

#define ASSAY_PROTECT_TEXT 160

struct assay_protection {                /* what was done, or what was not, and why */
    char core_dumps[ASSAY_PROTECT_TEXT]; /* "off" */
    char memory[ASSAY_PROTECT_TEXT];     /* "locked" */
};

/* Protects this process, as far as the system lets it. */
void assay_protect_process(struct assay_protection *done);

#endif

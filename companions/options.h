/* SPDX-License-Identifier: Apache-2.0
 *
 * What several companions have among their options, which are parted by colons.
 */
#ifndef ASSAY_COMPANION_OPTIONS_H
#define ASSAY_COMPANION_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Of a call to a companion elsewhere: far above what any of them takes for one, on a busy machine too, and
 * far below what the harness gives a worker. */
#define ASSAY_TIMEOUT_MS  5000u
#define ASSAY_OPTIONS_MAX 4096u

/* A time in ns, us, ms or s, of at most 60 s, and the colon behind it. */
bool assay_option_time(const char **text, double *ns);
/* timeout=TIME of 1 ms to 60 s among the options, without it ASSAY_TIMEOUT_MS; rest: the others. false: why.
 */
bool assay_option_timeout(const char *options, unsigned *ms, char rest[ASSAY_OPTIONS_MAX], char *why,
                          size_t why_size);

#endif

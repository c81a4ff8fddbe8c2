/* SPDX-License-Identifier: Apache-2.0
 *
 * SIGHUP as an event: each that arrives is written to the descriptors that asked for it. A handler, not
 * signalfd(): that would have the signal blocked in threads that somebody else has started.
 */
#ifndef ASSAY_HANGUP_H
#define ASSAY_HANGUP_H

#include <stdbool.h>

/* An eventfd that does not block. false: there are too many. The first takes SIGHUP from whoever has it, and
 * the last to be removed gives it back. */
bool assay_hangup_add(int eventfd);
void assay_hangup_remove(int eventfd);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A keyset file that is watched: replaced by rename, noticed through inotify or SIGHUP, read by a thread of
 * its own. A file that is broken, or a key of it that the library does not take, keeps the set that is there,
 * and the state says so.
 *
 * Readers never wait. A keyset's contexts belong to one thread, so the watch opens the new keys once for each
 * reader, and only when all of that has gone well does it lay each reader's set in its letter box (an atomic
 * pointer). A reader looks there before it verifies, takes what it finds, and lays its former set into the
 * return box, from where the watch frees and wipes it. So a reader pays one load, and for each new set two
 * exchanges; it opens no key and frees none. What begins after a change has been told (state()) sees it.
 */
#ifndef ASSAY_KEYSET_WATCH_H
#define ASSAY_KEYSET_WATCH_H

#include "kernels/service/keyset_file.h"

struct assay_keyset_watch;
struct assay_keyset_reader;

struct assay_keyset_state {
    uint64_t generation;          /* of the file in force; the first is 1 */
    uint64_t failed;              /* loads that have kept the set as it was */
    char error[ASSAY_KEYSET_WHY]; /* of the last load; "": it went well */
};

/* Reads the file, which must be right, and watches it. hangup: SIGHUP has it read again too; the process's
 * other signals, and SIGHUP without this, stay as they are. why: what is wrong with the file, or that it
 * cannot be watched. */
enum assay_rc assay_keyset_watch_open(struct assay_keyset_watch **out, const char *path, bool hangup,
                                      char why[ASSAY_KEYSET_WHY]) ASSAY_MUST_CHECK;
/* After the readers have been closed. NULL is accepted. */
void assay_keyset_watch_close(struct assay_keyset_watch *);

void assay_keyset_watch_state(struct assay_keyset_watch *, struct assay_keyset_state *);
/* Waits until a load has ended since *state, which it renews; false: none has in that time. */
bool assay_keyset_watch_wait(struct assay_keyset_watch *, struct assay_keyset_state *state, unsigned ms);

/* One for each thread that verifies. The instance is the reader's, or shared, and outlives the reader. */
enum assay_rc assay_keyset_reader_open(struct assay_keyset_watch *, const struct assay_backend *,
                                       assay_instance *, struct assay_keyset_reader **out,
                                       char why[ASSAY_KEYSET_WHY]) ASSAY_MUST_CHECK;
void assay_keyset_reader_close(struct assay_keyset_reader *);
/* The set in force, until the reader's next call. Never waits, allocates nothing. */
const struct assay_keyset *assay_keyset_reader_set(struct assay_keyset_reader *);

#endif

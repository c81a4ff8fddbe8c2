/* SPDX-License-Identifier: Apache-2.0
 *
 * The run file as it grows: one record, one append write, so that a killed run keeps every finished sample.
 */
#ifndef ASSAY_WRITER_H
#define ASSAY_WRITER_H

#include <jansson.h>
#include <stdbool.h>

struct assay_writer {
    int fd;
    bool failed; /* a write failed; errno_kept says why */
    int errno_kept;
};

/* Makes the file and the folders above it; fails when it exists. */
bool assay_writer_create(struct assay_writer *writer, const char *path);
/* Appends to a file whose good part has this size; what follows it (a torn line) is cut off. */
bool assay_writer_append(struct assay_writer *writer, const char *path, long long good_bytes);
/* Takes the reference. */
void assay_writer_record(struct assay_writer *writer, json_t *record);
void assay_writer_sync(struct assay_writer *writer);
/* false: something was not written */
bool assay_writer_close(struct assay_writer *writer);

#endif

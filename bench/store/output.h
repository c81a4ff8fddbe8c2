/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that is made from measurements: it comes whole or not at all, and takes the place of no
 * measurements.
 *
 * It is written beside its place, under a name of its own, and renamed. A device or a pipe, which a rename
 * would replace by a file, is written to as it is, or refused. A run file or one of drills is never replaced:
 * they are what everything else can be made from again.
 */
#ifndef ASSAY_STORE_OUTPUT_H
#define ASSAY_STORE_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct assay_output {
    FILE *file;
    char place[PATH_MAX], beside[PATH_MAX]; /* beside: "" for a device or a pipe */
};

enum assay_output_kind {
    ASSAY_OUTPUT_FILE,  /* nothing but a file */
    ASSAY_OUTPUT_STREAM /* a device or a pipe too */
};

/* Whether the file could be made now; makes the folders above it, and leaves nothing else. false: why, with
 * the path */
bool assay_output_possible(const char *path, enum assay_output_kind kind, char *why, size_t why_size);
/* false: why, with the path, and there is nothing to close */
bool assay_output_open(struct assay_output *out, const char *path, enum assay_output_kind kind, char *why,
                       size_t why_size);
/* Gives the file its name when it was written well; else it is gone. Either way it is closed. */
bool assay_output_close(struct assay_output *out, bool written, char *why, size_t why_size);

#endif

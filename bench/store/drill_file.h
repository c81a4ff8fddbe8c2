/* SPDX-License-Identifier: Apache-2.0
 *
 * A file of drills in memory. The format is described in results/README.md and
 * results/schema/drill.schema.json. As with run files: a foreign or broken file is an error that names the
 * line; a torn last line is dropped.
 */
#ifndef ASSAY_STORE_DRILL_FILE_H
#define ASSAY_STORE_DRILL_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define ASSAY_DRILL_SCHEMA 1

struct assay_drill_file {
    json_t *records; /* an array: drills, then instance, drill and end, each with the fields that it must
                        have; records of other types are left out */
};

/* false: why. */
bool assay_drill_file_load(struct assay_drill_file *file, const char *path, char *why, size_t why_size);
void assay_drill_file_free(struct assay_drill_file *file);

#endif

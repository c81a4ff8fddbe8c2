/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders of published test vectors: what is in them, found and read before any worker is asked.
 */
#ifndef ASSAY_RUN_VECTORS_H
#define ASSAY_RUN_VECTORS_H

#include "bench/vectors/vectors.h"

struct assay_vector_file {
    char *path;
    const char *name; /* the part below the folder that was given */
    struct assay_vectors read;
};

struct assay_vector_files {
    struct assay_vector_file *file; /* those with tests to run, in the order of their names */
    size_t count;
    size_t elsewhere; /* vectors, but of nothing that backend.h has */
};

/* folders: ends with NULL; a single file will do. false: error names the folder, or file and line. */
bool assay_vector_files_find(struct assay_vector_files *files, char *const *folders,
                             char error[ASSAY_VECTORS_ERROR_MAX]);
void assay_vector_files_free(struct assay_vector_files *files);

#endif

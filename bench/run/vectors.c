/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding files of test vectors. One that cannot be read ends the search: a run over the rest would look
 * whole.
 */
#include "bench/run/vectors.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool keep(struct assay_vector_files *files, const FTSENT *entry, const struct assay_vectors *read)
{
    struct assay_vector_file *more = realloc(files->file, (files->count + 1) * sizeof *more);
    char *path = strdup(entry->fts_path);
    if (more)
        files->file = more;
    if (!more || !path) {
        free(path);
        return false;
    }
    const FTSENT *top = entry;
    while (top->fts_level > FTS_ROOTLEVEL)
        top = top->fts_parent;
    const char *name = path + (top == entry ? 0 : top->fts_pathlen);
    files->file[files->count++] = (struct assay_vector_file){path, name + strspn(name, "/"), *read};
    return true;
}

static bool take(struct assay_vector_files *files, const FTSENT *entry, char error[ASSAY_VECTORS_ERROR_MAX])
{
    struct assay_vectors read;
    if (!assay_vectors_named(entry->fts_path))
        return true;
    assay_vectors_file(&read, entry->fts_path, NULL, NULL, NULL);
    bool ok = read.kind != ASSAY_VECTORS_BROKEN;
    memcpy(error, read.error, ASSAY_VECTORS_ERROR_MAX);
    files->elsewhere += read.kind == ASSAY_VECTORS_ELSEWHERE;
    if (read.kind == ASSAY_VECTORS_RUN) {
        ok = keep(files, entry, &read);
        if (ok)
            return true;
        snprintf(error, ASSAY_VECTORS_ERROR_MAX, "out of memory");
    }
    assay_vectors_free(&read);
    return ok;
}

/* The folders that all names begin with say nothing. */
static void shorten_names(struct assay_vector_files *files)
{
    const char *first = files->file[0].name;
    size_t common = strlen(first);
    for (size_t i = 0; i < files->count; i++) {
        size_t n = 0;
        while (n < common && files->file[i].name[n] == first[n])
            n++;
        common = n;
    }
    while (common > 0 && first[common - 1] != '/')
        common--;
    for (size_t i = 0; i < files->count; i++)
        files->file[i].name += common;
}

bool assay_vector_files_find(struct assay_vector_files *files, char *const *folders,
                             char error[ASSAY_VECTORS_ERROR_MAX])
{
    bool ok = true;
    memset(files, 0, sizeof *files);
    FTS *tree = fts_open(folders, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (!tree) {
        snprintf(error, ASSAY_VECTORS_ERROR_MAX, "%s", strerror(errno));
        return false;
    }
    for (const FTSENT *entry; ok && (entry = fts_read(tree));) {
        switch (entry->fts_info) {
        case FTS_F:
            ok = take(files, entry, error);
            break;
        case FTS_DNR:
        case FTS_ERR:
        case FTS_NS:
            snprintf(error, ASSAY_VECTORS_ERROR_MAX, "%s: %s", entry->fts_path, strerror(entry->fts_errno));
            ok = false;
            break;
        default: /* folders on the way down and up, what is no file, and links that lead nowhere or round */
            break;
        }
    }
    fts_close(tree);
    if (ok && files->count == 0) {
        int n = snprintf(error, ASSAY_VECTORS_ERROR_MAX, "%s: no file of test vectors", folders[0]);
        if (files->elsewhere)
            snprintf(error + n, ASSAY_VECTORS_ERROR_MAX - (size_t)n,
                     " for an algorithm that assay has; %zu of others", files->elsewhere);
        ok = false;
    }
    if (ok)
        shorten_names(files);
    else
        assay_vector_files_free(files);
    return ok;
}

void assay_vector_files_free(struct assay_vector_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->file[i].path);
        assay_vectors_free(&files->file[i].read);
    }
    free(files->file);
    memset(files, 0, sizeof *files);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The run files that an index is made of.
 */
#include "bench/store/index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const char *path, char *why, size_t why_size)
{
    snprintf(why, why_size, "%.600s: %s", path, strerror(errno));
    return false;
}

/* Takes the path. */
static bool append(struct assay_file_list *list, char *path)
{
    if (path && list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        void *paths = realloc(list->paths, room * sizeof *list->paths);
        if (!paths) {
            free(path);
            path = NULL;
        } else {
            list->paths = paths;
            list->room = room;
        }
    }
    if (!path) {
        errno = ENOMEM;
        return false;
    }
    list->paths[list->count++] = path;
    return true;
}

static bool add_folder(struct assay_file_list *list, const char *path, char *why, size_t why_size)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    char *file;
    bool ok = folder != NULL;
    while (ok && (entry = readdir(folder))) {
        size_t length = strlen(entry->d_name);
        if (length <= 7 || strcmp(entry->d_name + length - 7, ".ndjson") != 0)
            continue;
        ok = asprintf(&file, "%s/%s", path, entry->d_name) > 0 && append(list, file);
    }
    if (!ok)
        fail(path, why, why_size);
    if (folder)
        closedir(folder);
    return ok;
}

bool assay_file_list_add(struct assay_file_list *list, const char *path, char *why, size_t why_size)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return fail(path, why, why_size);
    if (S_ISDIR(st.st_mode))
        return add_folder(list, path, why, why_size);
    return append(list, strdup(path)) || fail(path, why, why_size);
}

bool assay_file_list_recorded(struct assay_file_list *list, size_t *gone, char *why, size_t why_size)
{
    char path[PATH_MAX], *line = NULL;
    size_t room = 0;
    ssize_t n;
    bool ok = true;
    *gone = 0;
    if (!assay_index_path(ASSAY_INDEX_LIST, path, sizeof path, why, why_size))
        return false;
    FILE *in = fopen(path, "re");
    if (!in)
        return errno == ENOENT || fail(path, why, why_size);
    while (ok && (n = getline(&line, &room, in)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        if (access(line, F_OK) != 0)
            ++*gone;
        else
            ok = append(list, strdup(line)) || fail(path, why, why_size);
    }
    free(line);
    fclose(in);
    return ok;
}

void assay_file_list_free(struct assay_file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    memset(list, 0, sizeof *list);
}

/* One line, in one write, so that two assays do not mix theirs. */
static bool list_file(int fd, const char *file)
{
    char line[PATH_MAX + 1];
    if (!realpath(file, line))
        return false;
    if (strchr(line, '\n')) {
        errno = EINVAL;
        return false;
    }
    strcat(line, "\n");
    return write(fd, line, strlen(line)) == (ssize_t)strlen(line);
}

bool assay_index_record(const struct assay_run *run, char *why, size_t why_size)
{
    char path[PATH_MAX], list[PATH_MAX];
    struct assay_index *index = NULL;
    if (!assay_index_path(ASSAY_INDEX_FILE, path, sizeof path, why, why_size) ||
        !assay_index_path(ASSAY_INDEX_LIST, list, sizeof list, why, why_size))
        return false;
    bool opened = assay_index_open(path, true, &index, why, why_size);
    /* The list first: it is what a rebuild goes by when the index cannot be written. */
    int fd = open(list, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    bool listed = fd >= 0 && list_file(fd, run->file);
    if (!listed && opened)
        fail(list, why, why_size);
    if (fd >= 0)
        close(fd);
    bool ok = opened && assay_index_add(index, run, why, why_size) && listed;
    assay_index_close(index);
    return ok;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each file once, by its real path; what went away meanwhile is left out. */
static bool real_paths(const struct assay_file_list *files, struct assay_file_list *real)
{
    for (size_t i = 0; i < files->count; i++) {
        char *path = realpath(files->paths[i], NULL);
        if (path && !append(real, path))
            return false;
    }
    if (real->count)
        qsort(real->paths, real->count, sizeof *real->paths, by_text);
    size_t kept = 0;
    for (size_t i = 0; i < real->count; i++) {
        if (kept && strcmp(real->paths[kept - 1], real->paths[i]) == 0)
            free(real->paths[i]);
        else
            real->paths[kept++] = real->paths[i];
    }
    real->count = kept;
    return true;
}

static bool index_files(const struct assay_file_list *real, const char *path, int list,
                        struct assay_rebuilt *result, char *why, size_t why_size)
{
    struct assay_index *index;
    struct assay_run *run;
    bool ok = assay_index_open(path, true, &index, why, why_size);
    for (size_t i = 0; ok && i < real->count; i++) {
        char bad[1024];
        if (!assay_run_file_load(real->paths[i], &run, bad, sizeof bad)) {
            result->bad++;
            result->trouble(result->data, bad);
            continue;
        }
        ok = assay_index_add(index, run, why, why_size) &&
             (list_file(list, real->paths[i]) || fail(real->paths[i], why, why_size));
        assay_run_file_free(run);
        result->runs += ok;
    }
    assay_index_close(index);
    return ok;
}

/* A journal of the old index must not be played back into the new one. */
static bool replace(const char *partial, const char *path, const char *ending)
{
    char journal[PATH_MAX + 16];
    snprintf(journal, sizeof journal, "%s%s", path, ending);
    unlink(journal);
    return rename(partial, path) == 0;
}

bool assay_index_rebuild(const struct assay_file_list *files, struct assay_rebuilt *result, char *why,
                         size_t why_size)
{
    char path[PATH_MAX], list[PATH_MAX], new_path[PATH_MAX + 8], new_list[PATH_MAX + 8];
    struct assay_file_list real = {0};
    int fd = -1;
    result->runs = result->bad = 0;
    if (!assay_index_path(ASSAY_INDEX_FILE, path, sizeof path, why, why_size) ||
        !assay_index_path(ASSAY_INDEX_LIST, list, sizeof list, why, why_size))
        return false;
    snprintf(new_path, sizeof new_path, "%s.new", path);
    snprintf(new_list, sizeof new_list, "%s.new", list);
    unlink(new_path);
    struct assay_index *made;
    bool ok = assay_index_open(new_path, true, &made, why, why_size); /* makes the folder too */
    assay_index_close(made);
    if (ok) {
        fd = open(new_list, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0666);
        ok = (fd >= 0 && real_paths(files, &real)) || fail(new_list, why, why_size);
    }
    ok = ok && index_files(&real, new_path, fd, result, why, why_size);
    if (fd >= 0)
        close(fd);
    if (ok)
        ok = (replace(new_path, path, "-journal") || fail(path, why, why_size)) &&
             (replace(new_list, list, "-none") || fail(list, why, why_size));
    if (!ok) {
        unlink(new_path);
        unlink(new_list);
    }
    assay_file_list_free(&real);
    return ok;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Appending records. A failure is kept and told at the end; it never ends the run by itself.
 */
#include "bench/run/writer.h"
#include "bench/store/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool assay_writer_create(struct assay_writer *w, const char *path)
{
    int folders = assay_make_folders(path);
    *w = (struct assay_writer){.fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666)};
    if (w->fd < 0 && errno == ENOENT && folders)
        errno = folders;
    return w->fd >= 0;
}

bool assay_writer_append(struct assay_writer *w, const char *path, long long good_bytes)
{
    *w = (struct assay_writer){.fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)};
    if (w->fd >= 0 && ftruncate(w->fd, good_bytes) == 0)
        return true;
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    return false;
}

static void fail(struct assay_writer *w)
{
    if (!w->failed)
        w->errno_kept = errno;
    w->failed = true;
}

void assay_writer_record(struct assay_writer *w, json_t *record)
{
    char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;
    json_decref(record);
    if (w->fd < 0 || w->failed) { /* after a torn line nothing may follow */
        free(text);
        return;
    }
    if (!text) {
        errno = ENOMEM;
        fail(w);
        return;
    }
    size_t size = strlen(text);
    text[size++] = '\n'; /* in place of the NUL */
    size_t written = 0;
    while (written < size) { /* once, but on a disk that fills up: then the next write says what is wrong */
        ssize_t n = write(w->fd, text + written, size - written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(w);
            break;
        }
        written += (size_t)n;
    }
    free(text);
}

void assay_writer_sync(struct assay_writer *w)
{
    if (w->fd >= 0 && fsync(w->fd) != 0 && errno != EINVAL)
        fail(w);
}

bool assay_writer_close(struct assay_writer *w)
{
    if (w->fd >= 0) {
        assay_writer_sync(w);
        close(w->fd);
    }
    w->fd = -1;
    return !w->failed;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks files and reads them in windows. A window overlaps the next one by what a detector may look ahead, so
 * that each place is looked at once and with all that follows it.
 */
#include "bench/scan/scan.h"
#include "bench/scan/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK  ((size_t)1 << 20)
#define WINDOW (ASSAY_SCAN_BEHIND + CHUNK + ASSAY_SCAN_AHEAD)

struct buffers {
    uint8_t window[WINDOW], scratch[ASSAY_SCAN_AHEAD];
};

struct reading {
    struct assay_scan_job *job;
    struct buffers *buffers;
    const char *path;
    uint64_t base;  /* of the window in the file */
    uint64_t after; /* detectors are silent up to here: it is part of the last match */
    uint64_t named; /* the same for named secrets */
};

static void report(struct reading *r, const struct assay_scan_match *m, uint64_t offset)
{
    struct assay_scan_finding finding = {r->path, m->kind, offset, {0}};
    memcpy(finding.digest, m->digest, ASSAY_SCAN_DIGEST);
    if (assay_scan_allowed(r->job->allow, m->digest))
        r->job->allowed++;
    else
        r->job->found(r->job->data, &finding);
}

static void look(struct reading *r, size_t at, size_t have)
{
    const uint8_t *window = r->buffers->window;
    const struct assay_scan_place place = {.at = window + at,
                                           .size =
                                               have - at < ASSAY_SCAN_AHEAD ? have - at : ASSAY_SCAN_AHEAD,
                                           .behind = at < ASSAY_SCAN_BEHIND ? at : ASSAY_SCAN_BEHIND,
                                           .scratch = r->buffers->scratch,
                                           .room = sizeof r->buffers->scratch};
    struct assay_scan_match match;
    uint64_t offset = r->base + at;
    if (r->job->secrets && offset >= r->named && assay_scan_secret_at(r->job->secrets, &place, &match)) {
        r->named = offset + match.length;
        report(r, &match, offset);
    }
    if (offset >= r->after && assay_scan_at(&place, &match)) {
        r->after = offset + match.length;
        report(r, &match, offset);
    }
}

/* Fills the window; false at an error. *end: there is no more. */
static bool fill(int fd, uint8_t *window, size_t *have, bool *end)
{
    while (*have < WINDOW && !*end) {
        ssize_t n = read(fd, window + *have, WINDOW - *have);
        if (n < 0 && errno != EINTR)
            return false;
        *end = n == 0;
        *have += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool scan_file(struct reading *r, int fd)
{
    uint8_t *window = r->buffers->window;
    size_t have = 0, done = 0;
    bool end = false;
    while (fill(fd, window, &have, &end)) {
        size_t limit = end ? have : have - ASSAY_SCAN_AHEAD;
        for (size_t at = done; at < limit; at++)
            look(r, at, have);
        r->job->bytes += limit - done;
        if (end)
            return true;
        done = ASSAY_SCAN_BEHIND;
        size_t gone = limit - done;
        memmove(window, window + gone, have - gone);
        have -= gone;
        r->base += gone;
    }
    return false;
}

static void take(struct assay_scan_job *job, struct buffers *buffers, const FTSENT *entry)
{
    struct reading reading = {.job = job, .buffers = buffers, .path = entry->fts_path};
    struct stat about;
    /* a file may have been replaced since it was listed: by a link, or by a pipe that would be waited for */
    int flags =
        O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (entry->fts_level > FTS_ROOTLEVEL ? O_NOFOLLOW : 0);
    int fd = open(entry->fts_accpath, flags);
    if (fd < 0) {
        job->trouble(job->data, entry->fts_path, strerror(errno));
        return;
    }
    if (fstat(fd, &about) != 0)
        job->trouble(job->data, entry->fts_path, strerror(errno));
    else if (S_ISREG(about.st_mode)) {
        job->files++;
        if (!scan_file(&reading, fd))
            job->trouble(job->data, entry->fts_path, strerror(errno));
    }
    close(fd);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

bool assay_scan_paths(struct assay_scan_job *job, char *const *paths)
{
    struct buffers *buffers = malloc(sizeof *buffers);
    FTS *tree = buffers ? fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name) : NULL;
    errno = 0;
    for (FTSENT *entry; tree && (entry = fts_read(tree)) != NULL; errno = 0) {
        switch (entry->fts_info) {
        case FTS_F:
            take(job, buffers, entry);
            break;
        case FTS_DNR:
        case FTS_ERR:
        case FTS_NS:
            job->trouble(job->data, entry->fts_path, strerror(entry->fts_errno));
            break;
        case FTS_DEFAULT:
            if (entry->fts_level == FTS_ROOTLEVEL)
                job->trouble(job->data, entry->fts_path, "neither a file nor a folder");
            break;
        default: /* folders themselves, and links */
            break;
        }
    }
    bool ok = tree && errno == 0;
    if (tree)
        fts_close(tree);
    if (buffers)
        explicit_bzero(buffers, sizeof *buffers);
    free(buffers);
    return ok;
}

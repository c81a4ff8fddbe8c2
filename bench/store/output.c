/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that is made from measurements: it comes whole or not at all, and takes the place of no
 * measurements.
 */
#include "bench/store/output.h"

#include "bench/store/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool tell(const char *path, const char *what, char *why, size_t why_size)
{
    snprintf(why, why_size, "%.600s: %s", path, what);
    return false;
}

/* What run and drill write begins so. */
static bool holds_records(const char *path)
{
    static const char start[] = "{\"type\":\"";
    char found[sizeof start] = "";
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(found, 1, sizeof start - 1, file) : 0;
    if (file)
        fclose(file);
    return n == sizeof start - 1 && memcmp(found, start, n) == 0;
}

/* FOLDER/.NAME.PID, so that what reads the folder by the names' endings passes it over, and two at once do
 * not mix */
static bool name_beside(struct assay_output *out)
{
    char folder[PATH_MAX], name[PATH_MAX];
    memcpy(folder, out->place, sizeof folder);
    memcpy(name, out->place, sizeof name);
    int n = snprintf(out->beside, PATH_MAX, "%s/.%s.%ld", dirname(folder), basename(name), (long)getpid());
    return n > 0 && n < PATH_MAX;
}

bool assay_output_open(struct assay_output *out, const char *path, enum assay_output_kind kind, char *why,
                       size_t why_size)
{
    struct stat st;
    *out = (struct assay_output){0};
    if (strlen(path) >= PATH_MAX)
        return tell(path, strerror(ENAMETOOLONG), why, why_size);
    int folders = assay_make_folders(path);
    bool there = stat(path, &st) == 0;
    if (there && S_ISDIR(st.st_mode))
        return tell(path, strerror(EISDIR), why, why_size);
    if (there && !S_ISREG(st.st_mode)) {
        if (kind == ASSAY_OUTPUT_FILE)
            return tell(path, "is not a regular file", why, why_size);
        out->file = fopen(path, "we");
        return out->file ? true : tell(path, strerror(errno), why, why_size);
    }
    if (there && holds_records(path))
        return tell(path, "holds measurements, and is not overwritten", why, why_size);
    if (!there || !realpath(path, out->place)) /* a link stays, and what it points to is replaced */
        memcpy(out->place, path, strlen(path) + 1);
    if (!name_beside(out))
        return tell(path, strerror(ENAMETOOLONG), why, why_size);
    int fd = open(out->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 && !(out->file = fdopen(fd, "w")))
        close(fd);
    return out->file ? true
                     : tell(path, strerror(errno == ENOENT && folders ? folders : errno), why, why_size);
}

bool assay_output_possible(const char *path, enum assay_output_kind kind, char *why, size_t why_size)
{
    struct assay_output out;
    struct stat st;
    if (kind == ASSAY_OUTPUT_STREAM && stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return access(path, W_OK) == 0 ||
               tell(path, strerror(errno), why, why_size); /* opening a pipe waits */
    if (!assay_output_open(&out, path, kind, why, why_size))
        return false;
    fclose(out.file);
    unlink(out.beside);
    return true;
}

bool assay_output_close(struct assay_output *out, bool written, char *why, size_t why_size)
{
    bool ok = written && !ferror(out->file);
    errno = ok || errno ? errno : EIO;
    if (fclose(out->file) != 0)
        ok = false;
    if (ok && *out->beside)
        ok = rename(out->beside, out->place) == 0;
    if (ok)
        return true;
    tell(*out->place ? out->place : "output", strerror(errno), why, why_size);
    if (*out->beside)
        unlink(out->beside);
    return false;
}

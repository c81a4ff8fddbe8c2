/* SPDX-License-Identifier: Apache-2.0
 *
 * The temporary file lies in the folder of the other, so that rename(2) can replace it, under a name that
 * node_exporter does not read: it takes *.prom.
 */
#include "bench/run/metrics.h"

#include "bench/store/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROTOCOL "protocol: counters that are none"

static bool read_numbers(const json_t *array, size_t count, json_int_t least, json_int_t *out)
{
    if (json_array_size(array) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        out[i] = json_integer_value(json_array_get(array, i));
        if (!json_is_integer(json_array_get(array, i)) || out[i] < least)
            return false;
    }
    return true;
}

bool assay_metrics_collect(struct assay_process *process, int deadline_ms, struct assay_metrics *sum,
                           char why[ASSAY_WHY_MAX])
{
    struct assay_metrics more = {0};
    json_int_t count[ASSAY_CELLS], expiry[ASSAY_CERTS];
    json_t *reply;
    if (assay_process_ask(process, json_pack("{s:s}", "cmd", "counters"), deadline_ms, &reply, why) !=
        ASSAY_ASK_OK)
        return false;
    bool ok = read_numbers(json_object_get(reply, "count"), ASSAY_CELLS, 0, count) &&
              read_numbers(json_object_get(reply, "expiry"), ASSAY_CERTS, LLONG_MIN, expiry);
    json_decref(reply);
    if (!ok) {
        snprintf(why, ASSAY_WHY_MAX, PROTOCOL);
        return false;
    }
    for (size_t i = 0; i < ASSAY_CELLS; i++)
        more.count[i] = (uint64_t)count[i];
    for (size_t i = 0; i < ASSAY_CERTS; i++)
        more.expiry[i] = expiry[i];
    assay_metrics_add(sum, &more);
    return true;
}

/* Opens FOLDER/.NAME.PID, for everybody to read as the umask has it: node_exporter is another user. */
static int open_temporary(const char *path, char temporary[PATH_MAX], char why[ASSAY_WHY_MAX])
{
    char folder[PATH_MAX], name[PATH_MAX];
    struct stat st;
    int fd = -1;
    snprintf(folder, sizeof folder, "%s", path);
    snprintf(name, sizeof name, "%s", path);
    int n = snprintf(temporary, PATH_MAX, "%s/.%s.%ld", dirname(folder), basename(name), (long)getpid());
    if (strlen(path) >= PATH_MAX || n < 0 || n >= PATH_MAX)
        errno = ENAMETOOLONG;
    else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    else
        fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        snprintf(why, ASSAY_WHY_MAX, "%.300s: %s", path, strerror(errno));
    return fd;
}

bool assay_metrics_file_possible(const char *path, char why[ASSAY_WHY_MAX])
{
    char temporary[PATH_MAX];
    assay_make_folders(path);
    int fd = open_temporary(path, temporary, why);
    if (fd < 0)
        return false;
    close(fd);
    unlink(temporary);
    return true;
}

bool assay_metrics_file_write(const char *path, const struct assay_metrics *sum, char why[ASSAY_WHY_MAX])
{
    char temporary[PATH_MAX];
    int fd = open_temporary(path, temporary, why);
    if (fd < 0)
        return false;
    char *text = assay_metrics_text(sum);
    FILE *out = fdopen(fd, "w");
    bool ok = text && out && fputs(text, out) >= 0;
    if (out ? fclose(out) != 0 : close(fd) != 0)
        ok = false;
    free(text);
    ok = ok && rename(temporary, path) == 0;
    if (ok)
        return true;
    snprintf(why, ASSAY_WHY_MAX, "%.300s: %s", path, strerror(errno ? errno : EIO));
    unlink(temporary);
    return false;
}

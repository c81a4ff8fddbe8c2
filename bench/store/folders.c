/* SPDX-License-Identifier: Apache-2.0
 *
 * The folders above a file.
 */
#include "bench/store/folders.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int assay_make_folders(const char *path)
{
    char folder[PATH_MAX];
    int failed = 0;
    for (const char *slash = *path ? strchr(path + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0777) != 0 && errno != EEXIST && !failed)
            failed = errno;
    }
    return failed;
}

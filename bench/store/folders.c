/* SPDX-License-Identifier: Apache-2.0
 *
 * The folders above a file.
 */
#include "bench/store/folders.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void assay_make_folders(const char *path)
{
    char folder[PATH_MAX];
    for (const char *slash = *path ? strchr(path + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        mkdir(folder, 0777); /* it may be there; open() tells when it is not */
    }
}

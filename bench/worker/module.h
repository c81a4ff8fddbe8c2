/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads a backend module into this process, once and for good.
 */
#ifndef ASSAY_WORKER_MODULE_H
#define ASSAY_WORKER_MODULE_H

#include "backends/backend.h"

#include <limits.h>

#define ASSAY_REASON_MAX 400

struct assay_module {
    const struct assay_backend *backend;
    assay_instance *instance;
    struct assay_identity identity;
    char library_path[PATH_MAX]; /* where the library that answers was loaded from */
    char build_id[80];           /* its GNU build id in hexadecimal, "" where it has none */
};

/* false: reason has one line for the operator. */
bool assay_module_load(struct assay_module *module, const char *path, const struct assay_option *options,
                       size_t count, char reason[ASSAY_REASON_MAX]);

#endif

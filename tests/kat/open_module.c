/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens the module that a test program was told to run.
 */
#include "open_module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 8

static void log_line(const char *line)
{
    fprintf(stderr, "module: %s\n", line);
}

static const struct assay_host host = {.size = sizeof host, .abi = ASSAY_ABI, .log = log_line};

static const struct assay_backend *load(const char *path)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        fprintf(stderr, "%s\n", dlerror());
        return NULL;
    }
    const struct assay_backend *(*get)(uint32_t) = NULL;
    *(void **)&get = dlsym(module, "assay_backend_get");
    const struct assay_backend *backend = get ? get(ASSAY_ABI) : NULL;
    if (!backend)
        fprintf(stderr, "%s: not a module of this ABI\n", path);
    return backend;
}

bool open_module(int count, char **arguments, const struct assay_backend **backend, assay_instance **instance)
{
    struct assay_option options[OPTIONS_MAX];
    size_t used = 0;
    for (int i = 1; i < count && used < OPTIONS_MAX; i++) {
        char *equals = strchr(arguments[i], '=');
        if (!equals)
            continue;
        *equals = '\0';
        options[used++] = (struct assay_option){arguments[i], equals + 1};
    }
    *instance = NULL;
    *backend = count > 0 ? load(arguments[0]) : NULL;
    if (!*backend)
        return false;
    if ((*backend)->create(&host, options, used, instance) == ASSAY_OK)
        return true;
    fprintf(stderr, "%s: %s\n", (*backend)->name, (*backend)->last_error(NULL));
    return false;
}

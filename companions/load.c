/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/companion.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

assay_store_opener *assay_store_load(const char *path, char *why, size_t why_size)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, ASSAY_STORE_OPEN) : NULL;
    assay_store_opener *open = NULL;
    memcpy(&open, &symbol, sizeof open); /* ISO C has no cast from an object's pointer to a function's */
    if (!open)
        snprintf(why, why_size, "%s", dlerror());
    return open;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Random bytes from the kernel's generator.
 */
#include "backends/native/native.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static enum assay_rc rand_bytes(assay_instance *instance, uint8_t *out, size_t out_size)
{
    (void)instance;
    while (out_size > 0) {
        ssize_t got = getrandom(out, out_size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return native_fail(ASSAY_LIBRARY, "getrandom: %s", strerror(errno));
        out += got;
        out_size -= (size_t)got;
    }
    return ASSAY_OK;
}

const struct assay_rand_ops native_rand = {.size = sizeof native_rand, .bytes = rand_bytes};

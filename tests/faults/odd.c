/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules that are no good as modules, one for each value of ODD, for the one line in which each is refused.
 */
#include "backends/backend.h"

#define ODD_ABI       1 /* speaks another ABI and says so */
#define ODD_NO_SYMBOL 2
#define ODD_NULL      3 /* declines the host's ABI */
#define ODD_SHORT     4 /* a table of an older header */
#define ODD_EMPTY     5 /* a table without functions */

#if ODD == ODD_NO_SYMBOL
ASSAY_EXPORT int some_other_library(void);
int some_other_library(void)
{
    return 0;
}
#else
static const struct assay_backend backend = {
    .abi = ODD == ODD_ABI ? ASSAY_ABI + 41 : ASSAY_ABI,
    .size = ODD == ODD_SHORT ? 16 : sizeof backend,
    .name = "odd",
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    (void)host_abi;
    return ODD == ODD_NULL ? NULL : &backend;
}
#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The same as JSON, for `assay env`.
 */
#include "bench/worker/protect.h"

#include "companions/protect.h"

json_t *assay_protect(void)
{
    struct assay_protection done;
    assay_protect_process(&done);
    return json_pack("{s:s,s:s}", "core_dumps", done.core_dumps, "memory", done.memory);
}

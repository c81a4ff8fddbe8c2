/* SPDX-License-Identifier: Apache-2.0
 *
 * PR_SET_DUMPABLE would keep perf, gdb and /proc from a worker of one's own: limits do without.
 */
#include "bench/worker/protect.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4 /* Linux 4.4 */
#endif

/* A limit of 1 ends a core dump to a pipe too, which 0 leaves to the program behind it (core(5), and
 * fs/coredump.c of Linux); a file of one octet is never begun. */
static json_t *no_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return json_sprintf("not limited: %s", strerror(errno));
    limit.rlim_max = limit.rlim_max == 0 ? 0 : 1;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_CORE, &limit) != 0)
        return json_sprintf("not limited: %s", strerror(errno));
    return json_string("off");
}

/* Below a limit, a later allocation would fail: so only where there is none. As pages are touched, and not
 * before: a worker is as large as it was, and its start as fast. */
static json_t *no_swap(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return json_sprintf("not locked: %s", strerror(errno));
    if (limit.rlim_cur != RLIM_INFINITY)
        return json_sprintf("not locked: the limit is %llu bytes (ulimit -l unlimited)",
                            (unsigned long long)limit.rlim_cur);
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
        return json_sprintf("not locked: %s", strerror(errno));
    return json_string("locked");
}

json_t *assay_protect(void)
{
    return json_pack("{s:o,s:o}", "core_dumps", no_core(), "memory", no_swap());
}

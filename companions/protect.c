/* SPDX-License-Identifier: Apache-2.0
 *
 * PR_SET_DUMPABLE would keep perf, gdb and /proc from a worker of one's own: limits do without.
 */
#include "companions/protect.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4 /* Linux 4.4 */
#endif

/* A limit of 1 ends a core dump to a pipe too, which 0 leaves to the program behind it (core(5), and
 * fs/coredump.c of Linux); a file of one octet is never begun. */
static void no_core(char told[ASSAY_PROTECT_TEXT])
{
    struct rlimit limit;
    bool known = getrlimit(RLIMIT_CORE, &limit) == 0;
    if (known) {
        limit.rlim_max = limit.rlim_max == 0 ? 0 : 1;
        limit.rlim_cur = limit.rlim_max;
    }
    if (known && setrlimit(RLIMIT_CORE, &limit) == 0)
        snprintf(told, ASSAY_PROTECT_TEXT, "off");
    else
        snprintf(told, ASSAY_PROTECT_TEXT, "not limited: %s", strerror(errno));
}

/* Below a limit, a later allocation would fail: so only where there is none. As pages are touched, and not
 * before: a worker is as large as it was, and its start as fast. */
static void no_swap(char told[ASSAY_PROTECT_TEXT])
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        snprintf(told, ASSAY_PROTECT_TEXT, "not locked: the limit is %llu bytes (ulimit -l unlimited)",
                 (unsigned long long)limit.rlim_cur);
    else if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
        snprintf(told, ASSAY_PROTECT_TEXT, "not locked: %s", strerror(errno));
    else
        snprintf(told, ASSAY_PROTECT_TEXT, "locked");
}

void assay_protect_process(struct assay_protection *done)
{
    no_core(done->core_dumps);
    no_swap(done->memory);
}

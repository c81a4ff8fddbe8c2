/* SPDX-License-Identifier: Apache-2.0
 *
 * perf_event_open(2): one group of two counters a thread, so that both cover the same time.
 */
#include "bench/worker/counters.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local int group = -2; /* -2: not tried, -1: none to be had */

static int open_event(uint64_t config, int leader)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attr,
        .config = config,
        .read_format = PERF_FORMAT_GROUP,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
}

bool assay_counters_open(void)
{
    if (group != -2)
        return group >= 0;
    group = open_event(PERF_COUNT_HW_CPU_CYCLES, -1);
    if (group >= 0 && open_event(PERF_COUNT_HW_INSTRUCTIONS, group) < 0) {
        close(group);
        group = -1;
    }
    if (group < 0)
        group = -1;
    return group >= 0;
}

bool assay_counters_read(struct assay_counters *out)
{
    uint64_t values[3]; /* how many, then each */
    memset(out, 0, sizeof *out);
    if (group < 0 || read(group, values, sizeof values) != (ssize_t)sizeof values || values[0] != 2)
        return false;
    out->cycles = values[1];
    out->instructions = values[2];
    return true;
}

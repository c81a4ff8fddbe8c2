/* SPDX-License-Identifier: Apache-2.0
 *
 * Which CPUs measure. hwloc tells cores from siblings; CPU 0 takes most interrupts, so it comes last and the
 * coordinator lives there.
 */
#include "bench/run/machine.h"

#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#define CPUS_MAX 4096

/* CPUs that this process may use, in the order in which they are to be used. */
static size_t order(int *cpus)
{
    hwloc_topology_t topology;
    size_t n = 0;
    if (hwloc_topology_init(&topology) != 0)
        return 0;
    if (hwloc_topology_load(topology) == 0) {
        int cores = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE);
        bool more = cores > 0;
        for (unsigned sibling = 0; more; sibling++) {
            more = false;
            for (int i = cores - 1; i >= 0; i--) {
                hwloc_obj_t core = hwloc_get_obj_by_type(topology, HWLOC_OBJ_CORE, (unsigned)i);
                hwloc_obj_t pu =
                    hwloc_get_obj_inside_cpuset_by_type(topology, core->cpuset, HWLOC_OBJ_PU, sibling);
                if (!pu || n == CPUS_MAX)
                    continue;
                cpus[n++] = (int)pu->os_index;
                more = true;
            }
        }
    }
    hwloc_topology_destroy(topology);
    return n;
}

size_t assay_cpus_for(size_t count, char *list, size_t list_size)
{
    static int cpus[CPUS_MAX];
    size_t have = order(cpus), used = 0, i = 0;
    list[0] = '\0';
    if (have == 0) { /* a machine that hides its topology: not pinned */
        have = 1;
        cpus[0] = -1;
    }
    for (; i < count && i < have && used + 8 < list_size; i++)
        used += (size_t)snprintf(list + used, list_size - used, "%s%d", i ? "," : "", cpus[i]);
    return i;
}

void assay_cpus_leave(size_t busy)
{
    static int cpus[CPUS_MAX];
    size_t have = order(cpus);
    if (have == 0)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t i = busy < have ? busy : have - 1; i < have; i++)
        if (cpus[i] >= 0 && cpus[i] < CPU_SETSIZE)
            CPU_SET((size_t)cpus[i], &set);
    sched_setaffinity(0, sizeof set, &set); /* best effort */
}

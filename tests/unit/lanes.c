/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that run cases: every chosen one works once a run, the others rest, and all meet.
 */
#include "bench/worker/lanes.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LANES 6
#define RUNS  300

struct work {
    struct assay_lanes *lanes;
    unsigned count;
    unsigned done[LANES];
    pthread_t thread[LANES];
    atomic_uint before;
    unsigned early[LANES]; /* who had not yet come when this lane went on */
    cpu_set_t cpus[LANES];
};

static void job(unsigned lane, void *data)
{
    struct work *w = data;
    w->done[lane]++;
    w->thread[lane] = pthread_self();
    pthread_getaffinity_np(pthread_self(), sizeof w->cpus[lane], &w->cpus[lane]);
    atomic_fetch_add(&w->before, 1);
    assay_lanes_meet(w->lanes);
    w->early[lane] += w->count - atomic_load(&w->before);
    assay_lanes_meet(w->lanes);
}

static void runs(void **state)
{
    (void)state;
    static const int cpus[LANES] = {-1, -1, -1, -1, -1, -1};
    struct work w = {.lanes = assay_lanes_new(cpus, LANES)};
    unsigned expected[LANES] = {0};
    pthread_t first = 0;
    assert_non_null(w.lanes);
    assert_int_equal(assay_lanes_count(w.lanes), LANES);
    for (unsigned r = 0; r < RUNS; r++) {
        w.count = 1 + r % LANES;
        atomic_store(&w.before, 0);
        assay_lanes_run(w.lanes, w.count, job, &w);
        for (unsigned i = 0; i < w.count; i++)
            expected[i]++;
        assert_memory_equal(w.done, expected, sizeof expected);
        if (r == 0)
            first = w.thread[0];
        assert_true(pthread_equal(first, w.thread[0])); /* a lane is one thread for life */
    }
    for (unsigned i = 0; i < LANES; i++) {
        assert_int_equal(w.early[i], 0);
        assert_false(pthread_equal(w.thread[i], pthread_self()));
    }
    assay_lanes_free(w.lanes);
    assay_lanes_free(NULL);
}

static void pinned(void **state)
{
    (void)state;
    cpu_set_t mine;
    int cpu = 0;
    assert_int_equal(sched_getaffinity(0, sizeof mine, &mine), 0);
    while (!CPU_ISSET((size_t)cpu, &mine))
        cpu++;
    const int cpus[2] = {cpu, -1};
    struct work w = {.lanes = assay_lanes_new(cpus, 2), .count = 2};
    assert_non_null(w.lanes);
    assay_lanes_run(w.lanes, 2, job, &w);
    assert_int_equal(CPU_COUNT(&w.cpus[0]), 1);
    assert_true(CPU_ISSET((size_t)cpu, &w.cpus[0]));
    assert_true(CPU_EQUAL(&w.cpus[1], &mine));
    assay_lanes_free(w.lanes);
    const int nowhere[1] = {1 << 14}; /* no such CPU: the lane works all the same */
    w = (struct work){.lanes = assay_lanes_new(nowhere, 1), .count = 1};
    assert_non_null(w.lanes);
    assay_lanes_run(w.lanes, 1, job, &w);
    assert_int_equal(w.done[0], 1);
    assay_lanes_free(w.lanes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(runs), cmocka_unit_test(pinned)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

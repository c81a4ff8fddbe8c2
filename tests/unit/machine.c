/* SPDX-License-Identifier: Apache-2.0
 *
 * Which scheduling policies spoil latencies, under which limits of the kernel.
 */
#include "bench/run/machine.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void realtime_pause(void **state)
{
    (void)state;
    static const struct {
        int policy;
        long long runtime_us, period_us;
        int ms;
    } cases[] = {
        {SCHED_FIFO, 950000, 1000000, 50},
        {SCHED_RR, 950000, 1000000, 50},
        {SCHED_FIFO | SCHED_RESET_ON_FORK, 90000, 100000, 100},
        {SCHED_RR, 0, 1000000, 1000},
        {SCHED_FIFO, -1, 1000000, 0}, /* no limit */
        {SCHED_FIFO, 1000000, 1000000, 0},
        {SCHED_FIFO, 0, 0, 0}, /* the kernel has no such file */
        {SCHED_OTHER, 950000, 1000000, 0},
        {SCHED_BATCH, 950000, 1000000, 0},
        {-1, 950000, 1000000, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(assay_realtime_pause_ms(cases[i].policy, cases[i].runtime_us, cases[i].period_us) +
                             0.5,
                         cases[i].ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(realtime_pause)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

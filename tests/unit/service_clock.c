/* SPDX-License-Identifier: Apache-2.0
 *
 * The time of day as a service believes it: followed when it runs, not when it jumps or creeps.
 */
#include "kernels/service/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define WALL   1767225600000 /* 2026-01-01 */
#define STEADY 5000000
#define DAY    86400000

static struct assay_clock clock_at_begin(void)
{
    struct assay_clock c;
    assay_clock_anchor(&c, WALL, STEADY);
    return c;
}

static void follows_a_clock_that_runs(void **state)
{
    struct assay_clock c = clock_at_begin();
    (void)state;
    for (int64_t t = 0; t <= DAY; t += 60000) {
        int64_t off = t % 120000 ? 900 : -900;
        assert_int_equal(assay_clock_read(&c, WALL + t + off, STEADY + t), WALL + t + off);
        assert_false(c.jumped);
    }
}

static void holds_on_when_it_jumps(void **state)
{
    struct assay_clock c = clock_at_begin();
    const int64_t jumps[] = {-DAY, DAY, 1001, -1001, -WALL, INT32_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        assert_int_equal(assay_clock_read(&c, WALL + 10 + jumps[i], STEADY + 10), WALL + 10);
        assert_true(c.jumped);
        assert_int_equal(assay_clock_read(&c, WALL + 20, STEADY + 20), WALL + 20);
        assert_false(c.jumped); /* it is right again */
    }
}

/* Each step would be let pass by itself. */
static void does_not_follow_small_steps(void **state)
{
    struct assay_clock c = clock_at_begin();
    int64_t told = 0;
    (void)state;
    for (int64_t i = 1; i <= 100; i++)
        told = assay_clock_read(&c, WALL + 1000 * i - 500 * i, STEADY + 1000 * i);
    assert_true(c.jumped);
    assert_int_equal(told, WALL + 100000);
}

/* Who waits is granted no more than who does not. */
static void grows_no_more_tolerant(void **state)
{
    const int64_t year = 365LL * DAY;
    struct assay_clock c = clock_at_begin();
    (void)state;
    assert_int_equal(assay_clock_read(&c, WALL + year - 1000, STEADY + year), WALL + year - 1000);
    assert_false(c.jumped);
    assert_int_equal(assay_clock_read(&c, WALL + year - 1001, STEADY + year), WALL + year);
    assert_true(c.jumped);
}

static void takes_a_new_anchor_from_the_operator(void **state)
{
    struct assay_clock c = clock_at_begin();
    (void)state;
    assert_int_equal(assay_clock_read(&c, WALL + DAY, STEADY), WALL);
    assay_clock_anchor(&c, WALL + DAY, STEADY);
    assert_int_equal(assay_clock_read(&c, WALL + DAY + 5, STEADY + 5), WALL + DAY + 5);
    assert_false(c.jumped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_a_clock_that_runs),
        cmocka_unit_test(holds_on_when_it_jumps),
        cmocka_unit_test(does_not_follow_small_steps),
        cmocka_unit_test(grows_no_more_tolerant),
        cmocka_unit_test(takes_a_new_anchor_from_the_operator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Statistics against figures known from elsewhere, and the interval against its promise on invented data.
 */
#include "bench/stats/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.12g, not %.12g", got, want);
}

/* Values as R gives them: median(), quantile() of its default type 7, mad(constant = 1) */
static void test_known(void **state)
{
    (void)state;
    double odd[] = {9, 1, 5}, even[] = {4, 1, 3, 2}, one[] = {7};
    assert_near(assay_stats_median(odd, 3), 5, 0);
    assert_near(assay_stats_median(even, 4), 2.5, 0);
    assert_near(assay_stats_median(one, 1), 7, 0);
    double ten[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, five[] = {20, 1, 8, 3, 4};
    assert_near(assay_stats_quantile(ten, 10, 0.25), 3.25, 1e-12);
    assert_near(assay_stats_quantile(ten, 10, 1), 10, 0);
    assert_near(assay_stats_quantile(ten, 10, 0), 1, 0);
    assert_near(assay_stats_quantile(five, 5, 0.9), 15.2, 1e-12);
    double spread[] = {1, 1, 2, 2, 4, 6, 9};
    assert_near(assay_stats_mad(spread, 7), 1, 0);
    double many[101];
    for (int i = 0; i <= 100; i++)
        many[i] = (i * 37) % 101;
    assert_near(assay_stats_median(many, 101), 50, 0);
}

/* The authors' reference code: xoshiro256** from the state 1, 2, 3, 4; splitmix64 from 1234567 */
static void test_generator(void **state)
{
    (void)state;
    struct assay_rng rng = {{1, 2, 3, 4}};
    static const uint64_t first[] = {11520, 0, 1509978240, 1215971899390074240};
    for (size_t i = 0; i < 4; i++)
        assert_true(assay_rng_next(&rng) == first[i]);
    assay_rng_seed(&rng, 1234567);
    assert_true(rng.s[0] == 6457827717110365317u && rng.s[1] == 3203168211198807973u);
    unsigned seen[7] = {0};
    for (int i = 0; i < 70000; i++)
        seen[assay_rng_below(&rng, 7)]++; /* an index out of bounds is caught by the sanitizer */
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 9500, 10500);
    assert_true(assay_rng_below(&rng, 1) == 0);
}

static void test_estimate(void **state)
{
    (void)state;
    /* medians of the rounds: 2, 10, 5; one disturbed block (90) counts for nothing */
    const struct assay_point points[] = {{1, 1}, {1, 2}, {1, 90}, {2, 10}, {2, 10}, {4, 4}, {4, 6}};
    struct assay_estimate e, again, other;
    uint32_t rounds[7];
    double values[7];
    assert_int_equal(assay_stats_rounds(points, 7, rounds, values), 3);
    assert_int_equal(rounds[2], 4);
    assert_near(values[0], 2, 0);
    assert_near(values[1], 10, 0);
    assert_near(values[2], 5, 0);
    assert_true(assay_stats_estimate(points, 7, 1, 2000, &e));
    assert_near(e.value, 5, 0);
    assert_int_equal(e.rounds, 3);
    assert_int_equal(e.blocks, 7);
    assert_false(e.one_round);
    assert_true(e.low <= 2 && e.high >= 10 && e.high < 90);
    assert_near(e.level, 0.75, 0);
    assert_true(assay_stats_estimate(points, 7, 1, 2000, &again));
    assert_memory_equal(&e, &again, sizeof e);
    const struct assay_point noisy[] = {{1, 1},   {1, 1.7}, {2, 1.2}, {2, 2.1},
                                        {3, 1.9}, {3, 1.1}, {4, 2},   {4, 3}};
    assert_true(assay_stats_estimate(noisy, 8, 1, 200, &e));
    assert_true(assay_stats_estimate(noisy, 8, 2, 200, &other));
    assert_true(fabs(e.low - other.low) + fabs(e.high - other.high) > 0);
    assert_false(assay_stats_estimate(noisy, 0, 1, 200, &e));
}

/* Three rounds of one block: the least is the median of a resample with probability 7/27, so the 2.5 %
 * quantile is the least, and the 97.5 % quantile the greatest. */
static void test_exact_interval(void **state)
{
    (void)state;
    const struct assay_point points[] = {{1, log(2)}, {2, log(3)}, {3, log(5)}};
    struct assay_estimate e;
    assert_true(assay_stats_estimate_log(points, 3, 99, 2000, &e));
    assert_near(e.value, 3, 1e-12);
    assert_near(e.low, 2, 1e-12);
    assert_near(e.high, 5, 1e-12);
}

static void test_one_round(void **state)
{
    (void)state;
    const struct assay_point points[] = {{3, 1}, {3, 2}, {3, 3}, {3, 4}, {3, 5}};
    struct assay_estimate e;
    assert_true(assay_stats_estimate(points, 5, 1, 2000, &e));
    assert_true(e.one_round);
    assert_near(e.level, 0, 0);
    assert_near(e.value, 3, 0);
    assert_true(e.low < 3 && e.high > 3);
    assert_true(assay_stats_estimate(points, 1, 1, 2000, &e));
    assert_near(e.low, 1, 0);
    assert_near(e.high, 1, 0);
}

static double gauss(struct assay_rng *rng)
{
    double u = ((double)(assay_rng_next(rng) >> 11) + 0.5) * 0x1p-53;
    double v = (double)(assay_rng_next(rng) >> 11) * 0x1p-53;
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

/* The share of intervals that hold the true value, 0, when noise between rounds is 1 and between blocks 0.05.
 */
static double coverage(uint32_t rounds, unsigned trials)
{
    struct assay_rng rng;
    struct assay_point points[150];
    struct assay_estimate e;
    unsigned held = 0;
    assay_rng_seed(&rng, 20);
    for (unsigned t = 0; t < trials; t++) {
        for (uint32_t r = 0; r < rounds; r++) {
            double at = gauss(&rng);
            for (uint32_t b = 0; b < 3; b++)
                points[r * 3 + b] = (struct assay_point){r + 1, at + 0.05 * gauss(&rng)};
        }
        assert_true(assay_stats_estimate(points, rounds * 3, t, 500, &e));
        held += e.low <= 0 && 0 <= e.high;
    }
    return held / (double)trials;
}

/* What is printed as 95 % must be; and what is printed for few rounds too. Resampling all blocks as one heap,
 * as if they were independent, holds in about 75 % at ten rounds. */
static void test_coverage(void **state)
{
    (void)state;
    assert_near(coverage(25, 800), 0.95, 0.025);
    assert_near(coverage(10, 800), 0.94, 0.03);
    assert_near(coverage(5, 800), 0.93, 0.03);
    assert_near(coverage(3, 800), 0.75, 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),     cmocka_unit_test(test_generator),
        cmocka_unit_test(test_estimate),  cmocka_unit_test(test_exact_interval),
        cmocka_unit_test(test_one_round), cmocka_unit_test(test_coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

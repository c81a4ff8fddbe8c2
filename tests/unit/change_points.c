/* SPDX-License-Identifier: Apache-2.0
 *
 * E-divisive on invented histories. With --bar it prints how it does on 100 histories of 200 commits with 2 %
 * noise: three steps of 4 % up or down, each to be found within 5 commits, and flat ones, to be left alone.
 * The test takes a smaller share of the same.
 */
#include "bench/stats/divisive.h"
#include "bench/stats/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COMMITS 200
#define STEPS   3
#define APART   20 /* the fewest commits between two steps, and to either end */
#define NEAR    5

static double uniform(struct assay_rng *rng)
{
    return ((double)(assay_rng_next(rng) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(struct assay_rng *rng)
{
    double radius = sqrt(-2 * log(uniform(rng)));
    return radius * cos(6.283185307179586 * uniform(rng));
}

static void choose_steps(struct assay_rng *rng, size_t steps[STEPS])
{
    bool apart;
    do {
        apart = true;
        for (size_t i = 0; i < STEPS; i++) {
            steps[i] = APART + assay_rng_below(rng, COMMITS - 2 * APART + 1);
            for (size_t k = 0; k < i; k++)
                apart = apart && (steps[i] >= steps[k] + APART || steps[k] >= steps[i] + APART);
        }
    } while (!apart);
}

static void invent(struct assay_rng *rng, const size_t *steps, size_t step_count, double *values)
{
    double jump[STEPS];
    for (size_t k = 0; k < step_count; k++)
        jump[k] = assay_rng_below(rng, 2) ? log(1.04) : -log(1.04);
    for (size_t i = 0; i < COMMITS; i++) {
        values[i] = 0.02 * normal(rng);
        for (size_t k = 0; k < step_count; k++)
            values[i] += i >= steps[k] ? jump[k] : 0;
    }
}

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

static bool all_found(const size_t *steps, const struct assay_change *changes, size_t count)
{
    for (size_t k = 0; k < STEPS; k++) {
        bool found = false;
        for (size_t i = 0; i < count; i++)
            found = found || distance(changes[i].at, steps[k]) <= NEAR;
        if (!found)
            return false;
    }
    return true;
}

struct score {
    unsigned found, extra,
        alarms; /* all three steps; more changes than steps; flat histories with a change */
};

static struct score play(unsigned histories, uint64_t seed)
{
    struct score score = {0};
    struct assay_rng rng;
    struct assay_change changes[COMMITS / ASSAY_DIVISIVE_LEAST];
    double values[COMMITS];
    size_t steps[STEPS], count;
    assay_rng_seed(&rng, seed);
    for (unsigned i = 0; i < histories; i++) {
        choose_steps(&rng, steps);
        invent(&rng, steps, STEPS, values);
        assert_true(assay_divisive(values, COMMITS, i, changes, &count));
        score.found += all_found(steps, changes, count);
        score.extra += count > STEPS;
        invent(&rng, NULL, 0, values);
        assert_true(assay_divisive(values, COMMITS, i, changes, &count));
        score.alarms += count > 0;
    }
    return score;
}

/* The statistic worked out from its definition, for one split and one end of its right side */
static double by_definition(const double *v, size_t m, size_t end)
{
    double within[2] = {0, 0}, between = 0, a = (double)m, b = (double)(end - m);
    for (size_t i = 0; i < end; i++)
        for (size_t k = 0; k < i; k++) {
            if ((i < m) == (k < m))
                within[i >= m] += fabs(v[i] - v[k]);
            else
                between += fabs(v[i] - v[k]);
        }
    return a * b / (a + b) *
           (2 * between / (a * b) - 2 * within[0] / (a * (a - 1)) - 2 * within[1] / (b * (b - 1)));
}

static size_t best_by_definition(const double *v, size_t n)
{
    size_t best = 0;
    double highest = -INFINITY;
    for (size_t m = ASSAY_DIVISIVE_LEAST; m + ASSAY_DIVISIVE_LEAST <= n; m++)
        for (size_t end = m + ASSAY_DIVISIVE_LEAST; end <= n; end++) {
            double q = by_definition(v, m, end);
            if (q > highest) {
                highest = q;
                best = m;
            }
        }
    return best;
}

static void test_definition(void **state)
{
    (void)state;
    struct assay_rng rng;
    struct assay_change changes[10];
    double v[50];
    size_t count, agreed = 0;
    assay_rng_seed(&rng, 5);
    for (int t = 0; t < 50; t++) {
        size_t at = 10 + assay_rng_below(&rng, 31);
        for (size_t i = 0; i < 50; i++)
            v[i] = round(8 * normal(&rng)) / 8 + (i >= at ? 2 : 0); /* rounded: equal values */
        assert_true(assay_divisive(v, 50, 1, changes, &count));
        if (count != 1)
            continue;
        assert_int_equal(changes[0].at, best_by_definition(v, 50));
        assert_true(changes[0].p <= 0.01 && changes[0].p >= 0.001);
        agreed++;
    }
    assert_in_range(agreed, 40, 50);
}

static void test_edges(void **state)
{
    (void)state;
    struct assay_change changes[10];
    double v[50] = {0};
    size_t count = 9;
    assert_true(assay_divisive(v, 50, 1, changes, &count)); /* all the same */
    assert_int_equal(count, 0);
    assert_true(assay_divisive(v, 0, 1, changes, &count));
    assert_true(assay_divisive(v, 9, 1, changes, &count));
    assert_int_equal(count, 0);
    for (size_t i = 0; i < 50; i++)
        v[i] = i < 25 ? 1 : 2;
    assert_true(assay_divisive(v, 50, 1, changes, &count)); /* a step without noise */
    assert_int_equal(count, 1);
    assert_int_equal(changes[0].at, 25);
    v[7] = NAN;
    assert_false(assay_divisive(v, 50, 1, changes, &count));
}

static void test_share_of_bar(void **state)
{
    (void)state;
    struct score s = play(12, 20261124);
    assert_in_range(s.found, 11, 12);
    assert_in_range(s.alarms, 0, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_share_of_bar),
    };
    if (argc == 2 && strcmp(argv[1], "--bar") == 0) {
        struct score s = play(100, 1);
        printf("three steps of 4 %% in 200 commits with 2 %% noise: all found within %d commits in %u of 100 "
               "histories (bar: at least 85), more than three reported in %u\n"
               "flat: %u of 100 alarm (bar: at most 3)\n%u permutations, p at most %g\n",
               NEAR, s.found, s.extra, s.alarms, ASSAY_DIVISIVE_PERMUTATIONS, ASSAY_DIVISIVE_P);
        return s.found >= 85 && s.alarms <= 3 ? 0 : 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The Universal Scalability Law fitted to times that it was used to invent.
 */
#include "bench/stats/scaling.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ROUNDS 15

static double ns[ROUNDS * ASSAY_SCALING_COUNTS];

static double normal(struct assay_rng *rng)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double)(assay_rng_next(rng) >> 11) / 9007199254740992.0;
    return sum;
}

/* Times of 100 ns an operation on one thread; noise: a share, of each time; and a drift of whole rounds */
static struct assay_scaling_data invent(const unsigned *threads, size_t counts, double sigma, double kappa,
                                        double noise, struct assay_rng *rng)
{
    struct assay_scaling_data d = {.counts = counts, .rounds = ROUNDS, .ns = ns};
    for (size_t n = 0; n < counts; n++)
        d.threads[n] = threads[n];
    for (size_t r = 0; r < ROUNDS; r++) {
        double drift = noise > 0 ? exp(0.1 * normal(rng)) : 1;
        for (size_t n = 0; n < counts; n++) {
            double t = threads[n], time = 100 / t * (1 + sigma * (t - 1) + kappa * t * (t - 1));
            ns[r * counts + n] = time * drift * exp(noise > 0 ? noise * normal(rng) : 0);
        }
    }
    return d;
}

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.12g, not %.12g", got, want);
}

static void test_exact(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 3, 4, 8, 16, 32};
    static const double laws[][2] = {{0.05, 0.001}, {0, 0}, {0.3, 0}, {0, 0.002}, {0.9, 0.02}};
    struct assay_usl u;
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        struct assay_scaling_data d = invent(threads, 7, laws[i][0], laws[i][1], 0, NULL);
        assert_true(assay_usl_fit(&d, 1, &u));
        assert_false(u.extrapolated);
        assert_near(u.sigma.value, laws[i][0], 1e-9);
        assert_near(u.kappa.value, laws[i][1], 1e-9);
        assert_near(u.sigma.low, u.sigma.high, 1e-9);
    }
}

/* What is faster than perfect is no contention below zero. */
static void test_bounds(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 4, 8};
    struct assay_usl u;
    struct assay_scaling_data d = invent(threads, 4, -0.01, 0, 0, NULL);
    assert_true(assay_usl_fit(&d, 1, &u));
    assert_near(u.sigma.value, 0, 0);
    assert_near(u.kappa.value, 0, 0);
    d = invent(threads, 4, 0.2, -0.001, 0, NULL);
    assert_true(assay_usl_fit(&d, 1, &u));
    assert_near(u.kappa.value, 0, 0);
    assert_near(u.sigma.value, 0.2, 0.02);
}

static void test_few(void **state)
{
    (void)state;
    static const unsigned two[] = {1, 2}, three[] = {1, 2, 4}, none[] = {2, 4, 6, 8};
    struct assay_usl u;
    struct assay_scaling_data d = invent(two, 2, 0.4, 0, 0, NULL);
    assert_true(assay_usl_fit(&d, 1, &u));
    assert_true(u.extrapolated);
    assert_near(u.sigma.value, 0.4, 1e-9);
    assert_near(u.kappa.value, 0, 0);
    d = invent(three, 3, 0.1, 0.01, 0, NULL);
    assert_true(assay_usl_fit(&d, 1, &u));
    assert_true(u.extrapolated);
    assert_near(u.kappa.value, 0, 0);
    d = invent(none, 4, 0.1, 0, 0, NULL);
    assert_false(assay_usl_fit(&d, 1, &u)); /* the law begins with one */
    d = invent(two, 1, 0.1, 0, 0, NULL);
    assert_false(assay_usl_fit(&d, 1, &u));
    d = invent(two, 2, 0.1, 0, 0, NULL);
    ns[1] = 0;
    assert_false(assay_usl_fit(&d, 1, &u));
}

/* The intervals hold the truth about as often as those of medians do with so many rounds. */
static void test_intervals(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 3, 4, 6, 8};
    unsigned sigma = 0, kappa = 0, flat = 0;
    struct assay_rng rng;
    struct assay_usl u;
    assay_rng_seed(&rng, 3);
    for (unsigned i = 0; i < 60; i++) {
        struct assay_scaling_data d = invent(threads, 6, 0.08, 0.004, 0.01, &rng);
        assert_true(assay_usl_fit(&d, i, &u));
        assert_near(u.sigma.value, 0.08, 0.02);
        assert_true(u.sigma.low <= u.sigma.value && u.sigma.value <= u.sigma.high);
        sigma += u.sigma.low <= 0.08 && 0.08 <= u.sigma.high;
        kappa += u.kappa.low <= 0.004 && 0.004 <= u.kappa.high;
        d = invent(threads, 6, 0, 0, 0.01, &rng);
        assert_true(assay_usl_fit(&d, i, &u));
        flat += u.sigma.high < 0.03;
    }
    assert_in_range(sigma, 51, 60);
    assert_in_range(kappa, 51, 60);
    assert_in_range(flat, 58, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exact), cmocka_unit_test(test_bounds),
                                       cmocka_unit_test(test_few), cmocka_unit_test(test_intervals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate's bounds against exact figures, and its rule against its promises on invented rounds: how often it
 * alarms where nothing changed, and how often it finds a slow-down.
 */
#include "bench/gate/gate.h"
#include "bench/stats/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct assay_rng rng;

static double uniform(void)
{
    return (double)(assay_rng_next(&rng) >> 11) * 0x1p-53;
}

/* As launches are: most within 2 %, one in ten far out, to one side. */
static double heavy(void)
{
    double normal = sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
    return 0.02 * normal + (uniform() < 0.1 ? 0.3 * uniform() : 0);
}

/* Exact binomial tails: P(B(9) < 1) = 1/512, P(B(10) < 2) = 11/1024, P(B(20) < 6) = 0.020695 (R's pbinom). */
static void test_ranks(void **state)
{
    (void)state;
    struct assay_bound b;
    double v[20];
    for (int i = 0; i < 20; i++)
        v[i] = (i * 7) % 20;
    assert_true(assay_bound_median(v, 20, 0.0207, &b));
    assert_true(b.lower == 5 && b.upper == 14 && b.median == 9.5);
    assert_true(assay_bound_median(v, 20, 0.0206, &b));
    assert_true(b.lower == 4 && b.upper == 15);
    double nine[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    assert_true(assay_bound_median(nine, 9, 1.0 / 512, &b));
    assert_true(b.lower == 1 && b.upper == 9);
    assert_false(assay_bound_median(nine, 9, 1.0 / 513, &b));
    assert_true(isinf(b.lower) && isinf(b.upper) && b.median == 5);
    assert_false(assay_bound_median(nine, 0, 0.05, &b));
}

/* Newcombe 1998, table I: 81 of 263 is 0.2553 … 0.3662; 0 of 20 is 0 … 0.1611; 1 of 29 is 0.0061 … 0.1718. */
static void test_wilson(void **state)
{
    (void)state;
    static const struct {
        size_t k, n;
        double low, high;
    } known[] = {{81, 263, 0.2553, 0.3662}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
    double low, high;
    for (size_t i = 0; i < 3; i++) {
        assay_bound_wilson(known[i].k, known[i].n, 1.959964, &low, &high);
        assert_true(fabs(low - known[i].low) < 6e-5 && fabs(high - known[i].high) < 6e-5);
    }
    assay_bound_wilson(20, 20, 1.959964, &low, &high);
    assert_true(high == 1);
}

/* The bound misses the true median no more often than it says, and not much less often: heavy tails, skewed.
 */
static void test_coverage(void **state)
{
    (void)state;
    enum { N = 40, TRIES = 20000 };
    unsigned missed[2] = {0};
    double median = 0, v[N];
    assay_rng_seed(&rng, 7);
    static double many[200001];
    for (size_t i = 0; i < 200001; i++)
        many[i] = heavy();
    median = assay_stats_median(many, 200001);
    for (int t = 0; t < TRIES; t++) {
        struct assay_bound b;
        for (int i = 0; i < N; i++)
            v[i] = heavy();
        assert_true(assay_bound_median(v, N, 0.05, &b));
        missed[0] += b.lower > median;
        missed[1] += b.upper < median;
    }
    for (int side = 0; side < 2; side++)
        assert_in_range(missed[side], TRIES * 0.03, TRIES * 0.05); /* the exact rank's level is 0.0403 */
}

/* Two samples of unlike spread and size, as a stored run and today's are: the difference of their medians is
 * missed no more often than each side's bound says. It is conservative: both bounds must err together. */
static void test_difference(void **state)
{
    (void)state;
    enum { N = 40, M = 30, TRIES = 20000 };
    unsigned missed[2] = {0}, alarms = 0;
    double x[N], y[M];
    struct assay_bound b, of_x, of_y;
    assay_rng_seed(&rng, 13);
    for (int t = 0; t < TRIES; t++) {
        for (int i = 0; i < N; i++)
            x[i] = 0.1 + heavy() - heavy();
        for (int i = 0; i < M; i++)
            y[i] = 3 * (heavy() - heavy());
        assert_true(assay_bound_difference(x, N, y, M, 0.05, &b));
        assert_true(assay_bound_median(x, N, 0.025, &of_x) && assay_bound_median(y, M, 0.025, &of_y));
        assert_true(b.lower == of_x.lower - of_y.upper && b.upper == of_x.upper - of_y.lower);
        missed[0] += b.lower > 0.1;
        missed[1] += b.upper < 0.1;
        alarms += b.lower > 0;
    }
    for (int side = 0; side < 2; side++)
        assert_in_range(missed[side], 1, TRIES * 0.025);
    assert_true(alarms > TRIES / 2); /* and says something yet */
    static const double level[] = {0.3, 0.25, 0.05, 0.05 / 18, 0.05 / 36, 1.0 / 512, 1e-4};
    for (size_t i = 0; i < sizeof level / sizeof *level; i++) {
        double alpha = level[i];
        size_t least = assay_bound_least(alpha);
        assert_true(assay_bound_median(x, least, alpha, &b) && !assay_bound_median(x, least - 1, alpha, &b));
    }
    assert_false(assay_bound_difference(x, N, y, 4, 0.05, &b));
    assert_true(isinf(b.lower) && isinf(b.upper));
}

/* A whole gate's case on invented rounds: three looks a pass, two passes. */
static enum assay_gate_state whole(const struct assay_gate_rule *rule, double effect, size_t rounds)
{
    double v[400];
    enum assay_gate_state s = ASSAY_GATE_OPEN;
    for (unsigned pass = 1; pass <= 2 && (pass == 1 || s == ASSAY_GATE_SUSPECT); pass++) {
        size_t n = 0;
        s = ASSAY_GATE_OPEN;
        for (unsigned look = 1; look <= ASSAY_GATE_LOOKS && s == ASSAY_GATE_OPEN; look++) {
            static const double share[] = {0.15, 0.4, 1};
            struct assay_bound b;
            while (n < (size_t)(share[look - 1] * (double)rounds))
                v[n++] = effect + heavy() - heavy();
            s = assay_gate_decide(rule, pass, look == ASSAY_GATE_LOOKS, v, n, &b);
        }
    }
    return s;
}

static unsigned count(const struct assay_gate_rule *rule, double effect, enum assay_gate_state what)
{
    unsigned hits = 0;
    for (int i = 0; i < 1000; i++)
        hits += whole(rule, effect, 150) == what;
    return hits;
}

static void test_promises(void **state)
{
    (void)state;
    struct assay_gate_rule rule;
    assay_gate_rule_make(&rule, 0.03, 0, 6);
    assert_true(fabs(rule.alpha - 0.05 / 18) < 1e-12);
    assay_rng_seed(&rng, 11);
    assert_int_equal(count(&rule, 0, ASSAY_GATE_REGRESSION), 0);
    assert_true(count(&rule, 0, ASSAY_GATE_PASS) >= 950);
    assert_true(count(&rule, assay_gate_bar(&rule), ASSAY_GATE_REGRESSION) <= 3);
    assert_true(count(&rule, log1p(0.05), ASSAY_GATE_REGRESSION) >= 980);
    assert_int_equal(count(&rule, log1p(0.05), ASSAY_GATE_PASS), 0);
}

/* A floor over T/3 is what must be exceeded; under it, it changes nothing. */
static void test_floor(void **state)
{
    (void)state;
    struct assay_gate_rule low, high;
    struct assay_bound b;
    double v[64];
    for (int i = 0; i < 64; i++)
        v[i] = 0.02 + i * 1e-5;
    assay_gate_rule_make(&low, 0.03, 0.005, 1);
    assay_gate_rule_make(&high, 0.03, 0.025, 1);
    assert_int_equal(assay_gate_decide(&low, 1, true, v, 64, &b), ASSAY_GATE_SUSPECT);
    assert_int_equal(assay_gate_decide(&low, 2, true, v, 64, &b), ASSAY_GATE_REGRESSION);
    assert_true(fabs(assay_gate_detectable(&low, &b) - (log1p(0.03) / 3 + b.median - b.lower)) < 1e-12);
    assert_int_equal(assay_gate_decide(&high, 1, false, v, 64, &b), ASSAY_GATE_PASS);
    assert_int_equal(assay_gate_decide(&high, 1, false, v, 3, &b), ASSAY_GATE_OPEN);
    assert_int_equal(assay_gate_decide(&high, 1, true, v, 3, &b), ASSAY_GATE_INCONCLUSIVE);
}

/* A stored run's drift: within it nothing is a regression, and a pass keeps as far from the threshold. */
static void test_drift(void **state)
{
    (void)state;
    struct assay_gate_rule rule;
    struct assay_bound b;
    double head[64], base[64];
    static const struct {
        double drift, effect;
        enum assay_gate_state state;
    } all[] = {
        {0.02, 0.015, ASSAY_GATE_PASS},         {0.02, 0.025, ASSAY_GATE_SUSPECT},
        {0.04, 0.025, ASSAY_GATE_INCONCLUSIVE}, {0.04, 0.008, ASSAY_GATE_PASS},
        {0.06, -0.5, ASSAY_GATE_PASS},          {0.10, 0.09, ASSAY_GATE_INCONCLUSIVE},
        {0.10, 0.00, ASSAY_GATE_INCONCLUSIVE},  {0.10, 0.11, ASSAY_GATE_SUSPECT},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        for (int i = 0; i < 64; i++) {
            head[i] = 2 + log1p(all[k].effect) + i * 1e-6;
            base[i] = 2 + i * 1e-6;
        }
        assay_gate_rule_make(&rule, 0.05, 0, 1);
        rule.drift = log1p(all[k].drift);
        assert_int_equal(assay_gate_decide_stored(&rule, 1, true, head, 64, base, 64, &b), all[k].state);
        assert_true(fabs(b.median - log1p(all[k].effect)) < 1e-9);
    }
    assert_int_equal(assay_gate_decide_stored(&rule, 2, true, head, 64, base, 64, &b), ASSAY_GATE_REGRESSION);
    assert_int_equal(assay_gate_decide_stored(&rule, 1, false, head, 64, base, 4, &b), ASSAY_GATE_OPEN);
    assert_true(isinf(assay_gate_detectable(&rule, &b)));
}

/* A round's value: undisturbed blocks alone where there are any; head's and base's may come from two cases.
 */
static void test_round(void **state)
{
    (void)state;
    struct assay_gate_block head[ASSAY_GATE_BLOCKS] = {
        {{0, 8}, false}, {{0, 80}, true}, {{0, 0}, false}, {{0, 16}, false}};
    struct assay_gate_block base[ASSAY_GATE_BLOCKS] = {
        {{4, 0}, false}, {{4, 0}, false}, {{4, 0}, false}, {{2, 0}, true}};
    assert_true(fabs(assay_gate_round(head, base) - log(2)) < 1e-12);
    head[0].interrupted = true; /* now all are: 2, 20 and 8 */
    assert_true(fabs(assay_gate_round(head, base) - log(8)) < 1e-12);
    assert_true(isnan(assay_gate_round(base, base)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks),    cmocka_unit_test(test_wilson), cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_promises), cmocka_unit_test(test_floor),  cmocka_unit_test(test_difference),
        cmocka_unit_test(test_drift),    cmocka_unit_test(test_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The planner against what is known in closed form: queues with exponential and with constant service, an
 * Erlang C, and cores for a mix whose times are invented. Nothing is measured.
 */
#include "bench/capacity/capacity.h"
#include "bench/capacity/quantity.h"
#include "bench/capacity/queue.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NEAR(got, want, part) assert_true(fabs((got) / (want)-1) < (part))

static void exponential(void *data, struct assay_rng *rng, double *busy, double *wait)
{
    *busy = -log((double)((assay_rng_next(rng) >> 11) + 1) * 0x1p-53) * *(double *)data;
    *wait = 0;
}

static void constant(void *data, struct assay_rng *rng, double *busy, double *wait)
{
    (void)rng;
    *busy = *(double *)data;
    *wait = 0;
}

/* M/M/1: the response is exponential with the mean s / (1 - load). */
static void one_core_exponential(void **state)
{
    double s = 1e6;
    struct assay_queue_result r;
    (void)state;
    static const double loads[] = {0.3, 0.5, 0.7};
    for (size_t i = 0; i < 3; i++) {
        const struct assay_queue q = {loads[i] * 1000, 1, 600000, 7 + i, exponential, &s};
        assert_true(assay_queue_simulate(&q, &r));
        NEAR(r.p99_ns, log(100) * s / (1 - loads[i]), 0.05);
        NEAR(r.p50_ns, log(2) * s / (1 - loads[i]), 0.02);
        NEAR(r.wait_ns, loads[i] * s / (1 - loads[i]), 0.03);
        NEAR(r.utilisation, loads[i], 0.01);
    }
}

/* M/D/1: Pollaczek and Khinchine's mean wait. */
static void one_core_constant(void **state)
{
    double s = 2e5;
    struct assay_queue_result r;
    (void)state;
    const struct assay_queue q = {0.8 * 5000, 1, 600000, 3, constant, &s};
    assert_true(assay_queue_simulate(&q, &r));
    NEAR(r.wait_ns, 0.8 * s / (2 * 0.2), 0.03);
}

/* M/M/4 at 75 %: Erlang C says that 0.5094 of the requests wait, 1 / (4 - 3) of a service each. */
static void four_cores(void **state)
{
    double s = 1e6;
    struct assay_queue_result r;
    (void)state;
    const struct assay_queue q = {3000, 4, 600000, 5, exponential, &s};
    assert_true(assay_queue_simulate(&q, &r));
    NEAR(r.wait_ns, 0.50943 * s, 0.04);
    NEAR(r.utilisation, 0.75, 0.01);
}

/* A mix of one operation of a constant time, from the worker's bins. */
static void invent(struct assay_mix *mix, struct assay_capacity *c, double ns, unsigned rounds, double step)
{
    static const char key[] = "sign/ed25519/t1";
    *c = (struct assay_capacity){.instance = "a", .service = {.mix = mix}};
    for (unsigned r = 0; r < rounds; r++) {
        struct assay_bin bin = {(uint32_t)assay_histogram_bin((uint64_t)(ns * (1 + step * r))), 100};
        struct assay_bins bins = {&bin, 1, 100};
        assert_true(assay_demand_add(&c->service, key, &bins));
    }
}

static struct assay_mix mix_of(double rate, double count)
{
    struct assay_mix mix = {
        .rate = rate, .growth = 0.5, .application_ns = 100000, .utilisation = 0.5, .ops = 1};
    mix.op[0] = (struct assay_mix_op){.name = "signatures ed25519", .count = count, .choices = 1};
    mix.op[0].choice[0] = (struct assay_mix_choice){.share = 1, .side = ASSAY_MIX_BOTH};
    strcpy(mix.op[0].choice[0].key, "sign/ed25519/t1");
    return mix;
}

static void cores_by_utilisation(void **state)
{
    /* 1000 x 1.5 requests of 2.5 x 200 us + 100 us are 0.9 cores; at most half busy: 1.8, so 2 */
    struct assay_mix mix = mix_of(1000, 2.5);
    struct assay_capacity c[2];
    (void)state;
    invent(&mix, &c[0], 200000, 5, 0);
    invent(&mix, &c[1], 300000, 5, 0);
    assert_true(assay_capacity_plan(&mix, c, 2, 1));
    NEAR(c[0].service_ns.value, 600000, 0.005);
    NEAR(c[0].need.value, 1.8, 0.005);
    assert_true(c[0].cores.value == 2 && c[0].cores.low == 2 && c[0].cores.high == 2);
    assert_int_equal(c[0].bound, ASSAY_BOUND_UTILISATION);
    NEAR(c[0].share[0].value, 5.0 / 6, 0.01);
    NEAR(c[1].more.value, 0.25 / 0.6, 0.02); /* 850 us against 600 us */
    assert_true(c[1].cores.value == 3 && c[1].more_cores.value == 1);
    NEAR(c[0].holds_up_to, 2 * 0.5 / 600e-6, 0.02);
    assert_string_equal(c[0].input[0].change, "peak utilisation: 10 % lower");
    NEAR(c[0].input[0].cores, 0.2, 0.01);
    for (size_t i = 0; i < 2; i++)
        assay_demand_free(&c[i].service);
}

static void cores_by_objective(void **state)
{
    struct assay_mix mix = mix_of(1000, 2);
    struct assay_capacity c;
    (void)state;
    mix.p99_ns = 560000; /* hardly over a service of 500 us: waiting is for few */
    invent(&mix, &c, 200000, 5, 0);
    assert_true(assay_capacity_plan(&mix, &c, 1, 1));
    assert_int_equal(c.bound, ASSAY_BOUND_P99);
    assert_true(c.cores.value > 2 && c.cores.value < 6 && c.p99_ns.value <= 560000);
    mix.p99_ns = 400000;
    assert_true(assay_capacity_plan(&mix, &c, 1, 1));
    assert_int_equal(c.bound, ASSAY_BOUND_NEVER);
    assay_demand_free(&c.service);
}

/* Rounds that differ make an interval; the same seed makes the same one. */
static void intervals(void **state)
{
    struct assay_mix mix = mix_of(100000, 2);
    struct assay_capacity c;
    (void)state;
    invent(&mix, &c, 200000, 10, 0.02);
    assert_true(assay_capacity_plan(&mix, &c, 1, 1));
    assert_true(c.need.low < c.need.value && c.need.value < c.need.high);
    assert_true((c.need.high - c.need.low) / c.need.value < 0.12 &&
                (c.need.high - c.need.low) / c.need.value > 0.02);
    double high = c.need.high;
    assert_true(assay_capacity_plan(&mix, &c, 1, 1) && c.need.high == high);
    assay_demand_free(&c.service);
}

static void units(void **state)
{
    double v = -1;
    char currency[8];
    (void)state;
    assert_true(assay_quantity_rate("120/min", &v) && fabs(v - 2) < 1e-12);
    assert_true(assay_quantity_time("1.5 ms", &v) && v == 1.5e6);
    assert_true(assay_quantity_share("90%", &v) && fabs(v - 0.9) < 1e-12);
    assert_true(assay_quantity_size("16 KiB", &v) && v == 16384);
    assert_true(assay_quantity_price("0.04 EUR", &v, currency) && strcmp(currency, "EUR") == 0);
    v = 7;
    static const char *const bad[] = {"",      "4000",  "4000 s", "/s",     "-1/s",
                                      "nan/s", "inf/s", "0x10/s", "1e99/s", "0/s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(assay_quantity_rate(bad[i], &v));
    assert_false(assay_quantity_time("150", &v) || assay_quantity_time("150 min", &v));
    assert_false(assay_quantity_share("101%", &v) || assay_quantity_share("1.01", &v) ||
                 assay_quantity_share("x", &v));
    assert_false(assay_quantity_size("1.5 B", &v) || assay_quantity_size("16", &v) ||
                 assay_quantity_whole("1.5", &v));
    assert_false(assay_quantity_price("0.04", &v, currency) ||
                 assay_quantity_price("1 toolongname", &v, currency));
    assert_false(assay_quantity_count("0", &v) || assay_quantity_growth("40", &v));
    assert_true(v == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_core_exponential),
        cmocka_unit_test(one_core_constant),
        cmocka_unit_test(four_cores),
        cmocka_unit_test(cores_by_utilisation),
        cmocka_unit_test(cores_by_objective),
        cmocka_unit_test(intervals),
        cmocka_unit_test(units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

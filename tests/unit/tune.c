/* SPDX-License-Identifier: Apache-2.0
 *
 * What assay tune decides by: the ratio over all cases, and when a candidate is better. The samples are
 * invented.
 */
#include "bench/tune/tune.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS 10u
#define BLOCKS 3u

static const char *const cases[] = {"hash/sha256/64/t1", "hash/sha256/1350/t1"};
static char path[] = "/tmp/assay-tune-test-XXXXXX";

/* Nanoseconds an operation of the second instance, where the first has 1000; 0: it was not measured. */
typedef unsigned (*pattern)(size_t c, unsigned round, unsigned block);

static void put(FILE *f, size_t c, const char *instance, unsigned round, unsigned block, unsigned ns)
{
    fprintf(
        f,
        "{\"type\":\"sample\",\"round\":%u,\"block\":%u,\"case\":\"%s\",\"instance\":\"%s\",\"iterations\":1,"
        "\"ns\":%u}\n",
        round, block, cases[c], instance, ns);
}

static enum assay_tune_fault judge(pattern ns, struct assay_estimate *overall, char worst[64])
{
    char why[600];
    struct assay_run *run;
    struct assay_summary summary;
    const struct assay_row *row;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "{\"type\":\"run\",\"schema\":1,\"id\":\"x\",\"time\":\"T\",\"options\":{\"seed\":7},"
            "\"instances\":[\"a\","
            "\"b\"],\"cases\":[\"%s\",\"%s\"],\"machine\":{}}\n",
            cases[0], cases[1]);
    for (size_t c = 0; c < 2; c++) {
        for (const char *i = "a"; i; i = *i == 'a' ? "b" : NULL)
            fprintf(
                f,
                "{\"type\":\"cell\",\"round\":1,\"case\":\"%s\",\"instance\":\"%s\",\"status\":\"proved\"}\n",
                cases[c], i);
        for (unsigned round = 1; round <= ROUNDS; round++) {
            for (unsigned block = 1; block <= BLOCKS; block++) {
                put(f, c, "a", round, block, 1000);
                if (ns(c, round, block) > 0)
                    put(f, c, "b", round, block, ns(c, round, block));
            }
        }
    }
    assert_int_equal(fclose(f), 0);
    if (!assay_run_file_load(path, &run, why, sizeof why))
        fail_msg("%s", why);
    assert_true(assay_summary_make(run, &summary, why, sizeof why));
    enum assay_tune_fault fault = assay_tune_judge(&summary, 1, overall, &row);
    snprintf(worst, 64, "%s", row ? row->run_case->key : "");
    assay_summary_free(&summary);
    assay_run_file_free(run);
    return fault;
}

static void near(double got, double want)
{
    if (!(fabs(got - want) < 1e-9))
        fail_msg("%.12g, not %.12g", got, want);
}

/* 2 and 1/2 in the two cases: together nothing; one case 4 times as fast: twice. Wild blocks do not count. */
static unsigned both_ways(size_t c, unsigned round, unsigned block)
{
    return (void)round, block == 2 ? 90000 : c == 0 ? 500 : 2000;
}

static unsigned one_faster(size_t c, unsigned round, unsigned block)
{
    return (void)round, (void)block, c == 0 ? 250 : 1000;
}

/* A round that one of the cases lacks is left out, however good it was in the other. */
static unsigned torn(size_t c, unsigned round, unsigned block)
{
    return (void)block, c == 1 && round == ROUNDS ? 0 : round == ROUNDS ? 1 : 800;
}

static void overall_ratio(void **state)
{
    (void)state;
    struct assay_estimate e;
    char worst[64];
    judge(both_ways, &e, worst);
    near(e.value, 1);
    judge(one_faster, &e, worst);
    near(e.value, 2);
    assert_int_equal(e.rounds, ROUNDS);
    judge(torn, &e, worst);
    near(e.value, 1.25);
    near(e.high, 1.25);
    assert_int_equal(e.rounds, ROUNDS - 1);
}

static unsigned faster(size_t c, unsigned round, unsigned block)
{
    return 900 + (unsigned)(c + round + block) % 3;
}

static unsigned slower(size_t c, unsigned round, unsigned block)
{
    return 1200 - faster(c, round, block) / 9;
}

static unsigned unsure(size_t c, unsigned round, unsigned block)
{
    return (void)c, (void)block, round % 2 ? 800 : 1200;
}

static unsigned at_a_price(size_t c, unsigned round, unsigned block)
{
    return c == 0 ? 500 : 1020 + round % 2 + block % 2;
}

static unsigned hardly_a_price(size_t c, unsigned round, unsigned block)
{
    return c == 0 ? 500 : 1005 + round % 2 + block % 2;
}

static unsigned half_measured(size_t c, unsigned round, unsigned block)
{
    return c == 1 ? 0 : faster(c, round, block);
}

static void verdicts(void **state)
{
    (void)state;
    struct assay_estimate e;
    char worst[64];
    assert_int_equal(judge(faster, &e, worst), ASSAY_TUNE_BETTER);
    assert_int_equal(judge(slower, &e, worst), ASSAY_TUNE_NO_EVIDENCE);
    assert_int_equal(judge(unsure, &e, worst), ASSAY_TUNE_NO_EVIDENCE);
    assert_int_equal(judge(at_a_price, &e, worst), ASSAY_TUNE_LOSES);
    assert_string_equal(worst, cases[1]);
    assert_true(e.low > 1);
    assert_int_equal(judge(hardly_a_price, &e, worst), ASSAY_TUNE_BETTER);
    assert_int_equal(judge(half_measured, &e, worst), ASSAY_TUNE_UNMEASURED);
}

static void specs_and_plans(void **state)
{
    (void)state;
    char why[600];
    struct assay_plan plan;
    struct assay_specs specs = {.count = 2};
    struct assay_spec from = {
        .name = (char *)"n", .module = (char *)"/m", .options = {(char *)"a=1"}, .option_count = 1};
    const struct assay_tunable t = {.cases = "^hash/sha256/(64|1350)/t1$"};
    assert_true(assay_tune_spec(&specs.spec[0], &from, "other", "b=2"));
    assert_true(assay_tune_spec(&specs.spec[1], &specs.spec[0], "last", NULL));
    assert_string_equal(specs.spec[1].name, "last");
    assert_string_equal(specs.spec[1].module, "/m");
    assert_int_equal(specs.spec[1].option_count, 2);
    assert_string_equal(specs.spec[1].options[0], "a=1");
    assert_string_equal(specs.spec[1].options[1], "b=2");
    assay_specs_free(&specs);
    from.option_count = ASSAY_OPTIONS_MAX;
    for (size_t i = 0; i < ASSAY_OPTIONS_MAX; i++)
        from.options[i] = (char *)"a=1";
    specs.count = 1;
    assert_false(assay_tune_spec(&specs.spec[0], &from, "full", "b=2"));
    assay_specs_free(&specs);
    assert_true(assay_tune_plan(&plan, &t, NULL, why, sizeof why));
    assert_int_equal(plan.count, 2);
    assay_plan_free(&plan);
    assert_true(assay_tune_plan(&plan, &t, "1350", why, sizeof why));
    assert_int_equal(plan.count, 1);
    assert_string_equal(plan.keys[0], "hash/sha256/1350/t1");
    assay_plan_free(&plan);
    assert_true(assay_tune_plan(&plan, &t, "aead", why, sizeof why));
    assert_int_equal(plan.count, 0);
    assay_plan_free(&plan);
    assert_false(assay_tune_plan(&plan, &t, "(", why, sizeof why));
    assert_non_null(strstr(why, "--kernel '('"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(overall_ratio), cmocka_unit_test(verdicts),
                                       cmocka_unit_test(specs_and_plans)};
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}

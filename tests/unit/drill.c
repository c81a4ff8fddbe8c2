/* SPDX-License-Identifier: Apache-2.0
 *
 * When a drill has passed: only if the fault came, was noticed, was repaired and overcome, and nothing was
 * wrong.
 */
#include "kernels/service/drill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum leave_out { NOTHING, FAULT, DETECTION, REPAIR, RECOVERY, SERVICE, FIRST_RECOVERY };

/* What the drill below does otherwise than it should. */
static struct {
    enum leave_out left_out;
    uint64_t wrong;
    bool fails, overflows;
    enum assay_rc rc;
} mistake;

static void round_of(struct assay_drilling *d, bool first)
{
    if (mistake.left_out != FAULT)
        assay_drill_fault(d, "it breaks");
    if (mistake.left_out != DETECTION)
        assay_drill_detected(d, "seen");
    if (mistake.left_out != REPAIR)
        assay_drill_repair(d, "mended");
    if (mistake.left_out != RECOVERY && !(first && mistake.left_out == FIRST_RECOVERY))
        assay_drill_recovered(d, "works");
}

static enum assay_rc run(struct assay_drilling *d)
{
    d->served = mistake.left_out == SERVICE ? 0 : 1;
    d->wrong = mistake.wrong;
    round_of(d, true);
    round_of(d, false);
    for (unsigned i = 0; mistake.overflows && i < 2 * ASSAY_DRILL_STEPS; i++)
        assay_drill_step(d, "step %u", i);
    if (mistake.fails)
        assay_drill_fail(d, "the first reason");
    if (mistake.fails)
        assay_drill_fail(d, "the second reason");
    return mistake.rc;
}

static const struct assay_drill drill = {.name = "a drill", .run = run};

static struct assay_drilling drilled(void)
{
    struct assay_drilling d = {.drill = &drill};
    enum assay_rc rc = assay_drill_run(&d);
    assert_int_equal(rc, mistake.rc);
    return d;
}

static int forget(void **state)
{
    (void)state;
    memset(&mistake, 0, sizeof mistake);
    return 0;
}

static void passes_when_all_came(void **state)
{
    (void)state;
    struct assay_drilling d = drilled();
    assert_true(d.passed && d.detected && d.recovered);
    assert_string_equal(d.reason, "");
    assert_int_equal(d.steps, 8);
    for (size_t i = 1; i < d.steps; i++)
        assert_true(d.step[i].ns >= d.step[i - 1].ns);
}

static void fails_when_any_is_missing(void **state)
{
    static const char *const reasons[] = {
        [FAULT] = "the drill broke nothing",
        [DETECTION] = "the fault was not detected",
        [REPAIR] = "the service did not recover",
        [RECOVERY] = "the service did not recover",
        [SERVICE] = "no request was served in it",
        [FIRST_RECOVERY] = "the service did not recover", /* a later one does not make up for it */
    };
    (void)state;
    for (unsigned i = FAULT; i <= FIRST_RECOVERY; i++) {
        mistake.left_out = (enum leave_out)i;
        struct assay_drilling d = drilled();
        assert_false(d.passed);
        assert_string_equal(d.reason, reasons[i]);
    }
}

static void fails_for_a_wrong_answer(void **state)
{
    (void)state;
    mistake.wrong = 1;
    struct assay_drilling d = drilled();
    assert_false(d.passed);
}

static void keeps_the_first_reason(void **state)
{
    (void)state;
    mistake.fails = true;
    struct assay_drilling d = drilled();
    assert_false(d.passed);
    assert_string_equal(d.reason, "the first reason");
    assert_string_equal(d.step[d.steps - 1].text, "the second reason");
}

static void has_not_passed_when_it_could_not_be_carried_out(void **state)
{
    (void)state;
    mistake.rc = ASSAY_NOMEM;
    struct assay_drilling d = drilled();
    assert_false(d.passed);
}

static void keeps_the_last_step(void **state)
{
    char text[ASSAY_DRILL_TEXT];
    (void)state;
    mistake.overflows = true;
    struct assay_drilling d = drilled();
    snprintf(text, sizeof text, "step %u", 2 * ASSAY_DRILL_STEPS - 1);
    assert_int_equal(d.steps, ASSAY_DRILL_STEPS);
    assert_string_equal(d.step[d.steps - 1].text, text);
}

static void every_drill_is_whole(void **state)
{
    (void)state;
    assert_non_null(assay_drills[0]);
    for (size_t i = 0; assay_drills[i]; i++) {
        const struct assay_drill *d = assay_drills[i];
        assert_true(d->name && d->summary && d->safeguard && d->supported && d->run);
        assert_ptr_equal(assay_drill_find(d->name), d);
    }
    assert_null(assay_drill_find("all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(passes_when_all_came, forget),
        cmocka_unit_test_setup(fails_when_any_is_missing, forget),
        cmocka_unit_test_setup(fails_for_a_wrong_answer, forget),
        cmocka_unit_test_setup(keeps_the_first_reason, forget),
        cmocka_unit_test_setup(has_not_passed_when_it_could_not_be_carried_out, forget),
        cmocka_unit_test_setup(keeps_the_last_step, forget),
        cmocka_unit_test(every_drill_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

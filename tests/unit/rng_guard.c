/* SPDX-License-Identifier: Apache-2.0
 *
 * The guard of a generator: what repeats within its window is refused for good, and what does not is passed
 * on.
 */
#include "kernels/service/rng_guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A generator of numbered blocks that begins anew after `cycle` of them; 0: never. */
struct counting {
    uint64_t next, cycle;
    enum assay_rc rc;
};

static enum assay_rc count(void *data, uint8_t *out, size_t size)
{
    struct counting *c = data;
    assert_int_equal(size, ASSAY_RNG_BLOCK);
    uint64_t number = c->cycle ? c->next % c->cycle : c->next;
    memset(out, 0, size);
    memcpy(out, &number, sizeof number);
    c->next++;
    return c->rc;
}

static enum assay_rc draw(struct counting *c, unsigned times, size_t size, unsigned *served)
{
    struct assay_rng_guard g;
    uint8_t out[64];
    enum assay_rc rc = ASSAY_OK;
    assay_rng_guard_init(&g, count, c);
    for (*served = 0; rc == ASSAY_OK && *served < times; *served += rc == ASSAY_OK)
        rc = assay_rng_guard_bytes(&g, out, size);
    return rc;
}

static void passes_what_does_not_repeat(void **state)
{
    struct counting c = {0};
    unsigned served;
    (void)state;
    assert_int_equal(draw(&c, 1000, 12, &served), ASSAY_OK);
    assert_int_equal(served, 1000);
}

static void refuses_each_cycle_within_the_window(void **state)
{
    (void)state;
    for (uint64_t cycle = 1; cycle <= ASSAY_RNG_WINDOW; cycle++) {
        struct counting c = {.cycle = cycle};
        unsigned served;
        assert_int_equal(draw(&c, 1000, 12, &served), ASSAY_AUTH);
        assert_int_equal(served, cycle); /* not one that came before */
    }
    struct counting longer = {.cycle = ASSAY_RNG_WINDOW + 1}; /* what it cannot see */
    unsigned served;
    assert_int_equal(draw(&longer, 1000, 12, &served), ASSAY_OK);
}

static void finds_a_repetition_inside_a_request(void **state)
{
    struct counting c = {.cycle = 3};
    unsigned served;
    (void)state;
    assert_int_equal(draw(&c, 1, 64, &served), ASSAY_AUTH);
    assert_int_equal(served, 0);
}

static void wipes_and_stays_broken(void **state)
{
    struct counting c = {.cycle = 3};
    struct assay_rng_guard g;
    uint8_t out[64];
    const uint8_t zeros[64] = {0};
    (void)state;
    assay_rng_guard_init(&g, count, &c);
    memset(out, 1, sizeof out);
    assert_int_equal(assay_rng_guard_bytes(&g, out, sizeof out), ASSAY_AUTH);
    assert_memory_equal(out, zeros, sizeof out);
    c = (struct counting){.next = 1000}; /* it works again, and is not believed */
    memset(out, 1, sizeof out);
    assert_int_equal(assay_rng_guard_bytes(&g, out, 12), ASSAY_AUTH);
    assert_memory_equal(out, zeros, 12);
}

static void passes_a_failure_on(void **state)
{
    struct counting c = {.rc = ASSAY_LIBRARY};
    unsigned served;
    (void)state;
    assert_int_equal(draw(&c, 1, 12, &served), ASSAY_LIBRARY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_what_does_not_repeat),
        cmocka_unit_test(refuses_each_cycle_within_the_window),
        cmocka_unit_test(finds_a_repetition_inside_a_request),
        cmocka_unit_test(wipes_and_stays_broken),
        cmocka_unit_test(passes_a_failure_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The log-linear histogram: its bins cover all times without a gap and are narrow, and quantiles are those of
 * the times that went in.
 */
#include "bench/stats/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void bins_are_ordered_and_narrow(void **state)
{
    size_t last = 0;
    (void)state;
    for (uint64_t ns = 0; ns < 1u << 20; ns++) {
        size_t bin = assay_histogram_bin(ns);
        assert_true(bin == last || bin == last + 1);
        last = bin;
    }
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int64_t off = -1; off <= 1; off++) {
            uint64_t ns = (UINT64_C(1) << shift) + (uint64_t)off;
            double middle = assay_bin_value((uint32_t)assay_histogram_bin(ns));
            if (ns == 0)
                continue;
            assert_true(middle >= (double)ns * (1 - 1.0 / 512) - 0.5 &&
                        middle <= (double)ns * (1 + 1.0 / 512) + 0.5);
        }
    }
    assert_int_equal(assay_histogram_bin(UINT64_MAX), ASSAY_HISTOGRAM_BINS - 1);
}

static void quantiles_are_right(void **state)
{
    static struct assay_histogram h;
    static struct assay_bin bin[ASSAY_HISTOGRAM_BINS];
    struct assay_bins bins = {.bin = bin};
    (void)state;
    for (uint64_t i = 1; i <= 100000; i++)
        assay_histogram_add(&h, i * 10);
    for (uint32_t i = 0; i < ASSAY_HISTOGRAM_BINS; i++)
        if (h.count[i]) {
            bin[bins.count++] = (struct assay_bin){i, h.count[i]};
            bins.total += h.count[i];
        }
    static const double q[] = {0.5, 0.9, 0.99, 0.999, 0.9999, 1};
    for (size_t i = 0; i < sizeof q / sizeof *q; i++) {
        double got = assay_bins_quantile(&bins, q[i]), want = q[i] * 1e6;
        assert_true(got > want * (1 - 1.0 / 256) && got < want * (1 + 1.0 / 256));
    }
    double mean = assay_bins_mean(&bins);
    assert_true(mean > 499000 && mean < 501000);
    bins.count = bins.total = 0;
    assert_true(assay_bins_quantile(&bins, 0.5) == 0 && assay_bins_mean(&bins) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_are_ordered_and_narrow),
        cmocka_unit_test(quantiles_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

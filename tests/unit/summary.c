/* SPDX-License-Identifier: Apache-2.0
 *
 * From samples to rows with figures worked out by hand, and what the table must and must not show of them.
 */
#include "bench/report/format.h"
#include "bench/report/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/assay-summary-XXXXXX";
static FILE *file;
static struct assay_run *run;
static struct assay_summary summary;

static void assert_near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-9 * fabs(want)))
        fail_msg("%.12g, not %.12g", got, want);
}

static void begin(const char *instances)
{
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "{\"type\":\"run\",\"schema\":1,\"id\":\"x\",\"time\":\"T\",\"options\":{\"seed\":7},"
            "\"instances\":[%s],"
            "\"cases\":[\"hash/sha256/100/t1\",\"hash/sha256/100/t2\",\"tls.handshake/full/"
            "t1\"],\"machine\":{}}\n",
            instances);
}

static void cell(const char *key, const char *instance, const char *status, const char *more)
{
    fprintf(file,
            "{\"type\":\"cell\",\"round\":1,\"case\":\"%s\",\"instance\":\"%s\",\"status\":\"%s\",\"unit\":"
            "\"%s\","
            "\"bytes\":%d%s}\n",
            key, instance, status, *key == 'h' ? "bytes" : "ops", *key == 'h' ? 100 : 0, more);
}

static void sample(unsigned round, unsigned block, const char *key, const char *instance, unsigned ns,
                   const char *more)
{
    fprintf(file,
            "{\"type\":\"sample\",\"round\":%u,\"block\":%u,\"case\":\"%s\",\"instance\":\"%s\","
            "\"iterations\":10,"
            "\"ns\":%u%s}\n",
            round, block, key, instance, ns, more);
}

static void finish(void)
{
    char why[600];
    assert_int_equal(fclose(file), 0);
    if (!assay_run_file_load(path, &run, why, sizeof why))
        fail_msg("%s", why);
    assert_true(assay_summary_make(run, &summary, why, sizeof why));
}

static void drop(void)
{
    assay_summary_free(&summary);
    assay_run_file_free(run);
}

static char *table(bool colour)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const struct assay_table_options options = {.colour = colour};
    assert_non_null(out);
    assert_true(assay_table_print(out, &summary, &options));
    assert_int_equal(fclose(out), 0);
    char *copy = strdup(text); /* gcc 12 takes what a stream of memory points to for gone */
    free(text);
    assert_non_null(copy);
    return copy;
}

static void test_figures(void **state)
{
    (void)state;
    begin("\"null\",\"first\",\"second\"");
    static const unsigned first[2][2] = {{1000, 1200}, {2000, 2400}}, second[2][2] = {{500, 400}, {500, 480}};
    cell("hash/sha256/100/t1", "first", "proved", "");
    cell("hash/sha256/100/t1", "second", "proved", "");
    cell("hash/sha256/100/t1", "null", "proved", "");
    for (unsigned r = 0; r < 2; r++)
        for (unsigned b = 0; b < 2; b++) {
            sample(r + 1, b + 1, "hash/sha256/100/t1", "first", first[r][b], ",\"ticks\":3000");
            sample(r + 1, b + 1, "hash/sha256/100/t1", "second", second[r][b],
                   ",\"ticks\":3000,\"cycles\":7000,\"instructions\":9000");
            sample(r + 1, b + 1, "hash/sha256/100/t1", "null", 20, "");
        }
    sample(3, 1, "hash/sha256/100/t1", "second", 500,
           ",\"cycles\":7000"); /* the first has none in this round */
    finish();
    assert_int_equal(summary.reference, 1);
    assert_int_equal(summary.measured, 3);
    const struct assay_row *a = assay_summary_row(&summary, 0, 1), *b = assay_summary_row(&summary, 0, 2);
    assert_near(a->ns.value, (110 + 220) / 2.0);
    assert_near(a->ops, 1e9 / 165);
    assert_near(a->bytes_per_second, 1e11 / 165);
    assert_int_equal(a->ns.rounds, 2);
    assert_int_equal(a->ns.blocks, 4);
    assert_near(a->ratio.value, 1);
    assert_near(b->ns.value, 49); /* rounds: 45, 49, 50 */
    /* blocks: 2 and 3, 4 and 5; a round's value is the median of logarithms, so sqrt(6) and sqrt(20) */
    assert_near(b->ratio.value, sqrt(sqrt(6) * sqrt(20)));
    assert_int_equal(b->ratio.rounds, 2);
    assert_int_equal(b->ratio.blocks, 4);
    assert_int_equal(a->cycles_source, ASSAY_CYCLES_TSC);
    assert_near(a->cycles, 3);
    assert_int_equal(b->cycles_source, ASSAY_CYCLES_HARDWARE);
    assert_true(b->cycles_per_byte);
    assert_near(b->cycles, 7);
    const struct assay_row *probe = assay_summary_row(&summary, 0, 0);
    assert_true(probe->probe && probe->measured && !probe->has_ratio);
    assert_near(probe->ns.value, 2);
    drop();
}

/* null:copy has a ratio, but ratios are never to it. */
static void test_copy(void **state)
{
    (void)state;
    begin("\"null:copy:threads=2\",\"first\",\"null:other\"");
    static const char *const names[] = {"null:copy:threads=2", "first", "null:other"};
    static const unsigned ns[] = {500, 1000, 20};
    for (size_t i = 0; i < 3; i++) {
        cell("hash/sha256/100/t1", names[i], "proved", "");
        sample(1, 1, "hash/sha256/100/t1", names[i], ns[i], "");
    }
    finish();
    assert_int_equal(summary.reference, 1);
    const struct assay_row *copy = assay_summary_row(&summary, 0, 0);
    assert_true(copy->copy && !copy->probe && copy->has_ratio);
    assert_near(copy->ratio.value, 2);
    const struct assay_row *other = assay_summary_row(&summary, 0, 2);
    assert_true(other->probe && !other->copy && !other->has_ratio);
    drop();
}

static void test_threads_and_sides(void **state)
{
    (void)state;
    begin("\"first\"");
    cell("hash/sha256/100/t2", "first", "proved", "");
    cell("tls.handshake/full/t1", "first", "proved", ",\"sides\":[\"client\",\"server\"]");
    sample(1, 1, "hash/sha256/100/t2", "first", 1000, ",\"ticks\":3000");
    sample(1, 1, "tls.handshake/full/t1", "first", 1000, ",\"side_ns\":[600,400]");
    sample(1, 2, "tls.handshake/full/t1", "first", 1100, ",\"side_ns\":[610,490]");
    finish();
    const struct assay_row *two = assay_summary_row(&summary, 1, 0), *tls = assay_summary_row(&summary, 2, 0);
    assert_near(two->cycles, 6); /* both threads spent the ticks that passed */
    assert_true(tls->has_sides && tls->ns.one_round);
    assert_near(tls->side_ns[0].value, 60.5);
    assert_near(tls->side_ns[1].value, 44.5);
    assert_near(tls->bytes_per_second + 1, 1);
    char *text = table(false);
    assert_non_null(strstr(text, "· client"));
    assert_non_null(strstr(text, "One round: no evidence between processes."));
    assert_non_null(strstr(text, "The run has no end record"));
    free(text);
    drop();
}

static void test_not_measured(void **state)
{
    (void)state;
    begin("\"first\",\"second\"");
    cell("hash/sha256/100/t1", "first", "refused", ",\"reason\":\"FIPS 180 vector 2 differs\"");
    sample(1, 1, "hash/sha256/100/t1", "first", 1234, "");
    cell("hash/sha256/100/t1", "second", "proved", "");
    sample(1, 1, "hash/sha256/100/t1", "second", 1000, "");
    cell("hash/sha256/100/t2", "second", "unsupported", ",\"reason\":\"has no threads\"");
    cell("tls.handshake/full/t1", "second", "unsupported", ",\"reason\":\"has no threads\"");
    cell("tls.handshake/full/t1", "first", "failed", ",\"reason\":\"signal 11\"");
    finish();
    assert_int_equal(summary.refused, 1);
    assert_int_equal(summary.failed, 1);
    assert_int_equal(summary.unsupported, 2);
    assert_int_equal(summary.missing, 1);
    assert_false(
        assay_summary_row(&summary, 0, 0)->measured); /* samples of a wrong answer count for nothing */
    assert_false(assay_summary_row(&summary, 0, 1)->has_ratio);
    char *text = table(false), *colour = table(true);
    assert_null(strstr(text, "123 ns"));
    assert_non_null(strstr(text, "REFUSED, wrong answer: FIPS 180 vector 2 differs"));
    assert_non_null(strstr(text, "FAILED: signal 11"));
    assert_non_null(strstr(text, "1 refused, 1 failed, 1 not reached"));
    const char *reason = strstr(text, "second, unsupported: has no threads");
    assert_non_null(reason);
    assert_non_null(strstr(reason, "hash/sha256/100/t2, tls.handshake/full/t1"));
    assert_null(strstr(reason + 1, "second, unsupported: has no threads"));
    assert_null(strchr(text, '\033'));
    assert_non_null(strstr(colour, "\033[1;31m"));
    free(text);
    free(colour);
    drop();
}

static void test_nothing(void **state)
{
    (void)state;
    begin("\"first\"");
    finish();
    char *text = table(false);
    assert_non_null(strstr(text, "Nothing was measured."));
    free(text);
    drop();
}

static void test_format(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *figure, *rate, *time;
    } rows[] = {
        {0, "0", "0 /s", "0 ns"},
        {0.04567, "0.046", "0.046 /s", "0.046 ns"},
        {0.99949, "0.999", "0.999 /s", "0.999 ns"},
        {0.9996, "1.00", "1.00 /s", "1.00 ns"},
        {9.996, "10.0", "10.0 /s", "10.0 ns"},
        {99.94, "99.9", "99.9 /s", "99.9 ns"},
        {99.96, "100", "100 /s", "100 ns"},
        {999.4, "999", "999 /s", "999 ns"},
        {999.6, "1000", "1.00 k/s", "1.00 µs"},
        {1.5e6, "1500000", "1.50 M/s", "1.50 ms"},
        {2.5e10, "25000000000", "25.0 G/s", "25.0 s"},
    };
    char out[ASSAY_FORMAT_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assay_format_figure(rows[i].value, out);
        assert_string_equal(out, rows[i].figure);
        assay_format_scaled(rows[i].value, "/s", out);
        assert_string_equal(out, rows[i].rate);
        assay_format_time(rows[i].value, out);
        assert_string_equal(out, rows[i].time);
    }
    assay_format_size(1350, out);
    assert_string_equal(out, "1350 B");
    assay_format_size(16384, out);
    assert_string_equal(out, "16 KiB");
    assay_format_size(1 << 20, out);
    assert_string_equal(out, "1 MiB");
    assert_int_equal(assay_format_width("µs ±"), 4);
    char library[64];
    assay_format_library("OpenSSL", "OpenSSL 3.0.19", library, sizeof library);
    assert_string_equal(library, "OpenSSL 3.0.19");
    assay_format_library("libsodium", "1.0.18", library, sizeof library);
    assert_string_equal(library, "libsodium 1.0.18");
    assay_format_library("nettle", "", library, sizeof library);
    assert_string_equal(library, "nettle");
}

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),           cmocka_unit_test(test_copy),
        cmocka_unit_test(test_threads_and_sides), cmocka_unit_test(test_not_measured),
        cmocka_unit_test(test_nothing),           cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

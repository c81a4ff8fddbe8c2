/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader of run files: what a good file means, and that no file makes it crash or accept nonsense. Run
 * under ASan and UBSan, reading beyond a line or a list is an error here.
 */
#include "bench/store/run_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define RUN                                                                                                  \
    "{\"type\":\"run\",\"schema\":1,\"id\":\"x\",\"time\":\"2026-11-24T03:45:12Z\",\"options\":{\"seed\":7," \
    "\"rounds\":2,\"blocks\":2,\"min_time_ns\":20000000,\"threads\":[1,2],\"kernel\":null},\"instances\":["  \
    "\"a\","                                                                                                 \
    "\"b\"],\"cases\":[\"hash/sha256/64/t1\",\"sign/ed25519/"                                                \
    "t2\"],\"machine\":{\"cpu\":\"C\",\"tsc_hz\":2e9},"                                                      \
    "\"environment\":{\"OPENSSL_ia32cap\":\"\"}}\n"
#define AT(round, block, c, i)                                                                               \
    "{\"type\":\"sample\",\"round\":" #round ",\"block\":" #block ",\"case\":\"" c "\",\"instance\":\"" i    \
    "\","
#define SAMPLE(round, block, c, i, ns) AT(round, block, c, i) "\"iterations\":10,\"ns\":" #ns "}\n"
#define CELL(round, c, i, status, more)                                                                      \
    "{\"type\":\"cell\",\"round\":" #round ",\"case\":\"" c "\",\"instance\":\"" i "\",\"status\":\"" status \
    "\"" more "}\n"
#define SHA "hash/sha256/64/t1"
#define ED  "sign/ed25519/t2"

static char path[32]; /* of a file in memory: thousands are written */
static int memory;
static char why[600];

static struct assay_run *load_bytes(const void *data, size_t size)
{
    struct assay_run *run;
    assert_int_equal(ftruncate(memory, 0), 0);
    assert_int_equal(pwrite(memory, data, size, 0), size);
    *why = '\0';
    if (!assay_run_file_load(path, &run, why, sizeof why)) {
        assert_null(run);
        assert_memory_equal(why, path, strlen(path)); /* names the file */
        assert_true(strlen(why) > strlen(path) + 5);
    }
    return run;
}

static struct assay_run *load(const char *text)
{
    return load_bytes(text, strlen(text));
}

static const char good[] = RUN
    "{\"type\":\"instance\",\"round\":1,\"instance\":\"a\",\"library\":\"L\",\"version\":\"1\",\"fips_"
    "active\":true}\n"
    "{\"type\":\"instance\",\"round\":2,\"instance\":\"a\",\"library\":\"L\",\"version\":\"2\"}\n"
    "{\"type\":\"instance\",\"round\":1,\"instance\":\"b\",\"error\":\"no such file\"}\n"
    "{\"type\":\"a record of tomorrow\",\"round\":-1}\n" CELL(
        1, SHA, "a", "proved", ",\"answers\":6,\"unit\":\"bytes\",\"bytes\":64")
        CELL(1, SHA, "b", "unsupported", ",\"reason\":\"has none\\u001b[31m\\u0085!\"")
            CELL(1, ED, "a", "proved", "") CELL(2, ED, "a", "failed", ",\"reason\":\"signal 11\"") CELL(
                1, ED, "b", "proved", ",\"sides\":[\"client\",\"server\"]") SAMPLE(2, 1, SHA, "a", 300)
                SAMPLE(1, 2, SHA, "a", 200) SAMPLE(1, 1, SHA, "a", 100) SAMPLE(1, 2, SHA, "a", 222)
                    SAMPLE(1, 1, ED, "a",
                           5) "{\"type\":\"round\",\"round\":1,\"noise\":{\"steal_ppm\":3,\"switches\":2}}\n"
                              "{\"type\":\"end\",\"complete\":true,\"interrupted\":false,\"noise\":{"
                              "\"verdict\":\"noisy\",\"why\":[\"steal\"]}}\n";

static void test_good(void **state)
{
    (void)state;
    struct assay_run *run = load(good);
    assert_non_null(run);
    assert_int_equal(run->seed, 7);
    assert_int_equal(run->thread_count, 2);
    assert_int_equal(run->instance_count, 2);
    assert_int_equal(run->case_count, 2);
    assert_string_equal(run->environment[0].name, "OPENSSL_ia32cap");
    assert_string_equal(run->environment[0].value, "");
    assert_string_equal(run->kernel_filter, "");
    assert_string_equal(run->instances[0].version, "2");
    assert_true(run->instances[0].changed && run->instances[0].seen);
    assert_string_equal(run->instances[1].error, "no such file");
    assert_false(run->instances[1].seen);
    assert_int_equal(run->sample_count, 4); /* of five, one was repeated */
    assert_true(run->ended && run->complete && run->noisy && !run->torn);
    assert_int_equal(run->noise_count, 1);
    assert_string_equal(run->noise_why[0], "steal");
    assert_int_equal(run->good_bytes, strlen(good));
    const struct assay_cell *cell = assay_run_file_cell(run, 0, 0);
    assert_int_equal(cell->status, ASSAY_CELL_PROVED);
    assert_int_equal(cell->bytes, 64);
    assert_true(cell->unit_bytes);
    assert_int_equal(cell->sample_count, 3);
    assert_int_equal(cell->samples[0].ns, 100);
    assert_int_equal(cell->samples[1].ns, 222); /* the last one of the place */
    assert_int_equal(cell->samples[2].round, 2);
    assert_int_equal(assay_run_file_cell(run, 1, 0)->status, ASSAY_CELL_FAILED);
    assert_string_equal(assay_run_file_cell(run, 1, 1)->sides[1], "server");
    /* no file can steer a terminal */
    assert_string_equal(assay_run_file_cell(run, 0, 1)->reason, "has none [31m  !");
    assert_int_equal(assay_run_file_find_case(run, ED), 1);
    assert_int_equal(assay_run_file_find_case(run, "sign"), -1);
    assert_int_equal(assay_run_file_find_instance(run, "b"), 1);
    assay_run_file_free(run);
}

static void test_finished(void **state)
{
    (void)state;
    struct assay_run *run = load(good);
    assert_non_null(run);
    assert_true(assay_run_file_is_finished(run, 0, 0, 1, 2));
    assert_false(assay_run_file_is_finished(run, 0, 0, 2, 2));
    assert_true(assay_run_file_is_finished(run, 0, 1, 2, 2));  /* unsupported */
    assert_true(assay_run_file_is_finished(run, 1, 0, 2, 2));  /* failed */
    assert_false(assay_run_file_is_finished(run, 1, 1, 1, 1)); /* proved, no sample */
    assert_null(assay_run_file_sample(run, 0, 0, 3, 1));
    assert_int_equal(assay_run_file_sample(run, 0, 0, 2, 1)->ns, 300);
    assay_run_file_free(run);
    run = load(
        RUN SAMPLE(1, 1, SHA, "a", 1) "{\"type\":\"end\",\"complete\":false}\n" SAMPLE(1, 2, SHA, "a", 1));
    assert_non_null(run);
    assert_false(run->ended); /* it was resumed */
    assay_run_file_free(run);
}

/* Cut anywhere, a file loses its last line and nothing else. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    size_t whole = strlen(good), first = strlen(RUN);
    for (size_t size = 0; size <= whole; size++) {
        struct assay_run *run = load_bytes(good, size);
        if (size < first) {
            assert_null(run);
            continue;
        }
        assert_non_null(run);
        assert_true(run->good_bytes <= size);
        assert_true(good[run->good_bytes - 1] == '\n');
        assert_null(memchr(good + run->good_bytes, '\n', size - run->good_bytes));
        assert_true(run->torn == (run->good_bytes < size));
        assay_run_file_free(run);
    }
}

/* Any one byte changed: an error or a file, no crash. Lines after the changed one keep it from passing as
 * torn. */
static void test_changed_anywhere(void **state)
{
    (void)state;
    static const char changes[] = {'\0', '\n', '"', '9', '-', '}', '[', (char)0xff};
    char copy[sizeof good];
    size_t refused = 0;
    for (size_t i = 0; i < strlen(good); i++)
        for (size_t k = 0; k < sizeof changes; k++) {
            memcpy(copy, good, sizeof good);
            copy[i] = changes[k];
            struct assay_run *run = load_bytes(copy, strlen(good));
            refused += run == NULL;
            assay_run_file_free(run);
        }
    assert_true(refused > strlen(good)); /* quotes and braces alone are that many */
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", ": the file is empty"},
        {"\n", ":1: no run file of assay: not JSON"},
        {"key,value\n1,2\n", ":1: no run file of assay: not JSON"},
        {"{\n  \"context\": {}\n}\n", ":1: no run file of assay: not JSON"},
        {"{\"context\":{}}\n", ":1: no run file of assay: the first line is not a \"run\" record"},
        {"{\"type\":\"drills\"}\n", ":1: a file of drills, which assay drill --show prints"},
        {"[1]\n", ":1: no run file of assay: the first line is not a \"run\" record"},
        {"{\"type\":\"run\"", ":1: no run file of assay: the first line does not end"},
        {"{\"type\":\"run\",\"schema\":2}\n", ":1: schema 2: this assay reads schema 1"},
        {"{\"type\":\"run\",\"schema\":1}\n", ":1: \"instances\" must list 1 to 64 names"},
        {"{\"type\":\"run\",\"schema\":1,\"instances\":[\"a\",\"a\"]}\n",
         ":1: \"instances\" lists \"a\" twice"},
        {"{\"type\":\"run\",\"schema\":1,\"instances\":[\"a\"],\"cases\":[3]}\n",
         ":1: \"cases\" must be a list of keys"},
        {RUN RUN, ":2: a second \"run\" record"},
        {RUN "rubbish\n" SAMPLE(1, 1, SHA, "a", 1), ":2: not JSON"},
        {RUN "\n" SAMPLE(1, 1, SHA, "a", 1), ":2: not JSON"},
        {RUN "{\"round\":1}\n", ":2: no record: \"type\" is missing"},
        {RUN "[]\n", ":2: no record: \"type\" is missing"},
        {RUN SAMPLE(1, 1, "x/y", "a", 1), ":2: \"case\": \"x/y\" is not in the list of the first line"},
        {RUN SAMPLE(1, 1, SHA, "c", 1), ":2: \"instance\": \"c\" is not in the list of the first line"},
        {RUN SAMPLE(0, 1, SHA, "a", 1), ":2: \"round\" must be a whole number from 1 to"},
        {RUN SAMPLE(1.5, 1, SHA, "a", 1), ":2: \"round\" must be a whole number"},
        {RUN SAMPLE(1, 1, SHA, "a", 0), ":2: \"ns\" must be a whole number from 1"},
        {RUN SAMPLE(1, 1, SHA, "a", -4), ":2: \"ns\" must be a whole number"},
        {RUN AT(1, 1, SHA, "a") "\"iterations\":0,\"ns\":5}\n",
         ":2: \"iterations\" must be a whole number from 1"},
        {RUN AT(1, 1, SHA, "a") "\"iterations\":1,\"ns\":5,\"side_ns\":[1]}\n",
         ":2: \"side_ns\" must list 2 numbers"},
        {RUN AT(1, 1, SHA, "a") "\"ns\":5}\n", ":2: \"iterations\" must"},
        {RUN CELL(1, SHA, "a", "fine", ""), ":2: \"status\" must be proved, unsupported, refused or failed"},
        {RUN CELL(1, SHA, "a", "proved", ",\"reason\":7"), ":2: \"reason\" must be a string"},
        {RUN CELL(1, SHA, "a", "proved", ",\"unit\":\"eggs\""), ":2: \"unit\" must be bytes or ops"},
        {RUN "{\"type\":\"end\",\"complete\":1}\n", ":2: \"complete\" must be true or false"},
        {RUN "{\"type\":\"end\",\"noise\":[]}\n", ":2: \"noise\" must be an object"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(load(bad[i].text));
        if (strncmp(why + strlen(path), bad[i].says, strlen(bad[i].says)) != 0)
            fail_msg("'%s' does not say '%s'", why, bad[i].says);
    }
}

static void test_foreign(void **state)
{
    (void)state;
    struct assay_run *run;
    char noise[4096];
    uint64_t x = 1;
    for (int i = 0; i < 50; i++) { /* binary */
        for (size_t k = 0; k < sizeof noise; k++)
            noise[k] = (char)((x = x * 6364136223846793005u + 1442695040888963407u) >> 56);
        assert_null(load_bytes(noise, sizeof noise));
    }
    size_t huge = (16u << 20) + 4096;
    char *line = malloc(huge);
    assert_non_null(line);
    memset(line, '[', huge); /* one long line; nested beyond any stack */
    assert_null(load_bytes(line, huge));
    assert_non_null(strstr(why, "a line of more than"));
    line[1 << 20] = '\n';
    assert_null(load_bytes(line, huge));
    assert_non_null(strstr(why, ":1: no run file of assay: not JSON"));
    free(line);
    assert_false(assay_run_file_load("/tmp", &run, why, sizeof why));
    assert_string_equal(why, "/tmp: is a directory");
    assert_false(assay_run_file_load("/nowhere/x", &run, why, sizeof why));
    assert_string_equal(why, "/nowhere/x: No such file or directory");
    char folder[] = "/tmp/assay-run-file-XXXXXX", fifo[64];
    assert_non_null(mkdtemp(folder));
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_false(assay_run_file_load(fifo, &run, why, sizeof why)); /* and it does not wait */
    assert_non_null(strstr(why, "is not a regular file"));
    assert_int_equal(unlink(fifo), 0);
    assert_int_equal(rmdir(folder), 0);
    assay_run_file_free(NULL);
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *key, *kernel, *values, *series;
        unsigned threads;
        bool has_size;
        uint64_t size;
    } keys[] = {
        {"aead.seal/aes-256-gcm/16384/t1", "aead.seal", "aes-256-gcm/16384", "aes-256-gcm", 1, true, 16384},
        {"sign/ed25519/t12", "sign", "ed25519", "ed25519", 12, false, 0},
        {"envelope/kw/1024/b16/t2", "envelope", "kw/1024/b16", "kw/b16", 2, true, 1024},
        {"hkdf/sha256/x/64/t1", "hkdf", "sha256/x/64", "sha256/x", 1, true, 64},
        {"rand/t1", "rand", "", "", 1, false, 0},
        {"rand", "rand", "", "", 1, false, 0},
        {"a//b/t0", "a", "/b/t0", "b/t0", 1, false, 0},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[600];
        snprintf(text, sizeof text,
                 "{\"type\":\"run\",\"schema\":1,\"instances\":[\"a\"],\"cases\":[\"%s\"]}\n", keys[i].key);
        struct assay_run *run = load(text);
        assert_non_null(run);
        assert_string_equal(run->cases[0].kernel, keys[i].kernel);
        assert_string_equal(run->cases[0].values, keys[i].values);
        assert_string_equal(run->cases[0].series, keys[i].series);
        assert_int_equal(run->cases[0].threads, keys[i].threads);
        assert_int_equal(run->cases[0].has_size, keys[i].has_size);
        assert_int_equal(run->cases[0].size, keys[i].size);
        assay_run_file_free(run);
    }
}

static int set_up(void **state)
{
    (void)state;
    memory = memfd_create("run", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    return memory < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),         cmocka_unit_test(test_finished),
        cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_keys),         cmocka_unit_test(test_changed_anywhere),
        cmocka_unit_test(test_foreign),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Files made from measurements: whole or not at all, and never in the place of measurements.
 */
#include "bench/store/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char work[] = "/tmp/assay-output-XXXXXX";

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void holds(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    assert_int_equal(n, strlen(text));
    assert_string_equal(found, text);
}

static size_t files(void)
{
    size_t n = 0;
    DIR *dir = opendir(".");
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

/* Whether text comes to path. */
static bool write_text(const char *path, enum assay_output_kind kind, const char *text, char why[512])
{
    struct assay_output out;
    return assay_output_open(&out, path, kind, why, 512) &&
           assay_output_close(&out, fputs(text, out.file) >= 0, why, 512);
}

static void refuses(const char *path, enum assay_output_kind kind, const char *word)
{
    char why[512] = "";
    size_t before = files();
    assert_false(assay_output_possible(path, kind, why, sizeof why));
    assert_non_null(strstr(why, path));
    assert_non_null(strstr(why, word));
    assert_false(write_text(path, kind, "new", why));
    assert_int_equal(files(), before);
}

static void test_whole(void **state)
{
    char why[512];
    (void)state;
    assert_true(assay_output_possible("deep/new", ASSAY_OUTPUT_FILE, why, sizeof why));
    assert_int_equal(access("deep/new", F_OK), -1);
    assert_true(write_text("deep/new", ASSAY_OUTPUT_FILE, "one", why));
    holds("deep/new", "one");
    assert_int_equal(symlink("deep/new", "link"), 0);
    assert_true(write_text("link", ASSAY_OUTPUT_FILE, "two", why));
    holds("deep/new", "two");
    struct stat st;
    assert_int_equal(lstat("link", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(files(), 2);
}

static void test_failed(void **state)
{
    char why[512];
    struct assay_output out;
    struct rlimit usual, small;
    (void)state;
    put("kept", "old");
    size_t before = files();
    assert_true(assay_output_open(&out, "kept", ASSAY_OUTPUT_FILE, why, sizeof why));
    assert_false(assay_output_close(&out, false, why, sizeof why));
    getrlimit(RLIMIT_FSIZE, &usual);
    small = (struct rlimit){.rlim_cur = 2, .rlim_max = usual.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    bool written = write_text("kept", ASSAY_OUTPUT_FILE, "longer", why);
    setrlimit(RLIMIT_FSIZE, &usual);
    assert_false(written);
    assert_non_null(strstr(why, "kept: File too large"));
    holds("kept", "old");
    assert_int_equal(files(), before);
}

static void test_refused(void **state)
{
    (void)state;
    put("run.ndjson", "{\"type\":\"run\",\"schema\":1}\n");
    assert_int_equal(symlink("run.ndjson", "other"), 0);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    refuses("run.ndjson", ASSAY_OUTPUT_STREAM, "not overwritten");
    refuses("other", ASSAY_OUTPUT_FILE, "not overwritten");
    refuses("deep", ASSAY_OUTPUT_STREAM, "Is a directory");
    refuses("run.ndjson/below", ASSAY_OUTPUT_STREAM, "Not a directory");
    refuses("pipe", ASSAY_OUTPUT_FILE, "not a regular file");
    holds("run.ndjson", "{\"type\":\"run\",\"schema\":1}\n");
}

/* A pipe stands for devices: were it replaced, nothing but the test would be broken. */
static void test_stream(void **state)
{
    char why[512], found[8] = "";
    struct stat st;
    (void)state;
    int reader = open("pipe", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_true(assay_output_possible("pipe", ASSAY_OUTPUT_STREAM, why, sizeof why));
    assert_true(write_text("pipe", ASSAY_OUTPUT_STREAM, "away", why));
    assert_int_equal(read(reader, found, sizeof found), 4);
    assert_string_equal(found, "away");
    close(reader);
    assert_int_equal(lstat("pipe", &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
}

static int enter(void **state)
{
    (void)state;
    return mkdtemp(work) && chdir(work) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    static const char *const made[] = {"deep/new", "link", "kept", "run.ndjson", "other", "pipe"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        unlink(made[i]);
    return rmdir("deep") == 0 && rmdir(work) == 0 ? 0 : -1;
}

int main(void)
{
    alarm(60); /* a pipe that is opened as a file is waits for a writer */
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_failed),
                                       cmocka_unit_test(test_refused), cmocka_unit_test(test_stream)};
    return cmocka_run_group_tests(tests, enter, leave);
}

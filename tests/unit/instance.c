/* SPDX-License-Identifier: Apache-2.0
 *
 * From the text of --instance to modules and options; and the run file's writer.
 */
#include "bench/run/instance.h"
#include "bench/run/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[PATH_MAX];

static void touch(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    close(fd);
}

static int enter(void **state)
{
    (void)state;
    char name[] = "/tmp/assay-instance-XXXXXX";
    if (!mkdtemp(name) || chdir(name) != 0 || !getcwd(folder, sizeof folder))
        return -1;
    mkdir("a", 0755);
    mkdir("b", 0755);
    touch("a/assay-backend-one.so");
    touch("b/assay-backend-one.so");
    touch("b/assay-backend-two.so");
    touch("b/assay-backend-null.so");
    touch("b/assay-backend-openssl.so");
    touch("b/assay-backend-.so");
    touch("b/other.so");
    touch("b/c++.so");
    setenv("ASSAY_BACKEND_PATH", "a::b:/no/such", 1);
    setenv("XDG_DATA_HOME", "/no/such", 1);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") != 0 || system(command) != 0;
}

static void assert_module(const struct assay_spec *spec, const char *name)
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_string_equal(spec->module, path);
}

static void parsed(void **state)
{
    (void)state;
    struct assay_specs specs;
    char why[500];
    assert_true(assay_specs_parse(&specs, "one,two:portable:x=y=z,./b/other.so:k=", why, sizeof why));
    assert_int_equal(specs.count, 3);
    assert_string_equal(specs.spec[0].name, "one");
    assert_module(&specs.spec[0], "a/assay-backend-one.so"); /* the first folder wins */
    assert_int_equal(specs.spec[0].option_count, 0);
    assert_string_equal(specs.spec[1].name, "two:portable:x=y=z");
    assert_module(&specs.spec[1], "b/assay-backend-two.so");
    assert_int_equal(specs.spec[1].option_count, 2);
    assert_string_equal(specs.spec[1].options[0], "variant=portable");
    assert_string_equal(specs.spec[1].options[1], "x=y=z");
    assert_module(&specs.spec[2], "b/other.so");
    assert_string_equal(specs.spec[2].options[0], "k=");
    assay_specs_free(&specs);
    assert_true(assay_specs_parse(&specs, "one,one:portable", why, sizeof why));
    assay_specs_free(&specs);
}

/* A module's path may have plus signs, a companion's option slashes. */
static void companions(void **state)
{
    (void)state;
    struct assay_specs specs;
    char why[500];
    assert_true(assay_specs_parse(
        &specs, "one:portable+sqlite:/x/y+delay:fixed=1ms,./b/c++.so,./b/c++.so+memory", why, sizeof why));
    assert_module(&specs.spec[0], "a/assay-backend-one.so");
    assert_int_equal(specs.spec[0].option_count, 1);
    assert_int_equal(specs.spec[0].companion_count, 2);
    assert_string_equal(specs.spec[0].companions[0], "sqlite:/x/y");
    assert_string_equal(specs.spec[0].companions[1], "delay:fixed=1ms");
    for (size_t i = 1; i < 3; i++) {
        assert_module(&specs.spec[i], "b/c++.so");
        assert_int_equal(specs.spec[i].companion_count, i - 1);
    }
    assay_specs_free(&specs);
    assert_false(assay_specs_parse(&specs, "one+sqlte:/x/y", why, sizeof why));
}

/* All that are found: assay's own first, the probe last, each name once. */
static void found(void **state)
{
    (void)state;
    struct assay_specs specs;
    char why[500];
    assert_true(assay_specs_parse(&specs, NULL, why, sizeof why));
    assert_true(specs.count >= 4);
    assert_string_equal(specs.spec[0].name, "openssl");
    assert_module(&specs.spec[0], "b/assay-backend-openssl.so");
    assert_string_equal(specs.spec[specs.count - 1].name, "null");
    size_t ones = 0;
    for (size_t i = 0; i < specs.count; i++)
        ones += strcmp(specs.spec[i].name, "one") == 0;
    assert_int_equal(ones, 1);
    assay_specs_free(&specs);
}

static void refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"three", "no instance 'three'"},
        {"three", "one, two"},
        {"./three.so", "'./three.so': there is no such file"},
        {"one,one", "'one' is named twice"},
        {"", "has no name"},
        {"one,", "has no name"},
        {":x", "has no name"},
        {"one:\xff", "instance 1 is not UTF-8"},
        {"one:1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17", "more than 16 options"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct assay_specs specs;
        char why[500] = "";
        if (assay_specs_parse(&specs, bad[i][0], why, sizeof why))
            fail_msg("'%s' is taken for instances", bad[i][0]);
        if (!strstr(why, bad[i][1]))
            fail_msg("'%s': says '%s', not '%s'", bad[i][0], why, bad[i][1]);
        assert_int_equal(specs.count, 0);
        char cut[12];
        assert_false(assay_specs_parse(&specs, bad[i][0], cut, sizeof cut));
        assert_true(strlen(cut) < sizeof cut);
    }
    char many[70 * 8] = "one";
    for (int i = 0; i < 64; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ",one:%d", i);
    struct assay_specs specs;
    char why[500] = "";
    assert_false(assay_specs_parse(&specs, many, why, sizeof why));
    assert_non_null(strstr(why, "more than 64 instances"));
}

static void public_paths(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"/home/someone/x.so", "~/x.so"},
                                           {"/home/someone", "~"},
                                           {"/home/someone2/x.so", "/home/someone2/x.so"},
                                           {"/usr/lib/x.so", "/usr/lib/x.so"}};
    char out[PATH_MAX];
    setenv("HOME", "/home/someone", 1);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assay_path_public(pairs[i][0], out);
        assert_string_equal(out, pairs[i][1]);
    }
    setenv("HOME", "/", 1);
    assay_path_public("/usr/x", out);
    assert_string_equal(out, "/usr/x");
}

static void written(void **state)
{
    (void)state;
    struct assay_writer w;
    char text[100] = "";
    assert_true(assay_writer_create(&w, "new/folders/x.ndjson"));
    assay_writer_record(&w, json_pack("{s:i}", "n", 1));
    assay_writer_record(&w, json_pack("{s:i}", "n", 2));
    assert_true(assay_writer_close(&w));
    assert_false(assay_writer_create(&w, "new/folders/x.ndjson"));
    assert_int_equal(errno, EEXIST);
    assert_false(assay_writer_create(&w, ""));
    assert_true(assay_writer_append(&w, "new/folders/x.ndjson", 8)); /* cuts the second line off */
    assay_writer_record(&w, json_pack("{s:i}", "n", 3));
    assert_true(assay_writer_close(&w));
    int fd = open("new/folders/x.ndjson", O_RDONLY);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    assert_string_equal(text, "{\"n\":1}\n{\"n\":3}\n");
    w = (struct assay_writer){.fd = open("/dev/full", O_WRONLY)};
    assay_writer_record(&w, json_pack("{s:i}", "n", 1));
    assert_true(w.failed);
    assert_int_equal(w.errno_kept, ENOSPC);
    assert_false(assay_writer_close(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsed),  cmocka_unit_test(companions),   cmocka_unit_test(found),
        cmocka_unit_test(refused), cmocka_unit_test(public_paths), cmocka_unit_test(written),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}

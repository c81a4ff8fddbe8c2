/* SPDX-License-Identifier: Apache-2.0
 *
 * Profiles of the native backend: what is written is read back, and whatever is not understood is refused
 * with the line it is on.
 */
#include "backends/native/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CPU  "Maker family 1 model 2 stepping 3"
#define HEAD "cpu = " CPU "\nassay = 0.1.0\ntier = portable\n"

static char folder[] = "/tmp/assay-profile-XXXXXX", path[64], why[300];

static bool reads(const void *text, size_t size, struct profile *p)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    why[0] = '\0';
    return profile_read(p, path, CPU, why, sizeof why);
}

/* The message begins with FILE:LINE: and holds the words. */
static void refused(const char *text, size_t size, unsigned line, const char *words)
{
    struct profile p;
    char begin[80];
    assert_false(reads(text, size, &p));
    snprintf(begin, sizeof begin, "%s:%u: ", path, line);
    if (strncmp(why, begin, strlen(begin)) != 0 || strstr(why, words) == NULL)
        fail_msg("'%s' does not begin with '%s' or lacks '%s'", why, begin, words);
}

#define REFUSED(text, line, words) refused((text), sizeof(text) - 1, (line), (words))

static void round_trip(void **state)
{
    (void)state;
    struct profile out = {.tier = "portable"}, in;
    uint32_t n = 0;
    for (const struct tuning_parameter *p = tuning_parameters; p->name != NULL; p++, n++)
        *tuning_at(&out.tuning, p) = n % 2 ? p->least : p->most;
    assert_in_range(n, 4, 100);
    char text[PROFILE_TEXT_MAX];
    profile_print(&out, CPU, "0.1.0", text);
    assert_true(reads(text, strlen(text), &in));
    assert_memory_equal(&in.tuning, &out.tuning, sizeof in.tuning);
    assert_string_equal(in.tier, "portable");
}

static void left_open(void **state)
{
    (void)state;
    struct profile p;
    const struct tuning nothing = {0};
    const char text[] = "# a comment\n\n  " HEAD "\tgcm-reduction=64 \r\n#end";
    assert_true(reads(text, sizeof text - 1, &p));
    assert_int_equal(p.tuning.gcm_reduction, 64);
    p.tuning.gcm_reduction = 0;
    assert_memory_equal(&p.tuning, &nothing, sizeof nothing);
    struct tuning asked = {.lanes_from = 3};
    tuning_complete(&asked, &(struct tuning){.lanes_from = 9, .gcm_reduction = 8});
    assert_int_equal(asked.lanes_from, 3);
    assert_int_equal(asked.gcm_reduction, 8);
}

static void other_cpu(void **state)
{
    (void)state;
    REFUSED("cpu = Maker family 1 model 2 stepping 4\ntier = portable\n", 1, "another CPU model");
    REFUSED("cpu = Maker family 1 model 2 stepping 4\ntier = portable\n", 1, "this one is " CPU);
    REFUSED("tier = portable\ncpu =\n", 2, "another CPU model");
    REFUSED("tier = portable\n", 1, "ends without 'cpu = ");
}

static void bad_lines(void **state)
{
    (void)state;
    REFUSED("", 0, "ends without");
    REFUSED("cpu = " CPU "\n", 1, "ends without 'tier = ");
    REFUSED("cpu = " CPU "\ntier = fast\n", 2, "'fast' is no tier");
    REFUSED(HEAD "gcm-reduction\n", 4, "'gcm-reduction' is not KEY = VALUE");
    REFUSED(HEAD "gcm-speed = 64\n", 4, "'gcm-speed' is no parameter");
    REFUSED(HEAD "# here\ngcm-reduction = 64\ngcm-reduction = 64\n", 6, "gcm-reduction is there twice");
    REFUSED(HEAD "gcm-reduction = 0\n", 4, "from 1 to 128, not '0'");
    REFUSED(HEAD "gcm-reduction = 129\n", 4, "from 1 to 128, not '129'");
    REFUSED(HEAD "gcm-reduction = 4294967360\n", 4, "not '4294967360'");
    REFUSED(HEAD "gcm-reduction = 99999999999999999999999\n", 4, "from 1 to 128");
    REFUSED(HEAD "gcm-reduction = -1\n", 4, "not '-1'");
    REFUSED(HEAD "gcm-reduction = 64k\n", 4, "not '64k'");
    REFUSED(HEAD "gcm-reduction =\n", 4, "not ''");
    REFUSED(HEAD "gcm-reduction = \0 64\n", 4, "no text");
    REFUSED(HEAD "gcm\a = 64\n", 4, "no text");
    char longest[400];
    memset(longest, '#', sizeof longest);
    longest[sizeof longest - 1] = '\n';
    refused(longest, sizeof longest, 1, "too long");
}

static void files(void **state)
{
    (void)state;
    struct profile p;
    assert_false(profile_read(&p, "/nowhere/native.profile", CPU, why, sizeof why));
    assert_non_null(strstr(why, "/nowhere/native.profile:0: No such file"));
    assert_false(profile_read(&p, folder, CPU, why, sizeof why));
    assert_non_null(strstr(why, "directory"));
    setenv("HOME", "/tmp", 1);
    assert_false(profile_read(&p, "/tmp/nowhere", CPU, why, sizeof why));
    assert_int_equal(strncmp(why, "~/nowhere:0: ", 13), 0);
    unsetenv("HOME");
}

static void default_path(void **state)
{
    (void)state;
    char own[PROFILE_PATH_MAX];
    setenv("HOME", "/tmp/h", 1);
    setenv("XDG_CONFIG_HOME", "/tmp/c", 1);
    profile_default_path(own);
    assert_string_equal(own, "/tmp/c/assay/native.profile");
    setenv("XDG_CONFIG_HOME", "", 1);
    profile_default_path(own);
    assert_string_equal(own, "/tmp/h/.config/assay/native.profile");
    unsetenv("HOME");
    profile_default_path(own);
    assert_string_equal(own, "");
}

static void this_cpu(void **state)
{
    (void)state;
    char model[CPU_MODEL_MAX], again[CPU_MODEL_MAX];
    cpu_model(model);
    cpu_model(again);
    assert_string_equal(model, again);
    assert_int_not_equal(model[0], '\0');
#if defined(__x86_64__)
    assert_non_null(strstr(model, " family "));
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(left_open), cmocka_unit_test(other_cpu),
        cmocka_unit_test(bad_lines),  cmocka_unit_test(files),     cmocka_unit_test(default_path),
        cmocka_unit_test(this_cpu),
    };
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/p", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(folder);
    return failed;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The keyset's file, and its watch: keyset_watch MODULE.
 */
#include "kernels/service/keyset_watch.h"
#include "kernels/kernel.h"
#include "kernels/service/hangup.h"
#include "tests/unit/token_module.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 20000
#define K32A    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define K32B    "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define KEY(kid, alg, purpose, key)                                                                          \
    "{\"kid\":\"" kid "\",\"alg\":\"" alg "\",\"purpose\":\"" purpose "\",\"key\":\"" key "\"}"
#define HS(kid, key) KEY(kid, "HS256", "verify", key)
#define SET(keys)    "{\"keys\":[" keys "]}"

static char folder[256], path[300];
static struct assay_keyset_file file;

static void write_file(const char *text)
{
    char beside[320];
    snprintf(beside, sizeof beside, "%s.beside", path);
    FILE *f = fopen(beside, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(beside, path), 0);
}

static int make_folder(void **state)
{
    const char *place = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof folder, "%s/assay-watch-XXXXXX", place && *place ? place : "/tmp");
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/keys.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* which is empty: nothing was left beside the file */
}

/* Texts, and what the message must name. */
static const struct {
    const char *text, *says;
} refused[] = {
    {"", "JSON"},
    {"{\"keys\":[" HS("a", K32A) "]", "JSON"},
    {SET(HS("a", K32A)) "x", "JSON"},
    {"{\"keys\":[],\"keys\":[" HS("a", K32A) "]}", "JSON"},
    {"[]", "JSON"},
    {"{}", "'keys'"},
    {"{\"keys\":[" HS("a", K32A) "],\"more\":1}", "'keys'"},
    {"{\"keys\":{}}", "'keys'"},
    {SET(""), "'keys'"},
    {SET("7"), "key number 1"},
    {SET(HS("a", K32A) ",[]"), "key number 2"},
    {SET("{\"alg\":\"HS256\",\"purpose\":\"verify\",\"key\":\"" K32A "\"}"), "'kid'"},
    {SET("{\"kid\":\"a\",\"purpose\":\"verify\",\"key\":\"" K32A "\"}"), "key 'a' has no field 'alg'"},
    {SET("{\"kid\":\"a\",\"alg\":\"HS256\",\"key\":\"" K32A "\"}"), "key 'a' has no field 'purpose'"},
    {SET("{\"kid\":\"a\",\"alg\":\"HS256\",\"purpose\":\"verify\"}"), "key 'a' has no field 'key'"},
    {SET("{\"kid\":\"a\",\"kid\":\"b\",\"alg\":\"HS256\",\"purpose\":\"verify\",\"key\":\"" K32A "\"}"),
     "JSON"},
    {SET("{\"kid\":\"a\",\"alg\":\"HS256\",\"purpose\":\"verify\",\"key\":\"" K32A "\",\"use\":\"sig\"}"),
     "key 'a' has an unknown field"},
    {SET(HS("", K32A)), "'kid'"},
    {SET(HS("a b", K32A)), "'kid'"},
    {SET(HS("a\\n", K32A)), "'kid'"},
    {SET(HS("\xc3\xa9", K32A)), "'kid'"},
    {SET(HS("0123456789012345678901234567890123456789012345678901234567890123x", K32A)), "'kid'"},
    {SET("{\"kid\":7,\"alg\":\"HS256\",\"purpose\":\"verify\",\"key\":\"" K32A "\"}"), "'kid'"},
    {SET(KEY("a", "none", "verify", K32A)), "key 'a': field 'alg'"},
    {SET(KEY("a", "hs256", "verify", K32A)), "key 'a': field 'alg'"},
    {SET(KEY("a", "HS256", "both", K32A)), "key 'a': field 'purpose'"},
    {SET(HS("a", K32A "=")), "key 'a': field 'key'"},
    {SET(HS("a", "AAEC+w")), "key 'a': field 'key'"},
    {SET(HS("a", "")), "key 'a': field 'key'"},
    {SET(HS("a", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg")), "31 octets"},
    {SET(KEY("a", "EdDSA", "verify", K32A "A")), "33 octets"},
    {SET(KEY("a", "ES256", "verify", K32A)), "key 'a': field 'key' has 32 octets"},
    {SET(HS("a", K32A) "," HS("a", K32B)), "key 'a' is there twice"},
    {SET(HS("a", K32A) "," HS("b", K32B) "," HS("c", K32A)), "key 'c' is the same as key 'a'"},
};

static void test_refused(void **state)
{
    char why[ASSAY_KEYSET_WHY];
    (void)state;
    for (size_t i = 0; i < ASSAY_COUNT(refused); i++) {
        why[0] = '\0';
        size_t size = strlen(refused[i].text);
        char *exact = malloc(size + 1); /* no NUL behind it */
        assert_non_null(exact);
        memcpy(exact, refused[i].text, size);
        if (assay_keyset_file_parse(&file, exact, size, why) != ASSAY_INPUT || !strstr(why, refused[i].says))
            fail_msg("%s: '%s' does not name %s", refused[i].text, why, refused[i].says);
        assert_int_equal(file.count, 0);
        free(exact);
    }
    char *large = malloc(ASSAY_KEYSET_FILE_MAX + 1);
    assert_non_null(large);
    memset(large, ' ', ASSAY_KEYSET_FILE_MAX + 1);
    memcpy(large, SET(HS("a", K32A)), sizeof SET(HS("a", K32A)) - 1);
    assert_int_equal(assay_keyset_file_parse(&file, large, ASSAY_KEYSET_FILE_MAX, why), ASSAY_OK);
    assert_int_equal(assay_keyset_file_parse(&file, large, ASSAY_KEYSET_FILE_MAX + 1, why), ASSAY_INPUT);
    free(large);
}

/* What is written is read again, whatever is in its names; and as many keys as a set takes, not one more. */
static void test_replace(void **state)
{
    static struct assay_keyset_file back;
    static char text[ASSAY_KEYSET_FILE_MAX];
    char why[ASSAY_KEYSET_WHY] = "";
    struct stat st;
    (void)state;
    memset(&file, 0, sizeof file);
    for (file.count = 0; file.count < ASSAY_KEYSET_KEYS; file.count++) {
        struct assay_keyset_entry *k = &file.key[file.count];
        *k = (struct assay_keyset_entry){.alg = ASSAY_HS256, .purpose = ASSAY_KEY_VERIFIES, .size = 32};
        snprintf(k->kid, sizeof k->kid, "\"\\/{%zu}", file.count);
        assay_fill(k->octets, file.count % 2 ? 32 : (k->size = sizeof k->octets), file.count);
    }
    assert_int_equal(assay_keyset_file_replace(path, &file, why), ASSAY_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t size = fread(text, 1, sizeof text, f);
    fclose(f);
    assert_int_equal(assay_keyset_file_parse(&back, text, size, why), ASSAY_OK);
    assert_memory_equal(&back, &file, sizeof file);
    assert_int_equal(assay_keyset_file_replace("/nonexistent/keys.json", &file, why), ASSAY_LIBRARY);
    size = (size_t)snprintf(text, sizeof text, "{\"keys\":[");
    for (unsigned i = 0; i <= ASSAY_KEYSET_KEYS; i++)
        size += (size_t)snprintf(text + size, 200, "%s" HS("%u", "%c" K32A), i ? "," : "", i, 'A' + (int)i);
    size += (size_t)snprintf(text + size, 200, "]}");
    assert_int_equal(assay_keyset_file_parse(&back, text, size, why), ASSAY_INPUT);
    assert_non_null(strstr(why, "more than 16"));
}

/* What the reader finds now, as names of keys. */
static void expect_keys(struct assay_keyset_reader *reader, const char *kids)
{
    char found[200] = "";
    const struct assay_keyset *set = assay_keyset_reader_set(reader);
    for (size_t i = 0; i < set->count; i++)
        strncat(found, set->keys[i].kid, set->keys[i].kid_size);
    assert_string_equal(found, kids);
}

static void load(struct assay_keyset_watch *w, const char *text, struct assay_keyset_state *state)
{
    assay_keyset_watch_state(w, state);
    write_file(text);
    assert_true(assay_keyset_watch_wait(w, state, WAIT_MS));
}

static void test_watch(void **unused)
{
    struct assay_keyset_watch *w;
    struct assay_keyset_reader *one, *idle;
    struct assay_keyset_state state;
    char why[ASSAY_KEYSET_WHY];
    (void)unused;
    unlink(path);
    assert_int_equal(assay_keyset_watch_open(&w, path, false, why), ASSAY_INPUT);
    assert_non_null(strstr(why, "cannot be read"));
    assert_int_equal(assay_keyset_watch_open(&w, "/nonexistent/keys.json", false, why), ASSAY_LIBRARY);
    write_file(SET(HS("a", K32A) "," HS("b", K32A)));
    assert_int_equal(assay_keyset_watch_open(&w, path, false, why), ASSAY_INPUT);
    assert_non_null(strstr(why, "key 'b'"));
    write_file(SET(HS("a", K32A)));
    assert_int_equal(assay_keyset_watch_open(&w, path, false, why), ASSAY_OK);
    assert_int_equal(assay_keyset_reader_open(w, token_module.backend, token_module.instance, &one, why),
                     ASSAY_OK);
    assert_int_equal(assay_keyset_reader_open(w, token_module.backend, token_module.instance, &idle, why),
                     ASSAY_OK);
    expect_keys(one, "a");
    load(w, SET(HS("a", K32A) "," HS("b", K32B)), &state);
    assert_int_equal(state.generation, 2);
    expect_keys(one, "ab");
    load(w, "{", &state);
    assert_true(state.generation == 2 && state.failed == 1 && strstr(state.error, "JSON"));
    expect_keys(one, "ab");
    /* Well written, but the library takes no such point. */
    load(w, SET(HS("c", K32A) "," KEY("bad", "ES256", "verify", K32A K32A "A")), &state);
    assert_true(state.generation == 2 && state.failed == 2 && strstr(state.error, "key 'bad'"));
    expect_keys(one, "ab");
    load(w, SET(HS("b", K32B)), &state);
    assert_true(state.generation == 3 && state.failed == 2 && !state.error[0]);
    assert_false(assay_keyset_watch_wait(w, &state, 100)); /* one load for one change */
    assert_int_equal(unlink(path), 0);
    assert_true(assay_keyset_watch_wait(w, &state, WAIT_MS));
    assert_true(state.failed == 3 && strstr(state.error, "cannot be read"));
    expect_keys(one, "b");
    load(w, SET(HS("d", K32A)), &state);
    for (int i = 0; i < 30; i++)
        load(w, i % 2 ? SET(HS("d", K32A)) : SET(HS("e", K32A)), &state);
    assert_int_equal(state.generation, 34);
    expect_keys(one, "d");
    expect_keys(idle, "d"); /* 33 letters, of which it sees the last */
    assay_keyset_reader_close(idle);
    load(w, SET(HS("f", K32A)), &state);
    expect_keys(one, "f");
    assay_keyset_reader_close(one);
    assay_keyset_watch_close(w);
}

static volatile sig_atomic_t others;

static void on_signal(int signal)
{
    (void)signal;
    others++;
}

static void test_hangup(void **unused)
{
    struct assay_keyset_watch *w, *other;
    struct assay_keyset_state state;
    char why[ASSAY_KEYSET_WHY];
    struct sigaction mine = {.sa_handler = on_signal}, now;
    (void)unused;
    write_file(SET(HS("a", K32A)));
    assert_int_equal(sigaction(SIGHUP, &mine, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &mine, NULL), 0);
    assert_int_equal(assay_keyset_watch_open(&other, path, false, why), ASSAY_OK);
    raise(SIGHUP);
    assert_int_equal(others, 1); /* without hangup nothing is taken */
    assert_int_equal(assay_keyset_watch_open(&w, path, true, why), ASSAY_OK);
    assay_keyset_watch_state(w, &state);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(others, 2);
    assert_int_equal(raise(SIGHUP), 0);
    assert_true(assay_keyset_watch_wait(w, &state, WAIT_MS));
    assert_int_equal(state.generation, 2); /* though the file is the same */
    assert_int_equal(others, 2);
    assay_keyset_watch_state(other, &state);
    assert_int_equal(state.generation, 1);
    assay_keyset_watch_close(w);
    assert_int_equal(sigaction(SIGHUP, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, on_signal);
    raise(SIGHUP);
    assert_int_equal(others, 3);
    assay_keyset_watch_close(other);
    int n = 0;
    while (n < 100 && assay_hangup_add(1000 + n)) /* no descriptors; nothing is raised */
        n++;
    assert_in_range(n, 1, 99);
    while (n-- > 0)
        assay_hangup_remove(1000 + n);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused), cmocka_unit_test(test_replace),
                                       cmocka_unit_test(test_watch), cmocka_unit_test(test_hangup)};
    if (argc != 2)
        return 2;
    token_module_load(argv[1]);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of JSON for tokens, against jansson: texts chosen for what could be read in two ways, and each
 * of them altered at random, the same on every machine.
 */
#include "kernels/service/json.h"
#include "tests/unit/json_differ.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM    8192u
#define ALTERED 4000u /* of each text */
#define LARGE   "17976931348623158"
#define Z40     "0000000000000000000000000000000000000000"

/* All but the last digit, 2, of the least number that no double holds when it is rounded. */
#define HALF_WAY                                                                                             \
    "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664901797"           \
    "75872070963302864166928879109465555478519404026306574886715058206819089020007083836762738548"           \
    "45817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711"           \
    "55969950809304288017790417449779"

static const char *const texts[] = {
    "{}",
    " {\t\r\n} ",
    "{\"iss\":\"i\",\"aud\":\"a\",\"exp\":2000,\"nbf\":1000,\"jti\":\"j\"}",
    "{\"iss\":\"https:\\/\\/i\",\"aud\":[\"a\",\"b\\u00e9\\ud83d\\ude00\"],\"exp\":1767225900,\"x\":true}",
    "{\"cnf\":{\"x5t#S256\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"},\"x\":[[],{},[{}],null,false]}",
    "{\"alg\":\"EdDSA\",\"kid\":\"k\",\"crit\":[\"b64\"],\"b64\":false}",
    "{\"\\u0061lg\":\"1\",\"alg\":\"2\"}",
    "{\"x\":{\"a\":1,\"a\":1}}",
    "{\"x\":[{\"a\":1},{\"a\":1}],\"a\":{\"x\":{\"a\":2}}}",
    "{\"a\":{\"b\":{},\"c\":{}},\"b\":1,\"c\":{\"a\":{},\"b\":1}}",
    "{\"\":1,\"x\":\"\"}",
    "{\"\":1,\"\":2}",
    "{\"x\":\"\\u0000\"}",
    "{\"\\u0000\":1}",
    "{\"x\":\"\\ud83d\"}",
    "{\"x\":\"\\ud83d\\u0041\"}",
    "{\"x\":\"\\ude00\"}",
    "{\"x\":\"\\ud83d\\ude0\"}",
    "{\"x\":\"\\uD83D\\uDE00\\u00Ff\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
    "{\"x\":\"\\a\"}",
    "{\"x\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\",\"\xc3\xa9\":1}",
    "{\"x\":\"\xc0\x80\"}",
    "{\"x\":\"\xe0\x9f\xbf\xe0\xa0\x80\"}",
    "{\"x\":\"\xed\x9f\xbf\"}",
    "{\"x\":\"\xed\xa0\x80\"}",
    "{\"x\":\"\xf0\x8f\xbf\xbf\"}",
    "{\"x\":\"\xf4\x8f\xbf\xbf\"}",
    "{\"x\":\"\xf4\x90\x80\x80\"}",
    "{\"x\":[0,-0,1,-1,10,0.5,-0.0e-0,1E+2,1e5,123456789012345678]}",
    "{\"exp\":9223372036854775807,\"x\":-9223372036854775808}",
    "{\"exp\":9223372036854775808}",
    "{\"exp\":-9223372036854775809}",
    "{\"exp\":18446744073709551616}",
    "{\"exp\":01}",
    "{\"exp\":-01}",
    "{\"exp\":1.}",
    "{\"exp\":.5}",
    "{\"exp\":+1}",
    "{\"exp\":1e}",
    "{\"exp\":-}",
    "{\"exp\":0x10}",
    "{\"exp\":1e308,\"x\":1.7976931348623157e308}",
    "{\"exp\":1.797693134862315807e308}",
    "{\"exp\":1.797693134862315808e308}",
    "{\"exp\":1.7976931348623159e308}",
    "{\"exp\":0e999999999999999999999999,\"x\":1e-999999999999999999999999}",
    "{\"exp\":1e99999999999999999999999999}",
    "{\"exp\":-1e309}",
    "{\"x\":truex}",
    "{\"x\":True}",
    "{\"x\":nul}",
    "{\"x\":NaN}",
    "{\"x\":1,}",
    "{,\"x\":1}",
    "{\"x\":[1,]}",
    "{\"x\":[,1]}",
    "{\"x\" 1}",
    "{\"x\":}",
    "{x:1}",
    "{'x':1}",
    "{\"x\":1}x",
    "{\"x\":1}{}",
    "{\"x\":1]",
    "{\"x\":[1}}",
    "[{\"x\":1}]",
    "\"x\"",
    "7",
    "\xef\xbb\xbf{}",
    "{\"x\":1/**/}",
};
#define TEXTS (sizeof texts / sizeof *texts)

/* Of a few hundred digits. */
static const char *const numbers[] = {
    "{\"x\":" HALF_WAY "1.9e0}",         "{\"x\":" HALF_WAY "2.0}",       "{\"x\":-0.0" HALF_WAY "2E+310}",
    "{\"x\":-0.0" HALF_WAY "1999E+310}", "{\"exp\":" LARGE Z40 ".0e252}", "{\"exp\":0." Z40 Z40 LARGE "e389}",
    "{\"exp\":0." Z40 Z40 LARGE "e388}",
};

static uint64_t seed = 1;

static size_t draw(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed >> 11) % below;
}

static bool check(const char *text, size_t size)
{
    bool taken;
    uint8_t *exact = malloc(size + (size == 0)); /* so that the sanitizer sees the first octet beyond */
    assert_non_null(exact);
    memcpy(exact, text, size);
    bool same = json_same(exact, size, &taken);
    free(exact);
    assert_true(same);
    return taken;
}

static void test_texts(void **state)
{
    unsigned taken = 0;
    (void)state;
    for (size_t i = 0; i < TEXTS; i++) {
        taken += check(texts[i], strlen(texts[i]));
        for (size_t n = 0; n < strlen(texts[i]); n++)
            check(texts[i], n);
    }
    assert_in_range(taken, 15, TEXTS - 20);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        check(numbers[i], strlen(numbers[i]));
    assert_false(check("{\"x\":\"\0\"}", 9));
    assert_false(check("{}\0", 3));
}

static size_t insert(char *text, size_t size, const char *what, size_t n)
{
    size_t at = draw(size + 1);
    if (size + n > ROOM)
        return size;
    memmove(text + at + n, text + at, size - at);
    memcpy(text + at, what, n);
    return size + n;
}

/* One to four changes: an octet, a piece of grammar, a piece of another text, a cut. */
static size_t alter(char *text, size_t size)
{
    static const char *const pieces[] = {"\"",
                                         "\\",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         "\\u",
                                         "\\ud800",
                                         "\\udc00",
                                         "0",
                                         "-",
                                         "e",
                                         ".",
                                         "e308",
                                         "9223372036854775807",
                                         "\"x\":",
                                         "\"x\":1,",
                                         "\"\\u0078\":",
                                         "null",
                                         " ",
                                         "\n",
                                         "\xc3",
                                         "\xa9",
                                         "\xed\xa0",
                                         "\"\""};
    for (size_t changes = 1 + draw(4); changes > 0; changes--) {
        const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)], *other = texts[draw(TEXTS)];
        size_t from = draw(strlen(other));
        switch (draw(4)) {
        case 0:
            if (size > 0)
                text[draw(size)] = (char)draw(256);
            break;
        case 1:
            size = insert(text, size, piece, strlen(piece));
            break;
        case 2:
            size = insert(text, size, other + from, draw(strlen(other) - from) + 1);
            break;
        default:
            from = draw(size + 1);
            size_t n = draw(size - from + 1) % 8;
            memmove(text + from, text + from + n, size - from - n);
            size -= n;
        }
    }
    return size;
}

static void test_altered(void **state)
{
    static char text[ROOM];
    unsigned taken = 0;
    (void)state;
    for (size_t i = 0; i < TEXTS; i++)
        for (unsigned n = 0; n < ALTERED; n++) {
            size_t size = strlen(texts[i]);
            memcpy(text, texts[i], size);
            taken += check(text, alter(text, size));
        }
    assert_in_range(taken, TEXTS * ALTERED / 50, TEXTS * ALTERED / 2); /* not all of it was rubbish */
}

/* Levels and names, one more and one less than what is taken. */
static void test_large(void **state)
{
    static char text[ROOM];
    (void)state;
    for (size_t levels = 2046; levels <= 2049; levels++) {
        for (int inner = 0; inner < 2; inner++) {
            size_t n = (size_t)sprintf(text, "{\"x\":");
            memset(text + n, '[', levels - 1);
            n += levels - 1;
            n += (size_t)sprintf(text + n, "%s", inner ? "1" : "");
            memset(text + n, ']', levels - 1);
            n += levels - 1;
            text[n++] = '}';
            assert_int_equal(check(text, n), levels + (size_t)inner <= 2048);
        }
    }
    size_t n = (size_t)sprintf(text, "{");
    for (unsigned i = 0; i < 1000; i++)
        n += (size_t)sprintf(text + n, "%s\"%u\":1", i ? "," : "", i * 7919 % 1000);
    text[n] = '}';
    assert_true(check(text, n + 1));
    n += (size_t)sprintf(text + n, ",\"500\":2}");
    assert_false(check(text, n));
    n = 0;
    for (unsigned i = 0; i < 1200; i++) /* as many names in reach as a token has room for */
        n += (size_t)sprintf(text + n, "{\"\":");
    text[n++] = '1';
    memset(text + n, '}', 1200);
    assert_true(check(text, n + 1200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts), cmocka_unit_test(test_altered),
                                       cmocka_unit_test(test_large)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

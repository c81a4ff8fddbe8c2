/* SPDX-License-Identifier: Apache-2.0
 *
 * The protocol's lines: whole, in pieces, several at once, late, endless, and no lines at all.
 */
#include "bench/run/channel.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct ends {
    struct assay_channel channel; /* the end under test */
    int other;
};

static int open_ends(void **state)
{
    static struct ends ends;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    assay_channel_init(&ends.channel, pair[0]);
    ends.other = pair[1];
    *state = &ends;
    return 0;
}

static int close_ends(void **state)
{
    struct ends *ends = *state;
    assay_channel_free(&ends->channel);
    if (ends->other >= 0)
        close(ends->other);
    return 0;
}

static void say(struct ends *ends, const char *text)
{
    assert_int_equal(write(ends->other, text, strlen(text)), strlen(text));
}

static void hang_up(struct ends *ends)
{
    close(ends->other);
    ends->other = -1;
}

static void expect_number(struct ends *ends, int number)
{
    json_t *message;
    assert_int_equal(assay_channel_receive(&ends->channel, 1000, &message), ASSAY_RECEIVED);
    assert_int_equal(json_integer_value(json_object_get(message, "n")), number);
    json_decref(message);
}

static void expect_nothing(struct ends *ends, int timeout_ms, enum assay_receive how)
{
    json_t *message;
    assert_int_equal(assay_channel_receive(&ends->channel, timeout_ms, &message), how);
    assert_null(message);
}

static void lines(void **state)
{
    struct ends *ends = *state;
    say(ends, "{\"n\":1}\n{\"n\":2}\n{\"n\"");
    expect_number(ends, 1);
    expect_number(ends, 2);
    expect_nothing(ends, 0, ASSAY_RECEIVE_DEADLINE);
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    expect_nothing(ends, 100, ASSAY_RECEIVE_DEADLINE);
    clock_gettime(CLOCK_MONOTONIC, &b);
    int64_t ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
    assert_in_range(ms, 90, 5000);
    say(ends, ":3}\n");
    expect_number(ends, 3);
    say(ends, "{\"n\":4}\n{\"n\":5}");
    hang_up(ends);
    expect_number(ends, 4);
    expect_nothing(ends, 1000, ASSAY_RECEIVE_END); /* a line without its end is none */
    expect_nothing(ends, -1, ASSAY_RECEIVE_END);
}

static void rubbish(void **state)
{
    static const char *const bad[] = {"\n",           "{\n",        "[1]\n",  "7\n",
                                      "{\"n\":1}x\n", "\x01\xff\n", "null\n", "{\"a\":\"\xff\"}\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        say(*state, bad[i]);
        expect_nothing(*state, 1000, ASSAY_RECEIVE_RUBBISH);
    }
    say(*state, "{\"n\":9}\n"); /* what follows is not lost */
    expect_number(*state, 9);
}

static void *flood(void *other)
{
    char block[65536];
    memset(block, 'x', sizeof block);
    while (send(*(int *)other, block, sizeof block, MSG_NOSIGNAL) > 0)
        continue;
    return NULL;
}

/* A line that never ends is given up on; it may not eat all memory. */
static void endless(void **state)
{
    struct ends *ends = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, flood, &ends->other), 0);
    expect_nothing(ends, 60000, ASSAY_RECEIVE_RUBBISH);
    assert_true(ends->channel.room <= ASSAY_LINE_MAX);
    shutdown(ends->channel.fd, SHUT_RDWR);
    pthread_join(thread, NULL);
}

static void *drain(void *data)
{
    static char text[1 << 22];
    struct ends *ends = data;
    size_t used = 0;
    ssize_t n;
    while (used < sizeof text && (n = read(ends->other, text + used, sizeof text - used)) > 0) {
        used += (size_t)n;
        if (text[used - 1] == '\n')
            break;
    }
    return json_loadb(text, used, 0, NULL);
}

/* Longer than any socket's buffer: sent in pieces, received whole. */
static void long_lines(void **state)
{
    struct ends *ends = *state;
    size_t size = 1u << 20;
    uint8_t *octets = malloc(size);
    assert_non_null(octets);
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)(i * 7 + i / 256);
    pthread_t thread;
    void *got;
    assert_int_equal(pthread_create(&thread, NULL, drain, ends), 0);
    assert_true(assay_channel_send(&ends->channel, json_pack("{s:o}", "hex", assay_json_hex(octets, size))));
    pthread_join(thread, &got);
    assert_non_null(got);
    size_t back_size = 0;
    uint8_t *back = assay_json_unhex(json_object_get(got, "hex"), &back_size);
    assert_int_equal(back_size, size);
    assert_memory_equal(back, octets, size);
    free(back);
    free(octets);
    json_decref(got);
}

/* Nobody reads: with a limit on sending, that is told apart from nobody there. */
static void unread(void **state)
{
    struct ends *ends = *state;
    const struct timeval patience = {.tv_usec = 20000};
    size_t size = 1u << 20;
    uint8_t *octets = calloc(1, size);
    assert_non_null(octets);
    setsockopt(ends->channel.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    errno = 0;
    assert_false(assay_channel_send(&ends->channel, json_pack("{s:o}", "hex", assay_json_hex(octets, size))));
    assert_int_equal(errno, EAGAIN);
    hang_up(ends);
    assert_false(assay_channel_send(&ends->channel, json_pack("{s:i}", "n", 1)));
    assert_int_equal(errno, EPIPE);
    assert_false(assay_channel_send(&ends->channel, NULL));
    free(octets);
}

static void texts(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"plain", "plain"}, {"", ""}, {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"}, {"gr\xfc\xdf", "gr??"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        json_t *json = assay_json_text(pairs[i][0]);
        assert_string_equal(json_string_value(json), pairs[i][1]);
        json_decref(json);
    }
    static const char *const no_hex[] = {"0", "0g", "AB", "0 ", "0x12"};
    for (size_t i = 0; i < sizeof no_hex / sizeof no_hex[0]; i++) {
        size_t size;
        json_t *json = json_string(no_hex[i]);
        assert_null(assay_json_unhex(json, &size));
        json_decref(json);
    }
    size_t size = 1;
    json_t *empty = assay_json_hex(NULL, 0);
    uint8_t *out = assay_json_unhex(empty, &size);
    assert_non_null(out);
    assert_int_equal(size, 0);
    free(out);
    json_decref(empty);
    assert_null(assay_json_unhex(NULL, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(rubbish, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(endless, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(long_lines, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(unread, open_ends, close_ends),
        cmocka_unit_test(texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

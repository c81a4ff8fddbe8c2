/* SPDX-License-Identifier: Apache-2.0
 *
 * The line protocol against a peer that tears, floods, babbles, stalls and leaves.
 */
#include "bench/run/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
    struct assay_channel channel;
    int peer;
};

static struct pair open_pair(void)
{
    int fds[2];
    struct pair p;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assay_channel_init(&p.channel, fds[0]);
    p.peer = fds[1];
    return p;
}

static void put(struct pair *p, const char *text)
{
    assert_int_equal(write(p->peer, text, strlen(text)), strlen(text));
}

static void expect_rc(struct pair *p, int timeout_ms, enum assay_receive rc)
{
    json_t *message = NULL;
    assert_int_equal(assay_channel_receive(&p->channel, timeout_ms, &message), rc);
    assert_true((rc == ASSAY_RECEIVED) == (message != NULL));
    json_decref(message);
}

static void torn_and_joined(void **state)
{
    (void)state;
    struct pair p = open_pair();
    put(&p, "{\"a\":");
    expect_rc(&p, 20, ASSAY_RECEIVE_DEADLINE);
    put(&p, "1}\n{\"b\":2}\n{\"c\"");
    expect_rc(&p, 1000, ASSAY_RECEIVED);
    expect_rc(&p, 1000, ASSAY_RECEIVED);
    close(p.peer);
    expect_rc(&p, 1000, ASSAY_RECEIVE_END);
    assay_channel_free(&p.channel);
}

static void rubbish(void **state)
{
    (void)state;
    static const char *const lines[] = {"hello\n",           "\n", "[1]\n", "{\"a\":1\n", "1\n", "{} {}\n",
                                        "{\"a\":\"\xff\"}\n"};
    struct pair p = open_pair();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        put(&p, lines[i]);
        expect_rc(&p, 1000, ASSAY_RECEIVE_RUBBISH);
    }
    put(&p, "{}\n"); /* the next line is read afresh */
    expect_rc(&p, 1000, ASSAY_RECEIVED);
    close(p.peer);
    assay_channel_free(&p.channel);
}

static void deadline(void **state)
{
    (void)state;
    struct timespec a, b;
    struct pair p = open_pair();
    clock_gettime(CLOCK_MONOTONIC, &a);
    expect_rc(&p, 100, ASSAY_RECEIVE_DEADLINE);
    clock_gettime(CLOCK_MONOTONIC, &b);
    double ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) * 1e-6;
    assert_true(ms >= 90 && ms < 5000);
    close(p.peer);
    assay_channel_free(&p.channel);
}

static void peer_gone(void **state)
{
    (void)state;
    struct pair p = open_pair();
    close(p.peer);
    assert_false(assay_channel_send(&p.channel, json_object()));
    expect_rc(&p, -1, ASSAY_RECEIVE_END);
    assay_channel_free(&p.channel);
}

static void hexadecimal(void **state)
{
    (void)state;
    static const uint8_t data[] = {0, 0x7f, 0x80, 0xff};
    static const char *const bad[] = {"0", "0g", "FF", " 0"};
    size_t size = 0;
    json_t *text = assay_json_hex(data, sizeof data);
    uint8_t *back = assay_json_unhex(text, &size);
    assert_string_equal(json_string_value(text), "007f80ff");
    assert_int_equal(size, sizeof data);
    assert_memory_equal(back, data, size);
    free(back);
    json_decref(text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        text = json_string(bad[i]);
        assert_null(assay_json_unhex(text, &size));
        json_decref(text);
    }
    assert_null(assay_json_unhex(NULL, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(torn_and_joined), cmocka_unit_test(rubbish),
                                       cmocka_unit_test(deadline), cmocka_unit_test(peer_gone),
                                       cmocka_unit_test(hexadecimal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A companion that hangs: each call ends with its deadline and says so, a late answer is nobody's, and it is
 * asked again when it has answered. The companion is this program once more (become_host()): it says what it
 * is asked, and stops where it is told to.
 */
#include "companions/remote.h"
#include "companions/options.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT 32u

static const char *self;
static struct assay_remote *remote;

/* The companion's side. */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static unsigned stopped, asked;

static bool named(const uint8_t *question, const char *name)
{
    return question[1] == strlen(name) && memcmp(question + 3, name, question[1]) == 0;
}

static void *session(void *data)
{
    uint8_t question[ASSAY_FRAME_MAX], answer[ASSAY_FRAME_MAX] = {ASSAY_OK};
    const int fd = *(const int *)data;
    ssize_t n;
    while ((n = assay_frame_receive(fd, 0, question)) > 0) {
        size_t size = (size_t)n - 3 - question[1];
        memcpy(answer + 1, question + 3 + question[1], size);
        pthread_mutex_lock(&gate);
        asked++;
        if (named(question, "count"))
            size = (size_t)snprintf((char *)answer + 1, TEXT, "%u", asked);
        if (named(question, "pid"))
            size = (size_t)snprintf((char *)answer + 1, TEXT, "%d", (int)getpid());
        if (named(question, "go"))
            stopped = 0;
        if (named(question, "stop")) {
            stopped = 1;
            while (stopped)
                pthread_cond_wait(&opened, &gate);
        }
        pthread_cond_broadcast(&opened);
        pthread_mutex_unlock(&gate);
        assay_frame_send(fd, answer, 1 + size);
    }
    return NULL;
}

static int become_host(void)
{
    static int fd[ASSAY_FRAME_SESSIONS];
    pthread_t thread[ASSAY_FRAME_SESSIONS];
    for (int i = 0; i < ASSAY_FRAME_SESSIONS; i++) {
        fd[i] = 3 + i;
        if (pthread_create(&thread[i], NULL, session, &fd[i]) != 0)
            return 1;
    }
    for (int i = 0; i < ASSAY_FRAME_SESSIONS; i++)
        pthread_join(thread[i], NULL);
    return 0;
}

/* The tests' side. */

static void begin(unsigned timeout_ms)
{
    const char *const argv[] = {self, "host", NULL};
    char why[200] = "";
    enum assay_rc rc = assay_remote_start(argv, "echo", timeout_ms, &remote, why, sizeof why);
    assert_string_equal(why, "");
    assert_int_equal(rc, ASSAY_OK);
}

static int end(void **state)
{
    (void)state;
    assay_remote_end(remote);
    return 0;
}

static struct assay_bytes bytes(const char *text)
{
    return (struct assay_bytes){(const uint8_t *)text, strlen(text)};
}

static enum assay_rc ask(const char *name, const char *text, char answer[TEXT])
{
    size_t size;
    enum assay_rc rc = assay_remote_call(remote, ASSAY_FRAME_UNWRAP, bytes(name), bytes(text),
                                         (uint8_t *)answer, TEXT - 1, &size);
    answer[size] = '\0';
    return rc;
}

static bool echoes(const char *name, const char *text)
{
    char answer[TEXT];
    return ask(name, text, answer) == ASSAY_OK && strcmp(answer, text) == 0;
}

static void fails_saying(const char *name, const char *says)
{
    char answer[TEXT];
    assert_int_equal(ask(name, "lost", answer), ASSAY_LIBRARY);
    assert_string_equal(answer, "");
    assert_string_equal(assay_remote_error(remote), says);
}

/* More questions than there are sessions: each has its own answer. */
static void all_echo(void)
{
    for (unsigned i = 0; i < 4 * ASSAY_FRAME_SESSIONS; i++) {
        char text[TEXT];
        snprintf(text, sizeof text, "number %u", i);
        assert_true(echoes("", text));
    }
}

static void a_call_ends_with_its_deadline(void **state)
{
    (void)state;
    begin(500);
    fails_saying("stop", "echo: no answer to unwrap within the time-out of 500 ms");
    all_echo(); /* by the other sessions */
}

static void a_late_answer_is_nobodys(void **state)
{
    (void)state;
    begin(500);
    for (unsigned i = 0; i < 3; i++) {
        fails_saying("stop", "echo: no answer to unwrap within the time-out of 500 ms");
        assert_true(echoes("go", "on"));
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); /* it is here by now */
        all_echo();
    }
}

static void nothing_piles_up(void **state)
{
    char answer[TEXT] = "";
    (void)state;
    begin(500);
    assay_remote_hang(remote, true);
    for (unsigned i = 0; i < ASSAY_FRAME_SESSIONS; i++)
        fails_saying("", "echo: no answer to unwrap within the time-out of 500 ms");
    for (unsigned i = 0; i < 1000; i++) /* at once, or this would take eight minutes */
        fails_saying("", "echo: unwrap not asked, no session has answered within the time-out of 500 ms");
    assay_remote_hang(remote, false);
    for (unsigned i = 0; i < 1000 && ask("count", "", answer) != ASSAY_OK; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    int count = atoi(answer); /* it begins with one, and the last may have been lost on a slow machine */
    assert_in_range(count, 1 + ASSAY_FRAME_SESSIONS, 2 + 2 * ASSAY_FRAME_SESSIONS);
    all_echo();
}

static void on_alarm(int number)
{
    (void)number;
}

static void signals_put_off_no_deadline(void **state)
{
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval often = {{0, 10000}, {0, 10000}}, never = {{0, 0}, {0, 0}};
    (void)state;
    begin(500);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    fails_saying("stop", "echo: no answer to unwrap within the time-out of 500 ms");
    bool fine = echoes("go", "on");
    setitimer(ITIMER_REAL, &never, NULL);
    assert_true(fine);
}

static void without_a_deadline_it_waits(void **state)
{
    (void)state;
    begin(0);
    signal(SIGALRM, SIG_DFL);
    assay_remote_hang(remote, true);
    pid_t child = fork(); /* who lets it go on, in a while */
    assert_true(child >= 0);
    if (child == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        assay_remote_hang(remote, false);
        _exit(0);
    }
    assert_true(echoes("", "at last"));
}

static atomic_uint wrong;

static void *many(void *data)
{
    for (unsigned i = 0; i < 200; i++) {
        char text[TEXT];
        snprintf(text, sizeof text, "%p %u", data, i);
        wrong += !echoes("", text);
    }
    return NULL;
}

/* One session hangs, and more threads than are left share the others. */
static void one_that_hangs_keeps_nobody(void **state)
{
    pthread_t thread[8];
    (void)state;
    begin(1000);
    wrong = 0;
    fails_saying("stop", "echo: no answer to unwrap within the time-out of 1 s");
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, many, (void *)i), 0);
    for (size_t i = 0; i < 8; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(wrong, 0);
    assert_true(echoes("go", "on"));
    all_echo();
}

static void one_that_hangs_is_ended(void **state)
{
    char answer[TEXT];
    (void)state;
    begin(500);
    assert_int_equal(ask("pid", "", answer), ASSAY_OK);
    assay_remote_hang(remote, true);
    assay_remote_end(remote);
    assert_int_equal(kill((pid_t)atoi(answer), 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void one_that_is_gone_says_so(void **state)
{
    (void)state;
    begin(500);
    fails_saying("stop", "echo: no answer to unwrap within the time-out of 500 ms");
    assay_remote_hang_up(remote);
    for (unsigned i = 0; i < 2 * ASSAY_FRAME_SESSIONS; i++)
        fails_saying("", "echo: the companion's process is gone");
}

static void options(void **state)
{
    static const char *const bad[] = {"timeout=",
                                      "timeout=5",
                                      "timeout=0s",
                                      "timeout=61s",
                                      "timeout=-1s",
                                      "timeout=1us",
                                      "timeout=1s:timeout=2s",
                                      "timeout=1sx",
                                      "a:timeout=nan"};
    static const struct {
        const char *text, *rest;
        unsigned ms;
    } good[] = {{"", "", ASSAY_TIMEOUT_MS},
                {"port=1", "port=1", ASSAY_TIMEOUT_MS},
                {"timeout=500ms", "", 500},
                {"port=1:timeout=2s", "port=1", 2000},
                {"timeout=1ms:a:b", "a:b", 1},
                {"a:timeout=60s:b", "a:b", 60000},
                {"xtimeout=1s", "xtimeout=1s", ASSAY_TIMEOUT_MS}};
    char rest[ASSAY_OPTIONS_MAX], why[200];
    static char big[ASSAY_OPTIONS_MAX + 1];
    unsigned ms;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        why[0] = '\0';
        assert_false(assay_option_timeout(bad[i], &ms, rest, why, sizeof why));
        assert_non_null(strstr(why, "timeout=500ms"));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(assay_option_timeout(good[i].text, &ms, rest, why, sizeof why));
        assert_int_equal(ms, good[i].ms);
        assert_string_equal(rest, good[i].rest);
    }
    memset(big, 'x', ASSAY_OPTIONS_MAX);
    assert_false(assay_option_timeout(big, &ms, rest, why, sizeof why));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_call_ends_with_its_deadline, end),
        cmocka_unit_test_teardown(a_late_answer_is_nobodys, end),
        cmocka_unit_test_teardown(nothing_piles_up, end),
        cmocka_unit_test_teardown(signals_put_off_no_deadline, end),
        cmocka_unit_test_teardown(without_a_deadline_it_waits, end),
        cmocka_unit_test_teardown(one_that_hangs_keeps_nobody, end),
        cmocka_unit_test(one_that_hangs_is_ended),
        cmocka_unit_test_teardown(one_that_is_gone_says_so, end),
        cmocka_unit_test(options),
    };
    self = argv[0];
    return argc > 1 ? become_host() : cmocka_run_group_tests_name("remote", tests, NULL, NULL);
}

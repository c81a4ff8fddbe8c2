/* SPDX-License-Identifier: Apache-2.0
 *
 * A Redis server that hangs: redis_hang MODULE. The server is a thread that keeps its first answer back until
 * the store has given up, and sends it then; whoever asks next, on another connection, has its own.
 */
#include "companions/companion.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const char *module;
static int listener = -1;
static sem_t given_up;

/* Waits for a question, whatever it is. */
static int next_question(void)
{
    char question[200];
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0 && recv(fd, question, sizeof question, 0) <= 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void answer(int fd, const char *text)
{
    char reply[64];
    int n = snprintf(reply, sizeof reply, "$%zu\r\n%s\r\n", strlen(text), text);
    (void)!send(fd, reply, (size_t)n, MSG_NOSIGNAL);
}

static void *serve(void *data)
{
    int late = next_question();
    (void)data;
    sem_wait(&given_up);
    answer(late, "late");
    int fresh = next_question();
    answer(fresh, "fresh");
    char byte;
    while (recv(fresh, &byte, 1, 0) > 0)
        ; /* the store is closed */
    close(late);
    close(fresh);
    return NULL;
}

static unsigned listen_on_loopback(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static void a_late_answer_is_nobodys(void **state)
{
    const struct assay_bytes key = {(const uint8_t *)"key", 3};
    uint8_t out[ASSAY_STORE_VALUE_MAX];
    char option[64], why[200] = "";
    struct assay_store *store;
    pthread_t server;
    size_t size;
    bool found;
    (void)state;
    assay_store_opener *opener = assay_store_load(module, why, sizeof why);
    assert_string_equal(why, "");
    snprintf(option, sizeof option, "timeout=500ms:port=%u", listen_on_loopback());
    sem_init(&given_up, 0, 0);
    assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
    assert_int_equal(opener(option, &store, why, sizeof why), ASSAY_OK);
    assert_int_equal(store->get(store, key, out, &size, &found), ASSAY_LIBRARY);
    assert_string_equal(store->last_error(store), "redis: no answer to GET within the time-out of 500 ms");
    assert_false(found);
    sem_post(&given_up);
    assert_int_equal(store->get(store, key, out, &size, &found), ASSAY_OK);
    assert_true(found);
    assert_int_equal(size, 5);
    assert_memory_equal(out, "fresh", 5);
    store->close(store);
    pthread_join(server, NULL);
    sem_destroy(&given_up);
    close(listener);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_late_answer_is_nobodys)};
    module = argc > 1 ? argv[1] : "";
    return cmocka_run_group_tests_name("redis hang", tests, NULL, NULL);
}

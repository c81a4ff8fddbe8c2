/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool: each part runs once, whoever asks, whenever; and AES-GCM by its threads against one thread.
 */
#include "backends/native/pool.h"
#include "backends/native/aes_gcm/parallel.h"
#include "tests/check/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PARTS   40u
#define ASKERS  3u
#define JOBS    2000u
#define TEXT    (600u << 10)
#define AAD_MAX 100u

struct job {
    unsigned stamp, ran[PARTS]; /* plain: the pool orders what is written here */
};

static void one_part(void *data, unsigned part)
{
    struct job *j = data;
    j->ran[part] += j->stamp;
}

/* Many jobs one after another; the pauses let workers park now and then. Returns how many went wrong. */
static void *ask(void *data)
{
    struct pool *pool = data;
    uintptr_t wrong = 0;
    for (unsigned n = 0; n < JOBS; n++) {
        struct job j = {.stamp = n + 1};
        unsigned parts = n % (PARTS + 1);
        pool_run(pool, one_part, &j, parts);
        for (unsigned i = 0; i < PARTS; i++)
            wrong += j.ran[i] != (i < parts ? n + 1 : 0);
        if (n % 128 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL);
    }
    return (void *)wrong; /* NOLINT(performance-no-int-to-ptr) */
}

static void many_askers(unsigned threads)
{
    struct pool *pool = pool_new(threads);
    pthread_t asker[ASKERS];
    for (unsigned i = 0; i < ASKERS; i++)
        check_that(pthread_create(&asker[i], NULL, ask, pool) == 0, "a thread to ask the pool");
    for (unsigned i = 0; i < ASKERS; i++) {
        void *wrong;
        pthread_join(asker[i], &wrong);
        check_that(wrong == NULL, "pool of %u: %zu parts ran not once", threads, (size_t)wrong);
    }
    pool_free(pool);
}

/* Do several threads take part? Each part waits, so that one thread cannot be done before others wake. */
static atomic_uint together;

static void meet(void *data, unsigned part)
{
    (void)data, (void)part;
    atomic_fetch_add(&together, 1);
    for (int i = 0; i < 2000 && atomic_load(&together) < 2; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void takes_part(void)
{
    struct pool *pool = pool_new(2);
    atomic_store(&together, 0);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    pool_run(pool, meet, NULL, 2);
    clock_gettime(CLOCK_MONOTONIC, &after);
    check_that(after.tv_sec - before.tv_sec < 2, "two parts of a pool of two never ran at once");
    pool_free(pool);
}

static void after_fork(void)
{
    struct pool *pool = pool_new(3);
    struct job j = {.stamp = 1};
    pool_run(pool, one_part, &j, PARTS);
    pid_t child = fork();
    if (child == 0) {
        struct job k = {.stamp = 1};
        alarm(20);
        pool_run(pool, one_part, &k, PARTS);
        pool_free(pool);
        _exit(memcmp(&j, &k, sizeof j) != 0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    check_that(status == 0, "the pool in a forked child: status %x", (unsigned)status);
    pool_free(pool);
}

/* An idle pool costs nothing: its workers use no time. */
static void idle(void)
{
    struct pool *pool = pool_new(4);
    struct job j = {.stamp = 1};
    struct timespec before, after;
    pool_run(pool, one_part, &j, PARTS);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    long ns = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    check_that(ns < 5000000, "an idle pool used %ld ns in 100 ms", ns);
    pool_free(pool);
}

static void threads_option(void)
{
    static const char *const bad[] = {"", "0", "65", "-1", " 2", "2x", "99999999999999999999"};
    unsigned n;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_that(!pool_read_threads(bad[i], &n), "threads=%s is taken", bad[i]);
    check_that(pool_read_threads("1", &n) && n == 1 && pool_read_threads("64", &n) && n == 64, "1 and 64");
}

static struct gcm_key key, serial_key;
static uint8_t *text, *expected, *got;

static void one_message(const struct gcm_parallel *by, size_t size)
{
    uint8_t nonce[12], aad[AAD_MAX], *from = text + check_below(2) * check_below(70);
    size_t aad_size = check_below(AAD_MAX);
    check_fill(nonce, sizeof nonce);
    check_fill(aad, sizeof aad);
    check_fill(text, 64);
    by->gcm->seal(&serial_key, expected, nonce, from, size, aad, aad_size);
    for (size_t off = 0; off < 2; off++) { /* aligned, and not */
        memset(got, 0x5a, size + 32);
        gcm_parallel_seal(by, &key, got + off, nonce, from, size, aad, aad_size);
        check_that(memcmp(got + off, expected, size + 16) == 0 && got[off + size + 16] == 0x5a,
                   "%s: %zu bytes in segments of %zu, far from %zu, offset %zu", by->gcm->name, size,
                   by->segment, by->far_from, off);
        memset(got, 0x5a, size + 32);
        bool opened = gcm_parallel_open(by, &key, got + off, nonce, expected, size, aad, aad_size);
        check_that(opened && memcmp(got + off, from, size) == 0 && got[off + size] == 0x5a,
                   "%s open: %zu bytes in segments of %zu, far from %zu, offset %zu", by->gcm->name, size,
                   by->segment, by->far_from, off);
    }
    memcpy(got, from, size);
    gcm_parallel_seal(by, &key, got, nonce, got, size, aad, aad_size);
    check_that(memcmp(got, expected, size + 16) == 0, "%s in place: %zu bytes in segments of %zu",
               by->gcm->name, size, by->segment);
    bool opened = gcm_parallel_open(by, &key, got, nonce, got, size, aad, aad_size);
    check_that(opened && memcmp(got, from, size) == 0, "%s open in place: %zu bytes in segments of %zu",
               by->gcm->name, size, by->segment);
    expected[check_below(size + 16)] ^= 1;
    opened = gcm_parallel_open(by, &key, got, nonce, expected, size, aad, aad_size);
    uint8_t left = 0;
    for (size_t i = 0; i < size; i++)
        left |= got[i];
    check_that(!opened && left == 0, "%s forged: %zu bytes in segments of %zu: opened %d, left %02x",
               by->gcm->name, size, by->segment, opened, left);
}

static void against_serial(const struct gcm_variant *v, struct pool *pool)
{
    static const size_t around[] = {4096, 8192, 4096 * 8, 65536};
    struct gcm_parallel by = {.gcm = v, .pool = pool, .segment = 4096};
    uint8_t secret[32];
    for (unsigned bits = 0; bits < 2; bits++) {
        check_fill(secret, sizeof secret);
        key.pace = gcm_pace_for(v, 0, (uint32_t)check_below(200), (uint32_t)check_below(16000));
        v->key_init(&key, secret, bits ? 32 : 16);
        v->key_init(&serial_key, secret, bits ? 32 : 16);
        for (size_t i = 0; i < 4; i++) {
            by.far_from = i % 2 ? 0 : SIZE_MAX;
            for (int off = -17; off <= 17; off += (int)check_step() + (off + 17) % 3)
                one_message(&by, around[i] + (size_t)off);
        }
        for (size_t i = 0; i < 24; i += check_step()) {
            by.pool = i % 4 ? pool : NULL;
            by.segment = 4096 * (1 + check_below(20));
            by.far_from = check_below(2) ? 0 : SIZE_MAX;
            one_message(&by, 1 + check_below(v == &gcm_portable ? TEXT / 8 : TEXT));
        }
    }
    by.segment = 4096; /* more than there are segments: larger ones */
    if (v != &gcm_portable && check_step() == 1)
        one_message(&by, 5 * (257u << 10) + 5);
}

void check_pool(uint32_t features)
{
    threads_option();
    many_askers(1);
    many_askers(2);
    many_askers(5);
    takes_part();
    after_fork();
    idle();
    text = aligned_alloc(64, 3 * TEXT);
    expected = aligned_alloc(64, 3 * TEXT);
    got = aligned_alloc(64, 3 * TEXT);
    check_that(text && expected && got, "memory for the messages");
    check_fill(text, 3 * TEXT);
    struct pool *pool = pool_new(3);
    for (size_t i = 0; gcm_variants[i] != NULL; i++)
        if (check_wanted(gcm_variants[i]->name, gcm_variants[i]->needs, features))
            against_serial(gcm_variants[i], pool);
    pool_free(pool);
    free(text);
    free(expected);
    free(got);
}

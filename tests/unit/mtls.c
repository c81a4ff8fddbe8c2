/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutual TLS whose certificate is replaced under load: mtls MODULE. Also prints what a swap did to the
 * slowest connections; no time is asserted.
 */
#include "kernels/kernel.h"
#include "kernels/service/mtls_site.h"
#include "tests/kat/open_module.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SWAPS   100
#define CLIENTS 2
#define VISITS  20000 /* of a client, at most */

static const struct assay_backend *backend;
static assay_instance *instance;
static struct assay_site site;
static struct assay_mtls_connection connection;

static void open_site(enum assay_alg alg, int64_t lifetime_s, int64_t warn_s)
{
    const struct assay_site_config config = {.alg = alg, .lifetime_s = lifetime_s, .warn_s = warn_s};
    if (assay_site_open(&site, backend, instance, &config) != ASSAY_OK)
        fail_msg("%s, %s", site.why ? site.why : "", backend->last_error(instance));
}

static void visit_must(enum assay_mtls_result want)
{
    enum assay_mtls_result result = assay_site_visit(&site.client, &connection);
    if (result != want)
        fail_msg("a visit came to %d, not %d: %s", (int)result, (int)want, connection.why);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct visitor { /* a client that never rests */
    pthread_t thread;
    struct assay_mtls_client client;
    struct assay_mtls_connection connection;
    atomic_bool *ends, *is_swapping;
    pthread_mutex_t mutex; /* over the serial */
    uint8_t serial[ASSAY_X509_SERIAL];
    atomic_uint failures, visits;
    char why[160];
    uint64_t ns[VISITS]; /* the last bit: a swap was under way */
};

static void *visitor_main(void *arg)
{
    struct visitor *v = arg;
    while (!*v->ends && v->visits < VISITS) {
        bool swapping = *v->is_swapping;
        uint64_t start = now_ns();
        enum assay_mtls_result result = assay_site_visit(&v->client, &v->connection);
        v->ns[v->visits] = (now_ns() - start) & ~(uint64_t)1;
        v->ns[v->visits] |= swapping || *v->is_swapping;
        if (result != ASSAY_MTLS_OK && v->failures++ == 0)
            memcpy(v->why, v->connection.why, sizeof v->why);
        pthread_mutex_lock(&v->mutex);
        memcpy(v->serial, v->connection.serial, sizeof v->serial);
        pthread_mutex_unlock(&v->mutex);
        v->visits++;
    }
    return NULL;
}

/* false: it has not met this certificate within ten seconds. */
static bool has_met(struct visitor *v, const uint8_t *serial)
{
    static const struct timespec little = {.tv_nsec = 200000};
    for (unsigned waited = 0; waited < 50000; waited++) {
        pthread_mutex_lock(&v->mutex);
        bool met = memcmp(v->serial, serial, sizeof v->serial) == 0;
        pthread_mutex_unlock(&v->mutex);
        if (met)
            return true;
        nanosleep(&little, NULL);
    }
    return false;
}

/* A file that is torn, of another key or of another CA: refused, said so, and nothing else. */
static void put_bad_file(unsigned kind)
{
    struct assay_reload_state before, after;
    uint8_t serial[sizeof site.serial], identity[ASSAY_IDENTITY_MAX];
    char path[300];
    memcpy(serial, site.serial, sizeof serial);
    assay_reload_look(site.reload, &before);
    if (kind % 3 == 0) {
        snprintf(path, sizeof path, "%s/" ASSAY_IDENTITY_FILE, site.folder);
        FILE *f = fopen(path, "rbe");
        assert_non_null(f);
        size_t size = fread(identity, 1, sizeof identity, f);
        fclose(f);
        assert_true(size > 100);
        assert_true(assay_folder_put(site.folder, ASSAY_IDENTITY_FILE,
                                     (struct assay_bytes){identity, size - 1 - kind}));
    } else {
        assert_int_equal(assay_site_rotate(&site, kind % 3 == 1 ? ASSAY_SITE_OTHER : ASSAY_SITE_OWN,
                                           ASSAY_SITE_SERVER_URI, kind % 3 == 1 ? ASSAY_SITE_DAY : -5),
                         ASSAY_OK);
    }
    assert_true(assay_site_await_refusals(&site, before.refused + 1));
    assay_reload_look(site.reload, &after);
    assert_true(after.why[0] != '\0');
    assert_int_equal(after.swaps, before.swaps);
    assert_memory_equal(after.serial, before.serial, sizeof serial);
    memcpy(site.serial, serial, sizeof serial);
}

static int by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void tell_times(const struct visitor *visitors, bool swapping)
{
    static uint64_t all[CLIENTS * VISITS];
    size_t n = 0;
    for (size_t i = 0; i < CLIENTS; i++)
        for (size_t k = 0; k < visitors[i].visits; k++)
            if ((visitors[i].ns[k] & 1) == swapping)
                all[n++] = visitors[i].ns[k];
    qsort(all, n, sizeof *all, by_time);
    if (n > 0)
        printf("%s: %zu connections, median %.0f us, p99 %.0f us, longest %.0f us\n",
               swapping ? "while a certificate is replaced" : "between replacements", n,
               (double)all[n / 2] / 1e3, (double)all[n * 99 / 100] / 1e3, (double)all[n - 1] / 1e3);
}

static void start_visitors(struct visitor *visitors, struct assay_mtls_server *second, atomic_bool *ends,
                           atomic_bool *is_swapping)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        struct visitor *v = &visitors[i];
        v->client = site.client;
        if (i % 2)
            v->client.port = assay_mtls_server_port(second);
        v->ends = ends;
        v->is_swapping = is_swapping;
        pthread_mutex_init(&v->mutex, NULL);
        assert_int_equal(pthread_create(&v->thread, NULL, visitor_main, v), 0);
    }
}

/* The bar: a hundred certificates replaced under load. */
static void swap_under_load(struct visitor *visitors, atomic_bool *is_swapping)
{
    static const uint8_t message[] = "still there?";
    static struct assay_mtls_connection old;
    static struct timespec pause = {.tv_nsec = 5000000};
    assert_int_equal(assay_mtls_connect(&site.client, &old), ASSAY_MTLS_OK);
    for (unsigned i = 0; i < SWAPS; i++) {
        *is_swapping = true;
        assert_int_equal(assay_site_rotate(&site, ASSAY_SITE_OWN, ASSAY_SITE_SERVER_URI, ASSAY_SITE_DAY),
                         ASSAY_OK);
        assert_true(assay_site_await_serial(&site));
        *is_swapping = false;
        for (size_t k = 0; k < CLIENTS; k++)
            if (!has_met(&visitors[k], site.serial))
                fail_msg("swap %u was not seen by client %zu: %s", i, k, visitors[k].why);
        assert_int_equal(assay_mtls_echo(&site.client, &old, message, sizeof message), ASSAY_MTLS_OK);
        if (i % 10 == 5)
            put_bad_file(i / 10);
        nanosleep(&pause, NULL);
    }
    assay_mtls_close(&site.client, &old);
}

static void test_hundred_swaps(void **state)
{
    (void)state;
    struct visitor *visitors = calloc(CLIENTS, sizeof *visitors);
    struct assay_mtls_server *second;
    struct assay_reload_state end;
    struct assay_mtls_counts counts[2];
    atomic_bool ends = false, is_swapping = false;
    uint64_t visits = 0;
    assert_non_null(visitors);
    open_site(ASSAY_ECDSA_P256_SHA256, ASSAY_SITE_DAY, 0);
    assert_null(assay_mtls_server_start(backend, site.reload, ASSAY_SITE_CLIENT_URI, &second));
    start_visitors(visitors, second, &ends, &is_swapping);
    swap_under_load(visitors, &is_swapping);
    ends = true;
    for (size_t i = 0; i < CLIENTS; i++) {
        pthread_join(visitors[i].thread, NULL);
        visits += visitors[i].visits;
        if (visitors[i].failures > 0)
            fail_msg("%u of %u handshakes failed, the first: %s", visitors[i].failures, visitors[i].visits,
                     visitors[i].why);
    }
    assay_reload_look(site.reload, &end);
    assert_int_equal(end.swaps, SWAPS);
    assert_int_equal(end.refused, SWAPS / 10);
    assay_mtls_server_counts(site.server, &counts[0]);
    assay_mtls_server_counts(second, &counts[1]);
    assert_int_equal(counts[0].accepted + counts[1].accepted, visits + 1); /* and the one that stayed open */
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(counts[i].refused + counts[i].unauthorised + counts[i].expired + counts[i].failed,
                         0);
    assert_true(visits > SWAPS);
    printf("%u swaps, %llu handshakes, 0 failed\n", SWAPS, (unsigned long long)visits);
    tell_times(visitors, false);
    tell_times(visitors, true);
    assay_mtls_server_stop(second);
    assay_site_close(&site);
    free(visitors);
}

static int raw_connection(void)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(site.client.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Strangers who speak no TLS, half of it, too much of it or nothing at all, and more of them than there is
 * room for: the server turns them away and goes on. */
static void test_rough_peers(void **state)
{
    (void)state;
    static uint8_t junk[70000] = {22, 3, 1, 0xff, 0xff, 1};
    struct assay_mtls_counts counts;
    int fds[100];
    char byte;
    open_site(ASSAY_ECDSA_P256_SHA256, ASSAY_SITE_DAY, 0);
    for (size_t size = 1; size < sizeof junk; size = size * 3 + 1) {
        int fd = raw_connection();
        (void)!send(fd, junk, size, MSG_NOSIGNAL);
        close(fd);
    }
    int fd = raw_connection();
    assert_true(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL) == 18);
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    close(fd);
    visit_must(ASSAY_MTLS_OK);
    for (size_t i = 0; i < ASSAY_COUNT(fds); i++)
        fds[i] = raw_connection();
    for (size_t i = 0; i < ASSAY_COUNT(fds); i++)
        close(fds[i]);
    for (int i = 0; i < 100; i++)
        visit_must(ASSAY_MTLS_OK);
    assay_mtls_server_counts(site.server, &counts);
    assert_int_equal(counts.accepted, 101);
    assert_true(counts.failed >= ASSAY_COUNT(fds));
    assay_site_close(&site);
}

/* Who else can read the key, or point elsewhere, is not served. */
static void test_unsafe_files(void **state)
{
    (void)state;
    char path[300], other[320], link[320];
    struct assay_reload_state look;
    open_site(ASSAY_ECDSA_P256_SHA256, ASSAY_SITE_DAY, 0);
    snprintf(path, sizeof path, "%s/" ASSAY_IDENTITY_FILE, site.folder);
    snprintf(other, sizeof other, "%s.kept", path);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(chmod(other, 0640), 0);
    assert_int_equal(rename(other, path), 0);
    assert_true(assay_site_await_refusals(&site, 1));
    assay_reload_look(site.reload, &look);
    assert_string_equal(look.why, "others than its owner may read or write it");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(rename(path, other), 0);
    snprintf(link, sizeof link, "%s.link", path);
    assert_int_equal(symlink(other, link), 0);
    assert_int_equal(rename(link, path), 0); /* to a good file */
    assert_true(assay_site_await_refusals(&site, 2));
    visit_must(ASSAY_MTLS_OK);
    assert_int_equal(unlink(other), 0);
    assay_site_close(&site);
}

static struct assay_bytes text(const char *s)
{
    return (struct assay_bytes){(const uint8_t *)s, strlen(s)};
}

static void assert_refused(const char *want, struct assay_bytes identity, struct assay_bytes trust,
                           int64_t now)
{
    const struct assay_credential_config config = {
        .backend = backend, .instance = instance, .role = ASSAY_TLS_SERVER, .group = ASSAY_ECDH_P256};
    struct assay_credential *made;
    const char *why = assay_credential_new(&config, identity, trust, now, &made);
    if (strcmp(why ? why : "", want ? want : "") != 0)
        fail_msg("%s, not %s", why ? why : "taken", want ? want : "taken");
    assay_credential_drop(made);
}

/* Each is right but for one thing, and refused for that. */
static void test_bad_identities(void **state)
{
    (void)state;
    static uint8_t one[ASSAY_IDENTITY_MAX], two[ASSAY_IDENTITY_MAX], roots[3 * ASSAY_X509_MAX];
    const int64_t now = 1800000000;
    struct assay_ca ca, other;
    struct assay_ca_request r = {.subject = text("orders"),
                                 .uri = text(ASSAY_SITE_SERVER_URI),
                                 .dns = text(ASSAY_SITE_HOST),
                                 .not_before = now - 60,
                                 .not_after = now + 60,
                                 .actor = text("a")};
    struct assay_bytes a = {one, 0}, b = {two, 0}, key, certificate, trust = {roots, 0};
    uint8_t secret[32];
    assay_fill(secret, sizeof secret, 1);
    assert_int_equal(assay_ca_open(&ca, backend, instance, ASSAY_ECDSA_P256_SHA256, secret, "assay TEST CA",
                                   now - 90, now + 90),
                     ASSAY_OK);
    assay_fill(secret, sizeof secret, 2);
    assert_int_equal(assay_ca_open(&other, backend, instance, ASSAY_ECDSA_P256_SHA256, secret,
                                   "assay TEST CA, another", now - 90, now + 90),
                     ASSAY_OK);
    assert_int_equal(assay_credential_issue(&ca, &r, NULL, one, &a.size), ASSAY_OK);
    assert_int_equal(assay_credential_issue(&ca, &r, NULL, two, &b.size), ASSAY_OK);
    memcpy(roots, other.root, other.root_size);
    memcpy(roots + other.root_size, ca.root, ca.root_size);
    trust.size = other.root_size + ca.root_size;
    assert_refused(NULL, a, trust, now);
    assert_refused("the certificate has expired", a, trust, now + 61);
    assert_refused("the certificate is not yet valid", a, trust, now - 61);
    assert_refused("the certificate is of a CA that is not on the trust list", a,
                   (struct assay_bytes){other.root, other.root_size}, now);
    assert_refused("the trust list has something that is no root", a,
                   (struct assay_bytes){roots, trust.size - 1}, now);
    assert_refused("it is no key and certificate", (struct assay_bytes){one, a.size - 1}, trust, now);
    one[a.size - 1] ^= 1;
    assert_refused("the certificate's signature is not its CA's", a, trust, now);
    one[a.size - 1] ^= 1;
    assert_true(assay_credential_cut(b, &key, &certificate));
    memcpy(one, key.data, key.size); /* keys of one algorithm have one size */
    assert_refused("key and certificate do not belong together", a, trust, now);
    memcpy(one, two, b.size);
    one[8] ^= 1; /* of the key's algorithm */
    assert_refused("the key is malformed", (struct assay_bytes){one, b.size}, trust, now);
    r.uri.size = 0;
    assert_int_equal(assay_credential_issue(&ca, &r, NULL, two, &b.size), ASSAY_OK);
    assert_refused("the certificate is for another use", b, trust, now);
    r.uri = text(ASSAY_SITE_SERVER_URI);
    r.not_after = now + 1000;
    assert_int_equal(assay_credential_issue(&ca, &r, NULL, two, &b.size), ASSAY_OK);
    assert_refused("the CA's root is not in force", b, trust, now + 91);
    assert_true(assay_credential_cut(b, &key, &certificate));
    memcpy(roots + trust.size, certificate.data, certificate.size); /* a leaf is no root */
    trust.size += certificate.size;
    assert_refused("the trust list has something that is no root", b, trust, now);
    assay_ca_close(&ca);
    assay_ca_close(&other);
}

/* An alarm before the end, nothing shown after it, and all well with the next. */
static void test_end(void **state)
{
    (void)state;
    static const struct timespec little = {.tv_nsec = 20000000};
    struct assay_reload_state look;
    struct assay_mtls_counts counts;
    open_site(ASSAY_ECDSA_P256_SHA256, 3, 2);
    visit_must(ASSAY_MTLS_OK);
    do {
        nanosleep(&little, NULL);
        assay_reload_look(site.reload, &look);
    } while (time(NULL) < look.not_after);
    assert_int_equal(look.alarms, 1);
    visit_must(ASSAY_MTLS_CLOSED);
    assay_mtls_server_counts(site.server, &counts);
    assert_int_equal(counts.expired, 1);
    assert_int_equal(assay_site_rotate(&site, ASSAY_SITE_OWN, ASSAY_SITE_SERVER_URI, ASSAY_SITE_DAY),
                     ASSAY_OK);
    assert_true(assay_site_await_serial(&site));
    visit_must(ASSAY_MTLS_OK);
    assay_site_close(&site);
}

static unsigned entries(const char *folder)
{
    unsigned n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void test_nothing_left(void **state)
{
    (void)state;
    char folder[ASSAY_FOLDER_MAX];
    struct stat st;
    unsigned files = entries("/proc/self/fd"), threads = entries("/proc/self/task");
    for (int i = 0; i < 5; i++) {
        open_site(ASSAY_ECDSA_P256_SHA256, ASSAY_SITE_DAY, 0);
        assert_int_equal(stat(site.folder, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
        memcpy(folder, site.folder, sizeof folder);
        visit_must(ASSAY_MTLS_OK);
        assay_site_close(&site);
        assert_int_equal(stat(folder, &st), -1);
        assert_int_equal(errno, ENOENT);
    }
    assert_int_equal(entries("/proc/self/fd"), files);
    assert_int_equal(entries("/proc/self/task"), threads);
    assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
    const struct assay_site_config config = {.alg = ASSAY_ECDSA_P256_SHA256, .lifetime_s = 60};
    assert_int_equal(assay_site_open(&site, backend, instance, &config), ASSAY_LIBRARY);
    assert_non_null(site.why);
    assay_site_close(&site);
    assert_int_equal(unsetenv("TMPDIR"), 0);
}

static bool supported(void)
{
    char why[200];
    return backend->tls && backend->sign && backend->rand && backend->hash &&
           ASSAY_HAS(backend->tls, peer_certificate) &&
           backend->supports(instance, ASSAY_OP_TLS, ASSAY_ECDSA_P256_SHA256, why, sizeof why);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hundred_swaps), cmocka_unit_test(test_rough_peers),
        cmocka_unit_test(test_unsafe_files),  cmocka_unit_test(test_bad_identities),
        cmocka_unit_test(test_end),           cmocka_unit_test(test_nothing_left),
    };
    if (argc < 2 || !open_module(argc - 1, argv + 1, &backend, &instance))
        return 2;
    int failed = 77;
    if (supported())
        failed = cmocka_run_group_tests_name("mtls", tests, NULL, NULL);
    else
        printf("skipped: the module has no TLS whose peers can be told\n");
    backend->destroy(instance);
    return failed;
}

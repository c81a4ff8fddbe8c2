/* SPDX-License-Identifier: Apache-2.0
 *
 * The server: one thread, one epoll, non-blocking sockets.
 */
#include "kernels/kernel.h"
#include "kernels/service/metrics.h"
#include "kernels/service/mtls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STACK       (512u << 10)
#define CONNECTIONS 64u
#define IN_ROOM     (16384u + 256u + 5u) /* one record (RFC 8446 §5.2) */
#define OUT_ROOM    (IN_ROOM + 512u)     /* its echo, or a flight */

struct connection {
    int fd; /* -1: free */
    assay_tls *end;
    bool done, is_waiting; /* for room in the socket */
    uint64_t start_ns;     /* when it was taken */
    size_t in_size, out_from, out_to;
    uint8_t in[IN_ROOM], out[OUT_ROOM];
};

struct assay_mtls_server {
    const struct assay_backend *backend;
    struct assay_reload *reload;
    const char *client_uri;
    pthread_t thread;
    int epoll, listener, stop;
    uint16_t port;
    bool is_listening; /* not while all connections are in use: they wait in the listener's queue */
    atomic_ullong accepted, refused, unauthorised, expired, failed;
    uint8_t plain[IN_ROOM];
    struct connection connection[CONNECTIONS];
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A handshake ended: in one of the server's counts, and in the process's counters. */
static void count(const struct connection *n, atomic_ullong *which, bool ok)
{
    (*which)++;
    assay_metrics_handshake(ok ? ASSAY_SUITE_AES_128_GCM_SHA256 : ASSAY_SUITE_NONE, ok,
                            now_ns() - n->start_ns);
}

static bool watch(struct assay_mtls_server *s, int operation, int fd, uint32_t events, void *what)
{
    struct epoll_event e = {.events = events, .data.ptr = what};
    return epoll_ctl(s->epoll, operation, fd, &e) == 0;
}

static void hang_up(struct assay_mtls_server *s, struct connection *n)
{
    s->backend->tls->endpoint_free(n->end);
    close(n->fd); /* leaves the epoll by that */
    n->end = NULL;
    n->fd = -1;
    if (!s->is_listening)
        s->is_listening = watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN, &s->listener);
}

/* Sends what is there, and waits for room where the socket has none. false: the peer is gone. */
static bool flush(struct assay_mtls_server *s, struct connection *n)
{
    while (n->out_from < n->out_to) {
        ssize_t sent = send(n->fd, n->out + n->out_from, n->out_to - n->out_from, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN) {
            n->is_waiting = true;
            return watch(s, EPOLL_CTL_MOD, n->fd, EPOLLOUT, n);
        }
        if (sent < 0)
            return false;
        n->out_from += (size_t)sent;
    }
    n->out_from = n->out_to = 0;
    if (!n->is_waiting)
        return true;
    n->is_waiting = false;
    return watch(s, EPOLL_CTL_MOD, n->fd, EPOLLIN, n);
}

/* Once, when the handshake is over. */
static bool authorise(struct assay_mtls_server *s, struct connection *n)
{
    struct assay_tls_info info = {.size = sizeof info};
    if (s->backend->tls->info(n->end, &info) != ASSAY_OK || !info.peer_verified) {
        count(n, &s->refused, false);
        return false;
    }
    if (assay_peer_is(s->backend, n->end, s->client_uri, NULL, NULL) != ASSAY_OK) {
        count(n, &s->unauthorised, false);
        return false;
    }
    count(n, &s->accepted, true);
    return true;
}

/* Behind what is to be sent already: nothing, or the end of the handshake. */
static bool echo(struct assay_mtls_server *s, struct connection *n, size_t whole)
{
    const struct assay_tls_ops *tls = s->backend->tls;
    size_t size = 0, wire = 0;
    if (tls->read(n->end, n->in, whole, s->plain, sizeof s->plain, &size) != ASSAY_OK || size > 16384 ||
        (size > 0 &&
         tls->write(n->end, s->plain, size, n->out + n->out_to, OUT_ROOM - n->out_to, &wire) != ASSAY_OK))
        return false;
    n->out_to += wire;
    return true;
}

/* Whole records of what has come. The handshake's last may have data behind it, which read() finds. */
static bool take(struct assay_mtls_server *s, struct connection *n)
{
    size_t whole;
    bool good = true;
    if (!assay_mtls_records(n->in, n->in_size, &whole)) {
        if (!n->done)
            count(n, &s->failed, false);
        return false;
    }
    if (whole == 0)
        return true;
    if (!n->done) {
        enum assay_rc rc =
            s->backend->tls->step(n->end, n->in, whole, n->out, OUT_ROOM, &n->out_to, &n->done);
        if (rc != ASSAY_OK || n->out_to == OUT_ROOM) {
            count(n, rc == ASSAY_AUTH ? &s->refused : &s->failed, false);
            return false;
        }
        good = !n->done || (authorise(s, n) && echo(s, n, 0));
    } else {
        good = echo(s, n, whole);
    }
    n->in_size -= whole;
    memmove(n->in, n->in + whole, n->in_size);
    return good;
}

static void serve(struct assay_mtls_server *s, struct connection *n, uint32_t events)
{
    if (events & EPOLLOUT) {
        if (!flush(s, n))
            hang_up(s, n);
        return;
    }
    ssize_t got = recv(n->fd, n->in + n->in_size, IN_ROOM - n->in_size, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        if (!n->done)
            count(n, &s->failed, false);
        hang_up(s, n);
        return;
    }
    n->in_size += (size_t)got;
    if (!take(s, n) || !flush(s, n))
        hang_up(s, n);
}

static struct connection *free_connection(struct assay_mtls_server *s)
{
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (s->connection[i].fd < 0)
            return &s->connection[i];
    return NULL;
}

static void take_connection(struct assay_mtls_server *s)
{
    static const int on = 1;
    struct connection *n = free_connection(s);
    if (!n) {
        s->is_listening = !watch(s, EPOLL_CTL_DEL, s->listener, 0, NULL);
        return;
    }
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    n->start_ns = now_ns();
    n->done = n->is_waiting = false;
    n->in_size = n->out_from = n->out_to = 0;
    enum assay_rc rc = assay_reload_endpoint(s->reload, &n->end);
    if (rc == ASSAY_OK && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
        watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, n)) {
        n->fd = fd;
        return;
    }
    count(n, rc == ASSAY_AUTH ? &s->expired : &s->failed, false);
    s->backend->tls->endpoint_free(n->end);
    n->end = NULL;
    close(fd);
}

static void *server_main(void *arg)
{
    struct assay_mtls_server *s = arg;
    struct epoll_event events[CONNECTIONS];
    for (;;) {
        int count = epoll_wait(s->epoll, events, CONNECTIONS, -1);
        if (count < 0 && errno != EINTR)
            return NULL;
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &s->stop)
                return NULL;
            if (events[i].data.ptr == &s->listener)
                take_connection(s);
            else
                serve(s, events[i].data.ptr, events[i].events);
        }
    }
}

static bool listen_on_loopback(struct assay_mtls_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (const struct sockaddr *)&at, sizeof at) != 0 ||
        listen(s->listener, 128) != 0 || getsockname(s->listener, (struct sockaddr *)&at, &size) != 0)
        return false;
    s->port = ntohs(at.sin_port);
    return true;
}

static void release(struct assay_mtls_server *s)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        if (s->connection[i].fd < 0)
            continue;
        s->backend->tls->endpoint_free(s->connection[i].end);
        close(s->connection[i].fd);
    }
    const int fds[] = {s->epoll, s->listener, s->stop};
    for (size_t i = 0; i < ASSAY_COUNT(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    explicit_bzero(s, sizeof *s);
    free(s);
}

static bool start_thread(struct assay_mtls_server *s)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    bool started = pthread_create(&s->thread, &attributes, server_main, s) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

const char *assay_mtls_server_start(const struct assay_backend *backend, struct assay_reload *reload,
                                    const char *client_uri, struct assay_mtls_server **out)
{
    struct assay_mtls_server *s = *out = NULL;
    s = calloc(1, sizeof *s);
    if (!s)
        return "out of memory";
    s->backend = backend;
    s->reload = reload;
    s->client_uri = client_uri;
    s->listener = -1;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->stop = eventfd(0, EFD_CLOEXEC);
    for (size_t i = 0; i < CONNECTIONS; i++)
        s->connection[i].fd = -1;
    s->is_listening = s->epoll >= 0 && s->stop >= 0 && listen_on_loopback(s) &&
                      watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN, &s->listener) &&
                      watch(s, EPOLL_CTL_ADD, s->stop, EPOLLIN, &s->stop);
    if (!s->is_listening || !start_thread(s)) {
        release(s);
        return "there is no socket or thread to be had";
    }
    *out = s;
    return NULL;
}

void assay_mtls_server_stop(struct assay_mtls_server *s)
{
    static const uint64_t one = 1;
    if (!s)
        return;
    while (write(s->stop, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(s->thread, NULL);
    release(s);
}

uint16_t assay_mtls_server_port(const struct assay_mtls_server *s)
{
    return s->port;
}

void assay_mtls_server_counts(struct assay_mtls_server *s, struct assay_mtls_counts *counts)
{
    *counts = (struct assay_mtls_counts){.accepted = s->accepted,
                                         .refused = s->refused,
                                         .unauthorised = s->unauthorised,
                                         .expired = s->expired,
                                         .failed = s->failed};
}

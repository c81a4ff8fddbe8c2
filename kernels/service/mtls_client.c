/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's side: blocking sockets with a time limit.
 */
#include "kernels/kernel.h"
#include "kernels/service/mtls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 10 /* a server that says nothing for so long is broken */

bool assay_mtls_records(const uint8_t *in, size_t size, size_t *whole)
{
    for (*whole = 0; size - *whole >= 5;) {
        const uint8_t *head = in + *whole;
        size_t length = (size_t)head[3] << 8 | head[4];
        if (head[0] < 20 || head[0] > 23 || length > 16384 + 256)
            return false;
        if (5 + length > size - *whole)
            break;
        *whole += 5 + length;
    }
    return true;
}

static enum assay_mtls_result failed(struct assay_mtls_connection *n, enum assay_mtls_result result,
                                     const char *what, const char *reason)
{
    snprintf(n->why, sizeof n->why, "%.40s: %.110s", what, reason);
    return result;
}

static enum assay_mtls_result send_all(struct assay_mtls_connection *n, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t sent = send(n->fd, n->out + at, size - at, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return failed(n, errno == EPIPE || errno == ECONNRESET ? ASSAY_MTLS_CLOSED : ASSAY_MTLS_FAILED,
                          "send", strerror(errno));
        at += (size_t)sent;
    }
    return ASSAY_MTLS_OK;
}

/* At least one octet more. */
static enum assay_mtls_result receive(struct assay_mtls_connection *n)
{
    ssize_t got;
    do
        got = recv(n->fd, n->in + n->in_size, sizeof n->in - n->in_size, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        n->in_size += (size_t)got;
        return ASSAY_MTLS_OK;
    }
    return failed(n, got == 0 || errno == ECONNRESET ? ASSAY_MTLS_CLOSED : ASSAY_MTLS_FAILED, "recv",
                  got == 0 ? "the server closed the connection" : strerror(errno));
}

/* Waits for whole records. */
static enum assay_mtls_result await_records(struct assay_mtls_connection *n, size_t *whole)
{
    for (;;) {
        if (!assay_mtls_records(n->in, n->in_size, whole))
            return failed(n, ASSAY_MTLS_FAILED, "recv", "the server speaks no TLS");
        if (*whole > 0)
            return ASSAY_MTLS_OK;
        enum assay_mtls_result result = receive(n);
        if (result != ASSAY_MTLS_OK)
            return result;
    }
}

static void consume(struct assay_mtls_connection *n, size_t size)
{
    n->in_size -= size;
    memmove(n->in, n->in + size, n->in_size);
}

static enum assay_mtls_result dial(const struct assay_mtls_client *c, struct assay_mtls_connection *n)
{
    static const int on = 1;
    static const struct timeval patience = {.tv_sec = PATIENCE_S};
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(c->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    n->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (n->fd < 0 || setsockopt(n->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        setsockopt(n->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(n->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        return failed(n, ASSAY_MTLS_FAILED, "connect", strerror(errno));
    return ASSAY_MTLS_OK;
}

static enum assay_mtls_result shake(const struct assay_mtls_client *c, struct assay_mtls_connection *n)
{
    const struct assay_backend *b = c->backend;
    bool done = false;
    size_t whole = 0, size = 0;
    for (;;) {
        enum assay_rc rc = b->tls->step(n->end, n->in, whole, n->out, sizeof n->out, &size, &done);
        if (rc != ASSAY_OK)
            return failed(n, rc == ASSAY_AUTH ? ASSAY_MTLS_REFUSED : ASSAY_MTLS_FAILED, "handshake",
                          b->last_error(c->instance));
        consume(n, whole);
        enum assay_mtls_result result = send_all(n, size);
        if (result != ASSAY_MTLS_OK || done)
            return result;
        result = await_records(n, &whole);
        if (result != ASSAY_MTLS_OK)
            return result;
    }
}

enum assay_mtls_result assay_mtls_connect(const struct assay_mtls_client *c, struct assay_mtls_connection *n)
{
    n->fd = -1;
    n->end = NULL;
    n->in_size = n->serial_size = 0;
    n->why[0] = '\0';
    if (c->backend->tls->endpoint_new(c->ctx, NULL, &n->end) != ASSAY_OK)
        return failed(n, ASSAY_MTLS_FAILED, "endpoint", c->backend->last_error(c->instance));
    enum assay_mtls_result result = dial(c, n);
    if (result == ASSAY_MTLS_OK)
        result = shake(c, n);
    if (result == ASSAY_MTLS_OK &&
        assay_peer_is(c->backend, n->end, c->server_uri, n->serial, &n->serial_size) != ASSAY_OK)
        result = failed(n, ASSAY_MTLS_REFUSED, "server", "its certificate is of another URI");
    return result;
}

enum assay_mtls_result assay_mtls_echo(const struct assay_mtls_client *c, struct assay_mtls_connection *n,
                                       const uint8_t *message, size_t size)
{
    const struct assay_backend *b = c->backend;
    uint8_t back[ASSAY_MTLS_MESSAGE + 256];
    size_t wire = 0, got = 0;
    if (b->tls->write(n->end, message, size, n->out, sizeof n->out, &wire) != ASSAY_OK)
        return failed(n, ASSAY_MTLS_FAILED, "write", b->last_error(c->instance));
    enum assay_mtls_result result = send_all(n, wire);
    while (result == ASSAY_MTLS_OK && got < size) {
        size_t whole = 0, plain = 0;
        if ((result = await_records(n, &whole)) != ASSAY_MTLS_OK)
            return result;
        /* An alert is how a server that closes in order says that it does not let the client in. */
        if (b->tls->read(n->end, n->in, whole, back + got, sizeof back - got, &plain) != ASSAY_OK)
            return failed(n, ASSAY_MTLS_CLOSED, "read", b->last_error(c->instance));
        consume(n, whole);
        got += plain;
    }
    if (result == ASSAY_MTLS_OK && (got != size || memcmp(back, message, size) != 0))
        return failed(n, ASSAY_MTLS_FAILED, "echo", "what came back is not what was sent");
    return result;
}

void assay_mtls_close(const struct assay_mtls_client *c, struct assay_mtls_connection *n)
{
    static const struct linger at_once = {.l_onoff = 1};
    c->backend->tls->endpoint_free(n->end);
    n->end = NULL;
    if (n->fd < 0)
        return;
    setsockopt(n->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(n->fd);
    n->fd = -1;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Mutual TLS 1.3 over TCP on the loopback interface: a server (epoll, non-blocking sockets, one thread) that
 * echoes, and the client's side. Each authorises its peer by the URI in its certificate.
 */
#ifndef ASSAY_SERVICE_MTLS_H
#define ASSAY_SERVICE_MTLS_H

#include "kernels/service/reload.h"

#define ASSAY_MTLS_MESSAGE 1024u /* the longest that is echoed at once */

struct assay_mtls_counts { /* connections, by what came of them */
    uint64_t accepted;     /* handshake over, peer authorised */
    uint64_t refused;      /* no certificate, or none under a root of the trust list, or not in force */
    uint64_t unauthorised; /* a good certificate of another URI */
    uint64_t expired;      /* turned away for the server's own certificate had expired */
    uint64_t failed;       /* the peer went away during the handshake, or the library failed */
};

struct assay_mtls_server;

/* A port of the kernel's choosing. The thread runs where the caller may, and takes connections until stop():
 * one CPU, one server. reload outlives it; client_uri: the one that is authorised. NULL: *out is it. */
const char *assay_mtls_server_start(const struct assay_backend *backend, struct assay_reload *reload,
                                    const char *client_uri, struct assay_mtls_server **out) ASSAY_MUST_CHECK;
void assay_mtls_server_stop(struct assay_mtls_server *server); /* ends its connections; accepts NULL */
uint16_t assay_mtls_server_port(const struct assay_mtls_server *server);
void assay_mtls_server_counts(struct assay_mtls_server *server, struct assay_mtls_counts *counts);

struct assay_mtls_client { /* what its connections share; belongs to one thread */
    const struct assay_backend *backend;
    assay_instance *instance;
    assay_tls_ctx *ctx;
    uint16_t port;
    const char *server_uri;
};

struct assay_mtls_connection { /* starts zeroed */
    int fd;
    assay_tls *end;
    uint8_t serial[20]; /* of the server's certificate */
    size_t serial_size;
    char why[160]; /* of what was not ASSAY_MTLS_OK */
    size_t in_size;
    uint8_t in[20480], out[20480];
};

enum assay_mtls_result {
    ASSAY_MTLS_OK,
    ASSAY_MTLS_REFUSED, /* the client refuses the server: its certificate, or its URI */
    ASSAY_MTLS_CLOSED,  /* the server turned the client away: it closed, without a reason */
    ASSAY_MTLS_FAILED,  /* anything else */
};

/* A connection with a full handshake. In TLS 1.3 the client is through before the server has looked at its
 * certificate: whether it is let in the first echo tells. */
enum assay_mtls_result assay_mtls_connect(const struct assay_mtls_client *client,
                                          struct assay_mtls_connection *connection) ASSAY_MUST_CHECK;
/* There and back, and compared. size: 1 to ASSAY_MTLS_MESSAGE. */
enum assay_mtls_result assay_mtls_echo(const struct assay_mtls_client *client,
                                       struct assay_mtls_connection *connection, const uint8_t *message,
                                       size_t size) ASSAY_MUST_CHECK;
/* At once, with a reset: no port waits out its time, as one that is closed in order would (RFC 9293 §3.6.1).
 */
void assay_mtls_close(const struct assay_mtls_client *client, struct assay_mtls_connection *connection);

/* How many of the octets are whole TLS records (RFC 8446 §5.1); false: what comes next begins none. */
bool assay_mtls_records(const uint8_t *in, size_t size, size_t *whole) ASSAY_MUST_CHECK;

#endif

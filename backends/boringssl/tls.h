/* SPDX-License-Identifier: Apache-2.0
 *
 * What the three files of the TLS family share: the context, the endpoint and the wire between an SSL and
 * the caller's buffers.
 */
#ifndef ASSAY_BACKENDS_BORINGSSL_TLS_H
#define ASSAY_BACKENDS_BORINGSSL_TLS_H

#include "backends/boringssl/boringssl.h"

#include <openssl/ssl.h>

/* Bytes that found no taker during a call and wait for the next. */
struct queue {
    uint8_t *data;
    size_t begin, end, room;
};

/* A BIO over the buffers of the call in progress: nothing is copied but what SSL itself leaves over. */
struct wire {
    const uint8_t *in;
    size_t in_size;
    uint8_t *out;
    size_t out_room, out_used;
    struct queue kept_in, kept_out;
    bool no_memory;
};

BIO_METHOD *assay_boringssl_wire_method(void);
void assay_boringssl_wire_begin(struct wire *, const uint8_t *in, size_t in_size, uint8_t *out,
                                size_t out_room);
/* Keeps what SSL has not read, lets go of the caller's buffers and tells how much was written. */
enum assay_rc assay_boringssl_wire_end(struct wire *, size_t *out_size) ASSAY_MUST_CHECK;
bool assay_boringssl_wire_has_input(const struct wire *);
void assay_boringssl_wire_clear(struct wire *);

struct assay_tls_ctx {
    SSL_CTX *ssl; /* counts its references: an SSL holds one */
    BIO_METHOD *method;
    enum assay_tls_role role;
    uint16_t group;     /* IANA number */
    bool flush_tickets; /* TLS 1.3 server with tickets: they wait for a write */
    char *host;
};

struct assay_tls {
    SSL *ssl;
    SSL_SESSION *session; /* client: the latest ticket */
    struct wire wire;
    bool done;
    bool flush_tickets;
    uint16_t group;
};

enum assay_rc assay_boringssl_tls_ctx_new(assay_instance *, const struct assay_tls_config *,
                                          assay_tls_ctx **) ASSAY_MUST_CHECK;
void assay_boringssl_tls_ctx_free(assay_tls_ctx *);

#endif

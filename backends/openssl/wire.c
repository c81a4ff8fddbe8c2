/* SPDX-License-Identifier: Apache-2.0
 *
 * The BIO between libssl and the caller's buffers.
 */
#include "backends/openssl/wire.h"

#include <stdlib.h>
#include <string.h>

static size_t take_from(const uint8_t **from, size_t *left, uint8_t *to, size_t room)
{
    size_t n = *left < room ? *left : room;
    if (n == 0)
        return 0;
    memcpy(to, *from, n);
    *from += n;
    *left -= n;
    return n;
}

static int wire_read(BIO *bio, char *to, int room)
{
    struct ossl_wire *wire = BIO_get_data(bio);
    size_t n = 0;
    BIO_clear_retry_flags(bio);
    if (room <= 0)
        return 0;
    if (wire->held_at < wire->held_size) {
        const uint8_t *from = wire->held + wire->held_at;
        size_t left = wire->held_size - wire->held_at;
        n = take_from(&from, &left, (uint8_t *)to, (size_t)room);
        wire->held_at += n;
    }
    n += take_from(&wire->in, &wire->in_size, (uint8_t *)to + n, (size_t)room - n);
    if (n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    return (int)n;
}

static int wire_write(BIO *bio, const char *from, int size)
{
    struct ossl_wire *wire = BIO_get_data(bio);
    size_t room = wire->out_room - wire->out_size;
    BIO_clear_retry_flags(bio);
    if (size <= 0)
        return 0;
    size_t n = (size_t)size < room ? (size_t)size : room;
    if (n == 0) {
        BIO_set_retry_write(bio);
        return -1;
    }
    memcpy(wire->out + wire->out_size, from, n);
    wire->out_size += n;
    return (int)n;
}

static long wire_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static int wire_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD *ossl_wire_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "assay buffers");
    if (method && BIO_meth_set_create(method, wire_create) && BIO_meth_set_read(method, wire_read) &&
        BIO_meth_set_write(method, wire_write) && BIO_meth_set_ctrl(method, wire_ctrl))
        return method;
    BIO_meth_free(method);
    return NULL;
}

void ossl_wire_attach(struct ossl_wire *wire, const uint8_t *in, size_t in_size, uint8_t *out,
                      size_t out_room)
{
    wire->in = in;
    wire->in_size = in_size;
    wire->out = out;
    wire->out_room = out_room;
    wire->out_size = 0;
}

bool ossl_wire_detach(struct ossl_wire *wire)
{
    size_t old = wire->held_size - wire->held_at, left = wire->in_size;
    const uint8_t *in = wire->in;
    wire->in = NULL;
    wire->in_size = 0;
    wire->out = NULL;
    wire->out_room = wire->out_size = 0;
    if (left > 0) {
        uint8_t *held = malloc(old + left);
        if (!held)
            return false;
        if (old > 0)
            memcpy(held, wire->held + wire->held_at, old);
        memcpy(held + old, in, left);
        free(wire->held);
        wire->held = held;
        wire->held_at = 0;
        wire->held_size = old + left;
    } else if (old == 0 && wire->held)
        ossl_wire_clear(wire);
    return true;
}

void ossl_wire_clear(struct ossl_wire *wire)
{
    free(wire->held);
    wire->held = NULL;
    wire->held_at = wire->held_size = 0;
}

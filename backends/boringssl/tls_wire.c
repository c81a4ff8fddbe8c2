/* SPDX-License-Identifier: Apache-2.0
 *
 * The BIO between an SSL and the caller's buffers. A pair of memory BIOs would copy every record twice more.
 */
#include "backends/boringssl/tls.h"

#include <openssl/mem.h>
#include <stdlib.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool queue_put(struct queue *queue, const uint8_t *in, size_t size)
{
    if (queue->begin == queue->end)
        queue->begin = queue->end = 0;
    if (size > queue->room - queue->end) {
        size_t room = queue->end + size + 4096;
        uint8_t *data = realloc(queue->data, room);
        if (!data)
            return false;
        queue->data = data;
        queue->room = room;
    }
    if (size > 0)
        memcpy(queue->data + queue->end, in, size);
    queue->end += size;
    return true;
}

static size_t queue_take(struct queue *queue, uint8_t *out, size_t size)
{
    size_t n = least(size, queue->end - queue->begin);
    if (n > 0)
        memcpy(out, queue->data + queue->begin, n);
    queue->begin += n;
    return n;
}

static int wire_read(BIO *bio, char *out, int size)
{
    struct wire *wire = BIO_get_data(bio);
    size_t n = 0;
    BIO_clear_retry_flags(bio);
    if (size <= 0)
        return 0;
    if (wire->kept_in.begin < wire->kept_in.end) {
        n = queue_take(&wire->kept_in, (uint8_t *)out, (size_t)size);
    } else if (wire->in_size > 0) {
        n = least(wire->in_size, (size_t)size);
        memcpy(out, wire->in, n);
        wire->in += n;
        wire->in_size -= n;
    } else {
        BIO_set_retry_read(bio);
        return -1;
    }
    return (int)n;
}

static int wire_write(BIO *bio, const char *in, int size)
{
    struct wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size <= 0)
        return 0;
    /* Once bytes wait, later ones queue behind them: wire_begin leaves no room while any are kept. */
    size_t n = least(wire->out_room - wire->out_used, (size_t)size);
    if (n > 0)
        memcpy(wire->out + wire->out_used, in, n);
    wire->out_used += n;
    if (n < (size_t)size && !queue_put(&wire->kept_out, (const uint8_t *)in + n, (size_t)size - n)) {
        wire->no_memory = true;
        return -1;
    }
    return size;
}

static long wire_ctrl(BIO *bio, int cmd, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return cmd == BIO_CTRL_FLUSH;
}

static int wire_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD *assay_boringssl_wire_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_MEM, "assay wire");
    if (method && BIO_meth_set_create(method, wire_create) && BIO_meth_set_read(method, wire_read) &&
        BIO_meth_set_write(method, wire_write) && BIO_meth_set_ctrl(method, wire_ctrl))
        return method;
    BIO_meth_free(method);
    return NULL;
}

void assay_boringssl_wire_begin(struct wire *wire, const uint8_t *in, size_t in_size, uint8_t *out,
                                size_t out_room)
{
    wire->in = in;
    wire->in_size = in_size;
    wire->out = out;
    wire->out_room = out_room;
    wire->out_used = queue_take(&wire->kept_out, out, out_room);
}

enum assay_rc assay_boringssl_wire_end(struct wire *wire, size_t *out_size)
{
    if (wire->in_size > 0 && !queue_put(&wire->kept_in, wire->in, wire->in_size))
        wire->no_memory = true;
    *out_size = wire->out_used;
    wire->in = NULL;
    wire->out = NULL;
    wire->in_size = wire->out_room = wire->out_used = 0;
    return wire->no_memory ? assay_boringssl_refuse(ASSAY_NOMEM, "out of memory") : ASSAY_OK;
}

bool assay_boringssl_wire_has_input(const struct wire *wire)
{
    return wire->in_size > 0 || wire->kept_in.begin < wire->kept_in.end;
}

void assay_boringssl_wire_clear(struct wire *wire)
{
    free(wire->kept_in.data);
    free(wire->kept_out.data);
}

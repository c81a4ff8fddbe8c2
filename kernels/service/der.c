/* SPDX-License-Identifier: Apache-2.0
 *
 * DER, written backwards and read strictly.
 */
#include "kernels/service/der.h"

#include <string.h>

void assay_der_start(struct assay_der_writer *w, uint8_t *buffer, size_t room)
{
    *w = (struct assay_der_writer){.buffer = buffer, .room = room, .at = room};
}

void assay_der_put(struct assay_der_writer *w, const void *data, size_t size)
{
    if (w->full || size > w->at) {
        w->full = true;
        return;
    }
    w->at -= size;
    if (size > 0)
        memcpy(w->buffer + w->at, data, size);
}

void assay_der_head(struct assay_der_writer *w, uint8_t tag, size_t end)
{
    size_t size = end - w->at;
    uint8_t head[4] = {tag, (uint8_t)size};
    size_t used = 2;
    if (size > 0xffff) {
        w->full = true;
        return;
    }
    if (size > 0xff) {
        head[1] = 0x82;
        head[2] = (uint8_t)(size >> 8);
        head[3] = (uint8_t)size;
        used = 4;
    } else if (size > 0x7f) {
        head[1] = 0x81;
        head[2] = (uint8_t)size;
        used = 3;
    }
    assay_der_put(w, head, used);
}

void assay_der_whole(struct assay_der_writer *w, uint8_t tag, const void *data, size_t size)
{
    size_t end = w->at;
    assay_der_put(w, data, size);
    assay_der_head(w, tag, end);
}

void assay_der_unsigned(struct assay_der_writer *w, const uint8_t *number, size_t size)
{
    static const uint8_t zero = 0;
    size_t end = w->at;
    while (size > 0 && number[0] == 0) {
        number++;
        size--;
    }
    assay_der_put(w, number, size);
    if (size == 0 || number[0] & 0x80)
        assay_der_put(w, &zero, 1);
    assay_der_head(w, ASSAY_DER_INTEGER, end);
}

void assay_der_bits(struct assay_der_writer *w, const void *data, size_t size)
{
    static const uint8_t unused = 0;
    size_t end = w->at;
    assay_der_put(w, data, size);
    assay_der_put(w, &unused, 1);
    assay_der_head(w, ASSAY_DER_BITS, end);
}

size_t assay_der_finish(struct assay_der_writer *w)
{
    size_t size = w->full ? 0 : w->room - w->at;
    memmove(w->buffer, w->buffer + (w->full ? 0 : w->at), size);
    return size;
}

/* The length's octets (X.690 §10.1: the fewest that will do), from in->data[1] on. */
static bool read_length(const struct assay_bytes *in, size_t *head, size_t *length)
{
    const uint8_t *p = in->data;
    if (in->size < 2)
        return false;
    *head = 2;
    *length = p[1];
    if (p[1] < 0x80)
        return true;
    *head = p[1] == 0x81 ? 3 : 4;
    if (p[1] > 0x82 || p[1] == 0x80 || in->size < *head)
        return false;
    *length = p[1] == 0x81 ? p[2] : (size_t)p[2] << 8 | p[3];
    return *length >= (p[1] == 0x81 ? 0x80u : 0x100u);
}

bool assay_der_any(struct assay_bytes *in, uint8_t *tag, struct assay_bytes *content,
                   struct assay_bytes *whole)
{
    size_t head, length;
    if (!read_length(in, &head, &length) || (in->data[0] & 0x1f) == 0x1f || length > in->size - head)
        return false;
    *tag = in->data[0];
    *content = (struct assay_bytes){in->data + head, length};
    if (whole)
        *whole = (struct assay_bytes){in->data, head + length};
    in->data += head + length;
    in->size -= head + length;
    return true;
}

bool assay_der_take(struct assay_bytes *in, uint8_t tag, struct assay_bytes *content)
{
    uint8_t got;
    return in->size > 0 && in->data[0] == tag && assay_der_any(in, &got, content, NULL);
}

bool assay_der_is_oid(struct assay_bytes content)
{
    for (size_t i = 0; i < content.size; i++)
        if (content.data[i] == 0x80 && (i == 0 || !(content.data[i - 1] & 0x80)))
            return false;
    return content.size > 0 && !(content.data[content.size - 1] & 0x80);
}

bool assay_der_take_oid(struct assay_bytes *in, struct assay_bytes *oid)
{
    return assay_der_take(in, ASSAY_DER_OID, oid) && assay_der_is_oid(*oid);
}

bool assay_der_is_unsigned(struct assay_bytes n)
{
    return n.size > 0 && !(n.data[0] & 0x80) && (n.size == 1 || n.data[0] != 0 || n.data[1] & 0x80);
}

bool assay_der_take_unsigned(struct assay_bytes *in, struct assay_bytes *number)
{
    struct assay_bytes n;
    if (!assay_der_take(in, ASSAY_DER_INTEGER, &n) || !assay_der_is_unsigned(n))
        return false;
    if (n.size > 1 && n.data[0] == 0) {
        n.data++;
        n.size--;
    }
    *number = n;
    return true;
}

bool assay_der_take_bits(struct assay_bytes *in, struct assay_bytes *bits)
{
    struct assay_bytes b;
    if (!assay_der_take(in, ASSAY_DER_BITS, &b) || b.size == 0 || b.data[0] != 0)
        return false;
    *bits = (struct assay_bytes){b.data + 1, b.size - 1};
    return true;
}

bool assay_der_is(struct assay_bytes content, const void *data, size_t size)
{
    return content.size == size && (size == 0 || memcmp(content.data, data, size) == 0);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * DER (X.690 §10), as much of it as certificates and keys of a private CA take. Nothing here allocates.
 *
 * The writer writes backwards, from the end of a buffer to its start: when a header is due, the size of what
 * it heads is known, and nothing is ever moved. So what comes last in the encoding is written first.
 */
#ifndef ASSAY_SERVICE_DER_H
#define ASSAY_SERVICE_DER_H

#include "backends/backend.h"

enum assay_der_tag {
    ASSAY_DER_BOOLEAN = 0x01,
    ASSAY_DER_INTEGER = 0x02,
    ASSAY_DER_BITS = 0x03,
    ASSAY_DER_OCTETS = 0x04,
    ASSAY_DER_NULL = 0x05,
    ASSAY_DER_OID = 0x06,
    ASSAY_DER_UTF8 = 0x0c,
    ASSAY_DER_PRINTABLE = 0x13,
    ASSAY_DER_IA5 = 0x16,
    ASSAY_DER_UTC_TIME = 0x17,
    ASSAY_DER_GENERALIZED_TIME = 0x18,
    ASSAY_DER_SEQUENCE = 0x30,
    ASSAY_DER_SET = 0x31,
    ASSAY_DER_CONTEXT = 0x80,     /* [0], primitive */
    ASSAY_DER_CONSTRUCTED = 0xa0, /* [0], constructed */
};

struct assay_der_writer {
    uint8_t *buffer;
    size_t room, at; /* what is written lies from at to room */
    bool full;       /* something had no room: the rest is worth nothing */
};

void assay_der_start(struct assay_der_writer *w, uint8_t *buffer, size_t room);
void assay_der_put(struct assay_der_writer *w, const void *data, size_t size);
/* The header of all that was written since at was end. */
void assay_der_head(struct assay_der_writer *w, uint8_t tag, size_t end);
/* Header and contents. */
void assay_der_whole(struct assay_der_writer *w, uint8_t tag, const void *data, size_t size);
/* The same of an unsigned number, big-endian: without zeros that lead, or with the one that makes it
 * positive. */
void assay_der_unsigned(struct assay_der_writer *w, const uint8_t *number, size_t size);
/* A BIT STRING of whole octets. */
void assay_der_bits(struct assay_der_writer *w, const void *data, size_t size);
/* Moves what is written to the start of the buffer; its size, or 0 where there was no room. */
size_t assay_der_finish(struct assay_der_writer *w);

/* Takes the next element off in. One octet of tag, a length in the fewest octets and of at most 65535
 * (nothing here is longer), all of it there: else false. whole (NULL: not wanted): with its header. */
bool assay_der_any(struct assay_bytes *in, uint8_t *tag, struct assay_bytes *content,
                   struct assay_bytes *whole) ASSAY_MUST_CHECK;
/* The same where only this tag will do; in is left as it was where it has another. */
bool assay_der_take(struct assay_bytes *in, uint8_t tag, struct assay_bytes *content) ASSAY_MUST_CHECK;
/* An OBJECT IDENTIFIER: at least one number, each whole and in the fewest octets (X.690 §8.19). */
bool assay_der_take_oid(struct assay_bytes *in, struct assay_bytes *oid) ASSAY_MUST_CHECK;
bool assay_der_is_oid(struct assay_bytes content);
/* An INTEGER that is not negative, in the fewest octets, without the zero that makes it positive. */
bool assay_der_take_unsigned(struct assay_bytes *in, struct assay_bytes *number) ASSAY_MUST_CHECK;
/* As its contents are written. */
bool assay_der_is_unsigned(struct assay_bytes content);
/* A BIT STRING of whole octets. */
bool assay_der_take_bits(struct assay_bytes *in, struct assay_bytes *bits) ASSAY_MUST_CHECK;

/* An element's contents are these octets. */
bool assay_der_is(struct assay_bytes content, const void *data, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A BIO over the buffers that the caller of step(), read() and write() hands in: libssl takes its input from
 * them and puts its output there itself. A pair of memory BIOs would copy every byte twice more.
 */
#ifndef ASSAY_OPENSSL_WIRE_H
#define ASSAY_OPENSSL_WIRE_H

#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ossl_wire {
    const uint8_t *in;
    size_t in_size;
    uint8_t *out;
    size_t out_room, out_size;
    uint8_t *held; /* what libssl did not take at once, before anything newer */
    size_t held_at, held_size;
};

/* One a library context; NULL when there is no memory. */
BIO_METHOD *ossl_wire_method(void);
void ossl_wire_attach(struct ossl_wire *wire, const uint8_t *in, size_t in_size, uint8_t *out,
                      size_t out_room);
/* Keeps the input that is left; false: no memory for it. */
bool ossl_wire_detach(struct ossl_wire *wire);
static inline size_t ossl_wire_pending(const struct ossl_wire *wire)
{
    return wire->in_size + wire->held_size - wire->held_at;
}
void ossl_wire_clear(struct ossl_wire *wire);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The octets of an envelope: a message under a data key (DEK) of its own, and that DEK wrapped under a key
 * encryption key (KEK) which the key id names.
 *
 *   offset     size   field
 *   0          1      version, 1
 *   1          1      suite: how the DEK is wrapped; the payload is AES-256-GCM in both
 *   2          1      size n of the key id, 1 … 64
 *   3          n      key id
 *   3 + n      w      wrapped DEK: 60 (suite 1: nonce 12, ciphertext 32, tag 16) or 40 (suite 2: RFC 3394)
 *   3+n+w      12     payload nonce
 *   15+n+w     rest   payload ciphertext, then its 16-byte tag
 *
 * What is authenticated: the payload with version, suite and the caller's associated data, so that an
 * envelope can be given another KEK without touching its payload; the wrapped DEK, in suite 1, with version,
 * suite and key id. AES-KW takes no associated data: in suite 2 the key id is not authenticated, and whoever
 * changes it makes the envelope unreadable, no more.
 */
#ifndef ASSAY_ENVELOPE_FORMAT_H
#define ASSAY_ENVELOPE_FORMAT_H

#include "backends/backend.h"

enum assay_envelope_suite {
    ASSAY_ENVELOPE_GCM = 1, /* the DEK wrapped by AES-256-GCM under the KEK */
    ASSAY_ENVELOPE_KW = 2,  /* the DEK wrapped by AES-KW */
};

#define ASSAY_ENVELOPE_VERSION     1u
#define ASSAY_ENVELOPE_DEK_SIZE    32u
#define ASSAY_ENVELOPE_ID_MAX      64u
#define ASSAY_ENVELOPE_AAD_MAX     256u /* of the caller's associated data */
#define ASSAY_ENVELOPE_WRAPPED_MAX 60u

struct assay_envelope_view { /* a parsed envelope; everything points into it */
    enum assay_envelope_suite suite;
    struct assay_bytes id;
    struct assay_bytes wrapped;
    const uint8_t *nonce;
    struct assay_bytes sealed; /* ciphertext then tag */
};

size_t assay_envelope_wrapped_size(enum assay_envelope_suite suite); /* 0: no such suite */
/* All that comes before the payload's ciphertext. */
size_t assay_envelope_header_size(enum assay_envelope_suite suite, size_t id_size);
/* The whole envelope of a message of size bytes. */
size_t assay_envelope_size(enum assay_envelope_suite suite, size_t id_size, size_t size);

/* Writes version, suite and key id; returns where the wrapped DEK goes, and the payload nonce after it. */
uint8_t *assay_envelope_put_head(uint8_t *out, enum assay_envelope_suite suite, const uint8_t *id,
                                 size_t id_size);
/* false: it is no envelope of this version. Reads no octet beyond size. */
bool assay_envelope_parse(const uint8_t *in, size_t size, struct assay_envelope_view *view);

/* The associated data of the wrapped DEK (key id) or of the payload (the caller's): version and suite before
 * it. out holds 2 + size bytes; returns how many were written. */
size_t assay_envelope_aad(uint8_t *out, enum assay_envelope_suite suite, const uint8_t *data, size_t size);

#endif

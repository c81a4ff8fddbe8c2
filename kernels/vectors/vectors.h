/* SPDX-License-Identifier: Apache-2.0
 *
 * Published known answers, each with its source. Octets are hexadecimal text; assay_hex() reads them.
 */
#ifndef ASSAY_VECTORS_H
#define ASSAY_VECTORS_H

#include "backends/backend.h"

struct assay_aead_vector {
    const char *source;
    enum assay_alg alg;
    const char *key, *nonce, *aad, *plaintext, *ciphertext, *tag;
};
extern const struct assay_aead_vector assay_aead_vectors[]; /* ends with a NULL source */

/* Reads hexadecimal text into out; the number of octets, or 0 when the text is no hexadecimal or the room too
 * small. */
size_t assay_hex(uint8_t *out, size_t room, const char *hex);

#endif

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

struct assay_hash_vector {
    const char *source;
    enum assay_alg alg;
    const char *message, *digest;
};
extern const struct assay_hash_vector assay_hash_vectors[]; /* ends with a NULL source */

struct assay_mac_vector {
    const char *source;
    enum assay_alg alg;
    const char *key, *message, *tag;
};
extern const struct assay_mac_vector assay_mac_vectors[]; /* ends with a NULL source */

struct assay_hkdf_vector {
    const char *source;
    enum assay_alg alg;
    const char *ikm, *salt, *info, *okm;
};
extern const struct assay_hkdf_vector assay_hkdf_vectors[]; /* ends with a NULL source */

struct assay_wrap_vector {
    const char *source;
    enum assay_alg alg;
    const char *kek;
    const char *key; /* NULL: the wrapped key must be refused */
    const char *wrapped;
};
extern const struct assay_wrap_vector assay_wrap_vectors[]; /* ends with a NULL source */

/* Reads hexadecimal text into out; the number of octets, or 0 when the text is no hexadecimal or the room too
 * small. */
size_t assay_hex(uint8_t *out, size_t room, const char *hex);

#endif

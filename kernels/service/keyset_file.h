/* SPDX-License-Identifier: Apache-2.0
 *
 * A keyset as a file, which is how rotation reaches a service:
 *
 *   {"keys": [{"kid": "2026-01", "alg": "EdDSA", "purpose": "verify", "key": "…"}, …]}
 *
 * alg: EdDSA, ES256, RS256 or HS256; purpose: sign or verify; key: base64url (without padding) of the octets
 * that backend.h takes: a seed or public key of 32, a scalar of 32 or a point of 65, PKCS#1 DER, a secret of
 * 32 at least. That is a JWK set (RFC 7517 §5) cut down to one spelling a key. Reading is strict, for a
 * mistake in this file opens or closes a service: nothing unknown, nothing missing, no name and no key twice,
 * no set without keys.
 */
#ifndef ASSAY_KEYSET_FILE_H
#define ASSAY_KEYSET_FILE_H

#include "kernels/service/keyset.h"

#define ASSAY_KEYSET_FILE_MAX (128u << 10) /* octets of a file */
#define ASSAY_KEYSET_WHY      200u

struct assay_keyset_entry {
    char kid[ASSAY_KID_MAX + 1]; /* printable, ends with NUL */
    enum assay_jws_alg alg;
    enum assay_key_purpose purpose;
    size_t size;
    uint8_t octets[ASSAY_DER_MAX];
};

/* What a file says; holds keys, so wipe it. */
struct assay_keyset_file {
    size_t count;
    struct assay_keyset_entry key[ASSAY_KEYSET_KEYS];
};

/* ASSAY_INPUT: why names the key and the field; *out is wiped. */
enum assay_rc assay_keyset_file_parse(struct assay_keyset_file *out, const char *text, size_t size,
                                      char why[ASSAY_KEYSET_WHY]) ASSAY_MUST_CHECK;
/* Opens the keys in an empty set. Anything but ASSAY_OK: why names the key, and the set is empty again. */
enum assay_rc assay_keyset_file_open(const struct assay_keyset_file *, struct assay_keyset *set,
                                     char why[ASSAY_KEYSET_WHY]) ASSAY_MUST_CHECK;
/* What a rotator does: a file beside it, which only its owner can read, then rename(). No reader ever sees
 * half of it. */
enum assay_rc assay_keyset_file_replace(const char *path, const struct assay_keyset_file *,
                                        char why[ASSAY_KEYSET_WHY]) ASSAY_MUST_CHECK;

#endif

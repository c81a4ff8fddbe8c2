/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys for separate purposes from one master, and a keyset that keeps them separate. A derived key is
 * HKDF-SHA256 (RFC 5869) of the master without salt, with this info:
 *
 *   offset      size   field
 *   0           1      version, 1
 *   1           1      size p of the purpose
 *   2           p      purpose: "sign", "seal", …
 *   2 + p       1      size n of the key id
 *   3 + p       n      key id
 *
 * Sizes before the texts: no two pairs of purpose and id have one info.
 */
#ifndef ASSAY_SERVICE_SEPARATE_H
#define ASSAY_SERVICE_SEPARATE_H

#include "kernels/service/secret.h"

#define ASSAY_SEPARATE_KEY_SIZE 32u
#define ASSAY_SEPARATE_TEXT_MAX 32u /* of a purpose, and of a key id */
#define ASSAY_SEPARATE_INFO_MAX (3u + 2 * ASSAY_SEPARATE_TEXT_MAX)
#define ASSAY_PURPOSE_KEYS      8u

/* out holds ASSAY_SEPARATE_INFO_MAX; returns its size, 0 when either text is empty or too long. */
size_t assay_separate_info(uint8_t *out, const char *purpose, struct assay_bytes id);
/* ASSAY_INPUT: as above. */
enum assay_rc assay_separate_derive(const struct assay_backend *backend, assay_kdf *kdf,
                                    const uint8_t master[ASSAY_SEPARATE_KEY_SIZE], const char *purpose,
                                    struct assay_bytes id,
                                    uint8_t out[ASSAY_SEPARATE_KEY_SIZE]) ASSAY_MUST_CHECK;

struct assay_purpose_key {
    char purpose[ASSAY_SEPARATE_TEXT_MAX + 1];
    uint8_t id[ASSAY_SEPARATE_TEXT_MAX];
    size_t id_size;
    struct assay_secret key;
};

struct assay_purpose_keyset { /* starts zeroed */
    struct assay_purpose_key key[ASSAY_PURPOSE_KEYS];
    size_t count;
};

/* ASSAY_INPUT: these octets are there already, for whatever purpose; or this id is, for this purpose; or the
 * set is full. */
enum assay_rc assay_purpose_add(struct assay_purpose_keyset *, const char *purpose, struct assay_bytes id,
                                const uint8_t key[ASSAY_SEPARATE_KEY_SIZE]) ASSAY_MUST_CHECK;
/* NULL: there is no such key for this purpose, whatever it may be for. */
const uint8_t *assay_purpose_find(const struct assay_purpose_keyset *, const char *purpose,
                                  struct assay_bytes id);
void assay_purpose_clear(struct assay_purpose_keyset *);

#endif

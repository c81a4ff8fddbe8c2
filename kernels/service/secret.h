/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets as a type: octets that are wiped, compared in a time that tells nothing, and shown as [REDACTED].
 *
 * A pointer and a size can be printed by mistake; a struct cannot, for no conversion of printf() takes one.
 * Where a message has to name something secret, ASSAY_SHOWN() is what it prints: of every type that holds a
 * key, a password or a token, and of no other, or it does not compile.
 */
#ifndef ASSAY_SERVICE_SECRET_H
#define ASSAY_SERVICE_SECRET_H

#include "backends/backend.h"

#define ASSAY_SECRET_MAX 64u

struct assay_secret { /* starts zeroed */
    size_t size;
    uint8_t octets[ASSAY_SECRET_MAX];
};

/* false: it is empty or too long, and the secret is wiped. */
bool assay_secret_set(struct assay_secret *, const void *octets, size_t size) ASSAY_MUST_CHECK;
void assay_secret_wipe(struct assay_secret *);
static inline struct assay_bytes assay_secret_bytes(const struct assay_secret *s)
{
    return (struct assay_bytes){s->octets, s->size};
}
/* Takes as long for any difference as for none. */
bool assay_same_secret(const void *a, const void *b, size_t size);

#define ASSAY_REDACTED "[REDACTED]"

/* clang-format off */
#define ASSAY_SHOWN_OF(type) struct type * : ASSAY_REDACTED, const struct type * : ASSAY_REDACTED
/* clang-format on */
#define ASSAY_SHOWN(object)                                                                                  \
    _Generic((object), ASSAY_SHOWN_OF(assay_secret), ASSAY_SHOWN_OF(assay_keyset_key),                       \
             ASSAY_SHOWN_OF(assay_keyset), ASSAY_SHOWN_OF(assay_keyset_entry),                               \
             ASSAY_SHOWN_OF(assay_keyset_file), ASSAY_SHOWN_OF(assay_purpose_key),                           \
             ASSAY_SHOWN_OF(assay_purpose_keyset), ASSAY_SHOWN_OF(assay_token), ASSAY_SHOWN_OF(assay_jws),   \
             ASSAY_SHOWN_OF(assay_dek_slot), ASSAY_SHOWN_OF(assay_dek_cache),                                \
             ASSAY_SHOWN_OF(assay_column_row))

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Companions by name: what stands behind the "+" of an instance such as native+softhsm+sqlite. The first of a
 * kind counts; without one, keys are inline and the store is in memory.
 *
 *   inline    KMS    keys in the worker's memory
 *   softhsm   KMS    SoftHSM2 over PKCS#11, in a process of its own, with a token made for it alone
 *   memory    store  in the worker's memory
 *   sqlite    store  a file of its own, write-ahead log
 *   redis     store  a server on the loopback interface: redis:port=6379
 *   delay     adds a round trip to the KMS: delay:fixed=2ms, or delay:median=2ms:sigma=0.5 (log-normal)
 */
#ifndef ASSAY_COMPANION_H
#define ASSAY_COMPANION_H

#include "companions/kms.h"
#include "companions/store.h"

enum assay_companion_kind { ASSAY_COMPANION_KMS = 1, ASSAY_COMPANION_STORE = 2 };

/* What the text "NAME" or "NAME:OPTION=VALUE:…" names. 0: why says what is wrong and what is valid. */
unsigned assay_companion_kind(const char *text, char *why, size_t why_size);

struct assay_companions {
    const char *const *text; /* count of them, checked with assay_companion_kind() */
    size_t count;
    const char *folder; /* of assay-companion and of the stores' modules */
};

/* ASSAY_UNSUPPORTED: something that it needs is not installed, or the backend lacks an algorithm; why. */
enum assay_rc assay_companions_kms(const struct assay_companions *companions,
                                   const struct assay_backend *backend, assay_instance *instance,
                                   struct assay_kms **out, char *why, size_t why_size) ASSAY_MUST_CHECK;
enum assay_rc assay_companions_store(const struct assay_companions *companions, struct assay_store **out,
                                     char *why, size_t why_size) ASSAY_MUST_CHECK;

/* The one symbol of a store's module, assay-companion-NAME.so. option: what follows the name's colon, or "".
 */
typedef enum assay_rc assay_store_opener(const char *option, struct assay_store **out, char *why,
                                         size_t why_size);
#define ASSAY_STORE_OPEN "assay_store_open"

#endif

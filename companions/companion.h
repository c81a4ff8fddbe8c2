/* SPDX-License-Identifier: Apache-2.0
 *
 * Companions by name: what stands behind the "+" of an instance such as native+softhsm+sqlite. The first of a
 * kind counts; without one, keys are inline and the store is in memory.
 *
 *   inline    KMS    keys in the worker's memory
 *   softhsm   KMS    SoftHSM2 over PKCS#11, in a process of its own, with a token made for it alone;
 *                    softhsm:timeout=500ms is how long a call may take, as with redis and postgres (5s)
 *   memory    store  in the worker's memory
 *   sqlite    store  a file of its own, write-ahead log
 *   redis     store  a server on the loopback interface: redis:port=6379
 *   postgres  store  another, postgres:port=5432, through libpq in a process of its own
 *   delay     adds a round trip to the KMS: delay:fixed=2ms, delay:median=2ms:sigma=0.5 (log-normal), or
 *             delay:file=trips.txt (one time a line)
 */
#ifndef ASSAY_COMPANION_H
#define ASSAY_COMPANION_H

#include "companions/kms.h"
#include "companions/store.h"

enum assay_companion_kind { ASSAY_COMPANION_KMS = 1, ASSAY_COMPANION_STORE = 2 };

/* What the text "NAME" or "NAME:OPTION=VALUE:…" names. 0: why says what is wrong and what is valid. */
unsigned assay_companion_kind(const char *text, char *why, size_t why_size);

/* Does it begin with a companion's name, alone or before a colon or a plus sign? */
bool assay_companion_begins(const char *text);

/* A process's companions, each opened when it is first asked for. */
struct assay_companions {
    const char *const *text; /* count of them, checked with assay_companion_kind() */
    size_t count;
    const char *folder; /* of assay-companion and of the stores' modules; may be NULL where none is named */
    struct assay_kms *kms;
    struct assay_store *store;
};

/* Is any of them of these kinds? Without any named, the default ones are of all kinds. */
bool assay_companions_concern(const struct assay_companions *companions, unsigned kinds);
/* Opens what is of these kinds and not open yet; an inline KMS uses the backend, which must outlive it.
 * ASSAY_UNSUPPORTED: something that it needs is not installed, or the backend lacks an algorithm; why. */
enum assay_rc assay_companions_open(struct assay_companions *companions, unsigned kinds,
                                    const struct assay_backend *backend, assay_instance *instance, char *why,
                                    size_t why_size) ASSAY_MUST_CHECK;
void assay_companions_close(struct assay_companions *companions);

/* The one symbol of a store's module, assay-companion-NAME.so. option: what follows the name's colon, or "".
 */
typedef enum assay_rc assay_store_opener(const char *option, struct assay_store **out, char *why,
                                         size_t why_size);
#define ASSAY_STORE_OPEN "assay_store_open"
/* load.c: loads a module, for good. NULL: why. */
assay_store_opener *assay_store_load(const char *path, char *why, size_t why_size);

#endif

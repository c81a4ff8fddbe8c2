/* SPDX-License-Identifier: Apache-2.0
 *
 * A service's credential in files, taken anew when a file is replaced. The folder holds identity.der (key and
 * certificate: one file, so that one rename replaces both) and trust.der (the roots). A thread watches it
 * with inotify; whatever it cannot take leaves the credential as it was and says why. Connections ask for the
 * credential in force; nobody waits for a reload.
 */
#ifndef ASSAY_SERVICE_RELOAD_H
#define ASSAY_SERVICE_RELOAD_H

#include "kernels/service/credential.h"

#define ASSAY_FOLDER_MAX 256u

struct assay_reload_config {
    struct assay_credential_config credential;
    const char *folder;
    int64_t warn_s; /* an alarm that many seconds before the certificate ends */
    bool is_blind;  /* takes nothing after the first: a safeguard left out, for drills alone */
};

struct assay_reload_state {
    uint64_t swaps, refused; /* files taken after the first, and not taken */
    uint64_t alarms;         /* certificates that were about to end with none to follow */
    int64_t not_after;
    uint8_t serial[20]; /* of the certificate in force */
    size_t serial_size;
    char why[120]; /* the last refusal's; "" before */
};

struct assay_reload; /* the one who watches */

/* Loads the folder, and watches it from then on; the thread runs where the caller may. NULL: *out is it; else
 * why not. */
const char *assay_reload_start(const struct assay_reload_config *config,
                               struct assay_reload **out) ASSAY_MUST_CHECK;
void assay_reload_stop(struct assay_reload *reload); /* accepts NULL */

/* A new endpoint under the credential in force. ASSAY_AUTH: its certificate has expired (or does within
 * the second), and is not shown to anybody. */
enum assay_rc assay_reload_endpoint(struct assay_reload *reload, assay_tls **end) ASSAY_MUST_CHECK;
void assay_reload_look(struct assay_reload *reload, struct assay_reload_state *state);

/* The other side of the files. A private folder under $TMPDIR (or /tmp); false: errno says why. */
bool assay_folder_make(char folder[ASSAY_FOLDER_MAX]) ASSAY_MUST_CHECK;
/* Writes a file of the folder under another name, and renames it: readers see the old one or the new one. It
 * is not synced: after a power cut it may be empty, which the reader finds. */
bool assay_folder_put(const char *folder, const char *name, struct assay_bytes content) ASSAY_MUST_CHECK;
void assay_folder_remove(const char *folder); /* both files and the folder; accepts "" */

#define ASSAY_IDENTITY_FILE "identity.der"
#define ASSAY_TRUST_FILE    "trust.der"

#endif

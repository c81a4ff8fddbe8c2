/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds secrets in files: private keys, cloud access keys, tokens, and secrets that the caller names. What is
 * found is told by its place, its kind and a digest, never by its bytes.
 *
 * The digest of a finding is the SHA-256
 *   of a private key: of its binary form (DER, openssh-key-v1, or a PGP packet), so that PEM, base64,
 *     hexadecimal and binary copies of one key have one digest; of a key that is cut off: of what is there
 *   of a named secret: of its raw bytes, whatever form was found
 *   of anything else: of the matched text
 */
#ifndef ASSAY_SCAN_H
#define ASSAY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSAY_SCAN_DIGEST    32
#define ASSAY_SCAN_ERROR_MAX 512

/* Digests that are no finding: published test keys. */
struct assay_scan_allow {
    uint8_t (*digest)[ASSAY_SCAN_DIGEST];
    size_t count;
};
/* Adds a file's lines: 64 hexadecimal digits, then what that is; '#' begins a comment line. */
bool assay_scan_allow_read(struct assay_scan_allow *allow, const char *path,
                           char error[ASSAY_SCAN_ERROR_MAX]);
bool assay_scan_allowed(const struct assay_scan_allow *allow, const uint8_t digest[ASSAY_SCAN_DIGEST]);
void assay_scan_allow_free(struct assay_scan_allow *allow);

/* Secrets that the caller names: looked for as raw bytes, hexadecimal and base64. */
struct assay_scan_secrets;
struct assay_scan_secrets *assay_scan_secrets_new(void); /* NULL: no memory */
/* One of 8 to 4096 octets; digits: in hexadecimal too. false: no memory */
bool assay_scan_secrets_add(struct assay_scan_secrets *secrets, const uint8_t *raw, size_t size, bool digits);
/* Adds those of a file of hexadecimal lines. */
bool assay_scan_secrets_read(struct assay_scan_secrets *secrets, const char *path,
                             char error[ASSAY_SCAN_ERROR_MAX]);
void assay_scan_secrets_free(struct assay_scan_secrets *secrets);

struct assay_scan_finding {
    const char *path, *kind;
    uint64_t offset;
    uint8_t digest[ASSAY_SCAN_DIGEST];
};

struct assay_scan_job {
    const struct assay_scan_allow *allow;
    const struct assay_scan_secrets *secrets; /* or NULL */
    void (*found)(void *data, const struct assay_scan_finding *finding);
    void (*trouble)(void *data, const char *path, const char *why); /* a file that was not read */
    void *data;
    uint64_t files, bytes, allowed; /* counted */
};

/* Files and folders, ends with NULL; links are followed where they are named here, never below. False where
 * memory ran out. */
bool assay_scan_paths(struct assay_scan_job *job, char *const *paths);

#endif

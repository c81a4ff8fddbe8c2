/* SPDX-License-Identifier: Apache-2.0
 *
 * An audit log: one line of JSON for each use of a key, appended to a file.
 *
 *   {"time":1700000000000,"actor":"billing","operation":"sign","key":"k3","digest":"0123456789abcdef",
 *    "result":"ok"}
 *
 * in one line. What a record never holds: message, token, signature, plaintext, key. The digest is the first
 * 8 octets of the message's SHA-256: enough to match a record with a message that somebody presents.
 *
 * A certificate that was issued has a form of its own, for what matters of it is what it says:
 *
 *   {"time":1700000000000,"actor":"cart","operation":"issue","key":"<the issuer's key id>","serial":"<hex>",
 *    "subject":"cart","sans":["URI:spiffe://example/ns/shop/sa/cart","DNS:cart.example"],
 *    "not_before":1700000000,"not_after":1700003600,"result":"ok"}
 */
#ifndef ASSAY_SERVICE_AUDIT_H
#define ASSAY_SERVICE_AUDIT_H

#include "backends/backend.h"

enum assay_audit_policy {
    ASSAY_AUDIT_NONE,
    ASSAY_AUDIT_BUFFERED, /* written when the buffer is full: a crash loses what is in it */
    ASSAY_AUDIT_BATCH,    /* written and on disk every ASSAY_AUDIT_BATCH_SIZE records */
    ASSAY_AUDIT_EACH,     /* on disk before append() returns */
};

enum assay_audit_operation { ASSAY_AUDIT_SIGN, ASSAY_AUDIT_VERIFY, ASSAY_AUDIT_SEAL, ASSAY_AUDIT_OPEN };
enum assay_audit_result { ASSAY_AUDIT_OK, ASSAY_AUDIT_REFUSED, ASSAY_AUDIT_FAILED };

#define ASSAY_AUDIT_DIGEST     8u
#define ASSAY_AUDIT_TEXT_MAX   64u  /* of an actor, and of a key id */
#define ASSAY_AUDIT_SAN_MAX    128u /* of a URI or DNS name */
#define ASSAY_AUDIT_ID_MAX     20u  /* octets of a serial number or a certificate's key id */
#define ASSAY_AUDIT_LINE_MAX   3072u
#define ASSAY_AUDIT_BATCH_SIZE 64u
#define ASSAY_AUDIT_BUFFER     65536u
#define ASSAY_AUDIT_FILE_MAX   (64u << 20) /* then it starts anew: a benchmark must not fill a disk */

struct assay_audit_record {
    uint64_t time_ms; /* since the epoch */
    struct assay_bytes actor, key_id;
    enum assay_audit_operation operation;
    enum assay_audit_result result;
    uint8_t digest[ASSAY_AUDIT_DIGEST];
};

struct assay_audit_certificate {
    uint64_t time_ms;
    struct assay_bytes actor, subject;
    struct assay_bytes issuer_key_id, serial; /* octets */
    struct assay_bytes uri, dns;              /* SANs; empty: none */
    int64_t not_before, not_after;            /* seconds since the epoch, not negative */
    enum assay_audit_result result;
};

struct assay_audit { /* belongs to one thread; starts zeroed, or with fd = -1 */
    enum assay_audit_policy policy;
    int fd;
    unsigned pending; /* records not yet on disk */
    size_t used;
    uint64_t size; /* of the file */
    char folder[256], path[300];
    char error[480];
    char buffer[ASSAY_AUDIT_BUFFER];
};

/* Writes the line with its line end, and no NUL; its size, or 0 when actor or key id are empty or too long.
 * out holds ASSAY_AUDIT_LINE_MAX. Whatever is no printable ASCII is escaped: no actor forges a line. */
size_t assay_audit_format(const struct assay_audit_record *record, char *out);
/* The same for a certificate: 0 when a text or number that it must have is empty, or any too long. */
size_t assay_audit_format_certificate(const struct assay_audit_certificate *record, char *out);

/* Makes a private folder under $TMPDIR, or /tmp, and the file in it. */
enum assay_rc assay_audit_open(struct assay_audit *log, enum assay_audit_policy policy) ASSAY_MUST_CHECK;
/* ASSAY_INPUT: as format(). ASSAY_LIBRARY: the file could not be written, error says why; the operation must
 * then fail too. */
enum assay_rc assay_audit_append(struct assay_audit *log,
                                 const struct assay_audit_record *record) ASSAY_MUST_CHECK;
enum assay_rc assay_audit_append_certificate(struct assay_audit *log,
                                             const struct assay_audit_certificate *record) ASSAY_MUST_CHECK;
/* Writes what is buffered, and waits for the disk where the policy does. */
enum assay_rc assay_audit_flush(struct assay_audit *log) ASSAY_MUST_CHECK;
/* The last line of the file, without its end; out holds ASSAY_AUDIT_LINE_MAX. *size is 0 when there is none.
 */
enum assay_rc assay_audit_last(struct assay_audit *log, char *out, size_t *size) ASSAY_MUST_CHECK;
void assay_audit_close(struct assay_audit *log); /* removes file and folder */

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Refresh tokens: opaque, good for one use, and replaced by that use (RFC 9700 §4.14.2). All that come from
 * one grant are a family. Who shows one that was used before is a thief, or was robbed: nobody can say which,
 * so the family is revoked, and the user has to log in again.
 *
 * A token is 32 random octets in base64url. The store never has it, only its SHA-256:
 *
 *   refresh:HASH    what was granted: family, times, client, subject. It stays when the token has been used,
 * so that a second use is known for what it is used:HASH       put if absent: whoever stores it has used the
 * token, and there is one such family:FAMILY   the family is revoked
 *
 * The next token is stored before the last is used up: a process that dies in between costs the client
 * nothing.
 */
#ifndef ASSAY_REFRESH_H
#define ASSAY_REFRESH_H

#include "backends/backend.h"
#include "companions/store.h"

#define ASSAY_REFRESH_TEXT   43u /* characters of a token */
#define ASSAY_REFRESH_FAMILY 16u
#define ASSAY_REFRESH_NAME   64u /* of a client, of a subject */

/* Closed. Zeroed memory is no valid token. */
enum assay_refresh_result {
    ASSAY_REFRESH_MALFORMED = 0,
    ASSAY_REFRESH_ROTATED, /* the one good answer */
    ASSAY_REFRESH_UNKNOWN, /* never issued, or forgotten with its family's end */
    ASSAY_REFRESH_EXPIRED,
    ASSAY_REFRESH_WRONG_CLIENT, /* and it is not used up */
    ASSAY_REFRESH_REUSED,       /* it revokes the family */
    ASSAY_REFRESH_REVOKED,
    ASSAY_REFRESH_RESULTS /* how many there are */
};
/* "rotated", "reused", …; NULL: no result */
const char *assay_refresh_result_name(enum assay_refresh_result);

struct assay_refresh { /* one for each thread: the hash's context is its own */
    const struct assay_backend *backend;
    assay_instance *instance;
    assay_hash *hash;
    struct assay_store *store;
    int64_t now;              /* seconds */
    int64_t idle, family_max; /* seconds that a token lives unused, and a family in all */
};

struct assay_refresh_grant {
    uint8_t family[ASSAY_REFRESH_FAMILY];
    int64_t expires, family_expires; /* seconds: the token's, and the family's */
    uint8_t client[ASSAY_REFRESH_NAME], subject[ASSAY_REFRESH_NAME];
    size_t client_size, subject_size;
    uint8_t was[32]; /* SHA-256 of the token that was used */
};

/* Needs SHA-256 and random bytes. The fields from store on are the caller's to set. */
enum assay_rc assay_refresh_init(struct assay_refresh *, const struct assay_backend *,
                                 assay_instance *) ASSAY_MUST_CHECK;
void assay_refresh_clear(struct assay_refresh *);

/* The first token of a family. ASSAY_INPUT: a name is empty or too long. */
enum assay_rc assay_refresh_issue(const struct assay_refresh *, struct assay_bytes client,
                                  struct assay_bytes subject,
                                  char token[ASSAY_REFRESH_TEXT]) ASSAY_MUST_CHECK;
/* Uses a token. Only ASSAY_REFRESH_ROTATED fills next, which may be where token is, and *grant, which is the
 * next one's. Not ASSAY_OK: the
 * store or the library failed, there is no verdict, and nobody has been given a token. */
enum assay_rc assay_refresh_use(const struct assay_refresh *, struct assay_bytes client, const char *token,
                                size_t size, char next[ASSAY_REFRESH_TEXT], struct assay_refresh_grant *grant,
                                enum assay_refresh_result *result) ASSAY_MUST_CHECK;
/* Ends the family of a token, used or not (RFC 7009). UNKNOWN: there is none; else REVOKED. */
enum assay_rc assay_refresh_revoke(const struct assay_refresh *, const char *token, size_t size,
                                   enum assay_refresh_result *result) ASSAY_MUST_CHECK;

/* Deletes what the store keeps of a used token (grant->was), before its time. For measurements, which make
 * more tokens than a store holds: a second use would be UNKNOWN from then on, and not tell the thief. */
enum assay_rc assay_refresh_forget(const struct assay_refresh *, const uint8_t was[32]) ASSAY_MUST_CHECK;

#endif

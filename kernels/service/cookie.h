/* SPDX-License-Identifier: Apache-2.0
 *
 * Cookies that carry their own state (RFC 6265), signed or sealed by one instance's operations.
 *
 *   offset   size   field
 *   0        1      kind: 1 signed, 2 sealed
 *   1        1      size n of the key id, 1 … 32
 *   2        n      key id
 *   signed:
 *   2 + n    8      expiry, seconds since the epoch, big-endian: valid before it
 *   10 + n   v      value
 *   rest     32     HMAC-SHA256 over the cookie's name (its size in an octet first) and all octets before
 *   sealed:
 *   2 + n    12     nonce
 *   14 + n   8 + v  expiry and value, encrypted
 *   rest     16     the tag of AES-256-GCM; associated data: name (its size first), kind, key id (its size
 *                   first)
 *
 * All in base64url. The name is authenticated, for a value must not pass under another cookie's name. Keys
 * are a rolling window: the newest writes, any in it reads, and what a key wrote is refused once it left.
 */
#ifndef ASSAY_SERVICE_COOKIE_H
#define ASSAY_SERVICE_COOKIE_H

#include "backends/backend.h"
#include "kernels/service/base64url.h"

enum assay_cookie_kind { ASSAY_COOKIE_SIGNED = 1, ASSAY_COOKIE_SEALED = 2 };

/* What became of the last cookie read. */
enum assay_cookie_verdict {
    ASSAY_COOKIE_VALID,
    ASSAY_COOKIE_MALFORMED,
    ASSAY_COOKIE_UNKNOWN_KEY,
    ASSAY_COOKIE_FORGED,
    ASSAY_COOKIE_EXPIRED,
};

#define ASSAY_COOKIE_KEYS     3u
#define ASSAY_COOKIE_KEY_SIZE 32u
#define ASSAY_COOKIE_ID_MAX   32u
#define ASSAY_COOKIE_NAME_MAX 64u
#define ASSAY_COOKIE_VALUE_MAX                                                                               \
    2048u /* browsers keep 4096 octets with name and attributes (RFC 6265 §6.1)                             \
           */
#define ASSAY_COOKIE_BODY_MAX (2 + ASSAY_COOKIE_ID_MAX + ASSAY_NONCE_SIZE + 8 + ASSAY_COOKIE_VALUE_MAX + 32)
#define ASSAY_COOKIE_TEXT_MAX ASSAY_BASE64URL_SIZE(ASSAY_COOKIE_BODY_MAX)

struct assay_cookie_key {
    uint8_t id[ASSAY_COOKIE_ID_MAX];
    size_t id_size;
    assay_mac *mac;   /* of signed cookies */
    assay_aead *aead; /* of sealed cookies */
};

struct assay_cookies { /* the cookies of one name; belongs to one thread */
    const struct assay_backend *backend;
    assay_instance *instance;
    enum assay_cookie_kind kind;
    enum assay_cookie_verdict verdict;
    struct assay_cookie_key key[ASSAY_COOKIE_KEYS]; /* the newest first */
    size_t count, prefix;
    uint8_t
        octets[1 + ASSAY_COOKIE_NAME_MAX + ASSAY_COOKIE_BODY_MAX]; /* size of the name, name; then a cookie */
    uint8_t plain[8 + ASSAY_COOKIE_VALUE_MAX];
};

/* ASSAY_INPUT: the name is empty or too long. */
enum assay_rc assay_cookies_init(struct assay_cookies *, const struct assay_backend *, assay_instance *,
                                 enum assay_cookie_kind, const char *name) ASSAY_MUST_CHECK;
/* Makes this the newest key; the oldest leaves a full window. ASSAY_INPUT: the id is empty, too long or in
 * use. */
enum assay_rc assay_cookies_add_key(struct assay_cookies *, struct assay_bytes id,
                                    const uint8_t key[ASSAY_COOKIE_KEY_SIZE]) ASSAY_MUST_CHECK;
void assay_cookies_clear(struct assay_cookies *); /* accepts a zeroed one */

/* text holds ASSAY_COOKIE_TEXT_MAX characters; no NUL is added. ASSAY_INPUT: no key, or the value is too
 * long. */
enum assay_rc assay_cookie_write(struct assay_cookies *, struct assay_bytes value, uint64_t expires,
                                 char *text, size_t *size) ASSAY_MUST_CHECK;
/* The same with a sealed cookie's nonce given: for known answers. */
enum assay_rc assay_cookie_write_with(struct assay_cookies *, const uint8_t nonce[ASSAY_NONCE_SIZE],
                                      struct assay_bytes value, uint64_t expires, char *text,
                                      size_t *size) ASSAY_MUST_CHECK;
/* value holds ASSAY_COOKIE_VALUE_MAX octets. ASSAY_AUTH: refused, and the verdict says why; nothing of an
 * unauthentic cookie but its key id was looked at. */
enum assay_rc assay_cookie_read(struct assay_cookies *, const char *text, size_t text_size, uint64_t now,
                                uint8_t *value, size_t *size, uint64_t *expires) ASSAY_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions that the server keeps: the cookie is an opaque id of 128 random bits in base64url, the value is in
 * a store under it, for a time to live that each renewal starts anew. Nothing here allocates but the store;
 * whoever has one set of these per thread needs no lock of his own.
 */
#ifndef ASSAY_SERVICE_SESSION_H
#define ASSAY_SERVICE_SESSION_H

#include "backends/backend.h"
#include "companions/store.h"
#include "kernels/service/base64url.h"

#define ASSAY_SESSION_ID   16u
#define ASSAY_SESSION_TEXT ASSAY_BASE64URL_SIZE(ASSAY_SESSION_ID)

struct assay_sessions {
    const struct assay_backend *backend; /* its generator makes the ids */
    assay_instance *instance;
    struct assay_store *store;
    uint64_t ttl_ms;
};

struct assay_session { /* as it was found */
    uint8_t id[ASSAY_SESSION_ID];
    size_t size;
    uint8_t value[ASSAY_STORE_VALUE_MAX];
};

/* A value under a new id, and its cookie. */
enum assay_rc assay_session_begin(const struct assay_sessions *, struct assay_bytes value,
                                  char text[ASSAY_SESSION_TEXT]) ASSAY_MUST_CHECK;
/* ASSAY_AUTH: no cookie of ours, or its session is over. */
enum assay_rc assay_session_find(const struct assay_sessions *, const char *text, size_t text_size,
                                 struct assay_session *found) ASSAY_MUST_CHECK;
/* The time to live starts anew, under the same id, or under a new one, and the old one is deleted: a stolen
 * id is soon worth nothing, and one that was foisted on a visitor is no session's after the login. */
enum assay_rc assay_session_extend(const struct assay_sessions *, const struct assay_session *,
                                   char text[ASSAY_SESSION_TEXT]) ASSAY_MUST_CHECK;
enum assay_rc assay_session_rotate(const struct assay_sessions *, const struct assay_session *,
                                   char text[ASSAY_SESSION_TEXT]) ASSAY_MUST_CHECK;
enum assay_rc assay_session_end(const struct assay_sessions *, const struct assay_session *) ASSAY_MUST_CHECK;

#endif

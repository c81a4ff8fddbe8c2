/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/session.h"
#include "kernels/kernel.h"

static struct assay_bytes id_of(const struct assay_session *s)
{
    return (struct assay_bytes){s->id, sizeof s->id};
}

static struct assay_bytes value_of(const struct assay_session *s)
{
    return (struct assay_bytes){s->value, s->size};
}

enum assay_rc assay_session_begin(const struct assay_sessions *all, struct assay_bytes value,
                                  char text[ASSAY_SESSION_TEXT])
{
    uint8_t id[ASSAY_SESSION_ID];
    ASSAY_TRY(all->backend->rand->bytes(all->instance, id, sizeof id));
    ASSAY_TRY(all->store->put(all->store, (struct assay_bytes){id, sizeof id}, value, all->ttl_ms));
    assay_base64url_encode(id, sizeof id, text);
    return ASSAY_OK;
}

enum assay_rc assay_session_find(const struct assay_sessions *all, const char *text, size_t text_size,
                                 struct assay_session *s)
{
    size_t id_size;
    bool found;
    s->size = 0;
    if (!assay_base64url_decode(text, text_size, s->id, sizeof s->id, &id_size) || id_size != sizeof s->id)
        return ASSAY_AUTH;
    ASSAY_TRY(all->store->get(all->store, id_of(s), s->value, &s->size, &found));
    return found ? ASSAY_OK : ASSAY_AUTH;
}

enum assay_rc assay_session_extend(const struct assay_sessions *all, const struct assay_session *s,
                                   char text[ASSAY_SESSION_TEXT])
{
    ASSAY_TRY(all->store->put(all->store, id_of(s), value_of(s), all->ttl_ms));
    assay_base64url_encode(s->id, sizeof s->id, text);
    return ASSAY_OK;
}

enum assay_rc assay_session_rotate(const struct assay_sessions *all, const struct assay_session *s,
                                   char text[ASSAY_SESSION_TEXT])
{
    ASSAY_TRY(assay_session_begin(all, value_of(s), text));
    return assay_session_end(all, s);
}

enum assay_rc assay_session_end(const struct assay_sessions *all, const struct assay_session *s)
{
    bool found;
    return all->store->del(all->store, id_of(s), &found);
}

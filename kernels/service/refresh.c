/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/refresh.h"
#include "kernels/kernel.h"
#include "kernels/service/base64url.h"

#include <string.h>

#define OCTETS     32u
#define GRANTED    "refresh:"
#define USED       "used:"
#define FAMILY     "family:"
#define MARGIN_S   60 /* by how much marks outlive what they mark: clocks of stores are coarse */
#define GRANT_ROOM (ASSAY_REFRESH_FAMILY + 16u + 2u + 2u * ASSAY_REFRESH_NAME)

#define KEY_ROOM 40u

_Static_assert(sizeof GRANTED - 1 + OCTETS <= KEY_ROOM, "room for the longest key");

struct stored { /* a token as the store knows it */
    uint8_t granted[KEY_ROOM], used[KEY_ROOM];
};

const char *assay_refresh_result_name(enum assay_refresh_result result)
{
    static const char *const names[ASSAY_REFRESH_RESULTS] = {
        [ASSAY_REFRESH_MALFORMED] = "malformed",       [ASSAY_REFRESH_ROTATED] = "rotated",
        [ASSAY_REFRESH_UNKNOWN] = "unknown",           [ASSAY_REFRESH_EXPIRED] = "expired",
        [ASSAY_REFRESH_WRONG_CLIENT] = "wrong_client", [ASSAY_REFRESH_REUSED] = "reused",
        [ASSAY_REFRESH_REVOKED] = "revoked",
    };
    return (unsigned)result < ASSAY_REFRESH_RESULTS ? names[result] : NULL;
}

enum assay_rc assay_refresh_init(struct assay_refresh *r, const struct assay_backend *backend,
                                 assay_instance *instance)
{
    memset(r, 0, sizeof *r);
    r->backend = backend;
    r->instance = instance;
    return backend->hash && backend->rand ? backend->hash->hash_new(instance, ASSAY_SHA256, &r->hash)
                                          : ASSAY_UNSUPPORTED;
}

void assay_refresh_clear(struct assay_refresh *r)
{
    if (r->hash)
        r->backend->hash->hash_free(r->hash);
    memset(r, 0, sizeof *r);
}

static struct assay_bytes granted_key(const struct stored *s)
{
    return (struct assay_bytes){s->granted, sizeof GRANTED - 1 + OCTETS};
}

static struct assay_bytes used_key(const struct stored *s)
{
    return (struct assay_bytes){s->used, sizeof USED - 1 + OCTETS};
}

static void write_keys(struct stored *out, const uint8_t hash[OCTETS])
{
    memcpy(out->granted, GRANTED, sizeof GRANTED - 1);
    memcpy(out->granted + sizeof GRANTED - 1, hash, OCTETS);
    memcpy(out->used, USED, sizeof USED - 1);
    memcpy(out->used + sizeof USED - 1, hash, OCTETS);
}

/* The hash is over the octets: a token has one spelling. */
static enum assay_rc find_keys(const struct assay_refresh *r, const uint8_t octets[OCTETS],
                               struct stored *out)
{
    uint8_t hash[ASSAY_HASH_MAX];
    ASSAY_TRY(r->backend->hash->digest(r->hash, hash, octets, OCTETS));
    write_keys(out, hash);
    return ASSAY_OK;
}

/* *ok: it was a token by its form. */
static enum assay_rc read_token(const struct assay_refresh *r, const char *token, size_t size,
                                struct stored *out, bool *ok)
{
    uint8_t octets[OCTETS];
    size_t n;
    *ok = size == ASSAY_REFRESH_TEXT && assay_base64url_decode(token, size, octets, sizeof octets, &n) &&
          n == OCTETS;
    enum assay_rc rc = *ok ? find_keys(r, octets, out) : ASSAY_OK;
    explicit_bzero(octets, sizeof octets);
    return rc;
}

static size_t write_grant(uint8_t out[GRANT_ROOM], const struct assay_refresh_grant *g)
{
    uint8_t *at = out;
    memcpy(at, g->family, sizeof g->family);
    at += sizeof g->family;
    for (int i = 56; i >= 0; i -= 8)
        *at++ = (uint8_t)((uint64_t)g->expires >> i);
    for (int i = 56; i >= 0; i -= 8)
        *at++ = (uint8_t)((uint64_t)g->family_expires >> i);
    *at++ = (uint8_t)g->client_size;
    memcpy(at, g->client, g->client_size);
    at += g->client_size;
    *at++ = (uint8_t)g->subject_size;
    memcpy(at, g->subject, g->subject_size);
    return (size_t)(at - out) + g->subject_size;
}

static bool read_name(const uint8_t *in, size_t size, size_t *at, uint8_t out[ASSAY_REFRESH_NAME], size_t *n)
{
    if (*at >= size || in[*at] > ASSAY_REFRESH_NAME || in[*at] > size - *at - 1)
        return false;
    *n = in[(*at)++];
    memcpy(out, in + *at, *n);
    *at += *n;
    return true;
}

/* false: nothing that write_grant() has written */
static bool read_grant(const uint8_t *in, size_t size, struct assay_refresh_grant *g)
{
    size_t at = sizeof g->family;
    uint64_t times[2] = {0};
    if (size < sizeof g->family + sizeof times)
        return false;
    memcpy(g->family, in, sizeof g->family);
    for (size_t i = 0; i < sizeof times; i++)
        times[i / 8] = times[i / 8] << 8 | in[at++];
    g->expires = (int64_t)times[0];
    g->family_expires = (int64_t)times[1];
    return read_name(in, size, &at, g->client, &g->client_size) &&
           read_name(in, size, &at, g->subject, &g->subject_size) && at == size;
}

/* Until the family's end, and a little longer: a mark that went before its token would revive it. */
static uint64_t mark_ms(const struct assay_refresh *r, const struct assay_refresh_grant *g)
{
    int64_t left = g->family_expires - r->now;
    return (uint64_t)((left > 0 ? left : 0) + MARGIN_S) * 1000u;
}

/* A new token of the grant's family; its text is for the client alone. */
static enum assay_rc add_token(const struct assay_refresh *r, struct assay_refresh_grant *g,
                               char text[ASSAY_REFRESH_TEXT], struct stored *at)
{
    uint8_t octets[OCTETS], value[GRANT_ROOM];
    g->expires = r->now + r->idle < g->family_expires ? r->now + r->idle : g->family_expires;
    ASSAY_TRY(r->backend->rand->bytes(r->instance, octets, sizeof octets));
    enum assay_rc rc = find_keys(r, octets, at);
    if (rc == ASSAY_OK)
        rc = r->store->put(r->store, granted_key(at), (struct assay_bytes){value, write_grant(value, g)},
                           (uint64_t)(g->family_expires - r->now) * 1000u);
    if (rc == ASSAY_OK)
        (void)assay_base64url_encode(octets, sizeof octets, text);
    explicit_bzero(octets, sizeof octets);
    return rc;
}

enum assay_rc assay_refresh_issue(const struct assay_refresh *r, struct assay_bytes client,
                                  struct assay_bytes subject, char token[ASSAY_REFRESH_TEXT])
{
    struct assay_refresh_grant g = {.client_size = client.size, .subject_size = subject.size};
    struct stored at;
    if (client.size == 0 || client.size > sizeof g.client || subject.size == 0 ||
        subject.size > sizeof g.subject || r->idle < 1 || r->family_max < 1)
        return ASSAY_INPUT;
    memcpy(g.client, client.data, client.size);
    memcpy(g.subject, subject.data, subject.size);
    g.family_expires = r->now + r->family_max;
    ASSAY_TRY(r->backend->rand->bytes(r->instance, g.family, sizeof g.family));
    return add_token(r, &g, token, &at);
}

static struct assay_bytes family_key(const struct assay_refresh_grant *g, uint8_t out[KEY_ROOM])
{
    memcpy(out, FAMILY, sizeof FAMILY - 1);
    memcpy(out + sizeof FAMILY - 1, g->family, sizeof g->family);
    return (struct assay_bytes){out, sizeof FAMILY - 1 + sizeof g->family};
}

static enum assay_rc revoke_family(const struct assay_refresh *r, const struct assay_refresh_grant *g)
{
    uint8_t key[KEY_ROOM];
    return r->store->put(r->store, family_key(g, key), (struct assay_bytes){key, 0}, mark_ms(r, g));
}

/* What the store has of a token. *found: it was issued. */
static enum assay_rc get_grant(const struct assay_refresh *r, const struct stored *at,
                               struct assay_refresh_grant *g, bool *found)
{
    uint8_t value[ASSAY_STORE_VALUE_MAX];
    size_t size;
    ASSAY_TRY(r->store->get(r->store, granted_key(at), value, &size, found));
    return *found && !read_grant(value, size, g) ? ASSAY_LIBRARY : ASSAY_OK;
}

/* All that can be said before the token is used. ROTATED: nothing is against it. */
static enum assay_rc look_at(const struct assay_refresh *r, struct assay_bytes client,
                             const struct assay_refresh_grant *g, enum assay_refresh_result *result)
{
    uint8_t key[KEY_ROOM], value[ASSAY_STORE_VALUE_MAX];
    size_t size;
    bool revoked;
    *result = ASSAY_REFRESH_WRONG_CLIENT;
    if (client.size != g->client_size || memcmp(client.data, g->client, client.size) != 0)
        return ASSAY_OK;
    ASSAY_TRY(r->store->get(r->store, family_key(g, key), value, &size, &revoked));
    *result = revoked ? ASSAY_REFRESH_REVOKED : ASSAY_REFRESH_ROTATED;
    return ASSAY_OK;
}

/* A token whose time is over is not used up. If it was used before, it tells a thief all the same. */
static enum assay_rc refuse_old(const struct assay_refresh *r, const struct stored *old,
                                const struct assay_refresh_grant *g, enum assay_refresh_result *result)
{
    uint8_t value[ASSAY_STORE_VALUE_MAX];
    size_t size;
    bool used;
    ASSAY_TRY(r->store->get(r->store, used_key(old), value, &size, &used));
    if (used)
        ASSAY_TRY(revoke_family(r, g));
    *result = used ? ASSAY_REFRESH_REUSED : ASSAY_REFRESH_EXPIRED;
    return ASSAY_OK;
}

/* One of those who use it at once gets a token. */
static enum assay_rc rotate(const struct assay_refresh *r, const struct stored *old,
                            struct assay_refresh_grant *g, char next[ASSAY_REFRESH_TEXT],
                            enum assay_refresh_result *result)
{
    struct stored fresh;
    char text[ASSAY_REFRESH_TEXT];
    bool first = false, found;
    ASSAY_TRY(add_token(r, g, text, &fresh));
    enum assay_rc rc = r->store->put_if_absent(r->store, used_key(old), (struct assay_bytes){old->used, 0},
                                               mark_ms(r, g), &first);
    if (rc == ASSAY_OK && first) {
        memcpy(next, text, sizeof text);
        *result = ASSAY_REFRESH_ROTATED;
    } else {
        if (rc == ASSAY_OK)
            rc = revoke_family(r, g);
        if (rc == ASSAY_OK)
            *result = ASSAY_REFRESH_REUSED;
        enum assay_rc gone = r->store->del(r->store, granted_key(&fresh), &found);
        rc = rc == ASSAY_OK ? gone : rc;
    }
    explicit_bzero(text, sizeof text);
    return rc;
}

enum assay_rc assay_refresh_use(const struct assay_refresh *r, struct assay_bytes client, const char *token,
                                size_t size, char next[ASSAY_REFRESH_TEXT], struct assay_refresh_grant *grant,
                                enum assay_refresh_result *result)
{
    struct assay_refresh_grant g;
    enum assay_refresh_result so_far;
    struct stored old;
    bool ok;
    *result = ASSAY_REFRESH_MALFORMED;
    ASSAY_TRY(read_token(r, token, size, &old, &ok));
    if (!ok)
        return ASSAY_OK;
    ASSAY_TRY(get_grant(r, &old, &g, &ok));
    if (!ok) {
        *result = ASSAY_REFRESH_UNKNOWN;
        return ASSAY_OK;
    }
    ASSAY_TRY(look_at(r, client, &g, &so_far));
    if (so_far == ASSAY_REFRESH_ROTATED && r->now >= g.expires)
        ASSAY_TRY(refuse_old(r, &old, &g, &so_far));
    else if (so_far == ASSAY_REFRESH_ROTATED)
        ASSAY_TRY(rotate(r, &old, &g, next, &so_far));
    if (so_far == ASSAY_REFRESH_ROTATED)
        *grant = g, memcpy(grant->was, old.used + sizeof USED - 1, OCTETS);
    *result = so_far;
    return ASSAY_OK;
}

enum assay_rc assay_refresh_revoke(const struct assay_refresh *r, const char *token, size_t size,
                                   enum assay_refresh_result *result)
{
    struct assay_refresh_grant g;
    struct stored at;
    bool ok;
    *result = ASSAY_REFRESH_MALFORMED;
    ASSAY_TRY(read_token(r, token, size, &at, &ok));
    if (!ok)
        return ASSAY_OK;
    ASSAY_TRY(get_grant(r, &at, &g, &ok));
    *result = ASSAY_REFRESH_UNKNOWN;
    if (!ok)
        return ASSAY_OK;
    ASSAY_TRY(revoke_family(r, &g));
    *result = ASSAY_REFRESH_REVOKED;
    return ASSAY_OK;
}

enum assay_rc assay_refresh_forget(const struct assay_refresh *r, const uint8_t was[32])
{
    struct stored at;
    bool found;
    write_keys(&at, was);
    ASSAY_TRY(r->store->del(r->store, granted_key(&at), &found));
    return r->store->del(r->store, used_key(&at), &found);
}

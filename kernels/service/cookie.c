/* SPDX-License-Identifier: Apache-2.0
 *
 * Cookies: format, keys, and what is authenticated. No cookie allocates memory.
 */
#include "kernels/service/cookie.h"
#include "kernels/kernel.h"

#include <string.h>

#define MAC_SIZE    32u
#define EXPIRY_SIZE 8u

static void put_expiry(uint8_t out[EXPIRY_SIZE], uint64_t expires)
{
    for (unsigned i = 0; i < EXPIRY_SIZE; i++)
        out[i] = (uint8_t)(expires >> (56 - 8 * i));
}

static uint64_t get_expiry(const uint8_t in[EXPIRY_SIZE])
{
    uint64_t expires = 0;
    for (unsigned i = 0; i < EXPIRY_SIZE; i++)
        expires = expires << 8 | in[i];
    return expires;
}

/* In a time that does not tell where they differ: a forger would guess octet by octet. */
static bool same_mac(const uint8_t *a, const uint8_t *b)
{
    volatile uint8_t differs = 0;
    for (size_t i = 0; i < MAC_SIZE; i++)
        differs = (uint8_t)(differs | (a[i] ^ b[i]));
    return differs == 0;
}

enum assay_rc assay_cookies_init(struct assay_cookies *s, const struct assay_backend *backend,
                                 assay_instance *instance, enum assay_cookie_kind kind, const char *name)
{
    size_t size = strlen(name);
    memset(s, 0, sizeof *s);
    if (size == 0 || size > ASSAY_COOKIE_NAME_MAX)
        return ASSAY_INPUT;
    s->backend = backend;
    s->instance = instance;
    s->kind = kind;
    s->octets[0] = (uint8_t)size;
    memcpy(s->octets + 1, name, size);
    s->prefix = 1 + size;
    return ASSAY_OK;
}

static void free_key(const struct assay_cookies *s, struct assay_cookie_key *key)
{
    if (key->mac)
        s->backend->mac->mac_free(key->mac);
    if (key->aead)
        s->backend->aead->aead_free(key->aead);
    memset(key, 0, sizeof *key);
}

static const struct assay_cookie_key *find_key(const struct assay_cookies *s, const uint8_t *id,
                                               size_t id_size)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->key[i].id_size == id_size && memcmp(s->key[i].id, id, id_size) == 0)
            return &s->key[i];
    return NULL;
}

enum assay_rc assay_cookies_add_key(struct assay_cookies *s, struct assay_bytes id,
                                    const uint8_t key[ASSAY_COOKIE_KEY_SIZE])
{
    struct assay_cookie_key fresh = {.id_size = id.size};
    if (id.size == 0 || id.size > ASSAY_COOKIE_ID_MAX || find_key(s, id.data, id.size))
        return ASSAY_INPUT;
    memcpy(fresh.id, id.data, id.size);
    if (s->kind == ASSAY_COOKIE_SIGNED)
        ASSAY_TRY(
            s->backend->mac->mac_new(s->instance, ASSAY_HMAC_SHA256, key, ASSAY_COOKIE_KEY_SIZE, &fresh.mac));
    else
        ASSAY_TRY(s->backend->aead->aead_new(s->instance, ASSAY_AES_256_GCM, key, &fresh.aead));
    if (s->count == ASSAY_COOKIE_KEYS)
        free_key(s, &s->key[--s->count]);
    memmove(&s->key[1], &s->key[0], s->count * sizeof s->key[0]);
    s->key[0] = fresh;
    s->count++;
    return ASSAY_OK;
}

void assay_cookies_clear(struct assay_cookies *s)
{
    for (size_t i = 0; i < s->count; i++)
        free_key(s, &s->key[i]);
    explicit_bzero(s, sizeof *s);
}

/* at: after the key id. */
static enum assay_rc sign_body(struct assay_cookies *s, uint8_t *at, struct assay_bytes value,
                               uint64_t expires, uint8_t **end)
{
    put_expiry(at, expires);
    at += EXPIRY_SIZE;
    if (value.size > 0)
        memcpy(at, value.data, value.size);
    at += value.size;
    *end = at + MAC_SIZE;
    return s->backend->mac->compute(s->key[0].mac, at, s->octets, (size_t)(at - s->octets));
}

static enum assay_rc seal_body(struct assay_cookies *s, uint8_t *at, const uint8_t *nonce,
                               struct assay_bytes value, uint64_t expires, uint8_t **end)
{
    size_t size = EXPIRY_SIZE + value.size;
    put_expiry(s->plain, expires);
    if (value.size > 0)
        memcpy(s->plain + EXPIRY_SIZE, value.data, value.size);
    memcpy(at, nonce, ASSAY_NONCE_SIZE);
    *end = at + ASSAY_NONCE_SIZE + size + ASSAY_TAG_SIZE;
    enum assay_rc rc = s->backend->aead->seal(s->key[0].aead, at + ASSAY_NONCE_SIZE, nonce, s->plain, size,
                                              s->octets, (size_t)(at - s->octets));
    explicit_bzero(s->plain, size);
    return rc;
}

enum assay_rc assay_cookie_write_with(struct assay_cookies *s, const uint8_t nonce[ASSAY_NONCE_SIZE],
                                      struct assay_bytes value, uint64_t expires, char *text, size_t *size)
{
    uint8_t *body = s->octets + s->prefix, *end = NULL;
    *size = 0;
    if (s->count == 0 || value.size > ASSAY_COOKIE_VALUE_MAX)
        return ASSAY_INPUT;
    const struct assay_cookie_key *key = &s->key[0];
    body[0] = (uint8_t)s->kind;
    body[1] = (uint8_t)key->id_size;
    memcpy(body + 2, key->id, key->id_size);
    uint8_t *at = body + 2 + key->id_size;
    ASSAY_TRY(s->kind == ASSAY_COOKIE_SIGNED ? sign_body(s, at, value, expires, &end)
                                             : seal_body(s, at, nonce, value, expires, &end));
    *size = assay_base64url_encode(body, (size_t)(end - body), text);
    return ASSAY_OK;
}

/* Nonces are random: the processes that share a key need not agree on a counter. SP 800-38D §8.3 allows 2^32
 * of them a key, long after which a key has left the window. */
enum assay_rc assay_cookie_write(struct assay_cookies *s, struct assay_bytes value, uint64_t expires,
                                 char *text, size_t *size)
{
    uint8_t nonce[ASSAY_NONCE_SIZE] = {0};
    *size = 0;
    if (s->kind == ASSAY_COOKIE_SEALED)
        ASSAY_TRY(s->backend->rand->bytes(s->instance, nonce, sizeof nonce));
    return assay_cookie_write_with(s, nonce, value, expires, text, size);
}

static enum assay_rc refuse(struct assay_cookies *s, enum assay_cookie_verdict why)
{
    s->verdict = why;
    return ASSAY_AUTH;
}

/* plain: expiry and value, of in.size - MAC_SIZE octets from at on. */
static enum assay_rc check_signed(struct assay_cookies *s, const struct assay_cookie_key *key,
                                  struct assay_bytes in, struct assay_bytes *plain)
{
    uint8_t mac[ASSAY_HASH_MAX];
    if (in.size < EXPIRY_SIZE + MAC_SIZE)
        return refuse(s, ASSAY_COOKIE_MALFORMED);
    *plain = (struct assay_bytes){in.data, in.size - MAC_SIZE};
    const uint8_t *end = in.data + plain->size;
    ASSAY_TRY(s->backend->mac->compute(key->mac, mac, s->octets, (size_t)(end - s->octets)));
    return same_mac(mac, end) ? ASSAY_OK : refuse(s, ASSAY_COOKIE_FORGED);
}

static enum assay_rc open_sealed(struct assay_cookies *s, const struct assay_cookie_key *key,
                                 struct assay_bytes in, struct assay_bytes *plain)
{
    if (in.size < ASSAY_NONCE_SIZE + EXPIRY_SIZE + ASSAY_TAG_SIZE)
        return refuse(s, ASSAY_COOKIE_MALFORMED);
    *plain = (struct assay_bytes){s->plain, in.size - ASSAY_NONCE_SIZE - ASSAY_TAG_SIZE};
    if (plain->size > sizeof s->plain)
        return refuse(s, ASSAY_COOKIE_MALFORMED);
    enum assay_rc rc =
        s->backend->aead->open(key->aead, s->plain, in.data, in.data + ASSAY_NONCE_SIZE,
                               in.size - ASSAY_NONCE_SIZE, s->octets, (size_t)(in.data - s->octets));
    return rc == ASSAY_AUTH ? refuse(s, ASSAY_COOKIE_FORGED) : rc;
}

static enum assay_rc deliver(struct assay_cookies *s, struct assay_bytes plain, uint64_t now, uint8_t *value,
                             size_t *size, uint64_t *expires)
{
    if (plain.size - EXPIRY_SIZE > ASSAY_COOKIE_VALUE_MAX)
        return refuse(s, ASSAY_COOKIE_MALFORMED);
    *expires = get_expiry(plain.data);
    if (now >= *expires)
        return refuse(s, ASSAY_COOKIE_EXPIRED);
    *size = plain.size - EXPIRY_SIZE;
    memcpy(value, plain.data + EXPIRY_SIZE, *size);
    s->verdict = ASSAY_COOKIE_VALID;
    return ASSAY_OK;
}

enum assay_rc assay_cookie_read(struct assay_cookies *s, const char *text, size_t text_size, uint64_t now,
                                uint8_t *value, size_t *size, uint64_t *expires)
{
    uint8_t *body = s->octets + s->prefix;
    size_t body_size, id_size;
    *size = 0;
    *expires = 0;
    if (!assay_base64url_decode(text, text_size, body, ASSAY_COOKIE_BODY_MAX, &body_size) || body_size < 2 ||
        body[0] != s->kind)
        return refuse(s, ASSAY_COOKIE_MALFORMED);
    id_size = body[1];
    if (id_size == 0 || id_size > ASSAY_COOKIE_ID_MAX || body_size - 2 < id_size)
        return refuse(s, ASSAY_COOKIE_MALFORMED);
    const struct assay_cookie_key *key = find_key(s, body + 2, id_size);
    if (!key)
        return refuse(s, ASSAY_COOKIE_UNKNOWN_KEY);
    struct assay_bytes in = {body + 2 + id_size, body_size - 2 - id_size}, plain = {NULL, 0};
    enum assay_rc rc =
        s->kind == ASSAY_COOKIE_SIGNED ? check_signed(s, key, in, &plain) : open_sealed(s, key, in, &plain);
    if (rc == ASSAY_OK)
        rc = deliver(s, plain, now, value, size, expires);
    if (s->kind == ASSAY_COOKIE_SEALED)
        explicit_bzero(s->plain, plain.size <= sizeof s->plain ? plain.size : sizeof s->plain);
    return rc;
}

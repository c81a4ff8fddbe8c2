/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie.signed, cookie.sealed: what a request pays for a session that its cookie carries: the incoming
 * cookie is read and checked, and the renewed one written, with a value of 64 bytes or of 1 KiB. Each request
 * brings what the one before it was given, a second later.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/service/cookie.h"
#include "kernels/vectors/service.h"

#include <stdlib.h>
#include <string.h>

#define NAME       "session"
#define VALUE_ROOM 1024u
#define START      1700000000u
#define LIFE       3600u

static const struct assay_value sizes[] = {{"64", 64}, {"1024", VALUE_ROOM}};
static const struct assay_param params[] = {ASSAY_PARAM("value", sizes), {0}};

struct cookie_state {
    struct assay_cookies cookies;
    uint64_t now, expires;
    size_t size, value_size;
    char text[ASSAY_COOKIE_TEXT_MAX];
    uint8_t value[ASSAY_COOKIE_VALUE_MAX];
    uint8_t want[VALUE_ROOM];
    size_t want_size;
};

static enum assay_cookie_kind case_kind(const struct assay_case *c)
{
    return c->kernel == &assay_cookie_sealed ? ASSAY_COOKIE_SEALED : ASSAY_COOKIE_SIGNED;
}

static bool signed_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_MAC, ASSAY_HMAC_SHA256, why, why_size);
}

static bool sealed_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, why_size) &&
           assay_supported(c, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, why_size);
}

static enum assay_op signed_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_HMAC_SHA256;
    return ASSAY_OP_MAC;
}

static enum assay_op sealed_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_AES_256_GCM;
    return ASSAY_OP_AEAD;
}

/* The keys of test cookies: 32 octets of a published pattern, under the id "k" and a digit. */
static enum assay_rc add_key(struct assay_cookies *cookies, unsigned number)
{
    const uint8_t id[2] = {'k', (uint8_t)('0' + number)};
    uint8_t key[ASSAY_COOKIE_KEY_SIZE];
    assay_fill(key, sizeof key, number);
    enum assay_rc rc = assay_cookies_add_key(cookies, (struct assay_bytes){id, sizeof id}, key);
    explicit_bzero(key, sizeof key);
    return rc;
}

static enum assay_rc cookie_setup(struct assay_case *c)
{
    static const uint8_t nonce[ASSAY_NONCE_SIZE] = {0}; /* the first cookie's is the same everywhere */
    struct cookie_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    assay_fill(s->want, sizeof s->want, 100);
    s->want_size = (size_t)c->value[0];
    s->now = START;
    ASSAY_TRY(assay_cookies_init(&s->cookies, c->backend, c->instance, case_kind(c), NAME));
    for (unsigned i = 1; i <= ASSAY_COOKIE_KEYS; i++)
        ASSAY_TRY(add_key(&s->cookies, i));
    return assay_cookie_write_with(&s->cookies, nonce, (struct assay_bytes){s->want, s->want_size},
                                   s->now + LIFE, s->text, &s->size);
}

static void cookie_teardown(struct assay_case *c)
{
    struct cookie_state *s = c->state;
    if (!s)
        return;
    assay_cookies_clear(&s->cookies);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc cookie_run(struct assay_case *c, uint64_t n)
{
    struct cookie_state *s = c->state;
    for (uint64_t i = 0; i < n; i++) {
        s->now++;
        ASSAY_TRY(
            assay_cookie_read(&s->cookies, s->text, s->size, s->now, s->value, &s->value_size, &s->expires));
        ASSAY_TRY(assay_cookie_write(&s->cookies, (struct assay_bytes){s->value, s->value_size},
                                     s->now + LIFE, s->text, &s->size));
    }
    return assay_consume(s->text, s->size);
}

/* The MAC over libmd, of the octets that the text stands for. */
static enum assay_rc check_mac(struct assay_case *c)
{
    struct cookie_state *s = c->state;
    uint8_t octets[1 + sizeof NAME - 1 + ASSAY_COOKIE_BODY_MAX], key[ASSAY_COOKIE_KEY_SIZE],
        mac[ASSAY_HASH_MAX];
    size_t prefix = sizeof NAME, size;
    octets[0] = sizeof NAME - 1;
    memcpy(octets + 1, NAME, sizeof NAME - 1);
    if (!assay_base64url_decode(s->text, s->size, octets + prefix, ASSAY_COOKIE_BODY_MAX, &size) || size < 32)
        return assay_wrong(c, "what was written is no base64url");
    size += prefix - 32;
    assay_fill(key, sizeof key, ASSAY_COOKIE_KEYS);
    assay_reference_hmac(ASSAY_HMAC_SHA256, mac, key, sizeof key, octets, size);
    if (memcmp(mac, octets + size, 32) != 0)
        return assay_wrong(c, "the cookie's MAC is not the one computed over libmd");
    return ASSAY_OK;
}

/* The last cookie written holds the value and the renewed expiry. */
static enum assay_rc cookie_check(struct assay_case *c)
{
    struct cookie_state *s = c->state;
    uint8_t value[ASSAY_COOKIE_VALUE_MAX];
    size_t size;
    uint64_t expires;
    if (case_kind(c) == ASSAY_COOKIE_SIGNED)
        ASSAY_TRY(check_mac(c));
    enum assay_rc rc = assay_cookie_read(&s->cookies, s->text, s->size, s->now, value, &size, &expires);
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "the cookie just written was refused");
    ASSAY_TRY(rc);
    if (size != s->want_size || memcmp(value, s->want, s->want_size) != 0)
        return assay_wrong(c, "the cookie just written holds another value");
    if (expires != s->now + LIFE)
        return assay_wrong(c, "the cookie was not renewed");
    return ASSAY_OK;
}

/* Made by another implementation, read and written. */
static enum assay_rc prove_vectors(struct assay_case *c, struct assay_proof *proof)
{
    struct cookie_state *s = c->state;
    for (const struct assay_cookie_vector *v = assay_cookie_vectors; v->source; v++) {
        uint8_t nonce[ASSAY_NONCE_SIZE], value[ASSAY_COOKIE_VALUE_MAX];
        char text[ASSAY_COOKIE_TEXT_MAX];
        size_t size, value_size = strlen(v->value);
        uint64_t expires;
        if (v->kind != (unsigned)case_kind(c))
            continue;
        assay_fill(nonce, sizeof nonce, 200);
        ASSAY_TRY(assay_cookie_write_with(&s->cookies, nonce,
                                          (struct assay_bytes){(const uint8_t *)v->value, value_size},
                                          v->expires, text, &size));
        if (size != strlen(v->text))
            return assay_wrong(c, "%s: the cookie has %zu characters, not %zu", v->source, size,
                               strlen(v->text));
        ASSAY_TRY(assay_expect(c, proof, v->source, text, v->text, size));
        enum assay_rc rc = assay_cookie_read(&s->cookies, text, size, v->expires - 1, value, &size, &expires);
        if (rc == ASSAY_AUTH)
            return assay_wrong(c, "%s: refused", v->source);
        ASSAY_TRY(rc);
        if (size != value_size || expires != v->expires)
            return assay_wrong(c, "%s: another value or expiry", v->source);
        ASSAY_TRY(assay_expect(c, proof, v->source, value, v->value, size));
    }
    return ASSAY_OK;
}

static enum assay_rc refused(struct assay_case *c, struct assay_proof *proof, struct assay_cookies *reader,
                             const char *forgery, const char *text, size_t size, uint64_t now)
{
    uint8_t value[ASSAY_COOKIE_VALUE_MAX];
    size_t value_size;
    uint64_t expires;
    return assay_expect_refused(c, proof, forgery,
                                assay_cookie_read(reader, text, size, now, value, &value_size, &expires));
}

/* One bit of the octets at a time: kind, key id, expiry or nonce, value, tag. */
static enum assay_rc prove_flips(struct assay_case *c, struct assay_proof *proof)
{
    struct cookie_state *s = c->state;
    uint8_t octets[ASSAY_COOKIE_BODY_MAX];
    char text[ASSAY_COOKIE_TEXT_MAX];
    size_t size;
    if (!assay_base64url_decode(s->text, s->size, octets, sizeof octets, &size))
        return assay_wrong(c, "what was written is no base64url");
    for (size_t i = 0; i < size; i++) {
        octets[i] ^= (uint8_t)(1u << i % 8);
        size_t length = assay_base64url_encode(octets, size, text);
        ASSAY_TRY(refused(c, proof, &s->cookies, "a cookie with a flipped bit", text, length, s->now));
        octets[i] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t i = 0; i < s->size; i += 7)
        ASSAY_TRY(refused(c, proof, &s->cookies, "a truncated cookie", s->text, i, s->now));
    return refused(c, proof, &s->cookies, "a truncated cookie", s->text, s->size - 1, s->now);
}

/* Keys 1, 2, 3 are in the window, and 3 wrote the cookie: it is read until the third key after it came. */
static enum assay_rc prove_window(struct assay_case *c, struct assay_proof *proof,
                                  struct assay_cookies *other)
{
    struct cookie_state *s = c->state;
    uint8_t value[ASSAY_COOKIE_VALUE_MAX];
    size_t size;
    uint64_t expires;
    for (unsigned i = 3; i <= 5; i++) {
        ASSAY_TRY(add_key(other, i));
        if (assay_cookie_read(other, s->text, s->size, s->now, value, &size, &expires) != ASSAY_OK)
            return assay_wrong(c, "a cookie was refused whose key is in the window");
        proof->answers++;
    }
    ASSAY_TRY(add_key(other, 6));
    return refused(c, proof, other, "a cookie whose key left the window", s->text, s->size, s->now);
}

static enum assay_rc prove_others(struct assay_case *c, struct assay_proof *proof)
{
    struct cookie_state *s = c->state;
    struct assay_cookies *other = calloc(1, sizeof *other);
    if (!other)
        return ASSAY_NOMEM;
    enum assay_rc rc = assay_cookies_init(other, c->backend, c->instance, case_kind(c), NAME);
    if (rc == ASSAY_OK)
        rc = prove_window(c, proof, other);
    assay_cookies_clear(other);
    if (rc == ASSAY_OK)
        rc = assay_cookies_init(other, c->backend, c->instance, case_kind(c), NAME "2");
    if (rc == ASSAY_OK)
        rc = add_key(other, 3);
    if (rc == ASSAY_OK)
        rc = refused(c, proof, other, "a cookie under another name", s->text, s->size, s->now);
    assay_cookies_clear(other);
    free(other);
    return rc;
}

static enum assay_rc cookie_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct cookie_state *s = c->state;
    proof->deterministic = case_kind(c) == ASSAY_COOKIE_SIGNED; /* nonces are random */
    for (int i = 0; i < 2; i++) {
        ASSAY_TRY(cookie_run(c, 1));
        assay_proof_output(proof, s->text, s->size);
        ASSAY_TRY(cookie_check(c));
    }
    ASSAY_TRY(prove_vectors(c, proof));
    ASSAY_TRY(prove_flips(c, proof));
    ASSAY_TRY(refused(c, proof, &s->cookies, "an expired cookie", s->text, s->size, s->now + LIFE));
    return prove_others(c, proof);
}

static size_t sealed_artifact_room(const struct assay_case *c)
{
    (void)c;
    return ASSAY_COOKIE_TEXT_MAX;
}

static enum assay_rc sealed_show(struct assay_case *c, uint8_t *out, size_t room, size_t *size)
{
    struct cookie_state *s = c->state;
    if (room < ASSAY_COOKIE_TEXT_MAX)
        return ASSAY_INPUT;
    return assay_cookie_write(&s->cookies, (struct assay_bytes){s->want, s->want_size}, START + LIFE,
                              (char *)out, size);
}

static enum assay_rc sealed_accept(struct assay_case *c, const uint8_t *in, size_t size)
{
    struct cookie_state *s = c->state;
    uint8_t value[ASSAY_COOKIE_VALUE_MAX];
    size_t value_size;
    uint64_t expires;
    enum assay_rc rc =
        assay_cookie_read(&s->cookies, (const char *)in, size, START, value, &value_size, &expires);
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "another library's cookie was refused");
    ASSAY_TRY(rc);
    if (value_size != s->want_size || memcmp(value, s->want, s->want_size) != 0)
        return assay_wrong(c, "another library's cookie holds another value");
    return ASSAY_OK;
}

static const char *const headline[] = {"64", NULL};

const struct assay_kernel assay_cookie_signed = {
    .id = "cookie.signed",
    .summary = "a request's cookie checked and renewed: HMAC-SHA256 over key id, expiry and value, base64url",
    .source = "RFC 6265, RFC 2104, RFC 4648 §5",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = params,
    .headline = headline,
    .supported = signed_supported,
    .served = signed_served,
    .setup = cookie_setup,
    .prove = cookie_prove,
    .run = cookie_run,
    .check = cookie_check,
    .teardown = cookie_teardown,
};

const struct assay_kernel assay_cookie_sealed = {
    .id = "cookie.sealed",
    .summary = "a request's cookie opened and sealed anew: AES-256-GCM, expiry and value inside, base64url",
    .source = "RFC 6265, SP 800-38D, RFC 4648 §5",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = params,
    .headline = headline,
    .supported = sealed_supported,
    .served = sealed_served,
    .setup = cookie_setup,
    .prove = cookie_prove,
    .run = cookie_run,
    .check = cookie_check,
    .teardown = cookie_teardown,
    .artifact_room = sealed_artifact_room,
    .show = sealed_show,
    .accept = sealed_accept,
};

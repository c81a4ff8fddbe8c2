/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/token.h"
#include "kernels/kernel.h"
#include "kernels/service/base64url.h"
#include "kernels/service/metrics.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define THUMBPRINT_TEXT 43u /* 32 bytes in base64url */
#define PAYLOAD_MAX     2048u

/* JSON as it is written; full: something had no room. */
struct writer {
    char *out;
    size_t room, size;
    bool full;
};

static void put(struct writer *w, const void *text, size_t size)
{
    if (w->full || size > w->room - w->size) {
        w->full = true;
        return;
    }
    if (size > 0)
        memcpy(w->out + w->size, text, size);
    w->size += size;
}

static void put_name(struct writer *w, const char *name)
{
    put(w, w->size == 0 ? "{\"" : ",\"", 2);
    put(w, name, strlen(name));
    put(w, "\":", 2);
}

/* RFC 8259 §7: quotes, backslashes and controls are escaped, all else stands for itself. */
static void put_text(struct writer *w, const char *name, struct assay_bytes text)
{
    if (text.size == 0)
        return;
    put_name(w, name);
    put(w, "\"", 1);
    size_t from = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        char escaped[8];
        put(w, text.data + from, i - from);
        put(w, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", c));
        from = i + 1;
    }
    put(w, text.data + from, text.size - from);
    put(w, "\"", 1);
}

static void put_time(struct writer *w, const char *name, int64_t value)
{
    char text[24];
    if (value == 0)
        return;
    put_name(w, name);
    put(w, text, (size_t)snprintf(text, sizeof text, "%" PRId64, value));
}

static void put_thumbprint(struct writer *w, const uint8_t *thumbprint)
{
    char text[THUMBPRINT_TEXT];
    if (!thumbprint)
        return;
    (void)assay_base64url_encode(thumbprint, ASSAY_THUMBPRINT_SIZE, text);
    put_name(w, "cnf");
    put(w, "{\"x5t#S256\":\"", 13);
    put(w, text, sizeof text);
    put(w, "\"}", 2);
}

enum assay_rc assay_token_sign(const struct assay_keyset *set, const struct assay_keyset_key *key,
                               const struct assay_token_claims *claims, char *token, size_t *size)
{
    char header_text[512], payload_text[PAYLOAD_MAX];
    struct writer header = {.out = header_text, .room = sizeof header_text};
    struct writer payload = {.out = payload_text, .room = sizeof payload_text};
    const char *alg = assay_jws_alg_name(key->alg);
    put_text(&header, "alg", (struct assay_bytes){(const uint8_t *)alg, strlen(alg)});
    put_text(&header, "kid", (struct assay_bytes){(const uint8_t *)key->kid, key->kid_size});
    put_text(&header, "typ", (struct assay_bytes){(const uint8_t *)"JWT", 3});
    put(&header, "}", 1);
    put_text(&payload, "iss", claims->iss);
    put_text(&payload, "sub", claims->sub);
    put_text(&payload, "aud", claims->aud);
    put_time(&payload, "exp", claims->exp);
    put_time(&payload, "nbf", claims->nbf);
    put_time(&payload, "iat", claims->iat);
    put_text(&payload, "jti", claims->jti);
    put_thumbprint(&payload, claims->thumbprint);
    put(&payload, payload.size > 0 ? "}" : "{}", payload.size > 0 ? 1 : 2);
    if (header.full || payload.full)
        return ASSAY_INPUT;
    return assay_jws_sign(set, key, (struct assay_bytes){(const uint8_t *)header.out, header.size},
                          (struct assay_bytes){(const uint8_t *)payload.out, payload.size}, token, size);
}

static size_t store_key(uint8_t key[ASSAY_STORE_KEY_MAX], struct assay_bytes prefix, struct assay_bytes jti)
{
    if (jti.size == 0 || jti.size > ASSAY_JTI_MAX)
        return 0;
    memcpy(key, prefix.data, prefix.size);
    memcpy(key + prefix.size, jti.data, jti.size);
    return prefix.size + jti.size;
}

size_t assay_token_replay_key(uint8_t key[ASSAY_STORE_KEY_MAX], struct assay_bytes jti)
{
    return store_key(key, (struct assay_bytes){(const uint8_t *)"jti:", 4}, jti);
}

size_t assay_token_revoked_key(uint8_t key[ASSAY_STORE_KEY_MAX], struct assay_bytes jti)
{
    return store_key(key, (struct assay_bytes){(const uint8_t *)"revoked:", 8}, jti);
}

/* As long as the token could be taken for valid. */
static uint64_t ttl_ms(const struct assay_token_policy *policy, int64_t exp)
{
    int64_t left = exp + policy->leeway - policy->now;
    return left > 0 ? (uint64_t)left * 1000u : 1;
}

enum assay_rc assay_token_revoke(const struct assay_token_policy *policy, struct assay_bytes jti, int64_t exp)
{
    uint8_t key[ASSAY_STORE_KEY_MAX];
    size_t size = assay_token_revoked_key(key, jti);
    if (size == 0 || exp < 0 || exp > ASSAY_TOKEN_TIME_MAX)
        return ASSAY_INPUT;
    return policy->store->put(policy->store, (struct assay_bytes){key, size}, (struct assay_bytes){key, 0},
                              ttl_ms(policy, exp));
}

static struct assay_bytes text_of(const json_t *string)
{
    return (struct assay_bytes){(const uint8_t *)json_string_value(string), json_string_length(string)};
}

static bool same(struct assay_bytes a, struct assay_bytes b)
{
    return a.size == b.size && a.size > 0 && memcmp(a.data, b.data, a.size) == 0;
}

/* A NumericDate: seconds, here without a fraction. */
static bool read_time(const json_t *claims, const char *name, bool required, int64_t *out)
{
    const json_t *value = json_object_get(claims, name);
    *out = 0;
    if (!value)
        return !required;
    if (!json_is_integer(value))
        return false;
    *out = json_integer_value(value);
    return *out >= 0 && *out <= ASSAY_TOKEN_TIME_MAX;
}

static bool read_text(const json_t *claims, const char *name, bool required, char *out, size_t room,
                      size_t *size)
{
    const json_t *value = json_object_get(claims, name);
    *size = 0;
    if (!value)
        return !required;
    struct assay_bytes text = text_of(value);
    if (!json_is_string(value) || text.size == 0 || text.size > room)
        return false;
    memcpy(out, text.data, text.size);
    *size = text.size;
    return true;
}

/* RFC 7519 §4.1.3: one name, or an array of them. *found: ours is among them. */
static bool read_audience(const json_t *claims, struct assay_bytes ours, bool *found)
{
    const json_t *aud = json_object_get(claims, "aud");
    *found = json_is_string(aud) && same(text_of(aud), ours);
    if (!json_is_array(aud))
        return json_is_string(aud);
    for (size_t i = 0; i < json_array_size(aud); i++) {
        const json_t *one = json_array_get(aud, i);
        if (!json_is_string(one))
            return false;
        *found = *found || same(text_of(one), ours);
    }
    return true;
}

/* RFC 8705 §3.1. *bound: there is a thumbprint, and out has it. */
static bool read_binding(const json_t *claims, uint8_t out[ASSAY_THUMBPRINT_SIZE], bool *bound)
{
    const json_t *cnf = json_object_get(claims, "cnf");
    uint8_t bytes[ASSAY_THUMBPRINT_SIZE];
    size_t size;
    *bound = false;
    if (!cnf)
        return true;
    const json_t *x5t = json_object_get(cnf, "x5t#S256");
    /* A confirmation of another kind (RFC 7800) is not one that we could check. */
    if (!json_is_object(cnf) || json_object_size(cnf) != 1 || !json_is_string(x5t) ||
        json_string_length(x5t) != THUMBPRINT_TEXT ||
        !assay_base64url_decode(json_string_value(x5t), THUMBPRINT_TEXT, bytes, sizeof bytes, &size))
        return false;
    memcpy(out, bytes, sizeof bytes);
    *bound = true;
    return true;
}

/* What was found, for the rules that need the store. */
struct findings {
    uint8_t thumbprint[ASSAY_THUMBPRINT_SIZE];
    bool bound;
};

static enum assay_token_result check_claims(const struct assay_token_policy *policy, const json_t *claims,
                                            struct assay_token *token, struct findings *found)
{
    const json_t *iss = json_object_get(claims, "iss");
    bool for_us;
    if (!json_is_object(claims) || !json_is_string(iss) || !read_audience(claims, policy->aud, &for_us) ||
        !read_time(claims, "exp", true, &token->exp) || !read_time(claims, "nbf", false, &token->nbf) ||
        !read_text(claims, "jti", true, token->jti, sizeof token->jti, &token->jti_size) ||
        !read_text(claims, "sub", false, token->sub, sizeof token->sub, &token->sub_size) ||
        !read_binding(claims, found->thumbprint, &found->bound))
        return ASSAY_TOKEN_MALFORMED;
    if (!same(text_of(iss), policy->iss))
        return ASSAY_TOKEN_WRONG_ISS;
    if (!for_us)
        return ASSAY_TOKEN_WRONG_AUD;
    if (policy->now >= token->exp + policy->leeway)
        return ASSAY_TOKEN_EXPIRED;
    if (policy->now < token->nbf - policy->leeway)
        return ASSAY_TOKEN_NOT_YET_VALID;
    return ASSAY_TOKEN_VALID;
}

static enum assay_rc check_revoked(struct assay_store *store, struct assay_bytes jti, bool *revoked)
{
    uint8_t key[ASSAY_STORE_KEY_MAX], value[ASSAY_STORE_VALUE_MAX];
    size_t size = assay_token_revoked_key(key, jti), value_size;
    return store->get(store, (struct assay_bytes){key, size}, value, &value_size, revoked);
}

static enum assay_rc check_replay(const struct assay_token_policy *policy, const struct assay_token *token,
                                  struct assay_bytes jti, bool *fresh)
{
    uint8_t key[ASSAY_STORE_KEY_MAX];
    size_t size = assay_token_replay_key(key, jti);
    return policy->store->put_if_absent(policy->store, (struct assay_bytes){key, size},
                                        (struct assay_bytes){key, 0}, ttl_ms(policy, token->exp), fresh);
}

static bool is_bound_right(const struct assay_token_policy *policy, const struct findings *found)
{
    if (!policy->thumbprint)
        return !found->bound;
    return found->bound &&
           memcmp(policy->thumbprint, found->thumbprint, ASSAY_THUMBPRINT_SIZE) == 0; /* no secret */
}

static enum assay_rc check_use(const struct assay_token_policy *policy, const struct assay_token *token,
                               const struct findings *found, enum assay_token_result *result)
{
    struct assay_bytes jti = {(const uint8_t *)token->jti, token->jti_size};
    bool revoked = false, fresh = true;
    if (policy->store)
        ASSAY_TRY(check_revoked(policy->store, jti, &revoked));
    if (!revoked && is_bound_right(policy, found) && policy->store)
        ASSAY_TRY(check_replay(policy, token, jti, &fresh));
    if (revoked)
        *result = ASSAY_TOKEN_REVOKED;
    else if (!is_bound_right(policy, found))
        *result = ASSAY_TOKEN_WRONG_BINDING;
    else
        *result = fresh ? ASSAY_TOKEN_VALID : ASSAY_TOKEN_REPLAYED;
    return ASSAY_OK;
}

static enum assay_rc verify(const struct assay_keyset *set, const struct assay_token_policy *policy,
                            const char *text, size_t size, struct assay_token *token,
                            enum assay_token_result *result)
{
    struct findings found;
    enum assay_token_result so_far;
    *result = ASSAY_TOKEN_MALFORMED;
    ASSAY_TRY(
        (policy->any_key ? assay_jws_verify_any : assay_jws_verify)(set, text, size, &token->jws, &so_far));
    if (so_far == ASSAY_TOKEN_VALID) {
        json_t *claims = json_loadb((const char *)token->jws.payload.data, token->jws.payload.size,
                                    JSON_REJECT_DUPLICATES, NULL);
        so_far = check_claims(policy, claims, token, &found);
        json_decref(claims);
    }
    if (so_far != ASSAY_TOKEN_VALID) {
        *result = so_far;
        return ASSAY_OK;
    }
    return check_use(policy, token, &found, result);
}

enum assay_rc assay_token_verify(const struct assay_keyset *set, const struct assay_token_policy *policy,
                                 const char *text, size_t size, struct assay_token *token,
                                 enum assay_token_result *result)
{
    enum assay_rc rc = verify(set, policy, text, size, token, result);
    return assay_metrics_token(*result, rc);
}

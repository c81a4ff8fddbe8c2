/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/token.h"
#include "kernels/kernel.h"
#include "kernels/service/base64url.h"
#include "kernels/service/json.h"
#include "kernels/service/metrics.h"

#include <inttypes.h>
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

size_t assay_token_revoked_kid(uint8_t key[ASSAY_STORE_KEY_MAX], struct assay_bytes kid)
{
    return store_key(key, (struct assay_bytes){(const uint8_t *)"revoked-kid:", 12}, kid);
}

/* As long as the token could be taken for valid. */
static uint64_t ttl_ms(const struct assay_token_policy *policy, int64_t exp)
{
    int64_t left = exp + policy->leeway - policy->now;
    return left > 0 ? (uint64_t)left * 1000u : 1;
}

static enum assay_rc put_denied(const struct assay_token_policy *policy, const uint8_t *key, size_t size,
                                int64_t exp)
{
    if (size == 0 || exp < 0 || exp > ASSAY_TOKEN_TIME_MAX)
        return ASSAY_INPUT;
    return policy->store->put(policy->store, (struct assay_bytes){key, size}, (struct assay_bytes){key, 0},
                              ttl_ms(policy, exp));
}

enum assay_rc assay_token_revoke(const struct assay_token_policy *policy, struct assay_bytes jti, int64_t exp)
{
    uint8_t key[ASSAY_STORE_KEY_MAX];
    return put_denied(policy, key, assay_token_revoked_key(key, jti), exp);
}

enum assay_rc assay_token_revoke_key(const struct assay_token_policy *policy, struct assay_bytes kid,
                                     int64_t until)
{
    uint8_t key[ASSAY_STORE_KEY_MAX];
    return put_denied(policy, key, assay_token_revoked_kid(key, kid), until);
}

/* A NumericDate: seconds, here without a fraction. */
static bool read_time(const struct assay_json *value, bool required, int64_t *out)
{
    *out = value->integer;
    if (value->type == ASSAY_JSON_ABSENT)
        return !required;
    return value->type == ASSAY_JSON_INTEGER && *out >= 0 && *out <= ASSAY_TOKEN_TIME_MAX;
}

static bool read_text(const struct assay_json *value, bool required, char *out, size_t room, size_t *size)
{
    *size = 0;
    if (value->type == ASSAY_JSON_ABSENT)
        return !required;
    return assay_json_copy(value, out, room, size) && *size > 0;
}

static bool is_ours(const struct assay_json *value, struct assay_bytes ours)
{
    return ours.size > 0 && assay_json_is(value, ours);
}

/* RFC 7519 §4.1.3: one name, or an array of them. *found: ours is among them. */
static bool read_audience(const struct assay_json *aud, struct assay_bytes ours, bool *found)
{
    struct assay_json one;
    *found = is_ours(aud, ours);
    if (aud->type != ASSAY_JSON_ARRAY)
        return aud->type == ASSAY_JSON_STRING;
    for (size_t at = 0; assay_json_element(aud, &at, &one);) {
        if (one.type != ASSAY_JSON_STRING)
            return false;
        *found = *found || is_ours(&one, ours);
    }
    return true;
}

/* RFC 8705 §3.1. *bound: there is a thumbprint, and out has it. */
static bool read_binding(const struct assay_json *cnf, uint8_t out[ASSAY_THUMBPRINT_SIZE], bool *bound)
{
    struct assay_json_member x5t = {.name = "x5t#S256"};
    char text[THUMBPRINT_TEXT];
    uint8_t bytes[ASSAY_THUMBPRINT_SIZE];
    size_t size, members;
    *bound = false;
    if (cnf->type == ASSAY_JSON_ABSENT)
        return true;
    /* A confirmation of another kind (RFC 7800) is not one that we could check. */
    if (cnf->type != ASSAY_JSON_OBJECT || !assay_json_object(cnf->start, cnf->size, &x5t, 1, &members) ||
        members != 1 || !assay_json_copy(&x5t.value, text, sizeof text, &size) || size != THUMBPRINT_TEXT ||
        !assay_base64url_decode(text, size, bytes, sizeof bytes, &size))
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

static enum assay_token_result check_claims(const struct assay_token_policy *policy,
                                            struct assay_token *token, struct findings *found)
{
    enum { ISS, AUD, EXP, NBF, JTI, SUB, CNF };
    struct assay_json_member m[] = {
        [ISS] = {.name = "iss"}, [AUD] = {.name = "aud"}, [EXP] = {.name = "exp"}, [NBF] = {.name = "nbf"},
        [JTI] = {.name = "jti"}, [SUB] = {.name = "sub"}, [CNF] = {.name = "cnf"}};
    size_t total;
    bool for_us;
    if (!assay_json_object(token->jws.payload.data, token->jws.payload.size, m, ASSAY_COUNT(m), &total) ||
        m[ISS].value.type != ASSAY_JSON_STRING || !read_audience(&m[AUD].value, policy->aud, &for_us) ||
        !read_time(&m[EXP].value, true, &token->exp) || !read_time(&m[NBF].value, false, &token->nbf) ||
        !read_text(&m[JTI].value, true, token->jti, sizeof token->jti, &token->jti_size) ||
        !read_text(&m[SUB].value, false, token->sub, sizeof token->sub, &token->sub_size) ||
        !read_binding(&m[CNF].value, found->thumbprint, &found->bound))
        return ASSAY_TOKEN_MALFORMED;
    if (!is_ours(&m[ISS].value, policy->iss))
        return ASSAY_TOKEN_WRONG_ISS;
    if (!for_us)
        return ASSAY_TOKEN_WRONG_AUD;
    if (policy->now >= token->exp + policy->leeway)
        return ASSAY_TOKEN_EXPIRED;
    if (policy->now < token->nbf - policy->leeway)
        return ASSAY_TOKEN_NOT_YET_VALID;
    return ASSAY_TOKEN_VALID;
}

static enum assay_rc check_revoked(const struct assay_token_policy *policy, const struct assay_token *token,
                                   struct assay_bytes jti, bool *revoked)
{
    struct assay_store *store = policy->store;
    const struct assay_keyset_key *k = token->jws.key;
    uint8_t key[ASSAY_STORE_KEY_MAX], value[ASSAY_STORE_VALUE_MAX];
    size_t size = assay_token_revoked_key(key, jti), value_size;
    ASSAY_TRY(store->get(store, (struct assay_bytes){key, size}, value, &value_size, revoked));
    if (*revoked || !policy->deny_keys)
        return ASSAY_OK;
    size = assay_token_revoked_kid(key, (struct assay_bytes){(const uint8_t *)k->kid, k->kid_size});
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
        ASSAY_TRY(check_revoked(policy, token, jti, &revoked));
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
    if (so_far == ASSAY_TOKEN_VALID)
        so_far = check_claims(policy, token, &found);
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

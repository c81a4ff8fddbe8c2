/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/jws.h"
#include "kernels/kernel.h"
#include "kernels/service/base64url.h"
#include "kernels/service/json.h"
#include "kernels/service/metrics.h"

#include <string.h>

#define HMAC_SIZE 32u
#define INT_SIZE  32u /* r and s of ES256 */
#define DER_ROOM  (2u + 2u * (2u + 1u + INT_SIZE))

const char *assay_token_result_name(enum assay_token_result result)
{
    static const char *const names[ASSAY_TOKEN_RESULTS] = {
        [ASSAY_TOKEN_MALFORMED] = "malformed",
        [ASSAY_TOKEN_VALID] = "valid",
        [ASSAY_TOKEN_EXPIRED] = "expired",
        [ASSAY_TOKEN_BAD_SIG] = "bad_sig",
        [ASSAY_TOKEN_UNKNOWN_KID] = "unknown_kid",
        [ASSAY_TOKEN_NOT_YET_VALID] = "not_yet_valid",
        [ASSAY_TOKEN_WRONG_AUD] = "wrong_aud",
        [ASSAY_TOKEN_WRONG_ISS] = "wrong_iss",
        [ASSAY_TOKEN_REPLAYED] = "replayed",
        [ASSAY_TOKEN_REVOKED] = "revoked",
        [ASSAY_TOKEN_WRONG_BINDING] = "wrong_binding",
    };
    return (unsigned)result < ASSAY_TOKEN_RESULTS ? names[result] : NULL;
}

/* One INTEGER (X.690 §8.3) of 32 big-endian bytes; returns its size. */
static size_t put_integer(uint8_t *out, const uint8_t in[INT_SIZE])
{
    size_t skip = 0;
    while (skip < INT_SIZE - 1 && in[skip] == 0)
        skip++;
    size_t sign = in[skip] >> 7, size = INT_SIZE - skip + sign;
    out[0] = 0x02;
    out[1] = (uint8_t)size;
    out[2] = 0;
    memcpy(out + 2 + sign, in + skip, INT_SIZE - skip);
    return 2 + size;
}

/* RFC 7518 §3.4: r || s; the ABI has it in DER. */
static size_t raw_to_der(uint8_t der[DER_ROOM], const uint8_t raw[2 * INT_SIZE])
{
    size_t size = put_integer(der + 2, raw);
    size += put_integer(der + 2 + size, raw + INT_SIZE);
    der[0] = 0x30;
    der[1] = (uint8_t)size;
    return 2 + size;
}

/* The INTEGER at *at, positive and as short as DER wants it. */
static bool take_integer(uint8_t out[INT_SIZE], const uint8_t *der, size_t size, size_t *at)
{
    if (size - *at < 3 || der[*at] != 0x02)
        return false;
    size_t n = der[*at + 1];
    const uint8_t *in = der + *at + 2;
    if (n == 0 || n > size - *at - 2 || in[0] >> 7 || (n > 1 && in[0] == 0 && !(in[1] >> 7)))
        return false;
    *at += 2 + n;
    if (in[0] == 0)
        in++, n--;
    if (n > INT_SIZE)
        return false;
    memset(out, 0, INT_SIZE);
    memcpy(out + INT_SIZE - n, in, n);
    return true;
}

static bool der_to_raw(uint8_t raw[2 * INT_SIZE], const uint8_t *der, size_t size)
{
    size_t at = 2;
    return size >= 2 && size <= DER_ROOM && der[0] == 0x30 && der[1] == size - 2 &&
           take_integer(raw, der, size, &at) && take_integer(raw + INT_SIZE, der, size, &at) && at == size;
}

static enum assay_rc verify_mac(const struct assay_keyset *set, const struct assay_keyset_key *k,
                                const struct assay_jws *jws)
{
    uint8_t want[ASSAY_HASH_MAX];
    if (jws->signature.size != HMAC_SIZE)
        return ASSAY_AUTH;
    ASSAY_TRY(set->backend->mac->compute(k->mac, want, jws->input.data, jws->input.size));
    bool same = assay_same_secret(want, jws->signature.data, HMAC_SIZE);
    explicit_bzero(want, sizeof want); /* it would sign whatever was sent */
    return same ? ASSAY_OK : ASSAY_AUTH;
}

/* For the counters, to which an RSA key's size is nothing. */
static enum assay_alg abi_alg(enum assay_jws_alg alg)
{
    enum assay_alg served;
    (void)assay_jws_served(alg, &served);
    return served;
}

static enum assay_rc verify_signature(const struct assay_keyset *set, const struct assay_keyset_key *k,
                                      const struct assay_jws *jws)
{
    struct assay_bytes sig = jws->signature;
    uint8_t der[DER_ROOM];
    if (k->alg == ASSAY_HS256)
        return verify_mac(set, k, jws);
    if (k->alg == ASSAY_ES256) {
        if (sig.size != 2 * INT_SIZE)
            return assay_metrics_verified(abi_alg(k->alg), ASSAY_AUTH);
        sig = (struct assay_bytes){der, raw_to_der(der, sig.data)};
    }
    return assay_metrics_verified(
        abi_alg(k->alg),
        set->backend->sign->verify(k->key, sig.data, sig.size, jws->input.data, jws->input.size));
}

/* Exactly three segments, each decoded to the next place in jws->decoded. */
static bool split(struct assay_jws *jws, const char *token, size_t size)
{
    struct assay_bytes *const parts[] = {&jws->header, &jws->payload, &jws->signature};
    size_t at = 0, used = 0;
    for (size_t i = 0; i < ASSAY_COUNT(parts); i++) {
        const char *dot = at < size ? memchr(token + at, '.', size - at) : NULL;
        size_t end = dot ? (size_t)(dot - token) : size, n;
        if ((dot != NULL) != (i < 2))
            return false;
        if (!assay_base64url_decode(token + at, end - at, jws->decoded + used, sizeof jws->decoded - used,
                                    &n))
            return false;
        *parts[i] = (struct assay_bytes){jws->decoded + used, n};
        used += n;
        if (i == 1)
            jws->input = (struct assay_bytes){(const uint8_t *)token, end};
        at = end + 1;
    }
    return true;
}

/* What a header names. */
struct named {
    enum assay_jws_alg alg; /* 0: none that we know */
    bool has_kid;
    char kid[ASSAY_KID_MAX];
    size_t kid_size; /* 0: one that no key can have */
};

static enum assay_jws_alg alg_of(const struct assay_json *name)
{
    for (enum assay_jws_alg alg = ASSAY_EDDSA; assay_jws_alg_name(alg); alg++) {
        const char *text = assay_jws_alg_name(alg);
        if (assay_json_is(name, (struct assay_bytes){(const uint8_t *)text, strlen(text)}))
            return alg;
    }
    return 0;
}

/* crit: RFC 7515 §4.1.11 has the recipient refuse extensions that it does not know, and here it knows none.
 */
static bool read_header(const struct assay_jws *jws, struct named *named)
{
    enum { ALG, KID, CRIT };
    struct assay_json_member m[] = {
        [ALG] = {.name = "alg"}, [KID] = {.name = "kid"}, [CRIT] = {.name = "crit"}};
    size_t total;
    if (!assay_json_object(jws->header.data, jws->header.size, m, ASSAY_COUNT(m), &total))
        return false;
    const struct assay_json *alg = &m[ALG].value, *kid = &m[KID].value;
    named->has_kid = kid->type != ASSAY_JSON_ABSENT;
    if (alg->type != ASSAY_JSON_STRING || m[CRIT].value.type != ASSAY_JSON_ABSENT ||
        (named->has_kid && kid->type != ASSAY_JSON_STRING))
        return false;
    named->alg = alg_of(alg);
    if (!assay_json_copy(kid, named->kid, sizeof named->kid, &named->kid_size))
        named->kid_size = 0;
    return true;
}

/* The key that the header names, if it is one that may verify the token. */
static enum assay_token_result choose_key(const struct assay_keyset *set, const struct assay_jws *jws,
                                          const struct assay_keyset_key **key)
{
    struct named named;
    if (!read_header(jws, &named) || (!*key && !named.has_kid))
        return ASSAY_TOKEN_MALFORMED;
    if (!*key)
        *key = assay_keyset_find(set, (struct assay_bytes){(const uint8_t *)named.kid, named.kid_size},
                                 ASSAY_KEY_VERIFIES);
    if (!*key)
        return ASSAY_TOKEN_UNKNOWN_KID;
    return named.alg == (*key)->alg ? ASSAY_TOKEN_VALID : ASSAY_TOKEN_BAD_SIG;
}

/* Not ASSAY_OK: there is no verdict. */
static enum assay_rc judge(const struct assay_keyset *set, const struct assay_keyset_key *key,
                           struct assay_jws *jws, enum assay_token_result *result)
{
    enum assay_rc rc = verify_signature(set, key, jws);
    jws->key = rc == ASSAY_OK ? key : NULL;
    if (rc == ASSAY_OK)
        *result = ASSAY_TOKEN_VALID;
    else if (rc == ASSAY_AUTH)
        *result = ASSAY_TOKEN_BAD_SIG;
    return rc == ASSAY_AUTH ? ASSAY_OK : rc;
}

enum assay_rc assay_jws_verify_under(const struct assay_keyset *set, const struct assay_keyset_key *key,
                                     const char *token, size_t size, struct assay_jws *jws,
                                     enum assay_token_result *result)
{
    *result = ASSAY_TOKEN_MALFORMED;
    if (size > ASSAY_JWS_MAX || !split(jws, token, size))
        return ASSAY_OK;
    enum assay_token_result read = ASSAY_TOKEN_VALID;
    const struct assay_keyset_key *usual =
        key ? NULL
            : assay_keyset_find_usual(
                  set, (struct assay_bytes){(const uint8_t *)token, ASSAY_BASE64URL_SIZE(jws->header.size)});
    if (usual)
        key = usual;
    else
        read = choose_key(set, jws, &key);
    if (read != ASSAY_TOKEN_VALID) {
        *result = read;
        return ASSAY_OK;
    }
    return judge(set, key, jws, result);
}

enum assay_rc assay_jws_verify_any(const struct assay_keyset *set, const char *token, size_t size,
                                   struct assay_jws *jws, enum assay_token_result *result)
{
    struct named named;
    *result = ASSAY_TOKEN_MALFORMED;
    if (size > ASSAY_JWS_MAX || !split(jws, token, size) || !read_header(jws, &named))
        return ASSAY_OK;
    enum assay_token_result found = ASSAY_TOKEN_BAD_SIG;
    for (size_t i = 0; i < set->count && found != ASSAY_TOKEN_VALID; i++)
        if (set->keys[i].purpose == ASSAY_KEY_VERIFIES && set->keys[i].alg == named.alg)
            ASSAY_TRY(judge(set, &set->keys[i], jws, &found));
    *result = found;
    return ASSAY_OK;
}

enum assay_rc assay_jws_verify(const struct assay_keyset *set, const char *token, size_t size,
                               struct assay_jws *jws, enum assay_token_result *result)
{
    return assay_jws_verify_under(set, NULL, token, size, jws, result);
}

/* The signature as JOSE has it; sig: ASSAY_SIG_MAX bytes. */
static enum assay_rc make_signature(const struct assay_keyset *set, const struct assay_keyset_key *k,
                                    uint8_t *sig, size_t *size, const char *in, size_t in_size)
{
    uint8_t raw[2 * INT_SIZE];
    if (k->alg == ASSAY_HS256) {
        *size = HMAC_SIZE;
        return set->backend->mac->compute(k->mac, sig, (const uint8_t *)in, in_size);
    }
    ASSAY_TRY(assay_metrics_signed(
        abi_alg(k->alg), set->backend->sign->sign(k->key, sig, size, (const uint8_t *)in, in_size)));
    if (k->alg != ASSAY_ES256)
        return ASSAY_OK;
    if (!der_to_raw(raw, sig, *size))
        return ASSAY_LIBRARY;
    memcpy(sig, raw, sizeof raw);
    *size = sizeof raw;
    return ASSAY_OK;
}

enum assay_rc assay_jws_sign(const struct assay_keyset *set, const struct assay_keyset_key *k,
                             struct assay_bytes header, struct assay_bytes payload, char *token, size_t *size)
{
    uint8_t sig[ASSAY_SIG_MAX];
    size_t sig_size = 0, room = *size < ASSAY_JWS_MAX ? *size : ASSAY_JWS_MAX, at;
    *size = 0;
    if (k->purpose != ASSAY_KEY_SIGNS || header.size > room || payload.size > room ||
        ASSAY_BASE64URL_SIZE(header.size) + ASSAY_BASE64URL_SIZE(payload.size) + 1 > room)
        return ASSAY_INPUT;
    (void)assay_base64url_encode(header.data, header.size, token);
    at = ASSAY_BASE64URL_SIZE(header.size);
    token[at++] = '.';
    (void)assay_base64url_encode(payload.data, payload.size, token + at);
    at += ASSAY_BASE64URL_SIZE(payload.size);
    ASSAY_TRY(make_signature(set, k, sig, &sig_size, token, at));
    if (1 + ASSAY_BASE64URL_SIZE(sig_size) > room - at)
        return ASSAY_INPUT;
    token[at++] = '.';
    (void)assay_base64url_encode(sig, sig_size, token + at);
    *size = at + ASSAY_BASE64URL_SIZE(sig_size);
    return ASSAY_OK;
}

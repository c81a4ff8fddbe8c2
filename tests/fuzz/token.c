/* SPDX-License-Identifier: Apache-2.0
 *
 * The token verifier over any octets, behind a backend whose signatures are right when their octets are all
 * zero, so that the fuzzer gets past them. An input is a token as it is (first octet even), or a header and
 * a payload with a line feed between, which are encoded and signed here. What is found valid must be what the
 * policy asks for by jansson's reading, and only once.
 */
#include "kernels/service/token.h"
#include "kernels/service/base64url.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct assay_mac {
    int unused;
};
struct assay_key {
    uint8_t octet; /* its public key, to tell it from others */
};
static struct assay_mac the_mac;
static struct assay_key the_keys[ASSAY_KEYSET_KEYS];

static bool supports(assay_instance *instance, enum assay_op op, enum assay_alg alg, char *why,
                     size_t why_size)
{
    (void)instance;
    (void)op;
    (void)alg;
    (void)why;
    (void)why_size;
    return true;
}

static enum assay_rc mac_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                             size_t key_size, assay_mac **out)
{
    (void)instance;
    (void)alg;
    (void)key;
    (void)key_size;
    *out = &the_mac;
    return ASSAY_OK;
}

static void mac_free(assay_mac *mac)
{
    (void)mac;
}

static enum assay_rc mac_compute(assay_mac *mac, uint8_t *out, const uint8_t *in, size_t in_size)
{
    (void)mac;
    (void)in;
    (void)in_size;
    memset(out, 0, 32);
    return ASSAY_OK;
}

static enum assay_rc key_public(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                                size_t key_size, assay_key **out)
{
    (void)instance;
    (void)alg;
    (void)key_size;
    *out = &the_keys[key[0] % ASSAY_KEYSET_KEYS];
    (*out)->octet = key[0];
    return ASSAY_OK;
}

static enum assay_rc key_export_public(assay_key *key, uint8_t *out, size_t *out_size)
{
    out[0] = key->octet;
    *out_size = 1;
    return ASSAY_OK;
}

static void key_free(assay_key *key)
{
    (void)key;
}

/* ECDSA comes as DER: its numbers are read to the end. */
static enum assay_rc verify(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                            size_t in_size)
{
    uint8_t any = 0;
    (void)key;
    (void)in;
    (void)in_size;
    for (size_t i = 0; i < sig_size; i++)
        any |= sig[i];
    return any == 0 ? ASSAY_OK : ASSAY_AUTH;
}

static const struct assay_mac_ops mac_ops = {
    .size = sizeof mac_ops, .mac_new = mac_new, .mac_free = mac_free, .compute = mac_compute};
static const struct assay_sign_ops sign_ops = {.size = sizeof sign_ops,
                                               .key_public = key_public,
                                               .key_export_public = key_export_public,
                                               .key_free = key_free,
                                               .verify = verify};
static const struct assay_backend backend = {.abi = ASSAY_ABI,
                                             .size = sizeof backend,
                                             .name = "fuzz",
                                             .supports = supports,
                                             .mac = &mac_ops,
                                             .sign = &sign_ops};

static struct assay_keyset keys;
static struct assay_token_policy policy;

static struct assay_bytes text(const char *s)
{
    return (struct assay_bytes){(const uint8_t *)s, strlen(s)};
}

static void begin(void)
{
    static const struct {
        const char *kid;
        enum assay_jws_alg alg;
        size_t size;
    } key[] = {
        {"ed", ASSAY_EDDSA, 32}, {"es", ASSAY_ES256, 65}, {"rs", ASSAY_RS256, 270}, {"hs", ASSAY_HS256, 32}};
    uint8_t octets[270];
    assay_keyset_init(&keys, &backend, NULL);
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        memset(octets, (int)i + 1, sizeof octets);
        if (assay_keyset_add(&keys, text(key[i].kid), key[i].alg, ASSAY_KEY_VERIFIES,
                             (struct assay_bytes){octets, key[i].size}) != ASSAY_OK)
            abort();
    }
    policy = (struct assay_token_policy){.iss = text("i"), .aud = text("a"), .now = 1500};
}

/* header.payload.zeros, of what is before and behind the first line feed; 0: it would be too long. */
static size_t encode(const uint8_t *data, size_t size, char *out)
{
    static const uint8_t zeros[64];
    const uint8_t *feed = memchr(data, '\n', size);
    if (!feed || size > ASSAY_JWS_MAX / 2)
        return 0;
    size_t header = (size_t)(feed - data), n = assay_base64url_encode(data, header, out);
    out[n++] = '.';
    n += assay_base64url_encode(feed + 1, size - header - 1, out + n);
    out[n++] = '.';
    bool short_tag = memmem(data, header, "HS256", 5) != NULL;
    return n + assay_base64url_encode(zeros, short_tag ? 32 : 64, out + n);
}

static enum assay_token_result verdict(const char *token, size_t size, struct assay_token *out)
{
    enum assay_token_result result = ASSAY_TOKEN_RESULTS;
    if (assay_token_verify(&keys, &policy, token, size, out, &result) != ASSAY_OK ||
        !assay_token_result_name(result))
        abort();
    return result;
}

static bool has_audience(const json_t *aud)
{
    size_t i;
    json_t *one;
    if (json_is_string(aud))
        return strcmp(json_string_value(aud), "a") == 0;
    json_array_foreach(aud, i,
                       one) if (json_is_string(one) && strcmp(json_string_value(one), "a") == 0) return true;
    return false;
}

static void judge_valid(const struct assay_token *token)
{
    json_t *claims = json_loadb((const char *)token->jws.payload.data, token->jws.payload.size,
                                JSON_REJECT_DUPLICATES, NULL);
    const char *iss = json_string_value(json_object_get(claims, "iss"));
    bool ok = iss && strcmp(iss, "i") == 0 && has_audience(json_object_get(claims, "aud")) &&
              json_integer_value(json_object_get(claims, "exp")) == token->exp && token->exp > 1500 &&
              token->nbf <= 1500 && token->jti_size > 0 && token->jti_size <= ASSAY_JTI_MAX;
    json_decref(claims);
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char room[2 * ASSAY_JWS_MAX];
    static struct assay_token token;
    if (!keys.backend)
        begin();
    if (size < 2)
        return 0;
    bool as_it_is = data[0] % 2 == 0;
    size_t n = as_it_is ? size - 1 : encode(data + 1, size - 1, room);
    char *exact = n ? malloc(n) : NULL; /* so that the sanitizer sees the first octet beyond */
    policy.store = assay_store_memory(64);
    if (!exact || !policy.store)
        goto out;
    memcpy(exact, as_it_is ? (const char *)data + 1 : room, n);
    if (verdict(exact, n, &token) == ASSAY_TOKEN_VALID) {
        judge_valid(&token);
        if (verdict(exact, n, &token) != ASSAY_TOKEN_REPLAYED)
            abort();
    }
out:
    free(exact);
    if (policy.store)
        policy.store->close(policy.store);
    return 0;
}

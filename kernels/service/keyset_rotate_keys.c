/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/base64url.h"
#include "kernels/service/keyset_rotate.h"
#include "kernels/vectors/asym.h"

#include <stdio.h>
#include <string.h>

#define PRIVATE_ROOM 2048u

/* The pair's other half, or the secret itself; the standing key 0 is a published one. */
static enum assay_rc make_key(struct assay_case *c, unsigned i, struct assay_bytes private)
{
    struct rotate_state *s = c->state;
    struct assay_keyset_entry *k = &s->key[i];
    snprintf(k->kid, sizeof k->kid, i < STANDING ? "standing-%u" : "2026-%02u",
             i < STANDING ? i : i - STANDING + 1);
    k->alg = (enum assay_jws_alg)c->value[0];
    k->purpose = ASSAY_KEY_VERIFIES;
    k->size = sizeof k->octets;
    if (k->alg == ASSAY_HS256) {
        memcpy(k->octets, private.data, k->size = private.size);
        return ASSAY_OK;
    }
    assay_key *key;
    enum assay_alg alg;
    (void)assay_jws_served(k->alg, &alg);
    ASSAY_TRY(c->backend->sign->key_private(c->instance, alg, private.data, private.size, &key));
    enum assay_rc rc = c->backend->sign->key_export_public(key, k->octets, &k->size);
    c->backend->sign->key_free(key);
    return rc;
}

/* Without kid, the same payload gets another header. */
static enum assay_rc strip_kid(const struct assay_keyset *set, const struct assay_keyset_key *key,
                               struct text *t)
{
    uint8_t payload[TOKEN_ROOM];
    char header[64];
    const char *first = (const char *)memchr(t->text, '.', t->size) + 1;
    const char *second = memchr(first, '.', t->size - (size_t)(first - t->text));
    size_t size;
    if (!assay_base64url_decode(first, (size_t)(second - first), payload, sizeof payload, &size))
        return ASSAY_INPUT;
    int n = snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\"}", assay_jws_alg_name(key->alg));
    t->size = sizeof t->text;
    return assay_jws_sign(set, key, (struct assay_bytes){(const uint8_t *)header, (size_t)n},
                          (struct assay_bytes){payload, size}, t->text, &t->size);
}

static enum assay_rc sign_ring(struct assay_case *c, unsigned i, struct assay_bytes private)
{
    struct rotate_state *s = c->state;
    struct assay_keyset set;
    const struct assay_bytes kid = {(const uint8_t *)s->key[i].kid, strlen(s->key[i].kid)};
    assay_keyset_init(&set, c->backend, c->instance);
    enum assay_rc rc = assay_keyset_add(&set, kid, (enum assay_jws_alg)c->value[0], ASSAY_KEY_SIGNS, private);
    for (unsigned n = 0; n < RING && rc == ASSAY_OK; n++) {
        char jti[32];
        struct text *t = &s->ring[i][n];
        int size = snprintf(jti, sizeof jti, "01JGFJJZ00-%04u-%04u", i, n);
        const struct assay_token_claims claims = {.iss = s->policy.iss,
                                                  .sub = TEXT("spiffe://example/ns/shop/sa/cart"),
                                                  .aud = s->policy.aud,
                                                  .jti = {(const uint8_t *)jti, (size_t)size},
                                                  .exp = NOW + 300,
                                                  .nbf = NOW - 5,
                                                  .iat = NOW};
        t->size = sizeof t->text;
        rc = assay_token_sign(&set, &set.keys[0], &claims, t->text, &t->size);
        if (rc == ASSAY_OK && c->value[1] == NOKID)
            rc = strip_kid(&set, &set.keys[0], t);
    }
    assay_keyset_clear(&set);
    return rc;
}

const struct assay_jws_vector *assay_rotate_published(const struct assay_case *c)
{
    const struct assay_jws_vector *v = assay_jws_vectors;
    while (v->source && v->alg != (enum assay_jws_alg)c->value[0])
        v++;
    return v;
}

/* Of key i, or its secret; the size. */
static size_t private_half(const struct assay_case *c, unsigned i, uint8_t out[PRIVATE_ROOM])
{
    _Static_assert(ASSAY_RSA_TEST_KEYS >= KEYS - 1, "a key each");
    if (i == 0)
        return assay_hex(out, PRIVATE_ROOM, assay_rotate_published(c)->private_key);
    if (c->value[0] == ASSAY_RS256)
        return assay_hex(out, PRIVATE_ROOM, assay_rsa_test_keys[i - 1]);
    assay_fill(out, 32, 700 + i); /* a P-256 scalar too: below the order */
    return 32;
}

enum assay_rc assay_rotate_make_keys(struct assay_case *c)
{
    for (unsigned i = 0; i < KEYS; i++) {
        uint8_t private[PRIVATE_ROOM];
        size_t size = private_half(c, i, private);
        enum assay_rc rc = make_key(c, i, (struct assay_bytes){private, size});
        if (rc == ASSAY_OK)
            rc = sign_ring(c, i, (struct assay_bytes){private, size});
        explicit_bzero(private, sizeof private);
        ASSAY_TRY(rc);
    }
    return ASSAY_OK;
}

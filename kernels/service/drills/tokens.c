/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/drills/tokens.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define TEXT(literal)                                                                                        \
    (struct assay_bytes)                                                                                     \
    {                                                                                                        \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                      \
    }

bool assay_drill_tokens_supported(struct assay_drilling *d, char *why, size_t why_size)
{
    return assay_drill_supported(d, ASSAY_OP_MAC, ASSAY_HMAC_SHA256, why, why_size);
}

enum assay_rc assay_drill_tokens_init(struct assay_drill_tokens *t, struct assay_drilling *d)
{
    uint8_t secret[32];
    uint64_t series;
    assay_keyset_init(&t->issuer, d->backend, d->instance);
    assay_keyset_init(&t->service, d->backend, d->instance);
    t->policy = (struct assay_token_policy){
        .iss = TEXT("https://issuer.example"), .aud = TEXT("https://orders.example"), .store = d->store};
    if (getrandom(secret, sizeof secret, 0) != sizeof secret || getrandom(&series, 8, 0) != 8)
        return ASSAY_LIBRARY;
    snprintf(t->series, sizeof t->series, "%016" PRIx64, series);
    const struct assay_bytes octets = {secret, sizeof secret};
    enum assay_rc rc = assay_keyset_add(&t->issuer, TEXT("drill"), ASSAY_HS256, ASSAY_KEY_SIGNS, octets);
    if (rc == ASSAY_OK)
        rc = assay_keyset_add(&t->service, TEXT("drill"), ASSAY_HS256, ASSAY_KEY_VERIFIES, octets);
    explicit_bzero(secret, sizeof secret);
    return rc;
}

void assay_drill_tokens_clear(struct assay_drill_tokens *t)
{
    if (!t->issuer.backend)
        return;
    assay_keyset_clear(&t->issuer);
    assay_keyset_clear(&t->service);
}

enum assay_rc assay_drill_token_issue(struct assay_drill_tokens *t, int64_t now, int64_t exp,
                                      struct assay_drill_token *out)
{
    char jti[40];
    int n = snprintf(jti, sizeof jti, "%s-%" PRIu64, t->series, t->issued++);
    const struct assay_token_claims claims = {.iss = t->policy.iss,
                                              .aud = t->policy.aud,
                                              .jti = {(const uint8_t *)jti, (size_t)n},
                                              .nbf = now,
                                              .iat = now,
                                              .exp = exp};
    out->honoured = 0;
    out->size = sizeof out->text;
    return assay_token_sign(&t->issuer, assay_keyset_find(&t->issuer, TEXT("drill"), ASSAY_KEY_SIGNS),
                            &claims, out->text, &out->size);
}

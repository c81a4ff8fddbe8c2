/* SPDX-License-Identifier: Apache-2.0
 *
 * X25519 (RFC 7748).
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>
#include <string.h>

struct assay_kex {
    uint8_t scalar[crypto_scalarmult_curve25519_SCALARBYTES];
    uint8_t public[crypto_scalarmult_curve25519_BYTES];
};

static enum assay_rc kex_alloc(assay_instance *instance, enum assay_alg alg, assay_kex **out)
{
    *out = NULL;
    enum assay_rc rc = assay_sodium_need(instance, ASSAY_OP_KEX, alg);
    if (rc != ASSAY_OK)
        return rc;
    *out = assay_sodium_new(sizeof **out);
    return *out ? ASSAY_OK : assay_sodium_fail(ASSAY_NOMEM, "out of memory");
}

static enum assay_rc kex_new(assay_instance *instance, enum assay_alg alg, const uint8_t *scalar,
                             size_t scalar_size, assay_kex **out)
{
    enum assay_rc rc = kex_alloc(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    if (scalar_size != sizeof(*out)->scalar) {
        assay_sodium_free(*out, sizeof **out);
        *out = NULL;
        return assay_sodium_fail(ASSAY_INPUT, "an X25519 scalar has 32 bytes, not %zu", scalar_size);
    }
    memcpy((*out)->scalar, scalar, scalar_size);
    crypto_scalarmult_curve25519_base((*out)->public, scalar);
    return ASSAY_OK;
}

static enum assay_rc kex_generate(assay_instance *instance, enum assay_alg alg, assay_kex **out)
{
    enum assay_rc rc = kex_alloc(instance, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    randombytes_buf((*out)->scalar, sizeof(*out)->scalar);
    crypto_scalarmult_curve25519_base((*out)->public, (*out)->scalar);
    return ASSAY_OK;
}

static void kex_free(assay_kex *kex)
{
    assay_sodium_free(kex, sizeof *kex);
}

static enum assay_rc kex_public_value(assay_kex *kex, uint8_t *out, size_t *out_size)
{
    memcpy(out, kex->public, sizeof kex->public);
    *out_size = sizeof kex->public;
    return ASSAY_OK;
}

static enum assay_rc kex_derive(assay_kex *kex, uint8_t secret[32], const uint8_t *peer, size_t peer_size)
{
    if (peer_size != sizeof kex->public)
        return assay_sodium_fail(ASSAY_AUTH, "an X25519 public value has 32 bytes, not %zu", peer_size);
    if (crypto_scalarmult_curve25519(secret, kex->scalar, peer) != 0)
        return assay_sodium_fail(ASSAY_AUTH, "the shared secret is zero");
    return ASSAY_OK;
}

const struct assay_kex_ops assay_sodium_kex = {
    .size = sizeof assay_sodium_kex,
    .kex_new = kex_new,
    .kex_generate = kex_generate,
    .kex_free = kex_free,
    .public_value = kex_public_value,
    .derive = kex_derive,
};

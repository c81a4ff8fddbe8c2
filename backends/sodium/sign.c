/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 (RFC 8032), the only signature libsodium has.
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>
#include <string.h>

struct assay_key {
    uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES]; /* libsodium's form: seed, then public key */
    uint8_t public[crypto_sign_ed25519_PUBLICKEYBYTES];
    bool is_private;
};

static enum assay_rc key_alloc(assay_instance *instance, enum assay_op op, enum assay_alg alg,
                               assay_key **out)
{
    *out = NULL;
    enum assay_rc rc = assay_sodium_need(instance, op, alg);
    if (rc != ASSAY_OK)
        return rc;
    *out = assay_sodium_new(sizeof **out);
    return *out ? ASSAY_OK : assay_sodium_fail(ASSAY_NOMEM, "out of memory");
}

static enum assay_rc key_private(assay_instance *instance, enum assay_alg alg, const uint8_t *seed,
                                 size_t seed_size, assay_key **out)
{
    enum assay_rc rc = key_alloc(instance, ASSAY_OP_SIGN, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    if (seed_size != crypto_sign_ed25519_SEEDBYTES) {
        assay_sodium_free(*out, sizeof **out);
        *out = NULL;
        return assay_sodium_fail(ASSAY_INPUT, "an Ed25519 seed has 32 bytes, not %zu", seed_size);
    }
    crypto_sign_ed25519_seed_keypair((*out)->public, (*out)->secret, seed);
    (*out)->is_private = true;
    return ASSAY_OK;
}

static enum assay_rc key_public(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                                size_t key_size, assay_key **out)
{
    enum assay_rc rc = key_alloc(instance, ASSAY_OP_SIGN, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    if (key_size != sizeof(*out)->public) {
        assay_sodium_free(*out, sizeof **out);
        *out = NULL;
        return assay_sodium_fail(ASSAY_INPUT, "an Ed25519 public key has 32 bytes, not %zu", key_size);
    }
    memcpy((*out)->public, key, key_size);
    return ASSAY_OK;
}

static enum assay_rc key_generate(assay_instance *instance, enum assay_alg alg, assay_key **out)
{
    enum assay_rc rc = key_alloc(instance, ASSAY_OP_KEYGEN, alg, out);
    if (rc != ASSAY_OK)
        return rc;
    crypto_sign_ed25519_keypair((*out)->public, (*out)->secret);
    (*out)->is_private = true;
    return ASSAY_OK;
}

static enum assay_rc key_export_public(assay_key *key, uint8_t *out, size_t *out_size)
{
    if (*out_size < sizeof key->public)
        return assay_sodium_fail(ASSAY_INPUT, "%zu bytes hold no Ed25519 public key", *out_size);
    memcpy(out, key->public, sizeof key->public);
    *out_size = sizeof key->public;
    return ASSAY_OK;
}

static void key_free(assay_key *key)
{
    assay_sodium_free(key, sizeof *key);
}

static enum assay_rc key_sign(assay_key *key, uint8_t *sig, size_t *sig_size, const uint8_t *in,
                              size_t in_size)
{
    if (!key->is_private)
        return assay_sodium_fail(ASSAY_INPUT, "a public key cannot sign");
    if (crypto_sign_ed25519_detached(sig, NULL, in, in_size, key->secret) != 0)
        return assay_sodium_fail(ASSAY_LIBRARY, "libsodium refused to sign");
    *sig_size = crypto_sign_ed25519_BYTES;
    return ASSAY_OK;
}

static enum assay_rc key_verify(assay_key *key, const uint8_t *sig, size_t sig_size, const uint8_t *in,
                                size_t in_size)
{
    if (sig_size != crypto_sign_ed25519_BYTES ||
        crypto_sign_ed25519_verify_detached(sig, in, in_size, key->public) != 0)
        return assay_sodium_fail(ASSAY_AUTH, "the signature does not verify");
    return ASSAY_OK;
}

const struct assay_sign_ops assay_sodium_sign = {
    .size = sizeof assay_sodium_sign,
    .key_private = key_private,
    .key_public = key_public,
    .key_generate = key_generate,
    .key_export_public = key_export_public,
    .key_free = key_free,
    .sign = key_sign,
    .verify = key_verify,
};

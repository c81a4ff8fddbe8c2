/* SPDX-License-Identifier: Apache-2.0
 *
 * The libsodium adapter: what it offers, under which of libsodium's names, and why the rest is missing.
 * Kept to the API of libsodium 1.0.18, so that one source serves every later release.
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local char error_text[256];

enum assay_rc assay_sodium_fail(enum assay_rc rc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error_text, sizeof error_text, format, args);
    va_end(args);
    return rc;
}

void *assay_sodium_new(size_t size)
{
    size_t rounded = (size + 63) & ~(size_t)63;
    void *p = aligned_alloc(64, rounded);
    if (p)
        sodium_memzero(p, rounded);
    return p;
}

void assay_sodium_free(void *p, size_t size)
{
    if (p)
        sodium_memzero(p, size);
    free(p);
}

/* libsodium's name for each thing this adapter offers. */
static const struct service {
    enum assay_op op;
    enum assay_alg alg;
    const char *name;
} services[] = {
    {ASSAY_OP_AEAD, ASSAY_AES_256_GCM, "crypto_aead_aes256gcm_*_afternm"},
    {ASSAY_OP_AEAD, ASSAY_CHACHA20_POLY1305, "crypto_aead_chacha20poly1305_ietf"},
    {ASSAY_OP_AEAD_FETCH, ASSAY_AES_256_GCM, "crypto_aead_aes256gcm_encrypt"},
    {ASSAY_OP_HASH, ASSAY_SHA256, "crypto_hash_sha256"},
    {ASSAY_OP_HASH, ASSAY_SHA512, "crypto_hash_sha512"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA256, "crypto_auth_hmacsha256"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA512, "crypto_auth_hmacsha512"},
    {ASSAY_OP_KDF, ASSAY_HKDF_SHA256, "HKDF composed over crypto_auth_hmacsha256"},
    {ASSAY_OP_KDF, ASSAY_HKDF_SHA512, "HKDF composed over crypto_auth_hmacsha512"},
    {ASSAY_OP_SIGN, ASSAY_ED25519, "crypto_sign_ed25519"},
    {ASSAY_OP_KEYGEN, ASSAY_ED25519, "crypto_sign_ed25519_keypair"},
    {ASSAY_OP_KEX, ASSAY_X25519, "crypto_scalarmult_curve25519"},
    {ASSAY_OP_RAND, ASSAY_ALG_NONE, "randombytes_buf"},
    {ASSAY_OP_PWHASH, ASSAY_ARGON2ID, "crypto_pwhash_argon2id"},
};

/* Why something is missing; the first match counts, ASSAY_ALG_NONE stands for every algorithm. */
static const struct service absences[] = {
    {ASSAY_OP_AEAD, ASSAY_AES_128_GCM, "libsodium has no AES-128-GCM, only AES-256-GCM"},
    {ASSAY_OP_AEAD_FETCH, ASSAY_AES_128_GCM, "libsodium has no AES-128-GCM, only AES-256-GCM"},
    {ASSAY_OP_AEAD_FETCH, ASSAY_CHACHA20_POLY1305,
     "libsodium looks nothing up and keeps no ChaCha20-Poly1305 context: seal() is its usual way"},
    {ASSAY_OP_AEAD_STREAM, ASSAY_ALG_NONE,
     "libsodium has no incremental AES-GCM or ChaCha20-Poly1305; crypto_secretstream is another format"},
    {ASSAY_OP_HASH, ASSAY_SHA384, "libsodium has no SHA-384"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA384, "libsodium has no HMAC-SHA-384"},
    {ASSAY_OP_KDF, ASSAY_HKDF_SHA384, "libsodium has no SHA-384 to build HKDF on"},
    {ASSAY_OP_WRAP, ASSAY_ALG_NONE, "libsodium has no AES key wrap and no bare AES to build it on"},
    {ASSAY_OP_SIGN, ASSAY_ECDSA_P256_SHA256, "libsodium has no ECDSA"},
    {ASSAY_OP_SIGN, ASSAY_ECDSA_P384_SHA384, "libsodium has no ECDSA"},
    {ASSAY_OP_SIGN, ASSAY_ALG_NONE, "libsodium has no RSA"},
    {ASSAY_OP_KEYGEN, ASSAY_ECDSA_P256_SHA256, "libsodium has no ECDSA"},
    {ASSAY_OP_KEYGEN, ASSAY_ECDSA_P384_SHA384, "libsodium has no ECDSA"},
    {ASSAY_OP_KEYGEN, ASSAY_ALG_NONE, "libsodium has no RSA"},
    {ASSAY_OP_KEX, ASSAY_ECDH_P256, "libsodium has no NIST curves"},
    {ASSAY_OP_KEX, ASSAY_X25519MLKEM768, "X25519MLKEM768 is a TLS group only"},
    {ASSAY_OP_TLS, ASSAY_ALG_NONE, "libsodium has no TLS"},
};

static const struct service *find_service(enum assay_op op, enum assay_alg alg)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (services[i].op == op && (services[i].alg == alg || op == ASSAY_OP_RAND))
            return &services[i];
    return NULL;
}

static const char *why_absent(enum assay_op op, enum assay_alg alg)
{
    for (size_t i = 0; i < sizeof absences / sizeof *absences; i++)
        if (absences[i].op == op && (absences[i].alg == alg || absences[i].alg == ASSAY_ALG_NONE))
            return absences[i].name;
    return "unknown to the libsodium adapter";
}

static bool sodium_supports(assay_instance *instance, enum assay_op op, enum assay_alg alg, char *why,
                            size_t why_size)
{
    const char *reason = NULL;
    if (!find_service(op, alg))
        reason = why_absent(op, alg);
    else if (alg == ASSAY_AES_256_GCM && !instance->has_aes256gcm)
        reason = "crypto_aead_aes256gcm_is_available() says no: libsodium has AES only where this build and "
                 "CPU have AES instructions";
    if (reason)
        snprintf(why, why_size, "%s", reason);
    return !reason;
}

enum assay_rc assay_sodium_need(assay_instance *instance, enum assay_op op, enum assay_alg alg)
{
    char why[sizeof error_text];
    if (sodium_supports(instance, op, alg, why, sizeof why))
        return ASSAY_OK;
    return assay_sodium_fail(ASSAY_UNSUPPORTED, "%s", why);
}

static enum assay_rc sodium_create(const struct assay_host *host, const struct assay_option *options,
                                   size_t count, assay_instance **out)
{
    (void)host;
    *out = NULL;
    if (count > 0)
        return assay_sodium_fail(ASSAY_INPUT, "unknown option \"%.64s\": sodium has no options",
                                 options[0].name);
    if (sodium_init() < 0)
        return assay_sodium_fail(ASSAY_LIBRARY, "sodium_init() failed");
    assay_instance *instance = assay_sodium_new(sizeof *instance);
    if (!instance)
        return assay_sodium_fail(ASSAY_NOMEM, "out of memory");
    instance->has_aes256gcm = crypto_aead_aes256gcm_is_available() == 1;
    *out = instance;
    return ASSAY_OK;
}

static void sodium_destroy(assay_instance *instance)
{
    assay_sodium_free(instance, sizeof *instance);
}

static enum assay_rc sodium_identify(assay_instance *instance, struct assay_identity *id)
{
    (void)instance;
    snprintf(id->library, sizeof id->library, "libsodium");
    snprintf(id->version, sizeof id->version, "%s", sodium_version_string());
    id->variant[0] = '\0';
    id->provider[0] = '\0';
    id->symbol = (const void *)(uintptr_t)sodium_version_string;
    id->fips_asked = false;
    id->fips_active = false;
    return ASSAY_OK;
}

static enum assay_rc sodium_describe(assay_instance *instance, enum assay_op op, enum assay_alg alg,
                                     struct assay_service *service)
{
    enum assay_rc rc = assay_sodium_need(instance, op, alg);
    if (rc != ASSAY_OK)
        return rc;
    snprintf(service->algorithm, sizeof service->algorithm, "%s", find_service(op, alg)->name);
    snprintf(service->provider, sizeof service->provider, "libsodium");
    return ASSAY_OK;
}

static const char *sodium_last_error(assay_instance *instance)
{
    (void)instance;
    return error_text;
}

static const struct assay_backend backend = {
    .abi = ASSAY_ABI,
    .size = sizeof backend,
    .name = "sodium",
    .create = sodium_create,
    .destroy = sodium_destroy,
    .identify = sodium_identify,
    .supports = sodium_supports,
    .describe = sodium_describe,
    .last_error = sodium_last_error,
    .aead = &assay_sodium_aead,
    .hash = &assay_sodium_hash,
    .mac = &assay_sodium_mac,
    .kdf = &assay_sodium_kdf,
    .sign = &assay_sodium_sign,
    .kex = &assay_sodium_kex,
    .rand = &assay_sodium_rand,
    .pwhash = &assay_sodium_pwhash,
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    return host_abi == ASSAY_ABI ? &backend : NULL;
}

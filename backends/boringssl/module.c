/* SPDX-License-Identifier: Apache-2.0
 *
 * The BoringSSL adapter: what it offers, under which of the library's names, and why the rest is missing.
 */
#include "backends/boringssl/boringssl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/mem.h>
#ifdef OPENSSL_IS_AWSLC
#include <openssl/service_indicator.h>
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char error_text[256];

const char *assay_boringssl_reason(void)
{
    uint32_t error = ERR_peek_last_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;
    ERR_clear_error();
    return reason ? reason : "refused, with no reason given";
}

enum assay_rc assay_boringssl_fail(enum assay_rc rc, const char *what)
{
    snprintf(error_text, sizeof error_text, "%s: %s", what, assay_boringssl_reason());
    return rc;
}

enum assay_rc assay_boringssl_refuse(enum assay_rc rc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error_text, sizeof error_text, format, args);
    va_end(args);
    ERR_clear_error();
    return rc;
}

void *assay_boringssl_new(size_t size)
{
    size_t rounded = (size + 63) & ~(size_t)63;
    void *p = aligned_alloc(64, rounded);
    return p ? memset(p, 0, rounded) : NULL;
}

void assay_boringssl_free(void *p, size_t size)
{
    if (p)
        OPENSSL_cleanse(p, size);
    free(p);
}

/* The library's name for each thing this adapter offers. */
static const struct service {
    enum assay_op op;
    enum assay_alg alg;
    const char *name;
} services[] = {
    {ASSAY_OP_AEAD, ASSAY_AES_128_GCM, "EVP_aead_aes_128_gcm"},
    {ASSAY_OP_AEAD, ASSAY_AES_256_GCM, "EVP_aead_aes_256_gcm"},
    {ASSAY_OP_AEAD, ASSAY_CHACHA20_POLY1305, "EVP_aead_chacha20_poly1305"},
    {ASSAY_OP_AEAD_FETCH, ASSAY_AES_128_GCM, "EVP_aead_aes_128_gcm"},
    {ASSAY_OP_AEAD_FETCH, ASSAY_AES_256_GCM, "EVP_aead_aes_256_gcm"},
    {ASSAY_OP_AEAD_FETCH, ASSAY_CHACHA20_POLY1305, "EVP_aead_chacha20_poly1305"},
    {ASSAY_OP_AEAD_STREAM, ASSAY_AES_128_GCM, "EVP_aes_128_gcm"},
    {ASSAY_OP_AEAD_STREAM, ASSAY_AES_256_GCM, "EVP_aes_256_gcm"},
#ifdef OPENSSL_IS_AWSLC
    {ASSAY_OP_AEAD_STREAM, ASSAY_CHACHA20_POLY1305, "EVP_chacha20_poly1305"},
#endif
    {ASSAY_OP_HASH, ASSAY_SHA256, "SHA256"},
    {ASSAY_OP_HASH, ASSAY_SHA384, "SHA384"},
    {ASSAY_OP_HASH, ASSAY_SHA512, "SHA512"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA256, "HMAC over EVP_sha256"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA384, "HMAC over EVP_sha384"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA512, "HMAC over EVP_sha512"},
    {ASSAY_OP_KDF, ASSAY_HKDF_SHA256, "HKDF over EVP_sha256"},
    {ASSAY_OP_KDF, ASSAY_HKDF_SHA384, "HKDF over EVP_sha384"},
    {ASSAY_OP_KDF, ASSAY_HKDF_SHA512, "HKDF over EVP_sha512"},
    {ASSAY_OP_WRAP, ASSAY_AES_KW, "AES_wrap_key"},
    {ASSAY_OP_WRAP, ASSAY_AES_KWP, "AES_wrap_key_padded"},
    {ASSAY_OP_SIGN, ASSAY_ED25519, "ED25519_sign"},
    {ASSAY_OP_SIGN, ASSAY_ECDSA_P256_SHA256, "ECDSA_sign"},
    {ASSAY_OP_SIGN, ASSAY_ECDSA_P384_SHA384, "ECDSA_sign"},
    {ASSAY_OP_SIGN, ASSAY_RSA_2048_PSS_SHA256, "RSA_sign_pss_mgf1"},
    {ASSAY_OP_SIGN, ASSAY_RSA_3072_PSS_SHA256, "RSA_sign_pss_mgf1"},
    {ASSAY_OP_SIGN, ASSAY_RSA_2048_PKCS1_SHA256, "RSA_sign"},
    {ASSAY_OP_SIGN, ASSAY_RSA_3072_PKCS1_SHA256, "RSA_sign"},
#ifdef OPENSSL_IS_AWSLC
    {ASSAY_OP_SIGN, ASSAY_ML_DSA_65, "EVP_DigestSign over MLDSA65"},
    {ASSAY_OP_KEYGEN, ASSAY_ML_DSA_65, "EVP_PKEY_keygen of MLDSA65"},
    {ASSAY_OP_KEM, ASSAY_ML_KEM_768, "EVP_PKEY_encapsulate over MLKEM768"},
#endif
    {ASSAY_OP_KEYGEN, ASSAY_ED25519, "ED25519_keypair"},
    {ASSAY_OP_KEYGEN, ASSAY_ECDSA_P256_SHA256, "EC_KEY_generate_key"},
    {ASSAY_OP_KEYGEN, ASSAY_ECDSA_P384_SHA384, "EC_KEY_generate_key"},
    {ASSAY_OP_KEYGEN, ASSAY_RSA_2048_PSS_SHA256, "RSA_generate_key_ex"},
    {ASSAY_OP_KEYGEN, ASSAY_RSA_3072_PSS_SHA256, "RSA_generate_key_ex"},
    {ASSAY_OP_KEYGEN, ASSAY_RSA_2048_PKCS1_SHA256, "RSA_generate_key_ex"},
    {ASSAY_OP_KEYGEN, ASSAY_RSA_3072_PKCS1_SHA256, "RSA_generate_key_ex"},
    {ASSAY_OP_KEX, ASSAY_X25519, "X25519"},
    {ASSAY_OP_KEX, ASSAY_ECDH_P256, "ECDH_compute_key"},
    {ASSAY_OP_TLS, ASSAY_ALG_NONE, "SSL"},
    {ASSAY_OP_TLS, ASSAY_ED25519, "ed25519"},
    {ASSAY_OP_TLS, ASSAY_ECDSA_P256_SHA256, "ecdsa_secp256r1_sha256"},
    {ASSAY_OP_TLS, ASSAY_ECDSA_P384_SHA384, "ecdsa_secp384r1_sha384"},
    {ASSAY_OP_TLS, ASSAY_RSA_2048_PSS_SHA256, "rsa_pss_rsae_sha256"},
    {ASSAY_OP_TLS, ASSAY_RSA_3072_PSS_SHA256, "rsa_pss_rsae_sha256"},
    {ASSAY_OP_TLS, ASSAY_RSA_2048_PKCS1_SHA256, "rsa_pss_rsae_sha256"}, /* the certificate's own signature */
    {ASSAY_OP_TLS, ASSAY_RSA_3072_PKCS1_SHA256, "rsa_pss_rsae_sha256"}, /* is PKCS#1, the handshake's PSS */
    {ASSAY_OP_TLS, ASSAY_X25519, "X25519"},
    {ASSAY_OP_TLS, ASSAY_ECDH_P256, "P-256"},
    {ASSAY_OP_TLS, ASSAY_X25519MLKEM768, "X25519MLKEM768"},
    {ASSAY_OP_RAND, ASSAY_ALG_NONE, "RAND_bytes"},
};

static const struct service *find_service(enum assay_op op, enum assay_alg alg)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (services[i].op == op && (services[i].alg == alg || op == ASSAY_OP_RAND))
            return &services[i];
    return NULL;
}

/* NULL: it is there. */
static const char *why_absent(assay_instance *instance, enum assay_op op, enum assay_alg alg)
{
    const char *refusal = "";
    if (op == ASSAY_OP_AEAD_STREAM && alg == ASSAY_CHACHA20_POLY1305 && !find_service(op, alg))
        return LIBRARY_NAME " has ChaCha20-Poly1305 as an EVP_AEAD only, which takes whole messages";
    if (op == ASSAY_OP_KEX && alg == ASSAY_X25519MLKEM768)
        return "X25519MLKEM768 is a TLS group only";
    if (!find_service(op, alg))
        return "unknown to the " LIBRARY_NAME " adapter";
    if (op == ASSAY_OP_TLS && alg == ASSAY_ED25519)
        refusal = instance->no_ed25519_tls;
    if (op == ASSAY_OP_TLS && alg >= ASSAY_X25519)
        refusal = instance->no_group[alg - ASSAY_X25519];
    return *refusal ? refusal : NULL;
}

static bool boringssl_supports(assay_instance *instance, enum assay_op op, enum assay_alg alg, char *why,
                               size_t why_size)
{
    const char *reason = why_absent(instance, op, alg);
    if (reason)
        snprintf(why, why_size, "%s", reason);
    return !reason;
}

enum assay_rc assay_boringssl_need(assay_instance *instance, enum assay_op op, enum assay_alg alg)
{
    const char *reason = why_absent(instance, op, alg);
    return reason ? assay_boringssl_refuse(ASSAY_UNSUPPORTED, "%s", reason) : ASSAY_OK;
}

static void boringssl_destroy(assay_instance *instance)
{
    if (instance)
        BIO_meth_free(instance->wire);
    assay_boringssl_free(instance, sizeof *instance);
}

static enum assay_rc boringssl_create(const struct assay_host *host, const struct assay_option *options,
                                      size_t count, assay_instance **out)
{
    (void)host;
    *out = NULL;
    if (count > 0)
        return assay_boringssl_refuse(ASSAY_INPUT, "unknown option \"%.64s\": boringssl has no options",
                                      options[0].name);
    CRYPTO_library_init();
    assay_instance *instance = assay_boringssl_new(sizeof *instance);
    if (!instance)
        return assay_boringssl_refuse(ASSAY_NOMEM, "out of memory");
    enum assay_rc rc = assay_boringssl_tls_probe(instance);
    if (rc == ASSAY_OK)
        *out = instance;
    else
        boringssl_destroy(instance);
    return rc;
}

static enum assay_rc boringssl_identify(assay_instance *instance, struct assay_identity *id)
{
    (void)instance;
    snprintf(id->library, sizeof id->library, LIBRARY_NAME);
#ifdef OPENSSL_IS_AWSLC
    snprintf(id->version, sizeof id->version, "%s", awslc_version_string());
#else
    /* BoringSSL has no releases; its API number is all it states, and the text of OpenSSL_version(). */
    snprintf(id->version, sizeof id->version, "%s, API %d", OpenSSL_version(OPENSSL_VERSION),
             BORINGSSL_API_VERSION);
#endif
    snprintf(id->variant, sizeof id->variant, "%s", FIPS_mode() ? "fips" : "");
    id->provider[0] = '\0';
    id->symbol = (const void *)(uintptr_t)OpenSSL_version;
    id->fips_asked = false;
    id->fips_active = FIPS_mode() != 0;
    return ASSAY_OK;
}

static enum assay_rc boringssl_describe(assay_instance *instance, enum assay_op op, enum assay_alg alg,
                                        struct assay_service *service)
{
    enum assay_rc rc = assay_boringssl_need(instance, op, alg);
    if (rc != ASSAY_OK)
        return rc;
    snprintf(service->algorithm, sizeof service->algorithm, "%s", find_service(op, alg)->name);
    snprintf(service->provider, sizeof service->provider, LIBRARY_NAME);
    return ASSAY_OK;
}

static const char *boringssl_last_error(assay_instance *instance)
{
    (void)instance;
    return error_text;
}

static const struct assay_backend backend = {
    .abi = ASSAY_ABI,
    .size = sizeof backend,
    .name = "boringssl",
    .create = boringssl_create,
    .destroy = boringssl_destroy,
    .identify = boringssl_identify,
    .supports = boringssl_supports,
    .describe = boringssl_describe,
    .last_error = boringssl_last_error,
    .aead = &assay_boringssl_aead,
    .hash = &assay_boringssl_hash,
    .mac = &assay_boringssl_mac,
    .kdf = &assay_boringssl_kdf,
    .wrap = &assay_boringssl_wrap,
    .sign = &assay_boringssl_sign,
    .kex = &assay_boringssl_kex,
    .tls = &assay_boringssl_tls,
    .rand = &assay_boringssl_rand,
#ifdef OPENSSL_IS_AWSLC
    .kem = &assay_boringssl_kem,
#endif
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    return host_abi == ASSAY_ABI ? &backend : NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter of BoringCrypto, Google's FIPS module, in the form in which Go carries it: one object file,
 * linked into this module. Its self-tests run when the module is loaded, before anything of this file, and
 * end the process where one fails.
 */
#include "backends/boringcrypto/boringcrypto.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT "Go's BoringCrypto object exports no "

static _Thread_local char error_text[160];

enum assay_rc assay_boringcrypto_fail(enum assay_rc rc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error_text, sizeof error_text, format, args);
    va_end(args);
    return rc;
}

void *assay_boringcrypto_new(size_t size)
{
    size_t rounded = (size + 63) & ~(size_t)63;
    void *p = aligned_alloc(64, rounded);
    return p ? memset(p, 0, rounded) : NULL;
}

void assay_boringcrypto_free(void *p, size_t size)
{
    if (p)
        explicit_bzero(p, size);
    free(p);
}

struct assay_instance { /* the module has no state of an instance */
    uint8_t none;
};

struct service {
    enum assay_op op;
    enum assay_alg alg;
    const char *name;
};

/* The library's name for each thing this adapter offers. */
static const struct service services[] = {
    {ASSAY_OP_AEAD, ASSAY_AES_128_GCM, "EVP_aead_aes_128_gcm"},
    {ASSAY_OP_AEAD, ASSAY_AES_256_GCM, "EVP_aead_aes_256_gcm"},
    {ASSAY_OP_AEAD_FETCH, ASSAY_AES_128_GCM, "EVP_aead_aes_128_gcm"},
    {ASSAY_OP_AEAD_FETCH, ASSAY_AES_256_GCM, "EVP_aead_aes_256_gcm"},
    {ASSAY_OP_HASH, ASSAY_SHA256, "SHA256_Init"},
    {ASSAY_OP_HASH, ASSAY_SHA384, "SHA384_Init"},
    {ASSAY_OP_HASH, ASSAY_SHA512, "SHA512_Init"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA256, "HMAC over EVP_sha256"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA384, "HMAC over EVP_sha384"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA512, "HMAC over EVP_sha512"},
    {ASSAY_OP_SIGN, ASSAY_ECDSA_P256_SHA256, "ECDSA_sign"},
    {ASSAY_OP_SIGN, ASSAY_ECDSA_P384_SHA384, "ECDSA_sign"},
    {ASSAY_OP_SIGN, ASSAY_RSA_2048_PSS_SHA256, "RSA_sign_pss_mgf1"},
    {ASSAY_OP_SIGN, ASSAY_RSA_3072_PSS_SHA256, "RSA_sign_pss_mgf1"},
    {ASSAY_OP_SIGN, ASSAY_RSA_2048_PKCS1_SHA256, "RSA_sign"},
    {ASSAY_OP_SIGN, ASSAY_RSA_3072_PKCS1_SHA256, "RSA_sign"},
    {ASSAY_OP_KEYGEN, ASSAY_ECDSA_P256_SHA256, "EC_KEY_generate_key_fips"},
    {ASSAY_OP_KEYGEN, ASSAY_ECDSA_P384_SHA384, "EC_KEY_generate_key_fips"},
    {ASSAY_OP_KEYGEN, ASSAY_RSA_2048_PSS_SHA256, "RSA_generate_key_fips"},
    {ASSAY_OP_KEYGEN, ASSAY_RSA_3072_PSS_SHA256, "RSA_generate_key_fips"},
    {ASSAY_OP_KEYGEN, ASSAY_RSA_2048_PKCS1_SHA256, "RSA_generate_key_fips"},
    {ASSAY_OP_KEYGEN, ASSAY_RSA_3072_PKCS1_SHA256, "RSA_generate_key_fips"},
    {ASSAY_OP_KEX, ASSAY_ECDH_P256, "EC_POINT_mul"},
    {ASSAY_OP_RAND, ASSAY_ALG_NONE, "RAND_bytes"},
};

/* Why something is missing; the first match counts, ASSAY_ALG_NONE stands for every algorithm. */
static const struct service absences[] = {
    {ASSAY_OP_AEAD, ASSAY_CHACHA20_POLY1305, ABSENT "ChaCha20-Poly1305, which FIPS does not approve"},
    {ASSAY_OP_AEAD_FETCH, ASSAY_CHACHA20_POLY1305, ABSENT "ChaCha20-Poly1305, which FIPS does not approve"},
    {ASSAY_OP_AEAD_STREAM, ASSAY_ALG_NONE, ABSENT "incremental AEAD: EVP_AEAD takes whole messages"},
    {ASSAY_OP_KDF, ASSAY_ALG_NONE, ABSENT "HKDF; Go derives in Go, over the module's HMAC"},
    {ASSAY_OP_WRAP, ASSAY_ALG_NONE, ABSENT "AES key wrap"},
    {ASSAY_OP_SIGN, ASSAY_ED25519, ABSENT "Ed25519"},
    {ASSAY_OP_KEYGEN, ASSAY_ED25519, ABSENT "Ed25519"},
    {ASSAY_OP_SIGN, ASSAY_ML_DSA_65, ABSENT "ML-DSA: the module is older than FIPS 204"},
    {ASSAY_OP_KEYGEN, ASSAY_ML_DSA_65, ABSENT "ML-DSA: the module is older than FIPS 204"},
    {ASSAY_OP_KEX, ASSAY_X25519, ABSENT "X25519, which FIPS does not approve"},
    {ASSAY_OP_KEX, ASSAY_X25519MLKEM768, "X25519MLKEM768 is a TLS group only"},
    {ASSAY_OP_KEM, ASSAY_ALG_NONE, ABSENT "ML-KEM: the module is older than FIPS 203"},
    {ASSAY_OP_TLS, ASSAY_ALG_NONE, ABSENT "TLS; Go's crypto/tls is written in Go"},
};

static const char *find(const struct service *list, size_t count, enum assay_op op, enum assay_alg alg,
                        bool any)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].op == op && (list[i].alg == alg || (any && list[i].alg == ASSAY_ALG_NONE)))
            return list[i].name;
    return NULL;
}

static const char *service_name(enum assay_op op, enum assay_alg alg)
{
    return find(services, sizeof services / sizeof *services, op, alg, op == ASSAY_OP_RAND);
}

/* NULL: it is there. */
static const char *why_absent(enum assay_op op, enum assay_alg alg)
{
    if (service_name(op, alg))
        return NULL;
    const char *why = find(absences, sizeof absences / sizeof *absences, op, alg, true);
    return why ? why : "unknown to the BoringCrypto adapter";
}

static bool boringcrypto_supports(assay_instance *instance, enum assay_op op, enum assay_alg alg, char *why,
                                  size_t why_size)
{
    (void)instance;
    const char *reason = why_absent(op, alg);
    if (reason)
        snprintf(why, why_size, "%s", reason);
    return !reason;
}

enum assay_rc assay_boringcrypto_need(enum assay_op op, enum assay_alg alg)
{
    const char *reason = why_absent(op, alg);
    return reason ? assay_boringcrypto_fail(ASSAY_UNSUPPORTED, "%s", reason) : ASSAY_OK;
}

static enum assay_rc boringcrypto_create(const struct assay_host *host, const struct assay_option *options,
                                         size_t count, assay_instance **out)
{
    (void)host;
    *out = NULL;
    if (count > 0)
        return assay_boringcrypto_fail(ASSAY_INPUT, "unknown option \"%.64s\": boringcrypto has no options",
                                       options[0].name);
    *out = assay_boringcrypto_new(sizeof **out);
    return *out ? ASSAY_OK : assay_boringcrypto_fail(ASSAY_NOMEM, "out of memory");
}

static void boringcrypto_destroy(assay_instance *instance)
{
    assay_boringcrypto_free(instance, sizeof *instance);
}

static enum assay_rc boringcrypto_identify(assay_instance *instance, struct assay_identity *id)
{
    (void)instance;
    snprintf(id->library, sizeof id->library, "BoringCrypto");
    snprintf(id->version, sizeof id->version, "%s", ASSAY_BORINGCRYPTO_VERSION);
    snprintf(id->variant, sizeof id->variant, "%s", FIPS_mode() ? "fips" : "");
    id->provider[0] = '\0';
    id->symbol = (const void *)(uintptr_t)FIPS_mode;
    id->fips_asked = true; /* there is no other use of it */
    id->fips_active = FIPS_mode() == 1;
    return ASSAY_OK;
}

static enum assay_rc boringcrypto_describe(assay_instance *instance, enum assay_op op, enum assay_alg alg,
                                           struct assay_service *service)
{
    (void)instance;
    enum assay_rc rc = assay_boringcrypto_need(op, alg);
    if (rc != ASSAY_OK)
        return rc;
    snprintf(service->algorithm, sizeof service->algorithm, "%s", service_name(op, alg));
    snprintf(service->provider, sizeof service->provider, "BoringCrypto");
    return ASSAY_OK;
}

static const char *boringcrypto_last_error(assay_instance *instance)
{
    (void)instance;
    return error_text;
}

static const struct assay_backend backend = {
    .abi = ASSAY_ABI,
    .size = sizeof backend,
    .name = "boringcrypto",
    .create = boringcrypto_create,
    .destroy = boringcrypto_destroy,
    .identify = boringcrypto_identify,
    .supports = boringcrypto_supports,
    .describe = boringcrypto_describe,
    .last_error = boringcrypto_last_error,
    .aead = &assay_boringcrypto_aead,
    .hash = &assay_boringcrypto_hash,
    .mac = &assay_boringcrypto_mac,
    .sign = &assay_boringcrypto_sign,
    .kex = &assay_boringcrypto_kex,
    .rand = &assay_boringcrypto_rand,
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    return host_abi == ASSAY_ABI ? &backend : NULL;
}

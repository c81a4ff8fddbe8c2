/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter to Intel's multi-buffer library: what it offers, under which of the library's names, and why
 * the rest is missing.
 */
#include "backends/ipsec-mb/ipsec_mb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char error_text[256];

enum assay_rc assay_ipsec_mb_fail(enum assay_rc rc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error_text, sizeof error_text, format, args);
    va_end(args);
    return rc;
}

enum assay_rc assay_ipsec_mb_refused(IMB_MGR *manager, const char *what)
{
    int error = imb_get_errno(manager);
    const char *reason = error ? imb_get_strerror(error) : NULL;
    return assay_ipsec_mb_fail(ASSAY_LIBRARY, "%s: %s", what,
                               reason ? reason : "refused, with no reason given");
}

void *assay_ipsec_mb_new(size_t size)
{
    size_t rounded = (size + 63) & ~(size_t)63;
    void *p = aligned_alloc(64, rounded);
    return p ? memset(p, 0, rounded) : NULL;
}

void assay_ipsec_mb_free(void *p, size_t size)
{
    if (p)
        explicit_bzero(p, size);
    free(p);
}

IMB_MGR *assay_ipsec_mb_manager(void)
{
    IMB_ARCH arch = IMB_ARCH_NONE;
    IMB_MGR *manager = alloc_mb_mgr(0);
    if (!manager)
        return NULL;
    init_mb_mgr_auto(manager, &arch);
    if (arch != IMB_ARCH_NONE && imb_get_errno(manager) == 0)
        return manager;
    assay_ipsec_mb_refused(manager, "init_mb_mgr_auto");
    free_mb_mgr(manager);
    return NULL;
}

/* The library's name for each thing this adapter offers. */
static const struct service {
    enum assay_op op;
    enum assay_alg alg;
    const char *name;
} services[] = {
    {ASSAY_OP_AEAD, ASSAY_AES_128_GCM, "IMB_AES128_GCM_ENC, _DEC"},
    {ASSAY_OP_AEAD, ASSAY_AES_256_GCM, "IMB_AES256_GCM_ENC, _DEC"},
    {ASSAY_OP_AEAD, ASSAY_CHACHA20_POLY1305, "job IMB_CIPHER_CHACHA20_POLY1305"},
    {ASSAY_OP_AEAD_STREAM, ASSAY_AES_128_GCM, "IMB_AES128_GCM_INIT, _ENC_UPDATE, _ENC_FINALIZE"},
    {ASSAY_OP_AEAD_STREAM, ASSAY_AES_256_GCM, "IMB_AES256_GCM_INIT, _ENC_UPDATE, _ENC_FINALIZE"},
    {ASSAY_OP_AEAD_STREAM, ASSAY_CHACHA20_POLY1305, "IMB_CHACHA20_POLY1305_INIT, _ENC_UPDATE, _ENC_FINALIZE"},
    {ASSAY_OP_HASH, ASSAY_SHA256, "IMB_SHA256"},
    {ASSAY_OP_HASH, ASSAY_SHA384, "IMB_SHA384"},
    {ASSAY_OP_HASH, ASSAY_SHA512, "IMB_SHA512"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA256, "hash burst of IMB_AUTH_HMAC_SHA_256"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA384, "hash burst of IMB_AUTH_HMAC_SHA_384"},
    {ASSAY_OP_MAC, ASSAY_HMAC_SHA512, "hash burst of IMB_AUTH_HMAC_SHA_512"},
};

/* Why a whole family is missing. */
static const struct {
    enum assay_op op;
    const char *why;
} absences[] = {
    {ASSAY_OP_AEAD_FETCH, "ipsec-mb looks no algorithm up and makes no context: seal() is its usual way"},
    {ASSAY_OP_KDF, "ipsec-mb has no HKDF"},
    {ASSAY_OP_WRAP, "ipsec-mb has no AES key wrap"},
    {ASSAY_OP_SIGN, "ipsec-mb has no signatures; it is a library of symmetric algorithms"},
    {ASSAY_OP_KEYGEN, "ipsec-mb has no signatures; it is a library of symmetric algorithms"},
    {ASSAY_OP_KEX, "ipsec-mb has no key exchange; it is a library of symmetric algorithms"},
    {ASSAY_OP_TLS, "ipsec-mb has no TLS"},
    {ASSAY_OP_RAND, "ipsec-mb has no random generator"},
};

static const struct service *find_service(enum assay_op op, enum assay_alg alg)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (services[i].op == op && services[i].alg == alg)
            return &services[i];
    return NULL;
}

static const char *why_absent(enum assay_op op)
{
    for (size_t i = 0; i < sizeof absences / sizeof *absences; i++)
        if (absences[i].op == op)
            return absences[i].why;
    return "unknown to the ipsec-mb adapter";
}

static bool ipsec_mb_supports(assay_instance *instance, enum assay_op op, enum assay_alg alg, char *why,
                              size_t why_size)
{
    (void)instance;
    if (find_service(op, alg))
        return true;
    snprintf(why, why_size, "%s", why_absent(op));
    return false;
}

enum assay_rc assay_ipsec_mb_need(assay_instance *instance, enum assay_op op, enum assay_alg alg)
{
    char why[sizeof error_text];
    if (ipsec_mb_supports(instance, op, alg, why, sizeof why))
        return ASSAY_OK;
    return assay_ipsec_mb_fail(ASSAY_UNSUPPORTED, "%s", why);
}

static void ipsec_mb_destroy(assay_instance *instance)
{
    if (instance)
        free_mb_mgr(instance->manager);
    assay_ipsec_mb_free(instance, sizeof *instance);
}

static enum assay_rc ipsec_mb_create(const struct assay_host *host, const struct assay_option *options,
                                     size_t count, assay_instance **out)
{
    (void)host;
    *out = NULL;
    if (count > 0)
        return assay_ipsec_mb_fail(ASSAY_INPUT, "unknown option \"%.64s\": ipsec-mb has no options",
                                   options[0].name);
    assay_ipsec_mb_fail(ASSAY_OK, "out of memory");
    assay_instance *instance = assay_ipsec_mb_new(sizeof *instance);
    if (!instance)
        return ASSAY_NOMEM;
    instance->manager = assay_ipsec_mb_manager();
    if (!instance->manager) {
        ipsec_mb_destroy(instance);
        return ASSAY_LIBRARY;
    }
    *out = instance;
    return ASSAY_OK;
}

static enum assay_rc ipsec_mb_identify(assay_instance *instance, struct assay_identity *id)
{
    static const char *const names[IMB_ARCH_NUM] = {
        [IMB_ARCH_SSE] = "sse", [IMB_ARCH_AVX2] = "avx2", [IMB_ARCH_AVX512] = "avx512"};
    const IMB_MGR *manager = instance->manager;
    const uint64_t vector_aes = IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ;
    /* Between sse and avx2 the numbers and the tiers differ from release to release. */
    const char *arch = manager->used_arch < IMB_ARCH_NUM ? names[manager->used_arch] : NULL;
    snprintf(id->library, sizeof id->library, "intel-ipsec-mb");
    snprintf(id->version, sizeof id->version, "%s", imb_get_version_str());
    /* The library keeps the type within a tier to itself; VAES decides it for AES-GCM. */
    snprintf(id->variant, sizeof id->variant, "%s%s", arch ? arch : "avx",
             (manager->features & vector_aes) == vector_aes ? ", vaes" : "");
    id->provider[0] = '\0';
    id->symbol = (const void *)(uintptr_t)imb_get_version_str;
    id->fips_asked = false;
    id->fips_active = false;
    return ASSAY_OK;
}

static enum assay_rc ipsec_mb_describe(assay_instance *instance, enum assay_op op, enum assay_alg alg,
                                       struct assay_service *service)
{
    enum assay_rc rc = assay_ipsec_mb_need(instance, op, alg);
    if (rc != ASSAY_OK)
        return rc;
    snprintf(service->algorithm, sizeof service->algorithm, "%s", find_service(op, alg)->name);
    snprintf(service->provider, sizeof service->provider, "intel-ipsec-mb%s",
             op == ASSAY_OP_AEAD ? " (tags compared by the adapter)" : "");
    return ASSAY_OK;
}

static const char *ipsec_mb_last_error(assay_instance *instance)
{
    (void)instance;
    return error_text;
}

static const struct assay_backend backend = {
    .abi = ASSAY_ABI,
    .size = sizeof backend,
    .name = "ipsec-mb",
    .create = ipsec_mb_create,
    .destroy = ipsec_mb_destroy,
    .identify = ipsec_mb_identify,
    .supports = ipsec_mb_supports,
    .describe = ipsec_mb_describe,
    .last_error = ipsec_mb_last_error,
    .aead = &assay_ipsec_mb_aead,
    .hash = &assay_ipsec_mb_hash,
    .mac = &assay_ipsec_mb_mac,
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    return host_abi == ASSAY_ABI ? &backend : NULL;
}

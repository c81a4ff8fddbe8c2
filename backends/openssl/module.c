/* SPDX-License-Identifier: Apache-2.0
 *
 * The OpenSSL 3 adapter: its options, its private library context, and what it can do.
 *
 * Options: provider (default, fips …), propq (a property query), config (a configuration file), modules
 * (where providers are searched).
 */
#include "backends/openssl/openssl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *provider, *propq, *config, *modules;
};

static enum assay_rc read_options(const struct assay_option *option, size_t count, struct options *o)
{
    for (size_t i = 0; i < count; i++) {
        const char **field = strcmp(option[i].name, "provider") == 0  ? &o->provider
                             : strcmp(option[i].name, "propq") == 0   ? &o->propq
                             : strcmp(option[i].name, "config") == 0  ? &o->config
                             : strcmp(option[i].name, "modules") == 0 ? &o->modules
                                                                      : NULL;
        if (!field) {
            char why[160];
            snprintf(why, sizeof why, "unknown option %.60s; valid: provider, propq, config, modules",
                     option[i].name);
            return ossl_refuse(ASSAY_INPUT, why);
        }
        *field = option[i].value;
    }
    return ASSAY_OK;
}

/* A configuration that names a missing or altered module loads without complaint: only the provider tells. */
static enum assay_rc load_provider(OSSL_LIB_CTX *lib, const char *name, OSSL_PROVIDER **provider)
{
    char what[96];
    snprintf(what, sizeof what, "provider %.60s", name);
    *provider = OSSL_PROVIDER_load(lib, name);
    if (!*provider || !OSSL_PROVIDER_available(lib, name))
        return ossl_fail(what);
    return ASSAY_OK;
}

static enum assay_rc open_library(assay_instance *instance, const struct options *o)
{
    instance->lib = OSSL_LIB_CTX_new();
    if (!instance->lib)
        return ossl_fail("OSSL_LIB_CTX_new");
    if (o->modules && !OSSL_PROVIDER_set_default_search_path(instance->lib, o->modules))
        return ossl_fail("OSSL_PROVIDER_set_default_search_path");
    if (o->config && !OSSL_LIB_CTX_load_config(instance->lib, o->config))
        return ossl_fail("OSSL_LIB_CTX_load_config");
    if (o->provider) {
        enum assay_rc rc = load_provider(instance->lib, o->provider, &instance->provider);
        /* Other providers bring no parsers for keys and certificates; those are in base. */
        if (rc == ASSAY_OK && strcmp(o->provider, "default") != 0)
            rc = load_provider(instance->lib, "base", &instance->base);
        if (rc != ASSAY_OK)
            return rc;
    }
    /* The FIPS provider also holds algorithms that are not approved (X25519 in 3.5), marked fips=no. */
    bool fips = o->provider && strcmp(o->provider, "fips") == 0;
    const char *propq = o->propq ? o->propq : fips ? "fips=yes" : NULL;
    if (propq && !EVP_set_default_properties(instance->lib, propq))
        return ossl_fail("EVP_set_default_properties");
    instance->fips_asked = fips || EVP_default_properties_is_fips_enabled(instance->lib);
    ERR_clear_error();
    return ASSAY_OK;
}

static void openssl_destroy(assay_instance *instance)
{
    if (!instance)
        return;
    for (int i = 0; i < 3; i++) {
        EVP_CIPHER_free(instance->aead[i]);
        EVP_MD_free(instance->md[i]);
    }
    EVP_MAC_free(instance->hmac);
    EVP_KDF_free(instance->hkdf);
    EVP_KDF_free(instance->argon2id);
    for (int i = 0; i < 6; i++)
        EVP_CIPHER_free(instance->wrap[i / 3][i % 3]);
    for (int i = 0; i < OSSL_FORMS * OSSL_GENERATORS; i++)
        EVP_PKEY_CTX_free(instance->generator[i / OSSL_GENERATORS][i % OSSL_GENERATORS]);
    BIO_meth_free(instance->wire);
    if (instance->base)
        OSSL_PROVIDER_unload(instance->base);
    if (instance->provider)
        OSSL_PROVIDER_unload(instance->provider);
    OSSL_LIB_CTX_free(instance->lib);
    free(instance);
}

static enum assay_rc openssl_create(const struct assay_host *host, const struct assay_option *option,
                                    size_t count, assay_instance **out)
{
    (void)host;
    *out = NULL;
    struct options options = {0};
    enum assay_rc rc = read_options(option, count, &options);
    if (rc != ASSAY_OK)
        return rc;
    assay_instance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return ASSAY_NOMEM;
    rc = open_library(instance, &options);
    if (rc != ASSAY_OK) {
        openssl_destroy(instance);
        return rc;
    }
    ossl_aead_probe(instance);
    ossl_hash_probe(instance);
    ossl_mac_probe(instance);
    ossl_kdf_probe(instance);
    ossl_wrap_probe(instance);
    ossl_sign_probe(instance);
    ossl_kex_probe(instance);
    ossl_kem_probe(instance);
    ossl_tls_probe(instance);
    ossl_rand_probe(instance);
    ossl_pwhash_probe(instance);
    *out = instance;
    return ASSAY_OK;
}

void ossl_record(assay_instance *instance, enum assay_op op, enum assay_alg alg, const char *algorithm,
                 const OSSL_PROVIDER *provider)
{
    if (instance->cells == OSSL_CELLS_MAX)
        return;
    struct ossl_cell *cell = &instance->cell[instance->cells++];
    cell->op = op;
    cell->alg = alg;
    cell->ok = algorithm != NULL;
    if (!cell->ok) {
        snprintf(cell->why, sizeof cell->why, "%s", ossl_error_text());
        return;
    }
    snprintf(cell->algorithm, sizeof cell->algorithm, "%s", algorithm);
    if (provider)
        snprintf(cell->provider, sizeof cell->provider, "%s", OSSL_PROVIDER_get0_name(provider));
}

const struct ossl_cell *ossl_find(const assay_instance *instance, enum assay_op op, enum assay_alg alg)
{
    for (size_t i = 0; i < instance->cells; i++)
        if (instance->cell[i].op == op && instance->cell[i].alg == alg)
            return &instance->cell[i];
    return NULL;
}

static bool openssl_supports(assay_instance *instance, enum assay_op op, enum assay_alg alg, char *why,
                             size_t why_size)
{
    const struct ossl_cell *cell = ossl_find(instance, op, alg);
    if (cell && cell->ok)
        return true;
    snprintf(why, why_size, "%s", cell ? cell->why : "not an operation of this adapter");
    return false;
}

static enum assay_rc openssl_describe(assay_instance *instance, enum assay_op op, enum assay_alg alg,
                                      struct assay_service *service)
{
    const struct ossl_cell *cell = ossl_find(instance, op, alg);
    if (!cell || !cell->ok)
        return ossl_refuse(ASSAY_UNSUPPORTED, cell ? cell->why : "not an operation of this adapter");
    snprintf(service->algorithm, sizeof service->algorithm, "%s", cell->algorithm);
    snprintf(service->provider, sizeof service->provider, "%s", cell->provider);
    return ASSAY_OK;
}

static enum assay_rc openssl_identify(assay_instance *instance, struct assay_identity *id)
{
    snprintf(id->library, sizeof id->library, "OpenSSL");
    snprintf(id->version, sizeof id->version, "%s", OpenSSL_version(OPENSSL_FULL_VERSION_STRING));
    id->symbol = (const void *)(uintptr_t)OpenSSL_version;
    id->fips_asked = instance->fips_asked;
    /* Judged by the algorithm that was fetched: a loaded provider may serve nothing. */
    const EVP_CIPHER *cipher = instance->aead[ASSAY_AES_256_GCM - ASSAY_AES_128_GCM];
    if (!cipher)
        return ASSAY_OK;
    const OSSL_PROVIDER *provider = EVP_CIPHER_get0_provider(cipher);
    char *version = NULL;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_VERSION, &version, 0),
                           OSSL_PARAM_construct_end()};
    if (!OSSL_PROVIDER_get_params(provider, params) || !version)
        version = (char *)(uintptr_t) "";
    const char *name = OSSL_PROVIDER_get0_name(provider);
    snprintf(id->provider, sizeof id->provider, "%s%s%s", name, *version ? " " : "", version);
    id->fips_active = strcmp(name, "fips") == 0;
    return ASSAY_OK;
}

static const char *openssl_last_error(assay_instance *instance)
{
    (void)instance;
    return ossl_error_text();
}

static const struct assay_backend backend = {
    .abi = ASSAY_ABI,
    .size = sizeof backend,
    .name = "openssl",
    .create = openssl_create,
    .destroy = openssl_destroy,
    .identify = openssl_identify,
    .supports = openssl_supports,
    .describe = openssl_describe,
    .last_error = openssl_last_error,
    .aead = &ossl_aead_ops,
    .hash = &ossl_hash_ops,
    .mac = &ossl_mac_ops,
    .kdf = &ossl_kdf_ops,
    .wrap = &ossl_wrap_ops,
    .sign = &ossl_sign_ops,
    .kex = &ossl_kex_ops,
    .tls = &ossl_tls_ops,
    .rand = &ossl_rand_ops,
    .kem = &ossl_kem_ops,
    .pwhash = &ossl_pwhash_ops,
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    return host_abi == ASSAY_ABI ? &backend : NULL;
}

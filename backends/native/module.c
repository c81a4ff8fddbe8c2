/* SPDX-License-Identifier: Apache-2.0
 *
 * assay's own code as an ordinary module: the best code path that this CPU runs, or the tier asked for.
 * Option variant=TIER picks one; the environment variable ASSAY_TIER sets a ceiling, never a floor. The
 * parameters of tuning.h are options too; those that are not given come from the profile for this tier, which
 * is the file of the option profile=FILE, of ASSAY_PROFILE, or the user's own; "none" or nothing there means
 * none.
 */
#include "backends/native/native.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char error_text[400] = "no error yet";

enum assay_rc native_fail(enum assay_rc rc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error_text, sizeof error_text, format, args);
    va_end(args);
    return rc;
}

void *native_new(size_t size)
{
    size_t rounded = (size + 63) / 64 * 64;
    void *p = aligned_alloc(64, rounded);
    if (p != NULL)
        memset(p, 0, rounded);
    return p;
}

void native_free(void *p, size_t size)
{
    if (p != NULL)
        explicit_bzero(p, size);
    free(p);
}

/* The names of the tiers that run here, for messages. */
static const char *tier_names(uint32_t features, char *out, size_t out_size)
{
    size_t count, at = 0;
    const struct cpu_tier *tiers = cpu_tiers(&count);
    out[0] = '\0';
    for (size_t i = 0; i < count && at < out_size; i++)
        if (cpu_pick_tier(tiers[i].name, NULL, features) != NULL)
            at += (size_t)snprintf(out + at, out_size - at, "%s%s", at > 0 ? ", " : "", tiers[i].name);
    return out;
}

struct options {
    const char *variant; /* NULL: the best */
    const char *profile; /* NULL: the user's own */
    struct tuning tuning;
};

static enum assay_rc no_such_option(const char *name, uint32_t features)
{
    char names[128], tuning[160];
    size_t at = 0;
    for (const struct tuning_parameter *p = tuning_parameters; p->name != NULL && at < sizeof tuning; p++)
        at += (size_t)snprintf(tuning + at, sizeof tuning - at, ", %s", p->name);
    return native_fail(ASSAY_INPUT, "native has no option %s; it takes variant (%s), profile%s", name,
                       tier_names(features, names, sizeof names), tuning);
}

static enum assay_rc read_options(const struct assay_option *given, size_t count, uint32_t features,
                                  struct options *out)
{
    char why[200];
    *out = (struct options){.profile = getenv("ASSAY_PROFILE")};
    for (size_t i = 0; i < count; i++) {
        const struct tuning_parameter *p = tuning_find(given[i].name);
        if (strcmp(given[i].name, "variant") == 0)
            out->variant = given[i].value;
        else if (strcmp(given[i].name, "profile") == 0)
            out->profile = given[i].value;
        else if (p == NULL)
            return no_such_option(given[i].name, features);
        else if (!tuning_set(&out->tuning, p, given[i].value, why, sizeof why))
            return native_fail(ASSAY_INPUT, "%s", why);
    }
    return ASSAY_OK;
}

static enum assay_rc pick_tier(const char *wanted, uint32_t features, const struct cpu_tier **out)
{
    char names[128];
    const char *limit = getenv("ASSAY_TIER");
    if (wanted != NULL && cpu_pick_tier(wanted, NULL, features) == NULL)
        return native_fail(ASSAY_INPUT, "no variant %s runs on this CPU; those that do: %s", wanted,
                           tier_names(features, names, sizeof names));
    if (limit != NULL && limit[0] != '\0' && !cpu_tier_known(limit))
        return native_fail(ASSAY_INPUT, "ASSAY_TIER=%s names no tier; those that run here: %s", limit,
                           tier_names(features, names, sizeof names));
    if (limit != NULL && limit[0] == '\0')
        limit = NULL;
    *out = cpu_pick_tier(wanted, limit, features);
    if (*out == NULL)
        *out = cpu_pick_tier(NULL, limit, features);
    return ASSAY_OK;
}

static enum assay_rc native_create(const struct assay_host *host, const struct assay_option *options,
                                   size_t count, assay_instance **out)
{
    (void)host;
    *out = NULL;
    uint32_t features = cpu_features();
    const struct cpu_tier *tier = NULL;
    struct options chosen;
    enum assay_rc rc = read_options(options, count, features, &chosen);
    if (rc == ASSAY_OK)
        rc = pick_tier(chosen.variant, features, &tier);
    if (rc != ASSAY_OK)
        return rc;
    assay_instance *instance = native_new(sizeof *instance);
    if (instance == NULL)
        return native_fail(ASSAY_NOMEM, "out of memory");
    instance->tier = tier;
    instance->gcm = gcm_pick(features & tier->allows);
    instance->chacha = chacha_pick(features & tier->allows);
    instance->wrap = aes_wrap_pick(features & tier->allows);
    instance->sha256 = sha2_pick(sha256_variants, features & tier->allows);
    instance->sha512 = sha2_pick(sha512_variants, features & tier->allows);
    instance->asked = chosen.tuning;
    rc = native_load_profile(instance, chosen.profile);
    if (rc == ASSAY_OK)
        rc = native_tune(instance);
    if (rc == ASSAY_OK && instance->tuning.threads > 1 &&
        (instance->pool = pool_new(instance->tuning.threads)) == NULL)
        rc = native_fail(ASSAY_NOMEM, "out of memory");
    if (rc != ASSAY_OK) {
        native_free(instance, sizeof *instance);
        return rc;
    }
    *out = instance;
    return ASSAY_OK;
}

static void native_destroy(assay_instance *instance)
{
    if (instance != NULL)
        pool_free(instance->pool);
    native_free(instance, sizeof *instance);
}

static enum assay_rc native_identify(assay_instance *instance, struct assay_identity *id)
{
    snprintf(id->library, sizeof id->library, "assay native");
    if (instance->profile != 0)
        snprintf(id->version, sizeof id->version, "assay %s, profile %08x", ASSAY_VERSION, instance->profile);
    else
        snprintf(id->version, sizeof id->version, "assay %s", ASSAY_VERSION);
    if (instance->pool != NULL)
        snprintf(id->variant, sizeof id->variant, "%s, %u threads", instance->tier->name,
                 instance->tuning.threads);
    else
        snprintf(id->variant, sizeof id->variant, "%s", instance->tier->name);
    return ASSAY_OK;
}

/* The name of an algorithm and the code path that serves it; NULL: native has none. */
struct service {
    const char *name;
    const char *path;
};

static struct service find_service(const assay_instance *instance, enum assay_op op, enum assay_alg alg)
{
    bool aead = op == ASSAY_OP_AEAD || op == ASSAY_OP_AEAD_STREAM;
    bool hash = op == ASSAY_OP_HASH, mac = op == ASSAY_OP_MAC, kdf = op == ASSAY_OP_KDF;
    const char *gcm = instance->gcm->path, *sha256 = instance->sha256->path, *sha512 = instance->sha512->path;
    if (op == ASSAY_OP_RAND)
        return (struct service){"random bytes", "AES-256-CTR, fast key erasure, seeded by getrandom"};
    if (alg == ASSAY_AES_128_GCM && aead)
        return (struct service){"AES-128-GCM", gcm};
    if (alg == ASSAY_AES_256_GCM && aead)
        return (struct service){"AES-256-GCM", gcm};
    if (alg == ASSAY_CHACHA20_POLY1305 && aead)
        return (struct service){"ChaCha20-Poly1305", instance->chacha->path};
    if (alg == ASSAY_SHA256 && hash)
        return (struct service){"SHA-256", sha256};
    if (alg == ASSAY_SHA384 && hash)
        return (struct service){"SHA-384", sha512};
    if (alg == ASSAY_SHA512 && hash)
        return (struct service){"SHA-512", sha512};
    if (alg == ASSAY_HMAC_SHA256 && mac)
        return (struct service){"HMAC-SHA256", sha256};
    if (alg == ASSAY_HMAC_SHA384 && mac)
        return (struct service){"HMAC-SHA384", sha512};
    if (alg == ASSAY_HMAC_SHA512 && mac)
        return (struct service){"HMAC-SHA512", sha512};
    if (alg == ASSAY_HKDF_SHA256 && kdf)
        return (struct service){"HKDF-SHA256", sha256};
    if (alg == ASSAY_HKDF_SHA384 && kdf)
        return (struct service){"HKDF-SHA384", sha512};
    if (alg == ASSAY_HKDF_SHA512 && kdf)
        return (struct service){"HKDF-SHA512", sha512};
    if (alg == ASSAY_AES_KW && op == ASSAY_OP_WRAP)
        return (struct service){"AES-KW", instance->wrap->path};
    if (alg == ASSAY_AES_KWP && op == ASSAY_OP_WRAP)
        return (struct service){"AES-KWP", instance->wrap->path};
    return (struct service){NULL, NULL};
}

static bool native_supports(assay_instance *instance, enum assay_op op, enum assay_alg alg, char *why,
                            size_t why_size)
{
    if (find_service(instance, op, alg).name != NULL)
        return true;
    if (op == ASSAY_OP_AEAD_FETCH)
        snprintf(why, why_size, "native has nothing to fetch: its usual way is seal() under a context");
    else
        snprintf(why, why_size, "native has no code for it");
    return false;
}

enum assay_rc native_need(assay_instance *instance, enum assay_op op, enum assay_alg alg)
{
    char why[128];
    if (native_supports(instance, op, alg, why, sizeof why))
        return ASSAY_OK;
    return native_fail(ASSAY_UNSUPPORTED, "%s", why);
}

static enum assay_rc native_describe(assay_instance *instance, enum assay_op op, enum assay_alg alg,
                                     struct assay_service *out)
{
    struct service s = find_service(instance, op, alg);
    if (s.name == NULL)
        return native_need(instance, op, alg);
    snprintf(out->algorithm, sizeof out->algorithm, "%s", s.name);
    snprintf(out->provider, sizeof out->provider, "%s", s.path);
    return ASSAY_OK;
}

static const char *native_last_error(assay_instance *instance)
{
    (void)instance;
    return error_text;
}

void native_hash(const assay_instance *instance, enum assay_alg alg, struct sha2 *out)
{
    switch (alg) {
    case ASSAY_SHA384:
    case ASSAY_HMAC_SHA384:
    case ASSAY_HKDF_SHA384:
        sha2_choose(out, SHA2_384, instance->sha512);
        break;
    case ASSAY_SHA512:
    case ASSAY_HMAC_SHA512:
    case ASSAY_HKDF_SHA512:
        sha2_choose(out, SHA2_512, instance->sha512);
        break;
    default:
        sha2_choose(out, SHA2_256, instance->sha256);
        if (instance->tuning.lanes_from != 0)
            out->lanes_from = instance->tuning.lanes_from;
        break;
    }
}

static const struct assay_backend backend = {
    .abi = ASSAY_ABI,
    .size = sizeof backend,
    .name = "native",
    .create = native_create,
    .destroy = native_destroy,
    .identify = native_identify,
    .supports = native_supports,
    .describe = native_describe,
    .last_error = native_last_error,
    .aead = &native_aead,
    .hash = &native_hashes,
    .mac = &native_mac,
    .kdf = &native_kdf,
    .wrap = &native_wrap,
    .rand = &native_rand,
    .tune = &native_tuning,
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    (void)host_abi;
    return &backend;
}

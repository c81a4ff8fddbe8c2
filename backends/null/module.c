/* SPDX-License-Identifier: Apache-2.0
 *
 * A probe: operations that do nothing, so that what is measured is the harness itself. It is exempt from
 * proof and its figures are shown as the harness's own cost, never subtracted from others.
 */
#include "backends/backend.h"

#include <stdio.h>
#include <string.h>

struct assay_instance {
    char unused;
};

static assay_instance the_instance;

static enum assay_rc null_create(const struct assay_host *host, const struct assay_option *options,
                                 size_t count, assay_instance **out)
{
    (void)host;
    (void)options;
    *out = NULL;
    if (count > 0)
        return ASSAY_INPUT;
    *out = &the_instance;
    return ASSAY_OK;
}

static void null_destroy(assay_instance *instance)
{
    (void)instance;
}

static enum assay_rc null_identify(assay_instance *instance, struct assay_identity *id)
{
    (void)instance;
    snprintf(id->library, sizeof id->library, "null");
    snprintf(id->version, sizeof id->version, "does nothing");
    return ASSAY_OK;
}

static bool null_supports(assay_instance *instance, enum assay_op op, enum assay_alg alg, char *why,
                          size_t why_size)
{
    (void)instance;
    (void)alg;
    if (op == ASSAY_OP_AEAD || op == ASSAY_OP_HASH)
        return true;
    snprintf(why, why_size, "null answers aead and hash calls only");
    return false;
}

static const char *null_last_error(assay_instance *instance)
{
    (void)instance;
    return "null takes no options";
}

static assay_aead *null_context(assay_instance *instance)
{
    return (assay_aead *)(void *)instance;
}

static enum assay_rc null_aead_new(assay_instance *instance, enum assay_alg alg, const uint8_t *key,
                                   assay_aead **out)
{
    (void)alg;
    (void)key;
    *out = null_context(instance);
    return ASSAY_OK;
}

static void null_aead_free(assay_aead *aead)
{
    (void)aead;
}

static enum assay_rc null_aead_rekey(assay_aead *aead, const uint8_t *key)
{
    (void)aead;
    (void)key;
    return ASSAY_OK;
}

static enum assay_rc null_seal(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    (void)aead, (void)out, (void)nonce, (void)in, (void)in_size, (void)aad, (void)aad_size;
    return ASSAY_OK;
}

static const struct assay_aead_ops aead_ops = {
    .size = sizeof aead_ops,
    .aead_new = null_aead_new,
    .aead_free = null_aead_free,
    .rekey = null_aead_rekey,
    .seal = null_seal,
    .open = null_seal,
};

static enum assay_rc null_hash_new(assay_instance *instance, enum assay_alg alg, assay_hash **out)
{
    (void)alg;
    *out = (assay_hash *)(void *)instance;
    return ASSAY_OK;
}

static void null_hash_free(assay_hash *hash)
{
    (void)hash;
}

static enum assay_rc null_digest(assay_hash *hash, uint8_t *out, const uint8_t *in, size_t in_size)
{
    (void)hash, (void)out, (void)in, (void)in_size;
    return ASSAY_OK;
}

static const struct assay_hash_ops hash_ops = {
    .size = sizeof hash_ops,
    .hash_new = null_hash_new,
    .hash_free = null_hash_free,
    .digest = null_digest,
};

static const struct assay_backend backend = {
    .abi = ASSAY_ABI,
    .size = sizeof backend,
    .name = "null",
    .create = null_create,
    .destroy = null_destroy,
    .identify = null_identify,
    .supports = null_supports,
    .last_error = null_last_error,
    .aead = &aead_ops,
    .hash = &hash_ops,
};

const struct assay_backend *assay_backend_get(uint32_t host_abi)
{
    (void)host_abi;
    return &backend;
}

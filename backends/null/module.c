/* SPDX-License-Identifier: Apache-2.0
 *
 * A probe: operations that do nothing, so that what is measured is the harness itself. It is exempt from
 * proof and its figures are shown as the harness's own cost, never subtracted from others. As null:copy it
 * seals and opens by copying the message, with threads=N by N threads: what memory allows.
 */
#include "backends/backend.h"
#include "backends/native/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARED_FROM ((size_t)1 << 20) /* as native shares messages */

struct assay_instance {
    bool copies;
    unsigned threads;
    struct pool *pool; /* NULL: one thread */
};

struct copy {
    uint8_t *out;
    const uint8_t *in;
    size_t size, share;
};

static enum assay_rc null_create(const struct assay_host *host, const struct assay_option *options,
                                 size_t count, assay_instance **out)
{
    (void)host;
    struct assay_instance made = {.threads = 1};
    *out = NULL;
    for (size_t i = 0; i < count; i++) {
        bool variant = strcmp(options[i].name, "variant") == 0,
             threads = strcmp(options[i].name, "threads") == 0;
        if (!(variant && strcmp(options[i].value, "copy") == 0) &&
            !(threads && pool_read_threads(options[i].value, &made.threads)))
            return ASSAY_INPUT;
        made.copies |= variant;
    }
    struct assay_instance *instance = calloc(1, sizeof *instance);
    if (instance != NULL && made.threads > 1)
        made.pool = pool_new(made.threads);
    if (instance == NULL || (made.threads > 1 && made.pool == NULL)) {
        free(instance);
        return ASSAY_NOMEM;
    }
    *instance = made;
    *out = instance;
    return ASSAY_OK;
}

static void null_destroy(assay_instance *instance)
{
    if (instance != NULL)
        pool_free(instance->pool);
    free(instance);
}

static enum assay_rc null_identify(assay_instance *instance, struct assay_identity *id)
{
    snprintf(id->library, sizeof id->library, "null");
    snprintf(id->version, sizeof id->version, instance->copies ? "copies messages" : "does nothing");
    if (instance->threads > 1)
        snprintf(id->variant, sizeof id->variant, "%u threads", instance->threads);
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
    return "null takes the options variant=copy and threads=N, N from 1 to 64";
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

static void copy_share(void *data, unsigned part)
{
    const struct copy *c = data;
    size_t at = part * c->share, left = c->size - at;
    memcpy(c->out + at, c->in + at, left < c->share ? left : c->share);
}

/* By several threads, one share each: the way that costs memory least. */
static enum assay_rc null_seal(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    const struct assay_instance *instance = (const struct assay_instance *)(const void *)aead;
    (void)nonce, (void)aad, (void)aad_size;
    if (!instance->copies)
        return ASSAY_OK;
    if (instance->pool == NULL || in_size < SHARED_FROM) {
        memcpy(out, in, in_size);
        return ASSAY_OK;
    }
    struct copy c = {out, in, in_size, (in_size / instance->threads + 4095) / 4096 * 4096};
    pool_run(instance->pool, copy_share, &c, (unsigned)((in_size + c.share - 1) / c.share));
    return ASSAY_OK;
}

static enum assay_rc null_open(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    return null_seal(aead, out, nonce, in, in_size - ASSAY_TAG_SIZE, aad, aad_size);
}

static const struct assay_aead_ops aead_ops = {
    .size = sizeof aead_ops,
    .aead_new = null_aead_new,
    .aead_free = null_aead_free,
    .rekey = null_aead_rekey,
    .seal = null_seal,
    .open = null_open,
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

/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-2 through the direct calls, one message each.
 */
#include "backends/ipsec-mb/ipsec_mb.h"

struct assay_hash {
    hash_fn_t digest;
};

static enum assay_rc hash_new(assay_instance *instance, enum assay_alg alg, assay_hash **out)
{
    *out = NULL;
    enum assay_rc rc = assay_ipsec_mb_need(instance, ASSAY_OP_HASH, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_hash *hash = assay_ipsec_mb_new(sizeof *hash);
    if (!hash)
        return assay_ipsec_mb_fail(ASSAY_NOMEM, "out of memory");
    const IMB_MGR *m = instance->manager;
    hash->digest = alg == ASSAY_SHA256 ? m->sha256 : alg == ASSAY_SHA384 ? m->sha384 : m->sha512;
    *out = hash;
    return ASSAY_OK;
}

static void hash_free(assay_hash *hash)
{
    assay_ipsec_mb_free(hash, sizeof *hash);
}

static enum assay_rc hash_digest(assay_hash *hash, uint8_t *out, const uint8_t *in, size_t in_size)
{
    hash->digest(assay_ipsec_mb_in(in), in_size, out);
    return ASSAY_OK;
}

const struct assay_hash_ops assay_ipsec_mb_hash = {
    .size = sizeof assay_ipsec_mb_hash,
    .hash_new = hash_new,
    .hash_free = hash_free,
    .digest = hash_digest,
};

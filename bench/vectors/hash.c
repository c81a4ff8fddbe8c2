/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors of hashes, HMAC and HKDF.
 */
#include "bench/vectors/run.h"

#include <string.h>

#define CHAIN 1000u /* digests a step of the Monte Carlo test */
#define BATCH 3u

static size_t hash_size(enum assay_alg alg)
{
    return alg == ASSAY_SHA256 ? 32 : alg == ASSAY_SHA384 ? 48 : 64;
}

void vec_run_hash(struct vec_run *run, enum assay_alg alg, struct assay_bytes msg, struct assay_bytes md)
{
    if (!vec_can(run, ASSAY_OP_HASH, alg, run->backend ? run->backend->hash : NULL))
        return;
    const struct assay_hash_ops *ops = run->backend->hash;
    uint8_t *out = vec_alloc(run, md.size);
    assay_hash *hash = NULL;
    if (vec_works(run, ops->hash_new(run->instance, alg, &hash), "hash_new"))
        for (int i = 0; i < 2; i++) { /* the second time with a used context */
            if (vec_works(run, ops->digest(hash, out, msg.data, msg.size), "digest"))
                vec_compare(run, out, md.data, md.size, "the digest");
        }
    ops->hash_free(hash);
}

/* The Secure Hash Algorithm Validation System (SHAVS), section 6.4. */
void vec_run_hash_chain(struct vec_run *run, enum assay_alg alg, uint8_t *seed, struct assay_bytes md)
{
    size_t n = hash_size(alg);
    uint8_t three[3 * ASSAY_HASH_MAX];
    if (!vec_can(run, ASSAY_OP_HASH, alg, run->backend ? run->backend->hash : NULL))
        return;
    const struct assay_hash_ops *ops = run->backend->hash;
    assay_hash *hash = NULL;
    bool ok = vec_works(run, ops->hash_new(run->instance, alg, &hash), "hash_new");
    for (int i = 0; i < 3; i++)
        memcpy(three + (size_t)i * n, seed, n);
    for (unsigned i = 0; ok && i < CHAIN; i++) {
        uint8_t out[ASSAY_HASH_MAX];
        ok = vec_works(run, ops->digest(hash, out, three, 3 * n), "digest");
        memmove(three, three + n, 2 * n);
        memcpy(three + 2 * n, out, n);
    }
    ops->hash_free(hash);
    if (ok)
        vec_compare(run, three + 2 * n, md.data, n, "the digest");
    memcpy(seed, md.data, n); /* from the file, so that one wrong step is one failure */
}

static void mac_batch(struct vec_run *run, const struct assay_mac_ops *ops, assay_mac *mac,
                      struct assay_bytes msg, struct assay_bytes tag)
{
    struct assay_mac_message batch[BATCH];
    if (!ops->compute_batch)
        return;
    for (unsigned i = 0; i < BATCH; i++)
        batch[i] = (struct assay_mac_message){vec_alloc(run, tag.size), msg};
    if (run->state == VEC_GOING && vec_works(run, ops->compute_batch(mac, batch, BATCH), "compute_batch"))
        for (unsigned i = 0; i < BATCH; i++)
            vec_compare(run, batch[i].out, tag.data, tag.size, "a tag of compute_batch");
}

void vec_run_mac(struct vec_run *run, enum assay_alg alg, struct assay_bytes key, struct assay_bytes msg,
                 struct assay_bytes tag)
{
    if (!vec_can(run, ASSAY_OP_MAC, alg, run->backend ? run->backend->mac : NULL))
        return;
    const struct assay_mac_ops *ops = run->backend->mac;
    uint8_t *out = vec_alloc(run, tag.size);
    assay_mac *mac = NULL;
    bool ok = out && vec_works(run, ops->mac_new(run->instance, alg, key.data, key.size, &mac), "mac_new");
    for (int i = 0; ok && i < 2; i++) { /* the second time with the key given anew */
        ok = vec_works(run, ops->compute(mac, out, msg.data, msg.size), "compute");
        if (ok && run->expect == VEC_INVALID && memcmp(out, tag.data, tag.size) == 0)
            vec_wrong(run, "compute gives the tag that is told to be wrong");
        else if (ok && run->expect != VEC_INVALID)
            vec_compare(run, out, tag.data, tag.size, "the tag");
        ok = ok && vec_works(run, ops->rekey(mac, key.data, key.size), "rekey");
    }
    if (ok && run->expect != VEC_INVALID)
        mac_batch(run, ops, mac, msg, tag);
    ops->mac_free(mac);
}

static void hkdf_batch(struct vec_run *run, const struct assay_kdf_ops *ops, assay_kdf *kdf,
                       const struct assay_hkdf_input *in, struct assay_bytes okm)
{
    const struct assay_hkdf_input batch[BATCH] = {*in, *in, *in};
    uint8_t *out = ops->hkdf_batch ? vec_alloc(run, BATCH * okm.size) : NULL;
    if (out && vec_works(run, ops->hkdf_batch(kdf, out, okm.size, batch, BATCH), "hkdf_batch"))
        for (unsigned i = 0; i < BATCH; i++)
            vec_compare(run, out + i * okm.size, okm.data, okm.size, "the output of hkdf_batch");
}

void vec_run_hkdf(struct vec_run *run, enum assay_alg alg, const struct assay_hkdf_input *in, size_t size,
                  struct assay_bytes okm)
{
    if (run->expect != VEC_INVALID && size != okm.size)
        vec_wrong(run, "the vector's output has not the length that it tells");
    if (!vec_can(run, ASSAY_OP_KDF, alg, run->backend ? run->backend->kdf : NULL))
        return;
    const struct assay_kdf_ops *ops = run->backend->kdf;
    uint8_t *out = vec_alloc(run, size);
    assay_kdf *kdf = NULL;
    if (out && vec_works(run, ops->kdf_new(run->instance, alg, &kdf), "kdf_new") &&
        vec_verdict(run, ops->hkdf(kdf, out, size, in), "hkdf")) {
        vec_compare(run, out, okm.data, okm.size, "the output");
        hkdf_batch(run, ops, kdf, in, okm);
    }
    ops->kdf_free(kdf);
}

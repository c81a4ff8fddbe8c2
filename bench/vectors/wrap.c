/* SPDX-License-Identifier: Apache-2.0
 *
 * Key wrap vectors. What backend.h does not allow to wrap may still be asked to be unwrapped, and must be
 * refused.
 */
#include "bench/vectors/run.h"

#include <string.h>

static void wrap(struct vec_run *run, const struct assay_wrap_ops *ops, assay_wrap *kek,
                 struct assay_bytes msg, struct assay_bytes ct)
{
    size_t size = 0;
    uint8_t *out = vec_alloc(run, (msg.size + 7) / 8 * 8 + 8);
    if (!out || !vec_verdict(run, ops->wrap(kek, out, &size, msg.data, msg.size), "wrap"))
        return;
    if (size == ct.size)
        vec_compare(run, out, ct.data, size, "what wrap gives");
    else
        vec_wrong(run, "wrap gives %zu octets, not %zu", size, ct.size);
}

static void unwrap(struct vec_run *run, const struct assay_wrap_ops *ops, assay_wrap *kek,
                   struct assay_bytes msg, struct assay_bytes ct)
{
    size_t size = 0;
    uint8_t *out = vec_alloc(run, ct.size);
    if (!vec_verdict(run, ops->unwrap(kek, out, &size, ct.data, ct.size), "unwrap"))
        return;
    if (size == msg.size)
        vec_compare(run, out, msg.data, size, "what unwrap gives");
    else
        vec_wrong(run, "unwrap gives %zu octets, not %zu", size, msg.size);
}

void vec_run_wrap(struct vec_run *run, enum assay_alg alg, enum vec_direction direction,
                  struct assay_bytes kek, struct assay_bytes msg, struct assay_bytes ct)
{
    if (!vec_can(run, ASSAY_OP_WRAP, alg, run->backend ? run->backend->wrap : NULL))
        return;
    const struct assay_wrap_ops *ops = run->backend->wrap;
    assay_wrap *key = NULL;
    if (vec_works(run, ops->wrap_new(run->instance, alg, kek.data, kek.size, &key), "wrap_new")) {
        if (direction & VEC_WRAP && run->expect != VEC_INVALID)
            wrap(run, ops, key, msg, ct);
        if (direction & VEC_UNWRAP)
            unwrap(run, ops, key, msg, ct);
    }
    ops->wrap_free(key);
}

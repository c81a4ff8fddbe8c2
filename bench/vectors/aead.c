/* SPDX-License-Identifier: Apache-2.0
 *
 * AEAD vectors through every entry point that seals or opens: one-shot, in place, streamed in pieces,
 * fetched, and as a message of a batch. An entry point that a backend does not have is passed over.
 */
#include "bench/vectors/run.h"
#include "kernels/kernel.h"

#include <string.h>

#define BATCH 3u

struct state {
    struct vec_run *run;
    enum assay_alg alg;
    const struct vec_aead *v;
    const struct assay_aead_ops *ops;
    assay_aead *aead;
    uint8_t *sealed; /* the right ciphertext and tag */
    size_t sealed_size;
};

static void check_sealed(struct state *s, const uint8_t *got, const char *what)
{
    vec_compare(s->run, got, s->sealed, s->sealed_size, what);
}

static void seal(struct state *s)
{
    const struct vec_aead *v = s->v;
    uint8_t *out = vec_alloc(s->run, s->sealed_size), *same = vec_alloc(s->run, s->sealed_size);
    if (!out || !same)
        return;
    if (vec_works(s->run,
                  s->ops->seal(s->aead, out, v->iv.data, v->msg.data, v->msg.size, v->aad.data, v->aad.size),
                  "seal"))
        check_sealed(s, out, "what seal gives");
    if (v->msg.size)
        memcpy(same, v->msg.data, v->msg.size);
    if (vec_works(s->run,
                  s->ops->seal(s->aead, same, v->iv.data, same, v->msg.size, v->aad.data, v->aad.size),
                  "seal in place"))
        check_sealed(s, same, "what seal in place gives");
}

/* Pieces that are no multiple of a block, and an empty one. */
static void seal_stream(struct state *s)
{
    static const size_t pieces[] = {1, 16, 0, 7, 64, 333};
    const struct vec_aead *v = s->v;
    uint8_t *out = vec_alloc(s->run, s->sealed_size);
    if (!out || !s->ops->seal_init ||
        !s->run->backend->supports(s->run->instance, ASSAY_OP_AEAD_STREAM, s->alg, (char[8]){0}, 8))
        return;
    if (!vec_works(s->run, s->ops->seal_init(s->aead, v->iv.data, v->aad.data, v->aad.size), "seal_init"))
        return;
    for (size_t at = 0, i = 0; at < v->msg.size; i++) {
        size_t n = pieces[i % (sizeof pieces / sizeof pieces[0])];
        n = n < v->msg.size - at ? n : v->msg.size - at;
        if (!vec_works(s->run, s->ops->seal_update(s->aead, out + at, v->msg.data + at, n), "seal_update"))
            return;
        at += n;
    }
    if (vec_works(s->run, s->ops->seal_final(s->aead, out + v->msg.size), "seal_final"))
        check_sealed(s, out, "what seal_init, seal_update and seal_final give");
}

static void seal_fetch(struct state *s)
{
    const struct vec_aead *v = s->v;
    uint8_t *out = vec_alloc(s->run, s->sealed_size);
    if (!out || !s->ops->seal_fetch ||
        !s->run->backend->supports(s->run->instance, ASSAY_OP_AEAD_FETCH, s->alg, (char[8]){0}, 8))
        return;
    if (vec_works(s->run,
                  s->ops->seal_fetch(s->run->instance, s->alg, v->key.data, out, v->iv.data, v->msg.data,
                                     v->msg.size, v->aad.data, v->aad.size),
                  "seal_fetch"))
        check_sealed(s, out, "what seal_fetch gives");
}

static void seal_batch(struct state *s)
{
    struct assay_aead_message batch[BATCH];
    assay_aead *contexts[BATCH];
    if (!ASSAY_HAS(s->ops, seal_batch))
        return;
    for (unsigned i = 0; i < BATCH; i++) {
        uint8_t *out = vec_alloc(s->run, s->sealed_size);
        if (!out)
            return;
        batch[i] = (struct assay_aead_message){out, s->v->iv.data, s->v->msg, s->v->aad};
        contexts[i] = s->aead;
    }
    if (vec_works(s->run, s->ops->seal_batch(s->aead, batch, BATCH), "seal_batch"))
        for (unsigned i = 0; i < BATCH; i++)
            check_sealed(s, batch[i].out, "what seal_batch gives");
    if (ASSAY_HAS(s->ops, seal_batch_keys) &&
        vec_works(s->run, s->ops->seal_batch_keys(contexts, batch, BATCH), "seal_batch_keys"))
        for (unsigned i = 0; i < BATCH; i++)
            check_sealed(s, batch[i].out, "what seal_batch_keys gives");
}

static void open(struct state *s)
{
    const struct vec_aead *v = s->v;
    uint8_t *out = vec_alloc(s->run, v->ct.size), *same = vec_alloc(s->run, s->sealed_size);
    if ((v->ct.size && !out) || !same)
        return;
    if (vec_verdict(
            s->run,
            s->ops->open(s->aead, out, v->iv.data, s->sealed, s->sealed_size, v->aad.data, v->aad.size),
            "open"))
        vec_compare(s->run, out, v->msg.data, v->msg.size, "what open gives");
    memcpy(same, s->sealed, s->sealed_size);
    if (vec_verdict(s->run,
                    s->ops->open(s->aead, same, v->iv.data, same, s->sealed_size, v->aad.data, v->aad.size),
                    "open in place"))
        vec_compare(s->run, same, v->msg.data, v->msg.size, "what open in place gives");
}

static void run_all(struct state *s)
{
    open(s);
    if (s->run->expect == VEC_INVALID)
        return;
    seal(s);
    seal_stream(s);
    seal_fetch(s);
    seal_batch(s);
    /* The same key given to a context that is in use. */
    if (vec_works(s->run, s->ops->rekey(s->aead, s->v->key.data), "rekey")) {
        seal(s);
        open(s);
    }
}

void vec_run_aead(struct vec_run *run, enum assay_alg alg, const struct vec_aead *v)
{
    struct state s = {.run = run, .alg = alg, .v = v, .sealed_size = v->ct.size + v->tag.size};
    if (run->expect != VEC_INVALID && v->msg.size != v->ct.size) {
        vec_wrong(run, "the vector's message and ciphertext differ in length");
        return;
    }
    if (!vec_can(run, ASSAY_OP_AEAD, alg, run->backend ? run->backend->aead : NULL))
        return;
    s.ops = run->backend->aead;
    s.sealed = vec_alloc(run, s.sealed_size);
    if (!s.sealed)
        return;
    if (v->ct.size)
        memcpy(s.sealed, v->ct.data, v->ct.size);
    memcpy(s.sealed + v->ct.size, v->tag.data, v->tag.size);
    if (vec_works(run, s.ops->aead_new(run->instance, alg, v->key.data, &s.aead), "aead_new"))
        run_all(&s);
    s.ops->aead_free(s.aead);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * aead.seal.batch: messages of records or tokens that are at hand together, sealed under one key by one call;
 * aead.seal.keys: the same with a key for each, as records of as many connections have it. Where the backend
 * has no such call, one call a message. The messages differ; nonces are fresh, and 13 bytes of associated
 * data shared.
 */
#include "kernels/kernels.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

#define AAD_SIZE  13u
#define BATCH_MAX 16u

static const struct assay_value algs[] = {
    {"aes-256-gcm", ASSAY_AES_256_GCM},
    {"aes-128-gcm", ASSAY_AES_128_GCM},
    {"chacha20-poly1305", ASSAY_CHACHA20_POLY1305},
};
static const struct assay_value sizes[] = {{"64", 64}, {"256", 256}, {"1350", 1350}};
static const struct assay_value batches[] = {{"b16", BATCH_MAX}};
static const struct assay_param params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("size", sizes), ASSAY_PARAM("batch", batches), {0}};

struct batch_state {
    assay_aead *contexts[BATCH_MAX]; /* one for each message, or the same for all */
    size_t size, batch;
    size_t last; /* messages in the last batch */
    uint8_t keys[BATCH_MAX][32], aad[AAD_SIZE];
    uint8_t nonces[BATCH_MAX][ASSAY_NONCE_SIZE];
    struct assay_aead_message messages[BATCH_MAX];
    uint8_t *in, *out, *back;
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static uint64_t batch_bytes(const struct assay_case *c)
{
    return c->value[1];
}

static bool many_keys(const struct assay_case *c)
{
    return c->kernel == &assay_aead_seal_keys;
}

static bool batch_batched(const struct assay_case *c)
{
    const struct assay_aead_ops *ops = c->backend->aead;
    return many_keys(c) ? ASSAY_HAS(ops, seal_batch_keys) : ASSAY_HAS(ops, seal_batch);
}

static bool batch_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_AEAD, case_alg(c), why, why_size);
}

static enum assay_op batch_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_AEAD;
}

/* As many contexts as there are keys. Those made are to be freed, whatever is returned. */
static enum assay_rc contexts_new(struct assay_case *c, uint8_t (*keys)[32], assay_aead *contexts[BATCH_MAX])
{
    size_t made = many_keys(c) ? BATCH_MAX : 1;
    for (size_t i = 0; i < made; i++)
        ASSAY_TRY(c->backend->aead->aead_new(c->instance, case_alg(c), keys[i], &contexts[i]));
    for (size_t i = made; i < BATCH_MAX; i++)
        contexts[i] = contexts[0];
    return ASSAY_OK;
}

static void contexts_free(struct assay_case *c, assay_aead *contexts[BATCH_MAX])
{
    for (size_t i = 0; i < (many_keys(c) ? BATCH_MAX : 1); i++)
        if (contexts[i])
            c->backend->aead->aead_free(contexts[i]);
}

static enum assay_rc batch_setup(struct assay_case *c)
{
    struct batch_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->size = (size_t)c->value[1];
    s->batch = (size_t)c->value[2];
    size_t stride = (s->size + ASSAY_TAG_SIZE + 63) & ~(size_t)63;
    s->in = assay_buffer(s->batch * stride);
    s->out = assay_buffer(s->batch * stride);
    s->back = assay_buffer(s->size);
    if (!s->in || !s->out || !s->back)
        return ASSAY_NOMEM;
    assay_fill(s->keys[0], sizeof s->keys, 1);
    assay_fill(s->aad, sizeof s->aad, 2);
    assay_fill(s->in, s->batch * stride, 3);
    for (size_t i = 0; i < s->batch; i++) {
        s->nonces[i][0] = (uint8_t)i; /* counters of their own: no nonce twice */
        s->messages[i] = (struct assay_aead_message){
            s->out + i * stride, s->nonces[i], {s->in + i * stride, s->size}, {s->aad, sizeof s->aad}};
    }
    return contexts_new(c, s->keys, s->contexts);
}

static void batch_teardown(struct assay_case *c)
{
    struct batch_state *s = c->state;
    if (!s)
        return;
    contexts_free(c, s->contexts);
    free(s->in);
    free(s->out);
    free(s->back);
    free(s);
    c->state = NULL;
}

static enum assay_rc seal_all(const struct assay_case *c, assay_aead *const contexts[BATCH_MAX],
                              const struct assay_aead_message *m, size_t n)
{
    const struct assay_aead_ops *ops = c->backend->aead;
    if (batch_batched(c))
        return many_keys(c) ? ops->seal_batch_keys(contexts, m, n) : ops->seal_batch(contexts[0], m, n);
    for (size_t i = 0; i < n; i++)
        ASSAY_TRY(ops->seal(contexts[i], m[i].out, m[i].nonce, m[i].in.data, m[i].in.size, m[i].aad.data,
                            m[i].aad.size));
    return ASSAY_OK;
}

static enum assay_rc batch_run(struct assay_case *c, uint64_t n)
{
    struct batch_state *s = c->state;
    while (n > 0) {
        s->last = n < s->batch ? (size_t)n : s->batch;
        for (size_t i = 0; i < s->last; i++)
            assay_nonce_next(s->nonces[i]);
        ASSAY_TRY(seal_all(c, s->contexts, s->messages, s->last));
        n -= s->last;
    }
    return assay_consume(s->messages[0].out, s->size);
}

static enum assay_rc open_one(struct assay_case *c, size_t i)
{
    struct batch_state *s = c->state;
    const struct assay_aead_message *m = &s->messages[i];
    return c->backend->aead->open(s->contexts[i], s->back, m->nonce, m->out, m->in.size + ASSAY_TAG_SIZE,
                                  m->aad.data, m->aad.size);
}

static enum assay_rc batch_check(struct assay_case *c)
{
    struct batch_state *s = c->state;
    for (size_t i = 0; i < s->last; i++) {
        const struct assay_aead_message *m = &s->messages[i];
        enum assay_rc rc = open_one(c, i);
        if (rc == ASSAY_AUTH || (rc == ASSAY_OK && memcmp(s->back, m->in.data, m->in.size) != 0))
            return assay_wrong(c, "message %zu of a batch does not open to what was sealed", i);
        ASSAY_TRY(rc);
        memset(s->messages[i].out, 0, s->size + ASSAY_TAG_SIZE); /* the next run must write it anew */
    }
    return ASSAY_OK;
}

/* A message of a batch with a vector in it: the vector, a beginning of it under the same key, whose
 * ciphertext is a beginning too, or one under a key of its own, which opens under that. */
static enum assay_rc expect_one(struct assay_case *c, struct assay_proof *proof,
                                const struct assay_aead_vector *v, const uint8_t *want, assay_aead *context,
                                const struct assay_aead_message *m, bool whole)
{
    uint8_t back[128];
    if (whole || !many_keys(c))
        return assay_expect(c, proof, v->source, m->out, want, m->in.size + (whole ? ASSAY_TAG_SIZE : 0));
    enum assay_rc rc = c->backend->aead->open(context, back, m->nonce, m->out, m->in.size + ASSAY_TAG_SIZE,
                                              m->aad.data, m->aad.size);
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "a message beside a vector does not open under its own key");
    ASSAY_TRY(rc);
    return assay_expect(c, proof, "what stands beside a vector", back, m->in.data, m->in.size);
}

/* A batch in which the vector stands between messages that are beginnings of it, so that each place and many
 * lengths occur. */
static enum assay_rc one_vector(struct assay_case *c, struct assay_proof *proof,
                                const struct assay_aead_vector *v, size_t odd)
{
    uint8_t keys[BATCH_MAX][32], nonce[12], aad[32], plain[128], want[144], got[BATCH_MAX][144];
    struct assay_aead_message m[BATCH_MAX];
    assay_aead *contexts[BATCH_MAX] = {0};
    assay_hex(nonce, sizeof nonce, v->nonce);
    size_t aad_size = assay_hex(aad, sizeof aad, v->aad);
    size_t size = assay_hex(plain, sizeof plain, v->plaintext);
    assay_hex(want, sizeof want, v->ciphertext);
    assay_hex(want + size, ASSAY_TAG_SIZE, v->tag);
    for (size_t i = 0; i < BATCH_MAX; i++) {
        bool whole = i % 2 == odd;
        assay_hex(keys[i], sizeof keys[i], v->key);
        keys[i][0] ^= whole || !many_keys(c) ? 0 : (uint8_t)(i + 1);
        m[i] = (struct assay_aead_message){
            got[i], nonce, {plain, whole ? size : size * i / BATCH_MAX}, {aad, aad_size}};
    }
    enum assay_rc rc = contexts_new(c, keys, contexts);
    if (rc == ASSAY_OK)
        rc = seal_all(c, contexts, m, BATCH_MAX);
    for (size_t i = 0; rc == ASSAY_OK && i < BATCH_MAX; i++)
        rc = expect_one(c, proof, v, want, contexts[i], &m[i], i % 2 == odd);
    if (rc == ASSAY_OK) {
        got[odd][size] ^= 1;
        rc = assay_expect_refused(c, proof, "a flipped tag",
                                  c->backend->aead->open(contexts[odd], plain, nonce, got[odd],
                                                         size + ASSAY_TAG_SIZE, aad, aad_size));
    }
    contexts_free(c, contexts);
    return rc;
}

static enum assay_rc batch_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct batch_state *s = c->state;
    for (const struct assay_aead_vector *v = assay_aead_vectors; v->source; v++)
        for (size_t odd = 0; odd < 2 && v->alg == case_alg(c); odd++)
            ASSAY_TRY(one_vector(c, proof, v, odd));
    proof->deterministic = true;
    const uint64_t counts[] = {s->batch, 1, 5, 2 * s->batch};
    for (size_t k = 0; k < ASSAY_COUNT(counts); k++) {
        ASSAY_TRY(batch_run(c, counts[k]));
        for (size_t i = 0; i < s->last; i++)
            assay_proof_output(proof, s->messages[i].out, s->size + ASSAY_TAG_SIZE);
        ASSAY_TRY(batch_check(c));
    }
    ASSAY_TRY(batch_run(c, s->batch));
    for (size_t i = 0; i < s->batch; i++) {
        s->messages[i].out[s->size / 2] ^= 0x10;
        ASSAY_TRY(assay_expect_refused(c, proof, "a message with a flipped bit", open_one(c, i)));
    }
    return ASSAY_OK;
}

static const char *const headline[] = {"aes-256-gcm/64/b16", NULL};

#define BATCH_KERNEL                                                                                         \
    .unit = ASSAY_UNIT_BYTES, .params = params, .headline = headline, .supported = batch_supported,          \
    .served = batch_served, .bytes = batch_bytes, .batched = batch_batched, .setup = batch_setup,            \
    .prove = batch_prove, .run = batch_run, .check = batch_check, .teardown = batch_teardown

const struct assay_kernel assay_aead_seal_batch = {
    .id = "aead.seal.batch",
    .summary =
        "aead.seal with 16 messages at hand, in one call where the backend has it; the rate is of messages",
    .source = "RFC 5116 §2.1",
    BATCH_KERNEL,
};

const struct assay_kernel assay_aead_seal_keys = {
    .id = "aead.seal.keys",
    .summary = "aead.seal.batch with a key for each message, as the records of 16 connections",
    .source = "RFC 5116 §2.1",
    BATCH_KERNEL,
};

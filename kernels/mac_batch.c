/* SPDX-License-Identifier: Apache-2.0
 *
 * mac.batch: HMAC of messages that are at hand together, under one reused key, by one call where the backend
 * has it.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

#define KEY_SIZE  32u
#define BATCH_MAX 16u

static const struct assay_value algs[] = {
    {"sha256", ASSAY_HMAC_SHA256}, {"sha384", ASSAY_HMAC_SHA384}, {"sha512", ASSAY_HMAC_SHA512}};
static const struct assay_value sizes[] = {{"64", 64}};
static const struct assay_value batches[] = {{"b16", BATCH_MAX}, {"b8", 8}, {"b4", 4}};
static const struct assay_param params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("size", sizes), ASSAY_PARAM("batch", batches), {0}};

struct batch_state {
    assay_mac *mac;
    size_t size, out_size, batch;
    size_t last; /* messages in the last batch */
    bool native;
    uint8_t key[KEY_SIZE];
    struct assay_mac_message messages[BATCH_MAX];
    uint8_t *in;
    uint8_t out[BATCH_MAX][ASSAY_HASH_MAX];
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static uint64_t batch_bytes(const struct assay_case *c)
{
    return c->value[1];
}

static bool batch_batched(const struct assay_case *c)
{
    return ASSAY_HAS(c->backend->mac, compute_batch);
}

static bool batch_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_MAC, case_alg(c), why, why_size);
}

static enum assay_op batch_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_MAC;
}

static enum assay_rc batch_setup(struct assay_case *c)
{
    struct batch_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->size = (size_t)c->value[1];
    s->batch = (size_t)c->value[2];
    s->out_size = assay_reference_size(case_alg(c));
    s->native = batch_batched(c);
    s->in = assay_buffer(s->batch * s->size);
    if (!s->in)
        return ASSAY_NOMEM;
    assay_fill(s->key, sizeof s->key, 1);
    assay_fill(s->in, s->batch * s->size, 2);
    for (size_t i = 0; i < s->batch; i++)
        s->messages[i] = (struct assay_mac_message){s->out[i], {s->in + i * s->size, s->size}};
    return c->backend->mac->mac_new(c->instance, case_alg(c), s->key, sizeof s->key, &s->mac);
}

static void batch_teardown(struct assay_case *c)
{
    struct batch_state *s = c->state;
    if (!s)
        return;
    if (s->mac)
        c->backend->mac->mac_free(s->mac);
    free(s->in);
    free(s);
    c->state = NULL;
}

static enum assay_rc compute_all(struct assay_case *c, const struct assay_mac_message *m, size_t n)
{
    struct batch_state *s = c->state;
    const struct assay_mac_ops *ops = c->backend->mac;
    if (s->native)
        return ops->compute_batch(s->mac, m, n);
    for (size_t i = 0; i < n; i++)
        ASSAY_TRY(ops->compute(s->mac, m[i].out, m[i].in.data, m[i].in.size));
    return ASSAY_OK;
}

static enum assay_rc batch_run(struct assay_case *c, uint64_t n)
{
    struct batch_state *s = c->state;
    while (n > 0) {
        s->last = n < s->batch ? (size_t)n : s->batch;
        ASSAY_TRY(compute_all(c, s->messages, s->last));
        n -= s->last;
    }
    return assay_consume(s->out, sizeof s->out);
}

static enum assay_rc batch_check(struct assay_case *c)
{
    struct batch_state *s = c->state;
    uint8_t want[ASSAY_HASH_MAX];
    for (size_t i = 0; i < s->last; i++) {
        assay_reference_hmac(case_alg(c), want, s->key, sizeof s->key, s->messages[i].in.data, s->size);
        if (memcmp(s->out[i], want, s->out_size) != 0)
            return assay_wrong(c, "MAC %zu of a batch is not the one computed over libmd", i);
    }
    memset(s->out, 0, sizeof s->out); /* the next run must write it anew */
    return ASSAY_OK;
}

/* A batch in which the vector stands between messages that are beginnings of it, so that each place and many
 * lengths occur. */
static enum assay_rc one_vector(struct assay_case *c, struct assay_proof *proof,
                                const struct assay_mac_vector *v, size_t odd)
{
    struct batch_state *s = c->state;
    uint8_t key[160], message[160], want[ASSAY_HASH_MAX], got[BATCH_MAX][ASSAY_HASH_MAX];
    struct assay_mac_message m[BATCH_MAX];
    size_t key_size = assay_hex(key, sizeof key, v->key);
    size_t size = assay_hex(message, sizeof message, v->message);
    for (size_t i = 0; i < BATCH_MAX; i++)
        m[i] = (struct assay_mac_message){got[i],
                                          {message, i % 2 == odd ? size : 1 + (size - 1) * i / BATCH_MAX}};
    ASSAY_TRY(c->backend->mac->rekey(s->mac, key, key_size));
    ASSAY_TRY(compute_all(c, m, BATCH_MAX));
    for (size_t i = 0; i < BATCH_MAX; i++) {
        if (i % 2 == odd)
            assay_hex(want, sizeof want, v->tag);
        else
            assay_reference_hmac(v->alg, want, key, key_size, message, m[i].in.size);
        ASSAY_TRY(assay_expect(c, proof, v->source, got[i], want, s->out_size));
    }
    return ASSAY_OK;
}

/* One bit of a message changes that message's tag and no other. */
static enum assay_rc prove_change(struct assay_case *c, struct assay_proof *proof)
{
    struct batch_state *s = c->state;
    uint8_t before[BATCH_MAX][ASSAY_HASH_MAX];
    ASSAY_TRY(batch_run(c, s->batch));
    memcpy(before, s->out, sizeof before);
    for (size_t i = 0; i < s->batch; i++) {
        s->in[i * s->size + i] ^= 0x80;
        ASSAY_TRY(batch_run(c, s->batch));
        ASSAY_TRY(assay_expect_differs(c, proof, "a bit flipped in the message", s->out[i], before[i],
                                       s->out_size));
        ASSAY_TRY(batch_check(c));
        s->in[i * s->size + i] ^= 0x80;
    }
    return ASSAY_OK;
}

static enum assay_rc batch_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct batch_state *s = c->state;
    for (const struct assay_mac_vector *v = assay_mac_vectors; v->source; v++)
        for (size_t odd = 0; odd < 2 && v->alg == case_alg(c); odd++)
            ASSAY_TRY(one_vector(c, proof, v, odd));
    ASSAY_TRY(c->backend->mac->rekey(s->mac, s->key, sizeof s->key));
    proof->deterministic = true;
    const uint64_t counts[] = {s->batch, 1, 5, 2 * s->batch};
    for (size_t k = 0; k < ASSAY_COUNT(counts); k++) {
        ASSAY_TRY(batch_run(c, counts[k]));
        for (size_t i = 0; i < s->last; i++)
            assay_proof_output(proof, s->out[i], s->out_size);
        ASSAY_TRY(batch_check(c));
    }
    return prove_change(c, proof);
}

static const char *const headline[] = {"sha256/64/b16", NULL};

const struct assay_kernel assay_mac_batch = {
    .id = "mac.batch",
    .summary =
        "HMAC of 16 messages at hand, reused 32-byte key, in one call where the backend has it; the rate is "
        "of messages",
    .source = "RFC 2104",
    .unit = ASSAY_UNIT_BYTES,
    .params = params,
    .headline = headline,
    .supported = batch_supported,
    .served = batch_served,
    .bytes = batch_bytes,
    .batched = batch_batched,
    .setup = batch_setup,
    .prove = batch_prove,
    .run = batch_run,
    .check = batch_check,
    .teardown = batch_teardown,
};

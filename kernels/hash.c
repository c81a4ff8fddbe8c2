/* SPDX-License-Identifier: Apache-2.0
 *
 * hash: one-shot SHA-2 (FIPS 180-4) of a message in cache, context reused.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

static const struct assay_value algs[] = {
    {"sha256", ASSAY_SHA256}, {"sha384", ASSAY_SHA384}, {"sha512", ASSAY_SHA512}};
static const struct assay_value sizes[] = {{"64", 64}, {"1350", 1350}, {"16384", 16384}};
static const struct assay_param params[] = {ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("size", sizes), {0}};

struct hash_state {
    assay_hash *hash;
    size_t size, out_size;
    uint8_t *in;
    uint8_t out[ASSAY_HASH_MAX];
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static uint64_t hash_bytes(const struct assay_case *c)
{
    return c->value[1];
}

static bool hash_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_HASH, case_alg(c), why, why_size);
}

static enum assay_op hash_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_HASH;
}

static enum assay_rc hash_setup(struct assay_case *c)
{
    struct hash_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->size = (size_t)c->value[1];
    s->out_size = assay_reference_size(case_alg(c));
    s->in = assay_buffer(s->size);
    if (!s->in)
        return ASSAY_NOMEM;
    assay_fill(s->in, s->size, 1);
    return c->backend->hash->hash_new(c->instance, case_alg(c), &s->hash);
}

static void hash_teardown(struct assay_case *c)
{
    struct hash_state *s = c->state;
    if (!s)
        return;
    if (s->hash)
        c->backend->hash->hash_free(s->hash);
    free(s->in);
    free(s);
    c->state = NULL;
}

static enum assay_rc hash_run(struct assay_case *c, uint64_t n)
{
    struct hash_state *s = c->state;
    const struct assay_hash_ops *ops = c->backend->hash;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(ops->digest(s->hash, s->out, s->in, s->size));
    return assay_consume(s->out, s->out_size);
}

static enum assay_rc hash_check(struct assay_case *c)
{
    struct hash_state *s = c->state;
    uint8_t want[ASSAY_HASH_MAX];
    assay_reference_hash(case_alg(c), want, s->in, s->size);
    if (memcmp(s->out, want, s->out_size) != 0)
        return assay_wrong(c, "the digest is not the one libmd computes");
    memset(s->out, 0, s->out_size); /* the next run must write it anew */
    return ASSAY_OK;
}

static enum assay_rc prove_vectors(struct assay_case *c, struct assay_proof *proof)
{
    struct hash_state *s = c->state;
    uint8_t message[256], want[ASSAY_HASH_MAX], got[ASSAY_HASH_MAX];
    for (const struct assay_hash_vector *v = assay_hash_vectors; v->source; v++) {
        if (v->alg != case_alg(c))
            continue;
        size_t size = assay_hex(message, sizeof message, v->message);
        assay_hex(want, sizeof want, v->digest);
        ASSAY_TRY(c->backend->hash->digest(s->hash, got, message, size));
        ASSAY_TRY(assay_expect(c, proof, v->source, got, want, s->out_size));
    }
    return ASSAY_OK;
}

static enum assay_rc hash_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct hash_state *s = c->state;
    uint8_t first[ASSAY_HASH_MAX];
    ASSAY_TRY(prove_vectors(c, proof));
    proof->deterministic = true;
    ASSAY_TRY(hash_run(c, 1));
    memcpy(first, s->out, s->out_size);
    assay_proof_output(proof, s->out, s->out_size);
    ASSAY_TRY(hash_check(c));
    s->in[s->size - 1] ^= 1;
    enum assay_rc rc = hash_run(c, 1);
    if (rc == ASSAY_OK)
        rc = assay_expect_differs(c, proof, "a flipped bit", s->out, first, s->out_size);
    if (rc == ASSAY_OK)
        rc = hash_check(c);
    s->in[s->size - 1] ^= 1;
    return rc;
}

static const char *const headline[] = {"sha256/16384", "sha512/16384", NULL};

const struct assay_kernel assay_hash_digest = {
    .id = "hash",
    .summary = "one-shot SHA-2 of a message in cache, context reused",
    .source = "FIPS 180-4",
    .unit = ASSAY_UNIT_BYTES,
    .params = params,
    .headline = headline,
    .supported = hash_supported,
    .served = hash_served,
    .bytes = hash_bytes,
    .setup = hash_setup,
    .prove = hash_prove,
    .run = hash_run,
    .check = hash_check,
    .teardown = hash_teardown,
};

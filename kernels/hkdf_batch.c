/* SPDX-License-Identifier: Apache-2.0
 *
 * hkdf.batch: derivations that are at hand together (the keys of a flight of records, of tokens, of tenants),
 * by one call where the backend has it. Key material, salt and info of each are its own, and the info changes
 * each time, so that nothing is left to share.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

#define OUT_MAX   32u
#define BATCH_MAX 16u
#define VECTOR    128u /* bytes of the longest field of a vector, and more */

static const struct assay_value algs[] = {
    {"sha256", ASSAY_HKDF_SHA256}, {"sha384", ASSAY_HKDF_SHA384}, {"sha512", ASSAY_HKDF_SHA512}};
static const struct assay_value sizes[] = {{"32", OUT_MAX}};
static const struct assay_value batches[] = {{"b16", BATCH_MAX}, {"b8", 8}, {"b4", 4}};
static const struct assay_param params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("out", sizes), ASSAY_PARAM("batch", batches), {0}};

struct batch_state {
    assay_kdf *kdf;
    size_t size, batch;
    size_t last; /* derivations in the last batch */
    bool native;
    uint8_t ikm[BATCH_MAX][32], salt[BATCH_MAX][32], info[BATCH_MAX][16];
    struct assay_hkdf_input inputs[BATCH_MAX];
    uint8_t out[BATCH_MAX * OUT_MAX];
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static bool batch_batched(const struct assay_case *c)
{
    return ASSAY_HAS(c->backend->kdf, hkdf_batch);
}

static bool batch_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_KDF, case_alg(c), why, why_size);
}

static enum assay_op batch_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_KDF;
}

static enum assay_rc batch_setup(struct assay_case *c)
{
    struct batch_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->size = (size_t)c->value[1];
    s->batch = (size_t)c->value[2];
    s->native = batch_batched(c);
    assay_fill(s->ikm[0], sizeof s->ikm, 1);
    assay_fill(s->salt[0], sizeof s->salt, 2);
    assay_fill(s->info[0], sizeof s->info, 3);
    for (size_t i = 0; i < s->batch; i++)
        s->inputs[i] = (struct assay_hkdf_input){.ikm = {s->ikm[i], sizeof s->ikm[i]},
                                                 .salt = {s->salt[i], sizeof s->salt[i]},
                                                 .info = {s->info[i], sizeof s->info[i]}};
    return c->backend->kdf->kdf_new(c->instance, case_alg(c), &s->kdf);
}

static void batch_teardown(struct assay_case *c)
{
    struct batch_state *s = c->state;
    if (!s)
        return;
    if (s->kdf)
        c->backend->kdf->kdf_free(s->kdf);
    free(s);
    c->state = NULL;
}

static enum assay_rc derive_all(struct assay_case *c, uint8_t *out, size_t size,
                                const struct assay_hkdf_input *inputs, size_t n)
{
    struct batch_state *s = c->state;
    const struct assay_kdf_ops *ops = c->backend->kdf;
    if (s->native)
        return ops->hkdf_batch(s->kdf, out, size, inputs, n);
    for (size_t i = 0; i < n; i++)
        ASSAY_TRY(ops->hkdf(s->kdf, out + i * size, size, &inputs[i]));
    return ASSAY_OK;
}

static enum assay_rc batch_run(struct assay_case *c, uint64_t n)
{
    struct batch_state *s = c->state;
    while (n > 0) {
        s->last = n < s->batch ? (size_t)n : s->batch;
        for (size_t i = 0; i < s->last; i++)
            assay_nonce_next(s->info[i]);
        ASSAY_TRY(derive_all(c, s->out, s->size, s->inputs, s->last));
        n -= s->last;
    }
    return assay_consume(s->out, sizeof s->out);
}

static enum assay_rc batch_check(struct assay_case *c)
{
    struct batch_state *s = c->state;
    uint8_t want[OUT_MAX];
    for (size_t i = 0; i < s->last; i++) {
        assay_reference_hkdf(case_alg(c), want, s->size, &s->inputs[i]);
        if (memcmp(s->out + i * s->size, want, s->size) != 0)
            return assay_wrong(c, "derivation %zu of a batch is not the one computed over libmd", i);
    }
    memset(s->out, 0, sizeof s->out); /* the next run must write it anew */
    return ASSAY_OK;
}

/* A batch in which the vector stands between derivations with parts of its inputs, so that each place and
 * many lengths occur. */
static enum assay_rc one_vector(struct assay_case *c, struct assay_proof *proof,
                                const struct assay_hkdf_vector *v, size_t odd)
{
    uint8_t ikm[VECTOR], salt[VECTOR], info[VECTOR], want[VECTOR], got[BATCH_MAX * VECTOR];
    struct assay_hkdf_input in[BATCH_MAX];
    const struct assay_hkdf_input whole = {.ikm = {ikm, assay_hex(ikm, sizeof ikm, v->ikm)},
                                           .salt = {salt, assay_hex(salt, sizeof salt, v->salt)},
                                           .info = {info, assay_hex(info, sizeof info, v->info)}};
    size_t size = assay_hex(want, sizeof want, v->okm);
    for (size_t i = 0; i < BATCH_MAX; i++) {
        in[i] = whole;
        if (i % 2 != odd) {
            in[i].ikm.size = in[i].ikm.size * (i + 1) / BATCH_MAX;
            in[i].info.size = in[i].info.size * i / BATCH_MAX;
        }
    }
    ASSAY_TRY(derive_all(c, got, size, in, BATCH_MAX));
    for (size_t i = 0; i < BATCH_MAX; i++) {
        if (i % 2 == odd)
            assay_hex(want, sizeof want, v->okm);
        else
            assay_reference_hkdf(v->alg, want, size, &in[i]);
        ASSAY_TRY(assay_expect(c, proof, v->source, got + i * size, want, size));
    }
    return ASSAY_OK;
}

/* One bit of one derivation's input changes its output, and no other's. */
static enum assay_rc prove_change(struct assay_case *c, struct assay_proof *proof, const char *change,
                                  uint8_t *byte, size_t i)
{
    struct batch_state *s = c->state;
    uint8_t before[sizeof s->out];
    ASSAY_TRY(derive_all(c, before, s->size, s->inputs, s->batch));
    *byte ^= 1;
    enum assay_rc rc = derive_all(c, s->out, s->size, s->inputs, s->batch);
    if (rc == ASSAY_OK)
        rc = assay_expect_differs(c, proof, change, s->out + i * s->size, before + i * s->size, s->size);
    s->last = s->batch;
    if (rc == ASSAY_OK)
        rc = batch_check(c);
    *byte ^= 1;
    return rc;
}

static enum assay_rc batch_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct batch_state *s = c->state;
    for (const struct assay_hkdf_vector *v = assay_hkdf_vectors; v->source; v++)
        for (size_t odd = 0; odd < 2 && v->alg == case_alg(c); odd++)
            ASSAY_TRY(one_vector(c, proof, v, odd));
    proof->deterministic = true;
    const uint64_t counts[] = {s->batch, 1, 5, 2 * s->batch};
    for (size_t k = 0; k < ASSAY_COUNT(counts); k++) {
        ASSAY_TRY(batch_run(c, counts[k]));
        assay_proof_output(proof, s->out, s->last * s->size);
        ASSAY_TRY(batch_check(c));
    }
    for (size_t i = 0; i < s->batch; i++) {
        ASSAY_TRY(prove_change(c, proof, "a bit flipped in the key material", &s->ikm[i][i], i));
        ASSAY_TRY(prove_change(c, proof, "a bit flipped in the salt", &s->salt[i][i], i));
        ASSAY_TRY(prove_change(c, proof, "a bit flipped in the info", &s->info[i][0], i));
    }
    return ASSAY_OK;
}

static const char *const headline[] = {"sha256/32/b16", NULL};

const struct assay_kernel assay_hkdf_batch = {
    .id = "hkdf.batch",
    .summary =
        "HKDF with 16 derivations at hand, in one call where the backend has it; the rate is of derivations",
    .source = "RFC 5869",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .headline = headline,
    .supported = batch_supported,
    .served = batch_served,
    .batched = batch_batched,
    .setup = batch_setup,
    .prove = batch_prove,
    .run = batch_run,
    .check = batch_check,
    .teardown = batch_teardown,
};

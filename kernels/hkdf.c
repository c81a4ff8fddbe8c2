/* SPDX-License-Identifier: Apache-2.0
 *
 * hkdf: extract then expand (RFC 5869) from 32 bytes of key material, a 32-byte salt and 16 bytes of info, as
 * a key hierarchy derives one key a record or session.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

#define OUT_MAX 1024u

static const struct assay_value algs[] = {
    {"sha256", ASSAY_HKDF_SHA256}, {"sha384", ASSAY_HKDF_SHA384}, {"sha512", ASSAY_HKDF_SHA512}};
static const struct assay_value sizes[] = {{"32", 32}, {"64", 64}, {"1024", OUT_MAX}};
static const struct assay_param params[] = {ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("out", sizes), {0}};

struct hkdf_state {
    assay_kdf *kdf;
    size_t size;
    uint8_t ikm[32], salt[32], info[16];
    struct assay_hkdf_input input;
    uint8_t out[OUT_MAX];
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static bool hkdf_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_KDF, case_alg(c), why, why_size);
}

static enum assay_op hkdf_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_KDF;
}

static enum assay_rc hkdf_setup(struct assay_case *c)
{
    struct hkdf_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->size = (size_t)c->value[1];
    assay_fill(s->ikm, sizeof s->ikm, 1);
    assay_fill(s->salt, sizeof s->salt, 2);
    assay_fill(s->info, sizeof s->info, 3);
    s->input = (struct assay_hkdf_input){
        .ikm = {s->ikm, sizeof s->ikm}, .salt = {s->salt, sizeof s->salt}, .info = {s->info, sizeof s->info}};
    return c->backend->kdf->kdf_new(c->instance, case_alg(c), &s->kdf);
}

static void hkdf_teardown(struct assay_case *c)
{
    struct hkdf_state *s = c->state;
    if (!s)
        return;
    if (s->kdf)
        c->backend->kdf->kdf_free(s->kdf);
    free(s);
    c->state = NULL;
}

/* The info changes with each derivation, as its users' does. */
static enum assay_rc hkdf_run(struct assay_case *c, uint64_t n)
{
    struct hkdf_state *s = c->state;
    const struct assay_kdf_ops *ops = c->backend->kdf;
    for (uint64_t i = 0; i < n; i++) {
        assay_nonce_next(s->info);
        ASSAY_TRY(ops->hkdf(s->kdf, s->out, s->size, &s->input));
    }
    return assay_consume(s->out, s->size);
}

static enum assay_rc hkdf_check(struct assay_case *c)
{
    struct hkdf_state *s = c->state;
    uint8_t want[OUT_MAX];
    assay_reference_hkdf(case_alg(c), want, s->size, &s->input);
    if (memcmp(s->out, want, s->size) != 0)
        return assay_wrong(c, "the derived bytes are not those computed over libmd");
    memset(s->out, 0, s->size); /* the next run must write it anew */
    return ASSAY_OK;
}

static enum assay_rc prove_vectors(struct assay_case *c, struct assay_proof *proof)
{
    struct hkdf_state *s = c->state;
    uint8_t ikm[128], salt[128], info[128], want[128], got[128];
    for (const struct assay_hkdf_vector *v = assay_hkdf_vectors; v->source; v++) {
        if (v->alg != case_alg(c))
            continue;
        const struct assay_hkdf_input input = {.ikm = {ikm, assay_hex(ikm, sizeof ikm, v->ikm)},
                                               .salt = {salt, assay_hex(salt, sizeof salt, v->salt)},
                                               .info = {info, assay_hex(info, sizeof info, v->info)}};
        size_t size = assay_hex(want, sizeof want, v->okm);
        ASSAY_TRY(c->backend->kdf->hkdf(s->kdf, got, size, &input));
        ASSAY_TRY(assay_expect(c, proof, v->source, got, want, size));
    }
    return ASSAY_OK;
}

static enum assay_rc prove_change(struct assay_case *c, struct assay_proof *proof, const char *change,
                                  uint8_t *byte)
{
    struct hkdf_state *s = c->state;
    const struct assay_kdf_ops *ops = c->backend->kdf;
    uint8_t before[OUT_MAX];
    ASSAY_TRY(ops->hkdf(s->kdf, before, s->size, &s->input));
    *byte ^= 1;
    enum assay_rc rc = ops->hkdf(s->kdf, s->out, s->size, &s->input);
    if (rc == ASSAY_OK)
        rc = assay_expect_differs(c, proof, change, s->out, before, s->size);
    if (rc == ASSAY_OK)
        rc = hkdf_check(c);
    *byte ^= 1;
    return rc;
}

static enum assay_rc hkdf_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct hkdf_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof));
    proof->deterministic = true;
    for (int i = 0; i < 2; i++) {
        ASSAY_TRY(hkdf_run(c, 1));
        assay_proof_output(proof, s->out, s->size);
        ASSAY_TRY(hkdf_check(c));
    }
    ASSAY_TRY(prove_change(c, proof, "a bit flipped in the key material", s->ikm));
    ASSAY_TRY(prove_change(c, proof, "a bit flipped in the salt", s->salt));
    return prove_change(c, proof, "a bit flipped in the info", s->info);
}

static const char *const headline[] = {"sha256/32", NULL};

const struct assay_kernel assay_hkdf = {
    .id = "hkdf",
    .summary = "HKDF extract and expand: 32 bytes in, a 32-byte salt, 16 bytes of info that change each time",
    .source = "RFC 5869",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .headline = headline,
    .supported = hkdf_supported,
    .served = hkdf_served,
    .setup = hkdf_setup,
    .prove = hkdf_prove,
    .run = hkdf_run,
    .check = hkdf_check,
    .teardown = hkdf_teardown,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * wrap and unwrap: AES key wrap (RFC 3394) and key wrap with padding (RFC 5649) of one key under a 256-bit
 * KEK, its schedule kept.
 */
#include "kernels/kernels.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

#define KEY_MAX 40u

static const struct assay_value algs[] = {{"aes-kw", ASSAY_AES_KW}, {"aes-kwp", ASSAY_AES_KWP}};
/* 33: a length that needs padding, as a compressed P-256 point has */
static const struct assay_value sizes[] = {{"32", 32}, {"33", 33}};
static const struct assay_param params[] = {ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("size", sizes), {0}};

struct wrap_state {
    assay_wrap *wrap;
    size_t size, wrapped_size, back_size;
    uint8_t kek[32], key[KEY_MAX];
    uint8_t wrapped[KEY_MAX + ASSAY_WRAP_OVERHEAD];
    uint8_t back[KEY_MAX + ASSAY_WRAP_OVERHEAD];
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static bool wrap_exists(const struct assay_case *c)
{
    return case_alg(c) == ASSAY_AES_KWP || c->value[1] % 8 == 0; /* RFC 3394 §2: whole 64-bit blocks */
}

static bool wrap_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_WRAP, case_alg(c), why, why_size);
}

static enum assay_op wrap_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_WRAP;
}

static enum assay_rc wrap_setup(struct assay_case *c)
{
    struct wrap_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->size = (size_t)c->value[1];
    assay_fill(s->kek, sizeof s->kek, 1);
    assay_fill(s->key, s->size, 2);
    return c->backend->wrap->wrap_new(c->instance, case_alg(c), s->kek, sizeof s->kek, &s->wrap);
}

static enum assay_rc unwrap_setup(struct assay_case *c)
{
    ASSAY_TRY(wrap_setup(c));
    struct wrap_state *s = c->state;
    return c->backend->wrap->wrap(s->wrap, s->wrapped, &s->wrapped_size, s->key, s->size);
}

static void wrap_teardown(struct assay_case *c)
{
    struct wrap_state *s = c->state;
    if (!s)
        return;
    if (s->wrap)
        c->backend->wrap->wrap_free(s->wrap);
    free(s);
    c->state = NULL;
}

static enum assay_rc wrap_run(struct assay_case *c, uint64_t n)
{
    struct wrap_state *s = c->state;
    const struct assay_wrap_ops *ops = c->backend->wrap;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(ops->wrap(s->wrap, s->wrapped, &s->wrapped_size, s->key, s->size));
    return assay_consume(s->wrapped, s->wrapped_size);
}

static enum assay_rc unwrap_run(struct assay_case *c, uint64_t n)
{
    struct wrap_state *s = c->state;
    const struct assay_wrap_ops *ops = c->backend->wrap;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(ops->unwrap(s->wrap, s->back, &s->back_size, s->wrapped, s->wrapped_size));
    return assay_consume(s->back, s->back_size);
}

static enum assay_rc unwrap_check(struct assay_case *c)
{
    struct wrap_state *s = c->state;
    if (s->back_size != s->size || memcmp(s->back, s->key, s->size) != 0)
        return assay_wrong(c, "the unwrapped key is not the one that was wrapped");
    memset(s->back, 0, sizeof s->back); /* the next run must write it anew */
    s->back_size = 0;
    return ASSAY_OK;
}

static enum assay_rc wrap_check(struct assay_case *c)
{
    struct wrap_state *s = c->state;
    if (s->wrapped_size != (s->size + 7) / 8 * 8 + 8)
        return assay_wrong(c, "the wrapped key has %zu bytes", s->wrapped_size);
    enum assay_rc rc = c->backend->wrap->unwrap(s->wrap, s->back, &s->back_size, s->wrapped, s->wrapped_size);
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "the wrapped key does not unwrap");
    ASSAY_TRY(rc);
    memset(s->wrapped, 0, sizeof s->wrapped);
    s->wrapped_size = 0;
    return unwrap_check(c);
}

static enum assay_rc one_vector(struct assay_case *c, struct assay_proof *proof,
                                const struct assay_wrap_vector *v)
{
    const struct assay_wrap_ops *ops = c->backend->wrap;
    uint8_t kek[32], key[KEY_MAX], wrapped[KEY_MAX + ASSAY_WRAP_OVERHEAD], got[KEY_MAX + ASSAY_WRAP_OVERHEAD];
    size_t kek_size = assay_hex(kek, sizeof kek, v->kek), got_size = 0;
    size_t size = v->key ? assay_hex(key, sizeof key, v->key) : 0;
    size_t wrapped_size = assay_hex(wrapped, sizeof wrapped, v->wrapped);
    assay_wrap *wrap = NULL;
    ASSAY_TRY(ops->wrap_new(c->instance, v->alg, kek, kek_size, &wrap));
    enum assay_rc rc;
    if (!v->key) {
        rc = ops->unwrap(wrap, got, &got_size, wrapped, wrapped_size);
        rc = assay_expect_refused(c, proof, v->source, rc);
        goto out;
    }
    rc = ops->wrap(wrap, got, &got_size, key, size);
    if (rc == ASSAY_OK && got_size != wrapped_size)
        rc = assay_wrong(c, "%s: the wrapped key has %zu bytes, not %zu", v->source, got_size, wrapped_size);
    if (rc == ASSAY_OK)
        rc = assay_expect(c, proof, v->source, got, wrapped, wrapped_size);
    if (rc == ASSAY_OK)
        rc = ops->unwrap(wrap, got, &got_size, wrapped, wrapped_size);
    if (rc == ASSAY_OK && got_size != size)
        rc = assay_wrong(c, "%s: the unwrapped key has %zu bytes, not %zu", v->source, got_size, size);
    if (rc == ASSAY_OK)
        rc = assay_expect(c, proof, v->source, got, key, size);
out:
    ops->wrap_free(wrap);
    return rc;
}

static enum assay_rc prove_vectors(struct assay_case *c, struct assay_proof *proof)
{
    for (const struct assay_wrap_vector *v = assay_wrap_vectors; v->source; v++)
        if (v->alg == case_alg(c))
            ASSAY_TRY(one_vector(c, proof, v));
    return ASSAY_OK;
}

/* The wrapped key in s with a bit flipped in its first, a middle and its last block, and under another KEK.
 */
static enum assay_rc prove_forgeries(struct assay_case *c, struct assay_proof *proof)
{
    struct wrap_state *s = c->state;
    const struct assay_wrap_ops *ops = c->backend->wrap;
    uint8_t out[sizeof s->back];
    size_t out_size;
    const size_t at[] = {0, s->wrapped_size / 2, s->wrapped_size - 1};
    for (size_t i = 0; i < ASSAY_COUNT(at); i++) {
        s->wrapped[at[i]] ^= 1;
        enum assay_rc rc = ops->unwrap(s->wrap, out, &out_size, s->wrapped, s->wrapped_size);
        s->wrapped[at[i]] ^= 1;
        ASSAY_TRY(assay_expect_refused(c, proof, "a wrapped key with a flipped bit", rc));
    }
    assay_wrap *other = NULL;
    s->kek[31] ^= 1;
    enum assay_rc rc = ops->wrap_new(c->instance, case_alg(c), s->kek, sizeof s->kek, &other);
    s->kek[31] ^= 1;
    ASSAY_TRY(rc);
    rc = ops->unwrap(other, out, &out_size, s->wrapped, s->wrapped_size);
    ops->wrap_free(other);
    return assay_expect_refused(c, proof, "a wrapped key under another KEK", rc);
}

static enum assay_rc wrap_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct wrap_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof));
    proof->deterministic = true;
    ASSAY_TRY(wrap_run(c, 1));
    assay_proof_output(proof, s->wrapped, s->wrapped_size);
    ASSAY_TRY(prove_forgeries(c, proof));
    return wrap_check(c);
}

static enum assay_rc unwrap_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct wrap_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof));
    proof->deterministic = true;
    ASSAY_TRY(unwrap_run(c, 1));
    assay_proof_output(proof, s->back, s->back_size);
    assay_proof_output(proof, s->wrapped, s->wrapped_size);
    ASSAY_TRY(prove_forgeries(c, proof));
    return unwrap_check(c);
}

static const char *const headline[] = {"aes-kw/32", NULL};

const struct assay_kernel assay_wrap_wrap = {
    .id = "wrap",
    .summary = "AES key wrap of one key under a 256-bit KEK, key schedule kept",
    .source = "RFC 3394 §2.2.1, RFC 5649 §4.1",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .headline = headline,
    .exists = wrap_exists,
    .supported = wrap_supported,
    .served = wrap_served,
    .setup = wrap_setup,
    .prove = wrap_prove,
    .run = wrap_run,
    .check = wrap_check,
    .teardown = wrap_teardown,
};

const struct assay_kernel assay_wrap_unwrap = {
    .id = "unwrap",
    .summary = "AES key unwrap of one key under a 256-bit KEK, integrity verified, key schedule kept",
    .source = "RFC 3394 §2.2.2, RFC 5649 §4.2",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .exists = wrap_exists,
    .supported = wrap_supported,
    .served = wrap_served,
    .setup = unwrap_setup,
    .prove = unwrap_prove,
    .run = unwrap_run,
    .check = unwrap_check,
    .teardown = wrap_teardown,
};

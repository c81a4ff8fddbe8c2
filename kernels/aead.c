/* SPDX-License-Identifier: Apache-2.0
 *
 * AEAD kernels (RFC 5116): seal, open, seal with a new key a message, streaming seal, and seal the way a
 * library's manual shows it. 13 bytes of associated data, as a TLS 1.2 record has; a fresh nonce a message.
 */
#include "kernels/kernels.h"
#include "kernels/vectors/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AAD_SIZE     13u
#define STREAM_SIZE  (1u << 20)
#define STREAM_CHUNK 16384u
#define RING         4u     /* messages that aead.open goes through in turn … */
#define RING_LIMIT   16384u /* … up to this size; beyond, one message, to stay hot in cache */

static const struct assay_value algs[] = {
    {"aes-256-gcm", ASSAY_AES_256_GCM},
    {"aes-128-gcm", ASSAY_AES_128_GCM},
    {"chacha20-poly1305", ASSAY_CHACHA20_POLY1305},
};
static const struct assay_value gcm_algs[] = {
    {"aes-256-gcm", ASSAY_AES_256_GCM},
    {"aes-128-gcm", ASSAY_AES_128_GCM},
};
static const struct assay_value sizes[] = {{"16", 16},       {"64", 64},          {"256", 256},
                                           {"1350", 1350},   {"8192", 8192},      {"16384", 16384},
                                           {"65536", 65536}, {"1048576", 1048576}};
static const struct assay_value large_sizes[] = {{"16777216", 16 << 20}, {"67108864", 64 << 20}};
static const struct assay_value few_sizes[] = {{"64", 64}, {"1024", 1024}, {"16384", 16384}};

static const struct assay_param params[] = {ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("size", sizes), {0}};
static const struct assay_param large_params[] = {
    ASSAY_PARAM("algorithm", gcm_algs), ASSAY_PARAM("size", large_sizes), {0}};
static const struct assay_param few_params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("size", few_sizes), {0}};
static const struct assay_param stream_params[] = {ASSAY_PARAM("algorithm", algs), {0}};

struct aead_state {
    enum assay_alg alg;
    assay_aead *aead;
    size_t size;
    uint8_t key[32], aad[AAD_SIZE], nonce[ASSAY_NONCE_SIZE];
    uint8_t *in, *out, *back; /* message, sealed message, opened again */
    uint8_t *sealed[RING];    /* what aead.open opens */
    uint8_t nonces[RING][ASSAY_NONCE_SIZE];
    unsigned ring, at;
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static size_t case_size(const struct assay_case *c)
{
    return c->kernel->params == stream_params ? STREAM_SIZE : (size_t)c->value[1];
}

static uint64_t aead_bytes(const struct assay_case *c)
{
    return case_size(c);
}

static bool aead_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_AEAD, case_alg(c), why, why_size);
}

static enum assay_op aead_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_AEAD;
}

static enum assay_rc aead_setup(struct assay_case *c)
{
    struct aead_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->alg = case_alg(c);
    s->size = case_size(c);
    s->in = assay_buffer(s->size);
    s->out = assay_buffer(s->size + ASSAY_TAG_SIZE);
    s->back = assay_buffer(s->size);
    if (!s->in || !s->out || !s->back)
        return ASSAY_NOMEM;
    assay_fill(s->key, sizeof s->key, 1);
    assay_fill(s->aad, sizeof s->aad, 2);
    assay_fill(s->in, s->size, 3);
    return c->backend->aead->aead_new(c->instance, s->alg, s->key, &s->aead);
}

static void aead_teardown(struct assay_case *c)
{
    struct aead_state *s = c->state;
    if (!s)
        return;
    if (s->aead)
        c->backend->aead->aead_free(s->aead);
    for (unsigned i = 0; i < RING; i++)
        free(s->sealed[i]);
    free(s->in);
    free(s->out);
    free(s->back);
    free(s);
    c->state = NULL;
}

static enum assay_rc one_vector(struct assay_case *c, struct assay_proof *proof,
                                const struct assay_aead_vector *v)
{
    const struct assay_aead_ops *ops = c->backend->aead;
    uint8_t key[32], nonce[12], aad[32], plain[128], want[144], got[144];
    assay_hex(key, sizeof key, v->key);
    assay_hex(nonce, sizeof nonce, v->nonce);
    size_t aad_size = assay_hex(aad, sizeof aad, v->aad);
    size_t size = assay_hex(plain, sizeof plain, v->plaintext);
    assay_hex(want, sizeof want, v->ciphertext);
    assay_hex(want + size, ASSAY_TAG_SIZE, v->tag);
    assay_aead *aead = NULL;
    ASSAY_TRY(ops->aead_new(c->instance, v->alg, key, &aead));
    enum assay_rc rc = ops->seal(aead, got, nonce, plain, size, aad, aad_size);
    if (rc == ASSAY_OK)
        rc = assay_expect(c, proof, v->source, got, want, size + ASSAY_TAG_SIZE);
    if (rc == ASSAY_OK)
        rc = ops->open(aead, got, nonce, want, size + ASSAY_TAG_SIZE, aad, aad_size);
    if (rc == ASSAY_OK)
        rc = assay_expect(c, proof, v->source, got, plain, size);
    if (rc == ASSAY_OK) {
        want[size + ASSAY_TAG_SIZE - 1] ^= 1;
        rc = assay_expect_refused(c, proof, "a flipped tag",
                                  ops->open(aead, got, nonce, want, size + ASSAY_TAG_SIZE, aad, aad_size));
    }
    ops->aead_free(aead);
    return rc;
}

static enum assay_rc prove_vectors(struct assay_case *c, struct assay_proof *proof)
{
    for (const struct assay_aead_vector *v = assay_aead_vectors; v->source; v++)
        if (v->alg == case_alg(c))
            ASSAY_TRY(one_vector(c, proof, v));
    return ASSAY_OK;
}

/* The last output of run(): it opens to the message, and no longer does with one bit flipped. */
static enum assay_rc check_sealed(struct assay_case *c)
{
    struct aead_state *s = c->state;
    const struct assay_aead_ops *ops = c->backend->aead;
    size_t sealed = s->size + ASSAY_TAG_SIZE;
    memset(s->back, 0, s->size);
    enum assay_rc rc = ops->open(s->aead, s->back, s->nonce, s->out, sealed, s->aad, sizeof s->aad);
    if (rc == ASSAY_AUTH || (rc == ASSAY_OK && memcmp(s->back, s->in, s->size) != 0))
        return assay_wrong(c, "the sealed message does not open to what was sealed");
    return rc;
}

/* Two operations on the inputs to be timed, then a negative on their output. */
static enum assay_rc prove_timed(struct assay_case *c, struct assay_proof *proof)
{
    struct aead_state *s = c->state;
    size_t sealed = s->size + ASSAY_TAG_SIZE;
    proof->deterministic = true;
    for (int i = 0; i < 2; i++) {
        ASSAY_TRY(c->kernel->run(c, 1));
        assay_proof_output(proof, s->out, sealed);
        ASSAY_TRY(check_sealed(c));
    }
    s->out[s->size / 2] ^= 0x10;
    enum assay_rc rc = assay_expect_refused(
        c, proof, "a message with a flipped bit",
        c->backend->aead->open(s->aead, s->back, s->nonce, s->out, sealed, s->aad, sizeof s->aad));
    s->out[s->size / 2] ^= 0x10;
    return rc;
}

static enum assay_rc seal_prove(struct assay_case *c, struct assay_proof *proof)
{
    ASSAY_TRY(prove_vectors(c, proof));
    return prove_timed(c, proof);
}

static enum assay_rc seal_run(struct assay_case *c, uint64_t n)
{
    struct aead_state *s = c->state;
    const struct assay_aead_ops *ops = c->backend->aead;
    for (uint64_t i = 0; i < n; i++) {
        assay_nonce_next(s->nonce);
        ASSAY_TRY(ops->seal(s->aead, s->out, s->nonce, s->in, s->size, s->aad, sizeof s->aad));
    }
    return assay_consume(s->out, s->size);
}

static enum assay_rc open_setup(struct assay_case *c)
{
    ASSAY_TRY(aead_setup(c));
    struct aead_state *s = c->state;
    s->ring = s->size <= RING_LIMIT ? RING : 1;
    for (unsigned i = 0; i < s->ring; i++) {
        s->sealed[i] = assay_buffer(s->size + ASSAY_TAG_SIZE);
        if (!s->sealed[i])
            return ASSAY_NOMEM;
        assay_nonce_next(s->nonce);
        memcpy(s->nonces[i], s->nonce, sizeof s->nonce);
        ASSAY_TRY(
            c->backend->aead->seal(s->aead, s->sealed[i], s->nonce, s->in, s->size, s->aad, sizeof s->aad));
    }
    return ASSAY_OK;
}

static enum assay_rc open_run(struct assay_case *c, uint64_t n)
{
    struct aead_state *s = c->state;
    const struct assay_aead_ops *ops = c->backend->aead;
    for (uint64_t i = 0; i < n; i++) {
        s->at = (s->at + 1) & (s->ring - 1);
        ASSAY_TRY(ops->open(s->aead, s->back, s->nonces[s->at], s->sealed[s->at], s->size + ASSAY_TAG_SIZE,
                            s->aad, sizeof s->aad));
    }
    return assay_consume(s->back, s->size);
}

static enum assay_rc open_check(struct assay_case *c)
{
    struct aead_state *s = c->state;
    if (memcmp(s->back, s->in, s->size) != 0)
        return assay_wrong(c, "the opened message is not what was sealed");
    memset(s->back, 0, s->size);
    return ASSAY_OK;
}

static enum assay_rc open_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct aead_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof));
    proof->deterministic = true;
    for (unsigned i = 0; i < s->ring; i++) {
        ASSAY_TRY(open_run(c, 1));
        assay_proof_output(proof, s->back, s->size);
        assay_proof_output(proof, s->sealed[s->at], s->size + ASSAY_TAG_SIZE);
        ASSAY_TRY(open_check(c));
    }
    s->sealed[s->at][s->size] ^= 1;
    s->at = (s->at - 1) & (s->ring - 1);
    enum assay_rc rc = assay_expect_refused(c, proof, "a message with a flipped tag", open_run(c, 1));
    s->sealed[s->at][s->size] ^= 1;
    return rc;
}

static enum assay_rc rekey_run(struct assay_case *c, uint64_t n)
{
    struct aead_state *s = c->state;
    const struct assay_aead_ops *ops = c->backend->aead;
    for (uint64_t i = 0; i < n; i++) {
        assay_nonce_next(s->key);
        assay_nonce_next(s->nonce);
        ASSAY_TRY(ops->rekey(s->aead, s->key));
        ASSAY_TRY(ops->seal(s->aead, s->out, s->nonce, s->in, s->size, s->aad, sizeof s->aad));
    }
    return assay_consume(s->out, s->size);
}

static bool stream_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_AEAD_STREAM, case_alg(c), why, why_size) &&
           aead_supported(c, why, why_size);
}

static enum assay_rc stream_run(struct assay_case *c, uint64_t n)
{
    struct aead_state *s = c->state;
    const struct assay_aead_ops *ops = c->backend->aead;
    for (uint64_t i = 0; i < n; i++) {
        assay_nonce_next(s->nonce);
        ASSAY_TRY(ops->seal_init(s->aead, s->nonce, s->aad, sizeof s->aad));
        for (size_t at = 0; at < s->size; at += STREAM_CHUNK)
            ASSAY_TRY(ops->seal_update(s->aead, s->out + at, s->in + at, STREAM_CHUNK));
        ASSAY_TRY(ops->seal_final(s->aead, s->out + s->size));
    }
    return assay_consume(s->out, s->size);
}

static bool fetch_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_AEAD_FETCH, case_alg(c), why, why_size) &&
           aead_supported(c, why, why_size);
}

static enum assay_rc fetch_run(struct assay_case *c, uint64_t n)
{
    struct aead_state *s = c->state;
    const struct assay_aead_ops *ops = c->backend->aead;
    for (uint64_t i = 0; i < n; i++) {
        assay_nonce_next(s->nonce);
        ASSAY_TRY(ops->seal_fetch(c->instance, s->alg, s->key, s->out, s->nonce, s->in, s->size, s->aad,
                                  sizeof s->aad));
    }
    return assay_consume(s->out, s->size);
}

static const char *const seal_headline[] = {"aes-256-gcm/64",          "aes-256-gcm/1350",
                                            "aes-256-gcm/16384",       "aes-128-gcm/16384",
                                            "chacha20-poly1305/16384", NULL};
static const char *const open_headline[] = {"aes-256-gcm/1350", "aes-256-gcm/16384", NULL};
static const char *const few_headline[] = {"aes-256-gcm/64", NULL};

const struct assay_kernel assay_aead_seal = {
    .id = "aead.seal",
    .summary = "one-shot AEAD encryption, reused key, a fresh nonce a message, 13 bytes of AAD",
    .source = "RFC 5116 §2.1",
    .unit = ASSAY_UNIT_BYTES,
    .params = params,
    .headline = seal_headline,
    .supported = aead_supported,
    .served = aead_served,
    .bytes = aead_bytes,
    .setup = aead_setup,
    .prove = seal_prove,
    .run = seal_run,
    .check = check_sealed,
    .teardown = aead_teardown,
};

const struct assay_kernel assay_aead_open = {
    .id = "aead.open",
    .summary = "one-shot AEAD decryption with the tag verified, reused key, 13 bytes of AAD",
    .source = "RFC 5116 §2.2",
    .unit = ASSAY_UNIT_BYTES,
    .params = params,
    .headline = open_headline,
    .supported = aead_supported,
    .served = aead_served,
    .bytes = aead_bytes,
    .setup = open_setup,
    .prove = open_prove,
    .run = open_run,
    .check = open_check,
    .teardown = aead_teardown,
};

const struct assay_kernel assay_aead_seal_large = {
    .id = "aead.seal.large",
    .summary =
        "aead.seal of a message larger than caches: memory and, where a backend has them, threads count",
    .source = "RFC 5116 §2.1",
    .unit = ASSAY_UNIT_BYTES,
    .params = large_params,
    .supported = aead_supported,
    .served = aead_served,
    .bytes = aead_bytes,
    .setup = aead_setup,
    .prove = seal_prove,
    .run = seal_run,
    .check = check_sealed,
    .teardown = aead_teardown,
};

const struct assay_kernel assay_aead_open_large = {
    .id = "aead.open.large",
    .summary = "aead.open of a message larger than caches, the tag verified",
    .source = "RFC 5116 §2.2",
    .unit = ASSAY_UNIT_BYTES,
    .params = large_params,
    .supported = aead_supported,
    .served = aead_served,
    .bytes = aead_bytes,
    .setup = open_setup,
    .prove = open_prove,
    .run = open_run,
    .check = open_check,
    .teardown = aead_teardown,
};

const struct assay_kernel assay_aead_rekey = {
    .id = "aead.rekey",
    .summary = "a new key and one sealed message, context reused",
    .source = "RFC 5116 §2.1",
    .unit = ASSAY_UNIT_BYTES,
    .params = few_params,
    .headline = few_headline,
    .supported = aead_supported,
    .served = aead_served,
    .bytes = aead_bytes,
    .setup = aead_setup,
    .prove = seal_prove,
    .run = rekey_run,
    .check = check_sealed,
    .teardown = aead_teardown,
};

const struct assay_kernel assay_aead_stream = {
    .id = "aead.stream",
    .summary = "streaming AEAD encryption of 1 MiB: init, 64 updates of 16 KiB, final",
    .source = "SP 800-38D §7.1",
    .unit = ASSAY_UNIT_BYTES,
    .params = stream_params,
    .supported = stream_supported,
    .served = aead_served,
    .bytes = aead_bytes,
    .setup = aead_setup,
    .prove = seal_prove,
    .run = stream_run,
    .check = check_sealed,
    .teardown = aead_teardown,
};

const struct assay_kernel assay_aead_seal_fetch = {
    .id = "aead.seal.fetch",
    .summary = "the library's usual way: look up the algorithm, make a context, key it, seal, free it",
    .source = "RFC 5116 §2.1",
    .unit = ASSAY_UNIT_BYTES,
    .params = few_params,
    .headline = few_headline,
    .supported = fetch_supported,
    .served = aead_served,
    .bytes = aead_bytes,
    .setup = aead_setup,
    .prove = seal_prove,
    .run = fetch_run,
    .check = check_sealed,
    .teardown = aead_teardown,
};

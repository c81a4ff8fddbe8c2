/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of operations, and what they share.
 */
#include "tests/check/ops.h"
#include "backends/native/native.h"
#include "kernels/kernel.h"
#include "tests/check/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool op_watched;
void (*op_public)(const void *, size_t);

#define COUNT_OF(a, b, c, d, e, f, g, h, n, ...) n
#define COUNT(...)                               COUNT_OF(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define CALL(function, ...)                                                                                  \
    (op_watched ? (enum assay_rc)watch_call((watch_function)(function), COUNT(__VA_ARGS__), __VA_ARGS__)     \
                : (function)(__VA_ARGS__))

/* The next piece of a text that is cut into `left` more pieces: even ones, or uneven when split is odd. */
static size_t cut(uint32_t *split, size_t size, size_t left)
{
    if (left == 1)
        return size;
    if (*split % 2 == 0)
        return size / left;
    *split = (*split * 1664525u + 1013904223u) | 1; /* a linear congruential generator (Numerical Recipes) */
    size_t most = 2 * size / left;
    return (*split >> 8) % (most + 1);
}

static size_t text_and_tag(const struct op *op, size_t text)
{
    (void)op;
    return text + ASSAY_TAG_SIZE;
}

static size_t text_itself(const struct op *op, size_t text)
{
    (void)op;
    return text;
}

static size_t digest_size(const struct op *op, size_t text)
{
    (void)text;
    return op->digest;
}

static enum assay_rc aead_key(const struct op_side *side, const struct op *op, void **ctx,
                              const struct op_call *c)
{
    const struct assay_aead_ops *t = side->backend->aead;
    if (*ctx != NULL)
        return CALL(t->rekey, *ctx, c->key);
    return CALL(t->aead_new, side->instance, (uint64_t)op->alg, c->key, (assay_aead **)ctx);
}

static enum assay_rc aead_seal(const struct op_side *side, const struct op *op, void *ctx,
                               const struct op_call *c)
{
    (void)op;
    return CALL(side->backend->aead->seal, ctx, c->out, c->nonce, c->in, c->in_size, c->aad, c->aad_size);
}

static enum assay_rc aead_open(const struct op_side *side, const struct op *op, void *ctx,
                               const struct op_call *c)
{
    (void)op;
    return CALL(side->backend->aead->open, ctx, c->out, c->nonce, c->in, c->in_size, c->aad, c->aad_size);
}

static enum assay_rc aead_stream(const struct op_side *side, const struct op *op, void *ctx,
                                 const struct op_call *c)
{
    const struct assay_aead_ops *t = side->backend->aead;
    (void)op;
    uint32_t split = c->split;
    size_t pieces = 1 + split / 2 % 9, at = 0;
    ASSAY_TRY(CALL(t->seal_init, ctx, c->nonce, c->aad, c->aad_size));
    for (; pieces > 0; pieces--) {
        size_t take = cut(&split, c->in_size - at, pieces);
        ASSAY_TRY(CALL(t->seal_update, ctx, c->out + at, c->in + at, take));
        at += take;
    }
    return CALL(t->seal_final, ctx, c->out + c->in_size);
}

static size_t text_and_tags(const struct op *op, size_t text)
{
    (void)op;
    return text + OP_BATCH * ASSAY_TAG_SIZE;
}

/* Cuts a text into messages, each with a nonce of its own. */
static void batch_of(struct assay_aead_message m[OP_BATCH], uint8_t nonces[OP_BATCH][ASSAY_NONCE_SIZE],
                     const struct op_call *c)
{
    uint8_t *out = c->out;
    const uint8_t *in = c->in;
    uint32_t split = c->split;
    for (size_t i = 0, left = c->in_size; i < OP_BATCH; i++) {
        size_t take = cut(&split, left, OP_BATCH - i);
        memcpy(nonces[i], c->nonce, ASSAY_NONCE_SIZE);
        nonces[i][0] ^= (uint8_t)i;
        m[i] = (struct assay_aead_message){out, nonces[i], {in, take}, {c->aad, c->aad_size}};
        out += take + ASSAY_TAG_SIZE;
        in += take;
        left -= take;
    }
}

static enum assay_rc one_after_another(const struct op_side *side, const struct op *op, void *ctx,
                                       const struct assay_aead_message m[OP_BATCH])
{
    for (size_t i = 0; i < OP_BATCH; i++)
        ASSAY_TRY(aead_seal(side, op, ctx,
                            &(struct op_call){.nonce = m[i].nonce,
                                              .aad = m[i].aad.data,
                                              .aad_size = m[i].aad.size,
                                              .in = m[i].in.data,
                                              .in_size = m[i].in.size,
                                              .out = m[i].out}));
    return ASSAY_OK;
}

static enum assay_rc aead_batch(const struct op_side *side, const struct op *op, void *ctx,
                                const struct op_call *c)
{
    const struct assay_aead_ops *t = side->backend->aead;
    struct assay_aead_message m[OP_BATCH];
    uint8_t nonces[OP_BATCH][ASSAY_NONCE_SIZE];
    batch_of(m, nonces, c);
    if (ASSAY_HAS(t, seal_batch))
        return CALL(t->seal_batch, ctx, m, (size_t)OP_BATCH);
    return one_after_another(side, op, ctx, m);
}

/* The context stands for each of the keys. */
static enum assay_rc aead_keys(const struct op_side *side, const struct op *op, void *ctx,
                               const struct op_call *c)
{
    const struct assay_aead_ops *t = side->backend->aead;
    struct assay_aead_message m[OP_BATCH];
    uint8_t nonces[OP_BATCH][ASSAY_NONCE_SIZE];
    assay_aead *contexts[OP_BATCH];
    batch_of(m, nonces, c);
    for (size_t i = 0; i < OP_BATCH; i++)
        contexts[i] = ctx;
    if (ASSAY_HAS(t, seal_batch_keys))
        return CALL(t->seal_batch_keys, contexts, m, (size_t)OP_BATCH);
    return one_after_another(side, op, ctx, m);
}

static void aead_drop(const struct op_side *side, void *ctx)
{
    side->backend->aead->aead_free(ctx);
}

static enum assay_rc hash_key(const struct op_side *side, const struct op *op, void **ctx,
                              const struct op_call *c)
{
    (void)c;
    if (*ctx != NULL)
        return ASSAY_OK;
    return CALL(side->backend->hash->hash_new, side->instance, (uint64_t)op->alg, (assay_hash **)ctx);
}

static enum assay_rc hash_digest(const struct op_side *side, const struct op *op, void *ctx,
                                 const struct op_call *c)
{
    (void)op;
    return CALL(side->backend->hash->digest, ctx, c->out, c->in, c->in_size);
}

static void hash_drop(const struct op_side *side, void *ctx)
{
    side->backend->hash->hash_free(ctx);
}

static enum assay_rc mac_key(const struct op_side *side, const struct op *op, void **ctx,
                             const struct op_call *c)
{
    const struct assay_mac_ops *t = side->backend->mac;
    if (*ctx != NULL)
        return CALL(t->rekey, *ctx, c->key, c->key_size);
    return CALL(t->mac_new, side->instance, (uint64_t)op->alg, c->key, c->key_size, (assay_mac **)ctx);
}

static enum assay_rc mac_compute(const struct op_side *side, const struct op *op, void *ctx,
                                 const struct op_call *c)
{
    (void)op;
    return CALL(side->backend->mac->compute, ctx, c->out, c->in, c->in_size);
}

static size_t digests_size(const struct op *op, size_t text)
{
    (void)text;
    return OP_BATCH * op->digest;
}

static enum assay_rc mac_batch(const struct op_side *side, const struct op *op, void *ctx,
                               const struct op_call *c)
{
    const struct assay_mac_ops *t = side->backend->mac;
    struct assay_mac_message m[OP_BATCH];
    uint32_t split = c->split;
    size_t at = 0;
    for (size_t i = 0; i < OP_BATCH; i++) {
        size_t take = cut(&split, c->in_size - at, OP_BATCH - i);
        m[i] = (struct assay_mac_message){c->out + i * op->digest, {c->in + at, take}};
        at += take;
    }
    if (ASSAY_HAS(t, compute_batch))
        return CALL(t->compute_batch, ctx, m, (size_t)OP_BATCH);
    for (size_t i = 0; i < OP_BATCH; i++)
        ASSAY_TRY(CALL(t->compute, ctx, m[i].out, m[i].in.data, m[i].in.size));
    return ASSAY_OK;
}

static void mac_drop(const struct op_side *side, void *ctx)
{
    side->backend->mac->mac_free(ctx);
}

static enum assay_rc kdf_key(const struct op_side *side, const struct op *op, void **ctx,
                             const struct op_call *c)
{
    (void)c;
    if (*ctx != NULL)
        return ASSAY_OK;
    return CALL(side->backend->kdf->kdf_new, side->instance, (uint64_t)op->alg, (assay_kdf **)ctx);
}

static enum assay_rc kdf_hkdf(const struct op_side *side, const struct op *op, void *ctx,
                              const struct op_call *c)
{
    (void)op;
    struct assay_hkdf_input in = {{c->in, c->in_size}, {c->key, c->key_size}, {c->aad, c->aad_size}};
    return CALL(side->backend->kdf->hkdf, ctx, c->out, c->out_size, &in);
}

static enum assay_rc kdf_batch(const struct op_side *side, const struct op *op, void *ctx,
                               const struct op_call *c)
{
    const struct assay_kdf_ops *t = side->backend->kdf;
    struct assay_hkdf_input in[OP_BATCH];
    uint32_t split = c->split;
    size_t at = 0, each = c->out_size / OP_BATCH;
    (void)op;
    for (size_t i = 0; i < OP_BATCH; i++) {
        size_t take = cut(&split, c->in_size - at, OP_BATCH - i);
        in[i] = (struct assay_hkdf_input){{c->in + at, take}, {c->key, c->key_size}, {c->aad, c->aad_size}};
        at += take;
    }
    if (ASSAY_HAS(t, hkdf_batch))
        return CALL(t->hkdf_batch, ctx, c->out, each, in, (size_t)OP_BATCH);
    for (size_t i = 0; i < OP_BATCH; i++)
        ASSAY_TRY(CALL(t->hkdf, ctx, c->out + i * each, each, &in[i]));
    return ASSAY_OK;
}

static void kdf_drop(const struct op_side *side, void *ctx)
{
    side->backend->kdf->kdf_free(ctx);
}

static enum assay_rc wrap_key(const struct op_side *side, const struct op *op, void **ctx,
                              const struct op_call *c)
{
    const struct assay_wrap_ops *t = side->backend->wrap;
    if (*ctx != NULL)
        t->wrap_free(*ctx);
    *ctx = NULL;
    return CALL(t->wrap_new, side->instance, (uint64_t)op->alg, c->key, c->key_size, (assay_wrap **)ctx);
}

static enum assay_rc wrap_wrap(const struct op_side *side, const struct op *op, void *ctx,
                               const struct op_call *c)
{
    size_t made = 0;
    (void)op;
    return CALL(side->backend->wrap->wrap, ctx, c->out, &made, c->in, c->in_size);
}

/* Libraries write the padding too: out may have more room than the key, and takes only what belongs to it. */
static enum assay_rc wrap_unwrap(const struct op_side *side, const struct op *op, void *ctx,
                                 const struct op_call *c)
{
    uint8_t *whole = malloc(c->in_size);
    size_t made = 0;
    (void)op;
    if (whole == NULL)
        return ASSAY_NOMEM;
    enum assay_rc rc = CALL(side->backend->wrap->unwrap, ctx, whole, &made, c->in, c->in_size);
    if (op_public != NULL)
        op_public(&made, sizeof made);
    if (rc == ASSAY_OK && made != c->out_size)
        rc = ASSAY_LIBRARY;
    if (rc == ASSAY_OK)
        memcpy(c->out, whole, made);
    explicit_bzero(whole, c->in_size);
    free(whole);
    return rc;
}

static void wrap_drop(const struct op_side *side, void *ctx)
{
    side->backend->wrap->wrap_free(ctx);
}

static size_t wrapped_size(const struct op *op, size_t text)
{
    (void)op;
    return (text + 7) / 8 * 8 + 8;
}

/* clang-format off */
static const struct op_kind
    seal = {"aead.seal", ASSAY_OP_AEAD, OP_NONCE | OP_AAD | OP_IN_PLACE, aead_key, aead_seal, aead_drop, text_and_tag},
    opened = {"aead.open", ASSAY_OP_AEAD, OP_NONCE | OP_AAD | OP_IN_PLACE, aead_key, aead_open, aead_drop, text_itself,
              .inverse = true},
    stream = {"aead.stream", ASSAY_OP_AEAD_STREAM, OP_NONCE | OP_AAD | OP_IN_PLACE, aead_key, aead_stream, aead_drop,
              text_and_tag},
    batch = {"aead.batch", ASSAY_OP_AEAD, OP_NONCE | OP_AAD, aead_key, aead_batch, aead_drop, text_and_tags},
    keys = {"aead.keys", ASSAY_OP_AEAD, OP_NONCE | OP_AAD, aead_key, aead_keys, aead_drop, text_and_tags},
    hash = {"hash", ASSAY_OP_HASH, 0, hash_key, hash_digest, hash_drop, digest_size},
    mac = {"mac", ASSAY_OP_MAC, 0, mac_key, mac_compute, mac_drop, digest_size},
    macs = {"mac.batch", ASSAY_OP_MAC, 0, mac_key, mac_batch, mac_drop, digests_size},
    hkdf = {"hkdf", ASSAY_OP_KDF, OP_AAD, kdf_key, kdf_hkdf, kdf_drop, NULL, .step = 1},
    hkdfs = {"hkdf.batch", ASSAY_OP_KDF, OP_AAD, kdf_key, kdf_batch, kdf_drop, NULL, .step = OP_BATCH},
    wrap = {"wrap", ASSAY_OP_WRAP, 0, wrap_key, wrap_wrap, wrap_drop, wrapped_size},
    unwrap = {"unwrap", ASSAY_OP_WRAP, 0, wrap_key, wrap_unwrap, wrap_drop, text_itself, .inverse = true};

#define AEAD(label, alg, key)                                                                                        \
    {label, &seal, alg, 0, key, key, 1, 0, 1}, {label, &opened, alg, 0, key, key, 1, 0, 1},                          \
    {label, &stream, alg, 0, key, key, 1, 0, 1}, {label, &batch, alg, 0, key, key, 1, 0, 1},                         \
    {label, &keys, alg, 0, key, key, 1, 0, 1}

/* An inverse comes right after what makes its input. */
const struct op op_table[] = {
    AEAD("aes-128-gcm", ASSAY_AES_128_GCM, 16),
    AEAD("aes-256-gcm", ASSAY_AES_256_GCM, 32),
    AEAD("chacha20-poly1305", ASSAY_CHACHA20_POLY1305, 32),
    {"sha256", &hash, ASSAY_SHA256, 32, 0, 0, 1, 0, 1},
    {"sha384", &hash, ASSAY_SHA384, 48, 0, 0, 1, 0, 1},
    {"sha512", &hash, ASSAY_SHA512, 64, 0, 0, 1, 0, 1},
    {"hmac-sha256", &mac, ASSAY_HMAC_SHA256, 32, 1, 300, 1, 0, 1},
    {"hmac-sha384", &mac, ASSAY_HMAC_SHA384, 48, 1, 300, 1, 0, 1},
    {"hmac-sha512", &mac, ASSAY_HMAC_SHA512, 64, 1, 300, 1, 0, 1},
    {"hmac-sha256", &macs, ASSAY_HMAC_SHA256, 32, 1, 300, 1, 0, 1},
    {"hmac-sha384", &macs, ASSAY_HMAC_SHA384, 48, 1, 300, 1, 0, 1},
    {"hmac-sha512", &macs, ASSAY_HMAC_SHA512, 64, 1, 300, 1, 0, 1},
    {"hkdf-sha256", &hkdf, ASSAY_HKDF_SHA256, 32, 0, 150, 1, 0, 1},
    {"hkdf-sha384", &hkdf, ASSAY_HKDF_SHA384, 48, 0, 150, 1, 0, 1},
    {"hkdf-sha512", &hkdf, ASSAY_HKDF_SHA512, 64, 0, 150, 1, 0, 1},
    {"hkdf-sha256", &hkdfs, ASSAY_HKDF_SHA256, 32, 0, 150, 1, 0, 1},
    {"hkdf-sha384", &hkdfs, ASSAY_HKDF_SHA384, 48, 0, 150, 1, 0, 1},
    {"hkdf-sha512", &hkdfs, ASSAY_HKDF_SHA512, 64, 0, 150, 1, 0, 1},
    {"aes-kw", &wrap, ASSAY_AES_KW, 0, 16, 32, 8, 16, 8},
    {"aes-kw", &unwrap, ASSAY_AES_KW, 0, 16, 32, 8, 16, 8},
    {"aes-kwp", &wrap, ASSAY_AES_KWP, 0, 16, 32, 8, 1, 1},
    {"aes-kwp", &unwrap, ASSAY_AES_KWP, 0, 16, 32, 8, 1, 1},
    {NULL, NULL, ASSAY_ALG_NONE, 0, 0, 0, 1, 0, 1},
};
/* clang-format on */

bool op_supported(const struct op_side *side, const struct op *op)
{
    char why[200];
    if (side->last != ASSAY_ALG_NONE && (op->alg < side->first || op->alg > side->last))
        return false;
    return side->backend->supports(side->instance, op->kind->asked, op->alg, why, sizeof why);
}

void op_path(const struct op_side *side, const struct op *op, char path[64])
{
    struct assay_service s = {.size = sizeof s};
    path[0] = '\0';
    if (side->backend->describe != NULL &&
        side->backend->describe(side->instance, op->kind->asked, op->alg, &s) == ASSAY_OK)
        snprintf(path, 64, "%s", s.provider);
}

const struct op *op_forward(const struct op *op)
{
    return op->kind->inverse ? op - 1 : NULL;
}

size_t op_text_size(const struct op *op, size_t wanted)
{
    size_t size = wanted < op->text_min ? op->text_min : wanted;
    return size / op->text_step * op->text_step;
}

size_t op_key_size(const struct op *op, uint32_t choice)
{
    size_t choices = (op->key_max - op->key_min) / op->key_step + 1;
    return op->key_min + choice % choices * op->key_step;
}

size_t op_out_size(const struct op *op, size_t text, uint32_t choice)
{
    if (op->kind->out_size != NULL)
        return op->kind->out_size(op, text);
    return (1 + choice % 400) * op->kind->step;
}

/* Instances made so far, and whether one of them has a variant's code. */
struct sides {
    struct op_side *side;
    size_t count;
};

static assay_instance *add_side(struct sides *to, const char *name, uint32_t needs, const char *tier,
                                enum assay_alg first, enum assay_alg last)
{
    const struct assay_backend *native = assay_backend_get(ASSAY_ABI);
    struct op_side *side = &to->side[to->count];
    struct assay_option variant = {"variant", tier};
    *side = (struct op_side){name, native, NULL, first, last, needs};
    if (++to->count == OP_SIDES_MAX || native->create(NULL, &variant, 1, &side->instance) != ASSAY_OK) {
        printf("native:%s: %s\n", tier, native->last_error(NULL));
        exit(1);
    }
    return side->instance;
}

static bool has_gcm(const struct sides *in, const struct gcm_variant *v)
{
    for (size_t i = 0; i < in->count; i++)
        if (in->side[i].instance->gcm == v)
            return true;
    return false;
}

static bool has_sha2(const struct sides *in, const struct sha2_variant *v)
{
    for (size_t i = 0; i < in->count; i++)
        if (in->side[i].instance->sha256 == v || in->side[i].instance->sha512 == v)
            return true;
    return false;
}

/* Variants that no tier picks on this CPU, in an instance of the plainest tier. */
static void add_others(struct sides *to, uint32_t features)
{
    const char *plain = to->side[0].name;
    for (size_t i = 0; gcm_variants[i] != NULL; i++)
        if ((gcm_variants[i]->needs & ~features) == 0 && !has_gcm(to, gcm_variants[i]))
            add_side(to, gcm_variants[i]->name, gcm_variants[i]->needs, plain, ASSAY_AES_128_GCM,
                     ASSAY_AES_256_GCM)
                ->gcm = gcm_variants[i];
    for (size_t i = 0; sha256_variants[i] != NULL; i++)
        if ((sha256_variants[i]->needs & ~features) == 0 && !has_sha2(to, sha256_variants[i]))
            add_side(to, sha256_variants[i]->name, sha256_variants[i]->needs, plain, ASSAY_SHA256,
                     ASSAY_HKDF_SHA512)
                ->sha256 = sha256_variants[i];
    for (size_t i = 0; sha512_variants[i] != NULL; i++)
        if ((sha512_variants[i]->needs & ~features) == 0 && !has_sha2(to, sha512_variants[i]))
            add_side(to, sha512_variants[i]->name, sha512_variants[i]->needs, plain, ASSAY_SHA256,
                     ASSAY_HKDF_SHA512)
                ->sha512 = sha512_variants[i];
}

size_t op_native_sides(struct op_side sides[OP_SIDES_MAX])
{
    uint32_t features = cpu_features();
    struct sides made = {sides, 0};
    size_t count;
    const struct cpu_tier *tiers = cpu_tiers(&count);
    for (size_t i = 0; i < count; i++)
        if (cpu_pick_tier(tiers[i].name, NULL, features) != NULL)
            add_side(&made, tiers[i].name, tiers[i].needs, tiers[i].name, ASSAY_ALG_NONE, ASSAY_ALG_NONE);
    add_others(&made, features);
    return made.count;
}

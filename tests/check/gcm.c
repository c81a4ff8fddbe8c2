/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM: published vectors for each variant, then each variant against the portable one.
 */
#include "backends/native/aes_gcm/aes_gcm.h"
#include "kernels/vectors/vectors.h"
#include "tests/check/check.h"

#include <string.h>

#define ROOM       (70000u)
#define AAD_MAX    (700u)
#define BATCH_MAX  20
#define BATCH_TEXT 1024

static struct gcm_key key, reference_key;
static uint8_t secret[32], nonce[12], aad[AAD_MAX], in[ROOM], expected[ROOM + 16];
static struct guarded text, sealed;

static void known_answers(const struct gcm_variant *v)
{
    for (const struct assay_aead_vector *k = assay_aead_vectors; k->source != NULL; k++) {
        if (k->alg != ASSAY_AES_128_GCM && k->alg != ASSAY_AES_256_GCM)
            continue;
        uint8_t k_key[32], k_nonce[12], k_aad[64], plain[128], want[160], got[160];
        size_t key_size = assay_hex(k_key, 32, k->key), aad_size = assay_hex(k_aad, 64, k->aad);
        size_t size = assay_hex(plain, 128, k->plaintext);
        assay_hex(k_nonce, 12, k->nonce);
        assay_hex(want, 128, k->ciphertext);
        assay_hex(want + size, 16, k->tag);
        v->key_init(&key, k_key, key_size);
        v->seal(&key, got, k_nonce, plain, size, k_aad, aad_size);
        check_that(memcmp(got, want, size + 16) == 0, "%s %s", v->name, k->source);
        check_that(v->open(&key, got, k_nonce, want, size, k_aad, aad_size) && !memcmp(got, plain, size),
                   "%s %s open", v->name, k->source);
    }
}

#define VARIANT                 struct gcm_variant
#define STREAM                  struct gcm_stream
#define STREAM_FINAL(v, s, tag) (v)->stream_final(&key, s, tag)
#include "tests/check/aead.inc"

static void one_message(const struct gcm_variant *v, size_t size, size_t aad_size, bool fresh)
{
    size_t key_size = check_below(2) ? 16 : 32;
    if (fresh) {
        check_fill(secret, sizeof secret);
        key.rounds = 0;
    } else {
        key_size = reference_key.rounds == 10 ? 16 : 32;
    }
    check_fill(nonce, sizeof nonce);
    check_fill(aad, aad_size);
    check_fill(in, size);
    if (fresh)
        gcm_portable.key_init(&reference_key, secret, key_size);
    gcm_portable.seal(&reference_key, expected, nonce, in, size, aad, aad_size);
    if (fresh) {
        key.pace = gcm_pace_for(v, (uint32_t)check_below(3000), (uint32_t)check_below(200),
                                (uint32_t)check_below(16000));
        v->key_init(&key, secret, key_size);
    }
    seal_at(v, size, aad_size, check_below(2), check_below(2));
    seal_at(v, size, aad_size, check_below(2), check_below(2));
    forged(v, size, aad_size);
    stream(v, size, aad_size, check_below(4) ? 1 + check_below(size + 1) : 40, check_below(2));
}

/* Messages of one shape or several, in place or apart, as one batch under one key (step 0) or one each. */
static void batch(const struct gcm_variant *v, size_t n, size_t step, size_t most, bool same)
{
    static struct assay_aead_message m[BATCH_MAX];
    static uint8_t texts[BATCH_MAX][BATCH_TEXT + 16], nonces[BATCH_MAX][12], aads[BATCH_MAX][AAD_MAX];
    static uint8_t outs[BATCH_MAX][BATCH_TEXT + 16], want[BATCH_MAX][BATCH_TEXT + 16];
    static struct gcm_key own[BATCH_MAX];
    struct gcm_key *keys[BATCH_MAX];
    size_t size = check_below(most + 1), aad_size = check_below(17), key_size = check_below(2) ? 16 : 32;
    for (size_t i = 0; i < n; i++) {
        size = same ? size : check_below(most + 1);
        aad_size = same ? aad_size : check_below(AAD_MAX);
        key_size = check_below(8) ? key_size : 48 - key_size;
        check_fill(texts[i], size);
        check_fill(nonces[i], 12);
        check_fill(aads[i], aad_size);
        if (i * step == i) {
            check_fill(secret, sizeof secret);
            gcm_portable.key_init(&reference_key, secret, key_size);
            v->key_init(keys[i] = &own[i], secret, key_size);
        }
        gcm_portable.seal(&reference_key, want[i], nonces[i], texts[i], size, aads[i], aad_size);
        m[i] = (struct assay_aead_message){
            check_below(2) ? texts[i] : outs[i], nonces[i], {texts[i], size}, {aads[i], aad_size}};
    }
    v->seal_batch(keys, step, m, n);
    for (size_t i = 0; i < n; i++)
        check_that(memcmp(m[i].out, want[i], m[i].in.size + 16) == 0,
                   "%s batch: %zu of %zu, size %zu aad %zu, %s", v->name, i, n, m[i].in.size, m[i].aad.size,
                   step ? "a key each" : "one key");
}

static void batches(const struct gcm_variant *v)
{
    if (v->seal_batch == NULL)
        return;
    for (size_t i = 0; i < 1200; i += check_step())
        batch(v, check_below(BATCH_MAX + 1), i % 2, i % 8 < 2 ? BATCH_TEXT : 128, i % 6 > 1);
}

static void against_portable(const struct gcm_variant *v)
{
    for (size_t size = 0; size <= 1100; size += check_step())
        one_message(v, size, size % 3 ? size % 17 : check_below(AAD_MAX), true);
    for (size_t i = 0; i < 400; i += check_step())
        one_message(v, check_below(4097), check_below(40), i % 8 == 0);
    for (size_t i = 0; i < 200; i += check_step()) /* around every multiple of 16 blocks */
        one_message(v, 256 * (1 + check_below(40)) + check_below(5) - 2, check_below(2) * 13, i % 16 == 0);
    for (size_t i = 0; i < 12; i += check_step())
        one_message(v, check_below(ROOM), 13, true);
}

void check_gcm(uint32_t features)
{
    text = guarded_new(ROOM);
    sealed = guarded_new(ROOM + 16);
    for (size_t i = 0; gcm_variants[i] != NULL; i++) {
        if (!check_wanted(gcm_variants[i]->name, gcm_variants[i]->needs, features))
            continue;
        known_answers(gcm_variants[i]);
        against_portable(gcm_variants[i]);
        batches(gcm_variants[i]);
    }
}

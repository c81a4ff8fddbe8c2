/* SPDX-License-Identifier: Apache-2.0
 *
 * ChaCha20-Poly1305: published vectors for each variant, then each variant against the portable one.
 */
#include "backends/native/chacha/chacha.h"
#include "kernels/vectors/vectors.h"
#include "tests/check/check.h"

#include <string.h>

#define ROOM    (40000u)
#define AAD_MAX (600u)

static struct chacha_key key;
static uint8_t nonce[12], aad[AAD_MAX], in[ROOM], expected[ROOM + 16];
static struct guarded text, sealed;

static void known_answers(const struct chacha_variant *v)
{
    unsigned seen = 0;
    for (const struct assay_aead_vector *k = assay_aead_vectors; k->source != NULL; k++) {
        uint8_t k_key[32], k_nonce[12], k_aad[64], plain[300], want[316], got[316];
        if (k->alg != ASSAY_CHACHA20_POLY1305)
            continue;
        size_t aad_size = assay_hex(k_aad, sizeof k_aad, k->aad),
               size = assay_hex(plain, sizeof plain, k->plaintext);
        assay_hex(k_key, sizeof k_key, k->key);
        assay_hex(k_nonce, sizeof k_nonce, k->nonce);
        assay_hex(want, size, k->ciphertext);
        assay_hex(want + size, 16, k->tag);
        chacha_key_init(&key, k_key);
        v->seal(&key, got, k_nonce, plain, size, k_aad, aad_size);
        check_that(memcmp(got, want, size + 16) == 0, "%s %s", v->name, k->source);
        check_that(v->open(&key, got, k_nonce, want, size, k_aad, aad_size) && memcmp(got, plain, size) == 0,
                   "%s %s open", v->name, k->source);
        seen++;
    }
    check_that(seen > 0, "no vectors of ChaCha20-Poly1305");
}

#define VARIANT                 struct chacha_variant
#define STREAM                  struct chacha_stream
#define STREAM_FINAL(v, s, tag) (v)->stream_final(s, tag)
#include "tests/check/aead.inc"

static void one_message(const struct chacha_variant *v, size_t size, size_t aad_size)
{
    uint8_t secret[32];
    check_fill(secret, sizeof secret);
    check_fill(nonce, sizeof nonce);
    check_fill(aad, aad_size);
    check_fill(in, size);
    /* Texts of ones carry the most in Poly1305; ciphertext of ones comes from a plaintext that is the
     * keystream. */
    chacha_key_init(&key, secret);
    if (check_below(4) == 0) {
        memset(in, 0xff, size);
        chacha_portable.seal(&key, expected, nonce, in, size, aad, 0);
        memcpy(in, expected, size);
        memset(aad, 0xff, aad_size);
    }
    chacha_portable.seal(&key, expected, nonce, in, size, aad, aad_size);
    seal_at(v, size, aad_size, check_below(2), check_below(2));
    seal_at(v, size, aad_size, check_below(2), check_below(2));
    forged(v, size, aad_size);
    stream(v, size, aad_size, check_below(4) ? 1 + check_below(size + 1) : 40, check_below(2));
}

static void against_portable(const struct chacha_variant *v)
{
    for (size_t size = 0; size <= 2200; size += check_step())
        one_message(v, size, size % 3 ? size % 17 : check_below(AAD_MAX));
    for (size_t i = 0; i < 400; i += check_step())
        one_message(v, check_below(4097), check_below(40));
    for (size_t i = 0; i < 200; i += check_step()) /* around every multiple of 4 blocks */
        one_message(v, 256 * (1 + check_below(100)) + check_below(5) - 2, check_below(2) * 13);
    for (size_t i = 0; i < 12; i += check_step())
        one_message(v, check_below(ROOM), 13);
}

void check_chacha(uint32_t features)
{
    text = guarded_new(ROOM);
    sealed = guarded_new(ROOM + 16);
    for (size_t i = 0; chacha_variants[i] != NULL; i++) {
        if (!check_wanted(chacha_variants[i]->name, chacha_variants[i]->needs, features))
            continue;
        known_answers(chacha_variants[i]);
        against_portable(chacha_variants[i]);
    }
}

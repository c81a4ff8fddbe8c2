/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-2: published vectors for each variant, then each variant against the portable one.
 */
#include "backends/native/sha2/sha2.h"
#include "kernels/vectors/vectors.h"
#include "tests/check/check.h"

#include <string.h>

static struct guarded text;

static void known_answers(const struct sha2_variant *v, enum sha2_kind kind, enum assay_alg alg)
{
    struct sha2 h;
    sha2_choose(&h, kind, v);
    for (const struct assay_hash_vector *k = assay_hash_vectors; k->source != NULL; k++) {
        uint8_t message[256], want[64], got[64];
        if (k->alg != alg)
            continue;
        size_t size = assay_hex(message, sizeof message, k->message);
        assay_hex(want, sizeof want, k->digest);
        sha2_digest(&h, message, size, got);
        check_that(memcmp(want, got, h.digest) == 0, "%s %s", v->name, k->source);
    }
}

static void against_portable(const struct sha2_variant *v, enum sha2_kind kind)
{
    struct sha2 h, reference;
    uint8_t got[64], want[64];
    sha2_choose(&h, kind, v);
    sha2_choose(&reference, kind, kind == SHA2_256 ? &sha256_portable : &sha512_portable);
    for (size_t i = 0; i < 2000; i += check_step()) {
        size_t size = i < 600 ? i : check_below(4097);
        uint8_t *in = i % 2 ? guarded_high(&text, size) : guarded_low(&text);
        check_fill(in, size);
        sha2_digest(&reference, in, size, want);
        sha2_digest(&h, in, size, got);
        check_that(memcmp(want, got, h.digest) == 0, "%s kind %d size %zu", v->name, kind, size);
    }
}

/* Two streams at once give what one after the other gives. */
static void two_streams(const struct sha2_variant *v, enum sha2_kind kind)
{
    struct sha2 h;
    sha2_choose(&h, kind, v);
    for (size_t count = 1; count < 8; count++) {
        union sha2_state a, b, a2, b2;
        check_fill((uint8_t *)&a, sizeof a);
        check_fill((uint8_t *)&b, sizeof b);
        a2 = a, b2 = b;
        uint8_t *in = guarded_high(&text, count * h.block), *in2 = guarded_low(&text);
        check_fill(in, count * h.block);
        check_fill(in2, count * h.block);
        v->two(&a, in, &b, in2, count);
        v->blocks(&a2, in, count);
        v->blocks(&b2, in2, count);
        size_t state = h.block / 2;
        check_that(memcmp(&a, &a2, state) == 0 && memcmp(&b, &b2, state) == 0, "%s kind %d two streams",
                   v->name, kind);
    }
}

static void one_variant(const struct sha2_variant *v, enum sha2_kind kind, enum assay_alg alg)
{
    known_answers(v, kind, alg);
    against_portable(v, kind);
    two_streams(v, kind);
}

void check_sha2(uint32_t features)
{
    text = guarded_new(4096 * 3);
    for (size_t i = 0; sha256_variants[i] != NULL; i++)
        if (check_wanted(sha256_variants[i]->name, sha256_variants[i]->needs, features))
            one_variant(sha256_variants[i], SHA2_256, ASSAY_SHA256);
    for (size_t i = 0; sha512_variants[i] != NULL; i++) {
        if (!check_wanted(sha512_variants[i]->name, sha512_variants[i]->needs, features))
            continue;
        one_variant(sha512_variants[i], SHA2_384, ASSAY_SHA384);
        one_variant(sha512_variants[i], SHA2_512, ASSAY_SHA512);
    }
}

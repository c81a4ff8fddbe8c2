/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of key wrap, key exchange and random bytes.
 */
#include "tests/unit/contract.h"

#include <pthread.h>
#include <stdlib.h>

#define GUARD 0xa5u

static uint8_t kek[32], other_kek[32];

static enum assay_rc open_wrap(const struct assay_wrap_ops *ops, enum assay_alg alg, const uint8_t *key,
                               size_t key_size, assay_wrap **out)
{
    *out = (assay_wrap *)(void *)&contract;
    return ops->wrap_new(contract.instance, alg, key, key_size, out);
}

static void one_wrap(const struct assay_wrap_ops *ops, assay_wrap *wrap, assay_wrap *other, size_t size,
                     bool padded)
{
    uint8_t key[264], wrapped[288], again[288], back[272];
    size_t n = 0, m = 0, whole = (size + 7) / 8 * 8;
    contract_fill(key, size, (unsigned)size);
    wrapped[whole + 8] = GUARD;
    if (!CHECK_RC(ops->wrap(wrap, wrapped, &n, key, size), ASSAY_OK) || !CHECK(n == whole + 8))
        return;
    CHECK(wrapped[n] == GUARD);
    CHECK_RC(ops->wrap(wrap, again, &m, key, size), ASSAY_OK);
    CHECK(m == n);
    CHECK_SAME(again, wrapped, n);
    back[n] = GUARD;
    CHECK_RC(ops->unwrap(wrap, back, &m, wrapped, n), ASSAY_OK);
    CHECK(m == size && back[n] == GUARD);
    CHECK_SAME(back, key, size);
    for (size_t at = 0; at < n; at++) {
        wrapped[at] ^= (uint8_t)(1u << (at & 7));
        CHECK_RC(ops->unwrap(wrap, back, &m, wrapped, n), ASSAY_AUTH);
        wrapped[at] ^= (uint8_t)(1u << (at & 7));
    }
    CHECK_RC(ops->unwrap(other, back, &m, wrapped, n), ASSAY_AUTH);
    CHECK(ops->unwrap(wrap, back, &m, wrapped, n - 1) != ASSAY_OK);
    CHECK(ops->unwrap(wrap, back, &m, wrapped, n - 8) != ASSAY_OK);
    CHECK(ops->unwrap(wrap, back, &m, wrapped, 8) != ASSAY_OK);
    CHECK(ops->unwrap(wrap, back, &m, wrapped, 0) != ASSAY_OK);
    CHECK_RC(ops->unwrap(wrap, back, &m, wrapped, n), ASSAY_OK);
    if (padded)
        return;
    CHECK_RC(ops->wrap(wrap, again, &m, key, 8), ASSAY_INPUT);
    CHECK_RC(ops->wrap(wrap, again, &m, key, 17), ASSAY_INPUT);
}

static void wrap_kek(const struct assay_wrap_ops *ops, enum assay_alg alg, size_t kek_size)
{
    assay_wrap *wrap = NULL, *other = NULL;
    uint8_t out[16];
    size_t n;
    enum assay_rc rc = open_wrap(ops, alg, kek, kek_size, &wrap);
    if (kek_size == 24 && rc == ASSAY_UNSUPPORTED) { /* some libraries have no AES-192 */
        CHECK(wrap == NULL);
        return;
    }
    if (CHECK_RC(rc, ASSAY_OK) && CHECK_RC(open_wrap(ops, alg, other_kek, kek_size, &other), ASSAY_OK)) {
        CHECK_RC(ops->wrap(wrap, out, &n, kek, 0), ASSAY_INPUT);
        for (size_t size = 16; size <= 256; size += size < 64 ? 8 : 64)
            one_wrap(ops, wrap, other, size, alg == ASSAY_AES_KWP);
        for (size_t size = 1; alg == ASSAY_AES_KWP && size < 70; size++)
            one_wrap(ops, wrap, other, size, true);
    }
    ops->wrap_free(wrap);
    ops->wrap_free(other);
}

void contract_wrap(const struct assay_wrap_ops *ops)
{
    contract_fill(kek, sizeof kek, 31);
    contract_fill(other_kek, sizeof other_kek, 32);
    for (int i = 0; i < 2; i++) {
        enum assay_alg alg = (enum assay_alg)(ASSAY_AES_KW + i);
        assay_wrap *wrap;
        if (!contract_supported(ASSAY_OP_WRAP, alg, i == 0 ? "AES-KW" : "AES-KWP")) {
            CHECK_RC(open_wrap(ops, alg, kek, 32, &wrap), ASSAY_UNSUPPORTED);
            CHECK(wrap == NULL);
            continue;
        }
        CHECK_RC(open_wrap(ops, alg, kek, 31, &wrap), ASSAY_INPUT);
        CHECK(wrap == NULL);
        for (size_t size = 16; size <= 32; size += 8)
            wrap_kek(ops, alg, size);
    }
    ops->wrap_free(NULL);
}

/* RFC 7748 section 6.1, and the generator of P-256 (SP 800-186). */
static const uint8_t alice[32] = {0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1,
                                  0x72, 0x51, 0xb2, 0x66, 0x45, 0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0,
                                  0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a};
static const uint8_t alice_public[8] = {0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54};
static const uint8_t one[32] = {[31] = 1};
static const uint8_t p256_generator[9] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47};

static void kex_known(const struct assay_kex_ops *ops, enum assay_alg alg, bool x25519)
{
    uint8_t public[ASSAY_POINT_MAX];
    size_t size;
    assay_kex *kex = NULL;
    if (CHECK_RC(ops->kex_new(contract.instance, alg, x25519 ? alice : one, 32, &kex), ASSAY_OK)) {
        CHECK_RC(ops->public_value(kex, public, &size), ASSAY_OK);
        CHECK_SAME(public, x25519 ? alice_public : p256_generator, x25519 ? 8 : 9);
    }
    ops->kex_free(kex);
    kex = (assay_kex *)(void *)&contract;
    CHECK_RC(ops->kex_new(contract.instance, alg, alice, 31, &kex), ASSAY_INPUT);
    CHECK(kex == NULL);
    static const uint8_t zero[32];
    if (!x25519) {
        CHECK(ops->kex_new(contract.instance, alg, zero, 32, &kex) != ASSAY_OK);
        CHECK(kex == NULL);
    }
}

/* What a peer may send and must not get away with. */
static void kex_bad_peers(const struct assay_kex_ops *ops, assay_kex *kex, bool x25519, const uint8_t *good,
                          size_t good_size)
{
    uint8_t bad[ASSAY_POINT_MAX], secret[32], want[32];
    CHECK_RC(ops->derive(kex, want, good, good_size), ASSAY_OK);
    memcpy(bad, good, good_size);
    CHECK(ops->derive(kex, secret, bad, good_size - 1) != ASSAY_OK);
    CHECK(ops->derive(kex, secret, bad, good_size + 1) != ASSAY_OK);
    CHECK(ops->derive(kex, secret, NULL, 0) != ASSAY_OK);
    if (x25519) { /* points of small order make the secret zero (RFC 7748 section 6.1) */
        memset(bad, 0, 32);
        CHECK_RC(ops->derive(kex, secret, bad, 32), ASSAY_AUTH);
        bad[0] = 1;
        CHECK_RC(ops->derive(kex, secret, bad, 32), ASSAY_AUTH);
    } else {
        bad[64] ^= 1; /* off the curve */
        CHECK_RC(ops->derive(kex, secret, bad, 65), ASSAY_AUTH);
        memset(bad + 1, 0, 64);
        CHECK_RC(ops->derive(kex, secret, bad, 65), ASSAY_AUTH);
        memset(bad + 1, 0xff, 64); /* coordinates beyond the field */
        CHECK_RC(ops->derive(kex, secret, bad, 65), ASSAY_AUTH);
        memcpy(bad, good, 65);
        bad[0] = 0; /* infinity, with something behind it */
        CHECK(ops->derive(kex, secret, bad, 65) != ASSAY_OK);
        CHECK(ops->derive(kex, secret, bad, 1) != ASSAY_OK);
    }
    CHECK_RC(ops->derive(kex, secret, good, good_size), ASSAY_OK);
    CHECK_SAME(secret, want, 32);
}

static void one_kex(const struct assay_kex_ops *ops, enum assay_alg alg, bool x25519)
{
    assay_kex *a = NULL, *b = NULL, *c = NULL;
    uint8_t pa[ASSAY_POINT_MAX], pb[ASSAY_POINT_MAX], pc[ASSAY_POINT_MAX], ab[33], ba[33], ac[33];
    size_t na = 0, nb = 0, nc = 0, size = x25519 ? 32 : 65;
    if (!CHECK_RC(ops->kex_generate(contract.instance, alg, &a), ASSAY_OK) ||
        !CHECK_RC(ops->kex_generate(contract.instance, alg, &b), ASSAY_OK) ||
        !CHECK_RC(ops->kex_new(contract.instance, alg, alice, 32, &c), ASSAY_OK))
        goto out;
    CHECK_RC(ops->public_value(a, pa, &na), ASSAY_OK);
    CHECK_RC(ops->public_value(b, pb, &nb), ASSAY_OK);
    CHECK_RC(ops->public_value(c, pc, &nc), ASSAY_OK);
    if (!CHECK(na == size && nb == size && nc == size))
        goto out;
    CHECK(memcmp(pa, pb, size) != 0);
    ab[32] = GUARD;
    for (int i = 0; i < 3; i++) {
        CHECK_RC(ops->derive(a, ab, pb, nb), ASSAY_OK);
        CHECK_RC(ops->derive(b, ba, pa, na), ASSAY_OK);
        CHECK_SAME(ab, ba, 32);
        CHECK_RC(ops->derive(a, ac, pc, nc), ASSAY_OK);
        CHECK(memcmp(ab, ac, 32) != 0);
        CHECK_RC(ops->derive(c, ba, pa, na), ASSAY_OK);
        CHECK_SAME(ac, ba, 32);
    }
    CHECK(ab[32] == GUARD);
    kex_bad_peers(ops, a, x25519, pb, size);
out:
    ops->kex_free(a);
    ops->kex_free(b);
    ops->kex_free(c);
}

void contract_kex(const struct assay_kex_ops *ops)
{
    for (int i = 0; i < 2; i++) {
        enum assay_alg alg = i == 0 ? ASSAY_X25519 : ASSAY_ECDH_P256;
        if (!contract_supported(ASSAY_OP_KEX, alg, i == 0 ? "X25519" : "ECDH P-256")) {
            assay_kex *kex = (assay_kex *)(void *)&contract;
            CHECK_RC(ops->kex_generate(contract.instance, alg, &kex), ASSAY_UNSUPPORTED);
            CHECK(kex == NULL);
            continue;
        }
        kex_known(ops, alg, i == 0);
        one_kex(ops, alg, i == 0);
    }
    ops->kex_free(NULL);
}

static void kem_bad_inputs(const struct assay_kem_ops *ops, assay_kem *kem, const uint8_t *public_key,
                           const uint8_t *sent)
{
    uint8_t secret[32];
    assay_kem *none = (assay_kem *)(void *)&contract;
    CHECK_RC(ops->decapsulate(kem, secret, sent, 1087), ASSAY_AUTH);
    CHECK_RC(ops->decapsulate(kem, secret, sent, 0), ASSAY_AUTH);
    CHECK_RC(ops->kem_private(contract.instance, ASSAY_ML_KEM_768, public_key, 63, &none), ASSAY_INPUT);
    CHECK(none == NULL);
    none = (assay_kem *)(void *)&contract;
    CHECK_RC(ops->kem_public(contract.instance, ASSAY_ML_KEM_768, public_key, 1183, &none), ASSAY_INPUT);
    CHECK(none == NULL);
}

/* Both halves of a key, and of a seed's key twice over: the same secrets each time. */
static void one_kem(const struct assay_kem_ops *ops)
{
    assay_kem *key = NULL, *half = NULL, *seeded = NULL;
    uint8_t public_key[ASSAY_KEM_MAX + 1], sent[ASSAY_KEM_MAX + 1], again[ASSAY_KEM_MAX], seed[64];
    uint8_t a[33], b[33];
    size_t n = 0, m = 0;
    contract_fill(seed, sizeof seed, 50);
    public_key[ASSAY_KEM_MAX] = sent[ASSAY_KEM_MAX] = a[32] = b[32] = GUARD;
    if (!CHECK_RC(ops->kem_generate(contract.instance, ASSAY_ML_KEM_768, &key), ASSAY_OK) ||
        !CHECK_RC(ops->kem_private(contract.instance, ASSAY_ML_KEM_768, seed, 64, &seeded), ASSAY_OK) ||
        !CHECK_RC(ops->public_value(key, public_key, &n), ASSAY_OK) || !CHECK(n == 1184) ||
        !CHECK_RC(ops->kem_public(contract.instance, ASSAY_ML_KEM_768, public_key, n, &half), ASSAY_OK))
        goto out;
    for (int i = 0; i < 3; i++) {
        CHECK_RC(ops->encapsulate(i < 2 ? half : key, sent, &n, a), ASSAY_OK);
        CHECK(n == 1088);
        CHECK_RC(ops->decapsulate(key, b, sent, n), ASSAY_OK);
        CHECK_SAME(a, b, 32);
        CHECK_RC(ops->decapsulate(seeded, b, sent, n), ASSAY_OK);
        CHECK(memcmp(a, b, 32) != 0);
        CHECK(i == 0 || memcmp(sent, again, n) != 0);
        memcpy(again, sent, n);
    }
    sent[500] ^= 4;
    CHECK_RC(ops->decapsulate(key, b, sent, n), ASSAY_OK);
    CHECK(memcmp(a, b, 32) != 0);
    CHECK_RC(ops->public_value(half, again, &m), ASSAY_OK);
    CHECK(m == 1184 && memcmp(again, public_key, m) == 0);
    CHECK_RC(ops->decapsulate(half, b, sent, n), ASSAY_INPUT);
    CHECK(public_key[ASSAY_KEM_MAX] == GUARD && sent[ASSAY_KEM_MAX] == GUARD && a[32] == GUARD &&
          b[32] == GUARD);
    kem_bad_inputs(ops, key, public_key, sent);
out:
    ops->kem_free(key);
    ops->kem_free(half);
    ops->kem_free(seeded);
}

void contract_kem(const struct assay_kem_ops *ops)
{
    if (contract_supported(ASSAY_OP_KEM, ASSAY_ML_KEM_768, "ML-KEM-768"))
        one_kem(ops);
    else {
        assay_kem *kem = (assay_kem *)(void *)&contract;
        CHECK_RC(ops->kem_generate(contract.instance, ASSAY_ML_KEM_768, &kem), ASSAY_UNSUPPORTED);
        CHECK(kem == NULL);
    }
    ops->kem_free(NULL);
}

static void *draw(void *argument)
{
    const struct assay_rand_ops *ops = contract.backend->rand;
    return ops->bytes(contract.instance, argument, 64) == ASSAY_OK ? argument : NULL;
}

void contract_rand(const struct assay_rand_ops *ops)
{
    static const uint8_t zeros[32];
    uint8_t a[1000], drawn[4][64];
    pthread_t thread[4];
    if (!contract_supported(ASSAY_OP_RAND, ASSAY_ALG_NONE, "random bytes"))
        return;
    CHECK_RC(ops->bytes(contract.instance, a, 0), ASSAY_OK);
    memset(a, 0, sizeof a);
    CHECK_RC(ops->bytes(contract.instance, a, sizeof a - 1), ASSAY_OK);
    CHECK(a[sizeof a - 1] == 0);
    for (size_t at = 0; at + 32 < sizeof a; at += 32)
        CHECK(memcmp(a + at, zeros, 32) != 0);
    for (int i = 0; i < 4; i++)
        if (!CHECK(pthread_create(&thread[i], NULL, draw, drawn[i]) == 0))
            abort();
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(thread[i], &result);
        CHECK(result != NULL);
        for (int k = 0; k < i; k++)
            CHECK(memcmp(drawn[k], drawn[i], 64) != 0);
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of hash, MAC and KDF. Each is also checked against the one below it by its definition: HMAC
 * over the module's hash (RFC 2104), HKDF over its HMAC (RFC 5869).
 */
#include "tests/unit/contract.h"

#define GUARD 0xa5u

static const size_t hash_sizes[] = {32, 48, 64}, block_sizes[] = {64, 128, 128};
static const char *const hash_names[] = {"SHA-256", "SHA-384", "SHA-512"};
static uint8_t message[20000];

/* The first bytes of the digests of "abc" (FIPS 180-2, appendices B to D). */
static const uint8_t abc[3][8] = {{0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea},
                                  {0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b},
                                  {0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba}};

static void one_hash(const struct assay_hash_ops *ops, int i)
{
    enum assay_alg alg = (enum assay_alg)(ASSAY_SHA256 + i);
    assay_hash *hash = (assay_hash *)(void *)&contract;
    uint8_t first[65], again[65];
    size_t size = hash_sizes[i];
    if (!contract_supported(ASSAY_OP_HASH, alg, hash_names[i])) {
        CHECK_RC(ops->hash_new(contract.instance, alg, &hash), ASSAY_UNSUPPORTED);
        CHECK(hash == NULL);
        return;
    }
    if (!CHECK_RC(ops->hash_new(contract.instance, alg, &hash), ASSAY_OK))
        return;
    CHECK_RC(ops->digest(hash, first, (const uint8_t *)"abc", 3), ASSAY_OK);
    CHECK_SAME(first, abc[i], 8);
    CHECK_RC(ops->digest(hash, first, NULL, 0), ASSAY_OK);
    CHECK_RC(ops->digest(hash, again, message, 0), ASSAY_OK);
    CHECK_SAME(first, again, size);
    for (size_t n = 1; n < sizeof message; n += n < 300 ? 1 : 1777) {
        memset(first, GUARD, sizeof first);
        CHECK_RC(ops->digest(hash, first, message, n), ASSAY_OK);
        CHECK(first[size] == GUARD);
        message[n - 1] ^= 1;
        CHECK_RC(ops->digest(hash, again, message, n), ASSAY_OK);
        CHECK(memcmp(first, again, size) != 0);
        message[n - 1] ^= 1;
        CHECK_RC(ops->digest(hash, again, message, n), ASSAY_OK);
        CHECK_SAME(first, again, size);
    }
    ops->hash_free(hash);
}

void contract_hash(const struct assay_hash_ops *ops)
{
    contract_fill(message, sizeof message, 20);
    for (int i = 0; i < 3; i++)
        one_hash(ops, i);
    ops->hash_free(NULL);
}

/* RFC 2104, by the module's own hash; false where it has none. */
static bool hmac_by_hash(int i, const uint8_t *key, size_t key_size, size_t size, uint8_t tag[64])
{
    const struct assay_hash_ops *ops = contract.backend->hash;
    uint8_t padded[128] = {0}, inner[128 + 2000], outer[128 + 64];
    assay_hash *hash = NULL;
    size_t block = block_sizes[i];
    if (!ops || ops->hash_new(contract.instance, (enum assay_alg)(ASSAY_SHA256 + i), &hash) != ASSAY_OK)
        return false;
    if (key_size > block)
        CHECK_RC(ops->digest(hash, padded, key, key_size), ASSAY_OK);
    else if (key_size > 0)
        memcpy(padded, key, key_size);
    for (size_t at = 0; at < block; at++) {
        inner[at] = padded[at] ^ 0x36;
        outer[at] = padded[at] ^ 0x5c;
    }
    memcpy(inner + block, message, size);
    CHECK_RC(ops->digest(hash, outer + block, inner, block + size), ASSAY_OK);
    CHECK_RC(ops->digest(hash, tag, outer, block + hash_sizes[i]), ASSAY_OK);
    ops->hash_free(hash);
    return true;
}

/* A batch is as many single calls; its messages differ in length, or some in a row are of one, and there may
 * be none. */
static void one_mac_batch(const struct assay_mac_ops *ops, int i, assay_mac *mac, bool alike)
{
    static const size_t counts[] = {0, 1, 2, 7, 16, 17, 40};
    static uint8_t tags[40][65];
    struct assay_mac_message batch[40];
    uint8_t tag[64];
    if (!ops->compute_batch)
        return;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        memset(tags, GUARD, sizeof tags);
        for (size_t m = 0; m < counts[c]; m++)
            batch[m] = (struct assay_mac_message){tags[m], {message + m, alike ? 64 + m / 24 : m * 53 % 700}};
        CHECK_RC(ops->compute_batch(mac, batch, counts[c]), ASSAY_OK);
        for (size_t m = 0; m < counts[c]; m++) {
            CHECK_RC(ops->compute(mac, tag, batch[m].in.data, batch[m].in.size), ASSAY_OK);
            CHECK_SAME(tags[m], tag, hash_sizes[i]);
        }
        for (size_t m = 0; m < 40; m++)
            CHECK(tags[m][m < counts[c] ? hash_sizes[i] : 0] == GUARD);
    }
}

static void one_mac_key(const struct assay_mac_ops *ops, int i, assay_mac *mac, size_t key_size)
{
    uint8_t key[300], tag[65], again[64];
    assay_mac *fresh = NULL;
    contract_fill(key, sizeof key, (unsigned)key_size);
    CHECK_RC(ops->rekey(mac, key_size > 0 ? key : NULL, key_size), ASSAY_OK);
    if (!CHECK_RC(
            ops->mac_new(contract.instance, (enum assay_alg)(ASSAY_HMAC_SHA256 + i), key, key_size, &fresh),
            ASSAY_OK))
        return;
    for (size_t n = 0; n < 2000; n += n < 140 ? 7 : 611) {
        tag[hash_sizes[i]] = GUARD;
        CHECK_RC(ops->compute(mac, tag, n > 0 ? message : NULL, n), ASSAY_OK);
        CHECK(tag[hash_sizes[i]] == GUARD);
        CHECK_RC(ops->compute(fresh, again, message, n), ASSAY_OK);
        CHECK_SAME(tag, again, hash_sizes[i]);
        if (hmac_by_hash(i, key, key_size, n, again))
            CHECK_SAME(tag, again, hash_sizes[i]);
    }
    ops->mac_free(fresh);
}

void contract_mac(const struct assay_mac_ops *ops)
{
    static const char *const names[] = {"HMAC-SHA-256", "HMAC-SHA-384", "HMAC-SHA-512"};
    static const size_t key_sizes[] = {32, 0, 1, 64, 65, 128, 129, 300, 20};
    contract_fill(message, sizeof message, 21);
    for (int i = 0; i < 3; i++) {
        enum assay_alg alg = (enum assay_alg)(ASSAY_HMAC_SHA256 + i);
        assay_mac *mac = (assay_mac *)(void *)&contract;
        if (!contract_supported(ASSAY_OP_MAC, alg, names[i])) {
            CHECK_RC(ops->mac_new(contract.instance, alg, message, 32, &mac), ASSAY_UNSUPPORTED);
            CHECK(mac == NULL);
            continue;
        }
        if (!CHECK_RC(ops->mac_new(contract.instance, alg, message, 32, &mac), ASSAY_OK))
            continue;
        for (size_t k = 0; k < sizeof key_sizes / sizeof *key_sizes; k++)
            one_mac_key(ops, i, mac, key_sizes[k]);
        one_mac_batch(ops, i, mac, false);
        one_mac_batch(ops, i, mac, true);
        ops->mac_free(mac);
    }
    ops->mac_free(NULL);
}

/* RFC 5869, by the module's own HMAC; false where it has none. */
static bool hkdf_by_mac(int i, const struct assay_hkdf_input *input, uint8_t *out, size_t out_size)
{
    const struct assay_mac_ops *ops = contract.backend->mac;
    uint8_t prk[64], block[64 + 300 + 1];
    size_t size = hash_sizes[i], at = 0;
    assay_mac *mac = NULL;
    if (!ops || ops->mac_new(contract.instance, (enum assay_alg)(ASSAY_HMAC_SHA256 + i), input->salt.data,
                             input->salt.size, &mac) != ASSAY_OK)
        return false;
    CHECK_RC(ops->compute(mac, prk, input->ikm.data, input->ikm.size), ASSAY_OK);
    CHECK_RC(ops->rekey(mac, prk, size), ASSAY_OK);
    for (uint8_t counter = 1; at < out_size; counter++) {
        uint8_t tag[64], *p = block + (counter > 1 ? size : 0);
        if (input->info.size > 0)
            memcpy(p, input->info.data, input->info.size);
        p[input->info.size] = counter;
        CHECK_RC(ops->compute(mac, tag, block, (size_t)(p - block) + input->info.size + 1), ASSAY_OK);
        memcpy(block, tag, size);
        size_t n = out_size - at < size ? out_size - at : size;
        memcpy(out + at, tag, n);
        at += n;
    }
    ops->mac_free(mac);
    return true;
}

/* Some inputs in a row are of one shape. */
static void one_kdf_batch(const struct assay_kdf_ops *ops, assay_kdf *kdf, size_t count)
{
    static uint8_t out[40 * 50 + 1];
    struct assay_hkdf_input inputs[40];
    uint8_t one[50];
    for (size_t k = 0; k < count; k++)
        inputs[k] = (struct assay_hkdf_input){
            {message + k, 32}, {message + 50 + k, 16}, {message + 100 + k, 10 + k / 24}};
    out[count * 50] = GUARD;
    CHECK_RC(ops->hkdf_batch(kdf, out, 50, inputs, count), ASSAY_OK);
    CHECK(out[count * 50] == GUARD);
    for (size_t k = 0; k < count; k++) {
        CHECK_RC(ops->hkdf(kdf, one, 50, &inputs[k]), ASSAY_OK);
        CHECK_SAME(out + 50 * k, one, 50);
    }
}

static void kdf_lengths(const struct assay_kdf_ops *ops, int i, assay_kdf *kdf)
{
    static uint8_t out[255 * 64 + 1], again[255 * 64 + 1];
    const size_t most = 255 * hash_sizes[i];
    const size_t sizes[] = {most, 1, 16, 31, 32, 33, 48, 64, 1024, 1000, 3};
    const struct assay_hkdf_input inputs[] = {{{message, 32}, {message + 50, 16}, {message + 100, 10}},
                                              {{message, 22}, {NULL, 0}, {NULL, 0}},
                                              {{message, 300}, {message + 50, 200}, {message + 9, 300}}};
    for (int k = 0; k < 3; k++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            out[sizes[s]] = GUARD;
            CHECK_RC(ops->hkdf(kdf, out, sizes[s], &inputs[k]), ASSAY_OK);
            CHECK(out[sizes[s]] == GUARD);
            if (hkdf_by_mac(i, &inputs[k], again, sizes[s]))
                CHECK_SAME(out, again, sizes[s]);
        }
    CHECK_RC(ops->hkdf(kdf, out, 0, &inputs[0]), ASSAY_INPUT);
    CHECK_RC(ops->hkdf(kdf, out, most + 1, &inputs[0]), ASSAY_INPUT);
    for (size_t count = 0; ops->hkdf_batch && count <= 40; count += 5)
        one_kdf_batch(ops, kdf, count);
    if (ops->hkdf_batch) {
        CHECK_RC(ops->hkdf_batch(kdf, out, 40, inputs, 3), ASSAY_OK);
        for (int k = 0; k < 3; k++) {
            CHECK_RC(ops->hkdf(kdf, again, 40, &inputs[k]), ASSAY_OK);
            CHECK_SAME(out + 40 * k, again, 40);
        }
    }
}

/* An empty salt stands for zeros, also in a context that has just used another one. */
static void kdf_salts(const struct assay_kdf_ops *ops, int i, assay_kdf *kdf)
{
    static const uint8_t zeros[64];
    uint8_t salted[40], unsalted[40], zeroed[40];
    const struct assay_hkdf_input with = {{message, 32}, {message + 50, 16}, {message, 4}};
    const struct assay_hkdf_input without = {{message, 32}, {NULL, 0}, {message, 4}};
    const struct assay_hkdf_input zero = {{message, 32}, {zeros, hash_sizes[i]}, {message, 4}};
    CHECK_RC(ops->hkdf(kdf, zeroed, sizeof zeroed, &zero), ASSAY_OK);
    CHECK_RC(ops->hkdf(kdf, salted, sizeof salted, &with), ASSAY_OK);
    CHECK_RC(ops->hkdf(kdf, unsalted, sizeof unsalted, &without), ASSAY_OK);
    CHECK(memcmp(salted, unsalted, sizeof salted) != 0);
    CHECK_SAME(zeroed, unsalted, sizeof zeroed);
}

void contract_kdf(const struct assay_kdf_ops *ops)
{
    static const char *const names[] = {"HKDF-SHA-256", "HKDF-SHA-384", "HKDF-SHA-512"};
    contract_fill(message, sizeof message, 22);
    for (int i = 0; i < 3; i++) {
        enum assay_alg alg = (enum assay_alg)(ASSAY_HKDF_SHA256 + i);
        assay_kdf *kdf = (assay_kdf *)(void *)&contract;
        if (!contract_supported(ASSAY_OP_KDF, alg, names[i])) {
            CHECK_RC(ops->kdf_new(contract.instance, alg, &kdf), ASSAY_UNSUPPORTED);
            CHECK(kdf == NULL);
            continue;
        }
        if (!CHECK_RC(ops->kdf_new(contract.instance, alg, &kdf), ASSAY_OK))
            continue;
        kdf_lengths(ops, i, kdf);
        kdf_salts(ops, i, kdf);
        ops->kdf_free(kdf);
    }
    ops->kdf_free(NULL);
}

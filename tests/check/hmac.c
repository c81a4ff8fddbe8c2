/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC and HKDF over each SHA-2 variant: published vectors, then against the portable variant.
 */
#include "backends/native/hkdf/hkdf.h"
#include "kernels/vectors/vectors.h"
#include "tests/check/check.h"

#include <string.h>

static void known_macs(const struct sha2 *h, enum assay_alg alg)
{
    for (const struct assay_mac_vector *k = assay_mac_vectors; k->source != NULL; k++) {
        uint8_t key[256], message[512], want[64], got[64];
        struct hmac m;
        if (k->alg != alg)
            continue;
        size_t key_size = assay_hex(key, sizeof key, k->key);
        size_t size = assay_hex(message, sizeof message, k->message);
        assay_hex(want, sizeof want, k->tag);
        hmac_init(h, &m, key, key_size);
        hmac_compute(h, &m, message, size, got);
        check_that(memcmp(want, got, h->digest) == 0, "%s %s", h->variant->name, k->source);
    }
}

static void known_keys(const struct sha2 *h, enum assay_alg alg)
{
    struct hkdf hkdf;
    hkdf_init(&hkdf, h);
    for (const struct assay_hkdf_vector *k = assay_hkdf_vectors; k->source != NULL; k++) {
        uint8_t ikm[256], salt[256], info[256], want[256], got[256];
        if (k->alg != alg)
            continue;
        size_t ikm_size = assay_hex(ikm, 256, k->ikm), salt_size = assay_hex(salt, 256, k->salt);
        size_t info_size = assay_hex(info, 256, k->info), size = assay_hex(want, 256, k->okm);
        struct hkdf_inputs in = {{ikm, ikm_size}, {salt, salt_size}, {info, info_size}};
        hkdf_derive(&hkdf, got, size, &in);
        check_that(memcmp(want, got, size) == 0, "%s %s", h->variant->name, k->source);
    }
}

static void against_portable(const struct sha2 *h, const struct sha2 *reference)
{
    static uint8_t key[300], message[4096], want[4096], got[4096];
    struct hkdf hkdf, reference_hkdf;
    hkdf_init(&hkdf, h);
    hkdf_init(&reference_hkdf, reference);
    for (size_t i = 0; i < 1000; i += check_step()) {
        struct hmac m, reference_m;
        size_t key_size = check_below(sizeof key), size = i < 400 ? i : check_below(sizeof message);
        check_fill(key, key_size);
        check_fill(message, size);
        hmac_init(h, &m, key, key_size);
        hmac_init(reference, &reference_m, key, key_size);
        hmac_compute(h, &m, message, size, got);
        hmac_compute(reference, &reference_m, message, size, want);
        check_that(memcmp(want, got, h->digest) == 0, "%s HMAC key %zu size %zu", h->variant->name, key_size,
                   size);
        size_t out_size = 1 + check_below(2000), salt_size = check_below(150), info_size = check_below(300);
        struct hkdf_inputs in = {{message, size}, {key, salt_size}, {key, info_size}};
        hkdf_derive(&hkdf, got, out_size, &in);
        hkdf_derive(&reference_hkdf, want, out_size, &in);
        check_that(memcmp(want, got, out_size) == 0, "%s HKDF out %zu salt %zu", h->variant->name, out_size,
                   salt_size);
    }
}

static void one_hash(enum sha2_kind kind, const struct sha2_variant *v, enum assay_alg mac,
                     enum assay_alg kdf)
{
    struct sha2 h, reference;
    sha2_choose(&h, kind, v);
    sha2_choose(&reference, kind, kind == SHA2_256 ? &sha256_portable : &sha512_portable);
    known_macs(&h, mac);
    known_keys(&h, kdf);
    against_portable(&h, &reference);
}

void check_hmac(uint32_t features)
{
    for (size_t i = 0; sha256_variants[i] != NULL; i++)
        if (check_wanted(sha256_variants[i]->name, sha256_variants[i]->needs, features))
            one_hash(SHA2_256, sha256_variants[i], ASSAY_HMAC_SHA256, ASSAY_HKDF_SHA256);
    for (size_t i = 0; sha512_variants[i] != NULL; i++) {
        if (!check_wanted(sha512_variants[i]->name, sha512_variants[i]->needs, features))
            continue;
        one_hash(SHA2_384, sha512_variants[i], ASSAY_HMAC_SHA384, ASSAY_HKDF_SHA384);
        one_hash(SHA2_512, sha512_variants[i], ASSAY_HMAC_SHA512, ASSAY_HKDF_SHA512);
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF (RFC 5869) with SHA-256 and SHA-512, composed over libsodium's HMAC, as a user of 1.0.18 must: that
 * release has none.
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>
#include <string.h>

struct assay_kdf {
    bool small; /* SHA-256; else SHA-512 */
    size_t hash_size;
    union {
        struct {
            crypto_auth_hmacsha256_state keyed, work;
        } sha256;
        struct {
            crypto_auth_hmacsha512_state keyed, work;
        } sha512;
    } hmac;
    uint8_t prk[crypto_auth_hmacsha512_BYTES], block[crypto_auth_hmacsha512_BYTES];
};

static enum assay_rc kdf_new(assay_instance *instance, enum assay_alg alg, assay_kdf **out)
{
    *out = NULL;
    enum assay_rc rc = assay_sodium_need(instance, ASSAY_OP_KDF, alg);
    if (rc != ASSAY_OK)
        return rc;
    assay_kdf *kdf = *out = assay_sodium_new(sizeof *kdf);
    if (!kdf)
        return assay_sodium_fail(ASSAY_NOMEM, "out of memory");
    kdf->small = alg == ASSAY_HKDF_SHA256;
    kdf->hash_size = kdf->small ? crypto_auth_hmacsha256_BYTES : crypto_auth_hmacsha512_BYTES;
    return ASSAY_OK;
}

static void kdf_free(assay_kdf *kdf)
{
    assay_sodium_free(kdf, sizeof *kdf);
}

/* Keeps the state after the key; begin() starts each message from it. */
static int set_key(assay_kdf *kdf, const uint8_t *key, size_t size)
{
    return kdf->small ? crypto_auth_hmacsha256_init(&kdf->hmac.sha256.keyed, key, size)
                      : crypto_auth_hmacsha512_init(&kdf->hmac.sha512.keyed, key, size);
}

static void begin(assay_kdf *kdf)
{
    if (kdf->small)
        kdf->hmac.sha256.work = kdf->hmac.sha256.keyed;
    else
        kdf->hmac.sha512.work = kdf->hmac.sha512.keyed;
}

static int update(assay_kdf *kdf, const uint8_t *in, size_t size)
{
    return kdf->small ? crypto_auth_hmacsha256_update(&kdf->hmac.sha256.work, in, size)
                      : crypto_auth_hmacsha512_update(&kdf->hmac.sha512.work, in, size);
}

static int final(assay_kdf *kdf, uint8_t *out)
{
    return kdf->small ? crypto_auth_hmacsha256_final(&kdf->hmac.sha256.work, out)
                      : crypto_auth_hmacsha512_final(&kdf->hmac.sha512.work, out);
}

/* RFC 5869 §2.2. HMAC pads its key with zeros, so no salt and HashLen zeros are the same key. */
static int extract(assay_kdf *kdf, const struct assay_hkdf_input *input)
{
    static const uint8_t none[1];
    int failed = set_key(kdf, input->salt.data ? input->salt.data : none, input->salt.size);
    begin(kdf);
    return failed | update(kdf, input->ikm.data, input->ikm.size) | final(kdf, kdf->prk);
}

/* RFC 5869 §2.3: T(i) = HMAC(PRK, T(i-1) | info | i) */
static int expand(assay_kdf *kdf, uint8_t *out, size_t out_size, const struct assay_bytes *info)
{
    int failed = set_key(kdf, kdf->prk, kdf->hash_size);
    const uint8_t *previous = NULL;
    for (uint8_t i = 1; out_size > 0; i++) {
        size_t n = out_size < kdf->hash_size ? out_size : kdf->hash_size;
        uint8_t *to = n == kdf->hash_size ? out : kdf->block;
        begin(kdf);
        failed |= update(kdf, previous, previous ? kdf->hash_size : 0);
        failed |= update(kdf, info->data, info->size);
        failed |= update(kdf, &i, 1);
        failed |= final(kdf, to);
        if (to != out)
            memcpy(out, to, n);
        previous = to;
        out += n;
        out_size -= n;
    }
    return failed;
}

static enum assay_rc kdf_hkdf(assay_kdf *kdf, uint8_t *out, size_t out_size,
                              const struct assay_hkdf_input *input)
{
    if (out_size < 1 || out_size > 255 * kdf->hash_size)
        return assay_sodium_fail(ASSAY_INPUT, "HKDF gives 1 to %zu bytes, not %zu", 255 * kdf->hash_size,
                                 out_size);
    int failed = extract(kdf, input) | expand(kdf, out, out_size, &input->info);
    sodium_memzero(&kdf->hmac, kdf->small ? sizeof kdf->hmac.sha256 : sizeof kdf->hmac.sha512);
    sodium_memzero(kdf->prk, kdf->hash_size);
    sodium_memzero(kdf->block, kdf->hash_size);
    return failed ? assay_sodium_fail(ASSAY_LIBRARY, "libsodium refused to compute an HMAC") : ASSAY_OK;
}

const struct assay_kdf_ops assay_sodium_kdf = {
    .size = sizeof assay_sodium_kdf,
    .kdf_new = kdf_new,
    .kdf_free = kdf_free,
    .hkdf = kdf_hkdf,
};

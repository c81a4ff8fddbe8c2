/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF-SHA-256 (RFC 5869) composed over libsodium's HMAC, as a user of 1.0.18 must: that release has none.
 */
#include "backends/sodium/sodium.h"

#include <sodium.h>
#include <string.h>

#define HASH_SIZE crypto_auth_hmacsha256_BYTES

struct assay_kdf {
    crypto_auth_hmacsha256_state keyed, work;
    uint8_t prk[HASH_SIZE], block[HASH_SIZE];
};

static enum assay_rc kdf_new(assay_instance *instance, enum assay_alg alg, assay_kdf **out)
{
    *out = NULL;
    enum assay_rc rc = assay_sodium_need(instance, ASSAY_OP_KDF, alg);
    if (rc != ASSAY_OK)
        return rc;
    *out = assay_sodium_new(sizeof **out);
    return *out ? ASSAY_OK : assay_sodium_fail(ASSAY_NOMEM, "out of memory");
}

static void kdf_free(assay_kdf *kdf)
{
    assay_sodium_free(kdf, sizeof *kdf);
}

/* RFC 5869 §2.2. HMAC pads its key with zeros, so no salt and HashLen zeros are the same key. */
static int extract(assay_kdf *kdf, const struct assay_hkdf_input *input)
{
    static const uint8_t none[1];
    const uint8_t *salt = input->salt.data ? input->salt.data : none;
    return crypto_auth_hmacsha256_init(&kdf->work, salt, input->salt.size) |
           crypto_auth_hmacsha256_update(&kdf->work, input->ikm.data, input->ikm.size) |
           crypto_auth_hmacsha256_final(&kdf->work, kdf->prk);
}

/* RFC 5869 §2.3: T(i) = HMAC(PRK, T(i-1) | info | i) */
static int expand(assay_kdf *kdf, uint8_t *out, size_t out_size, const struct assay_bytes *info)
{
    int failed = crypto_auth_hmacsha256_init(&kdf->keyed, kdf->prk, sizeof kdf->prk);
    const uint8_t *previous = NULL;
    for (uint8_t i = 1; out_size > 0; i++) {
        size_t n = out_size < HASH_SIZE ? out_size : HASH_SIZE;
        uint8_t *to = n == HASH_SIZE ? out : kdf->block;
        kdf->work = kdf->keyed;
        failed |= crypto_auth_hmacsha256_update(&kdf->work, previous, previous ? HASH_SIZE : 0);
        failed |= crypto_auth_hmacsha256_update(&kdf->work, info->data, info->size);
        failed |= crypto_auth_hmacsha256_update(&kdf->work, &i, 1);
        failed |= crypto_auth_hmacsha256_final(&kdf->work, to);
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
    if (out_size < 1 || out_size > (size_t)255 * HASH_SIZE)
        return assay_sodium_fail(ASSAY_INPUT, "HKDF-SHA-256 gives 1 to %u bytes, not %zu", 255 * HASH_SIZE,
                                 out_size);
    int failed = extract(kdf, input) | expand(kdf, out, out_size, &input->info);
    sodium_memzero(kdf, sizeof *kdf);
    return failed ? assay_sodium_fail(ASSAY_LIBRARY, "libsodium refused to compute an HMAC") : ASSAY_OK;
}

const struct assay_kdf_ops assay_sodium_kdf = {
    .size = sizeof assay_sodium_kdf,
    .kdf_new = kdf_new,
    .kdf_free = kdf_free,
    .hkdf = kdf_hkdf,
};

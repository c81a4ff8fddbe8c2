/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-2 of libmd, and HMAC (RFC 2104) and HKDF (RFC 5869) over it. Plain and slow: nothing here is timed.
 */
#include "kernels/reference.h"

#include <sha2.h>
#include <string.h>

#define BLOCK_MAX 128u

struct sha2 { /* one of the three hashes under one name */
    size_t size, block;
    void (*init)(SHA2_CTX *);
    void (*update)(SHA2_CTX *, const uint8_t *, size_t);
    void (*final)(uint8_t *, SHA2_CTX *);
};

static const struct sha2 sha256 = {32, 64, SHA256Init, SHA256Update, SHA256Final};
static const struct sha2 sha384 = {48, 128, SHA384Init, SHA384Update, SHA384Final};
static const struct sha2 sha512 = {64, 128, SHA512Init, SHA512Update, SHA512Final};

static const struct sha2 *find(enum assay_alg alg)
{
    switch ((int)alg) {
    case ASSAY_SHA256:
    case ASSAY_HMAC_SHA256:
    case ASSAY_HKDF_SHA256:
        return &sha256;
    case ASSAY_SHA384:
    case ASSAY_HMAC_SHA384:
    case ASSAY_HKDF_SHA384:
        return &sha384;
    case ASSAY_SHA512:
    case ASSAY_HMAC_SHA512:
    case ASSAY_HKDF_SHA512:
        return &sha512;
    }
    return NULL;
}

size_t assay_reference_size(enum assay_alg alg)
{
    const struct sha2 *h = find(alg);
    return h ? h->size : 0;
}

static void hash(const struct sha2 *h, uint8_t *out, const struct assay_bytes *parts, size_t count)
{
    SHA2_CTX ctx;
    h->init(&ctx);
    for (size_t i = 0; i < count; i++)
        h->update(&ctx, parts[i].data, parts[i].size);
    h->final(out, &ctx);
}

#define PARTS_MAX 3u

static void hmac(const struct sha2 *h, uint8_t *out, struct assay_bytes key, const struct assay_bytes *parts,
                 size_t count)
{
    uint8_t padded[BLOCK_MAX] = {0}, inner[BLOCK_MAX], outer[BLOCK_MAX], digest[ASSAY_HASH_MAX];
    if (key.size > h->block)
        hash(h, padded, &key, 1);
    else if (key.size > 0)
        memcpy(padded, key.data, key.size);
    for (size_t i = 0; i < h->block; i++) {
        inner[i] = padded[i] ^ 0x36;
        outer[i] = padded[i] ^ 0x5c;
    }
    struct assay_bytes all[1 + PARTS_MAX] = {{inner, h->block}};
    for (size_t i = 0; i < count; i++)
        all[1 + i] = parts[i];
    hash(h, digest, all, 1 + count);
    const struct assay_bytes last[] = {{outer, h->block}, {digest, h->size}};
    hash(h, out, last, 2);
}

void assay_reference_hash(enum assay_alg alg, uint8_t *out, const uint8_t *in, size_t in_size)
{
    hash(find(alg), out, &(struct assay_bytes){in, in_size}, 1);
}

void assay_reference_hmac(enum assay_alg alg, uint8_t *out, const uint8_t *key, size_t key_size,
                          const uint8_t *in, size_t in_size)
{
    hmac(find(alg), out, (struct assay_bytes){key, key_size}, &(struct assay_bytes){in, in_size}, 1);
}

void assay_reference_hkdf(enum assay_alg alg, uint8_t *out, size_t out_size,
                          const struct assay_hkdf_input *input)
{
    const struct sha2 *h = find(alg);
    uint8_t prk[ASSAY_HASH_MAX], block[ASSAY_HASH_MAX];
    hmac(h, prk, input->salt, &input->ikm, 1); /* HMAC pads an empty salt to the zeros of RFC 5869 §2.2 */
    size_t done = 0;
    for (uint8_t i = 1; done < out_size; i++) {
        const struct assay_bytes parts[PARTS_MAX] = {{block, i > 1 ? h->size : 0}, input->info, {&i, 1}};
        hmac(h, block, (struct assay_bytes){prk, h->size}, parts, PARTS_MAX);
        size_t n = out_size - done < h->size ? out_size - done : h->size;
        memcpy(out + done, block, n);
        done += n;
    }
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF over HMAC. Each block of output hashes T(i - 1), info and a counter (RFC 5869 2.3), fed to the hash in
 * pieces so that info may have any length without a heap allocation.
 */
#include "backends/native/hkdf/hkdf.h"

#include <string.h>

void hkdf_init(struct hkdf *k, const struct sha2 *hash)
{
    k->hash = hash;
    hmac_init(hash, &k->no_salt, NULL, 0);
}

/* Bytes on their way into the hash; `held` whole blocks never stay. */
struct feed {
    const struct sha2 *h;
    union sha2_state state;
    uint64_t before; /* bytes in the state */
    size_t held;
    uint8_t block[SHA2_BLOCK_MAX];
};

static void feed_bytes(struct feed *f, const uint8_t *in, size_t size)
{
    while (size > 0) {
        size_t room = f->h->block - f->held, take = size < room ? size : room;
        memcpy(f->block + f->held, in, take);
        f->held += take;
        in += take;
        size -= take;
        if (f->held == f->h->block) {
            f->h->variant->blocks(&f->state, f->block, 1);
            f->before += f->h->block;
            f->held = 0;
        }
    }
}

static void expand_block(const struct sha2 *h, const struct hmac *prk, uint8_t t[SHA2_DIGEST_MAX],
                         size_t t_size, const uint8_t *info, size_t info_size, uint8_t number)
{
    struct feed f = {.h = h, .state = prk->inner, .before = h->block};
    feed_bytes(&f, t, t_size);
    feed_bytes(&f, info, info_size);
    feed_bytes(&f, &number, 1);
    uint8_t digest[SHA2_DIGEST_MAX];
    sha2_finish(h, &f.state, f.before, f.block, f.held, digest);
    union sha2_state outer = prk->outer;
    sha2_finish(h, &outer, h->block, digest, h->digest, t);
}

void hkdf_derive(const struct hkdf *k, uint8_t *out, size_t out_size, const uint8_t *ikm, size_t ikm_size,
                 const uint8_t *salt, size_t salt_size, const uint8_t *info, size_t info_size)
{
    const struct sha2 *h = k->hash;
    struct hmac extract, prk;
    uint8_t t[SHA2_DIGEST_MAX];
    if (salt_size > 0)
        hmac_init(h, &extract, salt, salt_size);
    hmac_compute(h, salt_size > 0 ? &extract : &k->no_salt, ikm, ikm_size, t);
    hmac_init(h, &prk, t, h->digest);
    size_t t_size = 0;
    for (uint8_t number = 1; out_size > 0; number++) {
        expand_block(h, &prk, t, t_size, info, info_size, number);
        t_size = h->digest;
        size_t take = out_size < t_size ? out_size : t_size;
        memcpy(out, t, take);
        out += take;
        out_size -= take;
    }
    explicit_bzero(&prk, sizeof prk);
    explicit_bzero(t, sizeof t);
}

bool hkdf_lanes_fit(const struct hkdf *k, const struct hkdf_inputs *in)
{
    return k->hash->variant->wide != NULL && k->hash->block == 64 && in[0].salt.size <= 64 &&
           in[0].info.size <= HKDF_LANES_INFO;
}

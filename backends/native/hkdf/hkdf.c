/* SPDX-License-Identifier: Apache-2.0
 *
 * HKDF over HMAC.
 */
#include "backends/native/hkdf/hkdf.h"

#include <string.h>

void hkdf_init(struct hkdf *k, const struct sha2 *hash)
{
    k->hash = hash;
    hmac_init(hash, &k->no_salt, NULL, 0);
}

/* An empty part may come as NULL, which no code of a width takes. */
static const uint8_t *at(struct hkdf_part part)
{
    static const uint8_t nothing[1];
    return part.data != NULL ? part.data : nothing;
}

/* The HMAC states of the pseudo-random key, a lane each; idle lanes repeat the first input. The key itself
 * stays in `tag`, which expanding overwrites. */
static void extract(const struct hkdf *k, const struct sha2_width *width, struct hmac_lanes *prk,
                    union sha2_lanes *tag, const struct hkdf_inputs in[], size_t n)
{
    const uint8_t *salt[SHA2_LANES], *ikm[SHA2_LANES];
    struct hmac_lanes key;
    for (size_t lane = 0; lane < width->lanes; lane++) {
        salt[lane] = at(in[lane < n ? lane : 0].salt);
        ikm[lane] = at(in[lane < n ? lane : 0].ikm);
    }
    if (in[0].salt.size > 0)
        hmac_lanes_init(k->hash, width, &key, salt, in[0].salt.size);
    else
        hmac_lanes_fill(width, &key, &k->no_salt);
    hmac_lanes_compute(k->hash, width, &key, ikm, in[0].ikm.size, tag);
    width->keys_of(k->hash, &prk->inner, &prk->outer, tag);
}

/* RFC 5869 2.3: T(i) = HMAC(PRK, T(i - 1) | info | i). T ends where info begins. */
struct expand_row {
    _Alignas(64) uint8_t t[SHA2_DIGEST_MAX];
    uint8_t info_and_number[HKDF_LANES_INFO + 1];
};

void hkdf_lanes_derive(const struct hkdf *k, const struct sha2_width *width, uint8_t *out, size_t out_size,
                       const struct hkdf_inputs in[], size_t n)
{
    const size_t digest = k->hash->digest, info = in[0].info.size;
    struct expand_row rows[SHA2_LANES];
    const uint8_t *from[SHA2_LANES];
    uint8_t *t[SHA2_LANES], *to[SHA2_LANES];
    struct hmac_lanes prk;
    union sha2_lanes tag;
    extract(k, width, &prk, &tag, in, n);
    for (size_t lane = 0; lane < width->lanes; lane++) {
        t[lane] = rows[lane].t + (SHA2_DIGEST_MAX - digest);
        to[lane] = out + (lane < n ? lane : 0) * out_size;
        memcpy(rows[lane].info_and_number, at(in[lane < n ? lane : 0].info), info);
    }
    for (size_t done = 0, number = 1; done < out_size; done += digest, number++) {
        size_t left = out_size - done, start = number == 1 ? SHA2_DIGEST_MAX : SHA2_DIGEST_MAX - digest;
        for (size_t lane = 0; lane < width->lanes; lane++) {
            rows[lane].info_and_number[info] = (uint8_t)number;
            from[lane] = rows[lane].t + start;
        }
        hmac_lanes_compute(k->hash, width, &prk, from, SHA2_DIGEST_MAX - start + info + 1, &tag);
        if (left == digest)
            width->write(k->hash, &tag, to, n);
        else
            width->write(k->hash, &tag, t, width->lanes);
        for (size_t lane = 0; lane < n && left != digest; lane++) {
            memcpy(to[lane], t[lane], left < digest ? left : digest);
            to[lane] += digest;
        }
    }
    hmac_lanes_wipe(width, &prk);
    sha2_wipe(width, &tag);
    if (out_size != digest) /* else T went nowhere but out */
        explicit_bzero(rows, width->lanes * sizeof *rows);
}

/* Bytes on their way into the hash; `held` whole blocks never stay. */
struct feed {
    const struct sha2 *h;
    union sha2_lanes state;
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
            f->h->variant->blocks(&f->state.state[0], f->block, 1);
            f->before += f->h->block;
            f->held = 0;
        }
    }
}

/* The same as hkdf_lanes_derive() for an info that no row holds: it goes into the hash in pieces. */
static void derive_long(const struct hkdf *k, uint8_t *out, size_t out_size, const struct hkdf_inputs *in)
{
    const struct sha2 *h = k->hash;
    uint8_t t[SHA2_DIGEST_MAX], *to = t;
    struct hmac_lanes prk;
    struct feed f = {.h = h};
    extract(k, h->single, &prk, &f.state, in, 1);
    for (uint8_t number = 1; out_size > 0; number++) {
        f.state.state[0] = prk.inner.state[0];
        f.before = h->block;
        f.held = 0;
        feed_bytes(&f, t, number == 1 ? 0 : h->digest);
        feed_bytes(&f, in->info.data, in->info.size);
        feed_bytes(&f, &number, 1);
        h->single->finish(h, &f.state, &f.state, f.before, (const uint8_t *const[]){f.block}, f.held);
        h->single->finish_of(h, &f.state, &prk.outer, &f.state);
        h->single->write(h, &f.state, &to, 1);
        size_t take = out_size < h->digest ? out_size : h->digest;
        memcpy(out, t, take);
        out += take;
        out_size -= take;
    }
    hmac_lanes_wipe(h->single, &prk);
    explicit_bzero(&f, sizeof f);
    explicit_bzero(t, sizeof t);
}

void hkdf_derive(const struct hkdf *k, uint8_t *out, size_t out_size, const struct hkdf_inputs *in)
{
    if (in->info.size <= HKDF_LANES_INFO)
        hkdf_lanes_derive(k, k->hash->single, out, out_size, in, 1);
    else
        derive_long(k, out, out_size, in);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-2, HMAC and HKDF of several messages side by side, in each width of each variant, against the portable
 * code, one message after the other; in one lane the input ends at an unreadable page.
 */
#include "backends/native/hkdf/hkdf.h"
#include "tests/check/check.h"

#include <string.h>

#define MOST 1500u

static uint8_t messages[SHA2_LANES][MOST], salts[SHA2_LANES][200], infos[SHA2_LANES][HKDF_LANES_INFO];
static struct guarded text;
static struct sha2 portable;

static void fill(size_t lanes, size_t size, const uint8_t *in[SHA2_LANES])
{
    for (size_t lane = 0; lane < lanes; lane++) {
        check_fill(messages[lane], size);
        check_fill(salts[lane], sizeof salts[lane]);
        check_fill(infos[lane], sizeof infos[lane]);
        in[lane] = messages[lane];
    }
    uint8_t *edge = guarded_high(&text, size);
    memcpy(edge, messages[lanes / 2], size);
    in[lanes / 2] = edge;
}

static void hashes(const struct sha2 *h, const struct sha2_width *width, size_t size,
                   const uint8_t *const in[])
{
    uint8_t got[SHA2_LANES][SHA2_DIGEST_MAX + 1], want[SHA2_DIGEST_MAX], *to[SHA2_LANES];
    union sha2_lanes s;
    size_t n = 1 + check_below(width->lanes);
    for (size_t lane = 0; lane < width->lanes; lane++) {
        memset(got[lane], 0xa5, sizeof got[lane]);
        to[lane] = got[lane];
    }
    width->fill(&s, h->start);
    width->finish(h, &s, &s, 0, in, size);
    width->write(h, &s, to, n);
    for (size_t lane = 0; lane < width->lanes; lane++) {
        sha2_digest(&portable, in[lane], size, want);
        bool right = memcmp(got[lane], want, h->digest) == 0;
        check_that(right == (lane < n) && got[lane][h->digest] == 0xa5,
                   "%s width %zu lane %zu of %zu size %zu", h->variant->name, width->lanes, lane, n, size);
    }
}

static void macs(const struct sha2 *h, const struct sha2_width *width, size_t size, const uint8_t *const in[])
{
    uint8_t got[SHA2_LANES][SHA2_DIGEST_MAX], want[SHA2_DIGEST_MAX], *to[SHA2_LANES];
    const uint8_t *keys[SHA2_LANES];
    struct hmac_lanes m;
    union sha2_lanes tag;
    size_t key_size = check_below(sizeof salts[0] + 1);
    for (size_t lane = 0; lane < width->lanes; lane++) {
        keys[lane] = salts[lane];
        to[lane] = got[lane];
    }
    hmac_lanes_init(h, width, &m, keys, key_size);
    hmac_lanes_compute(h, width, &m, in, size, &tag);
    width->write(h, &tag, to, width->lanes);
    for (size_t lane = 0; lane < width->lanes; lane++) {
        struct hmac one;
        hmac_init(&portable, &one, keys[lane], key_size);
        hmac_compute(&portable, &one, in[lane], size, want);
        check_that(memcmp(got[lane], want, h->digest) == 0, "%s width %zu HMAC lane %zu key %zu size %zu",
                   h->variant->name, width->lanes, lane, key_size, size);
    }
}

static void keys_derived(const struct sha2 *h, const struct sha2_width *width, size_t size,
                         const uint8_t *const in[])
{
    static uint8_t got[SHA2_LANES * 300 + 1], want[300];
    struct hkdf_inputs inputs[SHA2_LANES];
    struct hkdf k, reference;
    size_t salt = check_below(sizeof salts[0] + 1), info = check_below(HKDF_LANES_INFO + 1);
    size_t out = check_below(4) ? 1 + check_below(300) : h->digest, n = 1 + check_below(width->lanes);
    hkdf_init(&k, h);
    hkdf_init(&reference, &portable);
    for (size_t lane = 0; lane < n; lane++)
        inputs[lane] = (struct hkdf_inputs){
            {in[lane], size}, {salt ? salts[lane] : NULL, salt}, {info ? infos[lane] : NULL, info}};
    memset(got, 0xa5, sizeof got);
    hkdf_lanes_derive(&k, width, got, out, inputs, n);
    for (size_t lane = 0; lane < n; lane++) {
        hkdf_derive(&reference, want, out, &inputs[lane]);
        check_that(memcmp(got + lane * out, want, out) == 0,
                   "%s width %zu HKDF lane %zu of %zu salt %zu info %zu out %zu", h->variant->name,
                   width->lanes, lane, n, salt, info, out);
    }
    check_that(got[n * out] == 0xa5, "%s width %zu HKDF writes past its %zu outputs of %zu", h->variant->name,
               width->lanes, n, out);
}

static void one_width(const struct sha2 *h, const struct sha2_width *width)
{
    const uint8_t *in[SHA2_LANES];
    for (size_t i = 0; i < 400; i += check_step()) {
        size_t size = i < 300 ? i : check_below(MOST + 1);
        fill(width->lanes, size, in);
        hashes(h, width, size, in);
        macs(h, width, size, in);
        keys_derived(h, width, size, in);
    }
}

/* Is this code the widest that pays for n messages, which leaves none alone that narrower code would take
 * too? */
static bool best(const struct sha2 *h, const struct sha2_width *width, size_t n)
{
    const struct sha2_width *const *w = h->widths;
    while ((*w)->pays > n)
        w++;
    if ((*w)->lanes + 1 == n && w[1] != NULL && w[1]->lanes > 1)
        w++;
    return width == *w;
}

/* Whatever the number of messages, there is code for it. */
static void choice(const struct sha2 *h)
{
    for (size_t n = 1; n <= SHA2_LANES; n++) {
        const struct sha2_width *width = sha2_width(h, n);
        check_that(best(h, width, n), "%s: %zu messages in %zu lanes", h->variant->name, n, width->lanes);
    }
    check_that(h->single->lanes == 1, "%s has code for one message", h->variant->name);
    struct sha2 other = *h;
    other.lanes_from = 12;
    check_that(sha2_width(&other, 12) == h->widths[0], "%s: the widest from 12 messages on",
               h->variant->name);
    other.lanes_from = SHA2_LANES + 1;
    for (size_t n = 1; n <= 3 * SHA2_LANES; n++)
        check_that(h->widths[1] == NULL || sha2_width(&other, n) != h->widths[0], "%s: never the widest",
                   h->variant->name);
    other.lanes_from = 12;
    check_that(h->widths[1] == NULL || sha2_width(&other, 11) != h->widths[0], "%s: and not for 11",
               h->variant->name);
}

static void variants(const struct sha2_variant *const list[], enum sha2_kind kind, uint32_t features)
{
    sha2_choose(&portable, kind, list[0]);
    for (size_t i = 0; list[i] != NULL; i++) {
        struct sha2 h;
        if (!check_wanted(list[i]->name, list[i]->needs, features))
            continue;
        sha2_choose(&h, kind, list[i]);
        choice(&h);
        for (size_t j = 0; h.widths[j] != NULL; j++)
            one_width(&h, h.widths[j]);
    }
}

void check_lanes(uint32_t features)
{
    text = guarded_new(4096);
    variants(sha256_variants, SHA2_256, features);
    variants(sha512_variants, SHA2_384, features);
    variants(sha512_variants, SHA2_512, features);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256, HMAC and HKDF in sixteen lanes against the portable code, one message after the other; in one lane
 * the input ends at an unreadable page.
 */
#include "backends/native/hkdf/hkdf.h"
#include "backends/native/hmac/hmac_lanes.h"
#include "tests/check/check.h"

#include <string.h>

#define MOST 1500u

static uint8_t messages[SHA2_LANES][MOST], salts[SHA2_LANES][64], infos[SHA2_LANES][HKDF_LANES_INFO];
static struct guarded text;
static struct sha2 portable;

static void fill(size_t size, const uint8_t *in[SHA2_LANES])
{
    for (size_t lane = 0; lane < SHA2_LANES; lane++) {
        check_fill(messages[lane], size);
        check_fill(salts[lane], sizeof salts[lane]);
        check_fill(infos[lane], sizeof infos[lane]);
        in[lane] = messages[lane];
    }
    uint8_t *edge = guarded_high(&text, size);
    memcpy(edge, messages[3], size);
    in[3] = edge;
}

static void hashes(const struct sha2 *h, size_t size, const uint8_t *const in[SHA2_LANES])
{
    uint8_t got[SHA2_LANES][32], want[32], *to[SHA2_LANES];
    struct sha2_lanes s;
    sha2_lanes_fill(&s, h->start);
    sha2_lanes_finish(h->variant, &s, 0, in, size);
    for (size_t lane = 0; lane < SHA2_LANES; lane++)
        to[lane] = got[lane];
    sha2_lanes_write(&s, to);
    for (size_t lane = 0; lane < SHA2_LANES; lane++) {
        sha2_digest(&portable, in[lane], size, want);
        check_that(memcmp(got[lane], want, 32) == 0, "%s lane %zu size %zu", h->variant->name, lane, size);
    }
}

static void macs(const struct sha2 *h, size_t size, const uint8_t *const in[SHA2_LANES])
{
    uint8_t got[SHA2_LANES][32], want[32], *to[SHA2_LANES];
    const uint8_t *keys[SHA2_LANES];
    struct hmac_lanes m;
    struct sha2_lanes tag;
    size_t key_size = 1 + check_below(64);
    for (size_t lane = 0; lane < SHA2_LANES; lane++) {
        keys[lane] = salts[lane];
        to[lane] = got[lane];
    }
    hmac_lanes_init(h, &m, keys, key_size);
    hmac_lanes_compute(h, &m, in, size, &tag);
    sha2_lanes_write(&tag, to);
    for (size_t lane = 0; lane < SHA2_LANES; lane++) {
        struct hmac one;
        hmac_init(&portable, &one, keys[lane], key_size);
        hmac_compute(&portable, &one, in[lane], size, want);
        check_that(memcmp(got[lane], want, 32) == 0, "%s HMAC lane %zu key %zu size %zu", h->variant->name,
                   lane, key_size, size);
    }
}

static void keys_derived(const struct sha2 *h, size_t size, const uint8_t *const in[SHA2_LANES])
{
    static uint8_t got[SHA2_LANES * 300], want[300];
    struct hkdf_inputs inputs[SHA2_LANES];
    struct hkdf k, reference;
    size_t salt = check_below(65), info = check_below(HKDF_LANES_INFO + 1), out = 1 + check_below(300);
    hkdf_init(&k, h);
    hkdf_init(&reference, &portable);
    for (size_t lane = 0; lane < SHA2_LANES; lane++)
        inputs[lane] = (struct hkdf_inputs){
            {in[lane], size}, {salt ? salts[lane] : NULL, salt}, {info ? infos[lane] : NULL, info}};
    if (!check_that(hkdf_lanes_fit(&k, inputs), "%s HKDF salt %zu info %zu fits", h->variant->name, salt,
                    info))
        return;
    size_t count = check_below(2) ? SHA2_LANES : 1 + check_below(SHA2_LANES);
    memset(got, 0xa5, sizeof got);
    hkdf_lanes_derive(&k, got, out, inputs, count);
    if (count < SHA2_LANES)
        check_that(got[count * out] == 0xa5, "%s HKDF writes nothing after lane %zu", h->variant->name,
                   count);
    for (size_t lane = 0; lane < count; lane++) {
        hkdf_derive(&reference, want, out, in[lane], size, inputs[lane].salt.data, salt,
                    inputs[lane].info.data, info);
        check_that(memcmp(got + lane * out, want, out) == 0, "%s HKDF lane %zu salt %zu info %zu out %zu",
                   h->variant->name, lane, salt, info, out);
    }
}

void check_lanes(uint32_t features)
{
    const uint8_t *in[SHA2_LANES];
    text = guarded_new(4096);
    sha2_choose(&portable, SHA2_256, &sha256_portable);
    for (size_t i = 0; sha256_variants[i] != NULL; i++) {
        struct sha2 h;
        if (sha256_variants[i]->wide == NULL || (sha256_variants[i]->needs & ~features) != 0)
            continue;
        sha2_choose(&h, SHA2_256, sha256_variants[i]);
        for (size_t n = 0; n < 400; n++) {
            size_t size = n < 200 ? n : check_below(MOST + 1);
            fill(size, in);
            hashes(&h, size, in);
            macs(&h, size, in);
            keys_derived(&h, size, in);
        }
    }
}

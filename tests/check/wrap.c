/* SPDX-License-Identifier: Apache-2.0
 *
 * AES key wrap: published vectors for each variant, then each variant against the portable one, and what
 * unwrapping must refuse.
 */
#include "backends/native/aes_wrap/aes_wrap.h"
#include "kernels/vectors/vectors.h"
#include "tests/check/check.h"

#include <string.h>

#define ROOM 4096u

static struct aes_wrap_key key, reference_key;
static uint8_t kek[32], in[ROOM + 8], expected[ROOM + 16];
static struct guarded plain, wrapped;

static size_t wrap_size(size_t size)
{
    return (size + 7) / 8 * 8 + 8;
}

static void wrap(const struct aes_wrap_variant *v, const struct aes_wrap_key *k, bool padded, uint8_t *out,
                 const uint8_t *from, size_t size)
{
    if (padded)
        aes_kwp_wrap(v, k, out, from, size);
    else
        aes_kw_wrap(v, k, out, from, size);
}

/* Is it right, and if not, is nothing left of it? */
static bool unwrap(const struct aes_wrap_variant *v, bool padded, uint8_t *out, size_t *out_size,
                   const uint8_t *from, size_t size)
{
    *out_size = size - 8;
    bool right =
        padded ? aes_kwp_unwrap(v, &key, out, out_size, from, size) : aes_kw_unwrap(v, &key, out, from, size);
    uint8_t left = 0;
    for (size_t i = 0; i < size - 8; i++)
        left |= out[i];
    check_that(right || left == 0, "%s: a refused key is left in the output", v->name);
    return right;
}

static void known_answers(const struct aes_wrap_variant *v)
{
    unsigned seen = 0;
    for (const struct assay_wrap_vector *k = assay_wrap_vectors; k->source != NULL; k++, seen++) {
        uint8_t k_key[64], want[80], got[80];
        size_t kek_size = assay_hex(kek, sizeof kek, k->kek), got_size;
        size_t size = k->key ? assay_hex(k_key, sizeof k_key, k->key) : 0;
        size_t want_size = assay_hex(want, sizeof want, k->wrapped);
        bool padded = k->alg == ASSAY_AES_KWP;
        v->key_init(&key, kek, kek_size);
        bool right = unwrap(v, padded, got, &got_size, want, want_size);
        check_that(right == (k->key != NULL), "%s %s: %s", v->name, k->source,
                   right ? "accepted" : "refused");
        if (k->key == NULL)
            continue;
        check_that(got_size == size && memcmp(got, k_key, size) == 0, "%s %s: unwrap", v->name, k->source);
        wrap(v, &key, padded, got, k_key, size);
        check_that(want_size == wrap_size(size) && memcmp(got, want, want_size) == 0, "%s %s: wrap", v->name,
                   k->source);
    }
    check_that(seen > 0, "no vectors of key wrap");
}

static void one_key(const struct aes_wrap_variant *v, bool padded, size_t size)
{
    size_t kek_size = 16 + 8 * check_below(3), whole = wrap_size(size), got_size;
    bool high = check_below(2);
    check_fill(kek, sizeof kek);
    check_fill(in, size);
    aes_wrap_portable.key_init(&reference_key, kek, kek_size);
    v->key_init(&key, kek, kek_size);
    wrap(&aes_wrap_portable, &reference_key, padded, expected, in, size);
    uint8_t *from = high ? guarded_high(&plain, size) : guarded_low(&plain);
    uint8_t *to = high ? guarded_high(&wrapped, whole) : guarded_low(&wrapped);
    memcpy(from, in, size);
    wrap(v, &key, padded, to, from, size);
    check_that(memcmp(to, expected, whole) == 0, "%s wrap %zu padded %d KEK %zu", v->name, size, padded,
               kek_size);
    from = high ? guarded_high(&plain, whole - 8) : guarded_low(&plain);
    bool right = unwrap(v, padded, from, &got_size, to, whole);
    check_that(right && got_size == size && memcmp(from, in, size) == 0, "%s unwrap %zu padded %d KEK %zu",
               v->name, size, padded, kek_size);
    to[check_below(whole)] ^= (uint8_t)(1u << check_below(8));
    check_that(!unwrap(v, padded, from, &got_size, to, whole), "%s unwraps a forged key of %zu", v->name,
               size);
}

/* W of a first block that is not what RFC 5649 demands: whatever else is right, it is to be refused. */
static void odd_values(const struct aes_wrap_variant *v)
{
    static const struct {
        uint64_t first;
        uint8_t last;
        bool right;
        const char *what;
    } odd[] = {{0xa65959a600000018, 1, true, "no padding"},
               {0xa65959a600000017, 0, true, "a byte of padding"},
               {0xa65959a600000011, 0, true, "seven of padding"},
               {0xa65959a600000017, 1, false, "padding of a one"},
               {0xa65959a600000010, 0, false, "eight of padding"},
               {0xa65959a600000019, 0, false, "a length too great"},
               {0xa65959a680000018, 0, false, "a negative length"},
               {0xa65959a700000018, 1, false, "another value"},
               {0xa6a6a6a6a6a6a6a6, 1, false, "KW's value"},
               {0xa65959a600000000, 0, false, "no length"}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        uint8_t whole[32] = {0}, got[32];
        size_t got_size;
        if (odd[i].last != 0)
            whole[31] = odd[i].last;
        v->key_init(&key, kek, 32);
        uint64_t a = __builtin_bswap64(v->wrap(&key, odd[i].first, whole + 8, 3));
        memcpy(whole, &a, 8);
        check_that(unwrap(v, true, got, &got_size, whole, 32) == odd[i].right, "%s KWP unwrap: %s", v->name,
                   odd[i].what);
    }
}

void check_wrap(uint32_t features)
{
    plain = guarded_new(ROOM + 8);
    wrapped = guarded_new(ROOM + 16);
    for (size_t i = 0; aes_wrap_variants[i] != NULL; i++) {
        const struct aes_wrap_variant *v = aes_wrap_variants[i];
        if (!check_wanted(v->name, v->needs, features))
            continue;
        known_answers(v);
        for (size_t size = 1; size <= 300; size += check_step())
            one_key(v, true, size);
        for (size_t size = 16; size <= 304; size += 8 * check_step())
            one_key(v, false, size);
        for (int j = 0; j < 20; j++)
            one_key(v, j % 2, 16 + 8 * check_below(ROOM / 8 - 2));
        odd_values(v);
    }
}

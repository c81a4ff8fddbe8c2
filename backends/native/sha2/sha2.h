/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256, SHA-384 and SHA-512 (FIPS 180-4) over a variant's compression functions: of one message, or of
 * several of one length side by side.
 */
#ifndef ASSAY_NATIVE_SHA2_H
#define ASSAY_NATIVE_SHA2_H

#include <stddef.h>
#include <stdint.h>

union sha2_state {
    uint32_t w32[8];
    uint64_t w64[8];
};

#define SHA2_LANES      16 /* the most messages side by side */
#define SHA2_DIGEST_MAX 64
#define SHA2_BLOCK_MAX  128

/* The states of messages side by side, laid out as their code likes it: a state a message, or a row for each
 * word of all states. */
union sha2_lanes {
    _Alignas(64) union sha2_state state[8];
    uint32_t row32[8][SHA2_LANES];
    uint64_t row64[8][SHA2_LANES / 2];
};

struct sha2;

/* Code for `lanes` messages of one length. Arrays of pointers have `lanes` elements, none of them NULL; so
 * idle lanes repeat a message. keys() and keys_of() start HMAC's two pads (RFC 2104) from keys of a block at
 * most, or from digests in lanes. */
struct sha2_width {
    size_t lanes;
    size_t pays; /* for so many messages and more it is faster than narrower code */
    void (*fill)(union sha2_lanes *, const union sha2_state *); /* the same state everywhere */
    /* Hashes the last `size` bytes of each message on top of the states in `from`, which may be `to`, after
     * `before` bytes (whole blocks) that are in them already. */
    void (*finish)(const struct sha2 *, union sha2_lanes *to, const union sha2_lanes *from, uint64_t before,
                   const uint8_t *const in[], size_t size);
    /* The same for digests that are in lanes, after one block. `digest` may be `to` too. */
    void (*finish_of)(const struct sha2 *, union sha2_lanes *to, const union sha2_lanes *from,
                      const union sha2_lanes *digest);
    void (*keys)(const struct sha2 *, union sha2_lanes *inner, union sha2_lanes *outer,
                 const uint8_t *const key[], size_t size);
    void (*keys_of)(const struct sha2 *, union sha2_lanes *inner, union sha2_lanes *outer,
                    const union sha2_lanes *digest);
    /* The first n digests as octets. */
    void (*write)(const struct sha2 *, const union sha2_lanes *, uint8_t *const out[], size_t n);
};

/* One instruction set's code for SHA-256 (64-byte blocks) or for SHA-384 and SHA-512 (128-byte blocks). */
struct sha2_variant {
    const char *name;
    const char *path; /* the instructions it is made of, for describe() */
    uint32_t needs;   /* cpu_feature bits */
    void (*blocks)(union sha2_state *, const uint8_t *in, size_t count);
    /* Two independent states, `count` blocks each: on CPUs where one stream waits for latency, two cost
     * little more than one. */
    void (*two)(union sha2_state *, const uint8_t *in, union sha2_state *, const uint8_t *in2, size_t count);
    /* From the widest to one lane, ended by NULL; NULL: one lane, over the functions above. */
    const struct sha2_width *const *widths;
};

extern const struct sha2_variant sha256_portable, sha256_avx2, sha256_shani, sha256_avx512, sha256_armv8;
extern const struct sha2_variant sha512_portable, sha512_avx2, sha512_avx512, sha512_armv8;
/* One message over blocks() and two() of the variant; and the lanes of AVX2 and AVX-512. */
extern const struct sha2_width sha2_one, sha512_four, sha512_eight, sha256_sixteen;

/* sha256_portable's functions, for a variant that has better ones for several messages only. */
void sha256_portable_blocks(union sha2_state *, const uint8_t *in, size_t count);
void sha256_portable_two(union sha2_state *, const uint8_t *in, union sha2_state *, const uint8_t *in2,
                         size_t count);

/* From the plainest upwards, ended by NULL. */
extern const struct sha2_variant *const sha256_variants[];
extern const struct sha2_variant *const sha512_variants[];

enum sha2_kind { SHA2_256, SHA2_384, SHA2_512 };

/* A hash with its variant chosen. */
struct sha2 {
    const struct sha2_variant *variant;
    const struct sha2_width *const *widths;
    const struct sha2_width *single; /* the one with one lane */
    size_t lanes_from;               /* messages for the widest; its own `pays` unless set otherwise */
    const union sha2_state *start;
    size_t block;
    size_t digest;
};

void sha2_choose(struct sha2 *, enum sha2_kind, const struct sha2_variant *);

/* The best variant of a list that needs no more than these features. */
const struct sha2_variant *sha2_pick(const struct sha2_variant *const list[], uint32_t features);

/* The number of messages from which a variant's sixteen lanes pay; 0: it has none. */
size_t sha2_lanes_from(const struct sha2_variant *);

/* The fastest code for n messages, n >= 1; it may take fewer in a call. */
const struct sha2_width *sha2_width(const struct sha2 *, size_t n);

void sha2_digest(const struct sha2 *, const uint8_t *in, size_t size, uint8_t *out);

/* Wipes what code of this width may have left there. */
void sha2_wipe(const struct sha2_width *, union sha2_lanes *);

#endif

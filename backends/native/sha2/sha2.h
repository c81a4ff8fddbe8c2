/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256, SHA-384 and SHA-512 (FIPS 180-4) over a variant's compression functions.
 */
#ifndef ASSAY_NATIVE_SHA2_H
#define ASSAY_NATIVE_SHA2_H

#include <stddef.h>
#include <stdint.h>

union sha2_state {
    uint32_t w32[8];
    uint64_t w64[8];
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
    /* Sixteen, one a lane; state[word][lane]. NULL where there is no such code. */
    void (*wide)(uint32_t state[8][16], const uint8_t *const in[16], size_t count);
    /* The same for one block that is there as words already, 64-byte aligned. */
    void (*wide_words)(uint32_t state[8][16], uint32_t words[16][16]);
};

extern const struct sha2_variant sha256_portable, sha256_shani, sha256_avx512, sha256_armv8;
/* What the variants above SHA-NI keep of it. */
void sha256_shani_blocks(union sha2_state *, const uint8_t *in, size_t count);
void sha256_shani_two(union sha2_state *, const uint8_t *in, union sha2_state *, const uint8_t *in2,
                      size_t count);
extern const struct sha2_variant sha512_portable, sha512_avx2, sha512_avx512, sha512_armv8;

/* From the plainest upwards, ended by NULL. */
extern const struct sha2_variant *const sha256_variants[];
extern const struct sha2_variant *const sha512_variants[];

#define SHA2_DIGEST_MAX 64
#define SHA2_BLOCK_MAX  128

enum sha2_kind { SHA2_256, SHA2_384, SHA2_512 };

/* A hash with its variant chosen. */
struct sha2 {
    const struct sha2_variant *variant;
    const union sha2_state *start;
    size_t block;
    size_t digest;
};

void sha2_choose(struct sha2 *, enum sha2_kind, const struct sha2_variant *);

/* The best variant of a list that needs no more than these features. */
const struct sha2_variant *sha2_pick(const struct sha2_variant *const list[], uint32_t features);

/* Hashes the last `size` bytes of a message on top of the state, after `before` bytes (whole blocks) that are
 * in it already, and writes the digest. */
void sha2_finish(const struct sha2 *, union sha2_state *, uint64_t before, const uint8_t *in, size_t size,
                 uint8_t *out);

void sha2_digest(const struct sha2 *, const uint8_t *in, size_t size, uint8_t *out);

#endif

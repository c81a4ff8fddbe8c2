/* SPDX-License-Identifier: Apache-2.0
 *
 * ChaCha20-Poly1305 (RFC 8439): the key, the stream, and the table of one variant. Each instruction set's
 * file holds one const variant; a test may call any of them that the CPU can run.
 */
#ifndef ASSAY_NATIVE_CHACHA_H
#define ASSAY_NATIVE_CHACHA_H

#include "backends/native/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 8439 2.8: the block counter has 32 bits and text begins at block 1, so at most 2^38 - 64 bytes of text;
 * the AAD's length is written in 64 bits, which every size_t fits. */
#define CHACHA_TEXT_MAX ((UINT64_C(1) << 38) - 64)

struct chacha_key {
    uint32_t words[8];
};

/* Poly1305 (RFC 8439 2.5) between two pieces of a message: the sum so far, the clamped key r and the key s.
 */
struct poly1305 {
    uint64_t h[3];
    uint64_t r[2];
    uint64_t s[2];
};

/* A message sealed in pieces. */
struct chacha_stream {
    struct poly1305 poly;
    uint8_t keystream[64]; /* of the block begun */
    uint8_t text[16];      /* the ciphertext not yet hashed */
    uint8_t nonce[12];
    uint64_t aad_size;
    uint64_t text_size;
};

struct chacha_variant {
    const char *name;
    const char *path; /* the instructions it is made of, for describe() */
    uint32_t needs;   /* cpu_feature bits */
    /* out: size + 16 bytes; may be in, else they do not overlap. Sizes are within the limit above. */
    void (*seal)(const struct chacha_key *, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                 size_t size, const uint8_t *aad, size_t aad_size);
    /* in: size bytes of ciphertext, then the tag. False: the tag is wrong, and out has been wiped. */
    bool (*open)(const struct chacha_key *, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                 size_t size, const uint8_t *aad, size_t aad_size);
    void (*stream_init)(const struct chacha_key *, struct chacha_stream *, const uint8_t nonce[12],
                        const uint8_t *aad, size_t aad_size);
    void (*stream_update)(const struct chacha_key *, struct chacha_stream *, uint8_t *out, const uint8_t *in,
                          size_t size);
    void (*stream_final)(struct chacha_stream *, uint8_t tag[16]);
};

extern const struct chacha_variant chacha_portable, chacha_avx2, chacha_avx512, chacha_neon;

/* All variants built for this architecture, from the plainest upwards, ended by NULL. */
extern const struct chacha_variant *const chacha_variants[];

/* The best variant that needs no more than these features. */
const struct chacha_variant *chacha_pick(uint32_t features);

/* The same for every variant. */
void chacha_key_init(struct chacha_key *, const uint8_t key[32]);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * AES-GCM (SP 800-38D) with 96-bit nonces and 128-bit tags: the key, the stream, and the table of one
 * variant. Each instruction set's file holds one const variant; a test may call any of them that the CPU can
 * run.
 */
#ifndef ASSAY_NATIVE_AES_GCM_H
#define ASSAY_NATIVE_AES_GCM_H

#include "backends/backend.h"
#include "backends/native/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SP 800-38D 5.2.1.1: at most 2^39 - 256 bits of text and 2^64 - 1 bits of AAD. */
#define GCM_TEXT_MAX ((UINT64_C(1) << 36) - 32)
#define GCM_AAD_MAX  ((UINT64_C(1) << 61) - 1)

/* The most powers of the hash key that any variant keeps, and the blocks of zeros after the last, so that a
 * vector load that starts within the table stays within it. */
#define GCM_POWERS 128
#define GCM_ZEROS  4

/* The longest message, in bytes, that there is a power for each block of, with one of AAD and the lengths. */
#define GCM_ONE_SUM ((GCM_POWERS - 2) * 16)

/* Blocks of the table of first rounds: two to align it, 256 values of the counter's last byte, and the first
 * two again. */
#define GCM_FIRST_ROUNDS 260

/* How the bulk loop goes about its work, in chunks of the vectors in flight. No answer depends on it. */
struct gcm_pace {
    uint32_t one_sum_to; /* blocks, with AAD and lengths, of the longest message without chunks' own sums */
    uint32_t group;      /* chunks that share one GHASH reduction */
    uint32_t
        first_rounds_from; /* chunks of a message that are worth the table of first rounds; 0: no table */
};

/* One key. A context belongs to one thread at a time: powers are added as messages need them. */
struct gcm_key {
    /* H^128 … H^1, each in the variant's own form, then zeros; and the exclusive or of each one's halves,
     * for Karatsuba. */
    _Alignas(64) uint8_t powers[(GCM_POWERS + GCM_ZEROS) * 16];
    _Alignas(64) uint8_t halves[(GCM_POWERS + GCM_ZEROS) * 16];
    _Alignas(64) uint8_t round_keys[15 * 64]; /* 16 bytes a round; 64 where the variant bitslices */
    /* What the counter's last byte changes in the state after round 1: 0 … 255, 0, 1, from the third block.
     */
    _Alignas(64) uint8_t first_rounds[GCM_FIRST_ROUNDS * 16];
    _Alignas(16) uint8_t hash_key[16]; /* a block of zeros, encrypted; where the key schedule makes it */
    uint32_t rounds;                   /* 10 or 14 */
    uint32_t ready;                    /* powers computed so far, whole vectors of them */
    bool first_rounds_ready;
    bool used;            /* for a message: powers that the next ones need are worth computing */
    struct gcm_pace pace; /* set before key_init(), which leaves it alone; zeros: the variant's own */
};

/* A message sealed in pieces. */
struct gcm_stream {
    uint8_t hash[16];      /* GHASH so far, in wire order */
    uint8_t keystream[16]; /* of the block begun */
    uint8_t text[16];      /* its ciphertext so far */
    uint8_t nonce[12];
    uint32_t counter; /* of the next block */
    uint64_t aad_size;
    uint64_t text_size;
};

/* A part of a message: whole blocks, but for the message's last part. */
struct gcm_segment {
    const uint8_t *nonce;
    uint32_t counter; /* of its first block */
    uint8_t *out;
    const uint8_t *in;
    size_t size;
    bool seal;
    bool far; /* the message is larger than caches, and is not to go through them */
};

struct gcm_variant {
    const char *name;
    const char *path; /* the instructions it is made of, for describe() */
    uint32_t needs;   /* cpu_feature bits */
    uint32_t vectors; /* in flight */
    uint32_t lanes;   /* blocks in a vector */
    struct gcm_pace pace;
    /* key_size: 16 or 32 */
    void (*key_init)(struct gcm_key *, const uint8_t *key, size_t key_size);
    /* out: size + 16 bytes; may be in, else they do not overlap. Sizes are within the limits above. */
    void (*seal)(struct gcm_key *, uint8_t *out, const uint8_t nonce[12], const uint8_t *in, size_t size,
                 const uint8_t *aad, size_t aad_size);
    /* in: size bytes of ciphertext, then the tag. False: the tag is wrong, and out has been wiped. */
    bool (*open)(struct gcm_key *, uint8_t *out, const uint8_t nonce[12], const uint8_t *in, size_t size,
                 const uint8_t *aad, size_t aad_size);
    /* Messages within the limits above, message i under keys[i * step]: step 0 is one key for all, step 1
     * one for each. NULL: seal() each. */
    void (*seal_batch)(struct gcm_key *const *keys, size_t step, const struct assay_aead_message *, size_t n);
    void (*stream_init)(struct gcm_key *, struct gcm_stream *, const uint8_t nonce[12], const uint8_t *aad,
                        size_t aad_size);
    void (*stream_update)(struct gcm_key *, struct gcm_stream *, uint8_t *out, const uint8_t *in,
                          size_t size);
    void (*stream_final)(struct gcm_key *, struct gcm_stream *, uint8_t tag[16]);
    /* One message by several threads: begin() hashes the AAD and makes the key ready; then any thread crypts
     * any segment that starts at a multiple of 4096 bytes, on top of a hash of its own that was zero; join()
     * adds the segments' hashes, all of `blocks` but the last, to that of the AAD. Hashes are as secret as
     * the key until the tag is masked. */
    void (*segments_begin)(struct gcm_key *, uint8_t hash[16], const uint8_t *aad, size_t aad_size);
    void (*segment)(struct gcm_key *, uint8_t hash[16], const struct gcm_segment *);
    void (*segments_join)(const struct gcm_key *, uint8_t hash[16], uint8_t (*parts)[16], size_t count,
                          uint64_t blocks, uint64_t last_blocks);
    void (*segments_end)(struct gcm_key *, const uint8_t hash[16], const uint8_t nonce[12], uint64_t aad_size,
                         uint64_t size, uint8_t tag[16]);
};

extern const struct gcm_variant gcm_portable, gcm_aesni, gcm_vaes256, gcm_vaes512, gcm_armv8, gcm_armv8sha3;
/* The same code with other vectors in flight, for CPUs that it suits better. */
extern const struct gcm_variant gcm_vaes512_4, gcm_vaes512_12;

/* All variants built for this architecture, from the plainest upwards, ended by NULL. */
extern const struct gcm_variant *const gcm_variants[];

/* The best variant that needs no more than these features. */
const struct gcm_variant *gcm_pick(uint32_t features);

/* The same instructions with that many vectors in flight; NULL: there is no such variant. */
const struct gcm_variant *gcm_with_vectors(const struct gcm_variant *, uint32_t vectors);

/* For a key of this variant: messages of so many bytes in one sum, longer ones with a reduction every so many
 * blocks, and from so many bytes on with the table of first rounds; or what comes nearest. 0: the variant's
 * own. */
struct gcm_pace gcm_pace_for(const struct gcm_variant *, uint32_t short_to, uint32_t reduction,
                             uint32_t table_from);

#endif

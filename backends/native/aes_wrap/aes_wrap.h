/* SPDX-License-Identifier: Apache-2.0
 *
 * AES key wrap, without (RFC 3394) and with padding (RFC 5649): the key encryption key, and the table of one
 * variant, which holds the wrapping function W of SP 800-38F and its inverse. Values and checks are the same
 * for all.
 */
#ifndef ASSAY_NATIVE_AES_WRAP_H
#define ASSAY_NATIVE_AES_WRAP_H

#include "backends/native/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AES_WRAP_MIN 16         /* RFC 3394 2: at least two 64-bit blocks */
#define AES_WRAP_MAX UINT32_MAX /* RFC 5649 3: the length has 32 bits */

struct aes_wrap_key {
    /* 16 bytes a round, the second for decryption; 64 where the variant bitslices, which needs the first
     * only. */
    _Alignas(64) uint8_t encrypt[15 * 64];
    _Alignas(64) uint8_t decrypt[15 * 16];
    uint32_t rounds; /* 10, 12 or 14 */
};

struct aes_wrap_variant {
    const char *name;
    const char *path; /* the instructions it is made of, for describe() */
    uint32_t needs;   /* cpu_feature bits */
    /* key_size: 16, 24 or 32 */
    void (*key_init)(struct aes_wrap_key *, const uint8_t *key, size_t key_size);
    /* From the first 64-bit block to the first one, with the other n >= 1, at r, changed in place. With n = 1
     * it is one AES block, as RFC 5649 4.1 has it. */
    uint64_t (*wrap)(const struct aes_wrap_key *, uint64_t a, uint8_t *r, size_t n);
    uint64_t (*unwrap)(const struct aes_wrap_key *, uint64_t a, uint8_t *r, size_t n);
};

extern const struct aes_wrap_variant aes_wrap_portable, aes_wrap_aesni, aes_wrap_armv8;

/* All variants built for this architecture, from the plainest upwards, ended by NULL. */
extern const struct aes_wrap_variant *const aes_wrap_variants[];

/* The best variant that needs no more than these features. */
const struct aes_wrap_variant *aes_wrap_pick(uint32_t features);

/* RFC 3394. size is a multiple of 8, at least AES_WRAP_MIN; out holds size + 8 bytes. */
void aes_kw_wrap(const struct aes_wrap_variant *, const struct aes_wrap_key *, uint8_t *out,
                 const uint8_t *in, size_t size);
/* size is a multiple of 8, at least AES_WRAP_MIN + 8; out holds size - 8 bytes. False: the integrity check
 * failed, and out has been wiped. */
bool aes_kw_unwrap(const struct aes_wrap_variant *, const struct aes_wrap_key *, uint8_t *out,
                   const uint8_t *in, size_t size);

/* RFC 5649. size is 1 to AES_WRAP_MAX; out holds size rounded up to 8, and 8 more. */
void aes_kwp_wrap(const struct aes_wrap_variant *, const struct aes_wrap_key *, uint8_t *out,
                  const uint8_t *in, size_t size);
/* size is a multiple of 8, at least 16; out holds size - 8 bytes, of which *out_size are the key. False: as
 * above. */
bool aes_kwp_unwrap(const struct aes_wrap_variant *, const struct aes_wrap_key *, uint8_t *out,
                    size_t *out_size, const uint8_t *in, size_t size);

#endif

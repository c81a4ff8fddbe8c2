/* SPDX-License-Identifier: Apache-2.0
 *
 * AES in plain C with no table and no secret-dependent branch or address: four blocks at once, bitsliced over
 * eight 64-bit words. Bit 16 * row + 8 * (column & 1) + 4 * (column >> 1) + block of word b is bit b of the
 * byte at that row and column, so that MixColumns rotates whole words and ShiftRows moves nibbles.
 */
#ifndef ASSAY_NATIVE_AES_BITSLICE_H
#define ASSAY_NATIVE_AES_BITSLICE_H

#include <stddef.h>
#include <stdint.h>

struct aes_slices {
    uint64_t q[8];
};

/* Four blocks of 16 bytes, as eight little-endian words. */
void aes_slices_from_blocks(struct aes_slices *, const uint64_t words[8]);
void aes_slices_to_blocks(uint64_t words[8], const struct aes_slices *);

/* FIPS 197 5.1; keys are as aes_bitslice_expand() leaves them. */
void aes_slices_add_key(struct aes_slices *, const uint64_t key[8]);
void aes_slices_round(struct aes_slices *, const uint64_t key[8]);
void aes_slices_last_round(struct aes_slices *, const uint64_t key[8]);

/* FIPS 197 5.3, with the same keys in reverse order. */
void aes_slices_inverse_round(struct aes_slices *, const uint64_t key[8]);
void aes_slices_inverse_last_round(struct aes_slices *, const uint64_t key[8]);

/* Expands a key of 16, 24 or 32 bytes to rounds + 1 sliced keys of 8 words each. Returns the rounds. */
unsigned aes_bitslice_expand(uint64_t *out, const uint8_t *key, size_t key_size);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * An AEAD context of the native module: AES-GCM (aead.c), or where gcm is NULL ChaCha20-Poly1305
 * (aead_chacha.c), so that AES-GCM reads the one pointer that it needs anyway.
 */
#ifndef ASSAY_NATIVE_AEAD_H
#define ASSAY_NATIVE_AEAD_H

#include "backends/native/aes_gcm/parallel.h"
#include "backends/native/native.h"

struct assay_aead {
    struct gcm_key key; /* first: it wants 64-byte alignment */
    struct gcm_stream stream;
    const struct gcm_variant *gcm;
    struct gcm_parallel parallel;
    size_t parallel_from; /* size of the messages that are done so */
    size_t key_size;
    bool streaming;
    const struct chacha_variant *chacha;
    struct chacha_key chacha_key;
    struct chacha_stream chacha_stream;
};

#define IS_GCM(aead) __builtin_expect((aead)->gcm != NULL, 1)

/* As the operations of the ABI; open's size is without the tag. */
enum assay_rc chacha_aead_seal(assay_aead *, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size) ASSAY_MUST_CHECK;
enum assay_rc chacha_aead_open(assay_aead *, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t size, const uint8_t *aad, size_t aad_size) ASSAY_MUST_CHECK;
enum assay_rc chacha_aead_seal_init(assay_aead *, const uint8_t nonce[12], const uint8_t *aad,
                                    size_t aad_size) ASSAY_MUST_CHECK;
enum assay_rc chacha_aead_seal_update(assay_aead *, uint8_t *out, const uint8_t *in,
                                      size_t in_size) ASSAY_MUST_CHECK;
enum assay_rc chacha_aead_seal_final(assay_aead *, uint8_t tag[16]) ASSAY_MUST_CHECK;

#endif

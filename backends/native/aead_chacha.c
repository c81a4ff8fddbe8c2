/* SPDX-License-Identifier: Apache-2.0
 *
 * ChaCha20-Poly1305's part of the AEAD operations.
 */
#include "backends/native/aead.h"

static enum assay_rc too_long(void)
{
    return native_fail(ASSAY_INPUT, "over 2^38 - 64 bytes of text (RFC 8439 2.8)");
}

enum assay_rc chacha_aead_seal(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t in_size, const uint8_t *aad, size_t aad_size)
{
    if (in_size > CHACHA_TEXT_MAX)
        return too_long();
    aead->chacha->seal(&aead->chacha_key, out, nonce, in, in_size, aad, aad_size);
    return ASSAY_OK;
}

enum assay_rc chacha_aead_open(assay_aead *aead, uint8_t *out, const uint8_t nonce[12], const uint8_t *in,
                               size_t size, const uint8_t *aad, size_t aad_size)
{
    if (size > CHACHA_TEXT_MAX)
        return too_long();
    if (!aead->chacha->open(&aead->chacha_key, out, nonce, in, size, aad, aad_size))
        return native_fail(ASSAY_AUTH, "the tag does not verify");
    return ASSAY_OK;
}

enum assay_rc chacha_aead_seal_init(assay_aead *aead, const uint8_t nonce[12], const uint8_t *aad,
                                    size_t aad_size)
{
    aead->chacha->stream_init(&aead->chacha_key, &aead->chacha_stream, nonce, aad, aad_size);
    aead->streaming = true;
    return ASSAY_OK;
}

enum assay_rc chacha_aead_seal_update(assay_aead *aead, uint8_t *out, const uint8_t *in, size_t in_size)
{
    if (in_size > CHACHA_TEXT_MAX - aead->chacha_stream.text_size)
        return too_long();
    aead->chacha->stream_update(&aead->chacha_key, &aead->chacha_stream, out, in, in_size);
    return ASSAY_OK;
}

enum assay_rc chacha_aead_seal_final(assay_aead *aead, uint8_t tag[16])
{
    aead->chacha->stream_final(&aead->chacha_stream, tag);
    return ASSAY_OK;
}

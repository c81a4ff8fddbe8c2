/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes as octets: writing the head, and parsing what may come from anywhere.
 */
#include "kernels/envelope_format.h"

#include <string.h>

#define FIXED 3u /* version, suite, size of the key id */

size_t assay_envelope_wrapped_size(enum assay_envelope_suite suite)
{
    switch ((int)suite) {
    case ASSAY_ENVELOPE_GCM:
        return ASSAY_NONCE_SIZE + ASSAY_ENVELOPE_DEK_SIZE + ASSAY_TAG_SIZE;
    case ASSAY_ENVELOPE_KW:
        return ASSAY_ENVELOPE_DEK_SIZE + 8;
    }
    return 0;
}

size_t assay_envelope_header_size(enum assay_envelope_suite suite, size_t id_size)
{
    return FIXED + id_size + assay_envelope_wrapped_size(suite) + ASSAY_NONCE_SIZE;
}

size_t assay_envelope_size(enum assay_envelope_suite suite, size_t id_size, size_t size)
{
    return assay_envelope_header_size(suite, id_size) + size + ASSAY_TAG_SIZE;
}

uint8_t *assay_envelope_put_head(uint8_t *out, enum assay_envelope_suite suite, const uint8_t *id,
                                 size_t id_size)
{
    out[0] = ASSAY_ENVELOPE_VERSION;
    out[1] = (uint8_t)suite;
    out[2] = (uint8_t)id_size;
    memcpy(out + FIXED, id, id_size);
    return out + FIXED + id_size;
}

bool assay_envelope_parse(const uint8_t *in, size_t size, struct assay_envelope_view *view)
{
    if (size < FIXED || in[0] != ASSAY_ENVELOPE_VERSION)
        return false;
    enum assay_envelope_suite suite = (enum assay_envelope_suite)in[1];
    size_t id_size = in[2], wrapped_size = assay_envelope_wrapped_size(suite);
    if (wrapped_size == 0 || id_size < 1 || id_size > ASSAY_ENVELOPE_ID_MAX)
        return false;
    size_t header_size = assay_envelope_header_size(suite, id_size);
    if (size < header_size + ASSAY_TAG_SIZE)
        return false;
    *view = (struct assay_envelope_view){
        .suite = suite,
        .id = {in + FIXED, id_size},
        .wrapped = {in + FIXED + id_size, wrapped_size},
        .nonce = in + FIXED + id_size + wrapped_size,
        .sealed = {in + header_size, size - header_size},
    };
    return true;
}

size_t assay_envelope_aad(uint8_t *out, enum assay_envelope_suite suite, const uint8_t *data, size_t size)
{
    out[0] = ASSAY_ENVELOPE_VERSION;
    out[1] = (uint8_t)suite;
    if (size > 0)
        memcpy(out + 2, data, size);
    return 2 + size;
}

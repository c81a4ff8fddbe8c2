/* SPDX-License-Identifier: Apache-2.0
 *
 * The detectors of assay scan over any octets: they read nothing beyond what they are given, and what they
 * find lies within it. The input is at the very end of a heap block, so that the sanitizer sees the first
 * octet beyond.
 */
#include "bench/scan/detect.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t scratch[ASSAY_SCAN_AHEAD];
    uint8_t *input = size ? malloc(size) : NULL;
    if (!input)
        return 0;
    memcpy(input, data, size);
    for (size_t i = 0; i < size; i++) {
        struct assay_scan_match match = {0};
        const struct assay_scan_place place = {.at = input + i,
                                               .size = size - i,
                                               .behind = i < ASSAY_SCAN_BEHIND ? i : ASSAY_SCAN_BEHIND,
                                               .scratch = scratch,
                                               .room = sizeof scratch};
        if (assay_scan_at(&place, &match) && (!match.kind || match.length == 0 || match.length > place.size))
            abort();
    }
    free(input);
    return 0;
}

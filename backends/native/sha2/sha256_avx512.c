/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 where there are AVX-512 and the SHA instructions: up to three messages in streams, more in lanes.
 */
#include "backends/native/cpu.h"

#define SHANI_MASKED
#include "backends/native/sha2/shani.inc"

static const struct sha2_width *const widths[] = {&sha256_sixteen, &three, &two, &one, NULL};

const struct sha2_variant sha256_avx512 = {.name = "avx512",
                                           .path = "SHA-NI, batches with AVX-512",
                                           .needs = CPU_SHANI | CPU_AVX2 | CPU_AVX512,
                                           .blocks = one_blocks,
                                           .two = two_blocks,
                                           .widths = widths};

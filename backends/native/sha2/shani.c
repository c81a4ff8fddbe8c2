/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 with the SHA instructions and SSE4.1.
 */
#include "backends/native/sha2/shani.inc"
#include "backends/native/cpu.h"

static const struct sha2_width *const widths[] = {&three, &two, &one, NULL};

const struct sha2_variant sha256_shani = {.name = "shani",
                                          .path = "SHA-NI",
                                          .needs = CPU_SHANI,
                                          .blocks = one_blocks,
                                          .two = two_blocks,
                                          .widths = widths};

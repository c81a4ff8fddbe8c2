/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-512 with BMI2 and the schedule in AVX-512VL, which has rotations and three-operand logic; several
 * messages in eight lanes.
 */
#include "backends/native/cpu.h"

#define VECTOR_ROR(x, n)     _mm_ror_epi64(x, n)
#define VECTOR_XOR3(x, y, z) _mm_ternarylogic_epi64(x, y, z, 0x96)
#include "backends/native/sha2/stream512.inc"

static const struct sha2_width *const widths[] = {&sha512_eight, &sha2_one, NULL};

const struct sha2_variant sha512_avx512 = {.name = "avx512",
                                           .path = "BMI2 and AVX-512, batches in lanes",
                                           .needs = CPU_AVX2 | CPU_AVX512,
                                           .blocks = blocks,
                                           .two = two,
                                           .widths = widths};

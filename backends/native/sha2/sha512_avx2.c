/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-512 with BMI2 and the schedule in AVX vectors; several messages in four lanes.
 */
#include "backends/native/cpu.h"

#define VECTOR_ROR(x, n)     _mm_or_si128(_mm_srli_epi64(x, n), _mm_slli_epi64(x, 64 - (n)))
#define VECTOR_XOR3(x, y, z) _mm_xor_si128(_mm_xor_si128(x, y), z)
#include "backends/native/sha2/stream512.inc"

static const struct sha2_width *const widths[] = {&sha512_four, &sha2_one, NULL};

const struct sha2_variant sha512_avx2 = {.name = "avx2",
                                         .path = "BMI2 and AVX2, batches in lanes",
                                         .needs = CPU_AVX2,
                                         .blocks = blocks,
                                         .two = two,
                                         .widths = widths};

/* SPDX-License-Identifier: Apache-2.0
 *
 * What this CPU, and the operating system's saved register state, can run; and the tiers that a user names.
 */
#ifndef ASSAY_NATIVE_CPU_H
#define ASSAY_NATIVE_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cpu_feature {
    CPU_AESNI = 1u << 0,    /* AES, PCLMULQDQ, SSE4.1, and AVX for the three-operand forms */
    CPU_SHANI = 1u << 1,    /* SHA-1/SHA-256 instructions, SSE4.1, SSSE3 */
    CPU_AVX2 = 1u << 2,     /* AVX2, BMI1 and BMI2 */
    CPU_VAES = 1u << 3,     /* VAES and VPCLMULQDQ, on ymm or wider */
    CPU_AVX512 = 1u << 4,   /* F, BW, DQ, VL; zmm and mask state saved */
    CPU_IFMA = 1u << 5,     /* AVX-512 IFMA */
    CPU_ARM_AES = 1u << 8,  /* AESE/AESMC and PMULL */
    CPU_ARM_SHA2 = 1u << 9, /* SHA-256 */
    CPU_ARM_SHA512 = 1u << 10,
    CPU_ARM_SHA3 = 1u << 11, /* EOR3 */
    CPU_ARM_NEON = 1u << 12,
};

/* A tier is a name for a set of features. `needs` must all be there for it to run; a primitive picks its best
 * variant among those that need no more than `allows`. */
struct cpu_tier {
    const char *name;
    uint32_t needs;
    uint32_t allows;
};

/* The features of the running CPU. */
uint32_t cpu_features(void);

/* All tiers of this architecture, from the plainest upwards; the count goes to *count. */
const struct cpu_tier *cpu_tiers(size_t *count);

bool cpu_tier_known(const char *name);

/* Picks the tier named, or the best that runs when name is NULL; never one above the tier named `limit`
 * (NULL: no limit). Returns NULL when the name is unknown or the CPU cannot run it. */
const struct cpu_tier *cpu_pick_tier(const char *name, const char *limit, uint32_t features);

#endif

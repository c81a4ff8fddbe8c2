/* SPDX-License-Identifier: Apache-2.0
 *
 * CPU features: CPUID says what the silicon has, XGETBV what the operating system saves; both must agree. On
 * ARM the kernel answers through the auxiliary vector.
 */
#include "backends/native/cpu.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t read_xcr0(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

#define HAS(word, mask) (((word) & (mask)) == (mask))

/* Intel SDM volume 1, 13.3 and 14.3: XCR0 bits 1-2 are SSE and AVX state, 5-7 opmask and zmm state. */
#define XCR0_AVX    0x06u
#define XCR0_AVX512 0xe6u

uint32_t cpu_features(void)
{
    uint32_t a, b, c, d, b7 = 0, c7 = 0, found = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return 0;
    uint32_t a7, d7;
    if (!__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7))
        b7 = c7 = 0;
    uint64_t xcr0 = c & bit_OSXSAVE ? read_xcr0() : 0;
    bool sse = HAS(c, bit_SSSE3 | bit_SSE4_1);
    bool avx = HAS(c, bit_AVX) && HAS(xcr0, XCR0_AVX);
    if (sse && HAS(b7, 1u << 29))
        found |= CPU_SHANI;
    if (!avx)
        return found;
    if (sse && HAS(c, bit_AES | bit_PCLMUL))
        found |= CPU_AESNI;
    if (HAS(b7, bit_AVX2 | bit_BMI | bit_BMI2))
        found |= CPU_AVX2;
    if (HAS(found, CPU_AESNI | CPU_AVX2) && HAS(c7, bit_VAES | bit_VPCLMULQDQ))
        found |= CPU_VAES;
    if (HAS(b7, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL) && HAS(xcr0, XCR0_AVX512))
        found |= CPU_AVX512;
    if (HAS(found, CPU_AVX512) && HAS(b7, bit_AVX512IFMA))
        found |= CPU_IFMA;
    return found;
}

#define AESNI_TIER  (CPU_AESNI | CPU_SHANI | CPU_AVX2)
#define AVX2_TIER   (AESNI_TIER | CPU_VAES)
#define AVX512_TIER (AVX2_TIER | CPU_AVX512 | CPU_IFMA)

static const struct cpu_tier tiers[] = {
    {"portable", 0, 0},
    {"aesni", CPU_AESNI, AESNI_TIER},
    {"vaes256", CPU_AESNI | CPU_AVX2 | CPU_VAES, AVX2_TIER},
    {"vaes512", CPU_AESNI | CPU_AVX2 | CPU_VAES | CPU_AVX512, AVX512_TIER},
};

#elif defined(__AARCH64EL__)
#include <sys/auxv.h>

/* Bits of AT_HWCAP in the kernel's arm64 ABI (Documentation/arch/arm64/elf_hwcaps.rst). */
#define ARM_HWCAP_ASIMD  (1ul << 1)
#define ARM_HWCAP_AES    (1ul << 3)
#define ARM_HWCAP_PMULL  (1ul << 4)
#define ARM_HWCAP_SHA2   (1ul << 6)
#define ARM_HWCAP_SHA3   (1ul << 17)
#define ARM_HWCAP_SHA512 (1ul << 21)

uint32_t cpu_features(void)
{
    unsigned long caps = getauxval(AT_HWCAP);
    uint32_t found = 0;
    if ((caps & (ARM_HWCAP_AES | ARM_HWCAP_PMULL)) == (ARM_HWCAP_AES | ARM_HWCAP_PMULL))
        found |= CPU_ARM_AES;
    if (caps & ARM_HWCAP_ASIMD)
        found |= CPU_ARM_NEON;
    if (caps & ARM_HWCAP_SHA2)
        found |= CPU_ARM_SHA2;
    if (caps & ARM_HWCAP_SHA512)
        found |= CPU_ARM_SHA512;
    if (caps & ARM_HWCAP_SHA3)
        found |= CPU_ARM_SHA3;
    return found;
}

#define ARMV8_TIER (CPU_ARM_NEON | CPU_ARM_AES | CPU_ARM_SHA2)

static const struct cpu_tier tiers[] = {
    {"portable", 0, 0},
    {"armv8", CPU_ARM_AES, ARMV8_TIER},
    {"armv8sha3", CPU_ARM_AES | CPU_ARM_SHA3, ARMV8_TIER | CPU_ARM_SHA3 | CPU_ARM_SHA512},
};

#else

uint32_t cpu_features(void)
{
    return 0;
}

static const struct cpu_tier tiers[] = {
    {"portable", 0, 0},
};

#endif

const struct cpu_tier *cpu_tiers(size_t *count)
{
    *count = sizeof tiers / sizeof tiers[0];
    return tiers;
}

bool cpu_tier_known(const char *name)
{
    for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++)
        if (strcmp(tiers[i].name, name) == 0)
            return true;
    return false;
}

const struct cpu_tier *cpu_pick_tier(const char *name, const char *limit, uint32_t features)
{
    const struct cpu_tier *best = NULL;
    for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++) {
        const struct cpu_tier *tier = &tiers[i];
        bool runs = (features & tier->needs) == tier->needs;
        if (runs && (name == NULL || strcmp(name, tier->name) == 0))
            best = tier;
        if (limit != NULL && strcmp(limit, tier->name) == 0)
            break;
    }
    return best;
}

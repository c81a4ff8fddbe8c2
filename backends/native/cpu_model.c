/* SPDX-License-Identifier: Apache-2.0
 *
 * The model of the running CPU.
 */
#include "backends/native/profile.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

/* Intel SDM volume 2, CPUID: the extended fields count for family 15 alone, the extended model for 6 too;
 * AMD's manual 24594 agrees where both exist. */
void cpu_model(char model[CPU_MODEL_MAX])
{
    uint32_t a = 0, b, c, d, most, vendor[4] = {0};
    __get_cpuid(0, &most, &vendor[0], &vendor[2], &vendor[1]);
    __get_cpuid(1, &a, &b, &c, &d);
    uint32_t family = a >> 8 & 15, number = a >> 4 & 15;
    if (family == 6 || family == 15)
        number += (a >> 16 & 15) << 4;
    if (family == 15)
        family += a >> 20 & 255;
    snprintf(model, CPU_MODEL_MAX, "%s family %u model %u stepping %u", (const char *)vendor, family, number,
             a & 15);
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

#define ARM_HWCAP_CPUID (1ul << 11) /* the kernel answers reads of the identification registers */

/* MIDR_EL1, Arm Architecture Reference Manual D19.2. */
void cpu_model(char model[CPU_MODEL_MAX])
{
    uint64_t midr = 0;
    if (getauxval(AT_HWCAP) & ARM_HWCAP_CPUID)
        __asm__("mrs %0, midr_el1" : "=r"(midr));
    snprintf(model, CPU_MODEL_MAX, "ARM implementer 0x%02x part 0x%03x variant %u revision %u",
             (unsigned)(midr >> 24 & 255), (unsigned)(midr >> 4 & 4095), (unsigned)(midr >> 20 & 15),
             (unsigned)(midr & 15));
}

#else

void cpu_model(char model[CPU_MODEL_MAX])
{
    snprintf(model, CPU_MODEL_MAX, "unknown");
}

#endif

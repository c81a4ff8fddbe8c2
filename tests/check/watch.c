/* SPDX-License-Identifier: Apache-2.0
 *
 * What watch_call.S fills in, and what it means. System V ABI for x86-64 3.2.1, AAPCS64 6.1.
 */
#include "tests/check/watch.h"
#include "backends/native/cpu.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) || defined(__aarch64__)
#define KEEP_MAX 18

struct watch_frame {
    watch_function function;
    uint64_t argument[8];
    uint64_t keep[KEEP_MAX], after[KEEP_MAX];
    uint64_t result;
    uint64_t flags;
    uint64_t control, control_left, control_own;
    uint32_t width; /* of the vector registers to look at; 0: none */
    uint8_t gap[44];
    uint8_t vectors[16][64];
};
_Static_assert(offsetof(struct watch_frame, vectors) == 448, "watch_call.S knows the offsets");

void watch_invoke(struct watch_frame *);

static char spoilt[64];

#if defined(__x86_64__)
static const char *const names[] = {"rbx", "rbp", "r12", "r13", "r14", "r15"};
/* MXCSR: round up, flush to zero, all exceptions masked; x87: double precision, rounding down. None of it is
 * the default, so that restoring the default is seen too. The low six bits of MXCSR are status. */
#define CONTROL        (UINT64_C(0xdf80) | UINT64_C(0x067f) << 32)
#define CONTROL_MASK   UINT64_C(0x0000ffffffffffc0)
#define CONTROL_NAMES  "MXCSR or the x87 control word"
#define FLAG_DIRECTION 0x400u
#else
static const char *const names[] = {"x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27",
                                    "x28", "d8",  "d9",  "d10", "d11", "d12", "d13", "d14", "d15"};
#define CONTROL        UINT64_C(0x1400000) /* FPCR: round up, flush to zero */
#define CONTROL_MASK   UINT64_C(0x7c00000)
#define CONTROL_NAMES  "FPCR"
#define FLAG_DIRECTION 0u
#endif

static uint32_t vector_width(void)
{
    uint32_t features = cpu_features();
    if (features & CPU_AVX512)
        return 64;
    return features & CPU_AVX2 ? 32 : 0;
}

static void judge(const struct watch_frame *f)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (f->after[i] != f->keep[i])
            snprintf(spoilt, sizeof spoilt, "%s", names[i]);
    if ((f->control_left ^ f->control) & CONTROL_MASK)
        snprintf(spoilt, sizeof spoilt, "%s", CONTROL_NAMES);
    if (f->flags & FLAG_DIRECTION)
        snprintf(spoilt, sizeof spoilt, "the direction flag");
    for (size_t i = 0; i < 16; i++)
        for (size_t at = 16; at < f->width; at++)
            if (f->vectors[i][at] != 0)
                snprintf(spoilt, sizeof spoilt, "the upper part of %s%zu", at < 32 ? "ymm" : "zmm", i);
}

uint64_t watch_call(watch_function function, size_t count, ...)
{
    static uint64_t pattern = 0x9e3779b97f4a7c15;
    struct watch_frame f;
    memset(&f, 0, sizeof f);
    f.function = function;
    va_list arguments;
    va_start(arguments, count);
    for (size_t i = 0; i < count && i < 8; i++)
        f.argument[i] = va_arg(arguments, uint64_t);
    va_end(arguments);
    for (size_t i = 0; i < KEEP_MAX; i++)
        f.keep[i] = pattern *= 0xd1342543de82ef95; /* a multiplier of Steele and Vigna (2021) */
    f.control = CONTROL;
    f.width = vector_width();
    watch_invoke(&f);
    judge(&f);
    return f.result;
}

void watch_reset(void)
{
    spoilt[0] = '\0';
}

const char *watch_spoilt(void)
{
    return spoilt[0] ? spoilt : NULL;
}

#define DECLARE(name, features) void watch_spoil_##name(void);
#define ENTRY(name, features)   {#name, watch_spoil_##name, features},
#if defined(__x86_64__)
#define EACH(X)                                                                                              \
    X(rbx, 0)                                                                                                \
    X(rbp, 0)                                                                                                \
    X(r12, 0)                                                                                                \
    X(r13, 0)                                                                                                \
    X(r14, 0)                                                                                                \
    X(r15, 0)                                                                                                \
    X(mxcsr, 0) X(x87, 0) X(direction, 0) X(ymm, CPU_AVX2) X(zmm, CPU_AVX512)
#else
#define EACH(X)                                                                                              \
    X(x19, 0)                                                                                                \
    X(x20, 0)                                                                                                \
    X(x21, 0)                                                                                                \
    X(x22, 0)                                                                                                \
    X(x23, 0)                                                                                                \
    X(x24, 0)                                                                                                \
    X(x25, 0)                                                                                                \
    X(x26, 0)                                                                                                \
    X(x27, 0)                                                                                                \
    X(x28, 0)                                                                                                \
    X(d8, 0) X(d9, 0) X(d10, 0) X(d11, 0) X(d12, 0) X(d13, 0) X(d14, 0) X(d15, 0) X(fpcr, 0)
#endif
EACH(DECLARE)
const struct watch_vandal watch_vandals[] = {EACH(ENTRY){NULL, NULL, 0}};

#else

/* No code for this architecture: a plain call. */
uint64_t watch_call(watch_function function, size_t count, ...)
{
    typedef uint64_t (*plain)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
    uint64_t a[8] = {0};
    va_list arguments;
    va_start(arguments, count);
    for (size_t i = 0; i < count && i < 8; i++)
        a[i] = va_arg(arguments, uint64_t);
    va_end(arguments);
    return ((plain)function)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
}

void watch_reset(void)
{
}

const char *watch_spoilt(void)
{
    return NULL;
}

const struct watch_vandal watch_vandals[] = {{NULL, NULL, 0}};
#endif

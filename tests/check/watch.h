/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls a function with known values in the registers that it must keep, and looks at them afterwards: the
 * callee-saved registers, the floating-point control words, the direction flag, and, on x86-64, whether the
 * upper parts of the vector registers were left clear (else SSE code that follows is slowed down).
 */
#ifndef ASSAY_TESTS_WATCH_H
#define ASSAY_TESTS_WATCH_H

#include <stddef.h>
#include <stdint.h>

typedef void (*watch_function)(void);

/* Calls with `count` arguments (at most 8), each a pointer or a 64-bit integer. Returns what it returned. */
uint64_t watch_call(watch_function, size_t count, ...);

/* Something that calls have spoilt since the last reset; NULL: nothing. */
const char *watch_spoilt(void);
void watch_reset(void);

/* Functions that each spoil one thing, for a test of the watch; ended by NULL. */
struct watch_vandal {
    const char *name;
    watch_function spoil;
    uint32_t needs; /* cpu_feature bits */
};
extern const struct watch_vandal watch_vandals[];

#endif

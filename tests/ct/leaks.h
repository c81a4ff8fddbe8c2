/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that leak their secret through time, for tests to find; and one that does not.
 */
#ifndef ASSAY_TESTS_LEAKS_H
#define ASSAY_TESTS_LEAKS_H

#include <stdbool.h>
#include <stdint.h>

#define LEAK_SECRET 16

struct leak {
    const char *name;
    bool leaks;
    uint32_t (*run)(const uint8_t secret[LEAK_SECRET]);
};

/* Ended by a NULL name. */
extern const struct leak leak_table[];

/* To be called first. */
void leaks_prepare(void);

#endif

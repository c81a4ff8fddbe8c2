/* SPDX-License-Identifier: Apache-2.0
 *
 * The classic three: a branch, a table look-up and a comparison that stops early.
 */
#include "tests/ct/leaks.h"

#include <string.h>

#define TABLE (1u << 22) /* bytes; more than the nearer caches hold */

static uint8_t table[TABLE];

void leaks_prepare(void)
{
    memset(table, 1, sizeof table); /* until it is written, all its pages are one */
}

static uint32_t by_branch(const uint8_t secret[LEAK_SECRET])
{
    volatile uint32_t sum = 1;
    if (secret[0] & 1)
        for (uint32_t i = 0; i < 20; i++)
            sum = sum * 3 + i;
    return sum;
}

static uint32_t by_table(const uint8_t secret[LEAK_SECRET])
{
    uint32_t index;
    memcpy(&index, secret, sizeof index);
    return table[index % TABLE];
}

static uint32_t by_comparison(const uint8_t secret[LEAK_SECRET])
{
    static const volatile uint8_t tag[LEAK_SECRET];
    for (uint32_t i = 0; i < LEAK_SECRET; i++)
        if (secret[i] != tag[i])
            return i;
    return LEAK_SECRET;
}

/* The comparison as it should be. */
static uint32_t not_at_all(const uint8_t secret[LEAK_SECRET])
{
    static const volatile uint8_t tag[LEAK_SECRET];
    uint32_t differ = 0;
    for (uint32_t i = 0; i < LEAK_SECRET; i++)
        differ |= secret[i] ^ tag[i];
    return differ;
}

const struct leak leak_table[] = {{"a branch", true, by_branch},
                                  {"a table look-up", true, by_table},
                                  {"a comparison that stops early", true, by_comparison},
                                  {"a comparison of every byte", false, not_at_all},
                                  {NULL, false, NULL}};

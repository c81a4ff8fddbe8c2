/* SPDX-License-Identifier: Apache-2.0
 *
 * The native kernels against their portable variants: what the checks of each primitive share.
 */
#ifndef ASSAY_TESTS_CHECK_H
#define ASSAY_TESTS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A buffer with an unreadable page on both sides of its pages. */
struct guarded {
    uint8_t *base;
    size_t size; /* a multiple of the page size */
};

struct guarded guarded_new(size_t size);
/* `size` bytes that end at the upper unreadable page, or begin at the lower one. */
uint8_t *guarded_high(const struct guarded *, size_t size);
uint8_t *guarded_low(const struct guarded *);

/* Reproducible, not secret. */
uint32_t check_random(void);
size_t check_below(size_t bound);
void check_fill(uint8_t *out, size_t size);

/* Counts one check; a failure is printed with what it was about, the first few of each. */
bool check_that(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned long check_failures(void);

/* Is a variant that needs these features to be checked: does this CPU run it, and is it among those asked for
 * (--only)? Says so, that whoever reads the output knows what was checked. */
bool check_wanted(const char *name, uint32_t needs, uint32_t features);
/* From one round to the next: 1, or with --one-in N a random number around N. */
size_t check_step(void);

void check_gcm(uint32_t features);
void check_chacha(uint32_t features);
void check_wrap(uint32_t features);
void check_sha2(uint32_t features);
void check_hmac(uint32_t features);
void check_lanes(uint32_t features);
void check_pool(uint32_t features);
void check_rand(uint32_t features);
void check_machine(uint32_t features);
void check_planted(uint32_t features);
void check_watch(uint32_t features);
void check_bench(void);

#endif

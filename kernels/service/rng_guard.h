/* SPDX-License-Identifier: Apache-2.0
 *
 * A health test between a generator and whoever makes nonces and keys of it: what repeats is not handed out.
 * It takes the generator's output in blocks of 16 bytes and compares each with the 16 before it; the
 * repetition count test of SP 800-90B §4.4.1 for an output whose blocks are taken to have full entropy (a
 * cutoff of 2), and over a window, so that short cycles are found too. Random blocks are equal with 2^-124 a
 * block.
 *
 * A guard belongs to one thread. It does not outlive a fork: a child makes its own.
 */
#ifndef ASSAY_RNG_GUARD_H
#define ASSAY_RNG_GUARD_H

#include "backends/backend.h"

#define ASSAY_RNG_BLOCK  16u
#define ASSAY_RNG_WINDOW 16u /* blocks */

struct assay_rng_guard {
    enum assay_rc (*source)(void *data, uint8_t *out, size_t size);
    void *data;
    uint8_t recent[ASSAY_RNG_WINDOW][ASSAY_RNG_BLOCK];
    size_t drawn; /* blocks */
    bool broken;
};

void assay_rng_guard_init(struct assay_rng_guard *, enum assay_rc (*source)(void *, uint8_t *, size_t),
                          void *data);
/* ASSAY_AUTH: the generator has repeated itself, now or earlier; out is wiped, nothing more ever comes of
 * this guard, and the process must end: it may have handed out a repetition unseen before. Anything else is
 * the source's own failure. */
enum assay_rc assay_rng_guard_bytes(struct assay_rng_guard *, uint8_t *out, size_t size) ASSAY_MUST_CHECK;

#endif

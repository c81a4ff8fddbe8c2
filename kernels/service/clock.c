/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/clock.h"

void assay_clock_anchor(struct assay_clock *c, int64_t wall_ms, int64_t steady_ms)
{
    *c = (struct assay_clock){.wall_ms = wall_ms, .steady_ms = steady_ms};
}

int64_t assay_clock_read(struct assay_clock *c, int64_t wall_ms, int64_t steady_ms)
{
    int64_t elapsed = steady_ms - c->steady_ms, expected = c->wall_ms + elapsed;
    int64_t allowed = ASSAY_CLOCK_TOLERANCE_MS + elapsed / 1000000 * ASSAY_CLOCK_SLEW_PPM +
                      elapsed % 1000000 * ASSAY_CLOCK_SLEW_PPM / 1000000;
    int64_t off = wall_ms - expected;
    c->jumped = off > allowed || off < -allowed;
    return c->jumped ? expected : wall_ms;
}

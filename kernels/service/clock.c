/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/clock.h"

void assay_clock_anchor(struct assay_clock *c, int64_t wall_ms, int64_t steady_ms)
{
    *c = (struct assay_clock){.wall_ms = wall_ms, .steady_ms = steady_ms};
}

int64_t assay_clock_read(struct assay_clock *c, int64_t wall_ms, int64_t steady_ms)
{
    int64_t expected = c->wall_ms + (steady_ms - c->steady_ms), off = wall_ms - expected;
    c->jumped = off > ASSAY_CLOCK_TOLERANCE_MS || off < -ASSAY_CLOCK_TOLERANCE_MS;
    return c->jumped ? expected : wall_ms;
}

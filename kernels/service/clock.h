/* SPDX-License-Identifier: Apache-2.0
 *
 * The time of day for whoever judges by it, believed only as far as a clock agrees that nobody sets: from the
 * moment that the two were read together, they must run alike. Whoever sets the system's clock back makes
 * expired tokens valid; whoever sets it forward makes a service refuse everybody.
 *
 * The anchor stays where it is: readings that were moved along with every small step would follow any jump
 * that comes in small steps. Nor does the tolerance grow with time: Linux slews both clocks alike
 * (adjtimex), so only steps part them, and a leap second that is stepped is within it. Both clocks are the
 * caller's readings, in milliseconds: CLOCK_REALTIME, and CLOCK_BOOTTIME, which goes on in a suspended
 * machine.
 */
#ifndef ASSAY_SERVICE_CLOCK_H
#define ASSAY_SERVICE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define ASSAY_CLOCK_TOLERANCE_MS 1000

struct assay_clock {
    int64_t wall_ms, steady_ms; /* the anchor */
    bool jumped;                /* at the last reading */
};

/* The operator vouches for this time of day: at the begin, and when a jump was meant. */
void assay_clock_anchor(struct assay_clock *, int64_t wall_ms, int64_t steady_ms);
/* The time to judge by: the wall's, or when that has jumped, what it would be had it not. */
int64_t assay_clock_read(struct assay_clock *, int64_t wall_ms, int64_t steady_ms);

#endif

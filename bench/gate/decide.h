/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate's rule for one case, apart from any measurement.
 *
 * The effect is the median over rounds of log(head / base): positive is slower. There are `looks` moments at
 * which a case may be decided, fixed before the first sample's value is known; each bound's level is
 * 0.05 / cases / looks, so that over all cases and looks a gate raises a false alarm in a first pass with
 * probability 0.05 at most even where the true effect lies at the bar, and an independent second pass must
 * agree.
 */
#ifndef ASSAY_GATE_DECIDE_H
#define ASSAY_GATE_DECIDE_H

#include "bench/gate/bound.h"

#include <stdint.h>

#define ASSAY_GATE_LOOKS 3u
#define ASSAY_GATE_LEVEL 0.05

enum assay_gate_state {
    ASSAY_GATE_OPEN = 0,
    ASSAY_GATE_SUSPECT,      /* the first pass found a regression: the second must confirm it */
    ASSAY_GATE_PASS,         /* the upper bound lies under the threshold */
    ASSAY_GATE_REGRESSION,   /* both passes' lower bounds lie over the bar */
    ASSAY_GATE_INCONCLUSIVE, /* neither, after the last look */
};

struct assay_gate_rule {
    double threshold; /* log(1 + T): the slow-down that must not pass */
    double floor;     /* what A/A was seen to reach here; 0: not calibrated */
    double drift;     /* how far a stored run may be off by its age alone; 0: base is measured beside head */
    double alpha;     /* of one bound */
};

/* cases: how many are decided together. threshold, floor: as shares (0.03), not logarithms. */
void assay_gate_rule_make(struct assay_gate_rule *rule, double threshold, double floor, size_t cases);
/* What the lower bound must exceed: max(floor, drift, T/3). */
double assay_gate_bar(const struct assay_gate_rule *rule);

/* pass: 1 or 2; last: no look follows in this pass. Reorders the values. */
enum assay_gate_state assay_gate_decide(const struct assay_gate_rule *rule, unsigned pass, bool last,
                                        double *values, size_t n, struct assay_bound *bound);

/* The same against the rounds of a stored run, in which nothing is paired. To pass, the upper bound must lie
 * under the threshold by the drift, which may as well hide a slow-down as feign one. Reorders both. */
enum assay_gate_state assay_gate_decide_stored(const struct assay_gate_rule *rule, unsigned pass, bool last,
                                               double *head, size_t n, double *base, size_t m,
                                               struct assay_bound *bound);

/* The smallest effect that these rounds could have shown to be a regression: the bar and how far the lower
 * bound lies below the median. As a logarithm; infinite when there is no bound. */
double assay_gate_detectable(const struct assay_gate_rule *rule, const struct assay_bound *bound);

#endif

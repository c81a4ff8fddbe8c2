/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/gate/decide.h"

#include <math.h>

void assay_gate_rule_make(struct assay_gate_rule *rule, double threshold, double floor, size_t cases)
{
    *rule = (struct assay_gate_rule){
        .threshold = log1p(threshold),
        .floor = log1p(floor),
        .alpha = ASSAY_GATE_LEVEL / (double)(cases ? cases : 1) / ASSAY_GATE_LOOKS,
    };
}

double assay_gate_bar(const struct assay_gate_rule *rule)
{
    return fmax(fmax(rule->floor, rule->drift), rule->threshold / 3);
}

/* A bound that there is none of is infinite, and decides nothing. */
static enum assay_gate_state judge(const struct assay_gate_rule *rule, unsigned pass, bool last,
                                   const struct assay_bound *bound)
{
    if (bound->lower > assay_gate_bar(rule))
        return pass == 1 ? ASSAY_GATE_SUSPECT : ASSAY_GATE_REGRESSION;
    if (bound->upper < rule->threshold - rule->drift)
        return ASSAY_GATE_PASS;
    return last ? ASSAY_GATE_INCONCLUSIVE : ASSAY_GATE_OPEN;
}

enum assay_gate_state assay_gate_decide(const struct assay_gate_rule *rule, unsigned pass, bool last,
                                        double *values, size_t n, struct assay_bound *bound)
{
    assay_bound_median(values, n, rule->alpha, bound);
    return judge(rule, pass, last, bound);
}

enum assay_gate_state assay_gate_decide_stored(const struct assay_gate_rule *rule, unsigned pass, bool last,
                                               double *head, size_t n, double *base, size_t m,
                                               struct assay_bound *bound)
{
    assay_bound_difference(head, n, base, m, rule->alpha, bound);
    return judge(rule, pass, last, bound);
}

double assay_gate_detectable(const struct assay_gate_rule *rule, const struct assay_bound *bound)
{
    return assay_gate_bar(rule) + (bound->median - bound->lower);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A gate: head against base, case by case, in rounds of fresh worker pairs, in two passes. Nothing here
 * prints.
 */
#ifndef ASSAY_GATE_H
#define ASSAY_GATE_H

#include "bench/gate/decide.h"
#include "bench/run/engine.h"

enum { ASSAY_GATE_BASE, ASSAY_GATE_HEAD };

#define ASSAY_GATE_BLOCKS 4u /* a round: two of ABBA or BAAB */

struct assay_baseline; /* baseline.h */

/* What a calibration knows of a case, as shares. */
struct assay_gate_known {
    double floor;      /* 0: not calibrated */
    double drift;      /* between stored runs; 0: not known */
    double detectable; /* by a gate of pairs; 0: not known */
};

struct assay_gate_settings {
    double threshold; /* a share: 0.03 */
    double budget_s;  /* for everything: both passes and the workers' starts */
    uint64_t seed;
    const struct assay_gate_known *known;  /* of each case of the plan; NULL: nothing */
    const struct assay_baseline *baseline; /* its rounds stand for base, and specs' base is its control; NULL:
                                              base is measured */
};

struct assay_gate_pass {
    unsigned rounds; /* that have a value */
    unsigned look;   /* at which it was decided, from 1; 0: the pass was not taken */
    struct assay_bound bound;
};

struct assay_gate_case {
    const char *key;
    enum assay_gate_state state;
    enum assay_status trouble; /* UNSUPPORTED, REFUSED, FAILED; else PROVED */
    unsigned blame;            /* whose: bits 1 << ASSAY_GATE_BASE, 1 << ASSAY_GATE_HEAD */
    char reason[ASSAY_WHY_MAX];
    struct assay_gate_pass pass[2];
    struct assay_gate_rule rule;
    struct assay_gate_known known;
};

struct assay_gate_result {
    struct assay_gate_case *cases; /* in the plan's order */
    size_t count;
    json_t
        *identity[2]; /* what the two workers said of themselves, from the first round; NULL: never loaded */
    char lost[2][ASSAY_WHY_MAX]; /* why one could not be loaded; "" when it was */
    unsigned blocks;
    double seconds;
    bool stopped; /* the observer said so */
};

struct assay_gate_block { /* one of a round: times an operation */
    double ns[2];         /* of base and head; 0: not taken */
    bool interrupted;     /* another process broke into it */
};

/* A round's value: the median log ratio of its blocks; of those that were not interrupted, where there are
 * such. head's times are taken from one array, base's from another or the same. NAN: there is none. */
double assay_gate_round(const struct assay_gate_block head[ASSAY_GATE_BLOCKS],
                        const struct assay_gate_block base[ASSAY_GATE_BLOCKS]);

/* specs: the two instances, base first, with different names. observer: its progress, trouble and stop are
 * told. false: out of memory. */
bool assay_gate_run(const struct assay_gate_settings *settings, const struct assay_plan *plan,
                    const struct assay_specs *specs, const struct assay_observer *observer,
                    struct assay_gate_result *result);
void assay_gate_free(struct assay_gate_result *result);

/* The pass that decided a case: the second where it was taken. */
const struct assay_gate_pass *assay_gate_deciding(const struct assay_gate_case *c);
/* Compared at all? false: see trouble and reason. */
bool assay_gate_is_compared(const struct assay_gate_case *c);
/* Lacking on both sides, and so no matter of this gate. */
bool assay_gate_is_absent(const struct assay_gate_case *c);
/* The word for a case: pass, regression, inconclusive, unsupported, refused, failed. */
const char *assay_gate_word(const struct assay_gate_case *c);
/* Exit code of the design; inconclusive_passes: 0 instead of 4. */
int assay_gate_verdict(const struct assay_gate_result *result, bool inconclusive_passes);

#endif

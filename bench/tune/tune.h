/* SPDX-License-Identifier: Apache-2.0
 *
 * Tuning: what an instance lets be chosen, and which choice is measurably better. Nothing here knows a
 * backend, and nothing prints.
 */
#ifndef ASSAY_TUNE_H
#define ASSAY_TUNE_H

#include "bench/run/engine.h"
#include "bench/stats/summary.h"

/* Asks a worker of its own. false: why says what happened. *list is freed by the caller. */
bool assay_tune_ask(const struct assay_spec *spec, struct assay_tunable **list, size_t *count,
                    char why[ASSAY_WHY_MAX]);
bool assay_tune_profile(const struct assay_spec *spec, struct assay_profile *profile,
                        char why[ASSAY_WHY_MAX]);

/* A copy of an instance under another name, with one more option ("NAME=VALUE"; NULL: none). false: no
 * memory, or no room for an option. */
bool assay_tune_spec(struct assay_spec *out, const struct assay_spec *from, const char *name,
                     const char *option);

/* The cases that a tunable bears on and that match `kernel` too (NULL: all of them). There may be none. */
bool assay_tune_plan(struct assay_plan *plan, const struct assay_tunable *tunable, const char *kernel,
                     char *why, size_t why_size);

/* One run of instances, its samples in a file that is removed at once. */
struct assay_trial {
    const struct assay_settings *settings;
    const struct assay_specs *specs; /* the first is what the others are held against */
    const struct assay_plan *plan;
    const struct assay_observer *observer;
};
struct assay_trial_result {
    struct assay_run *run;
    struct assay_summary summary;
    int verdict;  /* as assay_engine_verdict() */
    bool stopped; /* the observer said so */
};
/* false: why says what went wrong. */
bool assay_trial_run(const struct assay_trial *trial, struct assay_trial_result *result, char *why,
                     size_t why_size);
void assay_trial_free(struct assay_trial_result *result);

/* Why an instance is no improvement on the first. */
enum assay_tune_fault {
    ASSAY_TUNE_BETTER = 0,
    ASSAY_TUNE_NO_EVIDENCE, /* the interval over all cases does not lie above 1 */
    ASSAY_TUNE_LOSES,       /* it does, but some case lost more than 1 % with evidence */
    ASSAY_TUNE_UNMEASURED,  /* a case was measured on the first alone */
};
/* overall: of all cases together; *worst: the case that is to blame for ASSAY_TUNE_LOSES. */
enum assay_tune_fault assay_tune_judge(const struct assay_summary *summary, size_t instance,
                                       struct assay_estimate *overall, const struct assay_row **worst);

#endif

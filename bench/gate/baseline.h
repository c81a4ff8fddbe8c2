/* SPDX-License-Identifier: Apache-2.0
 *
 * A stored run in the place of base. What lies between then and now (another host of the kind, another load,
 * another clock) is taken out by a control, a case of code that has not changed since: a round's value is the
 * case's time over the control's, log-wise, of the same round. What that leaves is the drift, which
 * `assay calibrate --baselines` measures between runs hours apart.
 */
#ifndef ASSAY_GATE_BASELINE_H
#define ASSAY_GATE_BASELINE_H

#include "bench/gate/gate.h"
#include "bench/store/run_file.h"

#define ASSAY_GATE_CONTROL "hash/sha256/16384/t1" /* unless another is chosen */
#define ASSAY_GATE_DRIFT   0.10                   /* a share; assumed while none is recorded */

struct assay_rounds {
    double *value; /* log(case / control), one a round */
    size_t count;
};

struct assay_baseline {
    struct assay_run *run;
    size_t instance, control_instance;
    char control[ASSAY_KEY_MAX];
    uint64_t sample_ns; /* how the run was taken, and so must be compared */
    unsigned blocks;
    struct assay_rounds *cases; /* of the plan's cases, in its order */
    size_t count;
};

/* instance: whose cases stand for base. control: CASE or CASE@INSTANCE; NULL: ASSAY_GATE_CONTROL of the first
 * other instance whose library is loaded here as it was then, native:portable before others. The control's
 * worker is started to see that. false: why names the file and the field or case that is amiss. */
bool assay_baseline_open(struct assay_baseline *b, const char *path, const char *instance,
                         const char *control, char *why, size_t why_size);
/* Reads the rounds of the plan's cases; each must have `least` of them. */
bool assay_baseline_read(struct assay_baseline *b, const struct assay_plan *plan, size_t least, char *why,
                         size_t why_size);
void assay_baseline_free(struct assay_baseline *b);

/* The control as people write it: CASE@INSTANCE. */
void assay_baseline_control(const struct assay_baseline *b, char *out, size_t size);
/* The stored instance as a worker tells its identity; a new reference, NULL without memory. */
json_t *assay_baseline_identity(const struct assay_baseline *b);

/* The largest difference between the runs' medians of a case, as a share. Reorders the rounds. */
double assay_baseline_drift(struct assay_baseline *const *runs, size_t count, size_t key);

#endif

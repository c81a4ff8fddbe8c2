/* SPDX-License-Identifier: Apache-2.0
 *
 * A drill: something breaks on purpose, and the safeguard that a service has against it is watched from
 * outside. A drill knows operations and companions as a kernel does; it never prints and never exits. It runs
 * once, in a worker of its own.
 *
 * The life of a drill: the service works; the fault (assay_drill_fault()); somebody or something notices
 * (assay_drill_detected()); the fault is repaired (assay_drill_repair()); the service works again
 * (assay_drill_recovered()). It has passed when all of these came, no answer was wrong and nothing else was
 * found amiss: a drill that forgets to look has not passed.
 *
 * With without_safeguard the drill leaves out its safeguard and nothing else, so that a reader sees it fail.
 * What it holds against the service must then be seen from outside (a token that was accepted twice, a blob
 * that the KMS does not open), never read off without_safeguard.
 */
#ifndef ASSAY_DRILL_H
#define ASSAY_DRILL_H

#include "kernels/kernel.h"

#define ASSAY_DRILL_STEPS 48u
#define ASSAY_DRILL_TEXT  200u

struct assay_drill;

struct assay_drill_step {
    uint64_t ns; /* since the drill's begin */
    char text[ASSAY_DRILL_TEXT];
};

struct assay_drilling { /* a drill under way; starts zeroed */
    const struct assay_drill *drill;
    const struct assay_backend *backend;
    assay_instance *instance;
    struct assay_kms *kms;               /* the instance's companions; NULL where drill->uses */
    struct assay_store *store;           /* does not name them */
    struct assay_companions *companions; /* where they come from: for a drill that opens one anew */
    bool without_safeguard;
    char note[200]; /* why run() did not return ASSAY_OK, where the drill knows it */

    /* The outcome. Counts are the drill's to keep: requests that were answered as they must be, that were
     * refused as they must be, and those that were not. */
    uint64_t served, refused, wrong;
    bool passed;
    char reason[ASSAY_DRILL_TEXT]; /* of a failure; the first one counts */
    bool detected, recovered;
    uint64_t detect_ns, recover_ns; /* from the fault, from the repair; of several faults the longest */
    struct assay_drill_step step[ASSAY_DRILL_STEPS];
    size_t steps;

    uint64_t begin_ns, fault_ns, repair_ns; /* drill.c's own */
};

struct assay_drill {
    const char *name;      /* "store-down" */
    const char *summary;   /* one line: what breaks, and what must hold */
    const char *safeguard; /* one line: what without_safeguard takes out */
    unsigned uses;         /* of enum assay_use */
    /* Asks the instance; false: why says what it lacks. */
    bool (*supported)(struct assay_drilling *, char *why, size_t why_size);
    /* Not ASSAY_OK: the drill could not be carried out (the library failed, no memory): it says nothing. What
     * the service did wrong goes through assay_drill_fail(), and the drill goes on or returns ASSAY_OK. */
    enum assay_rc (*run)(struct assay_drilling *) ASSAY_MUST_CHECK;
};

/* drill.c: every drill, in the order in which they are listed; ends with NULL */
extern const struct assay_drill *const assay_drills[];
const struct assay_drill *assay_drill_find(const char *name);

/* For whoever runs drills: all of the above, and the verdict. */
enum assay_rc assay_drill_run(struct assay_drilling *) ASSAY_MUST_CHECK;

/* For drills. Nanoseconds of the monotonic clock. */
uint64_t assay_drill_now(void);
/* What happened, now. */
void assay_drill_step(struct assay_drilling *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The fault begins now, as this step says. A drill may have several, one after the other: each is to be
 * detected, repaired and recovered from before the next. */
void assay_drill_fault(struct assay_drilling *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, and it began at that time of assay_drill_now(): another process or thread has told it. */
void assay_drill_fault_at(struct assay_drilling *, uint64_t ns, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* It was noticed now; the first time counts, and is a step. */
void assay_drill_detected(struct assay_drilling *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The fault ends now. */
void assay_drill_repair(struct assay_drilling *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The service works again, since the repair; the first time counts, and is a step. */
void assay_drill_recovered(struct assay_drilling *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The drill has failed. */
void assay_drill_fail(struct assay_drilling *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* supported() of most drills; as assay_supported(). */
bool assay_drill_supported(struct assay_drilling *, enum assay_op, enum assay_alg, char *why,
                           size_t why_size);

/* kernels/service/drills/, one file each */
extern const struct assay_drill assay_drill_kms_outage, assay_drill_kms_hang, assay_drill_store_down,
    assay_drill_clock_skew, assay_drill_rng_repeat, assay_drill_ca_revoked, assay_drill_cert_expired,
    assay_drill_key_leak;

#endif

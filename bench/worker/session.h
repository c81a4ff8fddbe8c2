/* SPDX-License-Identifier: Apache-2.0
 *
 * The cases that are open in this worker, and what can be asked of each: prove, calibrate, sample, and the
 * exchanges with other instances. A case has one kernel state a thread.
 */
#ifndef ASSAY_WORKER_SESSION_H
#define ASSAY_WORKER_SESSION_H

#include "bench/worker/lanes.h"
#include "bench/worker/module.h"
#include "companions/companion.h"
#include "kernels/kernel.h"

enum assay_verdict {
    ASSAY_VERDICT_OK,
    ASSAY_VERDICT_UNSUPPORTED,
    ASSAY_VERDICT_WRONG,  /* a wrong answer: the cell is refused */
    ASSAY_VERDICT_FAILED, /* the library, or the request, failed */
};

struct assay_session {
    struct assay_module *module;
    struct assay_lanes *lanes;
    struct assay_companions companions;
    bool exempt;    /* the null probe proves nothing */
    bool all_cases; /* those too that its companions have no part in */
};

struct assay_opened; /* one open case */

struct assay_proved {
    unsigned answers, negatives;
    bool deterministic;
    char digest[65];
};

struct assay_timing {
    uint64_t iterations; /* over all threads */
    uint64_t ns;         /* from the first lane's start to the last one's end */
    uint64_t ticks;      /* of the time-stamp counter, the mean of the lanes */
    bool counted;        /* cycles and instructions hold hardware counts, summed over the lanes */
    uint64_t cycles, instructions;
    uint64_t side_ns[ASSAY_SIDES];
    uint64_t switches; /* involuntary context switches */
};

/* On anything but OK reason says why and *out is NULL. */
enum assay_verdict assay_open_case(struct assay_session *session, const char *key, struct assay_opened **out,
                                   char reason[ASSAY_REASON_MAX]);
void assay_close_case(struct assay_opened *opened);

const struct assay_case *assay_opened_case(const struct assay_opened *opened);

/* For a job on the first lane that runs the kernel itself (offer.c): that lane's state; after a failure, in
 * that lane, the library's words for it; then, anywhere, what a kernel's return value means. */
struct assay_case *assay_opened_first(struct assay_opened *opened);
void assay_opened_keep_error(struct assay_opened *opened);
enum assay_verdict assay_opened_judge(struct assay_opened *opened, enum assay_rc rc,
                                      char reason[ASSAY_REASON_MAX]);

enum assay_verdict assay_prove_case(struct assay_opened *opened, struct assay_proved *out,
                                    char reason[ASSAY_REASON_MAX]);
/* Runs until the time of an operation is steady, then finds the iterations a thread that last min_ns. */
enum assay_verdict assay_calibrate_case(struct assay_opened *opened, uint64_t min_ns, uint64_t *iterations,
                                        char reason[ASSAY_REASON_MAX]);
/* One operation a thread, not checked: for whoever measures a process's first call from outside. */
enum assay_verdict assay_first_call(struct assay_opened *opened, char reason[ASSAY_REASON_MAX]);
/* iterations a thread; afterwards each thread's last output is checked. */
enum assay_verdict assay_sample_case(struct assay_opened *opened, uint64_t iterations,
                                     struct assay_timing *out, char reason[ASSAY_REASON_MAX]);

/* Exchanges run on the first thread's state. *out is freed by the caller. */
enum assay_verdict assay_show_case(struct assay_opened *opened, uint8_t **out, size_t *size,
                                   char reason[ASSAY_REASON_MAX]);
enum assay_verdict assay_accept_case(struct assay_opened *opened, const uint8_t *in, size_t size,
                                     char reason[ASSAY_REASON_MAX]);
struct assay_turn { /* one side's turn in a conversation */
    enum assay_tls_role role;
    bool start;
    const uint8_t *in;
    size_t in_size;
    uint8_t *out;
    size_t room, out_size;
    enum assay_talk state;
};
enum assay_verdict assay_talk_case(struct assay_opened *opened, struct assay_turn *turn,
                                   char reason[ASSAY_REASON_MAX]);

#endif

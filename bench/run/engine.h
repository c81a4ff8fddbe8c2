/* SPDX-License-Identifier: Apache-2.0
 *
 * The measurement itself: rounds of fresh workers, each case proved, calibrated and sampled in blocks. The
 * engine prints nothing; it writes records and tells an observer.
 */
#ifndef ASSAY_ENGINE_H
#define ASSAY_ENGINE_H

#include "bench/run/machine.h"
#include "bench/run/metrics.h"
#include "bench/run/plan.h"
#include "bench/run/process.h"
#include "bench/run/writer.h"

struct assay_settings {
    uint64_t seed, min_time_ns;
    unsigned rounds, blocks;
    unsigned deadline_ms; /* for whatever a worker is asked, beyond the time that measuring takes */
    bool check_only;      /* prove, cross-check, measure nothing */
    bool offered; /* an offered load, operation by operation, for min_time_ns, instead of timed batches */
    double rate;  /* of it, in arrivals a second; 0: the next operation when the last is done */
};

enum assay_status { /* of a cell; the names are in the file format */
                    ASSAY_STATUS_OPEN = 0,
                    ASSAY_STATUS_PROVED,
                    ASSAY_STATUS_UNSUPPORTED,
                    ASSAY_STATUS_REFUSED,
                    ASSAY_STATUS_FAILED,
};
const char *assay_status_name(enum assay_status status);

struct assay_cell_state {
    enum assay_status status;
    char reason[ASSAY_WHY_MAX];
    json_t *facts; /* what open and prove told: digest, answers, algorithm, provider, bytes, unit … */
    uint64_t iterations;
};

struct assay_observer {
    void *data;
    /* done of total steps; doing: the case in hand */
    void (*progress)(void *data, size_t done, size_t total, const char *doing);
    /* a cell was settled for the worse, or an instance could not be loaded */
    void (*trouble)(void *data, const char *instance, const char *key, const char *status,
                    const char *reason);
    /* true: end after the sample in hand */
    bool (*stop)(void *data);
    /* for a resumed run: was this sample taken already? NULL: none was */
    bool (*taken)(void *data, unsigned round, unsigned block, const char *key, const char *instance);
    /* a sample's time an operation, and whether it was interrupted (switched out against its will); the
     * plan's and the specs' numbers of case and instance. May be NULL. */
    void (*sample)(void *data, unsigned block, size_t key, size_t instance, double ns, bool interrupted);
    /* a round is over. May be NULL. */
    void (*round)(void *data, unsigned round);
};

struct assay_engine {
    const struct assay_settings *settings;
    const struct assay_plan *plan;
    const struct assay_specs *specs;
    const struct assay_observer *observer;
    struct assay_writer *writer;
    struct assay_metrics *metrics; /* what the workers have counted, added up; NULL: nobody asks them */
    char cpus[8 * ASSAY_THREADS_MAX * 256];
    struct assay_process process[ASSAY_INSTANCES_MAX];
    char lost[ASSAY_INSTANCES_MAX][ASSAY_WHY_MAX]; /* why an instance could not be loaded; "" when it was */
    struct assay_cell_state *cells;                /* [case * specs->count + instance] */
    unsigned round;
    uint64_t random;
    size_t steps_done, steps;
    long long switches, all_switches; /* involuntary context switches, of this round and of all */
    size_t samples;
    bool stopped;
};

/* max_threads: the largest thread count in the plan. false: out of memory. */
bool assay_engine_init(struct assay_engine *e, const struct assay_settings *settings,
                       const struct assay_plan *plan, const struct assay_specs *specs,
                       const struct assay_observer *observer, struct assay_writer *writer,
                       unsigned max_threads);
/* Before the run: a cell that was settled in an earlier part of it. */
void assay_engine_remember(struct assay_engine *e, size_t key, size_t instance, enum assay_status status,
                           const char *reason);
void assay_engine_run(struct assay_engine *e);
void assay_engine_free(struct assay_engine *e);

/* Exit code of the design: 0, 1 (failed), 3 (refused). */
int assay_engine_verdict(const struct assay_engine *e);

/* Between engine.c and prove.c */
struct assay_cell_state *assay_engine_cell(const struct assay_engine *e, size_t key, size_t instance);
/* One question to an instance's worker about a case; a failure settles the cell. NULL unless it went well. */
json_t *assay_engine_ask(struct assay_engine *e, size_t key, size_t instance, json_t *message,
                         unsigned extra_ms);
void assay_engine_settle(struct assay_engine *e, size_t key, size_t instance, enum assay_status status,
                         const char *reason);
/* Is the case open and proved in this instance's worker? */
bool assay_engine_ready(const struct assay_engine *e, size_t key, size_t instance);
/* Opens and proves a case on every instance that can, and compares the instances' answers. */
void assay_engine_prove(struct assay_engine *e, size_t key);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A run file in memory. The format is described in results/README.md and results/schema/run.schema.json.
 *
 * The loader trusts nothing: a foreign, truncated, binary or huge file is an error that names the line, never
 * a crash. A last line without its newline is what a killed writer leaves behind; it is dropped.
 */
#ifndef ASSAY_STORE_RUN_FILE_H
#define ASSAY_STORE_RUN_FILE_H

#include "bench/stats/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSAY_RUN_SCHEMA    1
#define ASSAY_RUN_SIDES     2
#define ASSAY_RUN_INSTANCES 64    /* more is taken for a broken file */
#define ASSAY_RUN_CASES     16384 /* likewise */

enum assay_cell_status {
    ASSAY_CELL_MISSING = 0, /* the run never came to it */
    ASSAY_CELL_PROVED,
    ASSAY_CELL_UNSUPPORTED,
    ASSAY_CELL_REFUSED, /* a wrong answer */
    ASSAY_CELL_FAILED,  /* a crash, a hang, an error */
};

/* Strings are never NULL: an absent field is "". Numbers that are absent are 0. */
struct assay_run_instance {
    const char *name;
    const char *module, *library, *version, *path, *build_id, *provider, *variant;
    bool fips_asked, fips_active;
    const char *error; /* why it could not be loaded, the last time it was tried; "" when it was */
    bool seen;         /* an identity was recorded */
    bool changed;      /* rounds disagree about version, path or build id */
};

struct assay_run_case {
    const char *key;    /* "aead.seal/aes-256-gcm/16384/t1" */
    const char *kernel; /* "aead.seal" */
    const char *values; /* "aes-256-gcm/16384"; may be "" */
    const char *series; /* the values without the size: "aes-256-gcm" */
    bool has_size;      /* one value is a number */
    uint64_t size;      /* that number */
    unsigned threads;   /* 1 when the key names none */
};

struct assay_sample {
    uint32_t case_index, instance_index, round, block;
    uint32_t order;                       /* place in its block */
    uint64_t line;                        /* of the file */
    uint64_t iterations;                  /* never 0 */
    uint64_t ns;                          /* never 0 */
    uint64_t ticks, cycles, instructions; /* 0: not known */
    uint64_t side_ns[ASSAY_RUN_SIDES];
    bool has_sides;
    uint64_t switches;
};

struct assay_latencies { /* one stretch of offered load */
    uint32_t case_index, instance_index, round, block;
    uint64_t line;
    double rate;       /* arrivals a second; 0: each operation followed the last */
    uint64_t requests; /* served; never 0 */
    uint64_t unserved; /* had arrived, and were given up: the load was too high */
    uint64_t ns, busy_ns;
    uint64_t cpu_ns;                    /* of the worker, in that time; 0: not told */
    struct assay_bins latency, service; /* from the scheduled arrival; from the start */
    struct assay_bins side[ASSAY_RUN_SIDES];
    bool has_sides;
};

struct assay_cell {
    enum assay_cell_status status;
    uint32_t round; /* of the record that decided */
    const char *reason;
    uint64_t answers, negatives;
    const char *digest, *algorithm, *provider, *batched;
    uint64_t iterations, bytes;
    bool unit_bytes;
    const char *sides[ASSAY_RUN_SIDES];
    const struct assay_sample *samples; /* sorted by round, then block; no duplicates */
    size_t sample_count;
    const struct assay_latencies *latencies; /* likewise */
    size_t latency_count;
};

struct assay_run_variable {
    const char *name, *value;
};

struct assay_run_round { /* noise seen in one round */
    uint32_t round;
    double steal_ppm, load1, mhz_before, mhz_after;
    uint64_t switches;
};

struct assay_run_memory;

struct assay_run {
    const char *file; /* as given to the loader */
    const char *id, *time;
    const char *assay_version, *commit;
    bool dirty;
    uint64_t seed, rounds, blocks, min_time_ns; /* options asked for */
    unsigned threads[16];
    size_t thread_count;
    const char *kernel_filter; /* "" when none */
    bool full;
    bool offered; /* cells hold latencies under an offered load, of this many requests a second */
    double rate;
    struct assay_run_instance *instances;
    size_t instance_count;
    struct assay_run_case *cases;
    size_t case_count;
    struct assay_cell *cells; /* [case * instance_count + instance] */
    struct assay_sample *samples;
    size_t sample_count;
    struct assay_latencies *latencies;
    size_t latency_count;
    const char *cpu, *flags, *microcode, *os_kernel, *governor, *virtualisation;
    uint64_t cores;
    double tsc_hz;
    const char *compiler, *compiler_flags;
    struct assay_run_variable *environment;
    size_t environment_count;
    struct assay_run_round *noise; /* sorted by round */
    size_t noise_count;
    bool ended; /* an "end" record closes the file; false: the run was killed, or goes on */
    bool complete, interrupted;
    bool noisy;
    const char **noise_why;
    size_t noise_why_count;
    uint64_t good_bytes; /* size of the file up to its last whole line: a resumed run cuts the file here */
    bool torn;           /* there was more after good_bytes */
    struct assay_run_memory *memory; /* owns every string and the name look-ups */
};

/* false: why is "FILE:LINE: what is wrong" (or "FILE: …" when it could not be read), *run is NULL. */
bool assay_run_file_load(const char *path, struct assay_run **run, char *why, size_t why_size);
void assay_run_file_free(struct assay_run *run); /* accepts NULL */

/* In place: what would control a terminal becomes blanks. */
void assay_run_file_clean(char *text);

/* -1: there is none of that name */
int assay_run_file_find_case(const struct assay_run *run, const char *key);
int assay_run_file_find_instance(const struct assay_run *run, const char *name);

const struct assay_cell *assay_run_file_cell(const struct assay_run *run, size_t case_index, size_t instance);
/* NULL: that sample was not taken */
const struct assay_sample *assay_run_file_sample(const struct assay_run *run, size_t case_index,
                                                 size_t instance, uint32_t round, uint32_t block);
/* For --resume: is there nothing left to do for this sample? True when it was taken, or when the cell is
 * unsupported, refused or failed and so never will be. */
bool assay_run_file_is_finished(const struct assay_run *run, size_t case_index, size_t instance,
                                uint32_t round, uint32_t block);

const char *assay_cell_status_name(enum assay_cell_status status);

#endif

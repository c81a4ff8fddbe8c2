/* SPDX-License-Identifier: Apache-2.0
 *
 * Google Benchmark as C sees it.
 */
#ifndef ASSAY_GBENCH_SHIM_H
#define ASSAY_GBENCH_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASSAY_GBENCH_ERROR_MAX 400

/* What one thread of a benchmark does. All may fail: they fill error and return false. */
struct assay_gbench_callbacks {
    void *(*begin)(const void *data, unsigned thread,
                   char error[ASSAY_GBENCH_ERROR_MAX]); /* untimed; NULL: failed */
    bool (*run)(void *state, uint64_t iterations, char error[ASSAY_GBENCH_ERROR_MAX]); /* timed */
    bool (*check)(void *state, char error[ASSAY_GBENCH_ERROR_MAX]);                    /* untimed */
    void (*end)(void *state);
};

/* Takes Google Benchmark's flags out of argv. */
void assay_gbench_init(int *argc, char **argv);
/* bytes: processed by an operation, 0: not a matter of bytes. data and callbacks outlive the run. false: no
 * memory. */
bool assay_gbench_register(const char *name, unsigned threads, uint64_t bytes, const void *data,
                           const struct assay_gbench_callbacks *callbacks);
void assay_gbench_context(const char *key, const char *value);
/* How many benchmarks matched the filter and ran. */
size_t assay_gbench_run(void);
/* Did a benchmark end with an error? */
bool assay_gbench_failed(void);
void assay_gbench_shutdown(void);

#ifdef __cplusplus
}
#endif

#endif

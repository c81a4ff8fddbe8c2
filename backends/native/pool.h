/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads for one large piece of work: the caller and pinned workers share its parts. Workers start
 * with the first work and sleep when there is none for a while.
 */
#ifndef ASSAY_NATIVE_POOL_H
#define ASSAY_NATIVE_POOL_H

#include <stdbool.h>

#define POOL_THREADS_MAX 64u

struct pool;

/* The value of an option threads=N. */
bool pool_read_threads(const char *text, unsigned *threads);

/* For `threads` threads, the caller among them, on the CPUs that the calling thread may use now; NULL: no
 * memory. Starts none yet. */
struct pool *pool_new(unsigned threads);
/* Ends the workers; accepts NULL. No work may be under way. */
void pool_free(struct pool *);

/* Runs job(data, 0) … job(data, parts - 1), at most 65535, each once, and returns when all are done. The
 * parts run one after another in the calling thread when there are no workers to be had: without a pool
 * (NULL), while another thread's work is under way, in a forked child, or when no thread could be started. */
void pool_run(struct pool *, void (*job)(void *data, unsigned part), void *data, unsigned parts);

#endif

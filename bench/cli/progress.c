/* SPDX-License-Identifier: Apache-2.0
 *
 * Progress with the time left, and troubles as they happen.
 */
#include "bench/cli/progress.h"

#include <stdio.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void assay_progress_step(void *data, size_t done, size_t total, const char *doing)
{
    struct assay_progress *p = data;
    if (!p->terminal)
        return;
    if (p->started == 0)
        p->started = now();
    double left = done ? (now() - p->started) / (double)done * (double)(total - done) : 0;
    if (done)
        fprintf(stderr, "\r\033[K%3zu%%  %.0f s left  %s", done * 100 / total, left, doing);
    else
        fprintf(stderr, "\r\033[K  0%%  %s", doing);
}

void assay_progress_trouble(void *data, const char *instance, const char *key, const char *status,
                            const char *reason)
{
    const struct assay_progress *p = data;
    fprintf(stderr, "%s%s%s%s: %s: %s\n", p->terminal ? "\r\033[K" : "", key ? key : "", key ? "@" : "",
            instance, status, reason);
}

void assay_progress_end(struct assay_progress *p)
{
    if (p->terminal)
        fputs("\r\033[K", stderr);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Progress with the time left, and troubles as they happen.
 */
#include "bench/cli/progress.h"

#include <signal.h>
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

#define ONE_STOP_NS 500000000

static volatile sig_atomic_t interrupts;

/* The first asks for an end in good order, and who cannot wait for it sends another. timeout(1) signals a
 * program and its group, which is one wish told twice. */
static void on_interrupt(int number)
{
    static struct timespec first;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (interrupts == 0)
        first = t;
    else if ((t.tv_sec - first.tv_sec) * 1000000000LL + t.tv_nsec - first.tv_nsec > ONE_STOP_NS) {
        signal(number, SIG_DFL);
        raise(number);
    }
    interrupts = 1;
}

bool assay_progress_interrupted(void *data)
{
    (void)data;
    return interrupts != 0;
}

void assay_progress_watch_interrupts(void)
{
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow further is told as a write that failed */
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* A round of a case: setting up and proving it, which reads a large message many times, and its samples. */
double assay_progress_seconds(const struct assay_settings *s, const struct assay_plan *plan, size_t instances)
{
    double seconds = 0, sample = (double)s->min_time_ns * 1e-9;
    char why[ASSAY_WHY_MAX];
    for (size_t i = 0; i < plan->count; i++) {
        struct assay_case c;
        unsigned threads;
        bool known = assay_case_parse(plan->keys[i], &c, &threads, why, sizeof why) && c.kernel->bytes;
        double bytes = known ? (double)c.kernel->bytes(&c) : 0, once = bytes * 1e-10;
        seconds += 0.02 + bytes * 20e-9 + (s->blocks + 0.5) * (sample > once ? sample : once);
    }
    return seconds * (double)instances * s->rounds;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/hangup.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#define LISTENERS 8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int listener[LISTENERS]; /* descriptor + 1; 0: free */
static atomic_int running; /* handlers at work: none may write to a descriptor that its owner closes */
static unsigned listening;
static struct sigaction before;

static void on_hangup(int signal)
{
    int kept = errno;
    (void)signal;
    atomic_fetch_add(&running, 1);
    for (int i = 0; i < LISTENERS; i++) {
        int fd = atomic_load(&listener[i]) - 1;
        if (fd >= 0 && write(fd, &(uint64_t){1}, sizeof(uint64_t)) < 0)
            continue; /* it is full: the signal is known there already */
    }
    atomic_fetch_sub(&running, 1);
    errno = kept;
}

static bool replace(int from, int to)
{
    for (int i = 0; i < LISTENERS; i++) {
        int expected = from;
        if (atomic_compare_exchange_strong(&listener[i], &expected, to))
            return true;
    }
    return false;
}

bool assay_hangup_add(int eventfd)
{
    const struct sigaction action = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};
    pthread_mutex_lock(&lock);
    bool ok = replace(0, eventfd + 1);
    if (ok && listening++ == 0)
        sigaction(SIGHUP, &action, &before);
    pthread_mutex_unlock(&lock);
    return ok;
}

void assay_hangup_remove(int eventfd)
{
    pthread_mutex_lock(&lock);
    if (replace(eventfd + 1, 0) && --listening == 0)
        sigaction(SIGHUP, &before, NULL);
    while (atomic_load(&running) > 0)
        sched_yield();
    pthread_mutex_unlock(&lock);
}

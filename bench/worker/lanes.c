/* SPDX-License-Identifier: Apache-2.0
 *
 * Pinned threads that wait for a job. lanes_run() is called by one thread at a time.
 */
#include "bench/worker/lanes.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

struct lane {
    struct assay_lanes *lanes;
    pthread_t thread;
    unsigned index;
    int cpu;
};

struct assay_lanes {
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    uint64_t generation; /* counts runs; a lane takes part when it sees a new one */
    unsigned active, running;
    bool ending;
    void (*job)(unsigned lane, void *data);
    void *data;
    atomic_uint arrived, departures; /* meet(): a spinning barrier, so that lanes start within nanoseconds */
    unsigned count;
    struct lane lane[];
};

static void pin(int cpu)
{
    if (cpu < 0)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set); /* best effort: a container may forbid it */
}

static void *lane_main(void *arg)
{
    struct lane *me = arg;
    struct assay_lanes *l = me->lanes;
    uint64_t seen = 0;
    pin(me->cpu);
    pthread_mutex_lock(&l->mutex);
    for (;;) {
        while (!l->ending && (l->generation == seen || me->index >= l->active))
            pthread_cond_wait(&l->work, &l->mutex);
        if (l->ending)
            break;
        seen = l->generation;
        pthread_mutex_unlock(&l->mutex);
        l->job(me->index, l->data);
        pthread_mutex_lock(&l->mutex);
        if (--l->running == 0)
            pthread_cond_signal(&l->done);
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

struct assay_lanes *assay_lanes_new(const int *cpus, unsigned count)
{
    struct assay_lanes *l = calloc(1, sizeof *l + count * sizeof l->lane[0]);
    if (!l)
        return NULL;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->work, NULL);
    pthread_cond_init(&l->done, NULL);
    for (; l->count < count; l->count++) {
        struct lane *lane = &l->lane[l->count];
        *lane = (struct lane){.lanes = l, .index = l->count, .cpu = cpus[l->count]};
        if (pthread_create(&lane->thread, NULL, lane_main, lane) != 0) {
            assay_lanes_free(l);
            return NULL;
        }
    }
    return l;
}

void assay_lanes_free(struct assay_lanes *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->mutex);
    l->ending = true;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->mutex);
    for (unsigned i = 0; i < l->count; i++)
        pthread_join(l->lane[i].thread, NULL);
    pthread_cond_destroy(&l->done);
    pthread_cond_destroy(&l->work);
    pthread_mutex_destroy(&l->mutex);
    free(l);
}

unsigned assay_lanes_count(const struct assay_lanes *l)
{
    return l->count;
}

void assay_lanes_run(struct assay_lanes *l, unsigned count, void (*job)(unsigned, void *), void *data)
{
    pthread_mutex_lock(&l->mutex);
    l->job = job;
    l->data = data;
    l->active = l->running = count;
    l->generation++;
    pthread_cond_broadcast(&l->work);
    while (l->running > 0)
        pthread_cond_wait(&l->done, &l->mutex);
    pthread_mutex_unlock(&l->mutex);
}

void assay_lanes_meet(struct assay_lanes *l)
{
    unsigned round = atomic_load(&l->departures);
    if (atomic_fetch_add(&l->arrived, 1) + 1 == l->active) {
        atomic_store(&l->arrived, 0);
        atomic_fetch_add(&l->departures, 1);
        return;
    }
    while (atomic_load(&l->departures) == round)
        sched_yield();
}

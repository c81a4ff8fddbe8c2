/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/crew.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct hand {
    struct assay_crew *crew;
    pthread_t thread;
    unsigned index;
};

struct assay_crew {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    uint64_t jobs; /* so far: a hand takes part when it sees a new one */
    unsigned busy, hands;
    bool ending;
    void (*job)(void *data, unsigned hand);
    void *data;
    struct hand hand[ASSAY_CREW_MAX];
};

static void *hand_main(void *arg)
{
    struct hand *me = arg;
    struct assay_crew *c = me->crew;
    uint64_t seen = 0;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (!c->ending && c->jobs == seen)
            pthread_cond_wait(&c->work, &c->lock);
        if (c->ending)
            break;
        seen = c->jobs;
        pthread_mutex_unlock(&c->lock);
        c->job(c->data, me->index);
        pthread_mutex_lock(&c->lock);
        if (--c->busy == 0)
            pthread_cond_signal(&c->done);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* A case's own thread is pinned, and what it starts would be too; the worker's first thread is not. */
static void choose_cpus(pthread_attr_t *attr)
{
    cpu_set_t mine, all;
    if (sched_getaffinity(0, sizeof mine, &mine) != 0 || sched_getaffinity(getpid(), sizeof all, &all) != 0)
        return;
    CPU_OR(&all, &all, &mine);
    pthread_attr_setaffinity_np(attr, sizeof all, &all);
}

struct assay_crew *assay_crew_new(unsigned hands)
{
    struct assay_crew *c = calloc(1, sizeof *c);
    pthread_attr_t attr;
    sigset_t every, before;
    if (!c || hands < 1 || hands > ASSAY_CREW_MAX || pthread_attr_init(&attr) != 0) {
        free(c);
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->work, NULL);
    pthread_cond_init(&c->done, NULL);
    choose_cpus(&attr);
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before); /* a process's signals are not for the hands */
    for (c->hands = 1; c->hands < hands; c->hands++) {
        struct hand *h = &c->hand[c->hands];
        *h = (struct hand){.crew = c, .index = c->hands};
        if (pthread_create(&h->thread, &attr, hand_main, h) != 0 &&
            pthread_create(&h->thread, NULL, hand_main, h) != 0) /* a container may forbid to choose */
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (c->hands < hands) {
        assay_crew_free(c);
        return NULL;
    }
    return c;
}

void assay_crew_free(struct assay_crew *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->ending = true;
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    for (unsigned i = 1; i < c->hands; i++)
        pthread_join(c->hand[i].thread, NULL);
    pthread_cond_destroy(&c->done);
    pthread_cond_destroy(&c->work);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void assay_crew_run(struct assay_crew *c, void (*job)(void *, unsigned), void *data)
{
    pthread_mutex_lock(&c->lock);
    c->job = job;
    c->data = data;
    c->busy = c->hands - 1;
    c->jobs++;
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    job(data, 0);
    pthread_mutex_lock(&c->lock);
    while (c->busy > 0)
        pthread_cond_wait(&c->done, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

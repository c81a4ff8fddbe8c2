/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/keyset_watch.h"
#include "kernels/kernel.h"
#include "kernels/reference.h"
#include "kernels/service/hangup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define RETURNS_MS  20 /* how long a former set may lie in a return box */
#define DIGEST_SIZE 32u

struct held { /* a reader's set, and its place in the return box */
    struct assay_keyset set;
    struct held *below;
};

struct assay_keyset_reader {
    struct assay_keyset_watch *watch;
    struct assay_keyset_reader *next;
    const struct assay_backend *backend;
    assay_instance *instance;
    struct held *fresh; /* the watch's, between opening the keys for all and handing them out */
    unsigned alive;     /* sets of this reader, with the one in use; the watch's */
    /* The letter box and the return box: what the reader's thread writes stays off the watch's lines. */
    _Alignas(64) _Atomic(struct held *) letter;
    _Alignas(64) _Atomic(struct held *) returned;
    struct held *now; /* the reader's thread alone */
};

struct assay_keyset_watch {
    char path[4096];
    int inotify, wake; /* wake: an eventfd, for SIGHUP and for the end */
    bool hangup;
    atomic_bool ending;
    pthread_t thread;
    pthread_mutex_t lock; /* what follows; no reader takes it to verify */
    pthread_cond_t loaded;
    struct assay_keyset_reader *readers;
    struct assay_keyset_file file; /* in force */
    uint8_t tried[DIGEST_SIZE];    /* of the octets of the last load, good or not */
    pthread_mutex_t telling;       /* the state, which can be asked for while a load goes on */
    struct assay_keyset_state state;
};

static void free_held(struct held *h)
{
    if (!h)
        return;
    assay_keyset_clear(&h->set);
    free(h);
}

static void take_back(struct assay_keyset_reader *r)
{
    struct held *h = atomic_exchange(&r->returned, NULL);
    while (h) {
        struct held *below = h->below;
        free_held(h);
        r->alive--;
        h = below;
    }
}

static enum assay_rc open_for(struct assay_keyset_reader *r, const struct assay_keyset_file *file,
                              char why[ASSAY_KEYSET_WHY])
{
    struct held *h = calloc(1, sizeof *h);
    if (!h) {
        snprintf(why, ASSAY_KEYSET_WHY, "no memory");
        return ASSAY_NOMEM;
    }
    assay_keyset_init(&h->set, r->backend, r->instance);
    enum assay_rc rc = assay_keyset_file_open(file, &h->set, why);
    if (rc == ASSAY_OK)
        r->fresh = h;
    else
        free(h);
    return rc;
}

/* All readers, or none. */
static enum assay_rc hand_out(struct assay_keyset_watch *w, const struct assay_keyset_file *file,
                              char why[ASSAY_KEYSET_WHY])
{
    enum assay_rc rc = ASSAY_OK;
    for (struct assay_keyset_reader *r = w->readers; r && rc == ASSAY_OK; r = r->next)
        rc = open_for(r, file, why);
    for (struct assay_keyset_reader *r = w->readers; r; r = r->next) {
        if (rc == ASSAY_OK) {
            r->fresh = atomic_exchange(&r->letter, r->fresh);
            r->alive += r->fresh ? 0 : 1;
        }
        free_held(r->fresh); /* one that was never fetched, or that not all have got */
        r->fresh = NULL;
    }
    return rc;
}

/* The file's octets in out, which has room for one more than may be. */
static enum assay_rc read_file(const char *path, char *out, size_t *size, char why[ASSAY_KEYSET_WHY])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;
    *size = 0;
    while (n > 0 && *size <= ASSAY_KEYSET_FILE_MAX) {
        do
            n = read(fd, out + *size, ASSAY_KEYSET_FILE_MAX + 1 - *size);
        while (n < 0 && errno == EINTR);
        *size += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        snprintf(why, ASSAY_KEYSET_WHY, "cannot be read: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return n < 0 ? ASSAY_LIBRARY : ASSAY_OK;
}

/* *changed: it is not what the last load has seen. */
static enum assay_rc read_keys(struct assay_keyset_watch *w, struct assay_keyset_file *file, bool *changed,
                               char why[ASSAY_KEYSET_WHY])
{
    uint8_t digest[DIGEST_SIZE] = {0};
    size_t size = 0;
    char *text = malloc(ASSAY_KEYSET_FILE_MAX + 1);
    if (!text)
        return ASSAY_NOMEM;
    enum assay_rc rc = read_file(w->path, text, &size, why);
    if (rc == ASSAY_OK)
        assay_reference_hash(ASSAY_SHA256, digest, (const uint8_t *)text, size);
    *changed = memcmp(digest, w->tried, sizeof digest) != 0;
    memcpy(w->tried, digest, sizeof digest);
    if (rc == ASSAY_OK)
        rc = assay_keyset_file_parse(file, text, size, why);
    explicit_bzero(text, size);
    free(text);
    return rc;
}

/* Under the lock. A load that finds the same octets again is none, unless it was asked for. */
static void load(struct assay_keyset_watch *w, bool asked)
{
    char why[ASSAY_KEYSET_WHY] = "no memory";
    bool changed = true;
    struct assay_keyset_file *file = calloc(1, sizeof *file);
    enum assay_rc rc = file ? read_keys(w, file, &changed, why) : ASSAY_NOMEM;
    if (changed || asked) {
        if (rc == ASSAY_OK)
            rc = hand_out(w, file, why);
        if (rc == ASSAY_OK)
            memcpy(&w->file, file, sizeof *file);
        pthread_mutex_lock(&w->telling);
        *(rc == ASSAY_OK ? &w->state.generation : &w->state.failed) += 1;
        memcpy(w->state.error, rc == ASSAY_OK ? "" : why, rc == ASSAY_OK ? 1 : sizeof why);
        pthread_cond_broadcast(&w->loaded);
        pthread_mutex_unlock(&w->telling);
    }
    if (file)
        explicit_bzero(file, sizeof *file);
    free(file);
}

/* Is a former set still out? */
static bool collect(struct assay_keyset_watch *w)
{
    bool waiting = false;
    for (struct assay_keyset_reader *r = w->readers; r; r = r->next) {
        take_back(r);
        waiting = waiting || r->alive > 1;
    }
    return waiting;
}

static void *watch_main(void *arg)
{
    struct assay_keyset_watch *w = arg;
    struct pollfd fds[] = {{.fd = w->inotify, .events = POLLIN}, {.fd = w->wake, .events = POLLIN}};
    char events[4096];
    uint64_t count;
    bool waiting = false;
    while (!atomic_load(&w->ending)) {
        (void)poll(fds, 2, waiting ? RETURNS_MS : -1);
        bool changed = read(w->inotify, events, sizeof events) > 0; /* something in the folder */
        bool asked = read(w->wake, &count, sizeof count) > 0;
        pthread_mutex_lock(&w->lock);
        if ((changed || asked) && !atomic_load(&w->ending))
            load(w, asked);
        waiting = collect(w);
        pthread_mutex_unlock(&w->lock);
    }
    return NULL;
}

/* The folder, not the file: a rename puts another file there. */
static bool watch_folder(struct assay_keyset_watch *w)
{
    char path[sizeof w->path];
    memcpy(path, w->path, sizeof path);
    w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    w->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return w->inotify >= 0 && w->wake >= 0 &&
           inotify_add_watch(w->inotify, dirname(path),
                             IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR) >= 0;
}

static void free_watch(struct assay_keyset_watch *w)
{
    if (w->inotify >= 0)
        close(w->inotify);
    if (w->wake >= 0)
        close(w->wake);
    pthread_mutex_destroy(&w->lock);
    pthread_mutex_destroy(&w->telling);
    pthread_cond_destroy(&w->loaded);
    explicit_bzero(w, sizeof *w);
    free(w);
}

enum assay_rc assay_keyset_watch_open(struct assay_keyset_watch **out, const char *path, bool hangup,
                                      char why[ASSAY_KEYSET_WHY])
{
    struct assay_keyset_watch *w = calloc(1, sizeof *w);
    pthread_condattr_t attr;
    *out = NULL;
    snprintf(why, ASSAY_KEYSET_WHY, "no memory");
    if (!w)
        return ASSAY_NOMEM;
    w->inotify = w->wake = -1;
    pthread_mutex_init(&w->lock, NULL);
    pthread_mutex_init(&w->telling, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->loaded, &attr);
    pthread_condattr_destroy(&attr);
    if ((size_t)snprintf(w->path, sizeof w->path, "%s", path) >= sizeof w->path || !watch_folder(w)) {
        snprintf(why, ASSAY_KEYSET_WHY, "its folder cannot be watched: %s", strerror(errno));
        free_watch(w);
        return ASSAY_LIBRARY;
    }
    load(w, true);
    if (w->state.generation == 0) {
        memcpy(why, w->state.error, ASSAY_KEYSET_WHY);
        free_watch(w);
        return ASSAY_INPUT;
    }
    if (hangup && !(w->hangup = assay_hangup_add(w->wake))) {
        snprintf(why, ASSAY_KEYSET_WHY, "too many listen to SIGHUP");
        free_watch(w);
        return ASSAY_LIBRARY;
    }
    if (!assay_thread_start(&w->thread, watch_main, w)) {
        snprintf(why, ASSAY_KEYSET_WHY, "no thread to be had");
        if (w->hangup)
            assay_hangup_remove(w->wake);
        free_watch(w);
        return ASSAY_NOMEM;
    }
    *out = w;
    return ASSAY_OK;
}

void assay_keyset_watch_close(struct assay_keyset_watch *w)
{
    if (!w)
        return;
    if (w->hangup)
        assay_hangup_remove(w->wake);
    atomic_store(&w->ending, true);
    while (write(w->wake, &(uint64_t){1}, sizeof(uint64_t)) < 0 && errno == EINTR)
        continue;
    pthread_join(w->thread, NULL);
    free_watch(w);
}

void assay_keyset_watch_state(struct assay_keyset_watch *w, struct assay_keyset_state *state)
{
    pthread_mutex_lock(&w->telling);
    *state = w->state;
    pthread_mutex_unlock(&w->telling);
}

bool assay_keyset_watch_wait(struct assay_keyset_watch *w, struct assay_keyset_state *state, unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000u) * 1000000;
    until.tv_sec += (time_t)(ms / 1000u) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    bool changed = false;
    pthread_mutex_lock(&w->telling);
    for (int rc = 0; !changed && rc == 0;) {
        changed = w->state.generation != state->generation || w->state.failed != state->failed;
        if (!changed)
            rc = pthread_cond_timedwait(&w->loaded, &w->telling, &until);
    }
    *state = w->state;
    pthread_mutex_unlock(&w->telling);
    return changed;
}

enum assay_rc assay_keyset_reader_open(struct assay_keyset_watch *w, const struct assay_backend *backend,
                                       assay_instance *instance, struct assay_keyset_reader **out,
                                       char why[ASSAY_KEYSET_WHY])
{
    struct assay_keyset_reader *r = assay_buffer(sizeof *r);
    *out = NULL;
    snprintf(why, ASSAY_KEYSET_WHY, "no memory");
    if (!r)
        return ASSAY_NOMEM;
    r->watch = w;
    r->backend = backend;
    r->instance = instance;
    pthread_mutex_lock(&w->lock);
    enum assay_rc rc = open_for(r, &w->file, why);
    if (rc == ASSAY_OK) {
        r->now = r->fresh;
        r->alive = 1;
        r->fresh = NULL;
        r->next = w->readers;
        w->readers = r;
        *out = r;
    }
    pthread_mutex_unlock(&w->lock);
    if (rc != ASSAY_OK)
        free(r);
    return rc;
}

void assay_keyset_reader_close(struct assay_keyset_reader *r)
{
    if (!r)
        return;
    struct assay_keyset_watch *w = r->watch;
    pthread_mutex_lock(&w->lock);
    struct assay_keyset_reader **at = &w->readers;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    pthread_mutex_unlock(&w->lock);
    take_back(r);
    free_held(atomic_load(&r->letter));
    free_held(r->now);
    free(r);
}

const struct assay_keyset *assay_keyset_reader_set(struct assay_keyset_reader *r)
{
    /* The watch changes a letter for a newer one, and never takes it away: what was seen there is there. */
    if (__builtin_expect(atomic_load_explicit(&r->letter, memory_order_relaxed) != NULL, 0)) {
        struct held *former = r->now;
        r->now = atomic_exchange(&r->letter, NULL);
        former->below = atomic_load(&r->returned);
        while (!atomic_compare_exchange_weak(&r->returned, &former->below, former))
            continue;
    }
    return &r->now->set;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Watches a folder and swaps credentials.
 */
#include "kernels/service/reload.h"
#include "kernels/kernel.h"
#include "kernels/service/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STACK    (512u << 10) /* the worker may lock memory: a stack's default 8 MiB would be resident */
#define LOOK_MAX 60000        /* ms between looks at the clock, when nothing else wakes the thread */

struct assay_reload {
    struct assay_reload_config config;
    char folder[ASSAY_FOLDER_MAX];
    pthread_t thread;
    int notify, stop;
    pthread_mutex_t mutex; /* over what follows; held for no longer than a few instructions */
    struct assay_credential *current;
    struct assay_reload_state state;
    bool warned; /* of the certificate in force */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool path_of(const char *folder, const char *name, char out[512])
{
    return snprintf(out, 512, "%s/%s", folder, name) < 512;
}

/* All of a file that is no larger than room, and nobody else's to read where it holds a key. */
static const char *read_file(const char *folder, const char *name, uint8_t *out, size_t room, size_t *size)
{
    char path[512];
    struct stat st;
    *size = 0;
    int fd = path_of(folder, name, path) ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (fd < 0)
        return "a file cannot be opened";
    const char *why = NULL;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        why = "it is no file";
    else if (st.st_mode & (S_IRWXG | S_IRWXO))
        why = "others than its owner may read or write it";
    else if (st.st_size == 0 || (uint64_t)st.st_size > room)
        why = "it is empty, or too large";
    while (!why && *size < (size_t)st.st_size) {
        ssize_t n = read(fd, out + *size, (size_t)st.st_size - *size);
        if (n <= 0)
            why = "it cannot be read";
        else
            *size += (size_t)n;
    }
    close(fd);
    return why;
}

static const char *load(const struct assay_reload *r, struct assay_credential **out)
{
    uint8_t identity[ASSAY_IDENTITY_MAX], trust[ASSAY_TRUST_MAX];
    size_t identity_size = 0, trust_size = 0;
    *out = NULL;
    const char *why = read_file(r->folder, ASSAY_IDENTITY_FILE, identity, sizeof identity, &identity_size);
    if (!why)
        why = read_file(r->folder, ASSAY_TRUST_FILE, trust, sizeof trust, &trust_size);
    if (!why)
        why = assay_credential_new(&r->config.credential, (struct assay_bytes){identity, identity_size},
                                   (struct assay_bytes){trust, trust_size}, now_ms() / 1000, out);
    explicit_bzero(identity, sizeof identity);
    return why;
}

/* The old one goes when the last who holds it lets go. */
static void swap(struct assay_reload *r, struct assay_credential *next)
{
    int64_t not_after = next->not_after;
    pthread_mutex_lock(&r->mutex);
    struct assay_credential *old = r->current;
    r->current = next;
    r->warned = false;
    r->state.swaps += old != NULL;
    r->state.not_after = not_after;
    memcpy(r->state.serial, next->serial, r->state.serial_size = next->serial_size);
    pthread_mutex_unlock(&r->mutex);
    assay_metrics_cert(r->config.credential.role == ASSAY_TLS_SERVER ? ASSAY_CERT_SERVER : ASSAY_CERT_CLIENT,
                       not_after);
    assay_credential_drop(old);
}

static void refuse(struct assay_reload *r, const char *why)
{
    pthread_mutex_lock(&r->mutex);
    r->state.refused++;
    snprintf(r->state.why, sizeof r->state.why, "%s", why);
    pthread_mutex_unlock(&r->mutex);
}

/* Whether one of our files is among what has happened. A queue that overflowed may have lost it. */
static bool is_news(int notify)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool news = false;
    ssize_t n;
    while ((n = read(notify, events, sizeof events)) > 0) {
        for (char *at = events; at < events + n;) {
            const struct inotify_event *e = (const struct inotify_event *)(const void *)at;
            news |= (e->mask & IN_Q_OVERFLOW) || (e->len > 0 && (strcmp(e->name, ASSAY_IDENTITY_FILE) == 0 ||
                                                                 strcmp(e->name, ASSAY_TRUST_FILE) == 0));
            at += sizeof *e + e->len;
        }
    }
    return news;
}

/* Says once that the certificate is about to end; how long until there is a reason to look again. */
static int watch_clock(struct assay_reload *r)
{
    int64_t left =
        r->state.not_after * 1000 - r->config.warn_s * 1000 - now_ms(); /* written by this thread */
    if (left > 0 || r->warned || r->config.warn_s == 0)
        return left > 0 && left < LOOK_MAX && r->config.warn_s > 0 ? (int)left : LOOK_MAX;
    pthread_mutex_lock(&r->mutex);
    r->warned = true;
    r->state.alarms++;
    pthread_mutex_unlock(&r->mutex);
    return LOOK_MAX;
}

static void *reload_main(void *arg)
{
    struct assay_reload *r = arg;
    struct pollfd fds[] = {{.fd = r->stop, .events = POLLIN}, {.fd = r->notify, .events = POLLIN}};
    while (fds[0].revents == 0) {
        struct assay_credential *next = NULL;
        int n = poll(fds, 2, watch_clock(r));
        if (n < 0 && errno != EINTR)
            break;
        if (n <= 0 || fds[1].revents == 0 || !is_news(r->notify) || r->config.is_blind)
            continue;
        const char *why = load(r, &next);
        if (why)
            refuse(r, why);
        else
            swap(r, next);
    }
    return NULL;
}

static bool start_thread(struct assay_reload *r)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    bool started = pthread_create(&r->thread, &attributes, reload_main, r) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

static void release(struct assay_reload *r)
{
    if (r->notify >= 0)
        close(r->notify);
    if (r->stop >= 0)
        close(r->stop);
    assay_credential_drop(r->current);
    pthread_mutex_destroy(&r->mutex);
    free(r);
}

/* Watches first and loads then: what is replaced in between is seen. */
const char *assay_reload_start(const struct assay_reload_config *config, struct assay_reload **out)
{
    struct assay_credential *first = NULL;
    *out = NULL;
    struct assay_reload *r = calloc(1, sizeof *r);
    if (!r)
        return "out of memory";
    pthread_mutex_init(&r->mutex, NULL);
    r->config = *config;
    snprintf(r->folder, sizeof r->folder, "%s", config->folder);
    r->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    r->stop = eventfd(0, EFD_CLOEXEC);
    const char *why = NULL;
    if (r->notify < 0 || r->stop < 0 ||
        inotify_add_watch(r->notify, r->folder, IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
        why = "the folder cannot be watched";
    if (!why)
        why = load(r, &first);
    if (!why) {
        swap(r, first);
        why = start_thread(r) ? NULL : "there is no thread to be had";
    }
    if (why)
        release(r);
    else
        *out = r;
    return why;
}

void assay_reload_stop(struct assay_reload *r)
{
    static const uint64_t one = 1;
    if (!r)
        return;
    while (write(r->stop, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(r->thread, NULL);
    release(r);
}

enum assay_rc assay_reload_endpoint(struct assay_reload *r, assay_tls **end)
{
    *end = NULL;
    pthread_mutex_lock(&r->mutex);
    struct assay_credential *c = r->current;
    assay_credential_hold(c);
    pthread_mutex_unlock(&r->mutex);
    enum assay_rc rc = ASSAY_AUTH;
    /* In its last second it is good, but may not be by the time the peer looks at it. */
    if (r->config.credential.serves_expired || now_ms() / 1000 < c->not_after)
        rc = c->backend->tls->endpoint_new(c->ctx, NULL, end);
    assay_credential_drop(c);
    return rc;
}

void assay_reload_look(struct assay_reload *r, struct assay_reload_state *state)
{
    pthread_mutex_lock(&r->mutex);
    *state = r->state;
    pthread_mutex_unlock(&r->mutex);
}

bool assay_folder_make(char folder[ASSAY_FOLDER_MAX])
{
    const char *place = getenv("TMPDIR");
    if (!place || !place[0])
        place = "/tmp";
    if ((size_t)snprintf(folder, ASSAY_FOLDER_MAX, "%s/assay-mtls-XXXXXX", place) >= ASSAY_FOLDER_MAX)
        errno = ENAMETOOLONG;
    else if (mkdtemp(folder))
        return true;
    folder[0] = '\0';
    return false;
}

bool assay_folder_put(const char *folder, const char *name, struct assay_bytes content)
{
    char path[512], fresh[512];
    if (!path_of(folder, name, path) || snprintf(fresh, sizeof fresh, "%.480s.new", path) >= 512)
        return false;
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, content.data, content.size) == (ssize_t)content.size;
    written = fd >= 0 && close(fd) == 0 && written;
    return written && rename(fresh, path) == 0;
}

void assay_folder_remove(const char *folder)
{
    static const char *const names[] = {ASSAY_IDENTITY_FILE, ASSAY_TRUST_FILE, ASSAY_IDENTITY_FILE ".new",
                                        ASSAY_TRUST_FILE ".new"};
    char path[512];
    if (!folder[0])
        return;
    for (size_t i = 0; i < ASSAY_COUNT(names); i++)
        if (path_of(folder, names[i], path))
            unlink(path);
    rmdir(folder);
}

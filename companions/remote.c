/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SESSIONS ASSAY_FRAME_SESSIONS

struct assay_remote {
    pid_t pid;
    int fd[SESSIONS]; /* -1: none */
    pthread_mutex_t lock[SESSIONS];
    char error[200]; /* of the last call that failed, whoever made it; under error_lock */
    pthread_mutex_t error_lock;
};

static void fail(struct assay_remote *r, const uint8_t *text, size_t size)
{
    pthread_mutex_lock(&r->error_lock);
    snprintf(r->error, sizeof r->error, "%.*s", (int)size, (const char *)text);
    pthread_mutex_unlock(&r->error_lock);
}

static unsigned take_session(struct assay_remote *r)
{
    static _Thread_local unsigned mine; /* the one this thread had last is likely free */
    for (unsigned i = 0; i < SESSIONS; i++) {
        unsigned s = (mine + i) % SESSIONS;
        if (pthread_mutex_trylock(&r->lock[s]) == 0)
            return mine = s;
    }
    pthread_mutex_lock(&r->lock[mine]);
    return mine;
}

enum assay_rc assay_remote_call(struct assay_remote *r, enum assay_frame_verb verb, struct assay_bytes name,
                                struct assay_bytes in, uint8_t *out, size_t room, size_t *out_size)
{
    static const char gone[] = "the companion's process is gone";
    uint8_t frame[ASSAY_FRAME_MAX];
    size_t size = 3 + name.size + in.size;
    *out_size = 0;
    if (size > sizeof frame || name.size > UINT16_MAX)
        return ASSAY_INPUT;
    frame[0] = (uint8_t)verb;
    frame[1] = (uint8_t)name.size;
    frame[2] = (uint8_t)(name.size >> 8);
    if (name.size > 0)
        memcpy(frame + 3, name.data, name.size);
    if (in.size > 0)
        memcpy(frame + 3 + name.size, in.data, in.size);
    const size_t asked = size;
    unsigned s = take_session(r);
    bool ok = assay_frame_send(r->fd[s], frame, size) && assay_frame_receive(r->fd[s], frame, &size);
    pthread_mutex_unlock(&r->lock[s]);
    enum assay_rc rc = ok && size > 0 && frame[0] <= ASSAY_LIBRARY ? (enum assay_rc)frame[0] : ASSAY_LIBRARY;
    if (!ok || size == 0) {
        fail(r, (const uint8_t *)gone, strlen(gone));
    } else if (rc != ASSAY_OK) {
        fail(r, frame + 1, size - 1);
    } else if (size - 1 > room) {
        rc = ASSAY_LIBRARY;
    } else {
        memcpy(out, frame + 1, size - 1);
        *out_size = size - 1;
    }
    explicit_bzero(frame, asked > size ? asked : size); /* a data key was in it */
    return rc;
}

const char *assay_remote_error(struct assay_remote *r)
{
    static _Thread_local char told[200];
    pthread_mutex_lock(&r->error_lock);
    memcpy(told, r->error, sizeof told);
    pthread_mutex_unlock(&r->error_lock);
    return told;
}

void assay_remote_hang_up(struct assay_remote *r)
{
    for (int i = 0; i < SESSIONS; i++)
        if (r->fd[i] >= 0)
            shutdown(r->fd[i], SHUT_RDWR);
}

void assay_remote_end(struct assay_remote *r)
{
    for (int i = 0; i < SESSIONS; i++) {
        if (r->fd[i] >= 0)
            close(r->fd[i]); /* its session ends; the host ends with the last */
        pthread_mutex_destroy(&r->lock[i]);
    }
    pthread_mutex_destroy(&r->error_lock);
    if (r->pid > 0)
        while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    free(r);
}

/* In the child: only async-signal-safe calls. The sessions are descriptors from 3 on. In a group of its own,
 * so that whoever kills this process and its group leaves the host alive to tidy up: it ends with its
 * sessions. */
static void become_host(const char *const *argv, const int *theirs)
{
    int high[SESSIONS];
    setpgid(0, 0);
    for (int i = 0; i < SESSIONS; i++)
        high[i] = fcntl(theirs[i], F_DUPFD_CLOEXEC, 3 + SESSIONS);
    for (int i = 0; i < SESSIONS; i++)
        if (high[i] < 0 || dup2(high[i], 3 + i) < 0)
            _exit(126);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static bool start(struct assay_remote *r, const char *const *argv)
{
    int theirs[SESSIONS], pair[2], n = 0;
    for (; n < SESSIONS; n++) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            break;
        r->fd[n] = pair[0];
        theirs[n] = pair[1];
    }
    r->pid = n == SESSIONS ? fork() : -1;
    if (r->pid == 0)
        become_host(argv, theirs);
    for (int i = 0; i < n; i++)
        close(theirs[i]);
    return r->pid > 0;
}

struct assay_remote *assay_remote_start(const char *const *argv, char *why, size_t why_size)
{
    const struct assay_bytes none = {NULL, 0};
    struct assay_remote *r = calloc(1, sizeof *r);
    uint8_t nothing[1];
    size_t size;
    if (!r) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    for (int i = 0; i < SESSIONS; i++) {
        r->fd[i] = -1;
        pthread_mutex_init(&r->lock[i], NULL);
    }
    pthread_mutex_init(&r->error_lock, NULL);
    if (!start(r, argv))
        snprintf(why, why_size, "%s cannot be started: %s", argv[0], strerror(errno));
    else if (assay_remote_call(r, ASSAY_FRAME_PING, none, none, nothing, 0, &size) != ASSAY_OK)
        snprintf(why, why_size, "%s", assay_remote_error(r));
    else
        return r;
    assay_remote_end(r);
    return NULL;
}

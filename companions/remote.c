/* SPDX-License-Identifier: Apache-2.0
 *
 * A KMS in a process of its own: a few connections to it, each a session there; a call takes a free one.
 */
#include "companions/frames.h"

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

struct remote {
    pid_t pid;
    int fd[SESSIONS]; /* -1: none */
    pthread_mutex_t lock[SESSIONS];
    char error[200]; /* of the last call that failed, whoever made it; under error_lock */
    pthread_mutex_t error_lock;
};

/* The text that last_error() gave, for the thread that asked. */
static _Thread_local char told[200];

static void fail(struct remote *r, const uint8_t *text, size_t size)
{
    pthread_mutex_lock(&r->error_lock);
    snprintf(r->error, sizeof r->error, "%.*s", (int)size, (const char *)text);
    pthread_mutex_unlock(&r->error_lock);
}

static unsigned take_session(struct remote *r)
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

/* Asks, and takes an answer of at most room bytes. */
static enum assay_rc call(struct remote *r, enum assay_frame_verb verb, struct assay_bytes aad,
                          struct assay_bytes in, uint8_t *out, size_t room, size_t *out_size)
{
    static const char gone[] = "the KMS's process is gone";
    uint8_t frame[ASSAY_FRAME_MAX];
    size_t size = 3 + aad.size + in.size;
    *out_size = 0;
    if (size > sizeof frame || aad.size > UINT16_MAX)
        return ASSAY_INPUT;
    frame[0] = (uint8_t)verb;
    frame[1] = (uint8_t)aad.size;
    frame[2] = (uint8_t)(aad.size >> 8);
    if (aad.size > 0)
        memcpy(frame + 3, aad.data, aad.size);
    if (in.size > 0)
        memcpy(frame + 3 + aad.size, in.data, in.size);
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
    explicit_bzero(frame, 3 + aad.size + ASSAY_KMS_DEK_MAX); /* a data key was in it */
    return rc;
}

static enum assay_rc remote_wrap(struct assay_kms *kms, uint8_t *out, struct assay_bytes dek,
                                 struct assay_bytes aad)
{
    size_t size;
    if (dek.size < 16 || dek.size > ASSAY_KMS_DEK_MAX)
        return ASSAY_INPUT;
    enum assay_rc rc =
        call(kms->state, ASSAY_FRAME_WRAP, aad, dek, out, dek.size + ASSAY_KMS_OVERHEAD, &size);
    return rc == ASSAY_OK && size != dek.size + ASSAY_KMS_OVERHEAD ? ASSAY_LIBRARY : rc;
}

static enum assay_rc remote_unwrap(struct assay_kms *kms, uint8_t *dek, struct assay_bytes wrapped,
                                   struct assay_bytes aad)
{
    size_t size;
    if (wrapped.size < 16 + ASSAY_KMS_OVERHEAD || wrapped.size > ASSAY_KMS_DEK_MAX + ASSAY_KMS_OVERHEAD)
        return ASSAY_INPUT;
    enum assay_rc rc =
        call(kms->state, ASSAY_FRAME_UNWRAP, aad, wrapped, dek, wrapped.size - ASSAY_KMS_OVERHEAD, &size);
    return rc == ASSAY_OK && size != wrapped.size - ASSAY_KMS_OVERHEAD ? ASSAY_LIBRARY : rc;
}

static enum assay_rc remote_sign(struct assay_kms *kms, uint8_t *sig, size_t *sig_size,
                                 struct assay_bytes message)
{
    return call(kms->state, ASSAY_FRAME_SIGN, (struct assay_bytes){NULL, 0}, message, sig, ASSAY_SIG_MAX,
                sig_size);
}

static enum assay_rc remote_public(struct assay_kms *kms, uint8_t point[65])
{
    const struct assay_bytes none = {NULL, 0};
    size_t size;
    enum assay_rc rc = call(kms->state, ASSAY_FRAME_PUBLIC, none, none, point, 65, &size);
    return rc == ASSAY_OK && size != 65 ? ASSAY_LIBRARY : rc;
}

static enum assay_rc remote_ping(struct assay_kms *kms)
{
    const struct assay_bytes none = {NULL, 0};
    uint8_t nothing[1];
    size_t size;
    return call(kms->state, ASSAY_FRAME_PING, none, none, nothing, 0, &size);
}

static const char *remote_error(struct assay_kms *kms)
{
    struct remote *r = kms->state;
    pthread_mutex_lock(&r->error_lock);
    memcpy(told, r->error, sizeof told);
    pthread_mutex_unlock(&r->error_lock);
    return told;
}

static void remote_close(struct assay_kms *kms)
{
    struct remote *r = kms->state;
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
    free(kms);
}

/* In the child: only async-signal-safe calls. The sessions are descriptors from 3 on. In a group of its own,
 * so that whoever kills this process and its group leaves the host alive to tidy up: it ends with its
 * sessions. */
static void become_host(const char *host, const char *name, const int *theirs)
{
    int high[SESSIONS];
    setpgid(0, 0);
    for (int i = 0; i < SESSIONS; i++)
        high[i] = fcntl(theirs[i], F_DUPFD_CLOEXEC, 3 + SESSIONS);
    for (int i = 0; i < SESSIONS; i++)
        if (high[i] < 0 || dup2(high[i], 3 + i) < 0)
            _exit(126);
    execl(host, host, name, (char *)NULL);
    _exit(127);
}

static bool start(struct remote *r, const char *host, const char *name)
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
        become_host(host, name, theirs);
    for (int i = 0; i < n; i++)
        close(theirs[i]);
    return r->pid > 0;
}

struct assay_kms *assay_kms_remote(const char *host, const char *name, char *why, size_t why_size)
{
    struct assay_kms *kms = calloc(1, sizeof *kms);
    struct remote *r = calloc(1, sizeof *r);
    if (!kms || !r) {
        free(kms);
        free(r);
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    for (int i = 0; i < SESSIONS; i++) {
        r->fd[i] = -1;
        pthread_mutex_init(&r->lock[i], NULL);
    }
    pthread_mutex_init(&r->error_lock, NULL);
    *kms = (struct assay_kms){name,          r,           remote_wrap,  remote_unwrap, remote_sign,
                              remote_public, remote_ping, remote_error, remote_close};
    if (!start(r, host, name)) {
        snprintf(why, why_size, "%s cannot be started: %s", host, strerror(errno));
    } else if (remote_ping(kms) != ASSAY_OK) {
        snprintf(why, why_size, "%s: %s", name, remote_error(kms));
    } else {
        return kms;
    }
    remote_close(kms);
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS ASSAY_FRAME_SESSIONS
#define START_MS 30000u /* SoftHSM makes a token first, PostgreSQL's client a connection */
#define END_MS   1000u

struct assay_remote {
    const char *name;
    unsigned timeout_ms; /* 0: none */
    pid_t pid;
    int fd[SESSIONS];    /* -1: none */
    bool owes[SESSIONS]; /* an answer that came too late is still to come; under its lock */
    pthread_mutex_t lock[SESSIONS];
    char error[200]; /* of the last call that failed, whoever made it; under error_lock */
    pthread_mutex_t error_lock;
};

static void __attribute__((format(printf, 2, 3))) fail(struct assay_remote *r, const char *format, ...)
{
    va_list more;
    va_start(more, format);
    pthread_mutex_lock(&r->error_lock);
    vsnprintf(r->error, sizeof r->error, format, more);
    pthread_mutex_unlock(&r->error_lock);
    va_end(more);
}

static const char *verb_name(enum assay_frame_verb verb)
{
    static const char *const names[] = {[ASSAY_FRAME_PING] = "ping",
                                        [ASSAY_FRAME_WRAP] = "wrap",
                                        [ASSAY_FRAME_UNWRAP] = "unwrap",
                                        [ASSAY_FRAME_SIGN] = "sign",
                                        [ASSAY_FRAME_PUBLIC] = "public",
                                        [ASSAY_FRAME_PUT] = "put",
                                        [ASSAY_FRAME_PUT_IF_ABSENT] = "put-if-absent",
                                        [ASSAY_FRAME_GET] = "get",
                                        [ASSAY_FRAME_DEL] = "del"};
    return names[verb];
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Has the answer come that this session owes? It is of use to nobody. The lock is held. */
static bool pays(struct assay_remote *r, unsigned s)
{
    uint8_t late[ASSAY_FRAME_MAX];
    ssize_t n = assay_frame_receive(r->fd[s], MSG_DONTWAIT, late);
    if (n > 0)
        explicit_bzero(late, (size_t)n);
    if (n >= 0)
        r->owes[s] = false; /* who is gone owes nothing: the next question tells */
    return !r->owes[s];
}

/* One whose lock is held now and which owes nothing. -1: none in time. */
static int take_session(struct assay_remote *r)
{
    static _Thread_local unsigned mine; /* the one this thread had last is likely free */
    struct timespec end = {0, 0};
    for (;;) {
        int busy = -1;
        for (unsigned i = 0; i < SESSIONS; i++) {
            unsigned s = (mine + i) % SESSIONS;
            if (pthread_mutex_trylock(&r->lock[s]) == 0) {
                if (!r->owes[s] || pays(r, s))
                    return (int)(mine = s);
                pthread_mutex_unlock(&r->lock[s]);
            } else if (busy < 0) {
                busy = (int)s;
            }
        }
        if (busy < 0)
            return -1;
        if (end.tv_sec == 0) {
            clock_gettime(CLOCK_MONOTONIC, &end);
            end.tv_sec += r->timeout_ms / 1000;
            end.tv_nsec += r->timeout_ms % 1000 * 1000000;
            end.tv_sec += end.tv_nsec / 1000000000;
            end.tv_nsec %= 1000000000;
        }
        if (r->timeout_ms == 0)
            pthread_mutex_lock(&r->lock[busy]);
        else if (pthread_mutex_clocklock(&r->lock[busy], CLOCK_MONOTONIC, &end) != 0)
            return -1;
        if (!r->owes[busy] || pays(r, (unsigned)busy))
            return (int)(mine = (unsigned)busy);
        pthread_mutex_unlock(&r->lock[busy]);
    }
}

/* As assay_frame_receive(), for at most the deadline. The socket has it, and no clock is read, but for a
 * signal: after one recv() would begin it anew. */
static ssize_t await(struct assay_remote *r, int fd, uint8_t *frame)
{
    ssize_t n = assay_frame_receive(fd, 0, frame);
    const int64_t end = n < 0 && errno == EINTR ? now_ms() + r->timeout_ms : 0;
    while (n < 0 && errno == EINTR) {
        struct pollfd ready = {fd, POLLIN, 0};
        int64_t left = end - now_ms();
        int count = poll(&ready, 1, r->timeout_ms == 0 ? -1 : left > 0 ? (int)left : 0);
        if (count >= 0)
            n = assay_frame_receive(fd, MSG_DONTWAIT, frame);
    }
    return n;
}

/* The size of the answer; 0: none, and the error is told. */
static size_t exchange(struct assay_remote *r, enum assay_frame_verb verb, uint8_t *frame, size_t size)
{
    const char *unit = r->timeout_ms % 1000 ? "ms" : "s";
    unsigned time = r->timeout_ms % 1000 ? r->timeout_ms : r->timeout_ms / 1000;
    int s = take_session(r);
    if (s < 0) {
        fail(r, "%s: %s not asked, no session has answered within the time-out of %u %s", r->name,
             verb_name(verb), time, unit);
        return 0;
    }
    ssize_t n = assay_frame_send(r->fd[s], frame, size) ? await(r, r->fd[s], frame) : 0;
    r->owes[s] = n < 0;
    pthread_mutex_unlock(&r->lock[s]);
    if (n < 0)
        fail(r, "%s: no answer to %s within the time-out of %u %s", r->name, verb_name(verb), time, unit);
    else if (n == 0)
        fail(r, "%s: the companion's process is gone", r->name);
    return n > 0 ? (size_t)n : 0;
}

enum assay_rc assay_remote_call(struct assay_remote *r, enum assay_frame_verb verb, struct assay_bytes name,
                                struct assay_bytes in, uint8_t *out, size_t room, size_t *out_size)
{
    uint8_t frame[ASSAY_FRAME_MAX];
    const size_t asked = 3 + name.size + in.size;
    *out_size = 0;
    if (asked > sizeof frame || name.size > UINT16_MAX)
        return ASSAY_INPUT;
    frame[0] = (uint8_t)verb;
    frame[1] = (uint8_t)name.size;
    frame[2] = (uint8_t)(name.size >> 8);
    if (name.size > 0)
        memcpy(frame + 3, name.data, name.size);
    if (in.size > 0)
        memcpy(frame + 3 + name.size, in.data, in.size);
    const size_t size = exchange(r, verb, frame, asked);
    enum assay_rc rc = size > 0 && frame[0] <= ASSAY_LIBRARY ? (enum assay_rc)frame[0] : ASSAY_LIBRARY;
    if (size > 0 && rc != ASSAY_OK) {
        fail(r, "%.*s", (int)(size - 1), (const char *)frame + 1);
    } else if (size > 0 && size - 1 > room) {
        rc = ASSAY_LIBRARY;
    } else if (size > 0) {
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

void assay_remote_hang(struct assay_remote *r, bool hangs)
{
    siginfo_t info;
    kill(r->pid, hangs ? SIGSTOP : SIGCONT);
    while (hangs && waitid(P_PID, (id_t)r->pid, &info, WSTOPPED | WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ; /* its threads stop one after the other */
}

/* One that hangs does not see that its sessions are closed. */
static void bury(pid_t pid)
{
    const int64_t end = now_ms() + END_MS;
    pid_t gone;
    while (((gone = waitpid(pid, NULL, WNOHANG)) == 0 || (gone < 0 && errno == EINTR)) && now_ms() < end)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (gone == 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
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
        bury(r->pid);
    free(r);
}

/* In the child: only async-signal-safe calls. The sessions are descriptors from 3 on. */
static void become_program(const char *const *argv, const int *theirs)
{
    int high[SESSIONS];
    for (int i = 0; i < SESSIONS; i++)
        high[i] = fcntl(theirs[i], F_DUPFD_CLOEXEC, 3 + SESSIONS);
    for (int i = 0; i < SESSIONS; i++)
        if (high[i] < 0 || dup2(high[i], 3 + i) < 0)
            _exit(126);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* In the child; argv or guest. It ends with this process, which may be killed while the other hangs: that one
 * would never see its sessions close. */
static void become_host(struct assay_remote *r, const char *const *argv, struct assay_guest *guest,
                        const int *theirs, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
    if (argv)
        become_program(argv, theirs);
    for (int i = 0; i < SESSIONS; i++)
        close(r->fd[i]);
    _exit(assay_guest_serve(guest, theirs) ? 0 : 1);
}

static bool start(struct assay_remote *r, const char *const *argv, struct assay_guest *guest)
{
    int theirs[SESSIONS], pair[2], n = 0;
    for (; n < SESSIONS; n++) {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
            break;
        r->fd[n] = pair[0];
        theirs[n] = pair[1];
    }
    const pid_t parent = getpid();
    r->pid = n == SESSIONS ? fork() : -1;
    if (r->pid == 0)
        become_host(r, argv, guest, theirs, parent);
    for (int i = 0; i < n; i++)
        close(theirs[i]);
    return r->pid > 0;
}

static void set_timeout(struct assay_remote *r, unsigned ms)
{
    const struct timeval time = {ms / 1000, ms % 1000 * 1000};
    r->timeout_ms = ms;
    for (int i = 0; i < SESSIONS; i++)
        if (r->fd[i] >= 0)
            setsockopt(r->fd[i], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

static enum assay_rc open_remote(const char *const *argv, struct assay_guest *guest, const char *name,
                                 unsigned timeout_ms, struct assay_remote **out, char *why, size_t why_size)
{
    const struct assay_bytes none = {NULL, 0};
    struct assay_remote *r = *out = calloc(1, sizeof *r);
    uint8_t nothing[1];
    size_t size;
    enum assay_rc rc = ASSAY_LIBRARY;
    if (!r) {
        snprintf(why, why_size, "out of memory");
        return ASSAY_NOMEM;
    }
    r->name = name;
    for (int i = 0; i < SESSIONS; i++) {
        r->fd[i] = -1;
        pthread_mutex_init(&r->lock[i], NULL);
    }
    pthread_mutex_init(&r->error_lock, NULL);
    if (!start(r, argv, guest)) {
        snprintf(why, why_size, "%s cannot be started: %s", name, strerror(errno));
    } else {
        set_timeout(r, START_MS);
        rc = assay_remote_call(r, ASSAY_FRAME_PING, none, none, nothing, 0, &size);
        set_timeout(r, timeout_ms);
    }
    if (rc == ASSAY_OK)
        return rc;
    if (r->pid > 0)
        snprintf(why, why_size, "%s", assay_remote_error(r));
    assay_remote_end(r);
    *out = NULL;
    return rc;
}

enum assay_rc assay_remote_start(const char *const *argv, const char *name, unsigned timeout_ms,
                                 struct assay_remote **out, char *why, size_t why_size)
{
    return open_remote(argv, NULL, name, timeout_ms, out, why, why_size);
}

enum assay_rc assay_remote_fork(struct assay_guest *guest, const char *name, unsigned timeout_ms,
                                struct assay_remote **out, char *why, size_t why_size)
{
    return open_remote(NULL, guest, name, timeout_ms, out, why, why_size);
}

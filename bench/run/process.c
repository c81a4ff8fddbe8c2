/* SPDX-License-Identifier: Apache-2.0
 *
 * Workers live in process groups of their own, so that Ctrl-C reaches the coordinator alone, and die with it.
 */
#include "bench/run/process.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_MS   1000
#define CHILD_FD  3
#define FIXED_ARG (14 + 2 * ASSAY_COMPANIONS_MAX)
#define NO_WORKER "there is no assay-worker beside assay"

/* In the child: only async-signal-safe calls. */
static void become_worker(pid_t parent, int fd, char *const *argv, char *const *environment)
{
    static const char text[] = "assay: cannot start the worker\n";
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
        if (fd == CHILD_FD)
            fcntl(fd, F_SETFD, 0);
        else
            dup2(fd, CHILD_FD);
        execve(argv[0], argv, environment);
    }
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(126);
    _exit(127);
}

/* Where the system keeps what a worker needs beyond its module: behind another release's own libraries. */
static bool system_libraries(char out[PATH_MAX])
{
    Dl_info info;
    if (!dladdr((const void *)(uintptr_t)json_decref, &info) &&
        !dladdr((const void *)(uintptr_t)json_object, &info))
        return false;
    char *path = realpath(info.dli_fname, NULL), *slash = path ? strrchr(path, '/') : NULL;
    if (slash)
        snprintf(out, PATH_MAX, "%.*s", (int)(slash - path), path);
    free(path);
    return slash != NULL;
}

/* The worker's command up to its options; argv has room. */
static size_t worker_command(const struct assay_spec *spec, const char *worker, char libraries[2 * PATH_MAX],
                             char companions[PATH_MAX], const char **argv)
{
    char system[PATH_MAX] = "";
    size_t argc = 0;
    if (spec->loader) {
        argv[argc++] = spec->loader;
        bool more = system_libraries(system);
        snprintf(libraries, 2 * PATH_MAX, "%s%s%s", spec->libraries ? spec->libraries : "",
                 spec->libraries && more ? ":" : "", system);
        argv[argc++] = "--library-path";
        argv[argc++] = libraries;
    }
    argv[argc++] = worker;
    argv[argc++] = "--module";
    argv[argc++] = spec->module;
    for (size_t i = 0; i < spec->option_count; i++) {
        argv[argc++] = "--option";
        argv[argc++] = spec->options[i];
    }
    for (size_t i = 0; i < spec->companion_count; i++) {
        argv[argc++] = "--companion";
        argv[argc++] = spec->companions[i];
    }
    if (spec->all_cases)
        argv[argc++] = "--all-cases";
    if (spec->companion_count > 0 && assay_companions_path(companions)) {
        argv[argc++] = "--companions";
        argv[argc++] = companions;
    }
    return argc;
}

/* A word for a shell: in single quotes where it holds more than plain characters. */
static void put_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    if (*word && !word[strspn(word, plain)]) {
        fputs(word, out);
        return;
    }
    putc('\'', out);
    for (; *word; word++)
        *word == '\'' ? (void)fputs("'\\''", out) : (void)putc(*word, out);
    putc('\'', out);
}

char *assay_process_command(const struct assay_spec *spec, char why[ASSAY_WHY_MAX])
{
    char worker[PATH_MAX], companions[PATH_MAX], libraries[2 * PATH_MAX], *line = NULL;
    const char *argv[FIXED_ARG + 2 * ASSAY_OPTIONS_MAX + 1];
    size_t size;
    if (!assay_worker_path(worker)) {
        snprintf(why, ASSAY_WHY_MAX, NO_WORKER);
        return NULL;
    }
    FILE *out = open_memstream(&line, &size);
    if (out) {
        size_t argc = worker_command(spec, worker, libraries, companions, argv);
        if (spec->environment_count > 0)
            fputs("env ", out);
        for (size_t i = 0; i < spec->environment_count; i++) {
            put_word(out, spec->environment[i]);
            putc(' ', out);
        }
        for (size_t i = 0; i < argc; i++) {
            if (i > 0)
                putc(' ', out);
            put_word(out, argv[i]);
        }
        bool written = !ferror(out);
        if (fclose(out) == 0 && written)
            return line;
    }
    free(line);
    snprintf(why, ASSAY_WHY_MAX, "out of memory");
    return NULL;
}

static bool is_set_by(const struct assay_spec *spec, const char *variable)
{
    size_t n = strcspn(variable, "=") + 1;
    for (size_t i = 0; i < spec->environment_count; i++)
        if (strncmp(spec->environment[i], variable, n) == 0)
            return true;
    return false;
}

/* This process's environment with the instance's own put in. NULL: no memory. Only the array is to be freed.
 */
static char **environment_for(const struct assay_spec *spec)
{
    size_t n = 0, count = 0;
    while (environ[n])
        n++;
    char **out = calloc(n + spec->environment_count + 1, sizeof *out);
    for (size_t i = 0; out && i < n; i++)
        if (!is_set_by(spec, environ[i]))
            out[count++] = environ[i];
    for (size_t i = 0; out && i < spec->environment_count; i++)
        out[count++] = spec->environment[i];
    return out;
}

static bool spawn(struct assay_process *p, const char *cpus, int deadline_ms, char why[ASSAY_WHY_MAX])
{
    char worker[PATH_MAX], companions[PATH_MAX], libraries[2 * PATH_MAX];
    const char *argv[FIXED_ARG + 2 * ASSAY_OPTIONS_MAX + 1];
    int pair[2];
    if (!assay_worker_path(worker)) {
        snprintf(why, ASSAY_WHY_MAX, NO_WORKER);
        return false;
    }
    size_t argc = worker_command(p->spec, worker, libraries, companions, argv);
    const char *const more[] = {"--cpus", cpus, "--fd", "3", NULL};
    memcpy(argv + argc, more, sizeof more);
    char **environment = environment_for(p->spec);
    if (!environment) {
        snprintf(why, ASSAY_WHY_MAX, "out of memory");
        return false;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        snprintf(why, ASSAY_WHY_MAX, "no socket: %s", strerror(errno));
        free(environment);
        return false;
    }
    pid_t parent = getpid();
    p->pid = fork();
    if (p->pid == 0)
        become_worker(parent, pair[1], (char *const *)argv, environment);
    free(environment);
    close(pair[1]);
    if (p->pid < 0) {
        snprintf(why, ASSAY_WHY_MAX, "no process: %s", strerror(errno));
        p->pid = 0;
        close(pair[0]);
        return false;
    }
    const struct timeval patience = {.tv_sec = deadline_ms / 1000, .tv_usec = deadline_ms % 1000 * 1000};
    setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience,
               sizeof patience); /* a worker that reads nothing */
    assay_channel_init(&p->channel, pair[0]);
    return true;
}

/* Gives the worker a second to end by itself, ends it with whatever it started, and takes its status. */
static void bury(struct assay_process *p, int *status)
{
    for (int i = 0; i < STOP_MS / 5; i++) {
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT | WNOHANG) != 0 || info.si_pid == p->pid)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    kill(-p->pid, SIGKILL);
    kill(p->pid, SIGKILL);
    while (waitpid(p->pid, status, 0) < 0 && errno == EINTR)
        continue;
    p->pid = 0;
    assay_channel_free(&p->channel);
    json_decref(p->identity);
    p->identity = NULL;
}

/* A dead worker's last words. */
static void end_of(struct assay_process *p, const char *doing, char why[ASSAY_WHY_MAX])
{
    int status = 0;
    bury(p, &status);
    if (WIFSIGNALED(status))
        snprintf(why, ASSAY_WHY_MAX, "the worker was ended by signal %d (%s) in %s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), doing);
    else
        snprintf(why, ASSAY_WHY_MAX, "the worker left with status %d in %s", WEXITSTATUS(status), doing);
}

static enum assay_ask give_up(struct assay_process *p, enum assay_receive how, const char *doing,
                              int deadline_ms, char why[ASSAY_WHY_MAX])
{
    int status;
    if (how == ASSAY_RECEIVE_END) {
        end_of(p, doing, why);
        return ASSAY_ASK_DEAD;
    }
    kill(p->pid, SIGKILL);
    bury(p, &status);
    if (how == ASSAY_RECEIVE_DEADLINE)
        snprintf(why, ASSAY_WHY_MAX, "deadline: no answer to %s within %.1f s, the worker was killed", doing,
                 deadline_ms / 1000.0);
    else
        snprintf(why, ASSAY_WHY_MAX, "protocol: the answer to %s is rubbish, the worker was killed", doing);
    return ASSAY_ASK_DEAD;
}

/* A line that answers another question is rubbish too: else all later answers would be off by one. */
static enum assay_receive receive(struct assay_process *p, int deadline_ms, json_t **reply)
{
    enum assay_receive how = assay_channel_receive(&p->channel, deadline_ms, reply);
    if (how != ASSAY_RECEIVED || (json_is_boolean(json_object_get(*reply, "ok")) &&
                                  json_integer_value(json_object_get(*reply, "id")) == p->asked)) {
        json_object_del(*reply, "id");
        return how;
    }
    json_decref(*reply);
    *reply = NULL;
    return ASSAY_RECEIVE_RUBBISH;
}

static enum assay_ask read_reply(struct assay_process *p, const char *doing, int deadline_ms, json_t **reply,
                                 char why[ASSAY_WHY_MAX])
{
    enum assay_receive how = receive(p, deadline_ms, reply);
    if (how != ASSAY_RECEIVED)
        return give_up(p, how, doing, deadline_ms, why);
    if (json_is_true(json_object_get(*reply, "ok")))
        return ASSAY_ASK_OK;
    const char *reason = json_string_value(json_object_get(*reply, "reason"));
    const char *verdict = json_string_value(json_object_get(*reply, "verdict"));
    snprintf(why, ASSAY_WHY_MAX, "%s", reason ? reason : "no reason given");
    enum assay_ask ask = ASSAY_ASK_FAILED;
    if (verdict && strcmp(verdict, "unsupported") == 0)
        ask = ASSAY_ASK_UNSUPPORTED;
    else if (verdict && strcmp(verdict, "wrong") == 0)
        ask = ASSAY_ASK_WRONG;
    json_decref(*reply);
    *reply = NULL;
    return ask;
}

bool assay_process_start(struct assay_process *p, const struct assay_spec *spec, const char *cpus,
                         int deadline_ms, char why[ASSAY_WHY_MAX])
{
    *p = (struct assay_process){.spec = spec, .channel = {.fd = -1}};
    if (!spawn(p, cpus, deadline_ms, why))
        return false;
    char more[ASSAY_WHY_MAX];
    enum assay_ask ask = read_reply(p, "start", deadline_ms, &p->identity, why);
    if (ask != ASSAY_ASK_OK)
        assay_process_stop(p, more); /* the reason at hand says more */
    return ask == ASSAY_ASK_OK;
}

bool assay_process_stop(struct assay_process *p, char why[ASSAY_WHY_MAX])
{
    json_t *nothing;
    int status;
    why[0] = '\0';
    if (p->pid <= 0)
        return true;
    assay_channel_send(&p->channel, json_pack("{s:s}", "cmd", "quit"));
    if (assay_channel_receive(&p->channel, STOP_MS, &nothing) != ASSAY_RECEIVE_END)
        kill(p->pid, SIGKILL);
    json_decref(nothing);
    bury(p, &status);
    if (WIFSIGNALED(status))
        snprintf(why, ASSAY_WHY_MAX, "the worker was ended by signal %d (%s) on its way out",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    return !WIFSIGNALED(status);
}

enum assay_ask assay_process_ask(struct assay_process *p, json_t *message, int deadline_ms, json_t **reply,
                                 char why[ASSAY_WHY_MAX])
{
    char doing[32];
    const char *name = json_string_value(json_object_get(message, "cmd"));
    snprintf(doing, sizeof doing, "%s", name ? name : "?");
    *reply = NULL;
    json_object_set_new(message, "id", json_integer(++p->asked));
    if (!assay_channel_send(&p->channel, message)) {
        if (errno == EAGAIN)
            return give_up(p, ASSAY_RECEIVE_DEADLINE, doing, deadline_ms, why);
        end_of(p, doing, why);
        return ASSAY_ASK_DEAD;
    }
    return read_reply(p, doing, deadline_ms, reply, why);
}

/* What an instance sets for its worker; a home folder would name a user. */
static json_t *environment_json(const struct assay_spec *spec)
{
    json_t *all = json_object();
    for (size_t i = 0; i < spec->environment_count; i++) {
        char name[64], path[PATH_MAX];
        const char *value = strchr(spec->environment[i], '=') + 1;
        snprintf(name, sizeof name, "%.*s", (int)(value - 1 - spec->environment[i]), spec->environment[i]);
        assay_path_public(value, path);
        json_object_set_new(all, name, assay_json_text(path));
    }
    return all;
}

json_t *assay_instance_json(const struct assay_spec *spec, json_t *identity, const char *error)
{
    char path[PATH_MAX];
    assay_path_public(spec->module, path);
    json_t *record = json_pack("{s:o}", "module", assay_json_text(path));
    if (spec->environment_count > 0)
        json_object_set_new(record, "environment", environment_json(spec));
    if (error[0]) {
        json_object_set_new(record, "error", assay_json_text(error));
        return record;
    }
    json_object_update(record, identity);
    json_object_del(record, "ok");
    const char *library = json_string_value(json_object_get(record, "path"));
    assay_path_public(library ? library : "", path);
    json_object_set_new(record, "path", assay_json_text(path));
    return record;
}

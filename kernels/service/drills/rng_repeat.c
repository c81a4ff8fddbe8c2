/* SPDX-License-Identifier: Apache-2.0
 *
 * rng-repeat: a generator begins to repeat its output. Two messages under one key and one nonce give
 * AES-GCM's key for authentication away, so the process must end before it uses a nonce again.
 *
 * The service is a process of its own, forked; it tells each nonce that it has used over a pipe, and this
 * process looks for one that came twice and at how the other ended. Then a fresh one, with a generator that
 * works, takes over under the same key.
 */
#include "kernels/service/drill.h"
#include "kernels/service/rng_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUESTS    96u /* of a service that lives */
#define BREAKS_AT   48u
#define DEADLINE_MS 10000
#define NONCES_MAX  (5u * REQUESTS)

struct told { /* over the pipe, in one write */
    enum { USED, BROKEN } what;
    uint64_t ns;
    uint8_t nonce[ASSAY_NONCE_SIZE];
};

struct generator {
    const struct assay_backend *backend;
    assay_instance *instance;
    unsigned cycle; /* from now on the last so many blocks come again and again; 0: it works */
    uint8_t last[8][ASSAY_RNG_BLOCK];
    uint64_t drawn;
};

struct rng_repeat {
    struct assay_drilling *d;
    assay_aead *aead;
    uint8_t nonce[NONCES_MAX][ASSAY_NONCE_SIZE]; /* used under the key, by whichever process */
    size_t used;
};

static enum assay_rc draw(void *data, uint8_t *out, size_t size)
{
    struct generator *g = data;
    uint8_t *place = g->last[g->drawn++ % (g->cycle ? g->cycle : ASSAY_COUNT(g->last))];
    if (g->cycle == 0)
        ASSAY_TRY(g->backend->rand->bytes(g->instance, place, ASSAY_RNG_BLOCK));
    memcpy(out, place, size < ASSAY_RNG_BLOCK ? size : ASSAY_RNG_BLOCK);
    return ASSAY_OK;
}

/* A forked child's whole life: it may call what the backend can do after a fork, and ends here. */
static void be_service(struct rng_repeat *s, int out, unsigned cycle)
{
    struct generator generator = {.backend = s->d->backend, .instance = s->d->instance};
    struct assay_rng_guard guard;
    uint8_t message[64] = {0}, sealed[sizeof message + ASSAY_TAG_SIZE];
    assay_rng_guard_init(&guard, draw, &generator);
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct told told = {.what = BROKEN, .ns = assay_drill_now()};
        if (i == BREAKS_AT && cycle > 0) {
            generator.cycle = cycle;
            generator.drawn = 0;
            if (write(out, &told, sizeof told) != sizeof told)
                _exit(3);
        }
        enum assay_rc rc = s->d->without_safeguard
                               ? draw(&generator, told.nonce, sizeof told.nonce)
                               : assay_rng_guard_bytes(&guard, told.nonce, sizeof told.nonce);
        if (rc == ASSAY_AUTH)
            abort(); /* nothing that this process still has to do is worth a second nonce */
        if (rc != ASSAY_OK || s->d->backend->aead->seal(s->aead, sealed, told.nonce, message, sizeof message,
                                                        NULL, 0) != ASSAY_OK)
            _exit(2);
        told.what = USED;
        told.ns = assay_drill_now();
        if (write(out, &told, sizeof told) != sizeof told)
            _exit(3);
    }
    _exit(0);
}

static bool is_used(const struct rng_repeat *s, const uint8_t *nonce)
{
    for (size_t i = 0; i < s->used; i++)
        if (memcmp(s->nonce[i], nonce, ASSAY_NONCE_SIZE) == 0)
            return true;
    return false;
}

static void note_used(struct rng_repeat *s, const struct told *t, unsigned *twice)
{
    bool again = is_used(s, t->nonce);
    *twice += again;
    s->d->wrong += again;
    s->d->served += !again;
    if (s->used < NONCES_MAX)
        memcpy(s->nonce[s->used++], t->nonce, ASSAY_NONCE_SIZE);
}

/* One record; false: the other end is gone, or silent for too long. */
static bool receive(int in, struct told *t)
{
    size_t got = 0;
    while (got < sizeof *t) {
        struct pollfd p = {.fd = in, .events = POLLIN};
        int ready = poll(&p, 1, DEADLINE_MS);
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t n = ready > 0 ? read(in, (char *)t + got, sizeof *t - got) : 0;
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

/* How it ended; one that is only silent is ended. */
static int bury(pid_t child)
{
    int status = 0;
    pid_t ended = 0;
    for (int i = 0; i < DEADLINE_MS && ended == 0; i++) {
        ended = waitpid(child, &status, WNOHANG);
        if (ended == 0)
            usleep(i < 100 ? 20 : 1000);
    }
    if (ended == 0) {
        kill(child, SIGKILL);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    }
    return status;
}

/* One life of the service. cycle 0: its generator works. */
static enum assay_rc live(struct rng_repeat *s, unsigned cycle, const char *fault)
{
    int pair[2];
    unsigned twice = 0;
    struct told t;
    if (pipe2(pair, O_CLOEXEC) != 0) {
        snprintf(s->d->note, sizeof s->d->note, "no pipe: %s", strerror(errno));
        return ASSAY_LIBRARY;
    }
    pid_t child = fork();
    if (child == 0) {
        close(pair[0]);
        be_service(s, pair[1], cycle);
    }
    close(pair[1]);
    if (child < 0) {
        close(pair[0]);
        snprintf(s->d->note, sizeof s->d->note, "no process: %s", strerror(errno));
        return ASSAY_LIBRARY;
    }
    while (receive(pair[0], &t)) {
        if (t.what == BROKEN)
            assay_drill_fault_at(s->d, t.ns, "%s", fault);
        else
            note_used(s, &t, &twice);
        if (t.what == USED && cycle == 0)
            assay_drill_recovered(s->d, "a fresh process seals under the same key");
    }
    close(pair[0]);
    int status = bury(child);
    if (cycle > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) {
        s->d->refused++;
        assay_drill_detected(s->d, "the process has ended itself");
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        snprintf(s->d->note, sizeof s->d->note, "the service's process ended with status %#x",
                 (unsigned)status);
        return ASSAY_LIBRARY;
    }
    if (twice > 0)
        assay_drill_fail(s->d, "%u messages were sealed with a nonce that had been used", twice);
    return ASSAY_OK;
}

static enum assay_rc drill(struct rng_repeat *s)
{
    static const struct {
        unsigned cycle;
        const char *what;
    } faults[] = {{1, "the generator gives the same block again and again"},
                  {5, "the generator goes round in a circle of five blocks"}};
    uint8_t key[32];
    if (getrandom(key, sizeof key, 0) != sizeof key)
        return ASSAY_LIBRARY;
    enum assay_rc rc = s->d->backend->aead->aead_new(s->d->instance, ASSAY_AES_256_GCM, key, &s->aead);
    explicit_bzero(key, sizeof key);
    for (size_t i = 0; rc == ASSAY_OK && i < ASSAY_COUNT(faults); i++) {
        rc = live(s, faults[i].cycle, faults[i].what);
        if (rc == ASSAY_OK) {
            assay_drill_repair(s->d, "the service is started again, and its generator works");
            rc = live(s, 0, NULL);
        }
    }
    return rc;
}

static enum assay_rc rng_repeat_run(struct assay_drilling *d)
{
    struct rng_repeat *s = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->d = d;
    enum assay_rc rc = drill(s);
    if (s->aead)
        d->backend->aead->aead_free(s->aead);
    free(s);
    return rc;
}

static bool rng_repeat_supported(struct assay_drilling *d, char *why, size_t why_size)
{
    return assay_drill_supported(d, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, why_size) &&
           assay_drill_supported(d, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, why_size);
}

const struct assay_drill assay_drill_rng_repeat = {
    .name = "rng-repeat",
    .summary = "the generator repeats its output: the process ends before a nonce is used twice",
    .safeguard = "each block of the generator is compared with those before it (SP 800-90B §4.4.1)",
    .supported = rng_repeat_supported,
    .run = rng_repeat_run,
};

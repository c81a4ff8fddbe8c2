/* SPDX-License-Identifier: Apache-2.0
 *
 * mtls.reload: what a connection between two services costs, from socket() to close(): TCP on the loopback
 * interface, a full TLS 1.3 handshake in which both sides show certificates of a private CA and authorise the
 * other's URI, and 64 octets there and back. The server is a thread of the case's own on the case's CPU, so
 * that an operation is the work of both sides and of the kernel between them, as tls.handshake is of both
 * sides in memory.
 *
 * steady: the server's certificate stays. rotating: after every ROTATE_EVERY connections a new key and
 * certificate is issued, put down by a rename, found by inotify, held against all that could be wrong, and
 * swapped in, while connections go on; a real service does so once in some hours. That work is on the same
 * CPU and in the figure; what it does to the slowest connections is told by `assay run --rate`.
 */
#include "kernels/kernels.h"
#include "kernels/service/mtls_site.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROTATE_EVERY 32u
#define STACK        (512u << 10)

enum { STEADY, ROTATING };

static const struct assay_value algs[] = {{"p256", ASSAY_ECDSA_P256_SHA256}, {"ed25519", ASSAY_ED25519}};
static const struct assay_value modes[] = {{"steady", STEADY}, {"rotating", ROTATING}};
static const struct assay_param params[] = {
    ASSAY_PARAM("certificate", algs), ASSAY_PARAM("mode", modes), {0}};

struct reload_state {
    struct assay_site site;
    struct assay_mtls_connection connection;
    uint64_t done;     /* connections */
    uint64_t asked;    /* rotations */
    bool is_rotating;  /* there is a rotator */
    pthread_t rotator; /* signs and writes beside the connections, as the CA's agent does */
    sem_t work;        /* one for each rotation that is due, and one to end */
    atomic_bool ends;
    atomic_ullong rotated;
    atomic_int rc; /* what went wrong with one; enum assay_rc */
};

static enum assay_op reload_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = (enum assay_alg)c->value[0];
    return ASSAY_OP_TLS;
}

static bool reload_supported(struct assay_case *c, char *why, size_t why_size)
{
    enum assay_alg alg = (enum assay_alg)c->value[0];
    if (!assay_supported(c, ASSAY_OP_TLS, ASSAY_ALG_NONE, why, why_size) ||
        !assay_supported(c, ASSAY_OP_TLS, alg, why, why_size) ||
        !assay_supported(c, ASSAY_OP_TLS, ASSAY_ECDH_P256, why, why_size) ||
        !assay_supported(c, ASSAY_OP_SIGN, alg, why, why_size) ||
        !assay_supported(c, ASSAY_OP_HASH, ASSAY_SHA256, why, why_size) ||
        !assay_supported(c, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, why_size))
        return false;
    if (ASSAY_HAS(c->backend->tls, peer_certificate))
        return true;
    snprintf(why, why_size,
             "the module does not tell the peer's certificate, whose name is to be authorised");
    return false;
}

static enum assay_rc told(struct assay_case *c, enum assay_rc rc)
{
    struct reload_state *s = c->state;
    if (rc == ASSAY_LIBRARY && s->site.why)
        snprintf(c->note, sizeof c->note, "%s", s->site.why);
    return rc;
}

static void *rotator_main(void *arg)
{
    struct reload_state *s = arg;
    for (;;) {
        while (sem_wait(&s->work) != 0 && errno == EINTR)
            ;
        if (s->ends)
            return NULL;
        enum assay_rc rc = assay_site_rotate(&s->site, ASSAY_SITE_OWN, ASSAY_SITE_SERVER_URI, ASSAY_SITE_DAY);
        if (rc != ASSAY_OK)
            s->rc = (int)rc;
        s->rotated++;
    }
}

static enum assay_rc start_rotator(struct assay_case *c)
{
    struct reload_state *s = c->state;
    pthread_attr_t attributes;
    sem_init(&s->work, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    s->is_rotating = pthread_create(&s->rotator, &attributes, rotator_main, s) == 0;
    pthread_attr_destroy(&attributes);
    if (!s->is_rotating)
        snprintf(c->note, sizeof c->note, "there is no thread to be had");
    return s->is_rotating ? ASSAY_OK : ASSAY_LIBRARY;
}

static enum assay_rc reload_setup(struct assay_case *c)
{
    struct reload_state *s = c->state = calloc(1, sizeof *s);
    const struct assay_site_config config = {.alg = (enum assay_alg)c->value[0],
                                             .lifetime_s = ASSAY_SITE_DAY};
    if (!s)
        return ASSAY_NOMEM;
    s->connection.fd = -1;
    ASSAY_TRY(told(c, assay_site_open(&s->site, c->backend, c->instance, &config)));
    return c->value[1] == ROTATING ? start_rotator(c) : ASSAY_OK;
}

static void reload_teardown(struct assay_case *c)
{
    struct reload_state *s = c->state;
    if (!s)
        return;
    if (s->is_rotating) {
        s->ends = true;
        sem_post(&s->work);
        pthread_join(s->rotator, NULL);
        sem_destroy(&s->work);
    }
    assay_site_close(&s->site);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

/* A connection that does not come about is a right one that was refused. */
static enum assay_rc visit(struct assay_case *c, const struct assay_mtls_client *client)
{
    struct reload_state *s = c->state;
    if (assay_site_visit(client, &s->connection) == ASSAY_MTLS_OK)
        return ASSAY_OK;
    return assay_wrong(c, "a connection was not made: %s", s->connection.why);
}

static enum assay_rc reload_run(struct assay_case *c, uint64_t n)
{
    struct reload_state *s = c->state;
    for (uint64_t i = 0; i < n; i++) {
        if (s->is_rotating && s->done % ROTATE_EVERY == 0) {
            s->asked++;
            sem_post(&s->work);
        }
        ASSAY_TRY(visit(c, &s->site.client));
        s->done++;
    }
    return assay_consume(&s->connection, sizeof s->connection);
}

/* Until the rotator has nothing left to do: nothing of it goes on while others are measured. */
static enum assay_rc settle(struct assay_case *c)
{
    static const struct timespec little = {.tv_nsec = 200000};
    struct reload_state *s = c->state;
    for (unsigned waited = 0; s->rotated < s->asked && waited < 50000; waited++)
        nanosleep(&little, NULL);
    if (s->rc != ASSAY_OK)
        return told(c, (enum assay_rc)s->rc);
    if (s->rotated < s->asked || !assay_site_await_serial(&s->site))
        return assay_wrong(c, "a new certificate was put down and not taken");
    return ASSAY_OK;
}

/* Every connection was let in, no file was refused, and a new one meets the newest certificate. */
static enum assay_rc reload_check(struct assay_case *c)
{
    struct reload_state *s = c->state;
    struct assay_mtls_counts counts;
    struct assay_reload_state state;
    ASSAY_TRY(settle(c));
    assay_mtls_server_counts(s->site.server, &counts);
    assay_reload_look(s->site.reload, &state);
    if (counts.accepted != s->done || counts.refused + counts.unauthorised + counts.expired + counts.failed)
        return assay_wrong(c, "of %llu connections the server let in %llu", (unsigned long long)s->done,
                           (unsigned long long)counts.accepted);
    if (state.refused > 0)
        return assay_wrong(c, "a right certificate was not taken: %s", state.why);
    ASSAY_TRY(visit(c, &s->site.client));
    s->done++;
    if (s->connection.serial_size != sizeof s->site.serial ||
        memcmp(s->connection.serial, s->site.serial, sizeof s->site.serial) != 0)
        return assay_wrong(c, "the server shows another certificate than the one put down last");
    return ASSAY_OK;
}

struct stranger { /* a client who must not come through */
    const char *what;
    unsigned ca;
    const char *uri;
    unsigned trusts;
    const char *server_uri;
    int64_t lifetime_s;
    enum assay_mtls_result want;
};

static const struct stranger strangers[] = {
    {"a client whose certificate has expired", ASSAY_SITE_OWN, ASSAY_SITE_CLIENT_URI, 0,
     ASSAY_SITE_SERVER_URI, -10, ASSAY_MTLS_CLOSED},
    {"a client of another CA", ASSAY_SITE_OTHER, ASSAY_SITE_CLIENT_URI, 1u << ASSAY_SITE_OWN,
     ASSAY_SITE_SERVER_URI, ASSAY_SITE_DAY, ASSAY_MTLS_CLOSED},
    {"a client of another URI", ASSAY_SITE_OWN, ASSAY_SITE_OTHER_URI, 1u << ASSAY_SITE_OWN,
     ASSAY_SITE_SERVER_URI, ASSAY_SITE_DAY, ASSAY_MTLS_CLOSED},
    {"a server of another CA", ASSAY_SITE_OTHER, ASSAY_SITE_CLIENT_URI, 0, ASSAY_SITE_SERVER_URI,
     ASSAY_SITE_DAY, ASSAY_MTLS_REFUSED},
    {"a server of another URI", ASSAY_SITE_OWN, ASSAY_SITE_CLIENT_URI, 1u << ASSAY_SITE_OWN,
     ASSAY_SITE_OTHER_URI, ASSAY_SITE_DAY, ASSAY_MTLS_REFUSED},
};

static enum assay_rc prove_stranger(struct assay_case *c, struct assay_proof *proof, struct assay_site *site,
                                    const struct stranger *t)
{
    struct reload_state *s = c->state;
    struct assay_credential *credential;
    struct assay_mtls_client client = site->client;
    ASSAY_TRY(told(c, assay_site_credential(site, t->ca, t->uri, t->trusts, t->lifetime_s, &credential)));
    client.ctx = credential->ctx;
    client.server_uri = t->server_uri;
    enum assay_mtls_result result = assay_site_visit(&client, &s->connection);
    assay_credential_drop(credential);
    if (result != t->want)
        return assay_wrong(c, "%s: %s", t->what, result == ASSAY_MTLS_OK ? "let in" : s->connection.why);
    proof->negatives++;
    return ASSAY_OK;
}

/* Each file is put down in turn, and must change nothing but the count of those that were refused. */
static enum assay_rc prove_files(struct assay_case *c, struct assay_proof *proof, struct assay_site *site)
{
    static const uint8_t broken[] = {0x30, 0x82, 0x01};
    struct assay_reload_state before, after;
    uint8_t serial[sizeof site->serial];
    memcpy(serial, site->serial, sizeof serial);
    assay_reload_look(site->reload, &before);
    for (unsigned i = 1; i <= 3; i++) {
        if (i == 1 &&
            !assay_folder_put(site->folder, ASSAY_IDENTITY_FILE, (struct assay_bytes){broken, sizeof broken}))
            return ASSAY_LIBRARY;
        if (i > 1)
            ASSAY_TRY(told(c, assay_site_rotate(site, i == 2 ? ASSAY_SITE_OTHER : ASSAY_SITE_OWN,
                                                ASSAY_SITE_SERVER_URI, i == 2 ? ASSAY_SITE_DAY : -10)));
        if (!assay_site_await_refusals(site, before.refused + i))
            return assay_wrong(c, "a file that is torn, of another CA or expired was not refused");
        proof->negatives++;
    }
    assay_reload_look(site->reload, &after);
    if (after.swaps != before.swaps || memcmp(after.serial, serial, sizeof serial) != 0)
        return assay_wrong(c, "a bad file took a good certificate's place");
    memcpy(site->serial, serial, sizeof serial);
    return visit(c, &site->client);
}

/* A connection that was open before a swap goes on after it, and the next one meets the new certificate. */
static enum assay_rc prove_swap(struct assay_case *c, struct assay_proof *proof, struct assay_site *site)
{
    static const uint8_t message[] = "are you still there?";
    struct reload_state *s = c->state;
    struct assay_mtls_connection *old = calloc(1, sizeof *old);
    if (!old)
        return ASSAY_NOMEM;
    enum assay_mtls_result result = assay_mtls_connect(&site->client, old);
    if (result == ASSAY_MTLS_OK)
        result = assay_mtls_echo(&site->client, old, message, sizeof message);
    enum assay_rc rc = assay_site_rotate(site, ASSAY_SITE_OWN, ASSAY_SITE_SERVER_URI, ASSAY_SITE_DAY);
    bool taken = rc == ASSAY_OK && assay_site_await_serial(site);
    if (taken && result == ASSAY_MTLS_OK)
        result = assay_mtls_echo(&site->client, old, message, sizeof message);
    if (rc == ASSAY_OK && (!taken || result != ASSAY_MTLS_OK))
        rc = assay_wrong(c, "an open connection and a new certificate: %s", taken ? old->why : "not taken");
    assay_mtls_close(&site->client, old);
    free(old);
    ASSAY_TRY(told(c, rc));
    ASSAY_TRY(visit(c, &site->client));
    return assay_expect(c, proof, "the new certificate", s->connection.serial, site->serial,
                        sizeof site->serial);
}

/* On a site of its own: what is refused counts there. */
static enum assay_rc prove_site(struct assay_case *c, struct assay_proof *proof, struct assay_site *site)
{
    const struct assay_site_config config = {.alg = (enum assay_alg)c->value[0],
                                             .lifetime_s = ASSAY_SITE_DAY};
    enum assay_rc rc = assay_site_open(site, c->backend, c->instance, &config);
    if (rc != ASSAY_OK && site->why)
        snprintf(c->note, sizeof c->note, "%s", site->why);
    ASSAY_TRY(rc);
    ASSAY_TRY(visit(c, &site->client));
    for (size_t i = 0; i < ASSAY_COUNT(strangers); i++)
        ASSAY_TRY(prove_stranger(c, proof, site, &strangers[i]));
    ASSAY_TRY(prove_swap(c, proof, site));
    return prove_files(c, proof, site);
}

static enum assay_rc reload_prove(struct assay_case *c, struct assay_proof *proof)
{
    ASSAY_TRY(reload_run(c, 2));
    ASSAY_TRY(reload_check(c));
    proof->answers++;
    struct assay_site *site = calloc(1, sizeof *site);
    if (!site)
        return ASSAY_NOMEM;
    enum assay_rc rc = prove_site(c, proof, site);
    assay_site_close(site);
    free(site);
    return rc;
}

static const char *const headline[] = {"p256/steady", "p256/rotating", NULL};

const struct assay_kernel assay_mtls_reload = {
    .id = "mtls.reload",
    .summary = "a connection of two services: TCP on loopback, mutual TLS 1.3, 64 bytes there and back",
    .source = "RFC 8446 §2, RFC 5280",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = params,
    .headline = headline,
    .supported = reload_supported,
    .served = reload_served,
    .setup = reload_setup,
    .prove = reload_prove,
    .run = reload_run,
    .check = reload_check,
    .teardown = reload_teardown,
};

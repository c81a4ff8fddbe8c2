/* SPDX-License-Identifier: Apache-2.0
 *
 * tls.record: application data over an established TLS 1.3 connection (RFC 8446 §5), a record at a time,
 * written by the client and read by the server.
 */
#include "kernels/kernels.h"
#include "kernels/tls.h"

#include <stdlib.h>
#include <string.h>

#define WRITE 0u
#define READ  1u

static const struct assay_value sizes[] = {{"256", 256}, {"1350", 1350}, {"4096", 4096}, {"16384", 16384}};
static const struct assay_param params[] = {ASSAY_PARAM("size", sizes), {0}};

/* P-256, because every library has it; once the connection stands, nothing of it is left. */
static const struct assay_tls_plan plan = {
    .version = ASSAY_TLS_1_3, .cert = ASSAY_ECDSA_P256_SHA256, .group = ASSAY_ECDH_P256};

struct record_state {
    struct assay_tls_pair pair;
    size_t size, room; /* of the plaintext; of a record */
    uint8_t *in, *wire, *out;
    size_t wire_size;
    struct assay_tls_talk talk;
    bool wrote, was_read; /* in a talk: this side's record is out, the peer's has come in */
};

static uint64_t record_bytes(const struct assay_case *c)
{
    return c->value[0];
}

static bool record_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_tls_supported(c, &plan, why, why_size);
}

static enum assay_op record_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_ALG_NONE;
    return ASSAY_OP_TLS;
}

static enum assay_rc record_setup(struct assay_case *c)
{
    struct record_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->size = (size_t)c->value[0];
    s->room = s->size + 256; /* backend.h, write() */
    s->in = assay_buffer(s->size);
    s->wire = assay_buffer(s->room);
    s->out = assay_buffer(s->room);
    if (!s->in || !s->wire || !s->out)
        return ASSAY_NOMEM;
    assay_fill(s->in, s->size, 7);
    ASSAY_TRY(assay_tls_open(c, &s->pair, &plan, NULL));
    return assay_tls_shake(c, &s->pair, NULL, false);
}

static void record_teardown(struct assay_case *c)
{
    struct record_state *s = c->state;
    if (!s)
        return;
    assay_tls_talk_end(c, &s->talk);
    assay_tls_close(c, &s->pair);
    free(s->in);
    free(s->wire);
    free(s->out);
    free(s);
    c->state = NULL;
}

static enum assay_rc record_run(struct assay_case *c, uint64_t n)
{
    struct record_state *s = c->state;
    const struct assay_tls_ops *ops = c->backend->tls;
    size_t got = 0;
    assay_tick_start(c);
    for (uint64_t i = 0; i < n; i++) {
        ASSAY_TRY(ops->write(s->pair.end[ASSAY_TLS_CLIENT], s->in, s->size, s->wire, s->room, &s->wire_size));
        assay_tick(c, WRITE);
        ASSAY_TRY(ops->read(s->pair.end[ASSAY_TLS_SERVER], s->wire, s->wire_size, s->out, s->room, &got));
        assay_tick(c, READ);
        if (got != s->size)
            return assay_wrong(c, "of %zu bytes written %zu were read", s->size, got);
    }
    return assay_consume(s->out, s->size);
}

/* The last record's plaintext, and that it was no plaintext on the wire; it is wiped, so that a run that
 * carries nothing is seen. */
static enum assay_rc record_check(struct assay_case *c)
{
    struct record_state *s = c->state;
    if (memcmp(s->out, s->in, s->size) != 0)
        return assay_wrong(c, "what was read is not what was written");
    if (memmem(s->wire, s->wire_size, s->in, 16))
        return assay_wrong(c, "the record shows its plaintext");
    memset(s->out, 0, s->size);
    return ASSAY_OK;
}

/* On a connection of its own, for the reader ends it: a record with one bit flipped, or read twice. */
static enum assay_rc refuse_record(struct assay_case *c, struct assay_proof *proof, bool twice)
{
    struct record_state *s = c->state;
    const struct assay_tls_ops *ops = c->backend->tls;
    struct assay_tls_pair pair = {0};
    size_t got = 0;
    enum assay_rc rc = assay_tls_open(c, &pair, &plan, NULL);
    if (rc == ASSAY_OK)
        rc = assay_tls_shake(c, &pair, NULL, false);
    if (rc == ASSAY_OK)
        rc = ops->write(pair.end[ASSAY_TLS_CLIENT], s->in, s->size, s->wire, s->room, &s->wire_size);
    if (rc == ASSAY_OK && twice)
        rc = ops->read(pair.end[ASSAY_TLS_SERVER], s->wire, s->wire_size, s->out, s->room, &got);
    if (rc == ASSAY_OK) {
        if (!twice)
            s->wire[s->wire_size / 2] ^= 1;
        rc = ops->read(pair.end[ASSAY_TLS_SERVER], s->wire, s->wire_size, s->out, s->room, &got);
        rc =
            assay_expect_refused(c, proof, twice ? "a record read twice" : "a record with a flipped bit", rc);
    }
    assay_tls_close(c, &pair);
    return rc;
}

static enum assay_rc record_prove(struct assay_case *c, struct assay_proof *proof)
{
    ASSAY_TRY(c->kernel->run(c, 1));
    ASSAY_TRY(record_check(c));
    proof->answers++;
    ASSAY_TRY(refuse_record(c, proof, false));
    return refuse_record(c, proof, true);
}

static enum assay_rc talk_write(struct assay_case *c, uint8_t *out, size_t room, size_t *out_size)
{
    struct record_state *s = c->state;
    s->wrote = true;
    return c->backend->tls->write(s->talk.end, s->in, s->size, out, room, out_size);
}

static enum assay_rc talk_read(struct assay_case *c, const uint8_t *in, size_t in_size)
{
    struct record_state *s = c->state;
    size_t got = 0;
    enum assay_rc rc = c->backend->tls->read(s->talk.end, in, in_size, s->out, s->room, &got);
    if (rc == ASSAY_AUTH || (rc == ASSAY_OK && (got != s->size || memcmp(s->out, s->in, got) != 0)))
        return assay_wrong(c, "another library's record does not read as what it wrote");
    s->was_read = rc == ASSAY_OK;
    return rc;
}

/* A handshake; then the server, whose handshake ends last, writes a record, and the client answers with one.
 */
static enum assay_rc record_talk(struct assay_case *c, enum assay_tls_role role, bool start,
                                 const uint8_t *in, size_t in_size, uint8_t *out, size_t room,
                                 size_t *out_size, enum assay_talk *state)
{
    struct record_state *s = c->state;
    *out_size = 0;
    *state = ASSAY_TALK_MORE;
    if (start) {
        s->wrote = s->was_read = false;
        ASSAY_TRY(assay_tls_talk_begin(c, &s->talk, &s->pair, role));
    }
    if (!s->talk.done) {
        ASSAY_TRY(assay_tls_talk_step(c, &s->talk, &s->pair, role, in, in_size, out, room, out_size, state));
        *state = ASSAY_TALK_MORE;
        if (!s->talk.done || role == ASSAY_TLS_CLIENT)
            return ASSAY_OK;
        size_t size = 0, said = *out_size;
        ASSAY_TRY(talk_write(c, out + said, room - said, &size));
        *out_size = said + size;
        return ASSAY_OK;
    }
    if (in_size > 0)
        ASSAY_TRY(talk_read(c, in, in_size));
    if (!s->wrote && (role == ASSAY_TLS_SERVER || s->was_read))
        ASSAY_TRY(talk_write(c, out, room, out_size));
    if (s->wrote && s->was_read)
        *state = ASSAY_TALK_DONE;
    return ASSAY_OK;
}

static const char *const headline[] = {"16384", NULL};

const struct assay_kernel assay_tls_record = {
    .id = "tls.record",
    .summary = "a record of application data over an established TLS 1.3 connection, AES-128-GCM",
    .source = "RFC 8446 §5.2",
    .unit = ASSAY_UNIT_BYTES,
    .params = params,
    .headline = headline,
    .sides = {"write", "read"},
    .supported = record_supported,
    .served = record_served,
    .bytes = record_bytes,
    .setup = record_setup,
    .prove = record_prove,
    .run = record_run,
    .check = record_check,
    .teardown = record_teardown,
    .talk = record_talk,
};

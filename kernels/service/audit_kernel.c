/* SPDX-License-Identifier: Apache-2.0
 *
 * audit.append: a use of a key with its audit record: an Ed25519 signature of 64 bytes made or verified, or
 * 1 KiB sealed or opened with AES-256-GCM. What a policy costs is the difference to 'none', which hashes and
 * records nothing.
 */
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/service/audit.h"
#include "kernels/service/metrics.h"
#include "kernels/vectors/asym.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNED_SIZE 64u
#define SEALED_SIZE 1024u
#define START_MS    1700000000000u
#define ACTOR       "billing"
#define KEY_ID      "2026-11"

static const struct assay_value policies[] = {{"none", ASSAY_AUDIT_NONE},
                                              {"buffered", ASSAY_AUDIT_BUFFERED},
                                              {"fdatasync-batch", ASSAY_AUDIT_BATCH},
                                              {"fdatasync-each", ASSAY_AUDIT_EACH}};
static const struct assay_value operations[] = {{"sign", ASSAY_AUDIT_SIGN},
                                                {"verify", ASSAY_AUDIT_VERIFY},
                                                {"seal", ASSAY_AUDIT_SEAL},
                                                {"open", ASSAY_AUDIT_OPEN}};
static const struct assay_param params[] = {
    ASSAY_PARAM("policy", policies), ASSAY_PARAM("operation", operations), {0}};

struct audit_state {
    assay_hash *hash;
    assay_key *key;
    assay_aead *aead;
    struct assay_audit log;
    uint64_t now_ms;
    size_t size, out_size;
    uint8_t nonce[ASSAY_NONCE_SIZE];
    uint8_t message[SEALED_SIZE];
    uint8_t out[SEALED_SIZE + ASSAY_SIG_MAX]; /* the signature, or what was sealed */
    uint8_t plain[SEALED_SIZE];
};

static enum assay_audit_operation operation_of(const struct assay_case *c)
{
    return (enum assay_audit_operation)c->value[1];
}

static bool is_sign(const struct assay_case *c)
{
    return operation_of(c) == ASSAY_AUDIT_SIGN || operation_of(c) == ASSAY_AUDIT_VERIFY;
}

/* Its input is what sign or seal has made. */
static bool takes_output(const struct assay_case *c)
{
    return operation_of(c) == ASSAY_AUDIT_VERIFY || operation_of(c) == ASSAY_AUDIT_OPEN;
}

static enum assay_op audit_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = is_sign(c) ? ASSAY_ED25519 : ASSAY_AES_256_GCM;
    return is_sign(c) ? ASSAY_OP_SIGN : ASSAY_OP_AEAD;
}

static bool audit_supported(struct assay_case *c, char *why, size_t why_size)
{
    enum assay_alg alg;
    enum assay_op op = audit_served(c, &alg);
    return assay_supported(c, op, alg, why, why_size) &&
           assay_supported(c, ASSAY_OP_HASH, ASSAY_SHA256, why, why_size);
}

/* The log's failure, in its words. */
static enum assay_rc logged(struct assay_case *c, enum assay_rc rc)
{
    struct audit_state *s = c->state;
    if (rc == ASSAY_LIBRARY)
        snprintf(c->note, sizeof c->note, "%.190s", s->log.error);
    return rc;
}

static enum assay_rc open_key(struct assay_case *c)
{
    struct audit_state *s = c->state;
    uint8_t key[32];
    if (!is_sign(c)) {
        assay_fill(key, sizeof key, 1);
        return c->backend->aead->aead_new(c->instance, ASSAY_AES_256_GCM, key, &s->aead);
    }
    const struct assay_sign_vector *v = assay_sign_vectors;
    while (v->source && v->alg != ASSAY_ED25519)
        v++;
    if (!v->source)
        return ASSAY_UNSUPPORTED;
    size_t size = assay_hex(key, sizeof key, v->key->private_key);
    return c->backend->sign->key_private(c->instance, ASSAY_ED25519, key, size, &s->key);
}

static enum assay_rc make_output(struct assay_case *c)
{
    struct audit_state *s = c->state;
    if (is_sign(c))
        return assay_metrics_signed(
            ASSAY_ED25519, c->backend->sign->sign(s->key, s->out, &s->out_size, s->message, s->size));
    assay_nonce_next(s->nonce);
    s->out_size = s->size + ASSAY_TAG_SIZE;
    return c->backend->aead->seal(s->aead, s->out, s->nonce, s->message, s->size, NULL, 0);
}

/* ASSAY_AUTH: refused. */
static enum assay_rc accept_output(struct assay_case *c)
{
    struct audit_state *s = c->state;
    if (is_sign(c))
        return assay_metrics_verified(
            ASSAY_ED25519, c->backend->sign->verify(s->key, s->out, s->out_size, s->message, s->size));
    return c->backend->aead->open(s->aead, s->plain, s->nonce, s->out, s->out_size, NULL, 0);
}

static enum assay_rc audit_setup(struct assay_case *c)
{
    struct audit_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->log.fd = -1;
    s->now_ms = START_MS;
    s->size = is_sign(c) ? SIGNED_SIZE : SEALED_SIZE;
    assay_fill(s->message, s->size, 2);
    ASSAY_TRY(open_key(c));
    ASSAY_TRY(c->backend->hash->hash_new(c->instance, ASSAY_SHA256, &s->hash));
    ASSAY_TRY(make_output(c));
    return logged(c, assay_audit_open(&s->log, (enum assay_audit_policy)c->value[0]));
}

static void audit_teardown(struct assay_case *c)
{
    struct audit_state *s = c->state;
    if (!s)
        return;
    assay_audit_close(&s->log);
    if (s->hash)
        c->backend->hash->hash_free(s->hash);
    if (s->key)
        c->backend->sign->key_free(s->key);
    if (s->aead)
        c->backend->aead->aead_free(s->aead);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc record(struct assay_case *c, enum assay_audit_operation operation,
                            enum assay_audit_result result)
{
    struct audit_state *s = c->state;
    uint8_t digest[ASSAY_HASH_MAX];
    struct assay_audit_record r = {.time_ms = s->now_ms,
                                   .actor = {(const uint8_t *)ACTOR, sizeof ACTOR - 1},
                                   .key_id = {(const uint8_t *)KEY_ID, sizeof KEY_ID - 1},
                                   .operation = operation,
                                   .result = result};
    if (s->log.policy == ASSAY_AUDIT_NONE)
        return ASSAY_OK;
    ASSAY_TRY(c->backend->hash->digest(s->hash, digest, s->message, s->size));
    memcpy(r.digest, digest, sizeof r.digest);
    return logged(c, assay_audit_append(&s->log, &r));
}

/* The key is used, and its use recorded, whatever came of it; without a record there is no result. */
static enum assay_rc use_key(struct assay_case *c)
{
    struct audit_state *s = c->state;
    s->now_ms++;
    enum assay_rc rc = takes_output(c) ? accept_output(c) : make_output(c);
    enum assay_rc written = record(c, operation_of(c),
                                   rc == ASSAY_OK     ? ASSAY_AUDIT_OK
                                   : rc == ASSAY_AUTH ? ASSAY_AUDIT_REFUSED
                                                      : ASSAY_AUDIT_FAILED);
    return rc != ASSAY_OK ? rc : written;
}

static enum assay_rc audit_run(struct assay_case *c, uint64_t n)
{
    struct audit_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(use_key(c));
    return assay_consume(s->out, s->out_size);
}

static const char *name_of(enum assay_audit_operation operation)
{
    for (size_t i = 0; i < ASSAY_COUNT(operations); i++)
        if (operations[i].number == operation)
            return operations[i].text;
    return "";
}

/* The last line of the file is a record of the last use, field by field. */
static enum assay_rc check_line(struct assay_case *c, const char *operation, const char *result)
{
    struct audit_state *s = c->state;
    char line[ASSAY_AUDIT_LINE_MAX + 1], got_operation[16] = "", digest[17] = "", got_result[16] = "",
                                         want[17];
    uint8_t sha[ASSAY_HASH_MAX];
    uint64_t time_ms = 0;
    size_t size;
    int end = 0;
    ASSAY_TRY(logged(c, assay_audit_last(&s->log, line, &size)));
    line[size] = '\0';
    sscanf(line,
           "{\"time\":%" SCNu64 ",\"actor\":\"" ACTOR "\",\"operation\":\"%15[a-z]\",\"key\":\"" KEY_ID
           "\",\"digest\":\"%16[0-9a-f]\",\"result\":\"%15[a-z]\"}%n",
           &time_ms, got_operation, digest, got_result, &end);
    assay_reference_hash(ASSAY_SHA256, sha, s->message, s->size);
    for (size_t i = 0; i < ASSAY_AUDIT_DIGEST; i++)
        snprintf(want + 2 * i, 3, "%02x", sha[i]);
    if (size == 0 || (size_t)end != size || time_ms != s->now_ms || strcmp(got_operation, operation) != 0 ||
        strcmp(digest, want) != 0 || strcmp(got_result, result) != 0)
        return assay_wrong(c, "the last audit record is not of the last %s: %.100s", operation, line);
    return ASSAY_OK;
}

static enum assay_rc audit_check(struct assay_case *c)
{
    struct audit_state *s = c->state;
    if (!takes_output(c)) {
        enum assay_rc rc = accept_output(c);
        if (rc == ASSAY_AUTH)
            return assay_wrong(c, "the output just recorded was refused");
        ASSAY_TRY(rc);
        memset(s->out, 0, sizeof s->out); /* the next run must write it anew */
    }
    if (!is_sign(c) && memcmp(s->plain, s->message, s->size) != 0)
        return assay_wrong(c, "what was opened is not what was sealed");
    memset(s->plain, 0, sizeof s->plain);
    if (s->log.policy == ASSAY_AUDIT_NONE)
        return ASSAY_OK;
    if (s->log.policy != ASSAY_AUDIT_EACH)
        ASSAY_TRY(logged(c, assay_audit_flush(&s->log)));
    else if (s->log.used > 0 || s->log.pending > 0)
        return assay_wrong(c, "a record is not on disk, as the policy demands");
    return check_line(c, name_of(operation_of(c)), "ok");
}

/* An altered output is refused, and the refusal is recorded as one. */
static enum assay_rc prove_refusal(struct assay_case *c, struct assay_proof *proof)
{
    struct audit_state *s = c->state;
    const enum assay_audit_operation inverse = is_sign(c) ? ASSAY_AUDIT_VERIFY : ASSAY_AUDIT_OPEN;
    ASSAY_TRY(use_key(c));
    s->out[s->out_size - 1] ^= 1;
    enum assay_rc rc = takes_output(c) ? use_key(c) : accept_output(c);
    s->out[s->out_size - 1] ^= 1;
    ASSAY_TRY(assay_expect_refused(c, proof, "an altered output", rc));
    if (!takes_output(c)) {
        s->now_ms++;
        ASSAY_TRY(record(c, inverse, ASSAY_AUDIT_REFUSED));
    }
    if (s->log.policy == ASSAY_AUDIT_NONE)
        return ASSAY_OK;
    ASSAY_TRY(logged(c, assay_audit_flush(&s->log)));
    return check_line(c, name_of(inverse), "refused");
}

/* The line, octet by octet, of an actor who would forge one. */
static enum assay_rc prove_format(struct assay_case *c, struct assay_proof *proof)
{
    static const char want[] =
        "{\"time\":18446744073709551615,\"actor\":\"a\\u0022}\\u000a\\u00ff\",\"operation\":"
        "\"seal\",\"key\":\"k\\u005c\",\"digest\":\"0001020304050607\",\"result\":"
        "\"failed\"}\n";
    static const struct assay_audit_record r = {.time_ms = UINT64_MAX,
                                                .actor = {(const uint8_t *)"a\"}\n\xff", 5},
                                                .key_id = {(const uint8_t *)"k\\", 2},
                                                .operation = ASSAY_AUDIT_SEAL,
                                                .result = ASSAY_AUDIT_FAILED,
                                                .digest = {0, 1, 2, 3, 4, 5, 6, 7}};
    char line[ASSAY_AUDIT_LINE_MAX];
    size_t size = assay_audit_format(&r, line);
    if (size != sizeof want - 1)
        return assay_wrong(c, "an audit record has %zu characters, not %zu", size, sizeof want - 1);
    return assay_expect(c, proof, "RFC 8259 §7", line, want, size);
}

static enum assay_rc audit_prove(struct assay_case *c, struct assay_proof *proof)
{
    ASSAY_TRY(prove_format(c, proof));
    ASSAY_TRY(prove_refusal(c, proof));
    ASSAY_TRY(audit_run(c, 2 * ASSAY_AUDIT_BATCH_SIZE + 1));
    ASSAY_TRY(audit_check(c));
    proof->answers++;
    return ASSAY_OK;
}

static const char *const headline[] = {"none/sign", "buffered/sign", NULL};

const struct assay_kernel assay_audit_append_kernel = {
    .id = "audit.append",
    .summary = "a signature (Ed25519) or 1 KiB of AES-256-GCM, there or back, and its audit record in a file "
               "on $TMPDIR",
    .source = "RFC 8259, RFC 8032 §5.1.6, RFC 5116 §5.2",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = params,
    .headline = headline,
    .supported = audit_supported,
    .served = audit_served,
    .setup = audit_setup,
    .prove = audit_prove,
    .run = audit_run,
    .check = audit_check,
    .teardown = audit_teardown,
};

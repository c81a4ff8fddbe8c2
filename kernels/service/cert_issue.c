/* SPDX-License-Identifier: Apache-2.0
 *
 * cert.issue: a private CA signs a certificate of one hour for a service, with its audit record. An operation
 * is a serial number of random octets, the subject's key id, the certificate's DER, one signature, and the
 * record by the policy. The subject's key is given: whoever asks has made it.
 *
 * Serial numbers are random, so outputs differ; each instance's certificate is accepted by the others.
 */
#include "kernels/kernels.h"
#include "kernels/service/ca.h"
#include "kernels/service/metrics.h"
#include "kernels/vectors/asym.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW      1767225600 /* the CA's clock stands still: 2026-01-01 */
#define SKEW     60         /* clocks of those who verify may be behind */
#define LIFETIME 3600
#define SUBJECT  "cart"
#define URI      "spiffe://example/ns/shop/sa/cart"
#define DNS      "cart.shop.example"
#define ACTOR    "cart-node-7"
#define TEXT(literal)                                                                                        \
    (struct assay_bytes)                                                                                     \
    {                                                                                                        \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                      \
    }

static const struct assay_value algs[] = {{"p256", ASSAY_ECDSA_P256_SHA256}, {"ed25519", ASSAY_ED25519}};
static const struct assay_value policies[] = {
    {"none", ASSAY_AUDIT_NONE}, {"buffered", ASSAY_AUDIT_BUFFERED}, {"fdatasync-each", ASSAY_AUDIT_EACH}};
static const struct assay_param params[] = {
    ASSAY_PARAM("algorithm", algs), ASSAY_PARAM("audit", policies), {0}};

struct issue_state {
    struct assay_ca ca;
    assay_key *verifier, *stranger; /* the CA's public key, and another's */
    struct assay_ca_request request;
    struct assay_audit log;
    uint8_t subject_key[65];
    uint8_t last[ASSAY_X509_MAX], serial[ASSAY_X509_SERIAL];
    size_t last_size;
};

static enum assay_alg case_alg(const struct assay_case *c)
{
    return (enum assay_alg)c->value[0];
}

static enum assay_op issue_served(const struct assay_case *c, enum assay_alg *alg)
{
    *alg = case_alg(c);
    return ASSAY_OP_SIGN;
}

static bool issue_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_SIGN, case_alg(c), why, why_size) &&
           assay_supported(c, ASSAY_OP_HASH, ASSAY_SHA256, why, why_size) &&
           assay_supported(c, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, why_size);
}

/* The log's failure, in its words. */
static enum assay_rc logged(struct assay_case *c, enum assay_rc rc)
{
    struct issue_state *s = c->state;
    if (rc == ASSAY_LIBRARY && s->log.error[0])
        snprintf(c->note, sizeof c->note, "%.190s", s->log.error);
    return rc;
}

static enum assay_rc load_public(struct assay_case *c, const char *hex, assay_key **key)
{
    uint8_t octets[65];
    size_t size = assay_hex(octets, sizeof octets, hex);
    return c->backend->sign->key_public(c->instance, case_alg(c), octets, size, key);
}

static enum assay_rc issue_setup(struct assay_case *c)
{
    struct issue_state *s = c->state = calloc(1, sizeof *s);
    const struct assay_sign_vector *v = assay_sign_vectors;
    uint8_t private_key[32];
    if (!s)
        return ASSAY_NOMEM;
    s->log.fd = -1;
    while (v->source && v->alg != case_alg(c))
        v++;
    if (!v->source || assay_hex(private_key, sizeof private_key, v->key->private_key) != 32)
        return ASSAY_UNSUPPORTED;
    size_t size = assay_hex(s->subject_key, sizeof s->subject_key, v->key->other_public);
    ASSAY_TRY(assay_ca_open(&s->ca, c->backend, c->instance, case_alg(c), private_key, "assay TEST CA",
                            NOW - SKEW, NOW + 365 * 86400));
    ASSAY_TRY(load_public(c, v->key->public_key, &s->verifier));
    ASSAY_TRY(load_public(c, v->key->other_public, &s->stranger));
    s->request = (struct assay_ca_request){.alg = case_alg(c),
                                           .public_key = {s->subject_key, size},
                                           .subject = TEXT(SUBJECT),
                                           .uri = TEXT(URI),
                                           .dns = TEXT(DNS),
                                           .not_before = NOW - SKEW,
                                           .not_after = NOW + LIFETIME,
                                           .actor = TEXT(ACTOR),
                                           .time_ms = NOW * 1000ull};
    return logged(c, assay_audit_open(&s->log, (enum assay_audit_policy)c->value[1]));
}

static void issue_teardown(struct assay_case *c)
{
    struct issue_state *s = c->state;
    if (!s)
        return;
    assay_audit_close(&s->log);
    assay_ca_close(&s->ca);
    if (s->verifier)
        c->backend->sign->key_free(s->verifier);
    if (s->stranger)
        c->backend->sign->key_free(s->stranger);
    free(s);
    c->state = NULL;
}

static enum assay_rc issue_run(struct assay_case *c, uint64_t n)
{
    struct issue_state *s = c->state;
    for (uint64_t i = 0; i < n; i++) {
        s->request.time_ms++;
        ASSAY_TRY(logged(c, assay_ca_issue(&s->ca, &s->request, &s->log, s->last, &s->last_size)));
    }
    return assay_consume(s->last, s->last_size);
}

static bool same(struct assay_bytes a, struct assay_bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* As a service would: signed by this key, in force, and for what was asked. ASSAY_AUTH: refused. */
static enum assay_rc judge(struct assay_case *c, assay_key *issuer, struct assay_bytes der, int64_t now,
                           struct assay_x509 *x)
{
    struct issue_state *s = c->state;
    const struct assay_ca_request *r = &s->request;
    const struct assay_bytes issuer_key_id = {s->ca.key_id, sizeof s->ca.key_id};
    if (assay_x509_read(x, der))
        return ASSAY_AUTH;
    ASSAY_TRY(assay_x509_verify(c->backend, issuer, case_alg(c), x));
    if (now < x->not_before || now > x->not_after || x->not_before != r->not_before ||
        x->not_after != r->not_after || x->ca || !x->signs || !x->server || !x->client || x->uris != 1 ||
        x->dnses != 1 || !same(x->uri[0], r->uri) || !same(x->dns[0], r->dns) || x->alg != r->alg ||
        !same(x->public_key, r->public_key) || !same(x->issuer_key_id, issuer_key_id))
        return ASSAY_AUTH;
    return ASSAY_OK;
}

static struct assay_bytes last_of(const struct issue_state *s)
{
    return (struct assay_bytes){s->last, s->last_size};
}

static void hex_of(struct assay_bytes octets, char *out)
{
    for (size_t i = 0; i < octets.size; i++)
        snprintf(out + 2 * i, 3, "%02x", octets.data[i]);
}

/* The last line of the file is the record of this certificate. */
static enum assay_rc check_line(struct assay_case *c, const struct assay_x509 *x)
{
    struct issue_state *s = c->state;
    char line[ASSAY_AUDIT_LINE_MAX + 1], want[ASSAY_AUDIT_LINE_MAX], key[41], serial[41];
    size_t size;
    if (s->log.policy == ASSAY_AUDIT_NONE)
        return ASSAY_OK;
    if (s->log.policy == ASSAY_AUDIT_BUFFERED)
        ASSAY_TRY(logged(c, assay_audit_flush(&s->log)));
    else if (s->log.used > 0 || s->log.pending > 0)
        return assay_wrong(c, "a record is not on disk, as the policy demands");
    ASSAY_TRY(logged(c, assay_audit_last(&s->log, line, &size)));
    line[size] = '\0';
    hex_of(x->issuer_key_id, key);
    hex_of(x->serial, serial);
    snprintf(want, sizeof want,
             "{\"time\":%llu,\"actor\":\"" ACTOR
             "\",\"operation\":\"issue\",\"key\":\"%s\",\"serial\":\"%s\","
             "\"subject\":\"" SUBJECT "\",\"sans\":[\"URI:" URI "\",\"DNS:" DNS "\"],\"not_before\":%lld,"
             "\"not_after\":%lld,\"result\":\"ok\"}",
             (unsigned long long)s->request.time_ms, key, serial, (long long)x->not_before,
             (long long)x->not_after);
    if (strcmp(line, want) != 0)
        return assay_wrong(c, "the last audit record is not of the last certificate: %.100s", line);
    return ASSAY_OK;
}

static enum assay_rc issue_check(struct assay_case *c)
{
    struct issue_state *s = c->state;
    struct assay_x509 x;
    enum assay_rc rc = judge(c, s->verifier, last_of(s), NOW, &x);
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "the certificate just issued is refused");
    ASSAY_TRY(rc);
    if (x.serial.size != ASSAY_X509_SERIAL || memcmp(x.serial.data, s->serial, ASSAY_X509_SERIAL) == 0)
        return assay_wrong(c, "a serial number was issued twice, or has %zu octets", x.serial.size);
    memcpy(s->serial, x.serial.data, ASSAY_X509_SERIAL);
    ASSAY_TRY(check_line(c, &x));
    memset(s->last, 0, sizeof s->last); /* the next run must write it anew */
    return ASSAY_OK;
}

/* RFC 8410 §10.3 and its public key, §10.1: the forms in which keys are written. */
static enum assay_rc prove_forms(struct assay_case *c, struct assay_proof *proof)
{
    static const char private_key[] = "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842",
                      pkcs8[] = "302e020100300506032b657004220420"
                                "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
    uint8_t key[32], got[ASSAY_PKCS8_MAX], want[ASSAY_PKCS8_MAX];
    enum assay_alg alg;
    struct assay_bytes read;
    (void)assay_hex(key, sizeof key, private_key);
    size_t size = assay_pkcs8_write(ASSAY_ED25519, key, (struct assay_bytes){NULL, 0}, got);
    if (size != assay_hex(want, sizeof want, pkcs8))
        return assay_wrong(c, "RFC 8410 §10.3: the key has %zu octets", size);
    ASSAY_TRY(assay_expect(c, proof, "RFC 8410 §10.3", got, want, size));
    if (!assay_pkcs8_read((struct assay_bytes){got, size}, &alg, &read) || alg != ASSAY_ED25519)
        return assay_wrong(c, "RFC 8410 §10.3: the key is not read");
    return assay_expect(c, proof, "RFC 8410 §10.3", read.data, key, read.size);
}

/* The published signature of the algorithm, under the key that is the CA's. */
static enum assay_rc prove_signature(struct assay_case *c, struct assay_proof *proof)
{
    struct issue_state *s = c->state;
    uint8_t message[1024], signature[ASSAY_SIG_MAX];
    const struct assay_sign_vector *v = assay_sign_vectors;
    while (v->alg != case_alg(c))
        v++;
    size_t size = assay_hex(message, sizeof message, v->message),
           signature_size = assay_hex(signature, sizeof signature, v->signature);
    enum assay_rc rc = assay_metrics_verified(
        case_alg(c), c->backend->sign->verify(s->verifier, signature, signature_size, message, size));
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "%s: the signature was refused", v->source);
    proof->answers++;
    return rc;
}

/* One bit of the certificate, wherever it is, makes it another's or nobody's. */
static enum assay_rc prove_bits(struct assay_case *c, struct assay_proof *proof)
{
    struct issue_state *s = c->state;
    struct assay_x509 x;
    for (size_t at = 0; at < s->last_size; at += 7) {
        uint8_t bit = (uint8_t)(1 << at % 8);
        s->last[at] ^= bit;
        enum assay_rc rc = judge(c, s->verifier, last_of(s), NOW, &x);
        s->last[at] ^= bit;
        ASSAY_TRY(assay_expect_refused(c, proof, "a certificate with a flipped bit", rc));
    }
    return ASSAY_OK;
}

static enum assay_rc issue_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct issue_state *s = c->state;
    struct assay_x509 x;
    ASSAY_TRY(prove_forms(c, proof));
    ASSAY_TRY(prove_signature(c, proof));
    ASSAY_TRY(issue_run(c, 2));
    ASSAY_TRY(prove_bits(c, proof));
    ASSAY_TRY(assay_expect_refused(c, proof, "a certificate of another CA",
                                   judge(c, s->stranger, last_of(s), NOW, &x)));
    ASSAY_TRY(assay_expect_refused(c, proof, "an expired certificate",
                                   judge(c, s->verifier, last_of(s), NOW + LIFETIME + 1, &x)));
    ASSAY_TRY(assay_expect_refused(c, proof, "a certificate of tomorrow",
                                   judge(c, s->verifier, last_of(s), NOW - SKEW - 1, &x)));
    ASSAY_TRY(issue_check(c));
    proof->answers++;
    return ASSAY_OK;
}

static size_t issue_artifact_room(const struct assay_case *c)
{
    (void)c;
    return ASSAY_X509_MAX;
}

static enum assay_rc issue_show(struct assay_case *c, uint8_t *out, size_t room, size_t *size)
{
    struct issue_state *s = c->state;
    if (room < ASSAY_X509_MAX)
        return ASSAY_INPUT;
    ASSAY_TRY(issue_run(c, 1));
    memcpy(out, s->last, *size = s->last_size);
    return ASSAY_OK;
}

static enum assay_rc issue_accept(struct assay_case *c, const uint8_t *in, size_t size)
{
    struct issue_state *s = c->state;
    struct assay_x509 x;
    enum assay_rc rc = judge(c, s->verifier, (struct assay_bytes){in, size}, NOW, &x);
    return rc == ASSAY_AUTH ? assay_wrong(c, "another instance's certificate was refused") : rc;
}

static const char *const headline[] = {"p256/none", "ed25519/none", NULL};

const struct assay_kernel assay_cert_issue = {
    .id = "cert.issue",
    .summary = "a private CA signs a certificate of one hour for a given key, with its audit record",
    .source = "RFC 5280 §4, RFC 8410, RFC 5480",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = params,
    .headline = headline,
    .supported = issue_supported,
    .served = issue_served,
    .setup = issue_setup,
    .prove = issue_prove,
    .run = issue_run,
    .check = issue_check,
    .teardown = issue_teardown,
    .artifact_room = issue_artifact_room,
    .show = issue_show,
    .accept = issue_accept,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * envelope.seal, .open and .rewrap: a message under a data key of its own, wrapped under a KEK
 * (envelope_format.h). Two fixed test KEKs that every instance knows, so that one opens what another sealed.
 */
#include "kernels/vectors/envelope.h"
#include "kernels/envelope_crypto.h"
#include "kernels/kernels.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

#define AAD_SIZE   32u
#define ID_SIZE    16u
#define VECTOR_MAX 256u

static const struct assay_value wrappings[] = {{"aes-256-gcm", ASSAY_ENVELOPE_GCM},
                                               {"aes-kw", ASSAY_ENVELOPE_KW}};
static const struct assay_value sizes[] = {{"1024", 1024}, {"65536", 65536}, {"1048576", 1048576}};
static const struct assay_param params[] = {
    ASSAY_PARAM("wrapping", wrappings), ASSAY_PARAM("size", sizes), {0}};

struct envelope_state {
    struct assay_envelope e;
    struct assay_envelope_kek kek[2];
    unsigned current; /* the KEK that the envelope in hand is under */
    size_t size, envelope_size;
    uint8_t aad[AAD_SIZE];
    uint8_t *in, *back;
    uint8_t *envelope; /* what seal writes, open reads and rewrap rewrites */
    uint8_t *original; /* as it was before the first rewrap */
};

static enum assay_envelope_suite case_suite(const struct assay_case *c)
{
    return (enum assay_envelope_suite)c->value[0];
}

static uint64_t envelope_bytes(const struct assay_case *c)
{
    return c->value[1];
}

/* The message's AEAD, and the DEK's wrapping. */
static bool open_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, why_size) &&
           (case_suite(c) != ASSAY_ENVELOPE_KW ||
            assay_supported(c, ASSAY_OP_WRAP, ASSAY_AES_KW, why, why_size));
}

static bool seal_supported(struct assay_case *c, char *why, size_t why_size)
{
    return open_supported(c, why, why_size) &&
           assay_supported(c, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, why_size);
}

/* AES-KW takes no nonce, so that rewrapping under it needs no generator. */
static bool rewrap_supported(struct assay_case *c, char *why, size_t why_size)
{
    return case_suite(c) == ASSAY_ENVELOPE_KW ? open_supported(c, why, why_size)
                                              : seal_supported(c, why, why_size);
}

static enum assay_op payload_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_AES_256_GCM;
    return ASSAY_OP_AEAD;
}

static enum assay_op rewrap_served(const struct assay_case *c, enum assay_alg *alg)
{
    if (case_suite(c) == ASSAY_ENVELOPE_GCM)
        return payload_served(c, alg);
    *alg = ASSAY_AES_KW;
    return ASSAY_OP_WRAP;
}

static struct assay_bytes message(const struct envelope_state *s)
{
    return (struct assay_bytes){s->in, s->size};
}

static struct assay_bytes envelope(const struct envelope_state *s)
{
    return (struct assay_bytes){s->envelope, s->envelope_size};
}

static struct assay_bytes aad(const struct envelope_state *s)
{
    return (struct assay_bytes){s->aad, sizeof s->aad};
}

static enum assay_rc keks_setup(struct assay_case *c)
{
    static const char *const ids[2] = {"assay-test-kek-1", "assay-test-kek-2"};
    struct envelope_state *s = c->state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t key[32];
        assay_fill(key, sizeof key, 10 + i);
        ASSAY_TRY(assay_envelope_kek_init(&s->e, &s->kek[i], key, (const uint8_t *)ids[i], ID_SIZE));
    }
    return ASSAY_OK;
}

/* All three begin with an envelope that is the same on every instance. */
static enum assay_rc envelope_setup(struct assay_case *c)
{
    struct envelope_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->size = (size_t)c->value[1];
    s->envelope_size = assay_envelope_size(case_suite(c), ID_SIZE, s->size);
    s->in = assay_buffer(s->size);
    s->back = assay_buffer(s->size);
    s->envelope = assay_buffer(s->envelope_size);
    s->original = assay_buffer(s->envelope_size);
    if (!s->in || !s->back || !s->envelope || !s->original)
        return ASSAY_NOMEM;
    assay_fill(s->aad, sizeof s->aad, 2);
    assay_fill(s->in, s->size, 3);
    ASSAY_TRY(assay_envelope_init(&s->e, c->backend, c->instance, case_suite(c)));
    ASSAY_TRY(keks_setup(c));
    struct assay_envelope_random fixed;
    assay_fill((uint8_t *)&fixed, sizeof fixed, 4);
    ASSAY_TRY(assay_envelope_seal_with(&s->e, &s->kek[0], &fixed, s->envelope, message(s), aad(s)));
    memcpy(s->original, s->envelope, s->envelope_size);
    return ASSAY_OK;
}

static void envelope_teardown(struct assay_case *c)
{
    struct envelope_state *s = c->state;
    if (!s)
        return;
    for (unsigned i = 0; i < 2; i++)
        assay_envelope_kek_clear(&s->e, &s->kek[i]);
    assay_envelope_clear(&s->e);
    free(s->in);
    free(s->back);
    free(s->envelope);
    free(s->original);
    free(s);
    c->state = NULL;
}

static enum assay_rc seal_run(struct assay_case *c, uint64_t n)
{
    struct envelope_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(assay_envelope_seal(&s->e, &s->kek[0], s->envelope, message(s), aad(s)));
    return assay_consume(s->envelope, s->envelope_size);
}

static enum assay_rc open_run(struct assay_case *c, uint64_t n)
{
    struct envelope_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(assay_envelope_open(&s->e, &s->kek[0], s->back, envelope(s), aad(s)));
    return assay_consume(s->back, s->size);
}

static enum assay_rc rewrap_run(struct assay_case *c, uint64_t n)
{
    struct envelope_state *s = c->state;
    for (uint64_t i = 0; i < n; i++) {
        ASSAY_TRY(assay_envelope_rewrap(&s->e, &s->kek[s->current], &s->kek[s->current ^ 1], s->envelope,
                                        s->envelope_size));
        s->current ^= 1;
    }
    return assay_consume(s->envelope, s->envelope_size);
}

static enum assay_rc open_check(struct assay_case *c)
{
    struct envelope_state *s = c->state;
    if (memcmp(s->back, s->in, s->size) != 0)
        return assay_wrong(c, "the opened message is not what was sealed");
    memset(s->back, 0, s->size);
    return ASSAY_OK;
}

/* The envelope in hand names the current KEK and opens under it to the message. */
static enum assay_rc check_opens(struct assay_case *c)
{
    struct envelope_state *s = c->state;
    struct assay_envelope_view view;
    const struct assay_envelope_kek *kek = &s->kek[s->current];
    if (!assay_envelope_parse(s->envelope, s->envelope_size, &view) || view.id.size != kek->id_size ||
        memcmp(view.id.data, kek->id, kek->id_size) != 0)
        return assay_wrong(c, "the envelope does not name its KEK");
    enum assay_rc rc = assay_envelope_open(&s->e, kek, s->back, envelope(s), aad(s));
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "the envelope does not open under its KEK");
    ASSAY_TRY(rc);
    return open_check(c);
}

static enum assay_rc seal_check(struct assay_case *c)
{
    struct envelope_state *s = c->state;
    ASSAY_TRY(check_opens(c));
    memset(s->envelope, 0, s->envelope_size); /* the next run must write it anew */
    return ASSAY_OK;
}

static enum assay_rc rewrap_check(struct assay_case *c)
{
    struct envelope_state *s = c->state;
    size_t kept = s->size + ASSAY_TAG_SIZE + ASSAY_NONCE_SIZE, at = s->envelope_size - kept;
    if (memcmp(s->envelope + at, s->original + at, kept) != 0)
        return assay_wrong(c, "rewrapping changed the payload");
    return check_opens(c);
}

struct known { /* a known envelope, and all it is made of */
    struct assay_envelope_random random;
    uint8_t aad[64], message[64], octets[VECTOR_MAX];
    size_t aad_size, message_size, size;
    struct assay_envelope_kek kek;
};

static enum assay_rc known_init(struct envelope_state *s, const struct assay_envelope_vector *v,
                                struct known *k)
{
    uint8_t kek[32], id[ASSAY_ENVELOPE_ID_MAX];
    assay_hex(k->random.dek, sizeof k->random.dek, assay_envelope_vector_dek);
    assay_hex(k->random.nonce, sizeof k->random.nonce, assay_envelope_vector_nonce);
    assay_hex(k->random.wrap_nonce, sizeof k->random.wrap_nonce, v->wrap_nonce);
    k->aad_size = assay_hex(k->aad, sizeof k->aad, assay_envelope_vector_aad);
    k->message_size = assay_hex(k->message, sizeof k->message, assay_envelope_vector_message);
    k->size = assay_hex(k->octets, sizeof k->octets, v->envelope);
    assay_hex(kek, sizeof kek, v->kek);
    size_t id_size = assay_hex(id, sizeof id, v->id);
    return assay_envelope_kek_init(&s->e, &k->kek, kek, id, id_size);
}

static enum assay_rc known_open(struct envelope_state *s, const struct known *k,
                                const struct assay_envelope_kek *kek, uint8_t *out, size_t size)
{
    return assay_envelope_open(&s->e, kek, out, (struct assay_bytes){k->octets, size},
                               (struct assay_bytes){k->aad, k->aad_size});
}

static enum assay_rc prove_known(struct assay_case *c, struct assay_proof *proof, struct known *k,
                                 const struct known *rewrapped)
{
    struct envelope_state *s = c->state;
    uint8_t got[VECTOR_MAX];
    ASSAY_TRY(assay_envelope_seal_with(&s->e, &k->kek, &k->random, got,
                                       (struct assay_bytes){k->message, k->message_size},
                                       (struct assay_bytes){k->aad, k->aad_size}));
    ASSAY_TRY(assay_expect(c, proof, "the known envelope", got, k->octets, k->size));
    ASSAY_TRY(assay_envelope_rewrap_with(&s->e, &k->kek, &rewrapped->kek, rewrapped->random.wrap_nonce, got,
                                         k->size));
    ASSAY_TRY(assay_expect(c, proof, "the known envelope, rewrapped", got, rewrapped->octets, k->size));
    ASSAY_TRY(known_open(s, k, &k->kek, got, k->size));
    return assay_expect(c, proof, "the known envelope's message", got, k->message, k->message_size);
}

/* Each octet altered, each truncation, other associated data and another KEK. */
static enum assay_rc prove_forgeries(struct assay_case *c, struct assay_proof *proof, struct known *k,
                                     const struct assay_envelope_kek *other)
{
    struct envelope_state *s = c->state;
    uint8_t got[VECTOR_MAX];
    for (size_t i = 0; i < k->size; i++) {
        if (case_suite(c) == ASSAY_ENVELOPE_KW && i >= 3 && i < 3 + k->kek.id_size)
            continue; /* the key id, which AES-KW does not authenticate */
        k->octets[i] ^= 1;
        enum assay_rc rc = known_open(s, k, &k->kek, got, k->size);
        k->octets[i] ^= 1;
        ASSAY_TRY(assay_expect_refused(c, proof, "an envelope with a flipped bit", rc));
    }
    for (size_t size = 0; size < k->size; size++)
        ASSAY_TRY(
            assay_expect_refused(c, proof, "a truncated envelope", known_open(s, k, &k->kek, got, size)));
    k->aad[0] ^= 1;
    enum assay_rc rc = known_open(s, k, &k->kek, got, k->size);
    k->aad[0] ^= 1;
    ASSAY_TRY(assay_expect_refused(c, proof, "an envelope with other associated data", rc));
    return assay_expect_refused(c, proof, "an envelope under another KEK",
                                known_open(s, k, other, got, k->size));
}

static enum assay_rc prove_vectors(struct assay_case *c, struct assay_proof *proof)
{
    struct envelope_state *s = c->state;
    const struct assay_envelope_vector *v = assay_envelope_vectors;
    while (v->suite != case_suite(c))
        v += 2;
    struct known first = {0}, second = {0};
    enum assay_rc rc = known_init(s, v, &first);
    if (rc == ASSAY_OK)
        rc = known_init(s, v + 1, &second);
    if (rc == ASSAY_OK)
        rc = prove_known(c, proof, &first, &second);
    if (rc == ASSAY_OK)
        rc = prove_forgeries(c, proof, &first, &second.kek);
    assay_envelope_kek_clear(&s->e, &first.kek);
    assay_envelope_kek_clear(&s->e, &second.kek);
    return rc;
}

/* One message twice: nothing that is drawn for it may come out the same. */
static enum assay_rc prove_fresh(struct assay_case *c, struct assay_proof *proof)
{
    struct envelope_state *s = c->state;
    struct assay_envelope_view now, before;
    memcpy(s->original, s->envelope, s->envelope_size);
    ASSAY_TRY(seal_run(c, 1));
    if (!assay_envelope_parse(s->envelope, s->envelope_size, &now) ||
        !assay_envelope_parse(s->original, s->envelope_size, &before))
        return assay_wrong(c, "the envelope does not parse");
    ASSAY_TRY(assay_expect_differs(c, proof, "sealing again", now.wrapped.data, before.wrapped.data,
                                   now.wrapped.size));
    ASSAY_TRY(assay_expect_differs(c, proof, "sealing again", now.nonce, before.nonce, ASSAY_NONCE_SIZE));
    return assay_expect_differs(c, proof, "sealing again", now.sealed.data, before.sealed.data, s->size);
}

static enum assay_rc seal_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct envelope_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof));
    ASSAY_TRY(seal_run(c, 1));
    ASSAY_TRY(check_opens(c));
    ASSAY_TRY(prove_fresh(c, proof));
    assay_proof_output(proof, s->envelope, s->envelope_size);
    return seal_check(c);
}

static enum assay_rc open_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct envelope_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof));
    proof->deterministic = true;
    ASSAY_TRY(open_run(c, 1));
    assay_proof_output(proof, s->back, s->size);
    assay_proof_output(proof, s->envelope, s->envelope_size);
    ASSAY_TRY(open_check(c));
    s->envelope[s->envelope_size - ASSAY_TAG_SIZE - 1] ^= 1;
    enum assay_rc rc = open_run(c, 1);
    s->envelope[s->envelope_size - ASSAY_TAG_SIZE - 1] ^= 1;
    return assay_expect_refused(c, proof, "an envelope with a flipped bit", rc);
}

static enum assay_rc rewrap_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct envelope_state *s = c->state;
    ASSAY_TRY(prove_vectors(c, proof));
    proof->deterministic = case_suite(c) == ASSAY_ENVELOPE_KW;
    for (int i = 0; i < 2; i++) { /* there, and back again */
        ASSAY_TRY(rewrap_run(c, 1));
        assay_proof_output(proof, s->envelope, s->envelope_size);
        ASSAY_TRY(rewrap_check(c));
        ASSAY_TRY(assay_expect_refused(
            c, proof, "a rewrapped envelope under its former KEK",
            assay_envelope_open(&s->e, &s->kek[s->current ^ 1], s->back, envelope(s), aad(s))));
    }
    return ASSAY_OK;
}

static size_t artifact_room(const struct assay_case *c)
{
    return assay_envelope_size(case_suite(c), ID_SIZE, (size_t)c->value[1]);
}

static enum assay_rc envelope_show(struct assay_case *c, uint8_t *out, size_t room, size_t *size)
{
    struct envelope_state *s = c->state;
    if (room < s->envelope_size)
        return ASSAY_INPUT;
    ASSAY_TRY(c->kernel->run(c, 1));
    memcpy(out, s->envelope, s->envelope_size);
    *size = s->envelope_size;
    return ASSAY_OK;
}

static enum assay_rc envelope_accept(struct assay_case *c, const uint8_t *in, size_t size)
{
    struct envelope_state *s = c->state;
    struct assay_envelope_view view;
    if (size != s->envelope_size || !assay_envelope_parse(in, size, &view) || view.id.size != ID_SIZE)
        return assay_wrong(c, "the other's envelope has another form");
    const struct assay_envelope_kek *kek = &s->kek[memcmp(view.id.data, s->kek[0].id, ID_SIZE) != 0];
    enum assay_rc rc = assay_envelope_open(&s->e, kek, s->back, (struct assay_bytes){in, size}, aad(s));
    if (rc == ASSAY_AUTH)
        return assay_wrong(c, "the other's envelope does not open");
    ASSAY_TRY(rc);
    return open_check(c);
}

static const char *const seal_headline[] = {"aes-256-gcm/1024", "aes-256-gcm/65536", NULL};
static const char *const small_headline[] = {"aes-256-gcm/1024", NULL};

const struct assay_kernel assay_envelope_seal_kernel = {
    .id = "envelope.seal",
    .summary =
        "a random data key and nonce, AES-256-GCM of the message, the data key wrapped under a KEK (with "
        "aes-kw the key id is not authenticated)",
    .source = "kernels/envelope_format.h; SP 800-38D, RFC 3394",
    .unit = ASSAY_UNIT_BYTES,
    .params = params,
    .headline = seal_headline,
    .supported = seal_supported,
    .served = payload_served,
    .bytes = envelope_bytes,
    .setup = envelope_setup,
    .prove = seal_prove,
    .run = seal_run,
    .check = seal_check,
    .teardown = envelope_teardown,
    .artifact_room = artifact_room,
    .show = envelope_show,
    .accept = envelope_accept,
};

const struct assay_kernel assay_envelope_open_kernel = {
    .id = "envelope.open",
    .summary =
        "the data key unwrapped under a KEK, AES-256-GCM of the message verified and decrypted (with aes-kw "
        "the key id is not authenticated)",
    .source = "kernels/envelope_format.h; SP 800-38D, RFC 3394",
    .unit = ASSAY_UNIT_BYTES,
    .params = params,
    .headline = small_headline,
    .supported = open_supported,
    .served = payload_served,
    .bytes = envelope_bytes,
    .setup = envelope_setup,
    .prove = open_prove,
    .run = open_run,
    .check = open_check,
    .teardown = envelope_teardown,
    .artifact_room = artifact_room,
    .show = envelope_show,
    .accept = envelope_accept,
};

const struct assay_kernel assay_envelope_rewrap_kernel = {
    .id = "envelope.rewrap",
    .summary =
        "the data key unwrapped under one KEK and wrapped under another, in place; the payload is not read",
    .source = "kernels/envelope_format.h; SP 800-38D, RFC 3394",
    .unit = ASSAY_UNIT_OPS,
    .params = params,
    .headline = small_headline,
    .supported = rewrap_supported,
    .served = rewrap_served,
    .setup = envelope_setup,
    .prove = rewrap_prove,
    .run = rewrap_run,
    .check = rewrap_check,
    .teardown = envelope_teardown,
    .artifact_room = artifact_room,
    .show = envelope_show,
    .accept = envelope_accept,
};

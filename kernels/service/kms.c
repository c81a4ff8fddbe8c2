/* SPDX-License-Identifier: Apache-2.0
 *
 * kms.wrap, kms.sign and kms.hop: the same calls to keys in the process and to keys behind a handle. What
 * differs is the instance's KMS (companions/kms.h): native, native+softhsm, native+softhsm+delay:fixed=2ms.
 * The keys are the KMS's own and new each time, so that no output is known beforehand: a wrapped key must
 * come back, a signature must verify under the public key, by the instance's backend.
 */
#include "kernels/kernels.h"
#include "kernels/service/metrics.h"

#include <stdlib.h>
#include <string.h>

#define DEK_SIZE     32u
#define MESSAGE_SIZE 256u

enum call { CALL_WRAP, CALL_UNWRAP };

static const struct assay_value calls[] = {{"wrap", CALL_WRAP}, {"unwrap", CALL_UNWRAP}};
static const struct assay_param wrap_params[] = {ASSAY_PARAM("call", calls), {0}};
static const struct assay_param none[] = {{0}};

struct kms_state {
    assay_key *verifier;
    uint8_t dek[DEK_SIZE], back[DEK_SIZE], context[16];
    uint8_t wrapped[DEK_SIZE + ASSAY_KMS_OVERHEAD];
    uint8_t message[MESSAGE_SIZE], sig[ASSAY_SIG_MAX];
    size_t sig_size;
};

static struct assay_bytes context(const struct kms_state *s)
{
    return (struct assay_bytes){s->context, sizeof s->context};
}

static enum assay_rc kms_setup(struct assay_case *c)
{
    struct kms_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    assay_fill(s->dek, sizeof s->dek, 21);
    assay_fill(s->context, sizeof s->context, 22);
    assay_fill(s->message, sizeof s->message, 23);
    return ASSAY_OK;
}

static void kms_teardown(struct assay_case *c)
{
    struct kms_state *s = c->state;
    if (!s)
        return;
    if (s->verifier)
        c->backend->sign->key_free(s->verifier);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc wrap_setup(struct assay_case *c)
{
    ASSAY_TRY(kms_setup(c));
    struct kms_state *s = c->state;
    return assay_kms_told(
        c, c->kms->wrap(c->kms, s->wrapped, (struct assay_bytes){s->dek, DEK_SIZE}, context(s)));
}

static enum assay_rc unwrap_to(struct assay_case *c, struct assay_bytes wrapped, struct assay_bytes aad)
{
    struct kms_state *s = c->state;
    memset(s->back, 0, sizeof s->back);
    return assay_kms_told(c, c->kms->unwrap(c->kms, s->back, wrapped, aad));
}

static enum assay_rc wrap_run(struct assay_case *c, uint64_t n)
{
    struct kms_state *s = c->state;
    const struct assay_bytes dek = {s->dek, DEK_SIZE}, wrapped = {s->wrapped, sizeof s->wrapped};
    for (uint64_t i = 0; i < n; i++) {
        if (c->value[0] == CALL_WRAP)
            ASSAY_TRY(assay_kms_told(c, c->kms->wrap(c->kms, s->wrapped, dek, context(s))));
        else
            ASSAY_TRY(unwrap_to(c, wrapped, context(s)));
    }
    return assay_consume(c->value[0] == CALL_WRAP ? s->wrapped : s->back, DEK_SIZE);
}

static enum assay_rc wrap_check(struct assay_case *c)
{
    struct kms_state *s = c->state;
    if (c->value[0] == CALL_WRAP)
        ASSAY_TRY(unwrap_to(c, (struct assay_bytes){s->wrapped, sizeof s->wrapped}, context(s)));
    return memcmp(s->back, s->dek, DEK_SIZE) == 0 ? ASSAY_OK
                                                  : assay_wrong(c, "the data key came back another");
}

static enum assay_rc wrap_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct kms_state *s = c->state;
    uint8_t forged[sizeof s->wrapped];
    ASSAY_TRY(wrap_run(c, 1));
    ASSAY_TRY(wrap_check(c));
    proof->answers++;
    ASSAY_TRY(assay_expect_differs(c, proof, "wrapping it", s->wrapped + ASSAY_NONCE_SIZE, s->dek, DEK_SIZE));
    for (size_t at = 0; at < sizeof forged; at += 15) {
        memcpy(forged, s->wrapped, sizeof forged);
        forged[at] ^= 1;
        ASSAY_TRY(
            assay_expect_refused(c, proof, "a wrapped key with a flipped bit",
                                 unwrap_to(c, (struct assay_bytes){forged, sizeof forged}, context(s))));
    }
    ASSAY_TRY(assay_expect_refused(c, proof, "a wrapped key for another context",
                                   unwrap_to(c, (struct assay_bytes){s->wrapped, sizeof s->wrapped},
                                             (struct assay_bytes){s->context, 15})));
    return ASSAY_OK;
}

static bool sign_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_aes_256_gcm_supported(c, why, why_size) &&
           assay_supported(c, ASSAY_OP_SIGN, ASSAY_ECDSA_P256_SHA256, why, why_size);
}

static enum assay_op sign_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_ECDSA_P256_SHA256;
    return ASSAY_OP_SIGN;
}

static enum assay_rc sign_setup(struct assay_case *c)
{
    uint8_t point[65];
    ASSAY_TRY(kms_setup(c));
    struct kms_state *s = c->state;
    ASSAY_TRY(assay_kms_told(c, c->kms->public_key(c->kms, point)));
    return c->backend->sign->key_public(c->instance, ASSAY_ECDSA_P256_SHA256, point, sizeof point,
                                        &s->verifier);
}

static enum assay_rc sign_run(struct assay_case *c, uint64_t n)
{
    struct kms_state *s = c->state;
    const struct assay_bytes message = {s->message, MESSAGE_SIZE};
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(assay_metrics_signed(
            ASSAY_ECDSA_P256_SHA256, assay_kms_told(c, c->kms->sign(c->kms, s->sig, &s->sig_size, message))));
    return assay_consume(s->sig, s->sig_size);
}

static enum assay_rc verify(const struct kms_state *s, const struct assay_case *c)
{
    return assay_metrics_verified(
        ASSAY_ECDSA_P256_SHA256,
        c->backend->sign->verify(s->verifier, s->sig, s->sig_size, s->message, MESSAGE_SIZE));
}

static enum assay_rc sign_check(struct assay_case *c)
{
    struct kms_state *s = c->state;
    enum assay_rc rc = verify(s, c);
    return rc == ASSAY_AUTH ? assay_wrong(c, "the KMS's signature does not verify") : rc;
}

static enum assay_rc sign_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct kms_state *s = c->state;
    ASSAY_TRY(sign_run(c, 1));
    ASSAY_TRY(sign_check(c));
    proof->answers++;
    s->message[7] ^= 1;
    enum assay_rc rc = verify(s, c);
    s->message[7] ^= 1;
    return assay_expect_refused(c, proof, "a signature of another message", rc);
}

static enum assay_rc hop_run(struct assay_case *c, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(assay_kms_told(c, c->kms->ping(c->kms)));
    return ASSAY_OK;
}

static enum assay_rc hop_check(struct assay_case *c)
{
    (void)c;
    return ASSAY_OK; /* an answer is all there is */
}

/* That it is this KMS which answers: it unwraps what it wrapped, and nothing else. */
static enum assay_rc hop_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct kms_state *s = c->state;
    uint8_t *tag = s->wrapped + sizeof s->wrapped - 1;
    ASSAY_TRY(hop_run(c, 1));
    ASSAY_TRY(unwrap_to(c, (struct assay_bytes){s->wrapped, sizeof s->wrapped}, context(s)));
    ASSAY_TRY(assay_expect(c, proof, "the data key", s->back, s->dek, DEK_SIZE));
    *tag ^= 1;
    enum assay_rc rc = unwrap_to(c, (struct assay_bytes){s->wrapped, sizeof s->wrapped}, context(s));
    *tag ^= 1;
    return assay_expect_refused(c, proof, "a wrapped key with a flipped bit", rc);
}

static const char *const wrap_headline[] = {"wrap", "unwrap", NULL};
static const char *const whole_headline[] = {"", NULL};

const struct assay_kernel assay_kms_wrap = {
    .id = "kms.wrap",
    .summary = "a 32-byte data key wrapped or unwrapped by the KMS (AES-256-GCM, 16 bytes of context)",
    .source = "SP 800-38D; PKCS #11 v2.40 CKM_AES_GCM",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .uses = ASSAY_USES_KMS,
    .params = wrap_params,
    .headline = wrap_headline,
    .supported = assay_aes_256_gcm_supported,
    .served = assay_aes_256_gcm_served,
    .setup = wrap_setup,
    .prove = wrap_prove,
    .run = wrap_run,
    .check = wrap_check,
    .teardown = kms_teardown,
};

const struct assay_kernel assay_kms_sign = {
    .id = "kms.sign",
    .summary =
        "a message of 256 bytes signed by the KMS with ECDSA P-256, the key in the process or by handle",
    .source = "FIPS 186-5; PKCS #11 v2.40 CKM_ECDSA",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .uses = ASSAY_USES_KMS,
    .params = none,
    .headline = whole_headline,
    .supported = sign_supported,
    .served = sign_served,
    .setup = sign_setup,
    .prove = sign_prove,
    .run = sign_run,
    .check = sign_check,
    .teardown = kms_teardown,
};

const struct assay_kernel assay_kms_hop = {
    .id = "kms.hop",
    .summary = "a call of the KMS that does nothing: there and back",
    .source = "companions/frames.h",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .uses = ASSAY_USES_KMS,
    .params = none,
    .supported = assay_aes_256_gcm_supported,
    .served = assay_aes_256_gcm_served,
    .setup = wrap_setup,
    .prove = hop_prove,
    .run = hop_run,
    .check = hop_check,
    .teardown = kms_teardown,
};

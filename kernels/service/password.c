/* SPDX-License-Identifier: Apache-2.0
 *
 * password.hash: what a log-in costs. The costs are named by who recommends them: OWASP's cheat sheet (19
 * MiB, 2 passes), the second of RFC 9106 §4 as one lane (64 MiB, 3 passes), libsodium's "moderate" (256 MiB,
 * 3 passes).
 */
#include "kernels/kernels.h"
#include "kernels/service/secret.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

enum cost { COST_OWASP, COST_RFC9106, COST_MODERATE };

static const struct assay_value costs[] = {
    {"owasp", COST_OWASP}, {"rfc9106", COST_RFC9106}, {"moderate", COST_MODERATE}};
static const struct assay_param params[] = {ASSAY_PARAM("cost", costs), {0}};

static const struct {
    uint32_t passes, memory_kib;
} settings[] = {[COST_OWASP] = {2, 19456}, [COST_RFC9106] = {3, 65536}, [COST_MODERATE] = {3, 262144}};

/* Computed with the Argon2 reference implementation's command (Debian: argon2, -id -v 13, one lane). */
static const struct {
    const char *password, *salt;
    uint32_t passes, memory_kib;
    const char *hash;
} vectors[] = {
    {"password", "somesaltsomesalt", 2, 64,
     "1a98fba8e6394425c9bdc333a9c750aaf811df070f5fb4a5788e1cf4db5793a1"},
    {"correct horse battery staple", "sixteen-byte-slt", 3, 1024,
     "68a50da9a122299e609ad81803ff28c7473fd5bea883b40e8560c3866cfb9e7d"},
};

struct password_state {
    struct assay_secret password;
    uint8_t salt[16], out[32], first[32];
    bool ran;
};

static bool password_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_PWHASH, ASSAY_ARGON2ID, why, why_size);
}

static enum assay_op password_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_ARGON2ID;
    return ASSAY_OP_PWHASH;
}

static enum assay_rc password_setup(struct assay_case *c)
{
    struct password_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    uint8_t password[16];
    assay_fill(password, sizeof password, 41);
    bool set = assay_secret_set(&s->password, password, sizeof password);
    explicit_bzero(password, sizeof password);
    assay_fill(s->salt, sizeof s->salt, 42);
    return set ? ASSAY_OK : ASSAY_INPUT;
}

static void password_teardown(struct assay_case *c)
{
    struct password_state *s = c->state;
    if (!s)
        return;
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc password_run(struct assay_case *c, uint64_t n)
{
    struct password_state *s = c->state;
    for (uint64_t i = 0; i < n; i++)
        ASSAY_TRY(c->backend->pwhash->hash(c->instance, s->out, assay_secret_bytes(&s->password), s->salt,
                                           settings[c->value[0]].passes, settings[c->value[0]].memory_kib));
    return assay_consume(s->out, sizeof s->out);
}

/* The same password and salt, so each hash must be the first one, which the proof shares with other
 * instances. */
static enum assay_rc password_check(struct assay_case *c)
{
    struct password_state *s = c->state;
    if (!s->ran)
        memcpy(s->first, s->out, sizeof s->first);
    s->ran = true;
    bool same = memcmp(s->out, s->first, sizeof s->out) == 0;
    memset(s->out, 0, sizeof s->out); /* the next run must write it anew */
    if (!same)
        return assay_wrong(c, "the hash of password %s has changed", ASSAY_SHOWN(&s->password));
    return ASSAY_OK;
}

static enum assay_rc password_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct password_state *s = c->state;
    uint8_t want[32], got[32];
    for (size_t i = 0; i < ASSAY_COUNT(vectors); i++) {
        struct assay_bytes password = {(const uint8_t *)vectors[i].password, strlen(vectors[i].password)};
        assay_hex(want, sizeof want, vectors[i].hash);
        ASSAY_TRY(c->backend->pwhash->hash(c->instance, got, password, (const uint8_t *)vectors[i].salt,
                                           vectors[i].passes, vectors[i].memory_kib));
        ASSAY_TRY(assay_expect(c, proof, "Argon2id reference command", got, want, sizeof want));
    }
    proof->deterministic = true;
    ASSAY_TRY(password_run(c, 1));
    memcpy(got, s->out, sizeof got);
    assay_proof_output(proof, s->out, sizeof s->out);
    s->password.octets[0] ^= 1;
    enum assay_rc rc = password_run(c, 1);
    s->password.octets[0] ^= 1;
    ASSAY_TRY(rc);
    ASSAY_TRY(assay_expect_differs(c, proof, "another password", s->out, got, sizeof got));
    memcpy(s->out, got, sizeof got);
    return password_check(c);
}

static const char *const headline[] = {"owasp", NULL};
static const char *const full_only[] = {"rfc9106", "moderate", NULL};

const struct assay_kernel assay_password_hash = {
    .id = "password.hash",
    .summary = "a password of 16 bytes hashed with Argon2id, one lane, at a named cost",
    .source = "RFC 9106",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = params,
    .headline = headline,
    .full_only = full_only,
    .supported = password_supported,
    .served = password_served,
    .setup = password_setup,
    .prove = password_prove,
    .run = password_run,
    .check = password_check,
    .teardown = password_teardown,
};

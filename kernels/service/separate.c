/* SPDX-License-Identifier: Apache-2.0
 *
 * hkdf.separate: one operation is one key derived for one purpose, extract and expand, since a master read
 * anew from its keeper pays both.
 */
#include "kernels/service/separate.h"
#include "kernels/kernels.h"
#include "kernels/reference.h"
#include "kernels/vectors/service.h"
#include "kernels/vectors/vectors.h"

#include <stdlib.h>
#include <string.h>

#define PURPOSES_MAX 4u
#define ID           "2026-11"

static const struct assay_value counts[] = {{"2", 2}, {"4", PURPOSES_MAX}};
static const struct assay_param params[] = {ASSAY_PARAM("purposes", counts), {0}};
static const char *const purposes[PURPOSES_MAX] = {"sign", "seal", "wrap", "token"};
static const struct assay_bytes key_id = {(const uint8_t *)ID, sizeof ID - 1};

struct separate_state {
    assay_kdf *kdf;
    size_t count, next;
    uint8_t master[ASSAY_SEPARATE_KEY_SIZE];
    uint8_t key[PURPOSES_MAX][ASSAY_SEPARATE_KEY_SIZE];
};

size_t assay_separate_info(uint8_t *out, const char *purpose, struct assay_bytes id)
{
    size_t size = strlen(purpose);
    if (size == 0 || size > ASSAY_SEPARATE_TEXT_MAX || id.size == 0 || id.size > ASSAY_SEPARATE_TEXT_MAX)
        return 0;
    out[0] = 1;
    out[1] = (uint8_t)size;
    for (size_t i = 0; i < size; i++)
        out[2 + i] = (uint8_t)purpose[i];
    out[2 + size] = (uint8_t)id.size;
    memcpy(out + 3 + size, id.data, id.size);
    return 3 + size + id.size;
}

enum assay_rc assay_separate_derive(const struct assay_backend *backend, assay_kdf *kdf,
                                    const uint8_t master[ASSAY_SEPARATE_KEY_SIZE], const char *purpose,
                                    struct assay_bytes id, uint8_t out[ASSAY_SEPARATE_KEY_SIZE])
{
    uint8_t info[ASSAY_SEPARATE_INFO_MAX];
    size_t size = assay_separate_info(info, purpose, id);
    if (size == 0)
        return ASSAY_INPUT;
    const struct assay_hkdf_input input = {.ikm = {master, ASSAY_SEPARATE_KEY_SIZE}, .info = {info, size}};
    return backend->kdf->hkdf(kdf, out, ASSAY_SEPARATE_KEY_SIZE, &input);
}

static bool same_id(const struct assay_purpose_key *k, struct assay_bytes id)
{
    return k->id_size == id.size && memcmp(k->id, id.data, id.size) == 0;
}

enum assay_rc assay_purpose_add(struct assay_purpose_keyset *set, const char *purpose, struct assay_bytes id,
                                const uint8_t key[ASSAY_SEPARATE_KEY_SIZE])
{
    uint8_t info[ASSAY_SEPARATE_INFO_MAX];
    if (set->count == ASSAY_PURPOSE_KEYS || assay_separate_info(info, purpose, id) == 0 ||
        assay_purpose_find(set, purpose, id))
        return ASSAY_INPUT;
    for (size_t i = 0; i < set->count; i++) {
        if (assay_same_secret(set->key[i].key.octets, key, ASSAY_SEPARATE_KEY_SIZE))
            return ASSAY_INPUT;
    }
    struct assay_purpose_key *k = &set->key[set->count++];
    memset(k, 0, sizeof *k);
    memcpy(k->purpose, purpose, strlen(purpose));
    memcpy(k->id, id.data, id.size);
    k->id_size = id.size;
    return assay_secret_set(&k->key, key, ASSAY_SEPARATE_KEY_SIZE) ? ASSAY_OK : ASSAY_INPUT;
}

const uint8_t *assay_purpose_find(const struct assay_purpose_keyset *set, const char *purpose,
                                  struct assay_bytes id)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->key[i].purpose, purpose) == 0 && same_id(&set->key[i], id))
            return set->key[i].key.octets;
    return NULL;
}

void assay_purpose_clear(struct assay_purpose_keyset *set)
{
    explicit_bzero(set, sizeof *set);
}

static bool separate_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_KDF, ASSAY_HKDF_SHA256, why, why_size);
}

static enum assay_op separate_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_HKDF_SHA256;
    return ASSAY_OP_KDF;
}

static enum assay_rc separate_setup(struct assay_case *c)
{
    struct separate_state *s = c->state = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->count = (size_t)c->value[0];
    assay_fill(s->master, sizeof s->master, 300);
    return c->backend->kdf->kdf_new(c->instance, ASSAY_HKDF_SHA256, &s->kdf);
}

static void separate_teardown(struct assay_case *c)
{
    struct separate_state *s = c->state;
    if (!s)
        return;
    if (s->kdf)
        c->backend->kdf->kdf_free(s->kdf);
    explicit_bzero(s, sizeof *s);
    free(s);
    c->state = NULL;
}

static enum assay_rc separate_run(struct assay_case *c, uint64_t n)
{
    struct separate_state *s = c->state;
    for (uint64_t i = 0; i < n; i++) {
        ASSAY_TRY(
            assay_separate_derive(c->backend, s->kdf, s->master, purposes[s->next], key_id, s->key[s->next]));
        s->next = s->next + 1 == s->count ? 0 : s->next + 1;
    }
    return assay_consume(s->key, sizeof s->key);
}

/* The key derived last. */
static enum assay_rc separate_check(struct assay_case *c)
{
    struct separate_state *s = c->state;
    size_t last = s->next == 0 ? s->count - 1 : s->next - 1;
    uint8_t info[ASSAY_SEPARATE_INFO_MAX], want[ASSAY_SEPARATE_KEY_SIZE];
    const struct assay_hkdf_input input = {.ikm = {s->master, sizeof s->master},
                                           .info = {info, assay_separate_info(info, purposes[last], key_id)}};
    assay_reference_hkdf(ASSAY_HKDF_SHA256, want, sizeof want, &input);
    if (memcmp(s->key[last], want, sizeof want) != 0)
        return assay_wrong(c, "the key for '%s' is not the one computed over libmd", purposes[last]);
    memset(s->key[last], 0, sizeof want); /* the next run must write it anew */
    return ASSAY_OK;
}

/* Every purpose has a key of its own; another id, another master: other keys. */
static enum assay_rc prove_separate(struct assay_case *c, struct assay_proof *proof)
{
    struct separate_state *s = c->state;
    uint8_t other[ASSAY_SEPARATE_KEY_SIZE];
    const struct assay_bytes next_id = {(const uint8_t *)"2026-12", 7};
    for (size_t i = 0; i < s->count; i++)
        for (size_t k = 0; k < i; k++)
            ASSAY_TRY(assay_expect_differs(c, proof, "another purpose", s->key[i], s->key[k], sizeof other));
    ASSAY_TRY(assay_separate_derive(c->backend, s->kdf, s->master, purposes[0], next_id, other));
    ASSAY_TRY(assay_expect_differs(c, proof, "another key id", other, s->key[0], sizeof other));
    s->master[31] ^= 1;
    enum assay_rc rc = assay_separate_derive(c->backend, s->kdf, s->master, purposes[0], key_id, other);
    s->master[31] ^= 1;
    ASSAY_TRY(rc);
    return assay_expect_differs(c, proof, "a bit flipped in the master", other, s->key[0], sizeof other);
}

/* A keyset takes each key for one purpose, and gives it out for that alone. */
static enum assay_rc prove_keyset(struct assay_case *c, struct assay_proof *proof)
{
    struct separate_state *s = c->state;
    struct assay_purpose_keyset set = {0};
    bool well = assay_purpose_add(&set, "sign", key_id, s->key[0]) == ASSAY_OK;
    bool two = assay_purpose_add(&set, "seal", key_id, s->key[0]) != ASSAY_INPUT ||
               assay_purpose_find(&set, "seal", key_id);
    well = well && assay_purpose_add(&set, "seal", key_id, s->key[1]) == ASSAY_OK;
    const uint8_t *got = assay_purpose_find(&set, "seal", key_id);
    well = well && got && memcmp(got, s->key[1], ASSAY_SEPARATE_KEY_SIZE) == 0;
    assay_purpose_clear(&set);
    if (two)
        return assay_wrong(c, "a keyset took one key for two purposes");
    if (!well)
        return assay_wrong(c, "a keyset has lost a key");
    proof->negatives++;
    return ASSAY_OK;
}

static enum assay_rc separate_prove(struct assay_case *c, struct assay_proof *proof)
{
    struct separate_state *s = c->state;
    for (const struct assay_separate_vector *v = assay_separate_vectors; v->source; v++) {
        uint8_t want[ASSAY_SEPARATE_KEY_SIZE], got[ASSAY_SEPARATE_KEY_SIZE];
        assay_hex(want, sizeof want, v->key);
        ASSAY_TRY(assay_separate_derive(c->backend, s->kdf, s->master, v->purpose,
                                        (struct assay_bytes){(const uint8_t *)v->id, strlen(v->id)}, got));
        ASSAY_TRY(assay_expect(c, proof, v->source, got, want, sizeof want));
    }
    proof->deterministic = true;
    ASSAY_TRY(separate_run(c, s->count));
    for (size_t i = 0; i < s->count; i++)
        assay_proof_output(proof, s->key[i], sizeof s->key[i]);
    ASSAY_TRY(prove_separate(c, proof));
    ASSAY_TRY(prove_keyset(c, proof));
    return separate_check(c);
}

static const char *const headline[] = {"2", NULL};

const struct assay_kernel assay_hkdf_separate = {
    .id = "hkdf.separate",
    .summary =
        "one key of 32 bytes for one purpose (sign, seal, …) from a 32-byte master by labelled HKDF-SHA256",
    .source = "RFC 5869 §3.2",
    .unit = ASSAY_UNIT_OPS,
    .service = true,
    .params = params,
    .headline = headline,
    .supported = separate_supported,
    .served = separate_served,
    .setup = separate_setup,
    .prove = separate_prove,
    .run = separate_run,
    .check = separate_check,
    .teardown = separate_teardown,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of assay_aead_ops.
 */
#include "kernels/kernel.h"
#include "tests/unit/contract.h"

#include <pthread.h>
#include <stdlib.h>

#define ROOM  (66000u)
#define GUARD 0xa5u

static const struct assay_aead_ops *ops;
static uint8_t key[32], other_key[32], nonce[12], aad[1024];
static uint8_t *in, *out, *back; /* ROOM bytes each */

static enum assay_rc seal(assay_aead *aead, uint8_t *to, size_t size, size_t aad_size)
{
    return ops->seal(aead, to, nonce, in, size, aad, aad_size);
}

/* Round trip at one size; nothing is written past the tag, and the input stays as it was. */
static void one_size(assay_aead *aead, size_t size, size_t aad_size)
{
    contract_fill(in, size, (unsigned)size);
    memset(out, GUARD, size + 17);
    memset(back, GUARD, size + 1);
    if (!CHECK_RC(seal(aead, out, size, aad_size), ASSAY_OK))
        return;
    CHECK(out[size + 16] == GUARD);
    CHECK(size < 16 || memcmp(out, in, size) != 0);
    if (!CHECK_RC(ops->open(aead, back, nonce, out, size + 16, aad, aad_size), ASSAY_OK))
        return;
    CHECK_SAME(back, in, size);
    CHECK(back[size] == GUARD);
    contract_fill(back, size, (unsigned)size);
    CHECK_SAME(back, in, size);
}

static void round_trips(assay_aead *aead)
{
    static const size_t sizes[] = {0,   1,   15,  16,   17,   31,   32,    33,    63,
                                   64,  65,  127, 128,  129,  191,  192,   255,   256,
                                   257, 511, 513, 1024, 1350, 4097, 16384, 16385, 65537};
    static const size_t aad_sizes[] = {13, 0, 1, 16, 20, 64, 129, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        one_size(aead, sizes[i], aad_sizes[i % 8]);
    for (size_t size = 0; size < 80; size++)
        one_size(aead, size, size % 40);
}

static void empty_pointers(assay_aead *aead)
{
    CHECK_RC(ops->seal(aead, out, nonce, NULL, 0, NULL, 0), ASSAY_OK);
    CHECK_RC(ops->open(aead, NULL, nonce, out, 16, NULL, 0), ASSAY_OK);
    out[3] ^= 4;
    CHECK_RC(ops->open(aead, NULL, nonce, out, 16, NULL, 0), ASSAY_AUTH);
    CHECK_RC(ops->open(aead, back, nonce, out, 15, NULL, 0), ASSAY_INPUT);
}

static void unaligned(assay_aead *aead)
{
    contract_fill(in, 4000, 5);
    for (size_t shift = 1; shift < 16; shift += 2) {
        CHECK_RC(ops->seal(aead, out + shift, nonce, in + 17 - shift, 3000, aad + shift, 20), ASSAY_OK);
        CHECK_RC(ops->open(aead, back + 3, nonce, out + shift, 3016, aad + shift, 20), ASSAY_OK);
        CHECK_SAME(back + 3, in + 17 - shift, 3000);
    }
}

static void in_place(assay_aead *aead)
{
    static const size_t sizes[] = {1, 16, 64, 100, 1350, 16384, 60001};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        contract_fill(in, size, 9);
        CHECK_RC(seal(aead, out, size, 13), ASSAY_OK);
        memcpy(back, in, size);
        CHECK_RC(ops->seal(aead, back, nonce, back, size, aad, 13), ASSAY_OK);
        CHECK_SAME(back, out, size + 16);
        CHECK_RC(ops->open(aead, back, nonce, back, size + 16, aad, 13), ASSAY_OK);
        CHECK_SAME(back, in, size);
    }
}

/* Each part that is authenticated, altered by one bit; the context must serve on after the refusals. */
static void forgeries(assay_instance *instance, enum assay_alg alg, assay_aead *aead, size_t size)
{
    contract_fill(in, size, 3);
    CHECK_RC(seal(aead, out, size, 13), ASSAY_OK);
    for (size_t at = 0; at < size + 16; at += at < size && size > 100 ? 97 : 1) {
        out[at] ^= (uint8_t)(1u << (at & 7));
        CHECK_RC(ops->open(aead, back, nonce, out, size + 16, aad, 13), ASSAY_AUTH);
        out[at] ^= (uint8_t)(1u << (at & 7));
    }
    aad[12] ^= 0x80;
    CHECK_RC(ops->open(aead, back, nonce, out, size + 16, aad, 13), ASSAY_AUTH);
    aad[12] ^= 0x80;
    CHECK_RC(ops->open(aead, back, nonce, out, size + 16, aad, 12), ASSAY_AUTH);
    CHECK_RC(ops->open(aead, back, nonce, out, size + 16, NULL, 0), ASSAY_AUTH);
    nonce[11] ^= 1;
    CHECK_RC(ops->open(aead, back, nonce, out, size + 16, aad, 13), ASSAY_AUTH);
    nonce[11] ^= 1;
    if (size > 0)
        CHECK_RC(ops->open(aead, back, nonce, out, size + 15, aad, 13), ASSAY_AUTH);
    assay_aead *other = NULL;
    if (CHECK_RC(ops->aead_new(instance, alg, other_key, &other), ASSAY_OK))
        CHECK_RC(ops->open(other, back, nonce, out, size + 16, aad, 13), ASSAY_AUTH);
    ops->aead_free(other);
    CHECK_RC(ops->open(aead, back, nonce, out, size + 16, aad, 13), ASSAY_OK);
    CHECK_SAME(back, in, size);
}

/* A rekeyed context and a new one answer alike, and two contexts do not disturb each other. */
static void rekeying(assay_instance *instance, enum assay_alg alg, assay_aead *aead)
{
    assay_aead *other = NULL;
    if (!CHECK_RC(ops->aead_new(instance, alg, other_key, &other), ASSAY_OK))
        return;
    contract_fill(in, 1350, 4);
    CHECK_RC(seal(other, out, 1350, 13), ASSAY_OK);
    CHECK_RC(seal(aead, back, 1350, 13), ASSAY_OK);
    CHECK(memcmp(out, back, 1366) != 0);
    CHECK_RC(ops->rekey(aead, other_key), ASSAY_OK);
    CHECK_RC(seal(aead, back, 1350, 13), ASSAY_OK);
    CHECK_SAME(out, back, 1366);
    CHECK_RC(ops->rekey(aead, key), ASSAY_OK);
    CHECK_RC(ops->open(aead, back, nonce, out, 1366, aad, 13), ASSAY_AUTH);
    /* Straight from rekey to open: the key must reach both directions. */
    CHECK_RC(ops->rekey(aead, other_key), ASSAY_OK);
    CHECK_RC(ops->open(aead, back, nonce, out, 1366, aad, 13), ASSAY_OK);
    CHECK_SAME(back, in, 1350);
    CHECK_RC(ops->rekey(aead, key), ASSAY_OK);
    ops->aead_free(other);
}

static void streaming(assay_aead *aead)
{
    static const size_t chunks[] = {1, 16, 17, 64, 100, 4096, 16384, 40000};
    const size_t size = 40000;
    contract_fill(in, size, 6);
    CHECK_RC(seal(aead, out, size, 13), ASSAY_OK);
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        size_t at = 0;
        memset(back, 0, size + 16);
        CHECK_RC(ops->seal_init(aead, nonce, aad, 13), ASSAY_OK);
        /* A changing stride after the first pieces keeps the smallest chunk from taking 40,000 calls. */
        for (size_t n = chunks[i]; at<size; at += n, n += at> 4000 ? 7 : 0) {
            n = n < size - at ? n : size - at;
            if (!CHECK_RC(ops->seal_update(aead, back + at, in + at, n), ASSAY_OK))
                return;
        }
        CHECK_RC(ops->seal_update(aead, back + at, NULL, 0), ASSAY_OK);
        CHECK_RC(ops->seal_final(aead, back + size), ASSAY_OK);
        CHECK_SAME(back, out, size + 16);
    }
    CHECK_RC(ops->seal(aead, out, nonce, NULL, 0, NULL, 0), ASSAY_OK);
    CHECK_RC(ops->seal_init(aead, nonce, NULL, 0), ASSAY_OK);
    CHECK_RC(ops->seal_final(aead, back), ASSAY_OK);
    CHECK_SAME(back, out, 16);
}

static void fetching(assay_instance *instance, enum assay_alg alg, assay_aead *aead)
{
    static const size_t sizes[] = {0, 64, 1350};
    for (size_t i = 0; i < 3; i++) {
        contract_fill(in, sizes[i], 7);
        CHECK_RC(seal(aead, out, sizes[i], 13), ASSAY_OK);
        CHECK_RC(ops->seal_fetch(instance, alg, key, back, nonce, in, sizes[i], aad, 13), ASSAY_OK);
        CHECK_SAME(back, out, sizes[i] + 16);
    }
}

#define BATCH 19
#define SLOT  2064

/* Messages of many shapes to be sealed to back, and in out what comes of it, each under its context. */
static void batch_of(assay_aead *const contexts[BATCH], uint8_t nonces[BATCH][12],
                     struct assay_aead_message messages[BATCH])
{
    contract_fill(nonces[0], BATCH * 12, 8);
    contract_fill(in, BATCH * SLOT, 8);
    for (size_t i = 0; i < BATCH; i++) {
        size_t size = i == 3 ? 0 : i < 12 ? 64 : i * 113, aad_size = i == 5 ? 0 : i < 12 ? 13 : 13 + i;
        messages[i] =
            (struct assay_aead_message){back + i * SLOT, nonces[i], {in + i * SLOT, size}, {aad, aad_size}};
        CHECK_RC(ops->seal(contexts[i], out + i * SLOT, nonces[i], in + i * SLOT, size, aad, aad_size),
                 ASSAY_OK);
    }
}

static void batch_is_right(const struct assay_aead_message messages[BATCH], size_t n)
{
    for (size_t i = 0; i < n; i++)
        CHECK_SAME(back + i * SLOT, out + i * SLOT, messages[i].in.size + 16);
    memset(back, 0, BATCH * SLOT);
}

static void batches(assay_aead *aead)
{
    struct assay_aead_message messages[BATCH];
    uint8_t nonces[BATCH][12];
    assay_aead *contexts[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        contexts[i] = aead;
    batch_of(contexts, nonces, messages);
    for (size_t n = 0; n <= BATCH; n++) {
        if (!CHECK_RC(ops->seal_batch(aead, messages, n), ASSAY_OK))
            return;
        batch_is_right(messages, n);
    }
}

/* One context twice among them. */
static void batches_of_keys(assay_instance *instance, enum assay_alg alg)
{
    struct assay_aead_message messages[BATCH];
    uint8_t nonces[BATCH][12], own[32];
    assay_aead *contexts[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        contract_fill(own, sizeof own, 100 + i);
        if (i == 7)
            contexts[i] = contexts[6];
        else
            CHECK_RC(ops->aead_new(instance, alg, own, &contexts[i]), ASSAY_OK);
    }
    batch_of(contexts, nonces, messages);
    for (size_t n = 0; n <= BATCH; n++) {
        CHECK_RC(ops->seal_batch_keys(contexts, messages, n), ASSAY_OK);
        batch_is_right(messages, n);
    }
    for (size_t i = 0; i < BATCH; i++)
        if (i != 7)
            ops->aead_free(contexts[i]);
}

struct worker {
    pthread_t thread;
    assay_instance *instance;
    enum assay_alg alg;
    bool ok;
};

static void *seal_many(void *argument)
{
    struct worker *w = argument;
    uint8_t sealed[272], opened[256];
    assay_aead *aead = NULL;
    w->ok = true;
    for (int i = 0; i < 200 && w->ok; i++) {
        w->ok =
            ops->aead_new(w->instance, w->alg, key, &aead) == ASSAY_OK &&
            ops->seal(aead, sealed, nonce, in, 256, aad, 13) == ASSAY_OK && memcmp(sealed, out, 272) == 0 &&
            ops->open(aead, opened, nonce, sealed, 272, aad, 13) == ASSAY_OK && memcmp(opened, in, 256) == 0;
        ops->aead_free(aead);
    }
    return NULL;
}

static void threads(assay_instance *instance, enum assay_alg alg, assay_aead *aead)
{
    struct worker w[4] = {0};
    contract_fill(in, 256, 10);
    CHECK_RC(seal(aead, out, 256, 13), ASSAY_OK);
    for (int i = 0; i < 4; i++) {
        w[i] = (struct worker){.instance = instance, .alg = alg};
        if (!CHECK(pthread_create(&w[i].thread, NULL, seal_many, &w[i]) == 0))
            abort();
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(w[i].thread, NULL);
        CHECK(w[i].ok);
    }
}

static void one_algorithm(enum assay_alg alg, const char *name)
{
    assay_instance *instance = contract.instance;
    assay_aead *aead = (assay_aead *)(void *)&contract;
    if (!contract_supported(ASSAY_OP_AEAD, alg, name)) {
        CHECK_RC(ops->aead_new(instance, alg, key, &aead), ASSAY_UNSUPPORTED);
        CHECK(aead == NULL);
        return;
    }
    if (!CHECK_RC(ops->aead_new(instance, alg, key, &aead), ASSAY_OK))
        return;
    round_trips(aead);
    empty_pointers(aead);
    unaligned(aead);
    in_place(aead);
    forgeries(instance, alg, aead, 0);
    forgeries(instance, alg, aead, 64);
    forgeries(instance, alg, aead, 16384);
    rekeying(instance, alg, aead);
    if (contract_supported(ASSAY_OP_AEAD_STREAM, alg, name))
        streaming(aead);
    if (contract_supported(ASSAY_OP_AEAD_FETCH, alg, name))
        fetching(instance, alg, aead);
    if (ASSAY_HAS(ops, seal_batch))
        batches(aead);
    if (ASSAY_HAS(ops, seal_batch_keys))
        batches_of_keys(instance, alg);
    threads(instance, alg, aead);
    ops->aead_free(aead);
}

void contract_aead(const struct assay_aead_ops *table)
{
    ops = table;
    contract_fill(key, sizeof key, 1);
    contract_fill(other_key, sizeof other_key, 2);
    contract_fill(nonce, sizeof nonce, 3);
    contract_fill(aad, sizeof aad, 4);
    in = malloc(ROOM);
    out = malloc(ROOM);
    back = malloc(ROOM);
    if (!in || !out || !back)
        abort();
    one_algorithm(ASSAY_AES_128_GCM, "AES-128-GCM");
    one_algorithm(ASSAY_AES_256_GCM, "AES-256-GCM");
    one_algorithm(ASSAY_CHACHA20_POLY1305, "ChaCha20-Poly1305");
    ops->aead_free(NULL);
    free(in);
    free(out);
    free(back);
}

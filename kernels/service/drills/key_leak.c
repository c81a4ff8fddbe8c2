/* SPDX-License-Identifier: Apache-2.0
 *
 * key-leak: the key that an issuer signs with is in a thief's hands, who makes tokens of his own: no list of
 * token ids can name them. The key goes on the deny list at once, which every verifier asks; then it is
 * rotated out through the keyset file (add, switch, remove), so that the issuer's clients are served again,
 * by new tokens.
 *
 * Seen from outside, in rounds that go on all the while, also while the file is being read: a fresh token of
 * another issuer is honoured, always; a fresh token under the leaked key, the thief's or the issuer's, is
 * honoured until the operator has acted, and never again, not even when its entry has left the deny list.
 */
#include "kernels/service/drill.h"
#include "kernels/service/keyset_watch.h"
#include "kernels/service/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define LIFE     300 /* seconds, of a token */
#define ROUNDS   32u /* between two deeds of the operator */
#define PATIENCE 10  /* seconds, for the file to be read */
#define TEXT(literal)                                                                                        \
    (struct assay_bytes)                                                                                     \
    {                                                                                                        \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                      \
    }

enum { OTHER, LEAKED, NEW, KEYS };
static const char *const kids[KEYS] = {"other", "leaked", "new"};

struct key_leak {
    struct assay_drilling *d;
    char folder[512], path[528], why[ASSAY_KEYSET_WHY];
    struct assay_keyset_entry key[KEYS];
    struct assay_keyset_file file;
    struct assay_keyset_watch *watch;
    struct assay_keyset_reader *reader;
    struct assay_keyset
        signer[KEYS]; /* of the other issuer; the thief's and the issuer's; the issuer's new one */
    struct assay_token_policy policy;
    struct assay_token read;
    uint64_t issued;
    uint64_t series;      /* of the token ids: a store may hold those of an earlier drill */
    bool acted, switched; /* the operator knows of the leak and has done his part; the issuer signs with the
                             new key */
    uint64_t stolen;      /* tokens under the leaked key that were honoured when none could be any more */
    uint64_t lost;        /* good ones that were not */
};

/* A fresh token under that key, shown once. */
static enum assay_rc show(struct key_leak *s, unsigned key, bool *honoured)
{
    char jti[64], text[1024];
    size_t size = sizeof text;
    enum assay_token_result result;
    const int64_t now = s->policy.now = time(NULL);
    int n = snprintf(jti, sizeof jti, "%016llx-%llu", (unsigned long long)s->series,
                     (unsigned long long)s->issued++);
    const struct assay_token_claims claims = {.iss = s->policy.iss,
                                              .aud = s->policy.aud,
                                              .jti = {(const uint8_t *)jti, (size_t)n},
                                              .nbf = now,
                                              .iat = now,
                                              .exp = now + LIFE};
    ASSAY_TRY(assay_token_sign(&s->signer[key], &s->signer[key].keys[0], &claims, text, &size));
    ASSAY_TRY(
        assay_token_verify(assay_keyset_reader_set(s->reader), &s->policy, text, size, &s->read, &result));
    *honoured = result == ASSAY_TOKEN_VALID;
    return ASSAY_OK;
}

static enum assay_rc show_good(struct key_leak *s, unsigned key)
{
    bool honoured;
    ASSAY_TRY(show(s, key, &honoured));
    s->d->served += honoured;
    s->d->wrong += !honoured;
    s->lost += !honoured;
    return ASSAY_OK;
}

static enum assay_rc show_leaked(struct key_leak *s)
{
    bool honoured;
    ASSAY_TRY(show(s, LEAKED, &honoured));
    s->d->served += honoured && !s->acted;
    s->d->refused += !honoured && s->acted;
    s->d->wrong += honoured == s->acted;
    s->stolen += honoured && s->acted;
    s->lost += !honoured && !s->acted;
    if (!honoured && s->acted)
        assay_drill_detected(s->d, "a token under the leaked key is refused");
    return ASSAY_OK;
}

static enum assay_rc show_round(struct key_leak *s)
{
    ASSAY_TRY(show_good(s, OTHER));
    ASSAY_TRY(show_leaked(s));
    return s->switched ? show_good(s, NEW) : ASSAY_OK;
}

static enum assay_rc show_rounds(struct key_leak *s)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        ASSAY_TRY(show_round(s));
    return ASSAY_OK;
}

static enum assay_rc told(struct key_leak *s, enum assay_rc rc)
{
    if (rc != ASSAY_OK && s->why[0])
        snprintf(s->d->note, sizeof s->d->note, "the keyset file: %.150s", s->why);
    return rc;
}

static enum assay_rc write_keys(struct key_leak *s, unsigned keys)
{
    s->file.count = 0;
    for (unsigned i = 0; i < KEYS; i++)
        if (keys >> i & 1)
            s->file.key[s->file.count++] = s->key[i];
    return told(s, assay_keyset_file_replace(s->path, &s->file, s->why));
}

/* Replaces the file; requests go on until the service has it. keys: a set of bits. */
static enum assay_rc publish(struct key_leak *s, unsigned keys)
{
    struct assay_keyset_state state;
    assay_keyset_watch_state(s->watch, &state);
    const uint64_t before = state.generation, failed = state.failed, begin = assay_drill_now();
    ASSAY_TRY(write_keys(s, keys));
    while (state.generation == before && state.failed == failed) {
        ASSAY_TRY(show_round(s));
        assay_keyset_watch_state(s->watch, &state);
        if (assay_drill_now() - begin > PATIENCE * 1000000000ull) {
            snprintf(s->why, sizeof s->why, "it was not read within %d s", PATIENCE);
            return told(s, ASSAY_LIBRARY);
        }
    }
    memcpy(s->why, state.error, sizeof s->why);
    return told(s, state.error[0] ? ASSAY_LIBRARY : ASSAY_OK);
}

/* Secrets made for this drill. */
static enum assay_rc make_keys(struct key_leak *s)
{
    for (unsigned i = 0; i < KEYS; i++) {
        struct assay_keyset_entry *k = &s->key[i];
        snprintf(k->kid, sizeof k->kid, "%s", kids[i]);
        k->alg = ASSAY_HS256;
        k->purpose = ASSAY_KEY_VERIFIES;
        k->size = 32;
        if (getrandom(k->octets, k->size, 0) != (ssize_t)k->size)
            return ASSAY_LIBRARY;
        ASSAY_TRY(assay_keyset_add(&s->signer[i],
                                   (struct assay_bytes){(const uint8_t *)kids[i], strlen(kids[i])},
                                   ASSAY_HS256, ASSAY_KEY_SIGNS, (struct assay_bytes){k->octets, k->size}));
    }
    return getrandom(&s->series, sizeof s->series, 0) == sizeof s->series ? ASSAY_OK : ASSAY_LIBRARY;
}

static enum assay_rc begin(struct key_leak *s)
{
    const char *place = getenv("TMPDIR");
    struct assay_drilling *d = s->d;
    for (unsigned i = 0; i < KEYS; i++)
        assay_keyset_init(&s->signer[i], d->backend, d->instance);
    s->policy = (struct assay_token_policy){.iss = TEXT("https://issuer.example"),
                                            .aud = TEXT("https://orders.example"),
                                            .store = d->store,
                                            .deny_keys = true};
    ASSAY_TRY(make_keys(s));
    snprintf(s->folder, sizeof s->folder, "%s/assay-leak-XXXXXX", place && *place ? place : "/tmp");
    if (!mkdtemp(s->folder)) {
        s->folder[0] = '\0';
        snprintf(s->why, sizeof s->why, "no folder can be made; TMPDIR names a place for it");
        return told(s, ASSAY_LIBRARY);
    }
    snprintf(s->path, sizeof s->path, "%s/keys.json", s->folder);
    ASSAY_TRY(write_keys(s, 1u << OTHER | 1u << LEAKED));
    ASSAY_TRY(told(s, assay_keyset_watch_open(&s->watch, s->path, false, s->why)));
    return told(s, assay_keyset_reader_open(s->watch, d->backend, d->instance, &s->reader, s->why));
}

static void end(struct key_leak *s)
{
    assay_keyset_reader_close(s->reader);
    assay_keyset_watch_close(s->watch);
    for (unsigned i = 0; i < KEYS; i++)
        if (s->signer[i].backend)
            assay_keyset_clear(&s->signer[i]);
    if (s->folder[0]) {
        unlink(s->path);
        rmdir(s->folder);
    }
}

/* The operator, who has just been told: the deny list first. */
static enum assay_rc act(struct key_leak *s)
{
    assay_drill_fault(s->d, "the key '%s' is said to have leaked; a thief makes tokens with it",
                      kids[LEAKED]);
    if (!s->d->without_safeguard)
        ASSAY_TRY(assay_token_revoke_key(&s->policy, TEXT("leaked"), time(NULL) + LIFE));
    s->acted = true;
    return show_rounds(s);
}

static enum assay_rc rotate(struct key_leak *s)
{
    assay_drill_repair(s->d, "the key is rotated out: the file gets a new one");
    ASSAY_TRY(publish(s, 1u << OTHER | 1u << LEAKED | 1u << NEW));
    s->switched = true;
    const uint64_t lost = s->lost;
    ASSAY_TRY(show_round(s));
    if (s->lost == lost)
        assay_drill_recovered(s->d, "the issuer signs with the new key, and its clients are served again");
    ASSAY_TRY(show_rounds(s));
    ASSAY_TRY(publish(s, 1u << OTHER | 1u << NEW));
    assay_drill_step(s->d, "the file has lost the leaked key");
    return show_rounds(s);
}

/* The deny list need not name a key that is in no keyset. */
static enum assay_rc forget(struct key_leak *s)
{
    uint8_t key[ASSAY_STORE_KEY_MAX];
    const struct assay_bytes name = {key, assay_token_revoked_kid(key, TEXT("leaked"))};
    bool found;
    ASSAY_TRY(s->d->store->del(s->d->store, name, &found));
    assay_drill_step(s->d, "the deny list has forgotten the key");
    return show_rounds(s);
}

static enum assay_rc drill(struct key_leak *s)
{
    ASSAY_TRY(begin(s));
    ASSAY_TRY(show_rounds(s));
    assay_drill_step(s->d, "two issuers' tokens are honoured; those of one can be made by a thief");
    ASSAY_TRY(act(s));
    ASSAY_TRY(rotate(s));
    ASSAY_TRY(forget(s));
    if (s->stolen > 0)
        assay_drill_fail(s->d, "%llu tokens under the leaked key were honoured after it was known",
                         (unsigned long long)s->stolen);
    if (s->lost > 0)
        assay_drill_fail(s->d, "%llu right tokens of good keys were refused", (unsigned long long)s->lost);
    return ASSAY_OK;
}

static enum assay_rc key_leak_run(struct assay_drilling *d)
{
    struct key_leak *s = calloc(1, sizeof *s);
    if (!s)
        return ASSAY_NOMEM;
    s->d = d;
    enum assay_rc rc = drill(s);
    if (rc != ASSAY_OK && !d->note[0])
        snprintf(d->note, sizeof d->note, "%s", d->backend->last_error(d->instance));
    end(s);
    explicit_bzero(s, sizeof *s);
    free(s);
    return rc;
}

static bool key_leak_supported(struct assay_drilling *d, char *why, size_t why_size)
{
    return assay_drill_supported(d, ASSAY_OP_MAC, ASSAY_HMAC_SHA256, why, why_size);
}

const struct assay_drill assay_drill_key_leak = {
    .name = "key-leak",
    .summary =
        "a signing key leaks: it is denied at once and rotated out, and no good key's token is refused",
    .safeguard = "the deny list takes keys, and the leaked one goes on it before it is rotated out",
    .uses = ASSAY_USES_STORE,
    .supported = key_leak_supported,
    .run = key_leak_run,
};

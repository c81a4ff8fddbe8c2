/* SPDX-License-Identifier: Apache-2.0
 *
 * A three-phase rotation under full load: keyset_rotation MODULE ALGORITHM… Threads sign tokens with the
 * signer's keyset and verify them with the verifiers' while both files are replaced, key after key, the
 * algorithms in turn, and broken files in between. Of 100,000 verifications no valid token is rejected, and
 * no token of a removed key is accepted.
 */
#include "kernels/kernel.h"
#include "kernels/service/keyset_watch.h"
#include "kernels/vectors/asym.h"
#include "tests/unit/token_module.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS       4u
#define VERIFICATIONS 100000u
#define ROTATIONS     20u
#define STASH         8u
#define KEY_ROOM      2048u
#define PATIENCE_MS   20000u

struct kept { /* a token that was valid, and its key's number */
    unsigned long long key;
    size_t size;
    char text[640];
};

struct worker {
    pthread_t thread;
    _Alignas(64) atomic_ullong epoch; /* odd: a token is under way */
    unsigned long long valid_rejected, removed_accepted, removed_tried, seen_keys, failures;
    struct kept stash[STASH];
};

static struct worker workers[THREADS];
static struct assay_keyset_watch *signer, *verifier;
static atomic_ullong verifications, removed; /* keys numbered below have been removed */
static atomic_bool over;
static enum assay_jws_alg algs[4];
static size_t alg_count;
static char folder[256] = "/tmp/assay-rotation-XXXXXX", signer_path[300], verifier_path[300];
static const struct assay_token_policy policy = {
    .iss = {(const uint8_t *)"i", 1}, .aud = {(const uint8_t *)"a", 1}, .now = 1500};

/* Returns from a bool function with a message. */
#define NEED(condition, ...)                                                                                 \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            printf(__VA_ARGS__);                                                                             \
            return false;                                                                                    \
        }                                                                                                    \
    } while (0)

/* Or the secret; the size. RSA keys come back under another name: a token of a removed name is judged by it.
 */
static size_t private_half(unsigned long long n, enum assay_jws_alg alg, uint8_t out[KEY_ROOM])
{
    if (alg == ASSAY_RS256)
        return assay_hex(out, KEY_ROOM, assay_rsa_test_keys[n % ASSAY_RSA_TEST_KEYS]);
    assay_fill(out, 32, 100000 + n);
    return 32;
}

/* Key n, or its public half: a test key. */
static bool make_key(unsigned long long n, enum assay_key_purpose purpose, struct assay_keyset_entry *k)
{
    assay_key *key;
    enum assay_alg served;
    uint8_t secret[KEY_ROOM];
    snprintf(k->kid, sizeof k->kid, "k%llu", n);
    k->alg = algs[n % alg_count];
    k->purpose = purpose;
    k->size = private_half(n, k->alg, secret);
    memcpy(k->octets, secret, k->size);
    if (k->alg == ASSAY_HS256 || purpose == ASSAY_KEY_SIGNS)
        return true;
    const struct assay_sign_ops *ops = token_module.backend->sign;
    (void)assay_jws_served(k->alg, &served);
    if (ops->key_private(token_module.instance, served, secret, k->size, &key) != ASSAY_OK)
        return false;
    k->size = sizeof k->octets;
    bool ok = ops->key_export_public(key, k->octets, &k->size) == ASSAY_OK;
    ops->key_free(key);
    return ok;
}

/* Keys from first to last, in force everywhere when this returns. */
static bool publish(struct assay_keyset_watch *w, const char *path, enum assay_key_purpose purpose,
                    unsigned long long first, unsigned long long last)
{
    static struct assay_keyset_file file;
    struct assay_keyset_state state;
    char why[ASSAY_KEYSET_WHY] = "";
    for (file.count = 0; file.count <= last - first; file.count++)
        NEED(make_key(first + file.count, purpose, &file.key[file.count]), "no key\n");
    if (w)
        assay_keyset_watch_state(w, &state);
    const uint64_t before = w ? state.generation : 0;
    NEED(assay_keyset_file_replace(path, &file, why) == ASSAY_OK, "%s\n", why);
    while (w && state.generation == before)
        NEED(assay_keyset_watch_wait(w, &state, PATIENCE_MS), "%s was not read: %s\n", path, state.error);
    return true;
}

/* Nobody may notice, but the state. */
static bool publish_broken(struct assay_keyset_watch *w, const char *path)
{
    struct assay_keyset_state before, after;
    char beside[320];
    snprintf(beside, sizeof beside, "%s.broken", path);
    FILE *f = fopen(beside, "w");
    NEED(f && fputs("{\"keys\":[{\"kid\":\"k", f) >= 0 && fclose(f) == 0, "cannot write\n");
    assay_keyset_watch_state(w, &before);
    after = before;
    NEED(rename(beside, path) == 0, "cannot rename\n");
    while (after.failed == before.failed)
        NEED(assay_keyset_watch_wait(w, &after, PATIENCE_MS), "a broken file was not noticed\n");
    NEED(after.generation == before.generation && after.error[0], "a broken file was taken\n");
    return true;
}

static enum assay_token_result verify(struct worker *w, struct assay_keyset_reader *reader,
                                      const struct kept *k)
{
    static _Thread_local struct assay_token token;
    enum assay_token_result result = ASSAY_TOKEN_RESULTS;
    w->failures += assay_token_verify(assay_keyset_reader_set(reader), &policy, k->text, k->size, &token,
                                      &result) != ASSAY_OK;
    atomic_fetch_add(&verifications, 1);
    return result;
}

/* A fresh token, signed by whoever signs now. */
static bool sign(struct assay_keyset_reader *reader, struct kept *k)
{
    const struct assay_keyset *set = assay_keyset_reader_set(reader);
    const struct assay_token_claims claims = {
        .iss = policy.iss, .aud = policy.aud, .jti = token_text("j"), .exp = 2000};
    char kid[ASSAY_KID_MAX + 1] = "";
    k->size = sizeof k->text;
    memcpy(kid, set->keys[0].kid, set->keys[0].kid_size);
    k->key = strtoull(kid + 1, NULL, 10);
    return assay_token_sign(set, &set->keys[0], &claims, k->text, &k->size) == ASSAY_OK;
}

static void try_removed(struct worker *w, struct assay_keyset_reader *reader, const struct kept *k)
{
    if (k->size == 0 || k->key >= atomic_load(&removed))
        return;
    w->removed_tried++;
    w->removed_accepted += verify(w, reader, k) != ASSAY_TOKEN_UNKNOWN_KID;
}

/* How often a token is shown, so that signing is not what the time goes to. */
static unsigned shown(const struct kept *k)
{
    enum assay_jws_alg alg = algs[k->key % alg_count];
    return alg == ASSAY_RS256 ? 16 : alg == ASSAY_ES256 ? 4 : 1;
}

/* Signs a token and shows it; it stays under way until its last verdict. */
static void use_fresh(struct worker *w, struct assay_keyset_reader *signing,
                      struct assay_keyset_reader *verifying, struct kept *fresh)
{
    atomic_fetch_add(&w->epoch, 1);
    if (!sign(signing, fresh))
        w->failures++;
    for (unsigned i = 0; w->failures == 0 && i < shown(fresh); i++)
        w->valid_rejected += verify(w, verifying, fresh) != ASSAY_TOKEN_VALID;
    atomic_fetch_add(&w->epoch, 1);
}

static void *worker_main(void *data)
{
    struct worker *w = data;
    struct assay_keyset_reader *signing = NULL, *verifying = NULL;
    char why[ASSAY_KEYSET_WHY];
    const struct token_module *m = &token_module;
    if (assay_keyset_reader_open(signer, m->backend, m->instance, &signing, why) != ASSAY_OK ||
        assay_keyset_reader_open(verifier, m->backend, m->instance, &verifying, why) != ASSAY_OK)
        w->failures++;
    for (unsigned n = 0; w->failures == 0 && !atomic_load(&over); n++) {
        struct kept fresh;
        use_fresh(w, signing, verifying, &fresh);
        struct kept *k = &w->stash[fresh.key % STASH];
        w->seen_keys += k->size == 0 || k->key != fresh.key;
        *k = fresh;
        try_removed(w, verifying, &w->stash[n % STASH]);
    }
    assay_keyset_reader_close(signing);
    assay_keyset_reader_close(verifying);
    return NULL;
}

/* Until no token that was signed before is under way: what a token's life is to a service. */
static void wait_for_tokens(void)
{
    for (struct worker *w = workers; w < workers + THREADS; w++) {
        unsigned long long epoch = atomic_load(&w->epoch);
        while (epoch % 2 == 1 && atomic_load(&w->epoch) == epoch)
            sched_yield();
    }
}

static bool rotate(unsigned long long n)
{
    if (!publish(verifier, verifier_path, ASSAY_KEY_VERIFIES, n - 1, n) ||
        !publish(signer, signer_path, ASSAY_KEY_SIGNS, n, n))
        return false;
    wait_for_tokens();
    if (n % 5 == 0 && (!publish_broken(verifier, verifier_path) || !publish_broken(signer, signer_path)))
        return false;
    if (!publish(verifier, verifier_path, ASSAY_KEY_VERIFIES, n, n))
        return false;
    atomic_store(&removed, n);
    return true;
}

static bool run(void)
{
    char why[ASSAY_KEYSET_WHY] = "";
    unsigned long long n = 0;
    if (!publish(NULL, verifier_path, ASSAY_KEY_VERIFIES, 0, 0) ||
        !publish(NULL, signer_path, ASSAY_KEY_SIGNS, 0, 0))
        return false;
    NEED(assay_keyset_watch_open(&verifier, verifier_path, false, why) == ASSAY_OK &&
             assay_keyset_watch_open(&signer, signer_path, false, why) == ASSAY_OK,
         "%s\n", why);
    for (struct worker *w = workers; w < workers + THREADS; w++)
        NEED(pthread_create(&w->thread, NULL, worker_main, w) == 0, "no thread\n");
    bool ok = true;
    while (ok && (atomic_load(&verifications) < VERIFICATIONS || n < ROTATIONS))
        ok = rotate(++n);
    atomic_store(&over, true);
    unsigned long long rejected = 0, accepted = 0, tried = 0, seen = 0, failures = 0;
    for (struct worker *w = workers; w < workers + THREADS; w++) {
        pthread_join(w->thread, NULL);
        rejected += w->valid_rejected, accepted += w->removed_accepted, tried += w->removed_tried;
        seen += w->seen_keys, failures += w->failures;
    }
    printf("%llu verifications in %u threads, %llu rotations: %llu valid tokens rejected, %llu of %llu "
           "tokens of "
           "removed keys accepted, %llu failures; a thread signed with %.1f keys\n",
           atomic_load(&verifications), THREADS, n, rejected, accepted, tried, failures,
           (double)seen / THREADS);
    return ok && rejected == 0 && accepted == 0 && failures == 0 && tried > 1000 && seen > ROTATIONS &&
           atomic_load(&verifications) >= VERIFICATIONS;
}

/* Exits where the module has not one of them. */
static void choose_algs(char **names)
{
    for (; *names && alg_count < ASSAY_COUNT(algs); names++) {
        enum assay_jws_alg alg = ASSAY_EDDSA;
        while (assay_jws_alg_name(alg) && strcmp(assay_jws_alg_name(alg), *names) != 0)
            alg++;
        if (!assay_jws_alg_name(alg))
            exit(2);
        if (!token_module_has(alg)) {
            printf("skipped: the module has no %s\n", *names);
            exit(77);
        }
        algs[alg_count++] = alg;
    }
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    token_module_load(argv[1]);
    choose_algs(argv + 2);
    const char *place = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/assay-rotation-XXXXXX", place && *place ? place : "/tmp");
    if (!mkdtemp(folder))
        return 1;
    snprintf(signer_path, sizeof signer_path, "%s/signer.json", folder);
    snprintf(verifier_path, sizeof verifier_path, "%s/verifier.json", folder);
    bool ok = run();
    assay_keyset_watch_close(signer);
    assay_keyset_watch_close(verifier);
    unlink(signer_path);
    unlink(verifier_path);
    rmdir(folder);
    return ok ? 0 : 1;
}

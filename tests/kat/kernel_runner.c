/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs every kernel on one module, in one process and without the harness: set up, prove, run, check, tear
 * down, and exchange artifacts with itself. Fails on a wrong answer, on a proof that proved nothing, and on a
 * digest of the timed inputs other than the one compiled in.
 *
 *   kernel_runner [--digests] [--full-only] MODULE [NAME=VALUE …]
 *
 * --digests prints "CASE DIGEST" for each deterministic case (scripts/timed-digests joins them) and compares
 * none. --full-only runs the cases that take long, and no others.
 */
#include "kernels/kernel.h"
#include "open_module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct totals {
    unsigned ran, unsupported, failed, compared;
    unsigned long answers, negatives;
};

static bool only_digests, only_full;

static bool fault(struct assay_case *c, const char *key, const char *what, enum assay_rc rc)
{
    printf("not ok %s: %s: rc %d: %s\n", key, what, (int)rc,
           c->note[0] ? c->note : c->backend->last_error(c->instance));
    return false;
}

static void hex(char text[65], const uint8_t digest[32])
{
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static bool proof_holds(struct assay_case *c, const char *key, struct assay_proof *proof, struct totals *t)
{
    t->answers += proof->answers;
    t->negatives += proof->negatives;
    if (proof->answers == 0 || proof->negatives == 0)
        return fault(c, key, "the proof has no known answer or no negative", ASSAY_OK);
    if (!proof->deterministic)
        return true;
    uint8_t digest[32];
    char text[65], name[ASSAY_KEY_MAX];
    SHA256Final(digest, &proof->outputs);
    hex(text, digest);
    snprintf(name, sizeof name, "%s", key);
    *strrchr(name, '/') = '\0'; /* the digest holds for any number of threads */
    if (only_digests) {
        printf("%s %s\n", name, text);
        return true;
    }
    const char *want = assay_timed_digest(name);
    if (want && strcmp(want, text) != 0)
        return fault(c, key, "the outputs for the timed inputs differ from other libraries'", ASSAY_AUTH);
    t->compared += want != NULL;
    return true;
}

static bool exchange(struct assay_case *c, const char *key)
{
    size_t room = c->kernel->artifact_room ? c->kernel->artifact_room(c) : 0;
    if (room == 0)
        return true;
    uint8_t *artifact = calloc(1, room);
    if (!artifact)
        return fault(c, key, "no memory for the artifact", ASSAY_NOMEM);
    size_t size = 0;
    bool well = false;
    enum assay_rc rc = c->kernel->show(c, artifact, room, &size);
    if (rc != ASSAY_OK || size == 0 || size > room) {
        fault(c, key, "show", rc);
        goto out;
    }
    rc = c->kernel->accept(c, artifact, size);
    if (rc != ASSAY_OK) {
        fault(c, key, "accept", rc);
        goto out;
    }
    artifact[size - 1] ^= 1;
    rc = c->kernel->accept(c, artifact, size);
    if (rc != ASSAY_AUTH) {
        fault(c, key, "an artifact with a flipped bit was not refused", rc);
        goto out;
    }
    c->note[0] = '\0';
    well = true;
out:
    free(artifact);
    return well;
}

static bool life(struct assay_case *c, const char *key, struct totals *t)
{
    const struct assay_kernel *k = c->kernel;
    struct assay_proof proof = {0};
    SHA256Init(&proof.outputs);
    enum assay_rc rc = k->setup(c);
    if (rc != ASSAY_OK)
        return fault(c, key, "setup", rc);
    rc = k->prove(c, &proof);
    if (rc != ASSAY_OK)
        return fault(c, key, "prove", rc);
    if (!proof_holds(c, key, &proof, t))
        return false;
    for (uint64_t n = 1; n <= 3; n += 2) {
        rc = k->run(c, n);
        if (rc != ASSAY_OK)
            return fault(c, key, "run", rc);
        rc = k->check(c);
        if (rc != ASSAY_OK)
            return fault(c, key, "check", rc);
    }
    return exchange(c, key);
}

static struct assay_companions companions; /* the default ones */

static void one_case(struct assay_case *c, struct totals *t)
{
    char key[ASSAY_KEY_MAX], why[256];
    assay_case_format(c, 1, key);
    if (!c->kernel->supported(c, why, sizeof why) ||
        assay_case_companions(c, &companions, why, sizeof why) == ASSAY_UNSUPPORTED) {
        if (!only_digests)
            printf("skip %s: %s\n", key, why);
        t->unsupported++;
        t->failed += !why[0];
        return;
    }
    bool well = life(c, key, t);
    c->kernel->teardown(c);
    t->ran++;
    t->failed += !well || c->state;
}

static void all_cases(const struct assay_backend *backend, assay_instance *instance, struct totals *t)
{
    for (size_t i = 0; assay_kernels[i]; i++) {
        struct assay_case c;
        for (size_t index = 0; assay_case_next(assay_kernels[i], &index, &c);) {
            if (assay_case_is_full_only(&c) != only_full)
                continue;
            c.backend = backend;
            c.instance = instance;
            one_case(&c, t);
        }
    }
}

int main(int argc, char **argv)
{
    int first = 1;
    for (; first < argc && argv[first][0] == '-'; first++) {
        only_digests |= strcmp(argv[first], "--digests") == 0;
        only_full |= strcmp(argv[first], "--full-only") == 0;
    }
    if (first >= argc) {
        fprintf(stderr, "usage: kernel_runner [--digests] [--full-only] MODULE [NAME=VALUE ...]\n");
        return 2;
    }
    const struct assay_backend *backend;
    assay_instance *instance;
    if (!open_module(argc - first, argv + first, &backend, &instance))
        return 1;
    struct totals t = {0};
    all_cases(backend, instance, &t);
    assay_companions_close(&companions);
    backend->destroy(instance);
    fprintf(only_digests ? stderr : stdout,
            "%s: %u cases ran, %u unsupported, %u failed; %lu known answers, %lu negatives, %u digests "
            "compared\n",
            backend->name, t.ran, t.unsupported, t.failed, t.answers, t.negatives, t.compared);
    if (only_full && t.ran == 0 && t.failed == 0)
        return 77; /* skipped: this module has no such case */
    return t.failed > 0 || t.ran == 0;
}

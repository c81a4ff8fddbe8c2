/* SPDX-License-Identifier: Apache-2.0
 *
 * What kernels share: inputs, clocks, and the words in which a proof fails.
 */
#include "kernels/kernel.h"
#include "kernels/vectors/vectors.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

void *assay_buffer(size_t size)
{
    size_t rounded = (size + 63) / 64 * 64;
    void *p = aligned_alloc(64, rounded ? rounded : 64);
    if (p)
        memset(p, 0, rounded ? rounded : 64);
    return p;
}

void assay_fill(uint8_t *out, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i++) {
        if (i % 8 == 0)
            seed += 0x9e3779b97f4a7c15u; /* splitmix64 */
        uint64_t z = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        out[i] = (uint8_t)((z ^ (z >> 31)) >> (8 * (i % 8)));
    }
}

void assay_nonce_next(uint8_t nonce[12])
{
    uint64_t counter;
    memcpy(&counter, nonce + 4, sizeof counter);
    counter = __builtin_bswap64(__builtin_bswap64(counter) + 1);
    memcpy(nonce + 4, &counter, sizeof counter);
}

bool assay_thread_start(pthread_t *thread, void *(*main)(void *), void *data)
{
    pthread_attr_t attr;
    cpu_set_t cpus, mine;
    pthread_attr_init(&attr);
    if (sched_getaffinity(getpid(), sizeof cpus, &cpus) == 0 && /* the first thread's, which nobody pins */
        pthread_getaffinity_np(pthread_self(), sizeof mine, &mine) == 0) {
        CPU_AND(&mine, &mine, &cpus);
        if (CPU_COUNT(&mine) < CPU_COUNT(&cpus))
            CPU_XOR(&cpus, &cpus, &mine);
        pthread_attr_setaffinity_np(&attr, sizeof cpus, &cpus);
    }
    int rc = pthread_create(thread, &attr, main, data);
    pthread_attr_destroy(&attr);
    return rc == 0;
}

enum assay_rc assay_consume(const void *data, size_t size)
{
    (void)size;
    __asm__ volatile("" : : "r"(data) : "memory");
    return ASSAY_OK;
}

uint64_t assay_ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

void assay_tick_start(struct assay_case *c)
{
    c->tick_start = assay_ticks();
}

void assay_tick(struct assay_case *c, unsigned side)
{
    uint64_t now = assay_ticks();
    c->side_ticks[side] += now - c->tick_start;
    c->tick_start = now;
}

enum assay_rc assay_wrong(struct assay_case *c, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(c->note, sizeof c->note, format, ap);
    va_end(ap);
    return ASSAY_AUTH;
}

bool assay_aes_256_gcm_supported(struct assay_case *c, char *why, size_t why_size)
{
    return assay_supported(c, ASSAY_OP_AEAD, ASSAY_AES_256_GCM, why, why_size);
}

enum assay_op assay_aes_256_gcm_served(const struct assay_case *c, enum assay_alg *alg)
{
    (void)c;
    *alg = ASSAY_AES_256_GCM;
    return ASSAY_OP_AEAD;
}

enum assay_rc assay_kms_told(struct assay_case *c, enum assay_rc rc)
{
    if (rc != ASSAY_OK && rc != ASSAY_AUTH && !c->note[0])
        snprintf(c->note, sizeof c->note, "%s", c->kms->last_error(c->kms));
    return rc;
}

enum assay_rc assay_store_told(struct assay_case *c, enum assay_rc rc)
{
    if (rc == ASSAY_LIBRARY && !c->note[0] && c->store->last_error(c->store)[0])
        snprintf(c->note, sizeof c->note, "the store %s: %s", c->store->name, c->store->last_error(c->store));
    return rc;
}

enum assay_rc assay_expect(struct assay_case *c, struct assay_proof *proof, const char *vector,
                           const void *got, const void *want, size_t size)
{
    if (size > 0 && memcmp(got, want, size) != 0)
        return assay_wrong(c, "%s: the answer is wrong", vector);
    proof->answers++;
    return ASSAY_OK;
}

enum assay_rc assay_expect_refused(struct assay_case *c, struct assay_proof *proof, const char *forgery,
                                   enum assay_rc rc)
{
    if (rc == ASSAY_OK)
        return assay_wrong(c, "%s was accepted", forgery);
    if (rc != ASSAY_AUTH)
        return rc;
    proof->negatives++;
    return ASSAY_OK;
}

enum assay_rc assay_expect_differs(struct assay_case *c, struct assay_proof *proof, const char *change,
                                   const void *got, const void *other, size_t size)
{
    if (memcmp(got, other, size) == 0)
        return assay_wrong(c, "%s leaves the answer as it was", change);
    proof->negatives++;
    return ASSAY_OK;
}

void assay_proof_output(struct assay_proof *proof, const void *data, size_t size)
{
    SHA256Update(&proof->outputs, data, size);
}

static bool has_table(const struct assay_backend *b, enum assay_op op)
{
    switch (op) {
    case ASSAY_OP_AEAD:
        return b->aead;
    case ASSAY_OP_AEAD_STREAM:
        return b->aead && b->aead->seal_init;
    case ASSAY_OP_AEAD_FETCH:
        return b->aead && b->aead->seal_fetch;
    case ASSAY_OP_HASH:
        return b->hash;
    case ASSAY_OP_MAC:
        return b->mac;
    case ASSAY_OP_KDF:
        return b->kdf;
    case ASSAY_OP_WRAP:
        return b->wrap;
    case ASSAY_OP_SIGN:
    case ASSAY_OP_KEYGEN:
        return b->sign;
    case ASSAY_OP_KEX:
        return b->kex;
    case ASSAY_OP_TLS:
        return b->tls;
    case ASSAY_OP_RAND:
        return b->rand;
    case ASSAY_OP_KEM:
        return ASSAY_HAS(b, kem);
    case ASSAY_OP_PWHASH:
        return ASSAY_HAS(b, pwhash);
    }
    return false;
}

bool assay_supported(struct assay_case *c, enum assay_op op, enum assay_alg alg, char *why, size_t why_size)
{
    why[0] = '\0';
    bool yes = c->backend->supports(c->instance, op, alg, why, why_size);
    if (yes && !has_table(c->backend, op)) {
        snprintf(why, why_size, "the module claims this operation but exports no table for it");
        return false;
    }
    if (!yes && !why[0])
        snprintf(why, why_size, "the backend has no such operation");
    return yes;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

size_t assay_hex(uint8_t *out, size_t room, const char *hex)
{
    size_t n = strlen(hex) / 2;
    if (n > room || strlen(hex) % 2)
        return 0;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return 0;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return n;
}

enum assay_rc assay_case_companions(struct assay_case *c, struct assay_companions *companions, char *why,
                                    size_t why_size)
{
    unsigned uses = c->kernel->uses;
    enum assay_rc rc = assay_companions_open(companions, uses, c->backend, c->instance, why, why_size);
    c->kms = uses & ASSAY_USES_KMS ? companions->kms : NULL;
    c->store = uses & ASSAY_USES_STORE ? companions->store : NULL;
    return rc;
}

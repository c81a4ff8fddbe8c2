/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant time, by the clock, for code that valgrind cannot run (AVX-512, VAES, SHA-NI). After dudect
 * (Reparaz, Balasch, Verbauwhede 2017): an operation is timed on secrets of two classes in random order,
 * always the same ones or random ones, and Welch's t tells whether the classes' times differ. This finds
 * gross leaks only; it proves nothing about a smaller one.
 *
 * Both classes take the same steps and addresses up to the timed call: the secrets are made in place, a fixed
 * pattern exclusive-or random bytes under a mask that is the class. A machine that is disturbed makes t large
 * by chance now and then, but hardly three times with the same sign, which is what a leak must do.
 */
#include "kernels/kernel.h"
#include "tests/check/ops.h"
#include "tests/ct/leaks.h"
#include "tests/ct/ttest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#define TRIES    3
#define LEAK     10.0 /* |t|; dudect's own bound is 4.5 for a doubt and 10 for certainty */
#define DOUBT    4.5
#define TEXT_MAX 1216u
#define ROOM     8192u

static struct ttest_sample samples[TTEST_MAX];

/* What is timed, on secrets that prepare() has made; prepare's own work is not. */
struct subject {
    const char *what;
    const struct op_side *side;
    const struct op *op;
    void *ctx;
    struct op_call call;
    const struct leak *leak;
};

static _Alignas(64) uint8_t key[320], text[TEXT_MAX], made[ROOM], back[ROOM], nonce[ASSAY_NONCE_SIZE],
    aad[13];

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t random64(void)
{
    static uint64_t state = 0x243f6a8885a308d3;
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void make_secret(uint8_t *out, size_t size, uint64_t random)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = random64() & random;
        memcpy(out + i, &word, size - i < 8 ? size - i : 8);
    }
}

static uint64_t start(void)
{
    _mm_lfence();
    uint64_t ticks = __rdtsc();
    _mm_lfence();
    return ticks;
}

static bool one_call(struct subject *s, uint64_t random, uint64_t *ticks)
{
    const struct op *op = s->op;
    make_secret(key, 32, random);
    make_secret(text, sizeof text, random);
    uint64_t from;
    if (op == NULL) {
        from = start();
        volatile uint32_t result = s->leak->run(key);
        (void)result;
        *ticks = start() - from;
        return true;
    }
    struct op_call c = s->call;
    enum assay_rc rc = ASSAY_OK;
    if (op_forward(op) != NULL) { /* the ciphertext that is to be opened */
        rc = op_forward(op)->kind->key(s->side, op_forward(op), &s->ctx, &c);
        if (rc == ASSAY_OK)
            rc = op_forward(op)->kind->run(s->side, op_forward(op), s->ctx, &c);
        c.in = made;
        c.in_size = c.out_size;
        c.out = back;
        c.out_size = s->call.in_size;
    }
    from = start();
    if (rc == ASSAY_OK)
        rc = op->kind->key(s->side, op, &s->ctx, &c);
    if (rc == ASSAY_OK)
        rc = op->kind->run(s->side, op, s->ctx, &c);
    *ticks = start() - from;
    return rc == ASSAY_OK;
}

/* Welch's t over `count` calls; the sign says which class is slower. */
static bool measure(struct subject *s, size_t count, double *t)
{
    uint64_t ticks;
    for (size_t i = 0; i < count / 20; i++) /* warm up */
        if (!one_call(s, 0 - (random64() & 1), &ticks))
            return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t random = 0 - (random64() & 1);
        if (!one_call(s, random, &ticks))
            return false;
        samples[i] = (struct ttest_sample){(double)ticks, random != 0};
    }
    *t = ttest(samples, count);
    return true;
}

enum verdict { NO_LEAK, LEAKS, FAILED };

static enum verdict judge(struct subject *s, size_t count)
{
    double t = 0, first = 0;
    for (int i = 0; i < TRIES; i++) {
        if (!measure(s, count, &t)) {
            printf("FAILED: %s: an operation fails\n", s->what);
            return FAILED;
        }
        if (t > DOUBT || t < -DOUBT)
            printf("%s: |t| over %.1f: %.1f\n", s->what, DOUBT, t);
        if ((t < LEAK && t > -LEAK) || t * first < 0)
            return NO_LEAK;
        first = t;
    }
    return LEAKS;
}

/* The test is worth something on this machine only if it finds what is planted. */
static unsigned planted(void)
{
    unsigned wrong = 0;
    leaks_prepare();
    for (const struct leak *l = leak_table; l->name != NULL; l++) {
        struct subject s = {.what = l->name, .leak = l};
        bool found = judge(&s, TTEST_MAX) == LEAKS;
        for (int again = 1; again < TRIES && found != l->leaks; again++)
            found = judge(&s, TTEST_MAX) == LEAKS;
        printf("planted: %s: %s\n", l->name, found ? "found" : "nothing found");
        wrong += found != l->leaks;
    }
    return wrong;
}

static unsigned one_operation(const struct op_side *side, const struct op *op, const char *path,
                              size_t wanted)
{
    char what[160];
    size_t size = op_text_size(op, wanted);
    const struct op *making = op_forward(op) ? op_forward(op) : op;
    snprintf(what, sizeof what, "%s %s %s %zu (%s)", side->name, op->kind->name, op->name, size, path);
    struct subject s = {.what = what, .side = side, .op = op};
    s.call = (struct op_call){.key = key,
                              .key_size = op->key_max < 32 ? op->key_max : 32,
                              .nonce = nonce,
                              .aad = aad,
                              .aad_size = sizeof aad,
                              .in = text,
                              .in_size = size,
                              .out = made,
                              .out_size = op_out_size(making, size, 31)};
    enum verdict v = judge(&s, TTEST_MAX / 2);
    if (v == LEAKS)
        printf("FAILED: %s: its time depends on its secrets\n", what);
    op->kind->drop(side, s.ctx);
    return v != NO_LEAK;
}

int main(void)
{
    static const size_t sizes[] = {64, TEXT_MAX};
    struct op_side sides[OP_SIDES_MAX];
    unsigned failed = planted(), done = 0;
    size_t count = op_native_sides(sides);
    for (const struct op *op = op_table; op->name != NULL; op++)
        for (size_t i = 1; i < count; i++) { /* portable code is memcheck's */
            char path[64], plainer[64];
            if (!op_supported(&sides[i], op))
                continue;
            op_path(&sides[i], op, path);
            op_path(&sides[sides[i].last ? 0 : i - 1], op, plainer);
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes && strcmp(path, plainer) != 0; s++, done++)
                failed += one_operation(&sides[i], op, path, sizes[s]);
        }
    for (size_t i = 0; i < count; i++)
        sides[i].backend->destroy(sides[i].instance);
    printf("%u operations timed, %u failed\n", done, failed);
    return failed > 0;
}

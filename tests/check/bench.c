/* SPDX-License-Identifier: Apache-2.0
 *
 * native_check --bench: each operation of each tier, timed at a few sizes. A quick look while a kernel is
 * written; what is claimed is measured by assay itself, over fresh processes.
 */
#include "kernels/kernel.h"
#include "tests/check/check.h"
#include "tests/check/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLES      21
#define SAMPLE_TICKS 400000u /* about 0.2 ms: shorter than most disturbances are apart */
#define ROOM         (16384u + 1024u)

static uint8_t key[300], nonce[ASSAY_NONCE_SIZE], aad[13];
static _Alignas(64) uint8_t text[ROOM], made[ROOM], out[ROOM];

/* One operation of one side. */
struct lane {
    const struct op_side *side;
    char path[64];
    void *ctx;
    struct op_call call;
    uint64_t count; /* calls a sample */
    double ticks[SAMPLES];
};

static double ticks_per_ns(void)
{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    uint64_t from = assay_ticks();
    double ns;
    do {
        clock_gettime(CLOCK_MONOTONIC, &b);
        ns = 1e9 * (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec);
    } while (ns < 2e7);
    return (double)(assay_ticks() - from) / ns;
}

static uint64_t sample(const struct op *op, const struct lane *l, uint64_t count)
{
    uint64_t from = assay_ticks();
    for (uint64_t i = 0; i < count; i++)
        check_that(op->kind->run(l->side, op, l->ctx, &l->call) == ASSAY_OK, "%s %s", l->side->name,
                   op->name);
    return assay_ticks() - from;
}

/* False: the tier's code is that of a plainer tier, which is timed already. */
static bool set_up(const struct op *op, struct lane *lanes, size_t used, const struct op_side *side,
                   size_t size)
{
    struct lane *l = &lanes[used];
    const struct op *forward = op_forward(op);
    *l = (struct lane){.side = side, .count = 1};
    op_path(side, op, l->path);
    for (size_t i = 0; i < used; i++)
        if (side->last == ASSAY_ALG_NONE && strcmp(lanes[i].path, l->path) == 0)
            return false;
    l->call = (struct op_call){.key = key,
                               .key_size = op_key_size(op, 0),
                               .nonce = nonce,
                               .aad = aad,
                               .aad_size = sizeof aad,
                               .in = text,
                               .in_size = size,
                               .out = forward ? made : out,
                               .out_size = op_out_size(forward ? forward : op, size, 31)};
    if (!check_that(op->kind->key(side, op, &l->ctx, &l->call) == ASSAY_OK, "%s %s", side->name, op->name))
        return false;
    if (forward) {
        check_that(forward->kind->run(side, forward, l->ctx, &l->call) == ASSAY_OK, "%s", side->name);
        l->call.in = made;
        l->call.in_size = l->call.out_size;
        l->call.out = out;
        l->call.out_size = op_out_size(op, size, 31);
    }
    while (sample(op, l, l->count) < SAMPLE_TICKS)
        l->count *= 2;
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const struct lane *l, const struct op *op, size_t size, double per_ns)
{
    double t[SAMPLES], median, bytes = size > 0 ? (double)size : 1;
    memcpy(t, l->ticks, sizeof t);
    qsort(t, SAMPLES, sizeof *t, by_value);
    median = t[SAMPLES / 2];
    printf("%-12s %-18s %6zu  %-18s %10.1f %10.1f %10.1f %9.3f  %s\n", op->kind->name, op->name, size,
           l->side->name, median / per_ns, t[0] / per_ns, t[SAMPLES - 1] / per_ns, median / bytes, l->path);
}

static void one_size(const struct op *op, const struct op_side *sides, size_t count, size_t size,
                     double per_ns)
{
    struct lane lanes[OP_SIDES_MAX];
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (op_supported(&sides[i], op) && set_up(op, lanes, used, &sides[i], size))
            used++;
    for (size_t s = 0; s < SAMPLES; s++) /* in turn, so that a slow moment hits all */
        for (size_t i = 0; i < used; i++)
            lanes[i].ticks[s] = (double)sample(op, &lanes[i], lanes[i].count) / (double)lanes[i].count;
    for (size_t i = 0; i < used; i++) {
        print(&lanes[i], op, size, per_ns);
        op->kind->drop(lanes[i].side, lanes[i].ctx);
    }
}

void check_bench(void)
{
    static const size_t sizes[] = {16, 64, 256, 1350, 8192, 16384};
    struct op_side sides[OP_SIDES_MAX];
    size_t count = op_native_sides(sides);
    double per_ns = ticks_per_ns();
    check_fill(key, sizeof key);
    check_fill(text, sizeof text);
    printf("%-12s %-18s %6s  %-18s %10s %10s %10s %9s  %s\n", "operation", "algorithm", "bytes", "tier",
           "median ns", "least", "most", "tsc/byte", "code");
    for (const struct op *op = op_table; op->name != NULL; op++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            one_size(op, sides, count, op_text_size(op, sizes[i]), per_ns);
    for (size_t i = 0; i < count; i++)
        sides[i].backend->destroy(sides[i].instance);
}

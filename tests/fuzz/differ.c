/* SPDX-License-Identifier: Apache-2.0
 *
 * A libFuzzer target: native's operations, of every tier, against libcrypto's, behind the same ABI. Which
 * ones: FUZZ_FIRST … FUZZ_LAST of enum assay_op. FUZZ_PLANTED makes an error of its own, to see that it is
 * found.
 *
 * The input is a recipe: operation, tier, split, sizes, then key, nonce, AAD and text. Buffers are exactly as
 * large as they must be, so that AddressSanitizer sees a byte too many.
 */
#include "tests/check/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPS_MAX 64u
#define IN_MAX  8192u

const struct assay_backend *openssl_backend_get(uint32_t host_abi);
int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct op_side native[OP_SIDES_MAX], reference;
static size_t sides, ops;
static const struct op *table[OPS_MAX];

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    sides = op_native_sides(native);
    reference = (struct op_side){.name = "libcrypto", .backend = openssl_backend_get(ASSAY_ABI)};
    if (reference.backend->create(NULL, NULL, 0, &reference.instance) != ASSAY_OK)
        exit(1);
    for (const struct op *op = op_table; op->name != NULL && ops < OPS_MAX; op++)
        if (op->kind->asked >= FUZZ_FIRST && op->kind->asked <= FUZZ_LAST && op_supported(&native[0], op) &&
            op_supported(&reference, op))
            table[ops++] = op;
    if (ops == 0) {
        printf("native and libcrypto have none of these operations in common\n");
        exit(77);
    }
    return 0;
}

/* What is left of the fuzzer's bytes. */
struct recipe {
    const uint8_t *data;
    size_t size;
};

/* The next bytes; zeros where there are no more. A copy of exactly that size. */
static uint8_t *take(struct recipe *r, size_t size)
{
    size_t there = size < r->size ? size : r->size;
    uint8_t *out = calloc(1, size > 0 ? size : 1);
    if (out == NULL)
        exit(1);
    if (there > 0)
        memcpy(out, r->data, there);
    r->data += there;
    r->size -= there;
    return out;
}

static uint32_t number(struct recipe *r, size_t bytes)
{
    uint32_t n = 0;
    for (; bytes > 0; bytes--) {
        n = n << 8 | (r->size > 0 ? *r->data : 0);
        r->data += r->size > 0;
        r->size -= r->size > 0;
    }
    return n;
}

static enum assay_rc run(const struct op_side *side, const struct op *op, struct op_call c, uint8_t *out,
                         size_t out_size)
{
    void *ctx = NULL;
    c.out = out;
    c.out_size = out_size;
    enum assay_rc rc = op->kind->key(side, op, &ctx, &c);
    if (rc == ASSAY_OK)
        rc = op->kind->run(side, op, ctx, &c);
    if (ctx != NULL)
        op->kind->drop(side, ctx);
#ifdef FUZZ_PLANTED
    if (side != &reference && c.in_size % 16 == 5 && out_size > 0)
        out[out_size - 1] ^= 1;
#endif
    return rc;
}

static void compare(const struct op_side *side, const struct op *op, struct op_call c, size_t out_size)
{
    uint8_t *got = malloc(out_size + (out_size == 0)), *want = malloc(out_size + (out_size == 0));
    if (got == NULL || want == NULL)
        exit(1);
    enum assay_rc expected = run(&reference, op, c, want, out_size), rc = run(side, op, c, got, out_size);
    if (rc != expected || (rc == ASSAY_OK && memcmp(got, want, out_size) != 0)) {
        printf("%s %s %s: text %zu key %zu aad %zu split %u: %d, libcrypto %d\n", side->name, op->kind->name,
               op->name, c.in_size, c.key_size, c.aad_size, (unsigned)c.split, rc, expected);
        abort();
    }
    free(got);
    free(want);
}

/* What libcrypto made of the text goes back through the inverse, whole and with a bit changed. */
static void compare_inverse(const struct op_side *side, const struct op *op, struct op_call c, uint32_t flip)
{
    const struct op *forward = op_forward(op);
    size_t text_size = c.in_size, size = op_out_size(forward, text_size, c.split);
    uint8_t *made = calloc(1, size);
    if (made == NULL || run(&reference, forward, c, made, size) != ASSAY_OK)
        exit(1);
    c.in = made;
    c.in_size = size;
    compare(side, op, c, text_size);
    made[flip % size] ^= (uint8_t)(1u << flip / size % 8);
    compare(side, op, c, text_size);
    free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recipe r = {data, size};
    const struct op *op = table[number(&r, 1) % ops];
    const struct op_side *side = &native[number(&r, 1) % sides];
    struct op_call c = {.split = number(&r, 3), .aad_size = op->kind->flags & OP_AAD ? number(&r, 1) : 0};
    uint32_t flip = number(&r, 2);
    c.key_size = op_key_size(op, number(&r, 1));
    uint8_t *key = take(&r, c.key_size), *nonce = take(&r, op->kind->flags & OP_NONCE ? ASSAY_NONCE_SIZE : 0);
    uint8_t *aad = take(&r, c.aad_size);
    c.in_size = op_text_size(op, r.size < IN_MAX ? r.size : IN_MAX);
    uint8_t *text = take(&r, c.in_size);
    c.key = key;
    c.nonce = nonce;
    c.aad = aad;
    c.in = text;
    if (op_supported(side, op)) {
        if (op_forward(op) != NULL)
            compare_inverse(side, op, c, flip);
        else
            compare(side, op, c, op_out_size(op, c.in_size, c.split));
    }
    uint8_t *all[] = {key, nonce, aad, text};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant time, under valgrind: keys, plaintexts and keying material are marked undefined, so that memcheck
 * reports each branch and each address that depends on them. Runs what valgrind can run, which is the
 * portable and the AES-NI code; timing.c looks at the rest.
 *
 * An open or unwrap branches on what it computed: its verdict, which is public. Compilers return it as a
 * value, so that each caller branches again, up to the check itself. That many decisions are counted and
 * allowed; they are not suppressed by name, which would hide other ones in the same function.
 */
#include "tests/check/ops.h"
#include "tests/ct/leaks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define TEXT_MAX 4096u
#define ROOM     16384u

#define VERDICT_BRANCHES 3u

static unsigned checks, failures;

static void check(bool ok, const char *side, const char *kind, const char *name, size_t size, unsigned found)
{
    checks++;
    if (ok)
        return;
    failures++;
    printf("FAILED: %s %s %s, %zu bytes: %u decisions on secrets\n", side, kind, name, size, found);
}

static uint8_t *filled(size_t size)
{
    uint8_t *p = malloc(size + 1);
    if (p == NULL)
        exit(1);
    for (size_t i = 0; i <= size; i++)
        p[i] = (uint8_t)(i * 167 + 13);
    return p;
}

static void publish(const void *p, size_t size)
{
    VALGRIND_MAKE_MEM_DEFINED(p, size);
}

static void hide(const void *p, size_t size)
{
    VALGRIND_MAKE_MEM_UNDEFINED(p, size);
}

/* Keys and runs with the secrets hidden. Returns the decisions that depended on them. */
static unsigned decisions(const struct op_side *side, const struct op *op, const struct op_call *c,
                          volatile enum assay_rc *rc)
{
    void *ctx = NULL;
    unsigned before = VALGRIND_COUNT_ERRORS;
    *rc = op->kind->key(side, op, &ctx, c);
    if (*rc == ASSAY_OK)
        *rc = op->kind->run(side, op, ctx, c);
    unsigned found = VALGRIND_COUNT_ERRORS - before;
    VALGRIND_MAKE_MEM_DEFINED(rc, sizeof *rc);
    op->kind->drop(side, ctx);
    return found;
}

static bool verdict_only(unsigned found)
{
    return found >= 1 && found <= VERDICT_BRANCHES;
}

static void one(const struct op_side *side, const struct op *op, size_t wanted, size_t aad_size)
{
    const struct op *forward = op_forward(op);
    size_t text_size = op_text_size(op, wanted),
           out_size = op_out_size(forward ? forward : op, text_size, 45);
    uint8_t *key = filled(op->key_max), *text = filled(text_size), *nonce = filled(ASSAY_NONCE_SIZE);
    uint8_t *aad = filled(aad_size), *made = filled(out_size), *back = filled(text_size);
    struct op_call c = {.key = key,
                        .key_size = op_key_size(op, (uint32_t)text_size),
                        .nonce = nonce,
                        .aad = aad,
                        .aad_size = aad_size,
                        .in = text,
                        .in_size = text_size,
                        .out = made,
                        .out_size = out_size,
                        .split = (uint32_t)(text_size * 7 + aad_size)};
    volatile enum assay_rc rc;
    hide(key, op->key_max);
    hide(text, text_size);
    unsigned found = decisions(side, forward ? forward : op, &c, &rc);
    publish(made, out_size); /* a ciphertext is public, and so is a digest in these tests */
    check(found == 0 && rc == ASSAY_OK, side->name, op->kind->name, op->name, text_size, found);
    if (forward) {
        c.in = made;
        c.in_size = out_size;
        c.out = back;
        c.out_size = text_size;
        found = decisions(side, op, &c, &rc);
        check(verdict_only(found) && rc == ASSAY_OK, side->name, op->kind->name, op->name, text_size, found);
        made[out_size - 1] ^= 1;
        found = decisions(side, op, &c, &rc);
        check(verdict_only(found) && rc == ASSAY_AUTH, side->name, "forged", op->name, text_size, found);
    }
    uint8_t *all[] = {key, text, nonce, aad, made, back};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void planted(void)
{
    leaks_prepare();
    for (const struct leak *l = leak_table; l->name != NULL; l++) {
        uint8_t secret[LEAK_SECRET] = {0};
        hide(secret, sizeof secret);
        unsigned before = VALGRIND_COUNT_ERRORS;
        volatile uint32_t made = l->run(secret);
        unsigned found = VALGRIND_COUNT_ERRORS - before;
        (void)made;
        check((found > 0) == l->leaks, "planted", l->name, l->leaks ? "is not found" : "is no leak", 16,
              found);
    }
}

int main(void)
{
    static const size_t sizes[] = {0,   1,   15,  16,  17,  64,   100,  127,
                                   128, 129, 256, 300, 600, 1350, 2100, TEXT_MAX};
    struct op_side sides[OP_SIDES_MAX];
    if (!RUNNING_ON_VALGRIND) {
        printf("to be run under valgrind\n");
        return 77;
    }
    op_public = publish;
    planted();
    size_t count = op_native_sides(sides);
    for (size_t i = 0; i < count; i++) {
        unsigned before = checks;
        for (const struct op *op = op_table; op->name != NULL; op++)
            for (size_t s = 0; op_supported(&sides[i], op) && s < sizeof sizes / sizeof *sizes; s++)
                one(&sides[i], op, sizes[s], s * 5);
        printf("%s: %u checks\n", sides[i].name, checks - before);
        sides[i].backend->destroy(sides[i].instance);
    }
    printf("%u checks, %u failed\n", checks, failures);
    return failures > 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks checked: functions that each do one thing wrong, which machine_check() must notice, and a sound
 * one, which it must not. Each runs in a child, for some of them crash.
 */
#include "backends/native/cpu.h"
#include "tests/check/check.h"
#include "tests/check/machine.h"
#include "tests/check/watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum fault {
    SOUND,
    READS_PAST_INPUT,
    READS_BEFORE_INPUT,
    READS_PAST_KEY,
    READS_BEFORE_KEY,
    READS_PAST_NONCE,
    READS_BEFORE_AAD,
    READS_PAST_AAD,
    WRITES_PAST_OUTPUT,
    WRITES_BEFORE_OUTPUT,
    WRITES_TO_INPUT,
    WRONG_AT_A_SIZE,
    WRONG_AT_AN_ALIGNMENT,
    WRONG_IN_PLACE,
    FAULTS
};

static const char *const fault_names[FAULTS] = {[SOUND] = "nothing",
                                                [READS_PAST_INPUT] = "a read past the input",
                                                [READS_BEFORE_INPUT] = "a read before the input",
                                                [READS_PAST_KEY] = "a read past the key",
                                                [READS_BEFORE_KEY] = "a read before the key",
                                                [READS_PAST_NONCE] = "a read past the nonce",
                                                [READS_BEFORE_AAD] = "a read before the AAD",
                                                [READS_PAST_AAD] = "a read past the AAD",
                                                [WRITES_PAST_OUTPUT] = "a write past the output",
                                                [WRITES_BEFORE_OUTPUT] = "a write before the output",
                                                [WRITES_TO_INPUT] = "a write to the input",
                                                [WRONG_AT_A_SIZE] = "one size that is wrong",
                                                [WRONG_AT_AN_ALIGNMENT] = "one alignment that is wrong",
                                                [WRONG_IN_PLACE] = "in place alone wrong"};

static enum fault planted;

static enum assay_rc toy_key(const struct op_side *side, const struct op *op, void **ctx,
                             const struct op_call *c)
{
    (void)side, (void)op, (void)ctx, (void)c;
    return ASSAY_OK;
}

static void toy_drop(const struct op_side *side, void *ctx)
{
    (void)side, (void)ctx;
}

static void touch(const uint8_t *p)
{
    (void)*(const volatile uint8_t *)p;
}

static void do_wrong(const struct op_call *c)
{
    size_t size = c->in_size;
    switch (planted) {
    case READS_PAST_INPUT:
        touch(c->in + size);
        break;
    case READS_BEFORE_INPUT:
        touch(c->in - 1);
        break;
    case READS_PAST_KEY:
        touch(c->key + c->key_size);
        break;
    case READS_BEFORE_KEY:
        touch(c->key - 1);
        break;
    case READS_PAST_NONCE:
        touch(c->nonce + ASSAY_NONCE_SIZE);
        break;
    case READS_BEFORE_AAD:
        touch(c->aad - 1);
        break;
    case READS_PAST_AAD:
        touch(c->aad + c->aad_size);
        break;
    case WRITES_PAST_OUTPUT:
        if ((uintptr_t)c->out % 64 == 63 && (uintptr_t)(c->out + size + 32) % 4096 > 64)
            c->out[size + 31] ^= 1; /* far from any page's end: the margin alone can tell */
        break;
    case WRITES_BEFORE_OUTPUT:
        if ((uintptr_t)c->out % 4096 > 64)
            c->out[-3] ^= 1;
        break;
    case WRITES_TO_INPUT:
        if (size > 0 && c->in != c->out)
            ((uint8_t *)(uintptr_t)c->in)[size - 1] ^= 1;
        break;
    case WRONG_AT_A_SIZE:
        if (size == 449)
            c->out[448] ^= 1;
        break;
    case WRONG_AT_AN_ALIGNMENT:
        if (size > 0 && (uintptr_t)c->in % 64 == 29)
            c->out[size - 1] ^= 1;
        break;
    case WRONG_IN_PLACE:
        if (size > 0 && c->in == c->out)
            c->out[0] ^= 1;
        break;
    default:
        break;
    }
}

static enum assay_rc toy_run(const struct op_side *side, const struct op *op, void *ctx,
                             const struct op_call *c)
{
    (void)op, (void)ctx;
    for (size_t i = 0; i < c->in_size; i++)
        c->out[i] = c->in[i] ^ c->key[i % c->key_size] ^ c->nonce[i % ASSAY_NONCE_SIZE];
    if (strcmp(side->name, "faulty") == 0)
        do_wrong(c);
    return ASSAY_OK;
}

static size_t toy_size(const struct op *op, size_t text)
{
    (void)op;
    return text;
}

static const struct op_kind toy_kind = {.name = "toy",
                                        .flags = OP_NONCE | OP_AAD | OP_IN_PLACE,
                                        .key = toy_key,
                                        .run = toy_run,
                                        .drop = toy_drop,
                                        .out_size = toy_size};
static const struct op toy = {"toy", &toy_kind, ASSAY_ALG_NONE, 0, 16, 32, 8, 0, 1};

/* Does a machine_check() of the faulty toy find anything? */
static bool noticed(void)
{
    const struct op_side right = {.name = "right"}, faulty = {.name = "faulty"};
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        unsigned long before = check_failures();
        machine_check(&right, &faulty, &toy);
        _exit(check_failures() > before);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void check_planted(uint32_t features)
{
    (void)features;
    for (planted = SOUND; planted < FAULTS; planted++)
        check_that(noticed() == (planted != SOUND), "planted: %s: %s", fault_names[planted],
                   planted == SOUND ? "something is found" : "nothing is found");
}

/* Each register that a function must keep, spoilt. */
void check_watch(uint32_t features)
{
    for (const struct watch_vandal *v = watch_vandals; v->name != NULL; v++) {
        if ((v->needs & ~features) != 0)
            continue;
        watch_reset();
        watch_call(v->spoil, 0);
        check_that(watch_spoilt() != NULL, "planted: %s spoilt, and not noticed", v->name);
    }
    watch_reset();
    uint64_t sum = watch_call((watch_function)check_below, 1, (uint64_t)1);
    check_that(sum == 0 && watch_spoilt() == NULL, "planted: a sound function spoils %s",
               watch_spoilt() ? watch_spoilt() : "nothing, but returns another value");
}

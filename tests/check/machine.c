/* SPDX-License-Identifier: Apache-2.0
 *
 * Each operation of each tier against the portable tier, through the ABI: every size up to 600 and around
 * every block up to 4096, each buffer against an unreadable page on either side or at any alignment, in
 * place, in pieces and in batches; what the caller's registers must keep, and bytes that must not be touched.
 */
#include "tests/check/machine.h"
#include "tests/check/check.h"
#include "tests/check/watch.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 4200u
#define ROOM     8192u
#define MARGIN   64u /* bytes around the output that must stay as they are */

enum buffer { KEY, NONCE, AAD, IN, OUT, BUFFERS };

/* Against the lower or the upper unreadable page, or at an offset in the middle. */
enum edge { LOW, HIGH, MIDDLE };

struct place {
    enum edge edge;
    size_t offset;
};

static struct guarded room[BUFFERS];

struct trial {
    const struct op_side *reference, *side;
    const struct op *op;
    void *reference_ctx, *ctx;
    size_t text_size, size[BUFFERS];
    uint32_t split;
    uint8_t data[BUFFERS][ROOM]; /* data[OUT]: what must come out */
    uint8_t text[ROOM];
    char about[200];
};

static struct op_call call_of(const struct trial *t, uint8_t *const at[BUFFERS])
{
    return (struct op_call){.key = at[KEY],
                            .key_size = t->size[KEY],
                            .nonce = at[NONCE],
                            .aad = at[AAD],
                            .aad_size = t->size[AAD],
                            .in = at[IN],
                            .in_size = t->size[IN],
                            .out = at[OUT],
                            .out_size = t->size[OUT],
                            .split = t->split};
}

/* Another text, key and so on, with the answer of the reference. */
static void fresh(struct trial *t, size_t wanted)
{
    const struct op *op = t->op, *forward = op_forward(op);
    t->text_size = op_text_size(op, wanted);
    t->split = check_random();
    t->size[KEY] = op_key_size(op, check_random());
    t->size[NONCE] = op->kind->flags & OP_NONCE ? ASSAY_NONCE_SIZE : 0;
    t->size[AAD] = op->kind->flags & OP_AAD ? check_below(check_below(8) ? 41 : 700) : 0;
    t->size[IN] = forward ? op_out_size(forward, t->text_size, t->split) : t->text_size;
    t->size[OUT] = op_out_size(op, t->text_size, t->split);
    for (size_t i = KEY; i <= AAD; i++)
        check_fill(t->data[i], t->size[i]);
    check_fill(t->text, t->text_size);
    uint8_t *at[BUFFERS] = {t->data[KEY], t->data[NONCE], t->data[AAD], t->text, t->data[OUT]};
    struct op_call c = call_of(t, at);
    c.in_size = t->text_size;
    if (forward) {
        c.out = t->data[IN];
        op = forward;
    }
    memset(t->data[OUT], 0, ROOM);
    bool ok = op->kind->key(t->reference, op, &t->reference_ctx, &c) == ASSAY_OK &&
              op->kind->run(t->reference, op, t->reference_ctx, &c) == ASSAY_OK;
    memcpy(forward ? t->data[OUT] : t->data[IN], t->text, t->text_size);
    check_that(ok, "%s: %s %s fails", t->reference->name, op->kind->name, op->name);
}

static uint8_t *put(const struct trial *t, enum buffer which, struct place p)
{
    const struct guarded *g = &room[which];
    size_t size = t->size[which];
    if (p.edge == LOW)
        return guarded_low(g);
    return p.edge == HIGH ? guarded_high(g, size) : guarded_low(g) + 512 + p.offset;
}

/* The bytes around the output, as far as its pages go, hold a pattern. */
static bool margins(const struct guarded *g, const uint8_t *from, size_t size, bool check)
{
    bool kept = true;
    for (size_t i = 1; i <= MARGIN; i++) {
        uint8_t *before = g->base + (from - g->base) - i, *after = g->base + (from - g->base) + size + i - 1;
        for (int side = 0; side < 2; side++) {
            uint8_t *at = side ? after : before;
            if (at < g->base || at >= g->base + g->size)
                continue;
            if (check)
                kept = kept && *at == 0x5a;
            else
                *at = 0x5a;
        }
    }
    return kept;
}

static enum assay_rc watched(struct trial *t, const struct op_call *c)
{
    op_watched = true;
    watch_reset();
    enum assay_rc rc = t->op->kind->key(t->side, t->op, &t->ctx, c);
    if (rc == ASSAY_OK)
        rc = t->op->kind->run(t->side, t->op, t->ctx, c);
    op_watched = false;
    const char *spoilt = watch_spoilt();
    check_that(spoilt == NULL, "%s: does not keep %s", t->about, spoilt ? spoilt : "");
    return rc;
}

static void run_at(struct trial *t, const struct place p[BUFFERS], bool in_place)
{
    uint8_t *at[BUFFERS];
    snprintf(t->about, sizeof t->about,
             "%s %s %s: text %zu key %zu aad %zu split %u%s at %d%d%d%d%d +%zu +%zu", t->side->name,
             t->op->kind->name, t->op->name, t->text_size, t->size[KEY], t->size[AAD], t->split,
             in_place ? " in place" : "", p[0].edge, p[1].edge, p[2].edge, p[3].edge, p[4].edge, p[IN].offset,
             p[OUT].offset);
    for (size_t i = 0; i < BUFFERS; i++)
        at[i] = put(t, i, p[i]);
    if (in_place && t->size[IN] > t->size[OUT])
        at[OUT] = at[IN];
    else if (in_place)
        at[IN] = at[OUT];
    if (!in_place)
        memset(at[OUT], 0xa5, t->size[OUT]);
    for (size_t i = KEY; i <= IN; i++)
        memcpy(at[i], t->data[i], t->size[i]);
    const struct guarded *g = at[OUT] == at[IN] && t->size[IN] > t->size[OUT] ? &room[IN] : &room[OUT];
    size_t taken = at[OUT] == at[IN] && t->size[IN] > t->size[OUT] ? t->size[IN] : t->size[OUT];
    margins(g, at[OUT], taken, false);
    struct op_call c = call_of(t, at);
    enum assay_rc rc = watched(t, &c);
    check_that(rc == ASSAY_OK && memcmp(at[OUT], t->data[OUT], t->size[OUT]) == 0, "%s: wrong (%d)", t->about,
               rc);
    check_that(margins(g, at[OUT], taken, true), "%s: writes beside its output", t->about);
    bool kept = true;
    for (size_t i = KEY; i <= IN; i++)
        kept = kept && (at[i] == at[OUT] || memcmp(at[i], t->data[i], t->size[i]) == 0);
    check_that(kept, "%s: writes to its input", t->about);
}

/* A changed input is refused, and no block of the text is left in the output. */
static void forged(struct trial *t)
{
    uint8_t *at[BUFFERS];
    for (size_t i = 0; i < BUFFERS; i++) {
        at[i] = put(t, i, (struct place){check_below(2) ? LOW : HIGH, 0});
        if (i != OUT)
            memcpy(at[i], t->data[i], t->size[i]);
    }
    memset(at[OUT], 0xa5, t->size[OUT]);
    at[IN][check_below(t->size[IN])] ^= (uint8_t)(1u << check_below(8));
    struct op_call c = call_of(t, at);
    enum assay_rc rc = watched(t, &c);
    bool left = false;
    for (size_t i = 0; i + 16 <= t->text_size; i += 16)
        left = left || memcmp(at[OUT] + i, t->text + i, 16) == 0;
    check_that(rc == ASSAY_AUTH && !left, "%s %s %s: forged text %zu aad %zu: %d, left %d", t->side->name,
               t->op->kind->name, t->op->name, t->text_size, t->size[AAD], rc, left);
}

static void any_place(struct trial *t)
{
    struct place p[BUFFERS];
    for (size_t i = 0; i < BUFFERS; i++)
        p[i] = (struct place){check_below(3), check_below(64)};
    run_at(t, p, (t->op->kind->flags & OP_IN_PLACE) && check_below(3) == 0);
    if (t->op->kind->inverse)
        forged(t);
}

static void sizes(struct trial *t)
{
    for (size_t size = 0; size < 600; size += check_step()) {
        fresh(t, size);
        any_place(t);
    }
    for (size_t size = 600; size <= 4097; size += size % 64 == 1 ? 62 : 1) /* 63, 64 and 65 modulo 64 */
        if ((size % 64 == 63 || size % 64 <= 1) && check_step() == 1) {
            fresh(t, size);
            any_place(t);
        }
    for (size_t i = 0; i < 150; i += check_step()) {
        fresh(t, check_below(4097));
        any_place(t);
    }
}

/* Each alignment of input and output, at a size that leaves a rest in every block. */
static void alignments(struct trial *t)
{
    fresh(t, 1 + 64 * check_below(20) + check_below(63));
    for (size_t offset = 0; offset < 64; offset += check_step()) {
        struct place p[BUFFERS];
        for (size_t i = 0; i < BUFFERS; i++)
            p[i] = (struct place){MIDDLE, check_below(64)};
        p[IN].offset = offset;
        run_at(t, p, false);
        p[IN].offset = check_below(64);
        p[OUT].offset = offset;
        run_at(t, p, false);
        run_at(t, p, (t->op->kind->flags & OP_IN_PLACE) != 0);
    }
}

void machine_check(const struct op_side *reference, const struct op_side *side, const struct op *op)
{
    static struct trial t;
    t.reference = reference;
    t.side = side;
    t.op = op;
    for (size_t i = 0; i < BUFFERS; i++)
        if (room[i].base == NULL)
            room[i] = guarded_new(ROOM + 1024);
    sizes(&t);
    alignments(&t);
    op->kind->drop(side, t.ctx);
    op->kind->drop(reference, t.reference_ctx);
    t.ctx = t.reference_ctx = NULL;
}

void check_machine(uint32_t features)
{
    struct op_side sides[OP_SIDES_MAX];
    size_t count = op_native_sides(sides);
    bool wanted[OP_SIDES_MAX];
    for (size_t i = 0; i < count; i++)
        wanted[i] = check_wanted(sides[i].name, sides[i].needs, features);
    for (const struct op *op = op_table; op->name != NULL; op++)
        for (size_t i = 0; i < count; i++)
            if (wanted[i] && op_supported(&sides[i], op))
                machine_check(&sides[0], &sides[i], op);
    for (size_t i = 0; i < count; i++)
        sides[i].backend->destroy(sides[i].instance);
}

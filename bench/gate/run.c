/* SPDX-License-Identifier: Apache-2.0
 *
 * Two passes of the engine. A case that is decided is measured no more, so that the budget goes to what is
 * open; the second pass has suspects alone, fresh workers and another seed.
 *
 * The looks are fixed beforehand, by the clock: at 15 %, 40 % and the whole of a pass's time. How long a
 * round takes tells nothing about which side is slower.
 *
 * Against a stored run, what runs beside head is the control: it alone is measured on the base's side, its
 * case on no other, and every ratio is to it.
 */
#include "bench/gate/baseline.h"

#include "bench/run/machine.h"
#include "bench/stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLE_NS   4000000u /* short: the spread is between processes, so rounds are what counts */
#define ROUNDS_MAX  100000u
#define DEADLINE_MS 60000u
#define FIRST_SHARE 0.5  /* of the budget: the second pass must be able to confirm */
#define LAST_SHARE  0.97 /* of what is left: for the workers' ends */

static const double look_at[ASSAY_GATE_LOOKS] = {0.15, 0.4, 1};

struct values {
    double *v;
    size_t n, room;
};

struct gate {
    const struct assay_gate_settings *settings;
    const struct assay_observer *outer;
    struct assay_gate_result *result;
    struct assay_engine engine;
    size_t *which;         /* the engine's case -> the result's */
    size_t count;          /* of the engine's that are to be decided; the control may follow them */
    size_t control;        /* the engine's case that a baseline's control is */
    struct values *values; /* of each of the result's cases: this pass's rounds */
    struct assay_gate_block (*block)[ASSAY_GATE_BLOCKS]; /* of each of the engine's: this round's times */
    unsigned pass, look;
    double started, pass_started, pass_time;
    bool out_of_memory, finished;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool is_open(const struct gate *g, size_t key)
{
    const struct assay_gate_case *c = &g->result->cases[g->which[key]];
    return c->state == ASSAY_GATE_OPEN && c->trouble <= ASSAY_STATUS_PROVED;
}

/* The engine's case whose time on the base's side a case is held against. */
static size_t base_of(const struct gate *g, size_t key)
{
    return g->settings->baseline ? g->control : key;
}

static void on_sample(void *data, unsigned block, size_t key, size_t instance, double ns, bool interrupted)
{
    struct gate *g = data;
    g->block[key][block - 1].ns[instance] = ns;
    g->block[key][block - 1].interrupted |= interrupted;
    json_t **identity = &g->result->identity[instance];
    if (!*identity)
        *identity = json_incref(g->engine.process[instance].identity);
}

/* The log ratios of a round's blocks. */
static size_t ratios(const struct assay_gate_block *head, const struct assay_gate_block *base,
                     bool interrupted, double *out)
{
    size_t n = 0;
    for (unsigned b = 0; b < ASSAY_GATE_BLOCKS; b++) {
        double over = head[b].ns[ASSAY_GATE_HEAD], under = base[b].ns[ASSAY_GATE_BASE];
        if (over > 0 && under > 0 && (head[b].interrupted || base[b].interrupted) == interrupted)
            out[n++] = log(over / under);
    }
    return n;
}

double assay_gate_round(const struct assay_gate_block head[ASSAY_GATE_BLOCKS],
                        const struct assay_gate_block base[ASSAY_GATE_BLOCKS])
{
    double ratio[ASSAY_GATE_BLOCKS];
    size_t n = ratios(head, base, false, ratio);
    if (n == 0)
        n = ratios(head, base, true, ratio);
    return n ? assay_stats_median(ratio, n) : NAN;
}

static void close_round_of(struct gate *g, size_t key)
{
    double value = assay_gate_round(g->block[key], g->block[base_of(g, key)]);
    if (isnan(value))
        return;
    struct values *v = &g->values[g->which[key]];
    if (v->n == v->room) {
        double *more = realloc(v->v, (v->room + 64) * sizeof *more);
        if (!more) {
            g->out_of_memory = true;
            return;
        }
        v->v = more;
        v->room += 64;
    }
    v->v[v->n++] = value;
}

static void look(struct gate *g, bool last)
{
    g->look++;
    for (size_t key = 0; key < g->count; key++) {
        struct assay_gate_case *c = &g->result->cases[g->which[key]];
        struct values *v = &g->values[g->which[key]];
        if (!is_open(g, key))
            continue;
        struct assay_gate_pass *p = &c->pass[g->pass - 1];
        p->rounds = (unsigned)v->n;
        p->look = g->look;
        if (g->settings->baseline) {
            const struct assay_rounds *base = &g->settings->baseline->cases[g->which[key]];
            c->state = assay_gate_decide_stored(&c->rule, g->pass, last, v->v, v->n, base->value, base->count,
                                                &p->bound);
        } else {
            c->state = assay_gate_decide(&c->rule, g->pass, last, v->v, v->n, &p->bound);
        }
    }
}

static bool any_open(const struct gate *g)
{
    for (size_t key = 0; key < g->count; key++)
        if (is_open(g, key))
            return true;
    return false;
}

/* A case that went wrong is decided by that. */
static void take_troubles(struct gate *g)
{
    for (size_t key = 0; key < g->count; key++) {
        struct assay_gate_case *c = &g->result->cases[g->which[key]];
        for (unsigned i = 0; i < 2; i++) {
            const struct assay_cell_state *cell =
                assay_engine_cell(&g->engine, i == ASSAY_GATE_BASE ? base_of(g, key) : key, i);
            if (cell->status <= ASSAY_STATUS_PROVED || c->blame & 1u << i)
                continue;
            c->blame |= 1u << i;
            if (c->trouble == ASSAY_STATUS_REFUSED) /* a wrong answer outweighs the rest */
                continue;
            c->trouble = cell->status;
            snprintf(c->reason, sizeof c->reason, "%s", cell->reason);
        }
    }
}

static void on_round(void *data, unsigned round)
{
    struct gate *g = data;
    for (size_t key = 0; key < g->count; key++)
        close_round_of(g, key);
    memset(g->block, 0, (g->count + 1) * sizeof *g->block);
    take_troubles(g);
    double used = now() - g->pass_started;
    bool last = used + used / round > g->pass_time || round == ROUNDS_MAX;
    if (last || used >= look_at[g->look] * g->pass_time)
        look(g, last);
    g->finished = last || g->look == ASSAY_GATE_LOOKS || !any_open(g);
}

static bool on_taken(void *data, unsigned round, unsigned block, const char *key, const char *instance)
{
    struct gate *g = data;
    (void)round, (void)block, (void)instance;
    if (g->settings->baseline && strcmp(g->settings->baseline->control, key) == 0)
        return false;
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->engine.plan->keys[i], key) == 0)
            return !is_open(g, i);
    return true;
}

static bool on_stop(void *data)
{
    struct gate *g = data;
    if (g->outer->stop && g->outer->stop(g->outer->data))
        g->result->stopped = true;
    return g->finished || g->result->stopped || g->out_of_memory;
}

/* Progress by the clock: rounds have no fixed number. */
static void on_progress(void *data, size_t done, size_t total, const char *doing)
{
    struct gate *g = data;
    (void)done, (void)total;
    double share = (now() - g->started) / g->settings->budget_s;
    if (g->outer->progress)
        g->outer->progress(g->outer->data, (size_t)(share * 1000), 1000, doing);
}

static void on_trouble(void *data, const char *instance, const char *key, const char *status,
                       const char *reason)
{
    struct gate *g = data;
    if (g->outer->trouble)
        g->outer->trouble(g->outer->data, instance, key, status, reason);
}

/* Puts the control into the engine's plan, if it is not there as a case to be decided. */
static void add_control(struct gate *g, const char *control, struct assay_plan *out)
{
    for (g->control = 0; g->control < out->count; g->control++)
        if (strcmp(out->keys[g->control], control) == 0)
            return;
    snprintf(out->keys[out->count++], ASSAY_KEY_MAX, "%s", control);
}

/* Of the base's side the engine measures the control alone, and the control's case only where head is gated
 * by it too. */
static void spare(struct gate *g, const struct assay_plan *plan)
{
    for (size_t key = 0; key < plan->count; key++)
        if (key != g->control)
            assay_engine_remember(&g->engine, key, ASSAY_GATE_BASE, ASSAY_STATUS_UNSUPPORTED, "not asked");
    if (g->control == g->count)
        assay_engine_remember(&g->engine, g->control, ASSAY_GATE_HEAD, ASSAY_STATUS_UNSUPPORTED, "not asked");
}

/* The cases that are open, as the engine's plan. */
static bool choose(struct gate *g, const struct assay_plan *plan, struct assay_plan *out)
{
    out->keys = calloc(plan->count + 1, sizeof out->keys[0]);
    out->count = 0;
    for (size_t i = 0; out->keys && i < plan->count; i++) {
        if (g->result->cases[i].state != ASSAY_GATE_OPEN || g->result->cases[i].trouble > ASSAY_STATUS_PROVED)
            continue;
        memcpy(out->keys[out->count], plan->keys[i], ASSAY_KEY_MAX);
        g->which[out->count++] = i;
        g->values[i].n = 0;
    }
    g->count = out->count;
    if (out->keys && out->count > 0 && g->settings->baseline)
        add_control(g, g->settings->baseline->control, out);
    return out->keys != NULL;
}

static void run_pass(struct gate *g, const struct assay_plan *plan, const struct assay_specs *specs,
                     unsigned pass)
{
    const struct assay_baseline *baseline = g->settings->baseline;
    const struct assay_observer observer = {.data = g,
                                            .progress = on_progress,
                                            .trouble = on_trouble,
                                            .stop = on_stop,
                                            .taken = on_taken,
                                            .sample = on_sample,
                                            .round = on_round};
    const struct assay_settings settings = {.seed = g->settings->seed * 2 + pass,
                                            .min_time_ns = baseline ? baseline->sample_ns : SAMPLE_NS,
                                            .rounds = ROUNDS_MAX,
                                            .blocks = baseline ? baseline->blocks : ASSAY_GATE_BLOCKS,
                                            .deadline_ms = DEADLINE_MS};
    struct assay_writer nowhere = {.fd = -1};
    struct assay_plan open;
    double left = g->settings->budget_s - (now() - g->started);
    g->pass = pass;
    g->look = 0;
    g->finished = false;
    g->pass_started = now();
    g->pass_time = pass == 1 ? g->settings->budget_s * FIRST_SHARE : left * LAST_SHARE;
    if (!choose(g, plan, &open)) {
        g->out_of_memory = true;
        return;
    }
    if (open.count > 0 && assay_engine_init(&g->engine, &settings, &open, specs, &observer, &nowhere, 1)) {
        if (baseline)
            spare(g, &open);
        assay_engine_run(&g->engine);
        take_troubles(g);
        for (int i = 0; i < 2; i++)
            snprintf(g->result->lost[i], sizeof g->result->lost[i], "%s", g->engine.lost[i]);
        assay_engine_free(&g->engine);
    }
    assay_plan_free(&open);
}

/* Suspects are open again, for the second pass. */
static bool reopen(struct assay_gate_result *result)
{
    bool any = false;
    for (size_t i = 0; i < result->count; i++) {
        if (result->cases[i].state != ASSAY_GATE_SUSPECT)
            continue;
        result->cases[i].state = ASSAY_GATE_OPEN;
        any = true;
    }
    return any;
}

/* What was open when the gate was stopped, or could not be confirmed for want of time. */
static void close_all(struct assay_gate_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        if (result->cases[i].state == ASSAY_GATE_OPEN || result->cases[i].state == ASSAY_GATE_SUSPECT)
            result->cases[i].state = ASSAY_GATE_INCONCLUSIVE;
}

static bool prepare(struct gate *g, const struct assay_plan *plan)
{
    g->result->cases = calloc(plan->count, sizeof *g->result->cases);
    g->which = calloc(plan->count, sizeof *g->which);
    g->values = calloc(plan->count, sizeof *g->values);
    g->block = calloc(plan->count + 1, sizeof *g->block);
    if (!g->result->cases || !g->which || !g->values || !g->block)
        return false;
    g->result->count = plan->count;
    for (size_t i = 0; i < plan->count; i++) {
        struct assay_gate_case *c = &g->result->cases[i];
        c->key = plan->keys[i];
        if (g->settings->known)
            c->known = g->settings->known[i];
        assay_gate_rule_make(&c->rule, g->settings->threshold, c->known.floor, plan->count);
        if (g->settings->baseline)
            c->rule.drift = log1p(c->known.drift > 0 ? c->known.drift : ASSAY_GATE_DRIFT);
    }
    return true;
}

bool assay_gate_run(const struct assay_gate_settings *settings, const struct assay_plan *plan,
                    const struct assay_specs *specs, const struct assay_observer *observer,
                    struct assay_gate_result *result)
{
    static struct gate g;
    *result = (struct assay_gate_result){.blocks = ASSAY_GATE_BLOCKS};
    g = (struct gate){.settings = settings, .outer = observer, .result = result, .started = now()};
    if (prepare(&g, plan)) {
        run_pass(&g, plan, specs, 1);
        if (!result->stopped && !g.out_of_memory && reopen(result))
            run_pass(&g, plan, specs, 2);
    } else
        g.out_of_memory = true;
    close_all(result);
    result->seconds = now() - g.started;
    for (size_t i = 0; g.values && i < result->count; i++)
        free(g.values[i].v);
    free(g.values);
    free(g.which);
    free(g.block);
    return !g.out_of_memory;
}

void assay_gate_free(struct assay_gate_result *result)
{
    free(result->cases);
    json_decref(result->identity[ASSAY_GATE_BASE]);
    json_decref(result->identity[ASSAY_GATE_HEAD]);
    *result = (struct assay_gate_result){.cases = NULL};
}

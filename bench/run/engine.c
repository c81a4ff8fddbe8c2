/* SPDX-License-Identifier: Apache-2.0
 *
 * Rounds, blocks and samples. Whatever goes wrong costs the cell it happened in, and is recorded.
 */
#include "bench/run/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_OPERATIONS 20u /* no figure rests on fewer */

const char *assay_status_name(enum assay_status status)
{
    static const char *const names[] = {"open", "proved", "unsupported", "refused", "failed"};
    return names[status];
}

struct assay_cell_state *assay_engine_cell(const struct assay_engine *e, size_t key, size_t instance)
{
    return &e->cells[key * e->specs->count + instance];
}

static void record_cell(struct assay_engine *e, size_t key, size_t instance)
{
    struct assay_cell_state *cell = assay_engine_cell(e, key, instance);
    json_t *record =
        json_pack("{s:s,s:i,s:s,s:s,s:s}", "type", "cell", "round", (int)e->round, "case", e->plan->keys[key],
                  "instance", e->specs->spec[instance].name, "status", assay_status_name(cell->status));
    if (cell->reason[0])
        json_object_set_new(record, "reason", assay_json_text(cell->reason));
    if (cell->facts)
        json_object_update(record, cell->facts);
    if (cell->iterations)
        json_object_set_new(record, "iterations", json_integer((json_int_t)cell->iterations));
    assay_writer_record(e->writer, record);
}

void assay_engine_settle(struct assay_engine *e, size_t key, size_t instance, enum assay_status status,
                         const char *reason)
{
    struct assay_cell_state *cell = assay_engine_cell(e, key, instance);
    cell->status = status;
    snprintf(cell->reason, sizeof cell->reason, "%s", reason);
    record_cell(e, key, instance);
    if (status != ASSAY_STATUS_UNSUPPORTED && status != ASSAY_STATUS_PROVED && e->observer->trouble)
        e->observer->trouble(e->observer->data, e->specs->spec[instance].name, e->plan->keys[key],
                             assay_status_name(status), reason);
}

bool assay_engine_ready(const struct assay_engine *e, size_t key, size_t instance)
{
    return e->process[instance].pid > 0 && assay_engine_cell(e, key, instance)->status == ASSAY_STATUS_PROVED;
}

json_t *assay_engine_ask(struct assay_engine *e, size_t key, size_t instance, json_t *message,
                         unsigned extra_ms)
{
    static const enum assay_status settled[] = {
        [ASSAY_ASK_UNSUPPORTED] = ASSAY_STATUS_UNSUPPORTED,
        [ASSAY_ASK_WRONG] = ASSAY_STATUS_REFUSED,
        [ASSAY_ASK_FAILED] = ASSAY_STATUS_FAILED,
        [ASSAY_ASK_DEAD] = ASSAY_STATUS_FAILED,
    };
    char why[ASSAY_WHY_MAX];
    json_t *reply;
    json_object_set_new(message, "case", json_string(e->plan->keys[key]));
    enum assay_ask ask = assay_process_ask(&e->process[instance], message,
                                           (int)(e->settings->deadline_ms + extra_ms), &reply, why);
    if (ask != ASSAY_ASK_OK)
        assay_engine_settle(e, key, instance, settled[ask], why);
    return reply;
}

static void record_instance(struct assay_engine *e, size_t instance)
{
    const struct assay_spec *spec = &e->specs->spec[instance];
    json_t *record =
        json_pack("{s:s,s:i,s:s}", "type", "instance", "round", (int)e->round, "instance", spec->name);
    json_t *more = assay_instance_json(spec, e->process[instance].identity, e->lost[instance]);
    json_object_update(record, more);
    json_decref(more);
    assay_writer_record(e->writer, record);
}

/* A worker for an instance, fresh when the last one is gone. An instance that cannot be loaded fails all its
 * cells. */
static bool have_worker(struct assay_engine *e, size_t instance)
{
    if (e->process[instance].pid > 0)
        return true;
    if (e->lost[instance][0])
        return false;
    if (!assay_process_start(&e->process[instance], &e->specs->spec[instance], e->cpus,
                             (int)e->settings->deadline_ms, e->lost[instance])) {
        record_instance(e, instance);
        if (e->observer->trouble)
            e->observer->trouble(e->observer->data, e->specs->spec[instance].name, NULL, "failed",
                                 e->lost[instance]);
        return false;
    }
    e->lost[instance][0] = '\0';
    return true;
}

/* Makes sure that a live cell has a worker to run in. */
static bool can_start(struct assay_engine *e, size_t key, size_t instance)
{
    struct assay_cell_state *cell = assay_engine_cell(e, key, instance);
    if (cell->status > ASSAY_STATUS_PROVED)
        return false;
    cell->status = ASSAY_STATUS_OPEN; /* to be proved again in this round's process */
    if (have_worker(e, instance))
        return true;
    cell->status = ASSAY_STATUS_FAILED;
    snprintf(cell->reason, sizeof cell->reason, "%s", e->lost[instance]);
    record_cell(e, key, instance);
    return false;
}

static void calibrate(struct assay_engine *e, size_t key, size_t instance)
{
    uint64_t samples = (uint64_t)e->settings->rounds * e->settings->blocks;
    uint64_t least = (LEAST_OPERATIONS + samples - 1) / samples;
    json_t *reply = assay_engine_ask(
        e, key, instance,
        json_pack("{s:s,s:I}", "cmd", "calibrate", "min_ns", (json_int_t)e->settings->min_time_ns),
        (unsigned)(e->settings->min_time_ns / 1000000 * 50));
    json_int_t iterations = json_integer_value(json_object_get(reply, "iterations"));
    if (reply && iterations < 1)
        assay_engine_settle(e, key, instance, ASSAY_STATUS_FAILED, "protocol: calibrate told no iterations");
    json_decref(reply);
    struct assay_cell_state *cell = assay_engine_cell(e, key, instance);
    if (cell->status != ASSAY_STATUS_PROVED)
        return;
    cell->iterations = (uint64_t)iterations > least ? (uint64_t)iterations : least;
    record_cell(e, key, instance);
}

static void sample(struct assay_engine *e, size_t key, size_t instance, unsigned block, size_t order)
{
    struct assay_cell_state *cell = assay_engine_cell(e, key, instance);
    json_t *reply = assay_engine_ask(
        e, key, instance, json_pack("{s:s,s:I}", "cmd", "sample", "iterations", (json_int_t)cell->iterations),
        (unsigned)(e->settings->min_time_ns / 1000000 * 50));
    if (!reply)
        return;
    if (json_integer_value(json_object_get(reply, "ns")) < 1 ||
        json_integer_value(json_object_get(reply, "iterations")) < 1) {
        json_decref(reply);
        assay_engine_settle(e, key, instance, ASSAY_STATUS_FAILED, "protocol: a sample without a time");
        return;
    }
    json_t *record =
        json_pack("{s:s,s:i,s:i,s:i,s:s,s:s}", "type", "sample", "round", (int)e->round, "block", (int)block,
                  "order", (int)order, "case", e->plan->keys[key], "instance", e->specs->spec[instance].name);
    if (e->observer->sample)
        e->observer->sample(e->observer->data, block, key, instance,
                            (double)json_integer_value(json_object_get(reply, "ns")) /
                                (double)json_integer_value(json_object_get(reply, "iterations")),
                            json_integer_value(json_object_get(reply, "switches")) > 0);
    e->switches += json_integer_value(json_object_get(reply, "switches"));
    e->samples++;
    json_object_update(record, reply);
    json_object_del(record, "ok");
    json_decref(reply);
    assay_writer_record(e->writer, record);
}

/* An offered load, which takes at most four times its length (bench/worker/offer.c). */
static void offer(struct assay_engine *e, size_t key, size_t instance, unsigned block, size_t order)
{
    const struct assay_settings *s = e->settings;
    json_t *reply = assay_engine_ask(e, key, instance,
                                     json_pack("{s:s,s:I,s:f,s:I}", "cmd", "offer", "ns",
                                               (json_int_t)s->min_time_ns, "rate", s->rate, "seed",
                                               (json_int_t)(s->seed * 1000003u + e->round * 1009u + block)),
                                     (unsigned)(s->min_time_ns / 1000000 * 4));
    if (!reply)
        return;
    if (json_integer_value(json_object_get(reply, "requests")) < 1) {
        json_decref(reply);
        assay_engine_settle(e, key, instance, ASSAY_STATUS_FAILED,
                            "no request arrived in that time: offer a higher rate, or for longer");
        return;
    }
    json_t *record = json_pack("{s:s,s:i,s:i,s:i,s:s,s:s,s:f}", "type", "latency", "round", (int)e->round,
                               "block", (int)block, "order", (int)order, "case", e->plan->keys[key],
                               "instance", e->specs->spec[instance].name, "rate", s->rate);
    e->switches += json_integer_value(json_object_get(reply, "switches"));
    e->samples++;
    json_object_update(record, reply);
    json_object_del(record, "ok");
    json_decref(reply);
    assay_writer_record(e->writer, record);
}

static bool stopping(struct assay_engine *e)
{
    if (!e->stopped && ((e->observer->stop && e->observer->stop(e->observer->data)) || e->writer->failed))
        e->stopped = true;
    return e->stopped;
}

static bool block_taken(const struct assay_engine *e, size_t key, unsigned block)
{
    for (size_t i = 0; i < e->specs->count; i++)
        if (!e->observer->taken || !e->observer->taken(e->observer->data, e->round, block, e->plan->keys[key],
                                                       e->specs->spec[i].name))
            return false;
    return true;
}

static bool case_taken(const struct assay_engine *e, size_t key)
{
    for (unsigned block = 1; block <= e->settings->blocks; block++)
        if (!block_taken(e, key, block))
            return false;
    return !e->settings->check_only;
}

static bool round_taken(const struct assay_engine *e)
{
    for (size_t key = 0; key < e->plan->count; key++)
        if (!case_taken(e, key))
            return false;
    return true;
}

static void reverse(size_t *order, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        size_t kept = order[i];
        order[i] = order[n - 1 - i];
        order[n - 1 - i] = kept;
    }
}

/* Each second block runs in the reverse order of the one before (ABBA, BAAB): what drifts steadily cancels.
 */
static void measure_blocks(struct assay_engine *e, size_t key)
{
    size_t n = e->specs->count, order[ASSAY_INSTANCES_MAX];
    for (size_t i = 0; i < n && !stopping(e); i++)
        if (assay_engine_ready(e, key, i))
            calibrate(e, key, i);
    for (unsigned block = 1; block <= e->settings->blocks && !stopping(e); block++) {
        if (block % 2)
            assay_shuffle(order, n, &e->random);
        else
            reverse(order, n);
        if (block_taken(e, key, block))
            continue;
        for (size_t i = 0; i < n && !stopping(e); i++)
            if (assay_engine_ready(e, key, order[i]))
                (e->settings->offered ? offer : sample)(e, key, order[i], block, i);
    }
}

static void measure_case(struct assay_engine *e, size_t key)
{
    if (case_taken(e, key))
        return;
    for (size_t i = 0; i < e->specs->count; i++)
        can_start(e, key, i);
    assay_engine_prove(e, key);
    if (!e->settings->check_only)
        measure_blocks(e, key);
    for (size_t i = 0; i < e->specs->count; i++) {
        if (assay_engine_cell(e, key, i)->facts && e->process[i].pid > 0)
            json_decref(assay_engine_ask(e, key, i, json_pack("{s:s}", "cmd", "close"), 0));
        json_decref(assay_engine_cell(e, key, i)->facts);
        assay_engine_cell(e, key, i)->facts = NULL;
    }
}

static void stop_workers(struct assay_engine *e)
{
    char why[ASSAY_WHY_MAX];
    for (size_t i = 0; i < e->specs->count; i++) {
        bool well = !e->metrics || e->process[i].pid <= 0 ||
                    assay_metrics_collect(&e->process[i], (int)e->settings->deadline_ms, e->metrics, why);
        if ((!well || !assay_process_stop(&e->process[i], why)) && e->observer->trouble)
            e->observer->trouble(e->observer->data, e->specs->spec[i].name, NULL, "note", why);
        if (!well)
            (void)assay_process_stop(&e->process[i], why);
    }
}

static void run_round(struct assay_engine *e, size_t *order)
{
    struct assay_noise before, after;
    e->random = e->settings->seed * 1000003u + e->round;
    e->switches = 0;
    if (round_taken(e)) {
        e->steps_done += e->plan->count;
        return;
    }
    assay_shuffle(order, e->plan->count, &e->random);
    assay_noise_read(&before);
    for (size_t i = 0; i < e->specs->count; i++)
        if (have_worker(e, i))
            record_instance(e, i);
    for (size_t i = 0; i < e->plan->count && !stopping(e); i++, e->steps_done++) {
        if (e->observer->progress)
            e->observer->progress(e->observer->data, e->steps_done, e->steps, e->plan->keys[order[i]]);
        measure_case(e, order[i]);
    }
    stop_workers(e);
    assay_noise_read(&after);
    e->all_switches += e->switches;
    if (!e->stopped)
        assay_writer_record(e->writer, json_pack("{s:s,s:i,s:o}", "type", "round", "round", (int)e->round,
                                                 "noise", assay_noise_json(&before, &after, e->switches)));
    assay_writer_sync(e->writer);
    if (e->observer->round)
        e->observer->round(e->observer->data, e->round);
}

bool assay_engine_init(struct assay_engine *e, const struct assay_settings *settings,
                       const struct assay_plan *plan, const struct assay_specs *specs,
                       const struct assay_observer *observer, struct assay_writer *writer,
                       unsigned max_threads)
{
    memset(e, 0, sizeof *e);
    e->settings = settings;
    e->plan = plan;
    e->specs = specs;
    e->observer = observer;
    e->writer = writer;
    e->steps = plan->count * settings->rounds;
    e->cells = calloc(plan->count * specs->count, sizeof *e->cells);
    assay_cpus_leave(assay_cpus_for(max_threads, e->cpus, sizeof e->cpus));
    return e->cells != NULL;
}

void assay_engine_remember(struct assay_engine *e, size_t key, size_t instance, enum assay_status status,
                           const char *reason)
{
    struct assay_cell_state *cell = assay_engine_cell(e, key, instance);
    cell->status = status;
    snprintf(cell->reason, sizeof cell->reason, "%s", reason);
}

void assay_engine_run(struct assay_engine *e)
{
    size_t *order = calloc(e->plan->count, sizeof *order);
    for (e->round = 1; order && e->round <= e->settings->rounds && !stopping(e); e->round++)
        run_round(e, order);
    free(order);
}

void assay_engine_free(struct assay_engine *e)
{
    stop_workers(e);
    free(e->cells);
    e->cells = NULL;
}

int assay_engine_verdict(const struct assay_engine *e)
{
    bool failed = false;
    for (size_t i = 0; i < e->plan->count * e->specs->count; i++) {
        if (e->cells[i].status == ASSAY_STATUS_REFUSED)
            return 3;
        failed = failed || e->cells[i].status == ASSAY_STATUS_FAILED;
    }
    return failed ? 1 : 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of a run file after the first. results/schema/run.schema.json says the same in another
 * language; a test holds the two together.
 */
#include "bench/store/records.h"

#include <stdlib.h>
#include <string.h>

/* What the instance set for its worker: kept in the file for a reader's eyes. */
static bool check_environment(struct loader *l, const json_t *record)
{
    const json_t *environment;
    const char *name, *value;
    json_t *unused;
    if (!loader_get_object(l, record, "environment", &environment))
        return false;
    json_object_foreach((json_t *)(uintptr_t)environment, name, unused)
    {
        (void)unused;
        if (!loader_get_text(l, environment, name, &value))
            return false;
    }
    return true;
}

static bool record_instance(struct loader *l, const json_t *record)
{
    uint32_t index, round;
    struct assay_run_instance got = {0};
    if (!loader_get_member(l, record, "instance", l->run->memory->instance_index, &index) ||
        !loader_get_round(l, record, "round", &round) || !loader_get_text(l, record, "module", &got.module) ||
        !loader_get_text(l, record, "library", &got.library) ||
        !loader_get_text(l, record, "version", &got.version) ||
        !loader_get_text(l, record, "path", &got.path) ||
        !loader_get_text(l, record, "build_id", &got.build_id) ||
        !loader_get_text(l, record, "provider", &got.provider) ||
        !loader_get_text(l, record, "variant", &got.variant) ||
        !loader_get_bool(l, record, "fips_asked", &got.fips_asked) ||
        !loader_get_bool(l, record, "fips_active", &got.fips_active) ||
        !loader_get_text(l, record, "error", &got.error) || !check_environment(l, record))
        return false;
    struct assay_run_instance *in = &l->run->instances[index];
    l->run->ended = false;
    if (*got.error) {
        in->error = got.error;
        return true;
    }
    got.name = in->name;
    got.seen = true;
    got.changed = in->changed ||
                  (in->seen && (strcmp(in->version, got.version) != 0 || strcmp(in->path, got.path) != 0 ||
                                strcmp(in->build_id, got.build_id) != 0));
    *in = got;
    return true;
}

static bool cell_status(struct loader *l, const json_t *record, enum assay_cell_status *out)
{
    const char *name = json_string_value(json_object_get(record, "status"));
    for (int s = ASSAY_CELL_PROVED; s <= ASSAY_CELL_FAILED; s++)
        if (name && strcmp(name, assay_cell_status_name((enum assay_cell_status)s)) == 0) {
            *out = (enum assay_cell_status)s;
            return true;
        }
    return loader_fail(l, "\"status\" must be proved, unsupported, refused or failed");
}

/* "batched" is a text or a truth value: how a batch was really run. */
static bool cell_batched(struct loader *l, const json_t *record, const char **out)
{
    const json_t *v = json_object_get(record, "batched");
    if (json_is_boolean(v)) {
        *out = json_is_true(v) ? "yes" : "no";
        return true;
    }
    return loader_get_text(l, record, "batched", out);
}

static bool record_cell(struct loader *l, const json_t *record)
{
    struct assay_run *run = l->run;
    uint32_t c, i;
    struct assay_cell cell = {.sides = {"", ""}};
    const char *unit;
    const json_t *sides;
    if (!loader_get_member(l, record, "case", run->memory->case_index, &c) ||
        !loader_get_member(l, record, "instance", run->memory->instance_index, &i) ||
        !loader_get_round(l, record, "round", &cell.round) || !cell_status(l, record, &cell.status) ||
        !loader_get_text(l, record, "reason", &cell.reason) ||
        !loader_get_u64(l, record, "answers", &cell.answers) ||
        !loader_get_u64(l, record, "negatives", &cell.negatives) ||
        !loader_get_text(l, record, "digest", &cell.digest) ||
        !loader_get_text(l, record, "algorithm", &cell.algorithm) ||
        !loader_get_text(l, record, "provider", &cell.provider) ||
        !loader_get_u64(l, record, "iterations", &cell.iterations) ||
        !loader_get_u64(l, record, "bytes", &cell.bytes) || !cell_batched(l, record, &cell.batched) ||
        !loader_get_text(l, record, "unit", &unit) || !loader_get_array(l, record, "sides", &sides))
        return false;
    if (*unit && strcmp(unit, "bytes") != 0 && strcmp(unit, "ops") != 0)
        return loader_fail(l, "\"unit\" must be bytes or ops");
    cell.unit_bytes = strcmp(unit, "bytes") == 0;
    for (size_t s = 0; s < json_array_size(sides) && s < ASSAY_RUN_SIDES; s++) {
        const char *name = json_string_value(json_array_get(sides, s));
        if (!name)
            return loader_fail(l, "\"sides\" must be a list of names");
        if (!(cell.sides[s] = loader_text(l, name)))
            return false;
    }
    run->ended = false;
    run->cells[c * run->instance_count + i] = cell;
    return true;
}

void *loader_grow(struct loader *l, void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    size_t more = *room ? *room * 2 : 1024;
    void *bigger = more < SIZE_MAX / size ? realloc(array, more * size) : NULL;
    if (!bigger) {
        loader_fail(l, "not enough memory");
        return NULL;
    }
    *room = more;
    return bigger;
}

static bool record_sample(struct loader *l, const json_t *record)
{
    struct assay_run *run = l->run;
    struct assay_sample s = {.line = l->line};
    uint64_t order;
    const json_t *sides;
    if (!loader_get_member(l, record, "case", run->memory->case_index, &s.case_index) ||
        !loader_get_member(l, record, "instance", run->memory->instance_index, &s.instance_index) ||
        !loader_get_round(l, record, "round", &s.round) || !loader_get_round(l, record, "block", &s.block) ||
        !loader_get_u64(l, record, "order", &order) ||
        !loader_get_positive(l, record, "iterations", INT64_MAX, &s.iterations) ||
        !loader_get_positive(l, record, "ns", INT64_MAX, &s.ns) ||
        !loader_get_u64(l, record, "ticks", &s.ticks) || !loader_get_u64(l, record, "cycles", &s.cycles) ||
        !loader_get_u64(l, record, "instructions", &s.instructions) ||
        !loader_get_u64(l, record, "switches", &s.switches) ||
        !loader_get_array(l, record, "side_ns", &sides))
        return false;
    s.order = (uint32_t)order;
    if (sides && json_array_size(sides) != ASSAY_RUN_SIDES)
        return loader_fail(l, "\"side_ns\" must list %d numbers", ASSAY_RUN_SIDES);
    for (size_t i = 0; sides && i < ASSAY_RUN_SIDES; i++) {
        const json_t *v = json_array_get(sides, i);
        if (!json_is_integer(v) || json_integer_value(v) < 0)
            return loader_fail(l, "\"side_ns\" must list whole numbers, 0 or more");
        s.side_ns[i] = (uint64_t)json_integer_value(v);
    }
    s.has_sides = sides != NULL;
    struct assay_sample *samples =
        loader_grow(l, run->samples, run->sample_count, &l->samples_room, sizeof *run->samples);
    if (!samples)
        return false;
    run->samples = samples;
    run->samples[run->sample_count++] = s;
    run->ended = false;
    return true;
}

static bool record_round(struct loader *l, const json_t *record)
{
    struct assay_run *run = l->run;
    struct assay_run_round r = {0};
    const json_t *noise;
    if (!loader_get_round(l, record, "round", &r.round) || !loader_get_object(l, record, "noise", &noise))
        return false;
    if (!noise)
        return true;
    if (!loader_get_number(l, noise, "steal_ppm", &r.steal_ppm) ||
        !loader_get_number(l, noise, "load1", &r.load1) ||
        !loader_get_number(l, noise, "mhz_before", &r.mhz_before) ||
        !loader_get_number(l, noise, "mhz_after", &r.mhz_after) ||
        !loader_get_u64(l, noise, "switches", &r.switches))
        return false;
    struct assay_run_round *rounds =
        loader_grow(l, run->noise, run->noise_count, &l->noise_room, sizeof *run->noise);
    if (!rounds)
        return false;
    run->noise = rounds;
    run->noise[run->noise_count++] = r;
    return true;
}

static bool record_end(struct loader *l, const json_t *record)
{
    struct assay_run *run = l->run;
    const json_t *noise, *why;
    const char *verdict;
    if (!loader_get_bool(l, record, "complete", &run->complete) ||
        !loader_get_bool(l, record, "interrupted", &run->interrupted) ||
        !loader_get_object(l, record, "noise", &noise) || !loader_get_text(l, noise, "verdict", &verdict) ||
        !loader_get_array(l, noise, "why", &why))
        return false;
    if (*verdict && strcmp(verdict, "quiet") != 0 && strcmp(verdict, "noisy") != 0)
        return loader_fail(l, "\"verdict\" must be quiet or noisy");
    size_t n = json_array_size(why);
    const char **reasons = loader_alloc(l, n, sizeof *reasons);
    if (!reasons)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *reason = json_string_value(json_array_get(why, i));
        if (!reason)
            return loader_fail(l, "\"why\" must be a list of strings");
        if (!(reasons[i] = loader_text(l, reason)))
            return false;
    }
    run->noise_why = reasons;
    run->noise_why_count = n;
    run->noisy = strcmp(verdict, "noisy") == 0;
    run->ended = true;
    return true;
}

bool loader_record(struct loader *l, const json_t *record)
{
    static const struct {
        const char *type;
        bool (*read)(struct loader *, const json_t *);
    } readers[] = {{"run", loader_record_run},        {"instance", record_instance}, {"cell", record_cell},
                   {"sample", record_sample},         {"round", record_round},       {"end", record_end},
                   {"latency", loader_record_latency}};
    const char *type = json_string_value(json_object_get(record, "type"));
    if (!l->have_run && type && strcmp(type, "drills") == 0)
        return loader_fail(l, "a file of drills, which assay drill --show prints");
    if (!l->have_run && (!type || strcmp(type, "run") != 0))
        return loader_fail(l, "no run file of assay: the first line is not a \"run\" record");
    if (!type)
        return loader_fail(l, "no record: \"type\" is missing");
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(type, readers[i].type) == 0)
            return readers[i].read(l, record);
    return true;
}

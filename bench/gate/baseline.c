/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/gate/baseline.h"

#include "bench/run/machine.h"
#include "bench/stats/stats.h"
#include "bench/stats/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS 60000

static bool has_samples(const struct assay_run *run, size_t key, size_t instance)
{
    const struct assay_cell *cell = assay_run_file_cell(run, key, instance);
    return cell->status == ASSAY_CELL_PROVED && cell->sample_count > 0;
}

static bool check_machine(const struct assay_run *run, char *why, size_t why_size)
{
    json_t *machine = assay_machine_json();
    const char *here = json_string_value(json_object_get(machine, "cpu"));
    bool same = here && strcmp(here, run->cpu) == 0;
    if (!same)
        snprintf(why, why_size, "%s: \"cpu\": of another CPU, %s; this is %s", run->file, run->cpu,
                 here ? here : "unknown");
    json_decref(machine);
    return same;
}

static bool find_instance(const struct assay_run *run, const char *name, size_t *out, char *why,
                          size_t why_size)
{
    int found = assay_run_file_find_instance(run, name);
    if (found >= 0 && run->instances[found].seen && !run->instances[found].changed) {
        *out = (size_t)found;
        return true;
    }
    int n = snprintf(why, why_size, "%s: \"instance\": %s", run->file,
                     found < 0                       ? "it has no"
                     : run->instances[found].changed ? "in it changed"
                                                     : "never loaded in it");
    if (n > 0 && (size_t)n < why_size)
        n += snprintf(why + n, why_size - (size_t)n, " %s; it has", name);
    for (size_t i = 0; n > 0 && (size_t)n < why_size && i < run->instance_count; i++)
        n += snprintf(why + n, why_size - (size_t)n, "%s %s", i ? "," : "", run->instances[i].name);
    return false;
}

/* Does an instance load here the very code that the run saw? */
static bool is_unchanged(const struct assay_run *run, size_t instance, char *why, size_t why_size)
{
    const struct assay_run_instance *then = &run->instances[instance];
    struct assay_process process;
    struct assay_specs specs;
    char cpus[64], text[ASSAY_WHY_MAX];
    if (!assay_specs_parse(&specs, then->name, why, why_size))
        return false;
    assay_cpus_for(1, cpus, sizeof cpus);
    bool same = false;
    if (specs.count != 1)
        snprintf(why, why_size, "%s: control %s names %zu instances, not one", run->file, then->name,
                 specs.count);
    else if (!assay_process_start(&process, &specs.spec[0], cpus, START_MS, text))
        snprintf(why, why_size, "%s: control %s: %s", run->file, then->name, text);
    else {
        const char *id = json_string_value(json_object_get(process.identity, "build_id"));
        const char *version = json_string_value(json_object_get(process.identity, "version"));
        same = id && version && strcmp(id, then->build_id) == 0 && strcmp(version, then->version) == 0;
        if (!same)
            snprintf(
                why, why_size,
                "%s: \"build_id\": control %s was %s (%s), and is %s (%s) here; a control's code must not "
                "have changed",
                run->file, then->name, then->build_id, then->version, id ? id : "", version ? version : "");
        assay_process_stop(&process, text);
    }
    assay_specs_free(&specs);
    return same;
}

static bool take_control(struct assay_baseline *b, const char *control, char *why, size_t why_size)
{
    const char *at = strchr(control, '@');
    size_t length = at ? (size_t)(at - control) : strlen(control);
    snprintf(b->control, sizeof b->control, "%.*s", (int)length, control);
    int key = length < sizeof b->control ? assay_run_file_find_case(b->run, b->control) : -1;
    b->control_instance = b->instance;
    if (at && !find_instance(b->run, at + 1, &b->control_instance, why, why_size))
        return false;
    if (key >= 0 && has_samples(b->run, (size_t)key, b->control_instance))
        return is_unchanged(b->run, b->control_instance, why, why_size);
    snprintf(why, why_size, "%s: --control '%s': it has no samples of %s", b->run->file, control, b->control);
    return false;
}

static bool is_portable(const struct assay_run *run, size_t instance)
{
    return strcmp(run->instances[instance].name, "native:portable") == 0;
}

/* native:portable, then the others. */
static bool choose_control(struct assay_baseline *b, char *why, size_t why_size)
{
    const struct assay_run *run = b->run;
    int key = assay_run_file_find_case(run, ASSAY_GATE_CONTROL);
    char text[1024] = "";
    for (int portable = 1; key >= 0 && portable >= 0; portable--)
        for (size_t i = 0; i < run->instance_count; i++) {
            const struct assay_run_instance *other = &run->instances[i];
            if (i == b->instance ||
                strchr(other->name, '/') || /* a module is loaded only where it is asked for */
                is_portable(run, i) != (bool)portable || !other->seen || other->changed ||
                assay_instance_is_probe(other->name) || !has_samples(run, (size_t)key, i) ||
                !is_unchanged(run, i, text, sizeof text))
                continue;
            snprintf(b->control, sizeof b->control, "%s", ASSAY_GATE_CONTROL);
            b->control_instance = i;
            return true;
        }
    snprintf(why, why_size,
             "%s: it has no control: %s of an instance other than %s that is here as it was then, such as "
             "native:portable; --control CASE@INSTANCE names another%s%s",
             run->file, ASSAY_GATE_CONTROL, run->instances[b->instance].name, *text ? "; " : "", text);
    return false;
}

bool assay_baseline_open(struct assay_baseline *b, const char *path, const char *instance,
                         const char *control, char *why, size_t why_size)
{
    *b = (struct assay_baseline){.run = NULL};
    if (!assay_run_file_load(path, &b->run, why, why_size))
        return false;
    uint64_t blocks = b->run->blocks;
    b->sample_ns = b->run->min_time_ns;
    b->blocks = blocks && blocks < ASSAY_GATE_BLOCKS ? (unsigned)blocks : ASSAY_GATE_BLOCKS;
    if (b->sample_ns >= 1000 && b->sample_ns <= 10000000000u) {
        if (check_machine(b->run, why, why_size) &&
            find_instance(b->run, instance, &b->instance, why, why_size) &&
            (control ? take_control(b, control, why, why_size) : choose_control(b, why, why_size)))
            return true;
    } else
        snprintf(why, why_size, "%s: \"min_time_ns\": %llu is no time of a sample", path,
                 (unsigned long long)b->sample_ns);
    assay_baseline_free(b);
    return false;
}

/* One case's values of all rounds; blocks beyond a gate's are left out, as it would not take them. */
static bool read_case(const struct assay_baseline *b, size_t key, struct assay_rounds *out)
{
    const struct assay_run *run = b->run;
    const struct assay_cell *cell = assay_run_file_cell(run, key, b->instance);
    size_t control = (size_t)assay_run_file_find_case(run, b->control);
    out->value = calloc(cell->sample_count, sizeof *out->value);
    for (size_t i = 0; out->value && i < cell->sample_count;) {
        struct assay_gate_block block[ASSAY_GATE_BLOCKS] = {0};
        uint32_t round = cell->samples[i].round;
        for (; i < cell->sample_count && cell->samples[i].round == round; i++) {
            const struct assay_sample *s = &cell->samples[i], *c;
            if (s->block < 1 || s->block > b->blocks ||
                !(c = assay_run_file_sample(run, control, b->control_instance, round, s->block)))
                continue;
            block[s->block - 1] = (struct assay_gate_block){
                .ns = {(double)c->ns / (double)c->iterations, (double)s->ns / (double)s->iterations},
                .interrupted = s->switches > 0 || c->switches > 0};
        }
        double value = assay_gate_round(block, block);
        if (!isnan(value))
            out->value[out->count++] = value;
    }
    return out->value != NULL;
}

bool assay_baseline_read(struct assay_baseline *b, const struct assay_plan *plan, size_t least, char *why,
                         size_t why_size)
{
    const char *name = b->run->instances[b->instance].name;
    b->cases = calloc(plan->count, sizeof *b->cases);
    for (; b->cases && b->count < plan->count; b->count++) {
        int key = assay_run_file_find_case(b->run, plan->keys[b->count]);
        if (key < 0 || !has_samples(b->run, (size_t)key, b->instance)) {
            snprintf(why, why_size, "%s: \"cases\": it has no samples of %s of %s", b->run->file,
                     plan->keys[b->count], name);
            return false;
        }
        struct assay_rounds *r = &b->cases[b->count];
        if (!read_case(b, (size_t)key, r))
            break;
        if (r->count < least) {
            b->count++;
            snprintf(why, why_size,
                     "%s: \"rounds\": %zu with %s of %s and its control, where at least %zu are needed for a "
                     "bound; assay run --rounds 40",
                     b->run->file, r->count, plan->keys[b->count - 1], name, least);
            return false;
        }
    }
    if (b->cases && b->count == plan->count)
        return true;
    snprintf(why, why_size, "out of memory");
    return false;
}

void assay_baseline_free(struct assay_baseline *b)
{
    for (size_t i = 0; i < b->count; i++)
        free(b->cases[i].value);
    free(b->cases);
    assay_run_file_free(b->run);
    *b = (struct assay_baseline){.run = NULL};
}

void assay_baseline_control(const struct assay_baseline *b, char *out, size_t size)
{
    snprintf(out, size, "%s@%s", b->control, b->run->instances[b->control_instance].name);
}

json_t *assay_baseline_identity(const struct assay_baseline *b)
{
    const struct assay_run_instance *i = &b->run->instances[b->instance];
    return json_pack("{s:s,s:s,s:s,s:s,s:s}", "library", i->library, "version", i->version, "build_id",
                     i->build_id, "provider", i->provider, "variant", i->variant);
}

double assay_baseline_drift(struct assay_baseline *const *runs, size_t count, size_t key)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double median = assay_stats_median(runs[i]->cases[key].value, runs[i]->cases[key].count);
        low = fmin(low, median);
        high = fmax(high, median);
    }
    return expm1(high - low);
}

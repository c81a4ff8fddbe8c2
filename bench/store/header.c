/* SPDX-License-Identifier: Apache-2.0
 *
 * The first record of a run file: what was asked, of whom, on which machine.
 */
#include "bench/store/records.h"

#include <string.h>

#define KEY_MAX 512 /* no honest key comes near it */

static bool is_number(const char *text, size_t size, uint64_t *out)
{
    if (size == 0 || size > 18)
        return false;
    *out = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(text[i] - '0');
    }
    return true;
}

/* KERNEL/VALUE/…/tTHREADS; the last value that is a plain number is the size. */
static bool split_key(struct loader *l, struct assay_run_case *c, const char *key)
{
    size_t size = strlen(key) + 1;
    if (size > KEY_MAX)
        return loader_fail(l, "\"cases\" lists a key of more than %d bytes", KEY_MAX);
    char *kernel = loader_alloc(l, size, 1), *values = loader_alloc(l, size, 1);
    char *series = loader_alloc(l, size, 1);
    if (!kernel || !values || !series)
        return false;
    c->key = loader_text(l, key);
    c->kernel = kernel;
    c->values = values;
    c->series = series;
    c->threads = 1;
    if (!c->key)
        return false;
    size_t head = strcspn(c->key, "/");
    memcpy(kernel, c->key, head);
    if (c->key[head] == '\0')
        return true;
    strcpy(values, c->key + head + 1);
    char *last = strrchr(values, '/');
    uint64_t n;
    char *tail = last ? last + 1 : values;
    if (tail[0] == 't' && is_number(tail + 1, strlen(tail + 1), &n) && n > 0 && n <= 65536) {
        c->threads = (unsigned)n;
        *(last ? last : values) = '\0';
    }
    const char *size_at = NULL;
    for (const char *p = values; *p;) {
        size_t length = strcspn(p, "/");
        if (is_number(p, length, &n)) {
            size_at = p;
            c->has_size = true;
            c->size = n;
        }
        p += length + (p[length] == '/');
    }
    for (const char *p = values; *p;) {
        size_t length = strcspn(p, "/");
        if (p != size_at) {
            if (*series)
                strcat(series, "/");
            strncat(series, p, length);
        }
        p += length + (p[length] == '/');
    }
    return true;
}

static bool run_lists(struct loader *l, const json_t *record)
{
    struct assay_run *run = l->run;
    const json_t *instances, *cases;
    if (!loader_get_array(l, record, "instances", &instances) ||
        !loader_get_array(l, record, "cases", &cases))
        return false;
    run->instance_count = json_array_size(instances);
    run->case_count = json_array_size(cases);
    if (run->instance_count == 0 || run->instance_count > ASSAY_RUN_INSTANCES)
        return loader_fail(l, "\"instances\" must list 1 to %d names", ASSAY_RUN_INSTANCES);
    if (run->case_count > ASSAY_RUN_CASES)
        return loader_fail(l, "\"cases\" lists more than %d", ASSAY_RUN_CASES);
    run->instances = loader_alloc(l, run->instance_count, sizeof *run->instances);
    run->cases = loader_alloc(l, run->case_count, sizeof *run->cases);
    run->cells = loader_alloc(l, run->case_count * run->instance_count, sizeof *run->cells);
    if (!run->instances || !run->cases || !run->cells)
        return false;
    for (size_t i = 0; i < run->instance_count; i++) {
        const char *name = json_string_value(json_array_get(instances, i));
        if (!name || !*name)
            return loader_fail(l, "\"instances\" must be a list of names");
        if (json_object_get(run->memory->instance_index, name))
            return loader_fail(l, "\"instances\" lists \"%.200s\" twice", name);
        struct assay_run_instance *in = &run->instances[i];
        in->module = in->library = in->version = in->path = in->build_id = in->provider = in->variant =
            in->error = "";
        in->name = loader_text(l, name);
        if (!in->name ||
            json_object_set_new(run->memory->instance_index, name, json_integer((json_int_t)i)) != 0)
            return loader_fail(l, "not enough memory");
    }
    for (size_t i = 0; i < run->case_count; i++) {
        const char *key = json_string_value(json_array_get(cases, i));
        if (!key || !*key)
            return loader_fail(l, "\"cases\" must be a list of keys");
        if (json_object_get(run->memory->case_index, key))
            return loader_fail(l, "\"cases\" lists \"%.200s\" twice", key);
        if (!split_key(l, &run->cases[i], key))
            return false;
        if (json_object_set_new(run->memory->case_index, key, json_integer((json_int_t)i)) != 0)
            return loader_fail(l, "not enough memory");
    }
    for (size_t i = 0; i < run->case_count * run->instance_count; i++) {
        struct assay_cell *cell = &run->cells[i];
        cell->reason = cell->digest = cell->algorithm = cell->provider = cell->batched = "";
        cell->sides[0] = cell->sides[1] = "";
    }
    return true;
}

static bool run_options(struct loader *l, const json_t *record)
{
    struct assay_run *run = l->run;
    const json_t *options, *threads;
    run->kernel_filter = "";
    if (!loader_get_object(l, record, "options", &options))
        return false;
    if (!options)
        return true;
    if (!loader_get_u64(l, options, "seed", &run->seed) ||
        !loader_get_u64(l, options, "rounds", &run->rounds) ||
        !loader_get_u64(l, options, "blocks", &run->blocks) ||
        !loader_get_u64(l, options, "min_time_ns", &run->min_time_ns) ||
        !loader_get_text(l, options, "kernel", &run->kernel_filter) ||
        !loader_get_bool(l, options, "full", &run->full) ||
        !loader_get_number(l, options, "rate", &run->rate) ||
        !loader_get_array(l, options, "threads", &threads))
        return false;
    run->offered = json_is_number(json_object_get(options, "rate"));
    size_t n = json_array_size(threads);
    for (size_t i = 0; i < n; i++) {
        json_int_t t = json_integer_value(json_array_get(threads, i));
        if (t < 1 || t > 65536)
            return loader_fail(l, "\"threads\" must be a list of whole numbers from 1 to 65536");
        if (i < sizeof run->threads / sizeof *run->threads)
            run->threads[run->thread_count++] = (unsigned)t;
    }
    return true;
}

static bool run_environment(struct loader *l, const json_t *record)
{
    struct assay_run *run = l->run;
    const json_t *environment;
    if (!loader_get_object(l, record, "environment", &environment))
        return false;
    size_t n = environment ? json_object_size(environment) : 0;
    run->environment = loader_alloc(l, n, sizeof *run->environment);
    if (!run->environment)
        return false;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)environment, name, value)
    {
        struct assay_run_variable *v = &run->environment[run->environment_count];
        v->name = loader_text(l, name);
        if (!v->name || !loader_get_text(l, environment, name, &v->value))
            return false;
        run->environment_count++;
    }
    return true;
}

static bool run_machine(struct loader *l, const json_t *record)
{
    struct assay_run *run = l->run;
    const json_t *machine, *build, *assay;
    if (!loader_get_object(l, record, "machine", &machine) ||
        !loader_get_object(l, record, "build", &build) || !loader_get_object(l, record, "assay", &assay))
        return false;
    return loader_get_text(l, machine, "cpu", &run->cpu) &&
           loader_get_text(l, machine, "flags", &run->flags) &&
           loader_get_text(l, machine, "microcode", &run->microcode) &&
           loader_get_u64(l, machine, "cores", &run->cores) &&
           loader_get_text(l, machine, "kernel", &run->os_kernel) &&
           loader_get_text(l, machine, "governor", &run->governor) &&
           loader_get_text(l, machine, "virtualisation", &run->virtualisation) &&
           loader_get_number(l, machine, "tsc_hz", &run->tsc_hz) &&
           loader_get_text(l, build, "compiler", &run->compiler) &&
           loader_get_text(l, build, "flags", &run->compiler_flags) &&
           loader_get_text(l, assay, "version", &run->assay_version) &&
           loader_get_text(l, assay, "commit", &run->commit) &&
           loader_get_bool(l, assay, "dirty", &run->dirty);
}

bool loader_record_run(struct loader *l, const json_t *record)
{
    uint64_t schema;
    if (l->have_run)
        return loader_fail(l, "a second \"run\" record");
    if (!loader_get_u64(l, record, "schema", &schema))
        return false;
    if (schema != ASSAY_RUN_SCHEMA)
        return loader_fail(l, "schema %llu: this assay reads schema %d", (unsigned long long)schema,
                           ASSAY_RUN_SCHEMA);
    if (!loader_get_text(l, record, "id", &l->run->id) ||
        !loader_get_text(l, record, "time", &l->run->time) || !run_options(l, record) ||
        !run_lists(l, record) || !run_machine(l, record) || !run_environment(l, record))
        return false;
    l->have_run = true;
    return true;
}

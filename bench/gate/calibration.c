/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/gate/calibration.h"

#include "bench/run/machine.h"
#include "bench/stats/stats.h"
#include "bench/store/output.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT 1

bool assay_calibration_path(char path[PATH_MAX])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (state && *state)
        n = snprintf(path, PATH_MAX, "%s/assay/calibration.json", state);
    else if (home && *home)
        n = snprintf(path, PATH_MAX, "%s/.local/state/assay/calibration.json", home);
    return n > 0 && n < PATH_MAX;
}

bool assay_calibration_make(struct assay_calibration *c, const char *instance, const struct assay_plan *plan,
                            unsigned room)
{
    *c = (struct assay_calibration){.instance = instance};
    c->cases = calloc(plan->count, sizeof *c->cases);
    for (; c->cases && c->count < plan->count; c->count++) {
        c->cases[c->count].key = plan->keys[c->count];
        if (!(c->cases[c->count].detectable = calloc(room, sizeof(double))))
            return false;
    }
    return c->cases != NULL;
}

void assay_calibration_free(struct assay_calibration *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->cases[i].detectable);
    free(c->cases);
    *c = (struct assay_calibration){.cases = NULL};
}

/* How far a bound got from zero: nothing has changed, so either direction tells the same. */
static double reached(const struct assay_bound *b)
{
    return fmax(0, fmax(b->lower, -b->upper));
}

void assay_calibration_add(struct assay_calibration *c, const struct assay_gate_result *result)
{
    c->gates++;
    for (size_t i = 0; i < c->count; i++) {
        const struct assay_gate_case *g = &result->cases[i];
        struct assay_calibrated *k = &c->cases[i];
        if (!assay_gate_is_compared(g) || g->pass[0].look == 0)
            continue;
        k->detectable[k->gates++] = assay_gate_detectable(&g->rule, &g->pass[0].bound);
        k->suspects += g->pass[0].bound.lower > assay_gate_bar(&g->rule);
        k->alarms += g->state == ASSAY_GATE_REGRESSION;
        for (int p = 0; p < 2 && g->pass[p].look; p++)
            k->floor = fmax(k->floor, expm1(reached(&g->pass[p].bound)));
    }
}

double assay_calibration_detectable(const struct assay_calibrated *c)
{
    return c->gates ? expm1(assay_stats_median(c->detectable, c->gates)) : INFINITY;
}

static json_t *case_json(const struct assay_calibrated *c)
{
    double low, high, detectable = assay_calibration_detectable(c);
    assay_bound_wilson(c->alarms, c->gates, 1.96, &low, &high);
    return json_pack("{s:s,s:i,s:i,s:i,s:f,s:f,s:f,s:o}", "case", c->key, "gates", (int)c->gates, "suspects",
                     (int)c->suspects, "alarms", (int)c->alarms, "alarm_low", low, "alarm_high", high,
                     "floor", c->floor, "detectable",
                     isfinite(detectable) ? json_real(detectable) : json_null());
}

static json_t *cpu_name(void)
{
    json_t *machine = assay_machine_json(), *cpu = json_incref(json_object_get(machine, "cpu"));
    json_decref(machine);
    return cpu ? cpu : json_string("");
}

static bool check(const json_t *o, const char *path, char *why, size_t why_size)
{
    json_t *here = cpu_name();
    const char *cpu = json_string_value(json_object_get(o, "cpu"));
    bool ok = false;
    if (json_integer_value(json_object_get(o, "calibration")) != FORMAT || !cpu ||
        !json_is_array(json_object_get(o, "cases")))
        snprintf(why, why_size, "%s: not a calibration of this version of assay", path);
    else if (strcmp(cpu, json_string_value(here)) != 0)
        snprintf(why, why_size, "%s: \"cpu\": of another CPU, %s; this is %s", path, cpu,
                 json_string_value(here));
    else
        ok = true;
    json_decref(here);
    return ok;
}

static bool write_object(json_t *o, const char *path, char *why, size_t why_size)
{
    struct assay_output out;
    return assay_output_open(&out, path, ASSAY_OUTPUT_FILE, why, why_size) &&
           assay_output_close(&out, json_dumpf(o, out.file, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0,
                              why, why_size);
}

/* NULL: why */
static json_t *read_object(const char *path, char *why, size_t why_size)
{
    json_error_t error;
    json_t *o = json_load_file(path, 0, &error);
    if (!o)
        snprintf(why, why_size, "%s:%d: %s", path, error.line > 0 ? error.line : 1, error.text);
    else if (!check(o, path, why, why_size)) {
        json_decref(o);
        o = NULL;
    }
    return o;
}

/* The case's object; NULL: there is none. */
static json_t *find_case(const json_t *cases, const char *key)
{
    size_t i;
    json_t *c;
    json_array_foreach(cases, i, c)
    {
        const char *name = json_string_value(json_object_get(c, "case"));
        if (name && strcmp(name, key) == 0)
            return c;
    }
    return NULL;
}

static void set_drift(json_t *cases, const char *key, json_t *drift, json_t *control)
{
    json_t *c = find_case(cases, key);
    if (!c) {
        c = json_pack("{s:s}", "case", key);
        json_array_append_new(cases, c);
    }
    json_object_set(c, "drift", drift);
    json_object_set(c, "control", control);
}

static json_t *object(const char *instance, unsigned gates)
{
    return json_pack("{s:i,s:o,s:s,s:i,s:[]}", "calibration", FORMAT, "cpu", cpu_name(), "instance", instance,
                     "gates", (int)gates, "cases");
}

bool assay_calibration_write(const struct assay_calibration *c, const char *path, char *why, size_t why_size)
{
    json_t *o = object(c->instance, c->gates), *cases = json_object_get(o, "cases"), *k;
    json_t *old = read_object(path, why, why_size);
    size_t n;
    for (size_t i = 0; i < c->count; i++)
        json_array_append_new(cases, case_json(&c->cases[i]));
    json_array_foreach(json_object_get(old, "cases"), n, k)
    {
        const char *key = json_string_value(json_object_get(k, "case"));
        if (key && json_object_get(k, "drift"))
            set_drift(cases, key, json_object_get(k, "drift"), json_object_get(k, "control"));
    }
    bool ok = write_object(o, path, why, why_size);
    json_decref(old);
    json_decref(o);
    return ok;
}

bool assay_calibration_write_drifts(const char *path, const struct assay_plan *plan, const double *drift,
                                    const char *control, char *why, size_t why_size)
{
    json_t *o = access(path, F_OK) == 0 ? read_object(path, why, why_size) : object("", 0);
    json_t *name = json_string(control);
    for (size_t i = 0; o && i < plan->count; i++) {
        json_t *value = json_real(drift[i]);
        set_drift(json_object_get(o, "cases"), plan->keys[i], value, name);
        json_decref(value);
    }
    bool ok = o && write_object(o, path, why, why_size);
    json_decref(name);
    json_decref(o);
    return ok;
}

/* 0: it is absent, or no share that a machine shows */
static double share_of(const json_t *c, const char *name)
{
    double value = json_number_value(json_object_get(c, name));
    return value >= 0 && value < 10 ? value : 0;
}

bool assay_calibration_known(const char *path, const struct assay_plan *plan, const char *control,
                             struct assay_gate_known *known, char *why, size_t why_size)
{
    json_t *o = read_object(path, why, why_size);
    for (size_t i = 0; o && i < plan->count; i++) {
        const json_t *c = find_case(json_object_get(o, "cases"), plan->keys[i]);
        const char *with = json_string_value(json_object_get(c, "control"));
        known[i] =
            (struct assay_gate_known){.floor = share_of(c, "floor"), .detectable = share_of(c, "detectable")};
        if (control && with && strcmp(with, control) == 0)
            known[i].drift = share_of(c, "drift");
    }
    json_decref(o);
    return o != NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs drills one after the other. Each has a worker of its own: what a drill broke is gone with it.
 */
#include "bench/run/drill.h"

#include "bench/run/header.h"
#include "bench/run/machine.h"
#include "bench/run/process.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static json_t *header_json(const struct assay_drill_order *o, const char *id)
{
    char text[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_t *drills = json_array(), *instances = json_array();
    for (size_t i = 0; i < o->count; i++)
        json_array_append_new(drills, json_string(o->drills[i]->name));
    for (size_t i = 0; i < o->specs->count; i++)
        json_array_append_new(instances, json_string(o->specs->spec[i].name));
    return json_pack("{s:s,s:i,s:s,s:s,s:o,s:o,s:b,s:o,s:o,s:o,s:o}", "type", "drills", "schema", 1, "id", id,
                     "time", text, "assay", assay_version_json(), "drills", drills, "with_safeguard",
                     !o->without_safeguard, "instances", instances, "machine", assay_machine_json(), "build",
                     assay_build_json(), "environment", assay_environment_json());
}

/* Takes the reference. */
static void tell(const struct assay_drill_order *o, struct assay_writer *writer, json_t *record)
{
    if (o->told)
        o->told(o->data, record);
    assay_writer_record(writer, record);
}

/* Once an instance: what was really loaded, or why nothing was. */
static void tell_instance(const struct assay_drill_order *o, struct assay_writer *writer,
                          const struct assay_process *process, const char *error, bool *known)
{
    if (*known)
        return;
    json_t *record = json_pack("{s:s,s:s}", "type", "instance", "instance", process->spec->name);
    json_t *more = assay_instance_json(process->spec, process->identity, error);
    json_object_update(record, more);
    json_decref(more);
    tell(o, writer, record);
    *known = true;
}

static json_t *record_json(const struct assay_drill_order *o, const struct assay_drill *drill,
                           const struct assay_spec *spec, const char *status, const char *reason)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:o,s:s,s:b}", "type", "drill", "drill", drill->name, "instance",
                     spec->name, "status", status, "reason", assay_json_text(reason), "safeguard",
                     drill->safeguard, "with_safeguard", !o->without_safeguard);
}

static json_t *ask(const struct assay_drill_order *o, const struct assay_drill *drill,
                   struct assay_process *process)
{
    char why[ASSAY_WHY_MAX];
    json_t *reply;
    json_t *message = json_pack("{s:s,s:s,s:b}", "cmd", "drill", "name", drill->name, "without_safeguard",
                                o->without_safeguard);
    enum assay_ask answer = assay_process_ask(process, message, (int)o->deadline_ms, &reply, why);
    if (answer != ASSAY_ASK_OK)
        return record_json(o, drill, process->spec, answer == ASSAY_ASK_UNSUPPORTED ? "unsupported" : "error",
                           why);
    bool passed = json_is_true(json_object_get(reply, "passed"));
    json_t *record = record_json(o, drill, process->spec, passed ? "passed" : "failed", "");
    json_object_del(reply, "ok");
    json_object_del(reply, "passed");
    json_object_update(record, reply);
    json_decref(reply);
    return record;
}

/* Takes its counters; a worker that dies over that ends no better than one that dies of quitting. */
static bool end_well(const struct assay_drill_order *o, struct assay_process *process,
                     char why[ASSAY_WHY_MAX])
{
    char more[ASSAY_WHY_MAX];
    if (o->metrics && process->pid > 0 &&
        !assay_metrics_collect(process, (int)o->deadline_ms, o->metrics, why)) {
        (void)assay_process_stop(process, more);
        return false;
    }
    return assay_process_stop(process, why);
}

static json_t *run_one(const struct assay_drill_order *o, const struct assay_drill *drill,
                       const struct assay_spec *spec, struct assay_writer *writer, bool *known)
{
    char why[ASSAY_WHY_MAX], cpus[16];
    struct assay_process process;
    assay_cpus_for(1, cpus, sizeof cpus);
    bool started = assay_process_start(&process, spec, cpus, (int)o->deadline_ms, why);
    tell_instance(o, writer, &process, started ? "" : why, known);
    if (!started)
        return record_json(o, drill, spec, "error", why);
    json_t *record = ask(o, drill, &process);
    bool well = end_well(o, &process, why);
    if (!well && strcmp(json_string_value(json_object_get(record, "status")), "passed") == 0) {
        json_decref(record); /* who crashes on the way out has not come through */
        record = record_json(o, drill, spec, "error", why);
    }
    return record;
}

/* Returns whether it ran. */
static bool count(struct assay_drill_tally *tally, const json_t *record)
{
    const char *status = json_string_value(json_object_get(record, "status"));
    bool passed = strcmp(status, "passed") == 0, failed = strcmp(status, "failed") == 0;
    bool unsupported = strcmp(status, "unsupported") == 0;
    tally->passed += passed;
    tally->failed += failed;
    tally->unsupported += unsupported;
    tally->errors += !passed && !failed && !unsupported;
    return passed || failed;
}

static bool stopped(const struct assay_drill_order *o, struct assay_drill_tally *tally)
{
    tally->stopped = tally->stopped || (o->stop && o->stop(o->data));
    return tally->stopped;
}

struct assay_drill_tally assay_drills_run(const struct assay_drill_order *o, const char *id,
                                          struct assay_writer *writer)
{
    struct assay_drill_tally tally = {0};
    struct assay_noise before, after;
    bool known[ASSAY_INSTANCES_MAX] = {false};
    assay_noise_read(&before);
    assay_writer_record(writer, header_json(o, id));
    for (size_t k = 0; k < o->count; k++) {
        size_t ran = 0;
        for (size_t i = 0; i < o->specs->count && !stopped(o, &tally); i++) {
            json_t *record = run_one(o, o->drills[k], &o->specs->spec[i], writer, &known[i]);
            ran += count(&tally, record);
            tell(o, writer, record);
            assay_writer_sync(writer);
        }
        tally.nowhere += ran == 0;
    }
    assay_noise_read(&after);
    assay_writer_record(writer, assay_end_json(!tally.stopped, tally.stopped, &before, &after, 0, 0));
    return tally;
}

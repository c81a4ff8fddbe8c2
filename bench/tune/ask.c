/* SPDX-License-Identifier: Apache-2.0
 *
 * What an instance lets be tuned, and the profile of what it was given.
 */
#include "bench/run/machine.h"
#include "bench/tune/tune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS 60000

static void copy(char *out, size_t room, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    snprintf(out, room, "%s", text ? text : "");
}

static json_t *ask(const struct assay_spec *spec, const char *command, char why[ASSAY_WHY_MAX])
{
    struct assay_process process;
    char cpus[16], more[ASSAY_WHY_MAX];
    json_t *reply = NULL;
    assay_cpus_for(1, cpus, sizeof cpus);
    if (!assay_process_start(&process, spec, cpus, START_MS, why))
        return NULL;
    assay_process_ask(&process, json_pack("{s:s}", "cmd", command), START_MS, &reply, why);
    assay_process_stop(&process, more);
    return reply;
}

static void read_tunable(const json_t *from, struct assay_tunable *t)
{
    size_t i;
    const json_t *candidate;
    *t = (struct assay_tunable){.size = sizeof *t};
    copy(t->name, sizeof t->name, from, "name");
    copy(t->unit, sizeof t->unit, from, "unit");
    copy(t->summary, sizeof t->summary, from, "summary");
    copy(t->cases, sizeof t->cases, from, "cases");
    t->value = (uint64_t)json_integer_value(json_object_get(from, "value"));
    json_array_foreach(json_object_get(from, "candidates"), i, candidate)
    {
        if (i < ASSAY_COUNT(t->candidate))
            t->candidate[t->candidates++] = (uint64_t)json_integer_value(candidate);
    }
}

bool assay_tune_ask(const struct assay_spec *spec, struct assay_tunable **list, size_t *count,
                    char why[ASSAY_WHY_MAX])
{
    size_t i;
    const json_t *one;
    json_t *reply = ask(spec, "tunables", why), *all = json_object_get(reply, "tunables");
    *count = json_array_size(all);
    *list = calloc(*count ? *count : 1, sizeof **list);
    if (reply && !*list)
        snprintf(why, ASSAY_WHY_MAX, "out of memory");
    json_array_foreach(all, i, one)
    {
        if (*list)
            read_tunable(one, &(*list)[i]);
    }
    bool ok = reply && *list;
    if (!ok) {
        free(*list);
        *list = NULL;
    }
    json_decref(reply);
    return ok;
}

bool assay_tune_profile(const struct assay_spec *spec, struct assay_profile *profile, char why[ASSAY_WHY_MAX])
{
    json_t *reply = ask(spec, "profile", why);
    copy(profile->path, sizeof profile->path, reply, "path");
    copy(profile->text, sizeof profile->text, reply, "text");
    bool ok = reply != NULL;
    json_decref(reply);
    return ok;
}

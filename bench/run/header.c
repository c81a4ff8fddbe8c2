/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run was asked to do and where; and at its end, how far its figures can be trusted.
 */
#include "bench/run/header.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Over these a run is called noisy. Ratios within a block stand much more than absolute figures do. */
#define STEAL_PPM_NOISY    2000.0
#define SWITCHES_NOISY     0.5  /* involuntary context switches a sample */
#define MHZ_CHANGE_NOISY   0.10 /* of the clock, between begin and end */
#define LOAD_PER_CPU_NOISY 1.0  /* our own worker and coordinator make about one */

void assay_run_id(char id[32])
{
    unsigned char random[3] = {0};
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    size_t n = strftime(id, 32, "%Y%m%dT%H%M%SZ", &utc);
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        random[0] = (unsigned char)getpid();
    snprintf(id + n, 32 - n, "-%02x%02x%02x", random[0], random[1], random[2]);
}

static json_t *options_json(const struct assay_settings *s, const struct assay_selection *selection)
{
    json_t *threads = json_array();
    for (size_t i = 0; i < selection->thread_count; i++)
        json_array_append_new(threads, json_integer(selection->threads[i]));
    json_t *options = json_pack(
        "{s:I,s:i,s:i,s:I,s:o,s:o,s:b}", "seed", (json_int_t)s->seed, "rounds", (int)s->rounds, "blocks",
        (int)s->blocks, "min_time_ns", (json_int_t)s->min_time_ns, "threads", threads, "kernel",
        selection->kernel ? assay_json_text(selection->kernel) : json_null(), "full", selection->full);
    if (s->offered)
        json_object_set_new(options, "rate", json_real(s->rate));
    return options;
}

json_t *assay_header_json(const char *id, const struct assay_settings *settings,
                          const struct assay_selection *selection, const struct assay_plan *plan,
                          const struct assay_specs *specs)
{
    char text[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_t *cases = json_array(), *instances = json_array();
    for (size_t i = 0; i < plan->count; i++)
        json_array_append_new(cases, json_string(plan->keys[i]));
    for (size_t i = 0; i < specs->count; i++)
        json_array_append_new(instances, json_string(specs->spec[i].name));
    return json_pack("{s:s,s:i,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "type", "run", "schema", 1, "id", id,
                     "time", text, "assay", assay_version_json(), "options",
                     options_json(settings, selection), "instances", instances, "cases", cases, "machine",
                     assay_machine_json(), "build", assay_build_json(), "environment",
                     assay_environment_json());
}

static void because(json_t *why, const char *format, ...)
{
    char text[200];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    json_array_append_new(why, json_string(text));
}

json_t *assay_end_json(bool complete, bool interrupted, const struct assay_noise *before,
                       const struct assay_noise *after, long long switches, size_t samples)
{
    json_t *noise = assay_noise_json(before, after, switches), *why = json_array();
    double steal = json_real_value(json_object_get(noise, "steal_ppm"));
    double per_sample = samples ? (double)switches / (double)samples : 0;
    double cpus = (double)sysconf(_SC_NPROCESSORS_ONLN);
    char realtime[160];
    if (steal > STEAL_PPM_NOISY)
        because(why, "the hypervisor took %.2f %% of the time", steal / 1e4);
    if (per_sample > SWITCHES_NOISY)
        because(why, "%.1f involuntary context switches a sample", per_sample);
    if (before->mhz > 0 &&
        (after->mhz / before->mhz > 1 + MHZ_CHANGE_NOISY || after->mhz / before->mhz < 1 - MHZ_CHANGE_NOISY))
        because(why, "the clock went from %.0f to %.0f MHz", before->mhz, after->mhz);
    if (before->load1 > LOAD_PER_CPU_NOISY * cpus)
        because(why, "the load was %.1f before the run began, on %.0f CPUs", before->load1, cpus);
    if (*assay_realtime_warning(realtime, sizeof realtime)) /* p99 then tells of little else */
        because(why, "%s", realtime);
    json_object_set_new(noise, "verdict", json_string(json_array_size(why) ? "noisy" : "quiet"));
    json_object_set_new(noise, "why", why);
    return json_pack("{s:s,s:b,s:b,s:o}", "type", "end", "complete", complete, "interrupted", interrupted,
                     "noise", noise);
}

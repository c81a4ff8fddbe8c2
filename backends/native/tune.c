/* SPDX-License-Identifier: Apache-2.0
 *
 * From what was asked for to what is in force, and the tuning operations of the ABI.
 */
#include "backends/native/aes_gcm/parallel.h"
#include "backends/native/native.h"
#include "backends/native/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* FNV-1a, to tell profiles apart in results. */
static uint32_t check_sum(const struct tuning *tuning)
{
    char text[PROFILE_TEXT_MAX];
    uint32_t hash = 0x811c9dc5u;
    tuning_print(tuning, text, sizeof text);
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x01000193u;
    return hash;
}

enum assay_rc native_load_profile(assay_instance *instance, const char *path)
{
    char own[PROFILE_PATH_MAX], cpu[CPU_MODEL_MAX], why[300];
    struct profile profile;
    if (path == NULL) {
        profile_default_path(own);
        if (own[0] == '\0' || access(own, F_OK) != 0)
            return ASSAY_OK;
        path = own;
    }
    if (path[0] == '\0' || strcmp(path, "none") == 0)
        return ASSAY_OK;
    cpu_model(cpu);
    if (!profile_read(&profile, path, cpu, why, sizeof why))
        return native_fail(ASSAY_INPUT, "%s; ASSAY_PROFILE=none ignores profiles, assay tune makes one", why);
    if (strcmp(profile.tier, instance->tier->name) != 0)
        return ASSAY_OK;
    tuning_complete(&instance->asked, &profile.tuning);
    instance->profile = check_sum(&profile.tuning);
    return ASSAY_OK;
}

enum assay_rc native_tune(assay_instance *instance)
{
    const struct tuning *asked = &instance->asked;
    const struct gcm_variant *gcm = instance->gcm;
    if (asked->gcm_vectors != 0 && (gcm = gcm_with_vectors(gcm, asked->gcm_vectors)) == NULL)
        return native_fail(ASSAY_INPUT, "the tier %s has no AES-GCM with %u vectors in flight",
                           instance->tier->name, asked->gcm_vectors);
    instance->gcm = gcm;
    instance->pace = gcm_pace_for(gcm, asked->gcm_short_to, asked->gcm_reduction, asked->gcm_table_from);
    const uint32_t lanes_from = (uint32_t)sha2_lanes_from(instance->sha256);
    uint32_t chunk = gcm->vectors * gcm->lanes, threads = asked->threads != 0 ? asked->threads : 1;
    const struct tuning in_force = {
        .gcm_vectors = gcm->vectors,
        .gcm_short_to = (instance->pace.one_sum_to - 2) * 16,
        .gcm_reduction = instance->pace.group * chunk,
        .gcm_table_from = instance->pace.first_rounds_from * chunk * 16,
        .lanes_from = lanes_from != 0 && asked->lanes_from != 0 ? asked->lanes_from : lanes_from,
        .far_from = threads > 1            ? 0
                    : asked->far_from != 0 ? asked->far_from
                                           : GCM_FAR_FROM,
        .threads = threads,
        .share_from = threads == 1             ? 0
                      : asked->share_from != 0 ? asked->share_from
                                               : GCM_PARALLEL_FROM,
        .segment = threads == 1          ? 0
                   : asked->segment != 0 ? asked->segment
                                         : GCM_SEGMENT,
    };
    instance->tuning = in_force;
    return ASSAY_OK;
}

/* Would the candidate change anything, and can it be had? Threads are the user's to give: only fewer are
 * tried. */
static bool is_choice(const assay_instance *instance, const struct tuning_parameter *p, uint32_t candidate)
{
    assay_instance other = *instance;
    struct tuning before = instance->tuning;
    *tuning_at(&other.asked, p) = candidate;
    return native_tune(&other) == ASSAY_OK && *tuning_at(&other.tuning, p) == candidate &&
           candidate != *tuning_at(&before, p) && other.tuning.threads <= before.threads;
}

static enum assay_rc tunable(assay_instance *instance, size_t index, struct assay_tunable *out)
{
    const struct tuning_parameter *p = tuning_parameters;
    for (size_t i = 0; i < index && p->name != NULL; i++)
        p++;
    if (p->name == NULL)
        return native_fail(ASSAY_INPUT, "native has no tunable %zu", index);
    snprintf(out->name, sizeof out->name, "%s", p->name);
    snprintf(out->unit, sizeof out->unit, "%s", p->unit);
    snprintf(out->summary, sizeof out->summary, "%s", p->summary);
    snprintf(out->cases, sizeof out->cases, "%s", p->cases);
    struct tuning in_force = instance->tuning;
    out->value = *tuning_at(&in_force, p);
    out->candidates = 0;
    for (size_t i = 0; i < TUNING_CANDIDATES && p->candidates[i] != 0; i++)
        if (is_choice(instance, p, p->candidates[i]))
            out->candidate[out->candidates++] = p->candidates[i];
    return ASSAY_OK;
}

static enum assay_rc profile(assay_instance *instance, struct assay_profile *out)
{
    struct profile p = {.tuning = instance->asked};
    char cpu[CPU_MODEL_MAX];
    snprintf(p.tier, sizeof p.tier, "%s", instance->tier->name);
    cpu_model(cpu);
    profile_default_path(out->path);
    profile_print(&p, cpu, ASSAY_VERSION, out->text);
    return ASSAY_OK;
}

const struct assay_tune_ops native_tuning = {
    .size = sizeof native_tuning, .tunable = tunable, .profile = profile};

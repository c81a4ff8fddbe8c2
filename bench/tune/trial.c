/* SPDX-License-Identifier: Apache-2.0
 *
 * One measurement with the engine that `assay run` has, and what it needs: instances and cases.
 */
#include "bench/run/header.h"
#include "bench/tune/tune.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NULL stays NULL. */
static bool copied(char **out, const char *text)
{
    *out = text ? strdup(text) : NULL;
    return !text || *out;
}

bool assay_tune_spec(struct assay_spec *out, const struct assay_spec *from, const char *name,
                     const char *option)
{
    *out = (struct assay_spec){.name = strdup(name), .module = strdup(from->module)};
    bool ok = out->name && out->module && from->option_count + (option != NULL) <= ASSAY_OPTIONS_MAX;
    for (size_t i = 0; ok && i < from->option_count; i++) {
        ok = (out->options[i] = strdup(from->options[i])) != NULL;
        out->option_count += ok;
    }
    ok = ok && copied(&out->loader, from->loader) && copied(&out->libraries, from->libraries);
    for (size_t i = 0; ok && i < from->environment_count; i++) {
        ok = copied(&out->environment[i], from->environment[i]);
        out->environment_count += ok;
    }
    if (ok && option) {
        ok = (out->options[out->option_count] = strdup(option)) != NULL;
        out->option_count += ok;
    }
    return ok;
}

bool assay_tune_plan(struct assay_plan *plan, const struct assay_tunable *tunable, const char *kernel,
                     char *why, size_t why_size)
{
    const struct assay_selection selection = {
        .kernel = tunable->cases, .full = true, .threads = {1}, .thread_count = 1};
    regex_t re;
    size_t kept = 0;
    if (!assay_plan_make(plan, &selection, why, why_size))
        return false;
    if (!kernel)
        return true;
    if (regcomp(&re, kernel, REG_EXTENDED | REG_NOSUB) != 0) {
        snprintf(why, why_size, "--kernel '%s' is no regular expression", kernel);
        assay_plan_free(plan);
        return false;
    }
    for (size_t i = 0; i < plan->count; i++)
        if (regexec(&re, plan->keys[i], 0, NULL, 0) == 0)
            memmove(plan->keys[kept++], plan->keys[i], ASSAY_KEY_MAX);
    plan->count = kept;
    regfree(&re);
    return true;
}

static bool measure(const struct assay_trial *t, const char *path, struct assay_trial_result *result,
                    char *why, size_t why_size)
{
    static struct assay_engine engine;
    const struct assay_selection selection = {.full = true, .threads = {1}, .thread_count = 1};
    struct assay_noise before, after;
    struct assay_writer writer;
    char id[32];
    if (!assay_writer_append(&writer, path, 0)) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return false;
    }
    assay_run_id(id);
    assay_writer_record(&writer, assay_header_json(id, t->settings, &selection, t->plan, t->specs));
    assay_noise_read(&before);
    bool ok = assay_engine_init(&engine, t->settings, t->plan, t->specs, t->observer, &writer, 1);
    if (ok) {
        assay_engine_run(&engine);
        assay_noise_read(&after);
        assay_writer_record(&writer, assay_end_json(!engine.stopped, false, &before, &after,
                                                    engine.all_switches, engine.samples));
        result->verdict = assay_engine_verdict(&engine);
        result->stopped = engine.stopped;
        assay_engine_free(&engine);
    } else {
        snprintf(why, why_size, "out of memory");
    }
    if (!assay_writer_close(&writer) && ok) {
        snprintf(why, why_size, "%s: %s", path, strerror(writer.errno_kept));
        ok = false;
    }
    return ok;
}

bool assay_trial_run(const struct assay_trial *trial, struct assay_trial_result *result, char *why,
                     size_t why_size)
{
    const char *folder = getenv("TMPDIR");
    char path[PATH_MAX];
    *result = (struct assay_trial_result){.run = NULL};
    snprintf(path, sizeof path, "%s/assay-tune-XXXXXX", folder && *folder ? folder : "/tmp");
    int fd = mkstemp(path);
    if (fd < 0) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return false;
    }
    close(fd);
    bool ok = measure(trial, path, result, why, why_size) &&
              assay_run_file_load(path, &result->run, why, why_size) &&
              assay_summary_make(result->run, &result->summary, why, why_size);
    unlink(path);
    if (!ok)
        assay_trial_free(result);
    return ok;
}

void assay_trial_free(struct assay_trial_result *result)
{
    assay_summary_free(&result->summary);
    assay_run_file_free(result->run);
    result->run = NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Published test vectors on every instance: one line a file, what failed by name, and a sum an instance.
 */
#include "bench/cli/check_vectors.h"

#include "bench/cli/cli.h"
#include "bench/cli/progress.h"
#include "bench/report/format.h"
#include "bench/run/instance.h"
#include "bench/run/machine.h"
#include "bench/run/process.h"
#include "bench/run/vectors.h"
#include "bench/stats/summary.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MS       300000 /* for all tests of a file */
#define FAILURES_TOLD 20u    /* of a file */

struct sums {
    json_int_t passed, rejected, failed, known, unsupported, inapplicable;
    bool lost; /* a worker that did not start, or died in a file */
};

struct check {
    const struct assay_vector_files *files;
    const struct assay_specs *specs;
    struct assay_process process;
    struct sums sums[ASSAY_INSTANCES_MAX];
    struct assay_progress progress;
    json_t *absent; /* what the instance in hand has not */
    int name_width;
    char cpu[16];
};

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

static json_int_t count_known(const json_t *failures)
{
    json_int_t known = 0;
    size_t i;
    json_t *failure;
    json_array_foreach(failures, i, failure) known += json_object_get(failure, "deviation") != NULL;
    return known;
}

static void tell_failures(const json_t *failures)
{
    size_t i, told = 0, more = 0;
    json_t *f;
    json_array_foreach(failures, i, f)
    {
        const char *comment = text(f, "comment"), *why = text(f, "deviation");
        if (told++ >= FAILURES_TOLD) {
            more++;
            continue;
        }
        printf("    %s%s%s%s: %s%s%s\n", text(f, "test"), comment[0] ? " (" : "", comment,
               comment[0] ? ")" : "", text(f, "what"), why[0] ? "; known: " : "", why);
    }
    if (more)
        printf("    and %zu more\n", more);
}

/* Sums up what {reason: tests} of one more file says: {reason: {"tests","files","first" (of them)}}. */
static void keep_reasons(json_t *absent, const char *file, const json_t *reasons)
{
    const char *why;
    json_t *tests;
    json_object_foreach((json_t *)reasons, why, tests)
    {
        json_t *sum = json_object_get(absent, why);
        if (!sum) {
            sum = json_pack("{s:i,s:i,s:s}", "tests", 0, "files", 0, "first", file);
            json_object_set_new(absent, why, sum);
        }
        json_object_set_new(sum, "tests", json_integer(number(sum, "tests") + json_integer_value(tests)));
        json_object_set_new(sum, "files", json_integer(number(sum, "files") + 1));
    }
}

static void tell_reasons(const char *label, const json_t *absent)
{
    const char *why;
    json_t *sum;
    json_object_foreach((json_t *)absent, why, sum)
    {
        json_int_t more = number(sum, "files") - 1;
        printf("  %s%s: %lld test%s, %s", label, why, number(sum, "tests"),
               number(sum, "tests") == 1 ? "" : "s", text(sum, "first"));
        if (more)
            printf(" and %lld more", more);
        putchar('\n');
    }
}

static void tell_file(struct check *c, struct sums *sums, const struct assay_vector_file *file,
                      const json_t *reply)
{
    const json_t *failures = json_object_get(reply, "failures");
    json_int_t known = count_known(failures), failed = number(reply, "failed") - known;
    json_int_t passed = number(reply, "passed"), rejected = number(reply, "rejected");
    if (passed + rejected + failed + known > 0)
        printf("  %-*s %7lld %17lld %7lld %17lld %15lld\n", c->name_width, file->name, passed, rejected,
               failed, known, number(reply, "inapplicable"));
    tell_failures(failures);
    keep_reasons(c->absent, file->name, json_object_get(reply, "unsupported_why"));
    sums->passed += passed;
    sums->rejected += rejected;
    sums->failed += failed;
    sums->known += known;
    sums->unsupported += number(reply, "unsupported");
    sums->inapplicable += number(reply, "inapplicable");
}

static bool have_worker(struct check *c, size_t instance, char why[ASSAY_WHY_MAX])
{
    return c->process.pid > 0 ||
           assay_process_start(&c->process, &c->specs->spec[instance], c->cpu, FILE_MS, why);
}

/* A file that ends its worker costs that file alone. */
static void run_file(struct check *c, size_t instance, const struct assay_vector_file *file)
{
    char why[ASSAY_WHY_MAX];
    json_t *reply = NULL;
    bool asked = have_worker(c, instance, why) &&
                 assay_process_ask(&c->process, json_pack("{s:s,s:s}", "cmd", "vectors", "path", file->path),
                                   FILE_MS, &reply, why) == ASSAY_ASK_OK;
    assay_progress_end(&c->progress);
    if (asked) {
        tell_file(c, &c->sums[instance], file, reply);
    } else {
        printf("  %-*s failed: %s\n", c->name_width, file->name, why);
        c->sums[instance].lost = true;
    }
    json_decref(reply);
}

static void tell_identity(const char *name, const json_t *identity)
{
    const char *variant = text(identity, "variant");
    char library[512];
    assay_format_library(text(identity, "library"), text(identity, "version"), library, sizeof library);
    printf("%s: %s%s%s\n", name, library, variant[0] ? ", " : "", variant);
}

static void run_instance(struct check *c, size_t instance)
{
    const char *name = c->specs->spec[instance].name;
    char why[ASSAY_WHY_MAX];
    if (!have_worker(c, instance, why)) {
        printf("%s: failed: %s\n\n", name, why);
        c->sums[instance].lost = true;
        return;
    }
    tell_identity(name, c->process.identity);
    printf("  %-*s  passed  rightly rejected  failed  known deviations  not applicable\n", c->name_width, "");
    c->absent = json_object();
    for (size_t i = 0; i < c->files->count; i++) {
        assay_progress_step(&c->progress, instance * c->files->count + i, c->specs->count * c->files->count,
                            c->files->file[i].name);
        run_file(c, instance, &c->files->file[i]);
    }
    tell_reasons("unsupported: ", c->absent);
    json_decref(c->absent);
    if (!assay_process_stop(&c->process, why)) {
        printf("  %s\n", why);
        c->sums[instance].lost = true;
    }
    putchar('\n');
}

/* What nobody was asked, the same for all instances. */
static void tell_inapplicable(const struct assay_vector_files *files)
{
    json_t *absent = json_object();
    for (size_t i = 0; i < files->count; i++)
        keep_reasons(absent, files->file[i].name, files->file[i].read.inapplicable_why);
    if (json_object_size(absent) || files->elsewhere)
        puts("Not applicable, for assay's interface does not have it:");
    tell_reasons("", absent);
    if (files->elsewhere)
        printf("  all tests of %zu more file%s: other algorithms, parameters or forms\n", files->elsewhere,
               files->elsewhere == 1 ? "" : "s");
    json_decref(absent);
}

static int tell_sums(const struct check *c)
{
    bool wrong = false, lost = false;
    int width = 12;
    for (size_t i = 0; i < c->specs->count; i++)
        width = (int)strlen(c->specs->spec[i].name) > width ? (int)strlen(c->specs->spec[i].name) : width;
    printf("%-*s  passed  rightly rejected  failed  known deviations  unsupported  not applicable\n", width,
           "In all");
    for (size_t i = 0; i < c->specs->count; i++) {
        const struct sums *s = &c->sums[i];
        const char *name = c->specs->spec[i].name;
        if (assay_instance_is_probe(name)) {
            printf("%-*s  a probe of the harness itself, exempt from proof\n", width, name);
            continue;
        }
        printf("%-*s %7lld %17lld %7lld %17lld %12lld %15lld%s\n", width, name, s->passed, s->rejected,
               s->failed, s->known, s->unsupported, s->inapplicable,
               s->lost ? "  (a worker was lost: see above)" : "");
        wrong = wrong || s->failed > 0;
        lost = lost || s->lost;
    }
    return wrong ? ASSAY_EXIT_WRONG : lost ? ASSAY_EXIT_FAILURE : ASSAY_EXIT_OK;
}

int assay_cli_check_vectors(char *const *folders, const char *instances)
{
    static struct check c;
    static struct assay_specs specs;
    struct assay_vector_files files;
    char error[2048];
    if (!assay_specs_parse(&specs, instances, error, sizeof error) ||
        !assay_vector_files_find(&files, folders, error))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", error);
    c = (struct check){.files = &files, .specs = &specs, .progress = {.terminal = isatty(STDERR_FILENO)}};
    assay_cpus_for(1, c.cpu, sizeof c.cpu);
    for (size_t i = 0; i < files.count; i++)
        if ((int)strlen(files.file[i].name) > c.name_width)
            c.name_width = (int)strlen(files.file[i].name);
    for (size_t i = 0; i < specs.count; i++)
        if (!assay_instance_is_probe(specs.spec[i].name))
            run_instance(&c, i);
    assay_progress_end(&c.progress);
    tell_inapplicable(&files);
    putchar('\n');
    int code = tell_sums(&c);
    assay_vector_files_free(&files);
    assay_specs_free(&specs);
    return code;
}

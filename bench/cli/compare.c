/* SPDX-License-Identifier: Apache-2.0
 *
 * assay compare: two runs, or two instances of one.
 */
#include "bench/report/compare.h"
#include "bench/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHY_MAX 1024

struct arguments {
    const char *file[2];
    const char *instance[2];
    const char *format;
    bool force;
};

enum { KEY_FORCE = 256 };

/* "A" or "A,B" */
static void split_instances(struct arguments *a, struct argp_state *state, const char *text)
{
    char *copy = strdup(text), *comma = copy ? strchr(copy, ',') : NULL;
    if (!copy)
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    if (comma)
        *comma = '\0';
    a->instance[0] = copy;
    a->instance[1] = comma ? comma + 1 : copy;
    if (!*a->instance[0] || !*a->instance[1] || strchr(a->instance[1], ','))
        argp_error(state, "--instance '%s' is not one name, nor two with a comma between", text);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'i':
        split_instances(a, state, arg);
        return 0;
    case 'f':
        if (strcmp(arg, "text") != 0 && strcmp(arg, "json") != 0 && strcmp(arg, "csv") != 0)
            argp_error(state, "--format '%s' is none of text, json, csv", arg);
        a->format = arg;
        return 0;
    case KEY_FORCE:
        a->force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->file[1])
            argp_error(state, "two run files at most; '%s' is one too many", arg);
        a->file[a->file[0] != NULL] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!a->file[0])
            argp_error(state, "name two run files, or one and --instance A,B");
        if (!a->file[1] && (!a->instance[0] || strcmp(a->instance[0], a->instance[1]) == 0))
            argp_error(state, "one run file: name two of its instances with --instance A,B");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static struct assay_run *load(const char *file)
{
    char why[WHY_MAX];
    struct assay_run *run;
    if (!assay_run_file_load(file, &run, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    return run;
}

/* Names every field in which the two differ; without --force that is the end. */
static void check_fingerprints(const struct assay_difference *d, size_t count,
                               const struct assay_run *const run[2], bool force)
{
    if (count == 0 || force)
        return;
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "assay: %s differs: '%s' in %s, '%s' in %s\n", d[i].field, d[i].a, run[0]->file,
                d[i].b, run[1]->file);
    assay_cli_die(ASSAY_EXIT_USAGE, "such runs do not compare; --force compares them all the same");
}

static int compare(const struct arguments *a, const struct assay_run *const run[2])
{
    char why[WHY_MAX];
    struct assay_difference differences[ASSAY_FINGERPRINT_FIELDS];
    struct assay_comparison comparison;
    size_t count = run[0] == run[1] ? 0 : assay_compare_fingerprints(run[0], run[1], differences);
    check_fingerprints(differences, count, run, a->force);
    if (!assay_compare(run[0], run[1], a->instance, &comparison, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    const struct assay_compare_report report = {.comparison = &comparison,
                                                .differences = differences,
                                                .difference_count = count,
                                                .colour = isatty(STDOUT_FILENO)};
    bool ok = !a->format || strcmp(a->format, "text") == 0 ? assay_compare_print_text(stdout, &report)
              : strcmp(a->format, "json") == 0             ? assay_compare_print_json(stdout, &report)
                                                           : assay_compare_print_csv(stdout, &report);
    assay_comparison_free(&comparison);
    if (!ok)
        assay_cli_die(ASSAY_EXIT_FAILURE, "standard output: %s", strerror(errno));
    return ASSAY_EXIT_OK;
}

static int run_compare(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"instance", 'i', "A,B", 0,
         "The instance of A and that of B; one name: of both (every one that both have)", 0},
        {"format", 'f', "text|json|csv", 0, "How to print it (text)", 0},
        {"force", KEY_FORCE, NULL, 0,
         "Compare runs of different machines, compilers or versions all the same", 0},
        {0},
    };
    const struct argp argp = {.options = options,
                              .parser = parse,
                              .args_doc = "A B\nFILE --instance A,B",
                              .doc = "Compares two runs, or two instances of one: for each case time of A / "
                                     "time of B (above 1: B is faster), "
                                     "its 95 % interval and a verdict. Instances of one run were measured in "
                                     "the same blocks and are compared so; "
                                     "two runs are unpaired, with the wider interval that this means. Runs "
                                     "that differ in cpu, cores, governor, "
                                     "virtualisation, compiler, its flags, assay's version, environment or "
                                     "length of a sample are refused, and the "
                                     "field is named.\v"
                                     "Examples:\n"
                                     "  assay compare before.ndjson after.ndjson\n"
                                     "  assay compare run.ndjson --instance openssl,native\n"
                                     "  assay compare a.ndjson b.ndjson --instance native --format csv\n"
                                     "Exit: 0 compared, 2 bad input or runs that do not compare. To pass or "
                                     "fail a change, use assay gate."};
    struct arguments a = {0};
    assay_cli_parse(&argp, "compare", argc, argv, &a);
    struct assay_run *one = load(a.file[0]), *two = a.file[1] ? load(a.file[1]) : one;
    int code = compare(&a, (const struct assay_run *const[]){one, two});
    if (two != one)
        assay_run_file_free(two);
    assay_run_file_free(one);
    free((void *)a.instance[0]);
    return code;
}

const struct assay_verb assay_verb_compare = {
    "compare", "two runs, or two instances of one: ratio, interval, verdict", run_compare};

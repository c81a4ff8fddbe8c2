/* SPDX-License-Identifier: Apache-2.0
 *
 * assay show, plot, report and convert: what can be made of a run file.
 */
#include "bench/cli/cli.h"
#include "bench/report/convert.h"
#include "bench/report/plot.h"
#include "bench/report/report.h"
#include "bench/report/table.h"
#include "bench/store/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHY_MAX 1024

struct arguments {
    const char *file, *output, *format;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'o':
        a->output = arg;
        return 0;
    case 'f':
        a->format = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (a->file)
            argp_error(state, "one run file at a time; '%s' is one too many", arg);
        a->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!a->file)
            argp_error(state, "name a run file, such as results/runs/20260101T120000Z-1a2b3c.ndjson");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void load(const char *file, struct assay_run **run, struct assay_summary *summary)
{
    char why[WHY_MAX];
    if (!assay_run_file_load(file, run, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    if (!assay_summary_make(*run, summary, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s", file, why);
}

static void unload(struct assay_run *run, struct assay_summary *summary)
{
    assay_summary_free(summary);
    assay_run_file_free(run);
}

static int run_show(int argc, char **argv)
{
    const struct argp argp = {.parser = parse,
                              .args_doc = "FILE",
                              .doc = "Prints the table of a run, as 'assay run' did at its end.\v"
                                     "Example: assay show results/runs/20260101T120000Z-1a2b3c.ndjson"};
    struct arguments a = {0};
    struct assay_summary summary;
    struct assay_run *run;
    assay_cli_parse(&argp, "show", argc, argv, &a);
    load(a.file, &run, &summary);
    const struct assay_table_options options = {.colour = isatty(STDOUT_FILENO)};
    bool ok = assay_table_print(stdout, &summary, &options);
    unload(run, &summary);
    return ok ? ASSAY_EXIT_OK : ASSAY_EXIT_FAILURE;
}

/* FILE without its ending, then -plots or another tail */
static void folder_beside(const char *file, const char *tail, char *out, size_t room)
{
    const char *slash = strrchr(file, '/'), *dot = strrchr(slash ? slash : file, '.');
    snprintf(out, room, "%.*s%s", (int)(dot ? (size_t)(dot - file) : strlen(file)), file, tail);
}

static int run_plot(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"output", 'o', "DIR", 0,
         "The folder for pictures, scripts and data (FILE without its ending, then -plots)", 0},
        {0},
    };
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FILE",
        .doc = "Draws a run with gnuplot, as SVG and PNG: throughput against size, bars per operation, "
               "scaling over "
               "threads, spread per cell. Leaves the scripts and data that they are made from.\v"
               "Example: assay plot results/runs/20260101T120000Z-1a2b3c.ndjson -o plots"};
    char why[WHY_MAX], folder[4096];
    struct arguments a = {0};
    struct assay_summary summary;
    struct assay_plot_report report = {0};
    struct assay_run *run;
    assay_cli_parse(&argp, "plot", argc, argv, &a);
    load(a.file, &run, &summary);
    folder_beside(a.file, "-plots", folder, sizeof folder);
    const char *dir = a.output ? a.output : folder;
    enum assay_plot_result result = assay_plot_write(&summary, dir, &report, why, sizeof why);
    unload(run, &summary);
    if (result != ASSAY_PLOT_OK)
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    printf("%u charts in %s, each as SVG and PNG, with script and data\n", report.scripts, dir);
    return ASSAY_EXIT_OK;
}

static int run_report(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"output", 'o', "DIR", 0,
         "The folder for report.md and its charts (FILE without its ending, then -report)", 0},
        {0},
    };
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FILE",
        .doc = "Writes a report of a run in Markdown, with its charts beside it: machine, instances as "
               "loaded, every figure "
               "with its interval, scaling, what was not measured and why, and how far to trust it.\v"
               "Example: assay report results/runs/20260101T120000Z-1a2b3c.ndjson -o report"};
    char why[WHY_MAX], folder[4096];
    struct arguments a = {0};
    struct assay_summary summary;
    struct assay_run *run;
    assay_cli_parse(&argp, "report", argc, argv, &a);
    load(a.file, &run, &summary);
    folder_beside(a.file, "-report", folder, sizeof folder);
    const char *dir = a.output ? a.output : folder;
    bool ok = assay_report_write(&summary, dir, why, sizeof why);
    unload(run, &summary);
    if (!ok)
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    if (*why)
        fprintf(stderr, "assay: %s\n", why);
    printf("%s/report.md\n", dir);
    return *why ? ASSAY_EXIT_FAILURE : ASSAY_EXIT_OK;
}

static int run_convert(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"format", 'f', "gbench|csv", 0, "Google Benchmark's JSON, or CSV", 0},
        {"output", 'o', "FILE", 0, "Where to write (standard output)", 0},
        {0},
    };
    const struct argp argp = {.options = options,
                              .parser = parse,
                              .args_doc = "FILE",
                              .doc = "Writes a run in a format that other tools read.\v"
                                     "Example: assay convert --format gbench -o run.json FILE"};
    char why[WHY_MAX];
    struct arguments a = {0};
    struct assay_output to = {.file = stdout};
    struct assay_summary summary;
    struct assay_run *run;
    assay_cli_parse(&argp, "convert", argc, argv, &a);
    bool csv = a.format && strcmp(a.format, "csv") == 0;
    if (!a.format)
        assay_cli_die(ASSAY_EXIT_USAGE, "choose a format: --format gbench or --format csv");
    if (!csv && strcmp(a.format, "gbench") != 0)
        assay_cli_die(ASSAY_EXIT_USAGE, "--format '%s' is neither gbench nor csv", a.format);
    load(a.file, &run, &summary);
    if (a.output && !assay_output_open(&to, a.output, ASSAY_OUTPUT_STREAM, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    bool ok = csv ? assay_convert_csv(to.file, &summary, why, sizeof why)
                  : assay_convert_gbench(to.file, &summary, why, sizeof why);
    unload(run, &summary);
    if (a.output && !assay_output_close(&to, ok, why, sizeof why))
        ok = false;
    if (!ok)
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    return ASSAY_EXIT_OK;
}

const struct assay_verb assay_verb_show = {"show", "the table of a run file", run_show};
const struct assay_verb assay_verb_plot = {"plot", "charts of a run file, as SVG and PNG", run_plot};
const struct assay_verb assay_verb_convert = {"convert", "a run file as Google Benchmark JSON or CSV",
                                              run_convert};
const struct assay_verb assay_verb_report = {"report", "a run as a Markdown report with its charts",
                                             run_report};

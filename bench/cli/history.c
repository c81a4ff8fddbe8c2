/* SPDX-License-Identifier: Apache-2.0
 *
 * assay history: cases over commits, from the index of all runs.
 */
#include "bench/report/history.h"
#include "bench/cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHY_MAX 1024

struct arguments {
    struct assay_history_filter filter;
    const char *format, *plot;
    bool rebuild;
    char **files;
    int file_count;
};

enum { KEY_ANCHOR = 256, KEY_PLOT, KEY_REBUILD };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'k':
        a->filter.kernel = arg;
        return 0;
    case 'i':
        a->filter.instance = arg;
        return 0;
    case KEY_ANCHOR:
        a->filter.anchor = arg;
        return 0;
    case 'f':
        if (strcmp(arg, "text") != 0 && strcmp(arg, "json") != 0 && strcmp(arg, "csv") != 0)
            argp_error(state, "--format '%s' is none of text, json, csv", arg);
        a->format = arg;
        return 0;
    case KEY_PLOT:
        a->plot = arg;
        return 0;
    case KEY_REBUILD:
        a->rebuild = true;
        return 0;
    case ARGP_KEY_ARGS:
        a->files = state->argv + state->next;
        a->file_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if (a->file_count && !a->rebuild)
            argp_error(state, "'%s': run files are named with --rebuild only", a->files[0]);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void trouble(void *data, const char *why)
{
    (void)data;
    fprintf(stderr, "assay: %s; left out\n", why);
}

static int rebuild(const struct arguments *a)
{
    char why[WHY_MAX];
    struct assay_file_list files = {0};
    struct assay_rebuilt result = {.trouble = trouble};
    size_t gone = 0;
    for (int i = 0; i < a->file_count; i++)
        if (!assay_file_list_add(&files, a->files[i], why, sizeof why))
            assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    if (!assay_file_list_recorded(&files, &gone, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    if (access("results/runs", F_OK) == 0 && !assay_file_list_add(&files, "results/runs", why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    if (!assay_index_rebuild(&files, &result, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    printf("%zu runs in the index", result.runs);
    if (result.bad)
        printf(", %zu files are no whole run files", result.bad);
    if (gone)
        printf(", %zu files that were listed are gone", gone);
    putchar('\n');
    assay_file_list_free(&files);
    return result.bad ? ASSAY_EXIT_USAGE : ASSAY_EXIT_OK;
}

static void plot(const struct assay_history *history, const char *dir)
{
    char why[WHY_MAX];
    struct assay_plot_report report = {0};
    if (assay_history_plot(history, dir, &report, why, sizeof why) != ASSAY_PLOT_OK)
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    fprintf(stderr, "%u charts in %s, each as SVG and PNG, with script and data\n", report.scripts, dir);
}

static bool print(const struct assay_history *history, const char *format)
{
    if (!format || strcmp(format, "text") == 0)
        return assay_history_print_text(stdout, history, isatty(STDOUT_FILENO));
    return strcmp(format, "json") == 0 ? assay_history_print_json(stdout, history)
                                       : assay_history_print_csv(stdout, history);
}

static size_t points(const struct assay_history *history)
{
    size_t n = 0;
    for (size_t i = 0; i < history->count; i++)
        n += history->series[i].count;
    return n;
}

static int show(const struct arguments *a)
{
    char why[WHY_MAX], path[PATH_MAX];
    struct assay_index *index;
    struct assay_history history;
    if (!assay_index_path(ASSAY_INDEX_FILE, path, sizeof path, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    if (access(path, F_OK) != 0)
        assay_cli_die(
            ASSAY_EXIT_FAILURE,
            "%s: no history yet; 'assay run' adds to it, and --rebuild [FILE|DIR...] makes it of run files",
            path);
    if (!assay_index_open(path, false, &index, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    if (!assay_history_make(index, &a->filter, &history, why, sizeof why))
        assay_cli_die(strncmp(why, "--", 2) == 0 ? ASSAY_EXIT_USAGE : ASSAY_EXIT_FAILURE, "%s", why);
    assay_index_close(index);
    if (points(&history) == 0)
        assay_cli_die(ASSAY_EXIT_USAGE,
                      "no run of the index has such a case with an instance and its anchor%s; see "
                      "'assay history' without options",
                      history.unanchored ? " beside it" : "");
    bool ok = print(&history, a->format);
    if (ok && a->plot)
        plot(&history, a->plot);
    assay_history_free(&history);
    if (!ok)
        assay_cli_die(ASSAY_EXIT_FAILURE, "standard output: %s", strerror(errno));
    return ASSAY_EXIT_OK;
}

static int run_history(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"kernel", 'k', "REGEX", 0, "Cases whose key matches (all)", 0},
        {"instance", 'i', "NAME", 0, "The instance to show (every one beside the anchor)", 0},
        {"anchor", KEY_ANCHOR, "NAME", 0, "The instance that ratios are to (the first of each run)", 0},
        {"format", 'f', "text|json|csv", 0, "How to print it (text)", 0},
        {"plot", KEY_PLOT, "DIR", 0, "Draw each case into this folder too, as SVG and PNG", 0},
        {"rebuild", KEY_REBUILD, NULL, 0,
         "Make the index anew: from the files and folders named, all that runs have listed, and results/runs",
         0},
        {0},
    };
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "\n--rebuild [FILE|DIR...]",
        .doc = "Lists and draws cases over commits: in each run the ratio to an anchor instance of the same "
               "run, block by "
               "block, for only such ratios compare between days; and where it changed for good (E-divisive, "
               "999 "
               "permutations, p at most 0.01). Each assay run adds itself to the index, "
               "$XDG_STATE_HOME/assay/history.db "
               "(~/.local/state). The run files are what counts: a locked, full or broken index costs a "
               "warning, and "
               "--rebuild makes it anew.\v"
               "Examples:\n"
               "  assay history --kernel '^aead.seal' --instance native --anchor openssl\n"
               "  assay history --kernel '^hkdf' --plot hkdf-history\n"
               "  assay history --rebuild results/runs /mnt/old-runs\n"
               "Exit: 0 shown or rebuilt, 1 the index cannot be read, 2 usage, no such case, or a file that "
               "is no run."};
    struct arguments a = {0};
    assay_cli_parse(&argp, "history", argc, argv, &a);
    return a.rebuild ? rebuild(&a) : show(&a);
}

const struct assay_verb assay_verb_history = {"history", "a case over commits, and where it changed",
                                              run_history};

/* SPDX-License-Identifier: Apache-2.0
 *
 * assay check: every answer proved, on all instances; nothing is timed.
 */
#include "bench/cli/check_vectors.h"
#include "bench/cli/cli.h"
#include "bench/cli/progress.h"
#include "bench/run/engine.h"
#include "bench/stats/summary.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDERS_MAX 16
enum { KEY_VECTORS = 256 };

struct arguments {
    struct assay_chosen chosen;
    char *folders[FOLDERS_MAX + 1]; /* ends with NULL */
    size_t folder_count;
};

static const struct argp_option options[] = {
    {"vectors", KEY_VECTORS, "DIR", 0,
     "Published test vectors instead: every file of Wycheproof (.json) and of NIST's CAVP (.rsp) in the "
     "folder and "
     "below; may be given again",
     2},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->chosen;
        return 0;
    case KEY_VECTORS:
        if (a->folder_count == FOLDERS_MAX)
            argp_error(state, "--vectors is taken at most %d times", FOLDERS_MAX);
        a->folders[a->folder_count++] = arg;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s': no argument is expected; cases are chosen with --kernel", arg);
        return 0;
    case ARGP_KEY_END:
        if (a->folder_count &&
            (a->chosen.selection.kernel || a->chosen.selection.full || a->chosen.selection.services))
            argp_error(state, "--vectors goes with --instance only: vectors are no cases");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct tally {
    size_t count[ASSAY_STATUS_FAILED + 1];
};

static bool lacks(const struct assay_engine *e, size_t key, size_t instance, const char *reason)
{
    const struct assay_cell_state *cell = assay_engine_cell(e, key, instance);
    return cell->status == ASSAY_STATUS_UNSUPPORTED && (!reason || strcmp(cell->reason, reason) == 0);
}

/* Each reason once, with the first case that it holds for and how many more. */
static void print_reasons(const struct assay_engine *e, size_t instance)
{
    for (size_t k = 0; k < e->plan->count; k++) {
        const char *reason = assay_engine_cell(e, k, instance)->reason;
        size_t before = 0, after = 0;
        if (!lacks(e, k, instance, NULL))
            continue;
        for (size_t i = 0; i < e->plan->count; i++) {
            before += i < k && lacks(e, i, instance, reason);
            after += i > k && lacks(e, i, instance, reason);
        }
        if (before > 0)
            continue;
        printf("    %s: %s", reason, e->plan->keys[k]);
        if (after)
            printf(" and %zu more", after);
        putchar('\n');
    }
}

static void print_instances(const struct assay_engine *e)
{
    for (size_t i = 0; i < e->specs->count; i++) {
        struct tally t = {{0}};
        for (size_t k = 0; k < e->plan->count; k++)
            t.count[assay_engine_cell(e, k, i)->status]++;
        if (assay_instance_is_probe(e->specs->spec[i].name)) {
            printf("%-14s a probe of the harness itself, exempt from proof\n", e->specs->spec[i].name);
            continue;
        }
        printf("%-14s %zu proved, %zu unsupported, %zu refused, %zu failed\n", e->specs->spec[i].name,
               t.count[ASSAY_STATUS_PROVED], t.count[ASSAY_STATUS_UNSUPPORTED], t.count[ASSAY_STATUS_REFUSED],
               t.count[ASSAY_STATUS_FAILED]);
        print_reasons(e, i);
    }
}

static int check_cases(struct assay_chosen *chosen)
{
    static struct assay_engine engine;
    struct assay_settings settings = {
        .rounds = 1, .blocks = 1, .deadline_ms = 60000, .check_only = true, .min_time_ns = 1};
    struct assay_progress progress = {.terminal = isatty(STDERR_FILENO)};
    const struct assay_observer observer = {
        .data = &progress, .progress = assay_progress_step, .trouble = assay_progress_trouble};
    struct assay_writer nowhere = {.fd = -1};
    struct assay_specs specs;
    struct assay_plan plan;
    struct assay_selection *s = &chosen->selection;
    s->full = s->full || !(s->kernel || s->services);
    assay_cli_choose(chosen, &specs, &plan);
    if (!assay_engine_init(&engine, &settings, &plan, &specs, &observer, &nowhere,
                           assay_cli_most_threads(&chosen->selection)))
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
    assay_engine_run(&engine);
    assay_progress_end(&progress);
    print_instances(&engine);
    int code = assay_engine_verdict(&engine);
    assay_engine_free(&engine);
    assay_plan_free(&plan);
    assay_specs_free(&specs);
    return code;
}

static int run_check(int argc, char **argv)
{
    static const struct argp_child children[] = {{&assay_cli_selection, 0, "What to check:", 1}, {0}};
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "Proves every case on every instance: known answers, forgeries that must be refused, and the "
               "answers of the "
               "instances held against each other. Measures nothing. Without --kernel: all cases.\v"
               "Examples:\n"
               "  assay check --instance openssl,./my.so --kernel '^aead'\n"
               "  assay check --vectors DIR --instance openssl,native:portable,native:aesni\n"
               "Exit: 0 all well, 1 a cell failed, 2 usage or a broken file of vectors, 3 a wrong answer."};
    struct arguments a = {.folder_count = 0};
    assay_cli_selection_defaults(&a.chosen);
    assay_cli_parse(&argp, "check", argc, argv, &a);
    return a.folder_count ? assay_cli_check_vectors(a.folders, a.chosen.instances) : check_cases(&a.chosen);
}

const struct assay_verb assay_verb_check = {"check", "proves every answer, measures nothing", run_check};

/* SPDX-License-Identifier: Apache-2.0
 *
 * assay tune: coordinate descent over the parameters that a backend leaves open. Each candidate is an
 * instance of its own, measured in the same blocks as the values kept so far; what was kept is held against
 * the code's own values once more, by samples that took no part in the choice, before a profile is written.
 */
#include "bench/tune/tune.h"
#include "bench/cli/cli.h"
#include "bench/cli/progress.h"
#include "bench/report/table.h"
#include "bench/run/instances_file.h"
#include "bench/store/folders.h"
#include "bench/store/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHY_MAX 2048

struct arguments {
    const char *instance, *kernel, *output;
    struct assay_settings settings;
    bool dry_run;
};

enum { KEY_CONFIG = 255, KEY_ROUNDS = 256, KEY_SEED, KEY_DRY_RUN };

static const struct argp_option options[] = {
    {"instance", 'i', "NAME", 0, "What to tune (native)", 1},
    {"kernel", 'k', "REGEX", 0, "Judge by matching cases alone (those that each parameter bears on)", 1},
    {"rounds", KEY_ROUNDS, "N", 0, "Rounds of fresh workers for each decision (10)", 2},
    {"config", KEY_CONFIG, "FILE", 0, "Instances of your own ($XDG_CONFIG_HOME/assay/instances.yaml)", 2},
    {"seed", KEY_SEED, "N", 0, "Seed of all orders (1)", 2},
    {"output", 'o', "FILE", 0, "The profile (where the backend looks for it)", 3},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Print parameters, values and how long it takes; measure nothing", 3},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'i':
        a->instance = arg;
        return 0;
    case 'k':
        a->kernel = arg;
        return 0;
    case KEY_ROUNDS:
        a->settings.rounds = (unsigned)assay_cli_number(state, "--rounds", arg, 3, 1000);
        return 0;
    case KEY_CONFIG:
        assay_instances_config(arg);
        return 0;
    case KEY_SEED:
        a->settings.seed = assay_cli_number(state, "--seed", arg, 0, 1ul << 48);
        return 0;
    case 'o':
        if (!*arg)
            argp_error(state, "--output '' names no file");
        a->output = arg;
        return 0;
    case KEY_DRY_RUN:
        a->dry_run = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s': no argument is expected; cases are chosen with --kernel", arg);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The work: what is kept so far, and the cases of the parameters that were changed. */
struct tuner {
    const struct arguments *arguments;
    struct assay_spec untuned, kept;
    struct assay_plan changed;
    struct assay_progress progress;
    struct assay_observer observer;
};

static void need(bool ok)
{
    if (!ok)
        assay_cli_die(ASSAY_EXIT_FAILURE, "out of memory");
}

static void free_spec(struct assay_spec *spec)
{
    struct assay_specs one = {.spec = {*spec}, .count = 1};
    assay_specs_free(&one);
}

/* base: the instance without the option profile=none, which only those know that can be tuned. */
static void tunables(const struct assay_spec *spec, const struct assay_spec *base,
                     struct assay_tunable **list, size_t *count)
{
    char why[ASSAY_WHY_MAX], more[ASSAY_WHY_MAX];
    bool ok = assay_tune_ask(spec, list, count, why);
    if (ok ? *count == 0 : assay_tune_ask(base, list, count, more) && *count == 0)
        assay_cli_die(ASSAY_EXIT_USAGE, "%s has nothing to tune", base->name);
    if (!ok)
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s", base->name, why);
}

static void plan_for(const struct tuner *t, const struct assay_tunable *tunable, struct assay_plan *plan)
{
    char why[WHY_MAX];
    if (!assay_tune_plan(plan, tunable, t->arguments->kernel, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
}

/* Adds those cases that are not there yet. */
static void remember_cases(struct tuner *t, const struct assay_plan *plan)
{
    void *keys = realloc(t->changed.keys, (t->changed.count + plan->count) * sizeof plan->keys[0]);
    need(keys);
    t->changed.keys = keys;
    for (size_t i = 0; i < plan->count; i++) {
        bool there = false;
        for (size_t k = 0; k < t->changed.count && !there; k++)
            there = strcmp(t->changed.keys[k], plan->keys[i]) == 0;
        if (!there)
            memcpy(t->changed.keys[t->changed.count++], plan->keys[i], ASSAY_KEY_MAX);
    }
}

/* Measures, and ends the program when anything went wrong: a profile rests on whole figures only. */
static void measure(struct tuner *t, const struct assay_specs *specs, const struct assay_plan *plan,
                    struct assay_trial_result *result)
{
    char why[WHY_MAX];
    const struct assay_trial trial = {&t->arguments->settings, specs, plan, &t->observer};
    t->progress.started = 0;
    bool ok = assay_trial_run(&trial, result, why, sizeof why);
    assay_progress_end(&t->progress);
    if (!ok)
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s", why);
    if (result->stopped)
        assay_cli_die(ASSAY_EXIT_FAILURE, "interrupted; no profile was written");
    if (result->verdict != 0)
        assay_cli_die(result->verdict, "not all cases could be measured; no profile was written");
}

static void print_ratio(const struct assay_estimate *e)
{
    printf("%.3f×  %.3f – %.3f", e->value, e->low, e->high);
}

/* The candidate to keep, or 0. Candidate n is instance n. */
static size_t choose(const struct assay_tunable *tunable, const struct assay_trial_result *result)
{
    size_t best = 0;
    double best_ratio = 1;
    for (size_t i = 1; i <= tunable->candidates; i++) {
        struct assay_estimate overall;
        const struct assay_row *worst;
        enum assay_tune_fault fault = assay_tune_judge(&result->summary, i, &overall, &worst);
        printf("  %10llu  ", (unsigned long long)tunable->candidate[i - 1]);
        if (fault == ASSAY_TUNE_UNMEASURED)
            printf("not measured on all cases");
        else
            print_ratio(&overall);
        if (fault == ASSAY_TUNE_LOSES) {
            printf("  but %s ", worst->run_case->key);
            print_ratio(&worst->ratio);
        }
        putchar('\n');
        if (fault == ASSAY_TUNE_BETTER && overall.value > best_ratio) {
            best_ratio = overall.value;
            best = i;
        }
    }
    return best;
}

static void keep(struct tuner *t, struct assay_spec *winner)
{
    struct assay_spec kept;
    need(assay_tune_spec(&kept, winner, t->kept.name, NULL));
    free_spec(&t->kept);
    t->kept = kept;
}

static void tune_one(struct tuner *t, const struct assay_tunable *tunable)
{
    struct assay_plan plan;
    struct assay_specs specs = {.count = 0};
    struct assay_trial_result result;
    plan_for(t, tunable, &plan);
    if (tunable->candidates > 0 && plan.count > 0) {
        printf("%s: %s; now %llu %s, by %zu cases\n", tunable->name, tunable->summary,
               (unsigned long long)tunable->value, tunable->unit, plan.count);
        need(assay_tune_spec(&specs.spec[specs.count++], &t->kept, "kept", NULL));
        for (size_t i = 0; i < tunable->candidates; i++) {
            char option[64];
            snprintf(option, sizeof option, "%s=%llu", tunable->name,
                     (unsigned long long)tunable->candidate[i]);
            need(assay_tune_spec(&specs.spec[specs.count++], &t->kept, option, option));
        }
        measure(t, &specs, &plan, &result);
        size_t best = choose(tunable, &result);
        printf("  %s %llu %s\n", best ? "better:" : "stays",
               (unsigned long long)(best ? tunable->candidate[best - 1] : tunable->value), tunable->unit);
        fflush(stdout);
        if (best) {
            keep(t, &specs.spec[best]);
            remember_cases(t, &plan);
        }
        assay_trial_free(&result);
        assay_specs_free(&specs);
    }
    assay_plan_free(&plan);
}

/* The search, and the confirmation as if every parameter were changed. */
static double estimate(const struct tuner *t, const struct assay_tunable *list, size_t count)
{
    double seconds = 0;
    for (size_t i = 0; i < count; i++) {
        struct assay_plan plan;
        plan_for(t, &list[i], &plan);
        if (list[i].candidates > 0)
            seconds += assay_progress_seconds(&t->arguments->settings, &plan, list[i].candidates + 1 + 2);
        assay_plan_free(&plan);
    }
    return seconds;
}

/* A --kernel that leaves nothing to judge by would end as if every value in force were the best. */
static void check_kernel(const struct tuner *t, const struct assay_tunable *list, size_t count)
{
    size_t cases = 0;
    for (size_t i = 0; i < count; i++) {
        struct assay_plan plan;
        plan_for(t, &list[i], &plan);
        cases += plan.count;
        assay_plan_free(&plan);
    }
    if (t->arguments->kernel && cases == 0)
        assay_cli_die(ASSAY_EXIT_USAGE,
                      "--kernel '%s' matches none of the cases that a parameter of %s bears on; --dry-run "
                      "without it counts them",
                      t->arguments->kernel, t->arguments->instance);
}

static void print_tunables(const struct tuner *t, const struct assay_tunable *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct assay_tunable *one = &list[i];
        struct assay_plan plan;
        plan_for(t, one, &plan);
        printf("%-16s %s\n%16s ", one->name, one->summary, "");
        if (one->candidates > 0)
            printf("now %llu %s; candidates", (unsigned long long)one->value, one->unit);
        else
            printf("nothing to choose here");
        for (size_t k = 0; k < one->candidates; k++)
            printf("%s %llu", k ? "," : "", (unsigned long long)one->candidate[k]);
        if (one->candidates > 0)
            printf("; %zu cases", plan.count);
        putchar('\n');
        assay_plan_free(&plan);
    }
}

/* The profile to be, beside its place; gone whichever way the program ends, unless it came to its place. */
static char draft[PATH_MAX];

static void drop_draft(void)
{
    if (*draft)
        unlink(draft);
}

static void write_draft(const char *path, const char *text)
{
    assay_make_folders(path);
    int n = snprintf(draft, sizeof draft, "%s.XXXXXX", path);
    int fd = n > 0 && n < PATH_MAX ? mkstemp(draft) : -1;
    if (fd < 0)
        *draft = '\0';
    atexit(drop_draft);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool ok = file && fchmod(fd, 0644) == 0 && fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fd) == 0;
    if (file && fclose(file) != 0)
        ok = false;
    if (!ok)
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s", path, strerror(errno));
}

/* The instance without the options that a profile has. */
static void strip(const struct assay_spec *base, const struct assay_tunable *list, size_t count,
                  struct assay_spec *out)
{
    need(assay_tune_spec(out, base, base->name, NULL));
    for (size_t i = 0; i < out->option_count;) {
        size_t length = strcspn(out->options[i], "="), k = 0;
        while (k < count &&
               !(strlen(list[k].name) == length && strncmp(list[k].name, out->options[i], length) == 0))
            k++;
        if (k == count) {
            i++;
            continue;
        }
        free(out->options[i]);
        memmove(&out->options[i], &out->options[i + 1], (--out->option_count - i) * sizeof out->options[0]);
    }
}

/* Before and after, the latter with the profile loaded from its file. */
static bool confirm(struct tuner *t, const struct assay_spec *bare)
{
    char option[PATH_MAX + 16];
    struct assay_specs specs = {.count = 2};
    struct assay_trial_result result;
    struct assay_estimate overall;
    const struct assay_row *worst;
    snprintf(option, sizeof option, "profile=%s", draft);
    need(assay_tune_spec(&specs.spec[0], &t->untuned, "before", NULL) &&
         assay_tune_spec(&specs.spec[1], bare, "after", option));
    measure(t, &specs, &t->changed, &result);
    putchar('\n');
    const struct assay_table_options table = {.colour = isatty(STDOUT_FILENO)};
    assay_table_print(stdout, &result.summary, &table);
    enum assay_tune_fault fault = assay_tune_judge(&result.summary, 1, &overall, &worst);
    printf("\nafter, over all %zu cases: ", t->changed.count);
    print_ratio(&overall);
    putchar('\n');
    assay_trial_free(&result);
    assay_specs_free(&specs);
    return fault == ASSAY_TUNE_BETTER ||
           fault == ASSAY_TUNE_LOSES; /* by chance one of many cases may seem to */
}

static int finish(struct tuner *t, const struct assay_spec *bare)
{
    static struct assay_profile profile;
    char why[ASSAY_WHY_MAX];
    if (t->changed.count == 0) {
        printf("\nno candidate is better with evidence: the values stay, and no profile is written\n");
        return ASSAY_EXIT_OK;
    }
    if (!assay_tune_profile(&t->kept, &profile, why))
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s", t->kept.name, why);
    const char *path = t->arguments->output ? t->arguments->output : profile.path;
    if (!*path)
        assay_cli_die(ASSAY_EXIT_USAGE,
                      "there is no place for a profile: neither XDG_CONFIG_HOME nor HOME is set; "
                      "give --output");
    write_draft(path, profile.text);
    if (!confirm(t, bare)) {
        printf("the improvement is not confirmed: no profile is written\n");
        return ASSAY_EXIT_NOISY;
    }
    if (rename(draft, path) != 0)
        assay_cli_die(ASSAY_EXIT_FAILURE, "%s: %s", path, strerror(errno));
    *draft = '\0';
    printf("profile: %s\n%s", path, profile.text);
    return ASSAY_EXIT_OK;
}

static int tune(const struct arguments *a, const struct assay_spec *base)
{
    struct tuner t = {.arguments = a, .progress = {.terminal = isatty(STDERR_FILENO)}};
    struct assay_tunable *list;
    struct assay_spec bare;
    size_t count;
    t.observer = (struct assay_observer){.data = &t.progress,
                                         .progress = assay_progress_step,
                                         .trouble = assay_progress_trouble,
                                         .stop = assay_progress_interrupted};
    int code = ASSAY_EXIT_OK;
    need(assay_tune_spec(&t.untuned, base, base->name, "profile=none") &&
         assay_tune_spec(&t.kept, &t.untuned, base->name, NULL));
    tunables(&t.kept, base, &list, &count);
    check_kernel(&t, list, count);
    if (a->dry_run)
        print_tunables(&t, list, count);
    printf("%zu parameters of %s, %u rounds: about %.0f s on a quiet machine\n", count, base->name,
           a->settings.rounds, estimate(&t, list, count));
    fflush(stdout);
    assay_progress_watch_interrupts();
    for (size_t i = 0; !a->dry_run && i < count; i++) {
        struct assay_tunable *now;
        size_t now_count;
        tunables(&t.kept, base, &now, &now_count); /* what may be chosen depends on what was kept */
        if (i < now_count)
            tune_one(&t, &now[i]);
        free(now);
    }
    strip(base, list, count, &bare);
    if (!a->dry_run)
        code = finish(&t, &bare);
    free_spec(&bare);
    free(list);
    free_spec(&t.untuned);
    free_spec(&t.kept);
    assay_plan_free(&t.changed);
    return code;
}

static int run_tune(int argc, char **argv)
{
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc =
            "Searches the parameters that a backend leaves open for those that are fastest on this CPU, and "
            "writes them to a profile, which the backend loads from then on. A candidate is kept when its 95 "
            "% "
            "interval over all its cases lies above 1; what was kept is measured once more, before against "
            "after, "
            "and a profile is written only when that confirms it. --dry-run lists the parameters.\v"
            "Examples:\n"
            "  assay tune\n"
            "  assay tune --kernel aes-256-gcm --rounds 20\n"
            "  assay tune --instance native:threads=4 --output four.profile\n"
            "  assay run --instance native:profile=none,native:profile=four.profile\n"
            "Exit: 0 done, 1 failure, 2 usage, 3 a wrong answer, 4 what seemed better was not confirmed."};
    struct arguments a = {
        .instance = "native",
        .settings = {.seed = 1, .min_time_ns = 2000000, .rounds = 10, .blocks = 8, .deadline_ms = 60000}};
    char why[WHY_MAX];
    struct assay_specs specs;
    assay_cli_parse(&argp, "tune", argc, argv, &a);
    if (!assay_specs_parse(&specs, a.instance, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
    if (specs.count != 1)
        assay_cli_die(ASSAY_EXIT_USAGE, "--instance '%s' is more than one", a.instance);
    if (a.output && !a.dry_run && !assay_output_possible(a.output, ASSAY_OUTPUT_FILE, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "--output %s", why); /* before minutes of measuring */
    int code = tune(&a, &specs.spec[0]);
    assay_specs_free(&specs);
    return code;
}

const struct assay_verb assay_verb_tune = {"tune", "finds the fastest parameters of native on this CPU",
                                           run_tune};

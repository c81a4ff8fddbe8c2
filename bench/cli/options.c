/* SPDX-License-Identifier: Apache-2.0
 *
 * What several verbs read from the command line.
 */
#include "bench/cli/cli.h"
#include "bench/run/instances_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY_MAX 2048
enum { KEY_CONFIG = 1000, KEY_SERVICES };

void assay_cli_die(int code, const char *format, ...)
{
    va_list ap;
    fputs("assay: ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(code);
}

int assay_cli_failed(int code)
{
    return code == ASSAY_EXIT_WRONG || code == ASSAY_EXIT_REGRESSION ? code : ASSAY_EXIT_FAILURE;
}

void assay_cli_parse(const struct argp *argp, const char *verb, int argc, char **argv, void *input)
{
    static char name[32], help[] = "--help";
    snprintf(name, sizeof name, "assay %s", verb);
    argv[0] = name;
    if (argc == 2 && strcmp(argv[1], "-h") == 0) /* what most programs take, and argp does not */
        argv[1] = help;
    error_t rc = argp_parse(argp, argc, argv, 0, NULL, input);
    if (rc != 0)
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", strerror(rc));
}

unsigned long assay_cli_number(struct argp_state *state, const char *option, const char *text,
                               unsigned long least, unsigned long most)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || n < least || n > most)
        argp_error(state, "%s '%s' is not a whole number from %lu to %lu", option, text, least, most);
    return n;
}

uint64_t assay_cli_duration(struct argp_state *state, const char *option, const char *text)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    char *end;
    double n = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].name) == 0 && n * units[i].ns >= 1e4 && n * units[i].ns <= 60e9)
            return (uint64_t)(n * units[i].ns);
    argp_error(state, "%s '%s' is not a time from 10us to 60s, such as 20ms", option, text);
    return 0;
}

static void add_threads(struct assay_selection *s, struct argp_state *state, const char *text, unsigned n)
{
    if (s->thread_count == ASSAY_THREADS_MAX)
        argp_error(state, "--threads '%s': at most %d counts, such as 1,2,4,8..12", text, ASSAY_THREADS_MAX);
    for (size_t i = 0; i < s->thread_count; i++)
        if (s->threads[i] == n)
            argp_error(state, "--threads '%s' names %u twice", text, n);
    s->threads[s->thread_count++] = n;
}

/* "1,2", "1..4", "1..4,8" */
static void parse_threads(struct assay_selection *s, struct argp_state *state, const char *text)
{
    char *copy = strdup(text), *save = NULL;
    s->thread_count = 0;
    for (char *one = strtok_r(copy, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
        char *dots = strstr(one, "..");
        if (dots)
            *dots = '\0';
        unsigned first = (unsigned)assay_cli_number(state, "--threads", one, 1, 256);
        unsigned last = dots ? (unsigned)assay_cli_number(state, "--threads", dots + 2, 1, 256) : first;
        if (last < first)
            argp_error(state, "--threads '%s': a range goes up, such as 1..4", text);
        for (unsigned n = first; n <= last; n++)
            add_threads(s, state, text, n);
    }
    if (s->thread_count == 0)
        argp_error(state, "--threads '%s' is not a list of counts such as 1,2 or 1..4", text);
    free(copy);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct assay_chosen *chosen = state->input;
    switch (key) {
    case 'i':
        chosen->instances = arg;
        return 0;
    case 'k':
        chosen->selection.kernel = arg;
        return 0;
    case 't':
        parse_threads(&chosen->selection, state, arg);
        return 0;
    case 'F':
        chosen->selection.full = true;
        return 0;
    case KEY_SERVICES:
        chosen->selection.services = true;
        return 0;
    case ARGP_KEY_END:
        if (chosen->selection.services && (chosen->selection.kernel || chosen->selection.full))
            argp_error(state,
                       "--services is a choice of cases, as --kernel and --full are: give one of them");
        return 0;
    case KEY_CONFIG:
        assay_instances_config(arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"instance", 'i', "A,B", 0, "Instances, the first is what ratios are to (all that are found)", 1},
    {"kernel", 'k', "REGEX", 0,
     "Cases whose key matches, such as '^aead' (run: the headline cases; check and list: all)", 1},
    {"threads", 't', "1,2|1..N", 0,
     "Thread counts, each a case of its own (1); from four on, up to the cores, the "
     "scaling law is fitted",
     1},
    {"full", 'F', NULL, 0, "Everything, the slow cases too (list names them always)", 1},
    {"services", KEY_SERVICES, NULL, 0, "The headline cases of services: tokens, cookies, keys in a KMS …",
     1},
    {"config", KEY_CONFIG, "FILE", 0, "Instances of your own ($XDG_CONFIG_HOME/assay/instances.yaml)", 1},
    {0},
};

const struct argp assay_cli_selection = {.options = options, .parser = parse};

void assay_cli_selection_defaults(struct assay_chosen *chosen)
{
    *chosen = (struct assay_chosen){.selection = {.threads = {1}, .thread_count = 1}};
}

unsigned assay_cli_most_threads(const struct assay_selection *s)
{
    unsigned most = 1;
    for (size_t i = 0; i < s->thread_count; i++)
        most = s->threads[i] > most ? s->threads[i] : most;
    return most;
}

void assay_cli_choose(const struct assay_chosen *chosen, struct assay_specs *specs, struct assay_plan *plan)
{
    char why[WHY_MAX];
    if (!assay_specs_parse(specs, chosen->instances, why, sizeof why) ||
        !assay_plan_make(plan, &chosen->selection, why, sizeof why))
        assay_cli_die(ASSAY_EXIT_USAGE, "%s", why);
}

const char *assay_cli_metrics(struct argp_state *state, const char *file)
{
    if (!*file)
        argp_error(state, "--metrics '' names no file");
    return file;
}

void assay_cli_metrics_check(const char *file)
{
    char why[ASSAY_WHY_MAX];
    if (!file)
        return;
    if (!assay_metrics_file_possible(file, why))
        assay_cli_die(ASSAY_EXIT_USAGE, "--metrics %s", why);
    size_t size = strlen(file);
    if (size < 5 || strcmp(file + size - 5, ".prom") != 0)
        fprintf(stderr, "assay: note: --metrics %s: node_exporter reads files that end in .prom only\n",
                file);
}

bool assay_cli_metrics_write(const char *file, const struct assay_metrics *sum)
{
    char why[ASSAY_WHY_MAX];
    if (!file || assay_metrics_file_write(file, sum, why))
        return true;
    fprintf(stderr, "assay: --metrics %s\n", why);
    return false;
}

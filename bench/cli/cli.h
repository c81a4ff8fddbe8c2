/* SPDX-License-Identifier: Apache-2.0
 *
 * The verbs of assay, and what they share. Only this folder prints or exits.
 */
#ifndef ASSAY_CLI_H
#define ASSAY_CLI_H

#include "bench/run/metrics.h"
#include "bench/run/plan.h"

#include <argp.h>
#include <stdint.h>

enum assay_exit { /* several at once: 3, then 5, 1, 4 */
                  ASSAY_EXIT_OK = 0,
                  ASSAY_EXIT_FAILURE = 1,
                  ASSAY_EXIT_USAGE = 2,
                  ASSAY_EXIT_WRONG = 3,
                  ASSAY_EXIT_NOISY = 4,
                  ASSAY_EXIT_REGRESSION = 5,
};

struct assay_verb {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
};
extern const struct assay_verb assay_verb_run, assay_verb_check, assay_verb_list, assay_verb_env,
    assay_verb_show, assay_verb_plot, assay_verb_convert, assay_verb_tune, assay_verb_gate,
    assay_verb_calibrate, assay_verb_compare, assay_verb_history, assay_verb_report, assay_verb_plan,
    assay_verb_scan, assay_verb_drill;

/* argp_parse with the program name "assay VERB" and exit code 2 on errors. */
void assay_cli_parse(const struct argp *argp, const char *verb, int argc, char **argv, void *input);

/* --instance, --kernel, --threads and --full, as an argp child of the verbs that select cases. */
struct assay_chosen {
    const char *instances;
    struct assay_selection selection;
};
extern const struct argp assay_cli_selection;
void assay_cli_selection_defaults(struct assay_chosen *chosen);
unsigned assay_cli_most_threads(const struct assay_selection *selection);

/* Numbers from the command line: end the program with a usage message that names the option. */
unsigned long assay_cli_number(struct argp_state *state, const char *option, const char *text,
                               unsigned long least, unsigned long most);
/* "20ms", "500us", "2s" in nanoseconds */
uint64_t assay_cli_duration(struct argp_state *state, const char *option, const char *text);

/* Makes specs and plan of what was chosen; ends the program with 2 when that fails. */
void assay_cli_choose(const struct assay_chosen *chosen, struct assay_specs *specs, struct assay_plan *plan);
/* --metrics FILE: the option; its argument; before anything is run, whether the file can be made, else 2;
 * and the file, by rename, false when it failed, which was told. Without a file they do nothing. */
#define ASSAY_CLI_METRICS(key, group)                                                                        \
    {                                                                                                        \
        "metrics", (key), "FILE", 0,                                                                         \
            "Write what the service kernels counted (handshakes, signatures, tokens) for Prometheus: a "     \
            "*.prom file in the folder of node_exporter's textfile collector",                               \
            (group)                                                                                          \
    }
const char *assay_cli_metrics(struct argp_state *state, const char *file);
void assay_cli_metrics_check(const char *file);
bool assay_cli_metrics_write(const char *file, const struct assay_metrics *sum);

/* A verb's exit code after a failure besides: 3 and 5 stand before it */
int assay_cli_failed(int code);
/* "assay: text" on stderr, and exit */
void assay_cli_die(int code, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * assay: dispatches to a verb.
 */
#include "bench/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct assay_verb *const verbs[] = {&assay_verb_run,
                                                 &assay_verb_check,
                                                 &assay_verb_list,
                                                 &assay_verb_show,
                                                 &assay_verb_plot,
                                                 &assay_verb_convert,
                                                 &assay_verb_report,
                                                 &assay_verb_compare,
                                                 &assay_verb_history,
                                                 &assay_verb_env,
                                                 &assay_verb_tune,
                                                 &assay_verb_gate,
                                                 &assay_verb_calibrate,
                                                 &assay_verb_plan,
                                                 &assay_verb_scan,
                                                 &assay_verb_drill,
                                                 NULL};

static void overview(FILE *out)
{
    fputs("assay measures what cryptography costs on this CPU with these libraries, and times nothing that "
          "it has not "
          "first proved correct.\n\nUsage: assay VERB [OPTION...]\n\n",
          out);
    for (size_t i = 0; verbs[i]; i++)
        fprintf(out, "  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    fputs("\nWhat to type next:\n"
          "  assay run                                     the headline comparison of all backends\n"
          "  assay run --quick --kernel 'aead.seal/aes-256-gcm/16384' --instance openssl,native\n"
          "  assay check                                   proves every answer, measures nothing\n"
          "  assay list --cases                            what can be measured\n"
          "  assay VERB --help                             the options of a verb, with examples\n",
          out);
}

static int run_verb(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--version") == 0) {
        printf("assay %s\n", ASSAY_VERSION);
        return ASSAY_EXIT_OK;
    }
    static char help[] = "--help";
    char *of_verb[] = {argv[0], argv[argc > 2 ? 2 : 0], help, NULL};
    if (argc == 3 && strcmp(name, "help") == 0) { /* "help run" is "run --help" */
        argv = of_verb;
        name = argv[1];
    } else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "-?") == 0 ||
               strcmp(name, "help") == 0) {
        overview(stdout);
        return ASSAY_EXIT_OK;
    }
    for (size_t i = 0; verbs[i]; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i]->run(argc - 1, argv + 1);
    fprintf(stderr, "assay: no verb '%s'; the verbs are", name);
    for (size_t i = 0; verbs[i]; i++)
        fprintf(stderr, "%s %s", i ? "," : "", verbs[i]->name);
    fputc('\n', stderr);
    return ASSAY_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    argp_err_exit_status = ASSAY_EXIT_USAGE;
    int code = run_verb(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout))
        assay_cli_die(assay_cli_failed(code), "standard output: %s", strerror(errno));
    return code;
}

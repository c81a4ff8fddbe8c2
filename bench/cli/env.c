/* SPDX-License-Identifier: Apache-2.0
 *
 * assay env: the fingerprint of this machine and build, as it goes with every result.
 */
#include "bench/cli/cli.h"
#include "bench/run/machine.h"
#include "bench/worker/protect.h"

#include <stdio.h>

static int run_env(int argc, char **argv)
{
    const struct argp argp = {
        .doc = "Prints the fingerprint that goes with every result, as JSON, and under \"secrets\" whether a "
               "worker here leaves no core file and has its memory locked.\v"
               "Example: assay env | python3 -m json.tool"};
    assay_cli_parse(&argp, "env", argc, argv, NULL);
    json_t *all = json_pack("{s:o,s:o,s:o,s:o,s:o}", "assay", assay_version_json(), "machine",
                            assay_machine_json(), "build", assay_build_json(), "environment",
                            assay_environment_json(), "secrets", assay_protect());
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
    return ASSAY_EXIT_OK;
}

const struct assay_verb assay_verb_env = {"env", "the fingerprint of this machine and build", run_env};

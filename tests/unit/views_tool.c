/* SPDX-License-Identifier: Apache-2.0
 *
 * The views as a small program, for tests in Python: views_tool check|table|gbench|csv FILE, or plot FILE
 * FOLDER. What is wrong goes to standard output, with exit code 1.
 */
#include "bench/report/convert.h"
#include "bench/report/plot.h"
#include "bench/report/table.h"

#include <string.h>

static bool view(const struct assay_summary *s, const char *what, const char *folder, char *why,
                 size_t why_size)
{
    const struct assay_table_options options = {.colour = false};
    struct assay_plot_report report = {0};
    if (strcmp(what, "table") == 0)
        return assay_table_print(stdout, s, &options);
    if (strcmp(what, "gbench") == 0)
        return assay_convert_gbench(stdout, s, why, why_size);
    if (strcmp(what, "csv") == 0)
        return assay_convert_csv(stdout, s, why, why_size);
    if (strcmp(what, "plot") == 0 && folder)
        return assay_plot_write(s, folder, &report, why, why_size) == ASSAY_PLOT_OK;
    return strcmp(what, "check") == 0;
}

int main(int argc, char **argv)
{
    char why[1024] = "usage: views_tool check|table|gbench|csv|plot FILE [FOLDER]";
    struct assay_run *run = NULL;
    struct assay_summary summary = {0};
    bool ok = argc > 2 && assay_run_file_load(argv[2], &run, why, sizeof why) &&
              assay_summary_make(run, &summary, why, sizeof why) &&
              view(&summary, argv[1], argv[3], why, sizeof why);
    if (!ok)
        puts(why);
    assay_summary_free(&summary);
    assay_run_file_free(run);
    return ok ? 0 : 1;
}

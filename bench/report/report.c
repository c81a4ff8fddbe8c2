/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes out of a run file is escaped: a report is read by programs that render HTML.
 */
#include "bench/report/report.h"
#include "bench/report/format.h"
#include "bench/report/plot.h"
#include "bench/report/scaling.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\`*_[]<>|#!&~$", *text))
            putc('\\', out);
        putc(*text, out);
    }
}

/* "- label: text" when there is a text */
static void item(FILE *out, const char *label, const char *text)
{
    if (!*text)
        return;
    fprintf(out, "- %s: ", label);
    put(out, text);
    putc('\n', out);
}

static void put_head(FILE *out, const struct assay_run *run)
{
    char text[600];
    fputs("# assay: run ", out);
    put(out, run->id);
    fputs("\n\n", out);
    item(out, "time", run->time);
    snprintf(text, sizeof text, "%.200s, %llu cores, virtualisation %.40s, governor %.40s, kernel %.80s",
             run->cpu, (unsigned long long)run->cores, *run->virtualisation ? run->virtualisation : "unknown",
             *run->governor ? run->governor : "unknown", *run->os_kernel ? run->os_kernel : "unknown");
    item(out, "machine", text);
    snprintf(text, sizeof text, "%.40s %.12s%s, %.100s, %.200s", run->assay_version, run->commit,
             run->dirty ? " (modified)" : "", run->compiler, run->compiler_flags);
    item(out, "assay", text);
    snprintf(text, sizeof text,
             "%llu rounds of fresh processes, %llu blocks each, samples of %.0f ms, seed %llu",
             (unsigned long long)run->rounds, (unsigned long long)run->blocks, (double)run->min_time_ns / 1e6,
             (unsigned long long)run->seed);
    item(out, "evidence", text);
    for (size_t i = 0; i < run->environment_count; i++) {
        snprintf(text, sizeof text, "%.100s=%.400s", run->environment[i].name, run->environment[i].value);
        item(out, "environment", text);
    }
}

static void put_trust(FILE *out, const struct assay_run *run)
{
    if (!run->ended)
        fputs("\n**The run has no end record: it was killed, or goes on.**\n", out);
    else if (run->interrupted || !run->complete)
        fputs("\n**The run was interrupted.**\n", out);
    if (run->ended && run->noisy) {
        fputs("\n**The machine was noisy:**\n\n", out);
        for (size_t i = 0; i < run->noise_why_count; i++) {
            fputs("- ", out);
            put(out, run->noise_why[i]);
            putc('\n', out);
        }
    }
}

static void cell(FILE *out, const char *text)
{
    fputs(" ", out);
    put(out, text);
    fputs(" |", out);
}

static void put_instances(FILE *out, const struct assay_run *run)
{
    fputs("\n## Instances\n\n| instance | library | version | variant | provider | FIPS | file | build id |\n"
          "|---|---|---|---|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < run->instance_count; i++) {
        const struct assay_run_instance *in = &run->instances[i];
        char version[700];
        snprintf(version, sizeof version, "%.300s%s%.300s%s", in->seen ? in->version : "not loaded: ",
                 in->seen     ? ""
                 : *in->error ? in->error
                              : "the run ended before it",
                 "", in->changed ? " (CHANGED between rounds)" : "");
        putc('|', out);
        cell(out, in->name);
        cell(out, in->library);
        cell(out, version);
        cell(out, in->variant);
        cell(out, in->provider);
        cell(out, in->fips_active ? "active" : in->fips_asked ? "asked, NOT active" : "");
        cell(out, in->path);
        cell(out, in->build_id);
        putc('\n', out);
    }
}

/* " value | low – high |" */
static void put_ratio(FILE *out, const struct assay_summary *s, const struct assay_row *row)
{
    if (row->probe)
        fputs(" the harness's own cost | |", out);
    else if (row->instance == &s->run->instances[s->reference])
        fputs(" 1 | |", out);
    else if (row->has_ratio)
        fprintf(out, " %.2f× | %.3f – %.3f%s |", row->ratio.value, row->ratio.low, row->ratio.high,
                row->ratio.one_round ? " (one round)" : "");
    else
        fputs(" | |", out);
}

static void put_time(FILE *out, const struct assay_estimate *ns)
{
    char text[3][ASSAY_FORMAT_SIZE];
    assay_format_time(ns->value, text[0]);
    assay_format_time(ns->low, text[1]);
    assay_format_time(ns->high, text[2]);
    fprintf(out, " %s | %s – %s |", text[0], text[1], text[2]);
}

static void put_row(FILE *out, const struct assay_summary *s, const struct assay_row *row)
{
    char text[ASSAY_FORMAT_SIZE];
    putc('|', out);
    cell(out, row->run_case->key);
    cell(out, row->instance->name);
    put_time(out, &row->ns);
    assay_format_scaled(row->ops, "/s", text);
    cell(out, text);
    *text = '\0';
    if (row->bytes_per_second > 0 && !row->probe)
        assay_format_figure(row->bytes_per_second / 1e9, text);
    cell(out, text);
    put_ratio(out, s, row);
    putc('\n', out);
    for (unsigned side = 0; row->has_sides && side < ASSAY_RUN_SIDES; side++) {
        fputs("| |", out);
        cell(out, row->cell->sides[side]);
        put_time(out, &row->side_ns[side]);
        fputs(" | | | |\n", out);
    }
}

static void put_kernel(FILE *out, const struct assay_summary *s, const char *kernel)
{
    bool titled = false;
    for (size_t n = 0; n < s->row_count; n++) {
        const struct assay_row *row = &s->rows[n];
        if (!row->measured || strcmp(row->run_case->kernel, kernel) != 0)
            continue;
        if (!titled) {
            fputs("\n## ", out);
            put(out, kernel);
            fputs("\n\n| case | instance | time | 95 % interval | rate | GB/s | ratio to ", out);
            put(out, s->reference >= 0 ? s->run->instances[s->reference].name : "none");
            fputs(" | 95 % interval |\n|---|---|--:|---|--:|--:|--:|---|\n", out);
        }
        titled = true;
        put_row(out, s, row);
    }
}

static void put_kernels(FILE *out, const struct assay_summary *s)
{
    const struct assay_run *run = s->run;
    for (size_t c = 0; c < run->case_count; c++) {
        bool first = true;
        for (size_t k = 0; k < c && first; k++)
            first = strcmp(run->cases[k].kernel, run->cases[c].kernel) != 0;
        if (first)
            put_kernel(out, s, run->cases[c].kernel);
    }
}

static void put_scaling(FILE *out, const struct assay_summary *s)
{
    struct assay_scaling scaling;
    char text[200];
    bool titled = false, memory;
    for (size_t c = 0; c < s->run->case_count; c++)
        for (size_t i = 0; i < s->run->instance_count; i++) {
            if (!assay_scaling_make(s, c, i, &scaling, &memory))
                continue;
            if (!titled)
                fputs("\n## Scaling over threads\n\nEfficiency is the throughput of so many threads / (that "
                      "of the fewest × "
                      "how many times as many); σ is contention, κ coherence, of the Universal "
                      "Scalability "
                      "Law.\n\n| case | instance | threads | efficiency | 95 % interval | law "
                      "|\n|---|---|--:|--:|---|---|\n",
                      out);
            titled = true;
            assay_scaling_words(&scaling, text, sizeof text);
            for (size_t n = 1; n < scaling.count; n++) {
                const struct assay_estimate *e = &scaling.efficiency[n];
                putc('|', out);
                cell(out, scaling.rows[n]->run_case->key);
                cell(out, scaling.rows[n]->instance->name);
                fprintf(out, " %u | %.1f %% | %.1f – %.1f |", scaling.rows[n]->run_case->threads,
                        e->value * 100, e->low * 100, e->high * 100);
                cell(out, n == 1 ? text : "");
                putc('\n', out);
            }
        }
}

static void put_absent(FILE *out, const struct assay_summary *s)
{
    bool titled = false;
    for (size_t n = 0; n < s->row_count; n++) {
        const struct assay_row *row = &s->rows[n];
        if (row->measured)
            continue;
        if (!titled)
            fputs("\n## Not measured\n\n| case | instance | state | why |\n|---|---|---|---|\n", out);
        titled = true;
        putc('|', out);
        cell(out, row->run_case->key);
        cell(out, row->instance->name);
        cell(out, row->cell->status == ASSAY_CELL_REFUSED  ? "REFUSED: wrong answer"
                  : row->cell->status == ASSAY_CELL_PROVED ? "missing"
                                                           : assay_cell_status_name(row->cell->status));
        cell(out, row->reason);
        putc('\n', out);
    }
}

static void put_words(FILE *out, const struct assay_summary *s)
{
    unsigned fewest = ~0u;
    double level = ASSAY_STATS_LEVEL;
    for (size_t n = 0; n < s->row_count; n++)
        if (s->rows[n].measured && s->rows[n].ns.rounds < fewest) {
            fewest = s->rows[n].ns.rounds;
            level = s->rows[n].ns.level;
        }
    fputs("\n## How to read it\n\n", out);
    if (s->measured == 0) {
        fputs("Nothing was measured.\n", out);
        return;
    }
    fputs("Times are medians over rounds, each with fresh processes; intervals come from resampling rounds, "
          "then blocks "
          "inside them. A ratio is time of the first instance / time of this one, block by block: above 1 is "
          "faster, and "
          "an interval that includes 1 shows no difference.\n",
          out);
    if (fewest == 1)
        fputs("\n**One round: no evidence between processes.**\n", out);
    else if (level < ASSAY_STATS_LEVEL)
        fprintf(out, "\nWith %u rounds an interval holds the true value about %.0f times in 100, not 95.\n",
                fewest, level * 100);
}

static void put_chart(void *data, const char *name)
{
    FILE *out = data;
    fprintf(out, "![%s](%s.svg)\n\n", name,
            name); /* chart.c makes names of letters, digits, '.', '_' and '-' */
}

static void put_all(FILE *out, const struct assay_summary *s, const char *charts)
{
    put_head(out, s->run);
    put_trust(out, s->run);
    put_instances(out, s->run);
    put_kernels(out, s);
    put_scaling(out, s);
    put_absent(out, s);
    put_words(out, s);
    if (*charts)
        fprintf(out, "\n## Charts\n\n%s", charts);
}

bool assay_report_write(const struct assay_summary *s, const char *dir, char *why, size_t why_size)
{
    char path[4096], partial[4200], *charts = NULL, words[1024] = "";
    size_t size = 0;
    FILE *list = open_memstream(&charts, &size), *out = NULL;
    bool ok = false;
    struct assay_plot_report report = {.named = put_chart, .data = list};
    *why = '\0';
    snprintf(path, sizeof path, "%s/report.md", dir);
    snprintf(partial, sizeof partial, "%s.partial", path);
    if (!list) {
        snprintf(why, why_size, "not enough memory");
        return false;
    }
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        snprintf(why, why_size, "%.600s: %s", dir, strerror(errno));
        goto out;
    }
    enum assay_plot_result result =
        s->measured ? assay_plot_write(s, dir, &report, words, sizeof words) : ASSAY_PLOT_OK;
    bool drawn = result == ASSAY_PLOT_OK;
    if (fflush(list) != 0 || !(out = fopen(partial, "we"))) {
        snprintf(why, why_size, "%.600s: %s", path, strerror(errno));
        goto out;
    }
    put_all(out, s, drawn ? charts : "");
    ok = !ferror(out);
    ok = fclose(out) == 0 && ok && rename(partial, path) == 0;
    if (!ok) {
        snprintf(why, why_size, "%.600s: %s", path, strerror(errno));
        unlink(partial);
    } else if (!drawn) {
        snprintf(why, why_size, "%.900s", words);
    }
out:
    fclose(list);
    free(charts);
    return ok;
}

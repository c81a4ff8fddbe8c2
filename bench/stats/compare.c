/* SPDX-License-Identifier: Apache-2.0
 *
 * Which cells belong together, and their ratio.
 */
#include "bench/stats/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *assay_compare_verdict(const struct assay_estimate *ratio)
{
    if (ratio->one_round)
        return "one round: no evidence";
    return ratio->low > 1 ? "faster" : ratio->high < 1 ? "slower" : "no difference seen";
}

static void differ_text(struct assay_difference *list, size_t *count, const char *field, const char *a,
                        const char *b)
{
    if (strcmp(a, b) == 0)
        return;
    struct assay_difference *d = &list[(*count)++];
    d->field = field;
    snprintf(d->a, sizeof d->a, "%s", *a ? a : "not recorded");
    snprintf(d->b, sizeof d->b, "%s", *b ? b : "not recorded");
}

static void differ_count(struct assay_difference *list, size_t *count, const char *field, uint64_t a,
                         uint64_t b)
{
    char text[2][24];
    snprintf(text[0], sizeof text[0], "%llu", (unsigned long long)a);
    snprintf(text[1], sizeof text[1], "%llu", (unsigned long long)b);
    differ_text(list, count, field, text[0], text[1]);
}

/* "NAME=VALUE NAME=VALUE", as the file has it: jansson keeps the order of the writer, which is fixed. */
static void environment(const struct assay_run *run, char *out, size_t room)
{
    size_t used = 0;
    *out = '\0';
    for (size_t i = 0; i < run->environment_count && used < room; i++) {
        int n = snprintf(out + used, room - used, "%s%s=%s", i ? " " : "", run->environment[i].name,
                         run->environment[i].value);
        used += n > 0 ? (size_t)n : 0;
    }
}

size_t assay_compare_fingerprints(const struct assay_run *a, const struct assay_run *b,
                                  struct assay_difference differences[ASSAY_FINGERPRINT_FIELDS])
{
    size_t n = 0;
    char environments[2][2048];
    environment(a, environments[0], sizeof environments[0]);
    environment(b, environments[1], sizeof environments[1]);
    differ_text(differences, &n, "cpu", a->cpu, b->cpu);
    differ_count(differences, &n, "cores", a->cores, b->cores);
    differ_text(differences, &n, "governor", a->governor, b->governor);
    differ_text(differences, &n, "virtualisation", a->virtualisation, b->virtualisation);
    differ_text(differences, &n, "compiler", a->compiler, b->compiler);
    differ_text(differences, &n, "compiler flags", a->compiler_flags, b->compiler_flags);
    differ_text(differences, &n, "assay version", a->assay_version, b->assay_version);
    differ_text(differences, &n, "environment", environments[0], environments[1]);
    differ_count(differences, &n, "min_time_ns", a->min_time_ns, b->min_time_ns);
    return n;
}

static bool measured(const struct assay_cell *cell)
{
    return cell->status == ASSAY_CELL_PROVED && cell->sample_count > 0;
}

static const char *why_absent(const struct assay_run *run, const struct assay_cell *cell, size_t instance)
{
    if (*cell->reason)
        return cell->reason;
    if (cell->status == ASSAY_CELL_MISSING && *run->instances[instance].error)
        return run->instances[instance].error;
    return cell->status == ASSAY_CELL_PROVED ? "no samples" : assay_cell_status_name(cell->status);
}

static uint64_t row_seed(const struct assay_comparison_row *row)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a: the same rows, the same interval */
    const char *const parts[] = {row->run_case->key, row->instance[0], row->instance[1]};
    for (size_t i = 0; i < 3; i++)
        for (const char *p = parts[i];; p++) {
            hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
            if (!*p)
                break;
        }
    return hash;
}

static void take_log_times(const struct assay_cell *cell, struct assay_point *points)
{
    for (size_t i = 0; i < cell->sample_count; i++)
        points[i] = (struct assay_point){
            cell->samples[i].round, log((double)cell->samples[i].ns / (double)cell->samples[i].iterations)};
}

/* false: not enough memory */
static bool fill_row(struct assay_comparison_row *row, const struct assay_cell *const cell[2], bool paired)
{
    uint64_t seed = row_seed(row);
    size_t n[2] = {cell[0]->sample_count, cell[1]->sample_count};
    struct assay_point *points[2] = {calloc(n[0] + 1, sizeof **points), calloc(n[1] + 1, sizeof **points)};
    bool ok = points[0] && points[1];
    for (int side = 0; ok && side < 2; side++) {
        take_log_times(cell[side], points[side]);
        ok = assay_stats_estimate_log(points[side], n[side], seed, ASSAY_STATS_RESAMPLES, &row->ns[side]);
    }
    if (ok && paired) {
        size_t pairs = assay_summary_log_ratios(cell[1], cell[0], points[1]);
        if (pairs == 0)
            row->absent = "no block holds both";
        else
            ok = assay_stats_estimate_log(points[1], pairs, seed, ASSAY_STATS_RESAMPLES, &row->ratio);
    } else if (ok) {
        ok = assay_stats_unpaired_log(points[0], n[0], points[1], n[1], seed, ASSAY_STATS_RESAMPLES,
                                      &row->ratio);
    }
    free(points[0]);
    free(points[1]);
    return ok;
}

static bool add_row(struct assay_comparison *c, const size_t at[2], const size_t instance[2])
{
    const struct assay_cell *cell[2];
    struct assay_comparison_row *row = &c->rows[c->count];
    *row = (struct assay_comparison_row){.run_case = &c->run[0]->cases[at[0]]};
    for (int side = 0; side < 2; side++) {
        row->instance[side] = c->run[side]->instances[instance[side]].name;
        cell[side] = assay_run_file_cell(c->run[side], at[side], instance[side]);
        if (!row->absent && !measured(cell[side])) {
            row->absent = why_absent(c->run[side], cell[side], instance[side]);
            row->absent_side = side ? "B" : "A";
        }
    }
    if (!measured(cell[0]) && !measured(cell[1]))
        return true; /* nobody expects it */
    c->count++;
    bool ok = row->absent || fill_row(row, cell, c->paired);
    c->compared += !row->absent;
    return ok;
}

static size_t measured_cells(const struct assay_run *run, size_t at, const char *instance)
{
    size_t n = 0;
    for (size_t i = 0; i < run->instance_count; i++)
        if ((!instance || strcmp(run->instances[i].name, instance) == 0) &&
            !assay_instance_is_probe(run->instances[i].name))
            n += measured(assay_run_file_cell(run, at, i));
    return n;
}

static void count_only(struct assay_comparison *c, const char *const instance[2])
{
    for (int side = 0; side < 2; side++) {
        const struct assay_run *run = c->run[side], *other = c->run[!side];
        for (size_t i = 0; i < run->case_count; i++)
            if (assay_run_file_find_case(other, run->cases[i].key) < 0)
                c->only[side] += measured_cells(run, i, instance[side]);
    }
}

static bool add_case(struct assay_comparison *c, size_t a, const char *const instance[2])
{
    int b = assay_run_file_find_case(c->run[1], c->run[0]->cases[a].key);
    bool ok = true;
    for (size_t i = 0; ok && b >= 0 && i < c->run[0]->instance_count; i++) {
        const char *name = c->run[0]->instances[i].name;
        if (instance[0] ? strcmp(name, instance[0]) != 0 : assay_instance_is_probe(name))
            continue;
        int k = assay_run_file_find_instance(c->run[1], instance[1] ? instance[1] : name);
        if (k >= 0)
            ok = add_row(c, (size_t[]){a, (size_t)b}, (size_t[]){i, (size_t)k});
    }
    return ok;
}

static bool check_instance(const struct assay_run *run, const char *name, char *why, size_t why_size)
{
    if (!name || assay_run_file_find_instance(run, name) >= 0)
        return true;
    size_t used = (size_t)snprintf(why, why_size, "%s: no instance '%.100s'; it has", run->file, name);
    for (size_t i = 0; i < run->instance_count && used < why_size; i++)
        used += (size_t)snprintf(why + used, why_size - used, "%s %s", i ? "," : "", run->instances[i].name);
    return false;
}

bool assay_compare(const struct assay_run *a, const struct assay_run *b, const char *const instance[2],
                   struct assay_comparison *c, char *why, size_t why_size)
{
    *c = (struct assay_comparison){.run = {a, b}, .paired = strcmp(a->id, b->id) == 0};
    if (!check_instance(a, instance[0], why, why_size) || !check_instance(b, instance[1], why, why_size))
        return false;
    c->rows = calloc(a->case_count * a->instance_count + 1, sizeof *c->rows);
    bool ok = c->rows != NULL;
    for (size_t i = 0; ok && i < a->case_count; i++)
        ok = add_case(c, i, instance);
    count_only(c, instance);
    if (!ok)
        snprintf(why, why_size, "not enough memory to compare %s and %s", a->file, b->file);
    else if (c->count == 0)
        snprintf(why, why_size, "%s and %s have no measured case and instance in common", a->file, b->file);
    if (ok && c->count)
        return true;
    assay_comparison_free(c);
    return false;
}

void assay_comparison_free(struct assay_comparison *c)
{
    free(c->rows);
    c->rows = NULL;
    c->count = 0;
}

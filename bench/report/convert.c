/* SPDX-License-Identifier: Apache-2.0
 *
 * Google Benchmark's JSON: the fields that its own tools read. A repetition is a round, for the round is the
 * unit of evidence; its time is the median of the blocks. There is one clock, so cpu_time repeats real_time.
 * The name of the host is not recorded, hence not told.
 */
#include "bench/report/convert.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 700 /* a key of at most 512 bytes, '@', an instance, an aggregate */

struct rounds { /* of one cell */
    uint32_t *number;
    double *ns;
    size_t count;
};

static bool take_rounds(const struct assay_cell *cell, struct rounds *r)
{
    size_t n = cell->sample_count;
    struct assay_point *points = calloc(n, sizeof *points);
    r->number = calloc(n, sizeof *r->number);
    r->ns = calloc(n, sizeof *r->ns);
    bool ok = points && r->number && r->ns;
    if (ok) {
        for (size_t i = 0; i < n; i++) {
            points[i].round = cell->samples[i].round;
            points[i].value = (double)cell->samples[i].ns / (double)cell->samples[i].iterations;
        }
        r->count = assay_stats_rounds(points, n, r->number, r->ns);
    }
    free(points);
    return ok;
}

static void free_rounds(struct rounds *r)
{
    free(r->number);
    free(r->ns);
}

static uint64_t round_iterations(const struct assay_cell *cell, uint32_t round)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < cell->sample_count; i++)
        if (cell->samples[i].round == round)
            sum += cell->samples[i].iterations;
    return sum;
}

static json_t *entry(const struct assay_row *row, size_t family, const char *type, const char *suffix,
                     double ns)
{
    char name[NAME_SIZE], run_name[NAME_SIZE];
    snprintf(run_name, sizeof run_name, "%.512s@%.150s", row->run_case->key, row->instance->name);
    snprintf(name, sizeof name, "%.665s%s%s", run_name, *suffix ? "_" : "", suffix);
    return json_pack("{s:s,s:I,s:i,s:s,s:s,s:I,s:I,s:f,s:f,s:s}", "name", name, "family_index",
                     (json_int_t)family, "per_family_instance_index", 0, "run_name", run_name, "run_type",
                     type, "repetitions", (json_int_t)row->ns.rounds, "threads",
                     (json_int_t)row->run_case->threads, "real_time", ns, "cpu_time", ns, "time_unit", "ns");
}

static bool add_round(json_t *list, const struct assay_row *row, size_t family, const struct rounds *r,
                      size_t i)
{
    json_t *e = entry(row, family, "iteration", "", r->ns[i]);
    bool ok = e && json_object_set_new(e, "repetition_index", json_integer((json_int_t)i)) == 0 &&
              json_object_set_new(e, "iterations",
                                  json_integer((json_int_t)round_iterations(row->cell, r->number[i]))) == 0 &&
              json_object_set_new(e, "items_per_second", json_real(1e9 / r->ns[i])) == 0 &&
              (!(row->bytes_per_second > 0) ||
               json_object_set_new(e, "bytes_per_second",
                                   json_real(1e9 / r->ns[i] * (double)row->cell->bytes)) == 0);
    if (!ok) {
        json_decref(e);
        return false;
    }
    return json_array_append_new(list, e) == 0;
}

static bool add_aggregate(json_t *list, const struct assay_row *row, size_t family, const char *name,
                          double ns, const char *unit)
{
    json_t *e = entry(row, family, "aggregate", name, ns);
    if (!e || json_object_set_new(e, "iterations", json_integer(row->ns.rounds)) != 0 ||
        json_object_set_new(e, "aggregate_name", json_string(name)) != 0 ||
        json_object_set_new(e, "aggregate_unit", json_string(unit)) != 0) {
        json_decref(e);
        return false;
    }
    return json_array_append_new(list, e) == 0;
}

static bool add_row(json_t *list, const struct assay_row *row, size_t family)
{
    struct rounds r = {0};
    double mean = 0, squares = 0;
    bool ok = take_rounds(row->cell, &r);
    for (size_t i = 0; ok && i < r.count; i++) {
        mean += r.ns[i] / (double)r.count;
        ok = add_round(list, row, family, &r, i);
    }
    for (size_t i = 0; ok && i < r.count; i++)
        squares += (r.ns[i] - mean) * (r.ns[i] - mean);
    double deviation = r.count > 1 ? sqrt(squares / (double)(r.count - 1)) : 0;
    ok = ok && add_aggregate(list, row, family, "mean", mean, "time") &&
         add_aggregate(list, row, family, "median", row->ns.value, "time") &&
         add_aggregate(list, row, family, "stddev", deviation, "time") &&
         add_aggregate(list, row, family, "cv", deviation / mean, "percentage");
    free_rounds(&r);
    return ok;
}

static json_t *context(const struct assay_run *run)
{
    json_t *load = json_array();
    if (run->noise_count)
        json_array_append_new(load, json_real(run->noise[0].load1));
    double mhz =
        run->noise_count && run->noise[0].mhz_before > 0 ? run->noise[0].mhz_before : run->tsc_hz / 1e6;
    return json_pack("{s:s,s:s,s:s,s:I,s:f,s:b,s:[],s:o,s:s,s:s,s:s,s:s,s:s}", "date", run->time, "host_name",
                     "", "executable", "assay", "num_cpus", (json_int_t)run->cores, "mhz_per_cpu", mhz,
                     "cpu_scaling_enabled", 0, "caches", "load_avg", load, "library_build_type", "release",
                     "cpu", run->cpu, "assay_run", run->id, "assay_version", run->assay_version,
                     "assay_commit", run->commit);
}

bool assay_convert_gbench(FILE *out, const struct assay_summary *s, char *why, size_t why_size)
{
    json_t *list = json_array(), *root = NULL;
    bool ok = list != NULL;
    size_t family = 0;
    for (size_t n = 0; ok && n < s->row_count; n++)
        if (s->rows[n].measured)
            ok = add_row(list, &s->rows[n], family++);
    if (ok)
        root = json_pack("{s:o,s:O}", "context", context(s->run), "benchmarks", list);
    if (!root) {
        snprintf(why, why_size, "not enough memory to convert %s", s->run->file);
        json_decref(list);
        return false;
    }
    ok = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0 && putc('\n', out) != EOF &&
         fflush(out) == 0;
    if (!ok)
        snprintf(why, why_size, "cannot write: %s", strerror(errno));
    json_decref(list);
    json_decref(root);
    return ok;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/capacity/report.h"

#include "bench/report/format.h"

#include <math.h>
#include <string.h>

#define COLUMNS 104
#define LABEL   26
#define WIDTH   30

typedef void (*cell_text)(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                          size_t size);

static void cell_service(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                         size_t size)
{
    char value[ASSAY_FORMAT_SIZE], low[ASSAY_FORMAT_SIZE], high[ASSAY_FORMAT_SIZE];
    (void)r;
    assay_format_time(c->service_ns.value, value);
    assay_format_time(c->service_ns.low, low);
    assay_format_time(c->service_ns.high, high);
    low[strcspn(low, " ")] = '\0';
    snprintf(out, size, "%s  %s – %s", value, low, high);
}

static void cell_together(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                          size_t size)
{
    (void)r;
    *out = '\0';
    if (c->service.together > 0)
        snprintf(out, size, "%+.1f %%", (c->service.together - 1) * 100);
}

static void cell_need(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                      size_t size)
{
    (void)r;
    snprintf(out, size, "%.2f  %.2f – %.2f", c->need.value, c->need.low, c->need.high);
}

static void cell_cores(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                       size_t size)
{
    (void)r;
    if (c->bound == ASSAY_BOUND_NEVER)
        snprintf(out, size, "no number of them");
    else
        snprintf(out, size, "%.0f  %.0f – %.0f", c->cores.value, c->cores.low, c->cores.high);
}

static void cell_hosts(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                       size_t size)
{
    *out = '\0';
    if (r->mix->host_cores > 0 && c->bound != ASSAY_BOUND_NEVER)
        snprintf(out, size, "%.0f  %.0f – %.0f", c->hosts.value, c->hosts.low, c->hosts.high);
}

static void cell_cost(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                      size_t size)
{
    double month = r->mix->price * ASSAY_HOURS_A_MONTH;
    *out = '\0';
    if (r->mix->price > 0 && c->bound != ASSAY_BOUND_NEVER)
        snprintf(out, size, "%.0f  %.0f – %.0f %s", c->cores.value * month, c->cores.low * month,
                 c->cores.high * month, r->mix->currency);
}

static void cell_p99(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                     size_t size)
{
    char value[ASSAY_FORMAT_SIZE], low[ASSAY_FORMAT_SIZE], high[ASSAY_FORMAT_SIZE];
    (void)r;
    assay_format_time(c->p99_ns.value, value);
    assay_format_time(c->p99_ns.low, low);
    assay_format_time(c->p99_ns.high, high);
    snprintf(out, size, "%s  %s – %s", value, low, high);
}

static void cell_use(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                     size_t size)
{
    (void)r;
    snprintf(out, size, "%.1f %%  %.1f – %.1f", c->utilisation.value * 100, c->utilisation.low * 100,
             c->utilisation.high * 100);
}

static void cell_bound(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                       size_t size)
{
    static const char *const words[] = {"peak utilisation", "p99", "p99 cannot be met"};
    (void)r;
    snprintf(out, size, "%s", words[c->bound]);
}

static void cell_holds(const struct assay_capacity_report *r, const struct assay_capacity *c, char *out,
                       size_t size)
{
    (void)r;
    *out = '\0';
    if (c->bound != ASSAY_BOUND_NEVER)
        snprintf(out, size, "%.4g/s", c->holds_up_to);
}

static void print_line(FILE *out, const struct assay_capacity_report *r, const char *label, cell_text text)
{
    struct assay_printer p = {.out = out};
    char cell[120];
    bool any = false;
    for (size_t i = 0; i < r->count && !any; i++) {
        text(r, &r->of[i], cell, sizeof cell);
        any = *cell;
    }
    if (!any)
        return;
    assay_printer_left(&p, LABEL, ASSAY_PLAIN, label);
    for (size_t i = 0; i < r->count; i++) {
        text(r, &r->of[i], cell, sizeof cell);
        assay_printer_left(&p, WIDTH, ASSAY_PLAIN, cell);
    }
    assay_printer_end(&p);
}

static void print_head(FILE *out, const struct assay_capacity_report *r)
{
    const struct assay_mix *m = r->mix;
    struct assay_printer p = {.out = out};
    char text[400], p99[ASSAY_FORMAT_SIZE] = "no";
    if (m->p99_ns > 0)
        assay_format_time(m->p99_ns, p99);
    snprintf(text, sizeof text, "%s: %.6g requests/s%s, objective p99 %s, cores at most %.0f %% busy",
             m->name, assay_capacity_rate(m), m->growth > 0 ? " with the growth" : "", p99,
             m->utilisation * 100);
    assay_printer_wrap(&p, 0, COLUMNS, ASSAY_PLAIN, text);
    snprintf(text, sizeof text, "%s, %llu cores, %s; run %s", r->run->cpu, (unsigned long long)r->run->cores,
             r->run->time, r->run->id);
    assay_printer_wrap(&p, 0, COLUMNS, ASSAY_PLAIN, text);
    for (size_t i = 0; i < r->count; i++) {
        int found = assay_run_file_find_instance(r->run, r->of[i].instance);
        const struct assay_run_instance *in = found >= 0 ? &r->run->instances[found] : NULL;
        snprintf(text, sizeof text, "%s: %s%s%s%s", r->of[i].instance, in ? in->version : "",
                 in && *in->provider ? ", provider " : "", in ? in->provider : "",
                 in && in->fips_active ? ", FIPS provider active" : "");
        assay_printer_wrap(&p, 2, COLUMNS, ASSAY_PLAIN, text);
    }
    assay_printer_end(&p);
    assay_printer_left(&p, LABEL, ASSAY_PLAIN, "with 95 % intervals");
    for (size_t i = 0; i < r->count; i++)
        assay_printer_left(&p, WIDTH, ASSAY_PLAIN, r->of[i].instance);
    assay_printer_end(&p);
}

static void print_shares(FILE *out, const struct assay_capacity_report *r)
{
    struct assay_printer p = {.out = out};
    char cell[120];
    assay_printer_end(&p);
    assay_printer_left(&p, 0, ASSAY_PLAIN, "share of the time on a core");
    assay_printer_end(&p);
    for (unsigned o = 0; o <= r->mix->ops; o++) {
        if (o == r->mix->ops && r->mix->application_ns <= 0)
            continue;
        const char *name = o < r->mix->ops ? r->mix->op[o].name : "application";
        assay_printer_left(&p, 2, ASSAY_PLAIN, "");
        assay_printer_left(&p, LABEL - 2, ASSAY_PLAIN, name);
        if (assay_format_width(name) > LABEL - 4) {
            assay_printer_end(&p);
            assay_printer_left(&p, LABEL, ASSAY_PLAIN, "");
        }
        for (size_t i = 0; i < r->count; i++) {
            const struct assay_figure *f = &r->of[i].share[o];
            snprintf(cell, sizeof cell, "%.1f %%  %.1f – %.1f", f->value * 100, f->low * 100, f->high * 100);
            assay_printer_left(&p, WIDTH, ASSAY_PLAIN, cell);
        }
        assay_printer_end(&p);
    }
}

static void print_surcharge(FILE *out, const struct assay_capacity_report *r)
{
    for (size_t i = 1; i < r->count; i++) {
        const struct assay_capacity *c = &r->of[i];
        fprintf(out, "\n%s against %s: %+.1f %% time on cores (%+.1f – %+.1f)", c->instance,
                r->of[0].instance, c->more.value * 100, c->more.low * 100, c->more.high * 100);
        if (c->bound != ASSAY_BOUND_NEVER && r->of[0].bound != ASSAY_BOUND_NEVER)
            fprintf(out, ", %+.0f cores (%+.0f – %+.0f)", c->more_cores.value, c->more_cores.low,
                    c->more_cores.high);
        if (r->mix->price > 0 && c->bound != ASSAY_BOUND_NEVER && r->of[0].bound != ASSAY_BOUND_NEVER)
            fprintf(out, ", %+.0f %s a month", c->more_cores.value * r->mix->price * ASSAY_HOURS_A_MONTH,
                    r->mix->currency);
        fputc('\n', out);
    }
}

static void print_inputs(FILE *out, const struct assay_capacity_report *r)
{
    fputs("\nwhat moves the answer most (cores, before rounding up)\n", out);
    for (size_t i = 0; i < r->count; i++) {
        const struct assay_capacity *c = &r->of[i];
        fprintf(out, "  %s\n", c->instance);
        for (unsigned k = 0; k < c->inputs && k < 6; k++)
            fprintf(out, "    %+8.2f  %s\n", c->input[k].cores, c->input[k].change);
    }
}

/* Where the model ends: what it leaves out always, and what is amiss with this one. */
static void each_limit(const struct assay_capacity_report *r, void (*tell)(void *data, const char *text),
                       void *data)
{
    char text[400];
    unsigned rounds = ~0u;
    double cores = 0;
    bool batches = false, waits = false, alone = false;
    for (size_t i = 0; i < r->count; i++) {
        unsigned n = assay_demand_rounds(&r->of[i].service, false);
        rounds = n < rounds ? n : rounds;
        cores = fmax(cores, r->of[i].cores.value);
        alone = alone || r->of[i].service.together <= 0;
        waits = waits || assay_demand_wait(&r->of[i].service) > 0;
        batches = batches || assay_demand_batches(&r->of[i].service);
    }
    tell(data, "Arrivals are Poisson at the rate told, served in turn by whichever core is free. Bursts "
               "beyond that, "
               "and load balancers that keep a line for each host, make p99 worse.");
    tell(data, alone ? "Operations were timed one by one, hot in cache. What they cost more one after the "
                       "other is not in it, "
                       "for all times came from a file."
                     : "Interplay is what operations cost more one after the other, as a request does them. "
                       "A larger service "
                       "around them evicts more.");
    tell(data, "One core worked alone. Hyper-threads, and a clock that falls under load, cost more.");
    if (cores > 1) {
        snprintf(text, sizeof text,
                 "Up to %.0f cores are extrapolated from one: locks and memory that cores share are not in "
                 "it (assay run "
                 "--threads shows them).",
                 cores);
        tell(data, text);
    }
    if (rounds < 10) {
        snprintf(text, sizeof text,
                 "%u round%s: intervals hold the true value less often than 95 times in 100; from 10 rounds "
                 "on they do.",
                 rounds, rounds == 1 ? "" : "s");
        tell(data, text);
    }
    if (batches)
        tell(data, "Some times come from batches (assay run without --rate): their means are right, but p99 "
                   "lacks the "
                   "spread of single operations.");
    if (waits)
        tell(data,
             "Time at a companion, or at the KMS of the mix, is no work for a core: it lengthens p99. What "
             "a companion costs its own machine is not planned.");
    if (r->run->noisy)
        tell(data, "The machine was noisy while it measured: see assay show for why.");
}

static void tell_text(void *data, const char *text)
{
    struct assay_printer *p = data;
    char line[440];
    snprintf(line, sizeof line, "- %s", text);
    assay_printer_wrap(p, 2, COLUMNS, ASSAY_PLAIN, line);
}

void assay_capacity_text(FILE *out, const struct assay_capacity_report *r)
{
    struct assay_printer p = {.out = out};
    print_head(out, r);
    print_line(out, r, "time on a core", cell_service);
    print_line(out, r, "  of it by interplay", cell_together);
    print_line(out, r, "cores by utilisation", cell_need);
    print_line(out, r, "cores", cell_cores);
    print_line(out, r, "hosts", cell_hosts);
    print_line(out, r, "cost a month", cell_cost);
    print_line(out, r, "decided by", cell_bound);
    print_line(out, r, "p99 then", cell_p99);
    print_line(out, r, "busy then", cell_use);
    print_line(out, r, "keeps its objectives to", cell_holds);
    print_surcharge(out, r);
    print_shares(out, r);
    print_inputs(out, r);
    fputs("\nwhere the model ends\n", out);
    each_limit(r, tell_text, &p);
}

static json_t *figure_json(const struct assay_figure *f)
{
    return json_pack("{s:f,s:f,s:f}", "value", f->value, "low", f->low, "high", f->high);
}

static json_t *one_json(const struct assay_capacity_report *r, const struct assay_capacity *c)
{
    static const char *const bounds[] = {"utilisation", "p99", "never"};
    json_t *shares = json_array(), *inputs = json_array();
    for (unsigned o = 0; o <= r->mix->ops; o++) {
        json_t *share = figure_json(&c->share[o]);
        json_object_set_new(share, "of", json_string(o < r->mix->ops ? r->mix->op[o].name : "application"));
        json_array_append_new(shares, share);
    }
    for (unsigned k = 0; k < c->inputs; k++)
        json_array_append_new(
            inputs, json_pack("{s:s,s:f}", "change", c->input[k].change, "cores", c->input[k].cores));
    json_t *out =
        json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:f,s:f,s:o,s:o}", "instance", c->instance, "bound",
                  bounds[c->bound], "service_ns", figure_json(&c->service_ns), "cores_by_utilisation",
                  figure_json(&c->need), "cores", figure_json(&c->cores), "p99_ns", figure_json(&c->p99_ns),
                  "utilisation", figure_json(&c->utilisation), "wait_ns", assay_demand_wait(&c->service),
                  "holds_up_to", c->holds_up_to, "shares", shares, "sensitivity", inputs);
    if (c->service.together > 0)
        json_object_set_new(out, "together", json_real(c->service.together));
    if (r->mix->host_cores > 0)
        json_object_set_new(out, "hosts", figure_json(&c->hosts));
    if (r->mix->price > 0)
        json_object_set_new(out, "cost_a_month",
                            json_real(c->cores.value * r->mix->price * ASSAY_HOURS_A_MONTH));
    if (c != r->of) {
        json_object_set_new(out, "more_cores", figure_json(&c->more_cores));
        json_object_set_new(out, "more", figure_json(&c->more));
    }
    return out;
}

static void tell_json(void *data, const char *text)
{
    json_array_append_new(data, json_string(text));
}

json_t *assay_capacity_json(const struct assay_capacity_report *r)
{
    json_t *of = json_array(), *limits = json_array();
    for (size_t i = 0; i < r->count; i++)
        json_array_append_new(of, one_json(r, &r->of[i]));
    each_limit(r, tell_json, limits);
    return json_pack("{s:s,s:f,s:f,s:f,s:s,s:s,s:s,s:o,s:o}", "mix", r->mix->name, "rate",
                     assay_capacity_rate(r->mix), "p99_objective_ns", r->mix->p99_ns, "peak_utilisation",
                     r->mix->utilisation, "cpu", r->run->cpu, "time", r->run->time, "run", r->run->id,
                     "instances", of, "limits", limits);
}

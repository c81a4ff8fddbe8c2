/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/capacity/demand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double uniform(struct assay_rng *rng)
{
    return (double)(assay_rng_next(rng) >> 11) * 0x1p-53;
}

void assay_picks_draw(struct assay_picks *picks, unsigned rounds, struct assay_rng *rng)
{
    picks->n = rounds < ASSAY_PICKS_MAX ? rounds : ASSAY_PICKS_MAX;
    for (unsigned i = 0; i < picks->n; i++)
        picks->at[i] = uniform(rng);
}

static bool law_room(struct assay_law *law, size_t n)
{
    law->value = calloc(n ? n : 1, sizeof *law->value);
    law->upto = calloc(n ? n : 1, sizeof *law->upto);
    return law->value && law->upto;
}

static void law_add(struct assay_law *law, double value, double weight)
{
    double before = law->n ? law->upto[law->n - 1] : 0;
    law->value[law->n] = value;
    law->upto[law->n++] = before + weight;
    law->mean += value * weight;
}

static void law_close(struct assay_law *law)
{
    double all = law->n ? law->upto[law->n - 1] : 1;
    law->mean /= all;
    for (size_t i = 0; i < law->n; i++)
        law->upto[i] /= all;
}

static double law_draw(const struct assay_law *law, struct assay_rng *rng)
{
    double u = uniform(rng);
    size_t low = 0, high = law->n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (law->upto[middle] > u)
            high = middle;
        else
            low = middle + 1;
    }
    return law->value[low];
}

static const struct assay_bins *bins_of(const struct assay_latencies *l, int side)
{
    return side >= 0 && l->has_sides ? &l->side[side] : &l->service;
}

/* Rounds of an array sorted by round: from `at` on, how many entries are of the same one. */
#define SAME_ROUND(array, count, at, n)                                                                      \
    do {                                                                                                     \
        (n) = 0;                                                                                             \
        while ((at) + (n) < (count) && (array)[(at) + (n)].round == (array)[(at)].round)                     \
            (n)++;                                                                                           \
    } while (0)

static bool take_latencies(struct assay_times *t, const struct assay_cell *cell, int side)
{
    size_t n;
    double cpu_ns = 0, ns = 0;
    t->round = calloc(cell->latency_count, sizeof *t->round);
    for (size_t i = 0; i < cell->latency_count; i++) {
        cpu_ns += (double)cell->latencies[i].cpu_ns;
        ns += (double)cell->latencies[i].ns;
    }
    t->busy = cpu_ns > 0 && cpu_ns < ns ? cpu_ns / ns : 1;
    for (size_t at = 0; t->round && at < cell->latency_count; at += n) {
        struct assay_law *law = &t->round[t->rounds];
        size_t room = 0;
        SAME_ROUND(cell->latencies, cell->latency_count, at, n);
        for (size_t i = at; i < at + n; i++)
            room += bins_of(&cell->latencies[i], side)->count;
        t->rounds++;
        if (room == 0 || !law_room(law, room))
            return false;
        for (size_t i = at; i < at + n; i++) {
            const struct assay_bins *b = bins_of(&cell->latencies[i], side);
            for (size_t k = 0; k < b->count; k++)
                law_add(law, assay_bin_value(b->bin[k].index), (double)b->bin[k].count);
        }
        law_close(law);
    }
    return t->round != NULL;
}

static bool take_samples(struct assay_times *t, const struct assay_cell *cell, int side)
{
    size_t n;
    t->batches = true;
    t->busy = 1;
    t->round = calloc(cell->sample_count, sizeof *t->round);
    for (size_t at = 0; t->round && at < cell->sample_count; at += n) {
        struct assay_law *law = &t->round[t->rounds];
        SAME_ROUND(cell->samples, cell->sample_count, at, n);
        t->rounds++;
        if (!law_room(law, n))
            return false;
        for (size_t i = at; i < at + n; i++) {
            const struct assay_sample *s = &cell->samples[i];
            double ns = (double)(side >= 0 && s->has_sides ? s->side_ns[side] : s->ns);
            law_add(law, ns / (double)s->iterations, 1);
        }
        law_close(law);
    }
    return t->round != NULL;
}

bool assay_demand_take(struct assay_demand *service, const struct assay_run *run, const char *instance)
{
    int i = assay_run_file_find_instance(run, instance);
    for (unsigned o = 0; i >= 0 && o < service->mix->ops; o++) {
        const struct assay_mix_op *op = &service->mix->op[o];
        for (unsigned k = 0; k < op->choices; k++) {
            struct assay_times *t = &service->of[o][k];
            int c = assay_run_file_find_case(run, op->choice[k].key);
            if (t->rounds > 0 || c < 0)
                continue;
            const struct assay_cell *cell = assay_run_file_cell(run, (size_t)c, (size_t)i);
            if (cell->status != ASSAY_CELL_PROVED)
                continue;
            if (cell->latency_count > 0 && !take_latencies(t, cell, op->choice[k].side))
                return false;
            if (cell->latency_count == 0 && cell->sample_count > 0 &&
                !take_samples(t, cell, op->choice[k].side))
                return false;
        }
    }
    return true;
}

bool assay_demand_add(struct assay_demand *service, const char *key, const struct assay_bins *bins)
{
    for (unsigned o = 0; o < service->mix->ops; o++) {
        for (unsigned k = 0; k < service->mix->op[o].choices; k++) {
            struct assay_times *t = &service->of[o][k];
            if (strcmp(service->mix->op[o].choice[k].key, key) != 0)
                continue;
            struct assay_law law = {.n = 0}, *more = realloc(t->round, (t->rounds + 1) * sizeof *more);
            if (!more)
                return false;
            t->round = more;
            t->busy = 1;
            if (bins->count == 0 || !law_room(&law, bins->count))
                return false;
            for (size_t i = 0; i < bins->count; i++)
                law_add(&law, assay_bin_value(bins->bin[i].index), (double)bins->bin[i].count);
            law_close(&law);
            t->round[t->rounds++] = law;
        }
    }
    return true;
}

const char *assay_demand_missing(const struct assay_demand *service)
{
    for (unsigned o = 0; o < service->mix->ops; o++)
        for (unsigned k = 0; k < service->mix->op[o].choices; k++)
            if (service->of[o][k].rounds == 0)
                return service->mix->op[o].choice[k].key;
    return NULL;
}

bool assay_demand_lacks(const struct assay_demand *service, const char *key)
{
    for (unsigned o = 0; o < service->mix->ops; o++)
        for (unsigned k = 0; k < service->mix->op[o].choices; k++)
            if (service->of[o][k].rounds == 0 && strcmp(service->mix->op[o].choice[k].key, key) == 0)
                return true;
    return false;
}

void assay_demand_free(struct assay_demand *service)
{
    for (unsigned o = 0; o < ASSAY_MIX_OPS; o++) {
        for (unsigned k = 0; k < ASSAY_MIX_CHOICES; k++) {
            struct assay_times *t = &service->of[o][k];
            for (unsigned r = 0; r < t->rounds; r++) {
                free(t->round[r].value);
                free(t->round[r].upto);
            }
            free(t->round);
            *t = (struct assay_times){.rounds = 0};
        }
    }
}

unsigned assay_demand_rounds(const struct assay_demand *service, bool most)
{
    unsigned out = service->of[0][0].rounds;
    for (unsigned o = 0; o < service->mix->ops; o++)
        for (unsigned k = 0; k < service->mix->op[o].choices; k++) {
            unsigned n = service->of[o][k].rounds;
            out = (most ? n > out : n < out) ? n : out;
        }
    return out;
}

bool assay_demand_batches(const struct assay_demand *service)
{
    for (unsigned o = 0; o < service->mix->ops; o++)
        for (unsigned k = 0; k < service->mix->op[o].choices; k++)
            if (service->of[o][k].batches)
                return true;
    return false;
}

double assay_demand_choice(const struct assay_demand *service, unsigned op, unsigned choice,
                           const struct assay_picks *picks)
{
    const struct assay_times *t = &service->of[op][choice];
    unsigned n = picks && picks->n ? picks->n : t->rounds;
    double sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum +=
            t->round[n == t->rounds && !(picks && picks->n) ? i : (unsigned)(picks->at[i] * t->rounds)].mean;
    return sum / n * t->busy;
}

static double together(const struct assay_demand *service)
{
    return service->together > 0 ? service->together : 1;
}

double assay_demand_op(const struct assay_demand *service, unsigned op, const struct assay_picks *picks)
{
    const struct assay_mix_op *o = &service->mix->op[op];
    double sum = 0;
    for (unsigned k = 0; k < o->choices; k++)
        sum += o->choice[k].share * assay_demand_choice(service, op, k, picks);
    return sum * o->count * together(service);
}

double assay_demand_mean(const struct assay_demand *service, const struct assay_picks *picks)
{
    double sum = service->mix->application_ns;
    for (unsigned o = 0; o < service->mix->ops; o++)
        sum += assay_demand_op(service, o, picks);
    return sum;
}

double assay_demand_wait(const struct assay_demand *service)
{
    double sum = 0;
    for (unsigned o = 0; o < service->mix->ops; o++) {
        const struct assay_mix_op *op = &service->mix->op[o];
        for (unsigned k = 0; k < op->choices; k++) {
            const double busy = service->of[o][k].busy, on = assay_demand_choice(service, o, k, NULL);
            sum += op->count * op->choice[k].share * (op->choice[k].wait_ns + on / busy * (1 - busy));
        }
    }
    return sum;
}

static double draw_time(const struct assay_times *t, const struct assay_picks *picks, struct assay_rng *rng)
{
    double place = picks && picks->n ? picks->at[assay_rng_below(rng, picks->n)] : uniform(rng);
    return law_draw(&t->round[(unsigned)(place * t->rounds)], rng);
}

void assay_demand_draw(const struct assay_demand *service, const struct assay_picks *picks,
                       struct assay_rng *rng, double *busy_ns, double *wait_ns)
{
    double factor = together(service);
    *busy_ns = service->mix->application_ns;
    *wait_ns = 0;
    for (unsigned o = 0; o < service->mix->ops; o++) {
        const struct assay_mix_op *op = &service->mix->op[o];
        double whole = floor(op->count);
        unsigned n = (unsigned)whole + (uniform(rng) < op->count - whole);
        for (unsigned i = 0; i < n; i++) {
            unsigned k = op->choices > 1 && uniform(rng) >= op->choice[0].share;
            const struct assay_times *t = &service->of[o][k];
            const double ns = draw_time(t, picks, rng);
            *busy_ns += factor * t->busy * ns;
            *wait_ns += op->choice[k].wait_ns + (1 - t->busy) * ns;
        }
    }
}

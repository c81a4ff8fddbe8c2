/* SPDX-License-Identifier: Apache-2.0
 *
 * The law is linear in what it takes: n / X(n) = a + b (n - 1) + c n (n - 1) with a = 1 / X(1), sigma = b / a
 * and kappa = c / a. Times err by a share of themselves, so residuals are relative. Where b or c would be
 * negative it is 0, and the other is fitted without it; of these fits the best counts.
 */
#include "bench/stats/scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TERMS 3

struct fit {
    double a[TERMS]; /* a, b, c */
    double residual;
};

static void terms(unsigned n, double out[TERMS])
{
    out[0] = 1;
    out[1] = n - 1.0;
    out[2] = n * (n - 1.0);
}

/* Gauss's elimination of a symmetric, positive system of up to three unknowns. false: singular. */
static bool solve(double m[TERMS][TERMS + 1], size_t size)
{
    for (size_t k = 0; k < size; k++) {
        if (!(m[k][k] > 1e-12))
            return false;
        for (size_t i = 0; i < size; i++) {
            double factor = m[i][k] / m[k][k];
            for (size_t j = k; i != k && j <= size; j++)
                m[i][j] -= factor * m[k][j];
        }
    }
    for (size_t k = 0; k < size; k++)
        m[k][size] /= m[k][k];
    return true;
}

/* With the terms of this mask (bit 0, a, is always among them). y: time of n threads' n operations. */
static bool fit_terms(const unsigned *threads, const double *y, size_t counts, unsigned mask, struct fit *fit)
{
    double m[TERMS][TERMS + 1] = {{0}}, t[TERMS];
    size_t used[TERMS], size = 0;
    memset(fit, 0, sizeof *fit);
    for (size_t k = 0; k < TERMS; k++)
        if (mask >> k & 1)
            used[size++] = k;
    for (size_t n = 0; n < counts; n++) {
        terms(threads[n], t);
        for (size_t i = 0; i < size; i++) {
            for (size_t j = 0; j < size; j++)
                m[i][j] += t[used[i]] * t[used[j]] / (y[n] * y[n]);
            m[i][size] += t[used[i]] / y[n];
        }
    }
    /* y is about 1 here (it is divided by that of one thread), so that the pivots have a scale */
    if (!solve(m, size))
        return false;
    for (size_t i = 0; i < size; i++)
        fit->a[used[i]] = m[i][size];
    for (size_t n = 0; n < counts; n++) {
        terms(threads[n], t);
        double error = (t[0] * fit->a[0] + t[1] * fit->a[1] + t[2] * fit->a[2]) / y[n] - 1;
        fit->residual += error * error;
    }
    return fit->a[0] > 0 && fit->a[1] >= 0 && fit->a[2] >= 0;
}

/* y as above; terms beyond `most` (3: all) stay 0 */
static struct fit fit_best(const unsigned *threads, const double *y, size_t counts, size_t most)
{
    struct fit best = {.a = {1, 0, 0}, .residual = INFINITY}, one;
    for (unsigned mask = 1; mask < 1u << most; mask += 2)
        if (fit_terms(threads, y, counts, mask, &one) && one.residual < best.residual)
            best = one;
    return best;
}

/* Logarithms, less the mean of their round: what a round drifted by is in all of its times. */
static void take_relative(const struct assay_scaling_data *d, double *relative)
{
    for (size_t r = 0; r < d->rounds; r++) {
        double sum = 0, *row = relative + r * d->counts;
        for (size_t n = 0; n < d->counts; n++)
            sum += row[n] = log(d->ns[r * d->counts + n]);
        for (size_t n = 0; n < d->counts; n++)
            row[n] -= sum / (double)d->counts;
    }
}

/* The medians over the rounds listed, as n operations of n threads, of which that of one thread is the unit
 */
static void take_medians(const struct assay_scaling_data *d, const double *relative, const size_t *rounds,
                         double *scratch, double *y)
{
    for (size_t n = 0; n < d->counts; n++) {
        for (size_t r = 0; r < d->rounds; r++)
            scratch[r] = relative[rounds[r] * d->counts + n];
        y[n] = exp(assay_stats_median(scratch, d->rounds)) * d->threads[n];
    }
    for (size_t n = d->counts; n-- > 0;)
        y[n] /= y[0];
}

static void interval(double *draws, struct assay_estimate *out)
{
    double cut = (1 - ASSAY_STATS_LEVEL) / 2;
    out->low = assay_stats_quantile(draws, ASSAY_STATS_RESAMPLES, cut);
    out->high = assay_stats_quantile(draws, ASSAY_STATS_RESAMPLES, 1 - cut);
}

static void fill(const struct assay_scaling_data *d, uint64_t seed, size_t *rounds, double *relative,
                 double *scratch, double *const draws[2], struct assay_usl *out)
{
    struct assay_rng rng;
    double y[ASSAY_SCALING_COUNTS];
    size_t most = out->extrapolated ? 2 : 3;
    take_relative(d, relative);
    for (size_t r = 0; r < d->rounds; r++)
        rounds[r] = r;
    take_medians(d, relative, rounds, scratch, y);
    struct fit fit = fit_best(d->threads, y, d->counts, most);
    out->sigma.value = fit.a[1] / fit.a[0];
    out->kappa.value = fit.a[2] / fit.a[0];
    assay_rng_seed(&rng, seed);
    for (size_t i = 0; i < ASSAY_STATS_RESAMPLES; i++) {
        for (size_t r = 0; r < d->rounds; r++)
            rounds[r] = assay_rng_below(&rng, d->rounds);
        take_medians(d, relative, rounds, scratch, y);
        fit = fit_best(d->threads, y, d->counts, most);
        draws[0][i] = fit.a[1] / fit.a[0];
        draws[1][i] = fit.a[2] / fit.a[0];
    }
    interval(draws[0], &out->sigma);
    interval(draws[1], &out->kappa);
}

bool assay_usl_fit(const struct assay_scaling_data *d, uint64_t seed, struct assay_usl *out)
{
    *out = (struct assay_usl){.extrapolated = d->counts < ASSAY_SCALING_FIT};
    if (d->counts < 2 || d->counts > ASSAY_SCALING_COUNTS || d->rounds == 0 || d->threads[0] != 1)
        return false;
    for (size_t i = 0; i < d->counts * d->rounds; i++)
        if (!(d->ns[i] > 0) || !isfinite(d->ns[i]))
            return false;
    size_t *rounds = calloc(d->rounds, sizeof *rounds);
    double *scratch = calloc(d->rounds * (1 + d->counts), sizeof *scratch);
    double *draws[2] = {calloc(ASSAY_STATS_RESAMPLES, sizeof(double)),
                        calloc(ASSAY_STATS_RESAMPLES, sizeof(double))};
    bool ok = rounds && scratch && draws[0] && draws[1];
    if (ok)
        fill(d, seed, rounds, scratch + d->rounds, scratch, draws, out);
    free(rounds);
    free(scratch);
    free(draws[0]);
    free(draws[1]);
    return ok;
}

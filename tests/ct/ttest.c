/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/ct/ttest.h"

#include <math.h>
#include <stdlib.h>

/* Running mean and sum of squared differences (Welford 1962). */
struct moments {
    double n, mean, squares;
};

static void add(struct moments *m, double x)
{
    double step = x - m->mean;
    m->n++;
    m->mean += step / m->n;
    m->squares += step * (x - m->mean);
}

static double welch(const struct moments *a, const struct moments *b)
{
    if (a->n < 2 || b->n < 2)
        return 0;
    double error = a->squares / (a->n - 1) / a->n + b->squares / (b->n - 1) / b->n;
    return error > 0 ? (b->mean - a->mean) / sqrt(error) : 0;
}

static int by_time(const void *a, const void *b)
{
    double x = ((const struct ttest_sample *)a)->time, y = ((const struct ttest_sample *)b)->time;
    return (x > y) - (x < y);
}

double ttest(struct ttest_sample *samples, size_t count)
{
    static const double cuts[] = {0.5, 0.75, 0.9, 0.97, 0.99, 1};
    struct moments class[2] = {{0}};
    double worst = 0;
    size_t done = 0;
    qsort(samples, count, sizeof *samples, by_time);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        size_t end = (size_t)(cuts[i] * (double)count);
        /* Equal times belong together: a cut between them would split a class by the sort's whim. */
        while (end > 0 && end < count && samples[end].time <= samples[end - 1].time)
            end++;
        for (; done < end; done++)
            add(&class[samples[done].second], samples[done].time);
        double t = welch(&class[0], &class[1]);
        worst = fabs(t) > fabs(worst) ? t : worst;
    }
    return worst;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The energy statistic of a split needs the sums of |x - y| within and between its sides, for every place of
 * the split and, as in the paper, for every end of its right side: a bump is found although the series comes
 * back. Running sums give each of these in constant time, O(n²) for all of a permutation. A permutation ends
 * as soon as it reaches the distance in question, the test as soon as it cannot succeed any more.
 */
#include "bench/stats/divisive.h"
#include "bench/stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct segment { /* values[from] … values[to - 1] */
    size_t from, to;
    size_t split; /* where its best split is; 0: it is too short for one */
    double distance;
};

struct work {
    const double *values;
    double *shuffled;
    double *left,
        *right;  /* pairs within the left side, by its length; within the right one, by its beginning */
    double *per; /* 1 / number of pairs of so many */
};

/* The largest energy distance over all splits of v, or the first that is not below enough. *split: how many
 * are left of it. */
static double best_split(const struct work *w, const double *v, size_t n, double enough, size_t *split)
{
    double best = -INFINITY, *left = w->left, *right = w->right;
    *split = 0;
    for (size_t i = 0; i < n; i++)
        left[i] = right[i] = 0;
    for (size_t end = 1; end < n; end++) { /* v[end] joins the right side */
        double to = 0, size = (double)(end + 1);
        for (size_t i = end; i-- > 0;) {
            to += fabs(v[end] - v[i]);
            right[i] += to;
        }
        left[end + 1] = left[end] + to;
        for (size_t a = ASSAY_DIVISIVE_LEAST; a + ASSAY_DIVISIVE_LEAST <= end + 1; a++) {
            size_t b = end + 1 - a;
            double between = left[end + 1] - left[a] - right[a];
            double product = (double)a * (double)b;
            double distance = (2 * between - product * (left[a] * w->per[a] + right[a] * w->per[b])) / size;
            if (distance > best) {
                best = distance;
                *split = a;
            }
        }
        if (best >= enough)
            break;
    }
    return best;
}

static void examine(const struct work *w, struct segment *s)
{
    s->distance = best_split(w, w->values + s->from, s->to - s->from, INFINITY, &s->split);
    s->split += s->split ? s->from : 0;
}

/* Does chance, the values of each segment in any order, reach this distance? */
static bool chance_reaches(const struct work *w, const struct segment *segments, size_t count,
                           double distance, struct assay_rng *rng)
{
    bool reached = false;
    for (size_t k = 0; k < count && !reached; k++) {
        const struct segment *s = &segments[k];
        size_t n = s->to - s->from, split;
        if (!s->split)
            continue;
        memcpy(w->shuffled, w->values + s->from, n * sizeof *w->shuffled);
        for (size_t i = n; i > 1; i--) {
            size_t j = assay_rng_below(rng, i);
            double kept = w->shuffled[i - 1];
            w->shuffled[i - 1] = w->shuffled[j];
            w->shuffled[j] = kept;
        }
        reached = best_split(w, w->shuffled, n, distance, &split) >= distance;
    }
    return reached;
}

/* The p value, or 1 as soon as it is sure to be over the limit: no decision changes by that. */
static double test(const struct work *w, const struct segment *segments, size_t count, double distance,
                   struct assay_rng *rng)
{
    unsigned reached = 0;
    for (unsigned i = 0; i < ASSAY_DIVISIVE_PERMUTATIONS; i++) {
        reached += chance_reaches(w, segments, count, distance, rng);
        if ((reached + 1) / (ASSAY_DIVISIVE_PERMUTATIONS + 1.0) > ASSAY_DIVISIVE_P)
            return 1;
    }
    return (reached + 1) / (ASSAY_DIVISIVE_PERMUTATIONS + 1.0);
}

/* Splits until chance explains the best split that is left. changes[k] is where segment k + 1 begins. */
static void divide(const struct work *w, struct segment *segments, uint64_t seed,
                   struct assay_change *changes, size_t *count)
{
    struct assay_rng rng;
    assay_rng_seed(&rng, seed);
    examine(w, &segments[0]);
    for (;;) {
        size_t best = 0;
        for (size_t k = 1; k <= *count; k++)
            if (segments[k].distance > segments[best].distance)
                best = k;
        if (!segments[best].split)
            return;
        double p = test(w, segments, *count + 1, segments[best].distance, &rng);
        if (p > ASSAY_DIVISIVE_P)
            return;
        memmove(segments + best + 2, segments + best + 1, (*count - best) * sizeof *segments);
        memmove(changes + best + 1, changes + best, (*count - best) * sizeof *changes);
        changes[best] = (struct assay_change){segments[best].split, p};
        segments[best + 1] = (struct segment){.from = segments[best].split, .to = segments[best].to};
        segments[best].to = segments[best].split;
        ++*count;
        examine(w, &segments[best]);
        examine(w, &segments[best + 1]);
    }
}

/* A split was placed while later ones were not known: once more, between its neighbours. */
static void place_again(const struct work *w, size_t n, struct assay_change *changes, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        struct segment s = {.from = k ? changes[k - 1].at : 0, .to = k + 1 < count ? changes[k + 1].at : n};
        examine(w, &s);
        changes[k].at = s.split;
    }
}

bool assay_divisive(const double *values, size_t n, uint64_t seed, struct assay_change *changes,
                    size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    if (n < 2 * ASSAY_DIVISIVE_LEAST)
        return true;
    struct segment *segments = calloc(n / ASSAY_DIVISIVE_LEAST + 1, sizeof *segments);
    struct work w = {.values = values, .shuffled = calloc(4 * n + 2, sizeof *w.shuffled)};
    bool ok = segments && w.shuffled;
    if (ok) {
        w.left = w.shuffled + n;
        w.right = w.left + n + 1;
        w.per = w.right + n;
        for (size_t i = 2; i <= n; i++)
            w.per[i] = 2 / ((double)i * (double)(i - 1));
        segments[0] = (struct segment){.from = 0, .to = n};
        divide(&w, segments, seed, changes, count);
        place_again(&w, n, changes, *count);
    }
    free(segments);
    free(w.shuffled);
    return ok;
}

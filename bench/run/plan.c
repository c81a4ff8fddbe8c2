/* SPDX-License-Identifier: Apache-2.0
 *
 * From the registry to a list of cases.
 */
#include "bench/run/plan.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wanted(const struct assay_case *c, const char *key, const struct assay_selection *s,
                   const regex_t *re)
{
    if (assay_case_is_full_only(c) && !s->full)
        return false;
    if (re)
        return regexec(re, key, 0, NULL, 0) == 0;
    return s->full || (assay_case_is_headline(c) && c->kernel->service == s->services);
}

static bool add(struct assay_plan *plan, const char *key)
{
    if ((plan->count & (plan->count - 1)) == 0) { /* grows at powers of two */
        void *keys = realloc(plan->keys, (plan->count ? plan->count * 2 : 1) * sizeof plan->keys[0]);
        if (!keys)
            return false;
        plan->keys = keys;
    }
    strcpy(plan->keys[plan->count++], key);
    return true;
}

bool assay_plan_make(struct assay_plan *plan, const struct assay_selection *s, char *why, size_t why_size)
{
    regex_t re;
    bool ok = true;
    memset(plan, 0, sizeof *plan);
    int error = s->kernel ? regcomp(&re, s->kernel, REG_EXTENDED | REG_NOSUB) : 0;
    if (error) {
        int n = snprintf(why, why_size, "--kernel '%s' is no regular expression: ", s->kernel);
        if (n > 0 && (size_t)n < why_size)
            regerror(error, &re, why + n, why_size - (size_t)n);
        return false;
    }
    for (size_t k = 0; ok && assay_kernels[k]; k++) {
        struct assay_case c;
        for (size_t i = 0; ok && assay_case_next(assay_kernels[k], &i, &c);) {
            for (size_t t = 0; ok && t < s->thread_count; t++) {
                char key[ASSAY_KEY_MAX];
                assay_case_format(&c, s->threads[t], key);
                if (wanted(&c, key, s, s->kernel ? &re : NULL))
                    ok = add(plan, key);
            }
        }
    }
    if (s->kernel)
        regfree(&re);
    if (!ok)
        snprintf(why, why_size, "out of memory");
    if (ok && plan->count == 0) {
        snprintf(why, why_size, "--kernel '%s' matches no case%s; 'assay list --cases' names them all",
                 s->kernel ? s->kernel : "", s->full ? "" : " (some need --full)");
        ok = false;
    }
    if (!ok)
        assay_plan_free(plan);
    return ok;
}

void assay_plan_free(struct assay_plan *plan)
{
    free(plan->keys);
    memset(plan, 0, sizeof *plan);
}

uint64_t assay_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void assay_shuffle(size_t *order, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++) {
        size_t j = (size_t)(assay_random(state) % (i + 1));
        order[i] = order[j];
        order[j] = i;
    }
}

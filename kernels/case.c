/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases and their keys: KERNEL/VALUE/…/tTHREADS, a public format.
 */
#include "kernels/kernel.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t param_count(const struct assay_kernel *kernel)
{
    size_t n = 0;
    while (kernel->params[n].name)
        n++;
    return n;
}

static void append(char key[ASSAY_KEY_MAX], const char *format, ...)
{
    size_t used = strlen(key);
    va_list ap;
    va_start(ap, format);
    vsnprintf(key + used, ASSAY_KEY_MAX - used, format, ap);
    va_end(ap);
}

const char *assay_case_value_text(const struct assay_case *c, size_t param)
{
    const struct assay_param *p = &c->kernel->params[param];
    for (size_t i = 0; i < p->count; i++)
        if (p->values[i].number == c->value[param])
            return p->values[i].text;
    return "?";
}

void assay_case_values(const struct assay_case *c, char values[ASSAY_KEY_MAX])
{
    values[0] = '\0';
    for (size_t i = 0; i < param_count(c->kernel); i++)
        append(values, "%s%s", i ? "/" : "", assay_case_value_text(c, i));
}

void assay_case_format(const struct assay_case *c, unsigned threads, char key[ASSAY_KEY_MAX])
{
    char values[ASSAY_KEY_MAX];
    assay_case_values(c, values);
    snprintf(key, ASSAY_KEY_MAX, "%s", c->kernel->id);
    if (values[0])
        append(key, "/%s", values);
    append(key, "/t%u", threads);
}

bool assay_case_next(const struct assay_kernel *kernel, size_t *index, struct assay_case *c)
{
    size_t n = param_count(kernel), total = 1;
    for (size_t i = 0; i < n; i++)
        total *= kernel->params[i].count;
    while (*index < total) {
        size_t rest = (*index)++;
        memset(c, 0, sizeof *c);
        c->kernel = kernel;
        for (size_t i = n; i-- > 0;) { /* the last parameter runs fastest */
            const struct assay_param *p = &kernel->params[i];
            c->value[i] = p->values[rest % p->count].number;
            rest /= p->count;
        }
        if (!kernel->exists || kernel->exists(c))
            return true;
    }
    return false;
}

static bool listed(const char *const *patterns, const struct assay_case *c)
{
    char values[ASSAY_KEY_MAX];
    assay_case_values(c, values);
    for (; patterns && *patterns; patterns++)
        if (fnmatch(*patterns, values, 0) == 0)
            return true;
    return false;
}

bool assay_case_is_headline(const struct assay_case *c)
{
    return listed(c->kernel->headline, c);
}

bool assay_case_is_full_only(const struct assay_case *c)
{
    return listed(c->kernel->full_only, c);
}

static bool parse_value(const struct assay_param *p, const char *text, uint64_t *number, char *why,
                        size_t why_size)
{
    for (size_t i = 0; text && i < p->count; i++) {
        if (strcmp(p->values[i].text, text) == 0) {
            *number = p->values[i].number;
            return true;
        }
    }
    int used = snprintf(why, why_size, "%s '%s' is not one of", p->name, text ? text : "");
    for (size_t i = 0; i < p->count && used > 0 && (size_t)used < why_size; i++)
        used += snprintf(why + used, why_size - (size_t)used, "%s %s", i ? "," : "", p->values[i].text);
    return false;
}

static bool parse_threads(const char *text, unsigned *threads, char *why, size_t why_size)
{
    char *end = NULL;
    unsigned long n = text && text[0] == 't' ? strtoul(text + 1, &end, 10) : 0;
    if (n < 1 || n > 4096 || *end) {
        snprintf(why, why_size, "'%s' is not a number of threads such as t1", text ? text : "");
        return false;
    }
    *threads = (unsigned)n;
    return true;
}

bool assay_case_parse(const char *key, struct assay_case *c, unsigned *threads, char *why, size_t why_size)
{
    char copy[ASSAY_KEY_MAX], *save = NULL;
    if (strlen(key) >= sizeof copy) {
        snprintf(why, why_size, "the key is longer than %d characters", ASSAY_KEY_MAX - 1);
        return false;
    }
    strcpy(copy, key);
    memset(c, 0, sizeof *c);
    const char *id = strtok_r(copy, "/", &save);
    c->kernel = id ? assay_kernel_find(id) : NULL;
    if (!c->kernel) {
        snprintf(why, why_size, "no kernel '%s'; 'assay list --kernels' names them all", id ? id : "");
        return false;
    }
    for (size_t i = 0; i < param_count(c->kernel); i++)
        if (!parse_value(&c->kernel->params[i], strtok_r(NULL, "/", &save), &c->value[i], why, why_size))
            return false;
    if (!parse_threads(strtok_r(NULL, "/", &save), threads, why, why_size))
        return false;
    if (strtok_r(NULL, "/", &save)) {
        snprintf(why, why_size, "'%s' has more parts than the kernel has parameters", key);
        return false;
    }
    assay_case_format(c, *threads, copy);
    if (strcmp(copy, key) != 0) {
        snprintf(why, why_size, "'%s' is written '%s'", key, copy);
        return false;
    }
    if (c->kernel->exists && !c->kernel->exists(c)) {
        snprintf(why, why_size, "%s does not combine these values", c->kernel->id);
        return false;
    }
    return true;
}

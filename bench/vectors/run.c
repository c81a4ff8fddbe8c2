/* SPDX-License-Identifier: Apache-2.0
 *
 * One test after another: what was expected, what came, and who counts it.
 */
#include "bench/vectors/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vec_broken(struct vec_run *run, const char *format, ...)
{
    va_list args;
    if (vec_is_broken(run))
        return;
    int n = snprintf(run->out->error, sizeof run->out->error, "%.250s", run->path);
    va_start(args, format);
    vsnprintf(run->out->error + n, sizeof run->out->error - (size_t)n, format, args);
    va_end(args);
    run->out->kind = ASSAY_VECTORS_BROKEN;
}

bool vec_is_broken(const struct vec_run *run)
{
    return run->out->kind == ASSAY_VECTORS_BROKEN;
}

void vec_begin(struct vec_run *run, const char *test, const char *comment, const json_t *flags,
               enum vec_expect expect)
{
    snprintf(run->test, sizeof run->test, "%s", test);
    snprintf(run->comment, sizeof run->comment, "%s", comment ? comment : "");
    run->flags = flags;
    run->expect = expect;
    run->alg = ASSAY_ALG_NONE;
    run->state = VEC_GOING;
    run->what[0] = '\0';
}

static void count(json_t *reasons, const char *why)
{
    json_int_t n = json_integer_value(json_object_get(reasons, why));
    json_object_set_new(reasons, why, json_integer(n + 1));
}

static bool flagged(const json_t *flags, const char *flag)
{
    size_t i;
    json_t *one;
    json_array_foreach(flags, i, one)
    {
        const char *text = json_string_value(one);
        if (text && strcmp(text, flag) == 0)
            return true;
    }
    return false;
}

/* Why the deviation is known; NULL: it is not. */
static const char *find_deviation(const struct vec_run *run)
{
    for (const struct vec_deviation *d = vec_deviations; d->library; d++)
        if (run->library && strcmp(run->library, d->library) == 0 && run->alg == d->alg &&
            flagged(run->flags, d->flag))
            return d->why;
    return NULL;
}

static void tell_failure(struct vec_run *run)
{
    const char *why = find_deviation(run);
    json_t *failure =
        json_pack("{s:s,s:s,s:s}", "test", run->test, "comment", run->comment, "what", run->what);
    if (!failure) /* the library's words are no UTF-8 */
        failure = json_pack("{s:s,s:s,s:s}", "test", run->test, "comment", "", "what", "wrong");
    if (why)
        json_object_set_new(failure, "deviation", json_string(why));
    json_array_append_new(run->out->failures, failure);
}

void vec_end(struct vec_run *run)
{
    struct assay_vectors *out = run->out;
    for (unsigned i = 0; i < run->owned_count; i++)
        free(run->owned[i]);
    run->owned_count = 0;
    if (vec_is_broken(run))
        return;
    out->tests++;
    switch (run->state) {
    case VEC_INAPPLICABLE:
        out->inapplicable++;
        count(out->inapplicable_why, run->what);
        break;
    case VEC_UNSUPPORTED:
        out->unsupported++;
        count(out->unsupported_why, run->what);
        break;
    case VEC_WRONG:
        out->failed++;
        tell_failure(run);
        break;
    case VEC_GOING:
        out->passed += run->backend && run->expect != VEC_INVALID;
        out->rejected += run->backend && run->expect == VEC_INVALID;
        break;
    }
}

static void settle(struct vec_run *run, int state, const char *format, va_list args)
{
    if (run->state != VEC_GOING)
        return;
    run->state = state;
    vsnprintf(run->what, sizeof run->what, format, args);
    for (char *c = run->what; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
}

static void settle_as(struct vec_run *run, int state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void settle_as(struct vec_run *run, int state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    settle(run, state, format, args);
    va_end(args);
}

void vec_inapplicable(struct vec_run *run, const char *why)
{
    settle_as(run, VEC_INAPPLICABLE, "%s", why);
}

void vec_wrong(struct vec_run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    settle(run, VEC_WRONG, format, args);
    va_end(args);
}

bool vec_can(struct vec_run *run, enum assay_op op, enum assay_alg alg, const void *table)
{
    char why[200] = "";
    run->alg = alg;
    if (!run->backend || run->state != VEC_GOING)
        return false;
    if (table && run->backend->supports(run->instance, op, alg, why, sizeof why))
        return true;
    settle_as(run, VEC_UNSUPPORTED, "%s", why[0] ? why : "the backend has none of the family");
    return false;
}

static void tell_rc(struct vec_run *run, enum assay_rc rc, const char *call)
{
    static const char *const names[] = {
        [ASSAY_OK] = "accepts",
        [ASSAY_UNSUPPORTED] = "does not support it",
        [ASSAY_AUTH] = "refuses",
        [ASSAY_INPUT] = "takes no such input",
        [ASSAY_NOMEM] = "is out of memory",
        [ASSAY_LIBRARY] = "ends in an error of the library",
    };
    /* A verdict has no text of its own; the last failure's would mislead. */
    bool verdict = rc == ASSAY_OK || rc == ASSAY_AUTH;
    const char *detail = verdict ? "" : run->backend->last_error(run->instance);
    const char *name = rc <= ASSAY_LIBRARY ? names[rc] : "returns an unknown code";
    vec_wrong(run, "%s %s%s%s", call, name, detail && detail[0] ? ": " : "", detail ? detail : "");
}

bool vec_works(struct vec_run *run, enum assay_rc rc, const char *call)
{
    if (rc != ASSAY_OK)
        tell_rc(run, rc, call);
    return rc == ASSAY_OK;
}

bool vec_verdict(struct vec_run *run, enum assay_rc rc, const char *call)
{
    bool refused = rc == ASSAY_AUTH || rc == ASSAY_INPUT;
    if ((rc == ASSAY_OK && run->expect == VEC_INVALID) || (rc != ASSAY_OK && !refused) ||
        (refused && run->expect == VEC_VALID))
        tell_rc(run, rc, call);
    return rc == ASSAY_OK && run->expect != VEC_INVALID;
}

void vec_compare(struct vec_run *run, const uint8_t *got, const uint8_t *want, size_t size, const char *what)
{
    size_t at = 0;
    while (at < size && got[at] == want[at])
        at++;
    if (at < size)
        vec_wrong(run, "%s differs at octet %zu of %zu", what, at, size);
}

uint8_t *vec_alloc(struct vec_run *run, size_t size)
{
    uint8_t *p = size && run->owned_count < VEC_OWNED_MAX ? malloc(size) : NULL;
    if (p)
        run->owned[run->owned_count++] = p;
    else if (size)
        vec_wrong(run, "assay has no memory for this test");
    return p;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool vec_unhex(struct vec_run *run, const char *text, struct assay_bytes *out)
{
    size_t n = strlen(text);
    uint8_t *data = vec_alloc(run, n / 2);
    *out = (struct assay_bytes){data, n / 2};
    if (n % 2 || (n && !data))
        return false;
    for (size_t i = 0; i < n / 2; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        data[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool vec_number(struct vec_run *run, struct assay_bytes in, size_t size, struct assay_bytes *out)
{
    while (in.size > size && in.data[0] == 0) {
        in.data++;
        in.size--;
    }
    uint8_t *data = in.size <= size ? vec_alloc(run, size) : NULL;
    *out = (struct assay_bytes){data, size};
    if (!data)
        return false;
    memset(data, 0, size - in.size);
    if (in.size)
        memcpy(data + size - in.size, in.data, in.size);
    return true;
}

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), s = strlen(suffix);
    return n > s && strcmp(path + n - s, suffix) == 0;
}

bool assay_vectors_named(const char *path)
{
    return ends_in(path, ".json") || ends_in(path, ".rsp") || ends_in(path, ".txt");
}

void assay_vectors_file(struct assay_vectors *vectors, const char *path, const struct assay_backend *backend,
                        assay_instance *instance, const char *library)
{
    struct vec_run run = {
        .out = vectors, .path = path, .backend = backend, .instance = instance, .library = library};
    *vectors = (struct assay_vectors){
        .failures = json_array(), .unsupported_why = json_object(), .inapplicable_why = json_object()};
    if (ends_in(path, ".json"))
        vec_wycheproof(&run);
    else
        vec_cavp(&run);
    if (vectors->kind == ASSAY_VECTORS_RUN && vectors->inapplicable == vectors->tests)
        vectors->kind = ASSAY_VECTORS_ELSEWHERE;
}

void assay_vectors_free(struct assay_vectors *vectors)
{
    json_decref(vectors->failures);
    json_decref(vectors->unsupported_why);
    json_decref(vectors->inapplicable_why);
    memset(vectors, 0, sizeof *vectors);
}

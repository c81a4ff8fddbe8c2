/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/json_differ.h"
#include "kernels/service/json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define ROOM 8192

static const char *const names[] = {"iss", "aud", "exp", "cnf", "alg", "kid", "x", "", "\xc3\xa9"};
#define COUNT (sizeof names / sizeof *names)

static enum assay_json_type type_of(const json_t *j)
{
    switch (j ? json_typeof(j) : JSON_NULL) {
    case JSON_STRING:
        return ASSAY_JSON_STRING;
    case JSON_INTEGER:
        return ASSAY_JSON_INTEGER;
    case JSON_REAL:
        return ASSAY_JSON_REAL;
    case JSON_ARRAY:
        return ASSAY_JSON_ARRAY;
    case JSON_OBJECT:
        return ASSAY_JSON_OBJECT;
    default:
        return j ? ASSAY_JSON_OTHER : ASSAY_JSON_ABSENT;
    }
}

static bool same_string(const json_t *want, const struct assay_json *got)
{
    char copy[ROOM];
    size_t size = 0;
    const struct assay_bytes text = {(const uint8_t *)json_string_value(want), json_string_length(want)};
    if (!assay_json_is(got, text) || !assay_json_copy(got, copy, sizeof copy, &size) || size != text.size ||
        memcmp(copy, text.data, size) != 0)
        return false;
    const struct assay_bytes shorter = {text.data, text.size > 0 ? text.size - 1 : 0};
    return text.size == 0 || (!assay_json_is(got, shorter) && !assay_json_copy(got, copy, size - 1, &size));
}

static bool same_value(const json_t *want, const struct assay_json *got)
{
    struct assay_json element;
    size_t at = 0, total;
    char none;
    if (type_of(want) != got->type)
        return false;
    if (got->type != ASSAY_JSON_STRING && (assay_json_is(got, (struct assay_bytes){(const uint8_t *)"", 0}) ||
                                           assay_json_copy(got, &none, 1, &total)))
        return false;
    if (got->type == ASSAY_JSON_STRING)
        return same_string(want, got);
    if (got->type == ASSAY_JSON_INTEGER)
        return got->integer == json_integer_value(want);
    if (got->type == ASSAY_JSON_OBJECT) /* its text is an object by itself */
        return assay_json_object(got->start, got->size, NULL, 0, &total) && total == json_object_size(want);
    if (got->type != ASSAY_JSON_ARRAY)
        return true;
    for (size_t i = 0; i < json_array_size(want); i++) {
        const json_t *one = json_array_get(want, i);
        if (!assay_json_element(got, &at, &element) || type_of(one) != element.type)
            return false;
        if (element.type != ASSAY_JSON_ARRAY && !same_value(one, &element))
            return false;
    }
    return !assay_json_element(got, &at, &element);
}

bool json_same(const uint8_t *text, size_t size, bool *taken)
{
    struct assay_json_member m[COUNT];
    size_t total;
    for (size_t i = 0; i < COUNT; i++)
        m[i] = (struct assay_json_member){.name = names[i]};
    json_t *want = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, NULL);
    *taken = assay_json_object(text, size, m, COUNT, &total);
    /* RFC 8259 has no NUL octet anywhere. jansson overlooks one behind a number or a word: its lexer puts it
     * back, and then takes it for the end of its buffer. */
    bool nul = size > 0 && memchr(text, 0, size);
    bool same = *taken == (json_is_object(want) && !nul);
    if (!same)
        printf("jansson %s it: ", json_is_object(want) ? "takes" : "refuses");
    for (size_t i = 0; same && *taken && i < COUNT; i++) {
        same = same_value(json_object_get(want, names[i]), &m[i].value);
        if (!same)
            printf("another '%s': ", names[i]);
    }
    if (same && *taken && total != json_object_size(want)) {
        printf("%zu members, not %zu: ", total, json_object_size(want));
        same = false;
    }
    if (!same)
        printf("%.*s\n", (int)size, (const char *)text);
    json_decref(want);
    return same;
}

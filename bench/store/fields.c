/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields of a run file's records, checked: a value of the wrong type or outside its range is an error.
 */
#include "bench/store/records.h"

bool loader_get_text(struct loader *l, const json_t *o, const char *name, const char **out)
{
    const json_t *v = json_object_get(o, name);
    *out = "";
    if (!v || json_is_null(v))
        return true;
    if (!json_is_string(v))
        return loader_fail(l, "\"%s\" must be a string", name);
    *out = loader_text(l, json_string_value(v));
    return *out != NULL;
}

bool loader_get_u64(struct loader *l, const json_t *o, const char *name, uint64_t *out)
{
    const json_t *v = json_object_get(o, name);
    *out = 0;
    if (!v || json_is_null(v))
        return true;
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return loader_fail(l, "\"%s\" must be a whole number, 0 or more", name);
    *out = (uint64_t)json_integer_value(v);
    return true;
}

bool loader_get_positive(struct loader *l, const json_t *o, const char *name, uint64_t limit, uint64_t *out)
{
    if (!loader_get_u64(l, o, name, out))
        return false;
    if (*out == 0 || *out > limit)
        return loader_fail(l, "\"%s\" must be a whole number from 1 to %llu", name,
                           (unsigned long long)limit);
    return true;
}

bool loader_get_number(struct loader *l, const json_t *o, const char *name, double *out)
{
    const json_t *v = json_object_get(o, name);
    *out = 0;
    if (!v || json_is_null(v))
        return true;
    if (!json_is_number(v))
        return loader_fail(l, "\"%s\" must be a number", name);
    *out = json_number_value(v);
    return true;
}

bool loader_get_bool(struct loader *l, const json_t *o, const char *name, bool *out)
{
    const json_t *v = json_object_get(o, name);
    *out = false;
    if (!v || json_is_null(v))
        return true;
    if (!json_is_boolean(v))
        return loader_fail(l, "\"%s\" must be true or false", name);
    *out = json_is_true(v);
    return true;
}

/* *out is NULL when the object is absent */
bool loader_get_object(struct loader *l, const json_t *o, const char *name, const json_t **out)
{
    *out = json_object_get(o, name);
    if (json_is_null(*out))
        *out = NULL;
    if (*out && !json_is_object(*out))
        return loader_fail(l, "\"%s\" must be an object", name);
    return true;
}

bool loader_get_array(struct loader *l, const json_t *o, const char *name, const json_t **out)
{
    *out = json_object_get(o, name);
    if (json_is_null(*out))
        *out = NULL;
    if (*out && !json_is_array(*out))
        return loader_fail(l, "\"%s\" must be a list", name);
    return true;
}

/* A name out of the run's own lists, as its number there. */
bool loader_get_member(struct loader *l, const json_t *o, const char *name, const json_t *index,
                       uint32_t *out)
{
    const json_t *v = json_object_get(o, name);
    if (!json_is_string(v))
        return loader_fail(l, "\"%s\" must be a string", name);
    const json_t *number = json_object_get(index, json_string_value(v));
    if (!number)
        return loader_fail(l, "\"%s\": \"%.200s\" is not in the list of the first line", name,
                           json_string_value(v));
    *out = (uint32_t)json_integer_value(number);
    return true;
}

bool loader_get_round(struct loader *l, const json_t *o, const char *name, uint32_t *out)
{
    uint64_t n;
    if (!loader_get_positive(l, o, name, 1000000, &n))
        return false;
    *out = (uint32_t)n;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a file of drills, and looks at each field that is shown.
 */
#include "bench/store/drill_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SIZE (1u << 20) /* an honest line stays far below: 48 steps of 200 bytes */

static bool is_text(const json_t *record, const char *name)
{
    return json_is_string(json_object_get(record, name));
}

/* Absent, or a whole number from 0 on. */
static bool is_count(const json_t *record, const char *name)
{
    const json_t *v = json_object_get(record, name);
    return !v || (json_is_integer(v) && json_integer_value(v) >= 0);
}

static bool are_texts(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i)))
            return false;
    return json_is_array(list);
}

static const char *check_header(const json_t *r)
{
    if (json_integer_value(json_object_get(r, "schema")) != ASSAY_DRILL_SCHEMA)
        return "\"schema\" is not 1";
    if (!is_text(r, "id") || !is_text(r, "time"))
        return "\"id\" and \"time\" must be strings";
    if (!are_texts(json_object_get(r, "drills")) || !are_texts(json_object_get(r, "instances")))
        return "\"drills\" and \"instances\" must be lists of strings";
    if (!is_text(json_object_get(r, "machine"), "cpu"))
        return "\"machine\" must name a \"cpu\"";
    return NULL;
}

static const char *check_drill(const json_t *r)
{
    static const char *const statuses[] = {"passed", "failed", "unsupported", "error"};
    const json_t *steps = json_object_get(r, "steps");
    const char *status = json_string_value(json_object_get(r, "status"));
    bool known = false;
    for (size_t i = 0; status && i < sizeof statuses / sizeof *statuses; i++)
        known = known || strcmp(status, statuses[i]) == 0;
    if (!known)
        return "\"status\" must be passed, failed, unsupported or error";
    if (!is_text(r, "drill") || !is_text(r, "instance") || !is_text(r, "reason") || !is_text(r, "safeguard"))
        return "\"drill\", \"instance\", \"reason\" and \"safeguard\" must be strings";
    if (!json_is_boolean(json_object_get(r, "with_safeguard")))
        return "\"with_safeguard\" must be true or false";
    if (!is_count(r, "detect_ns") || !is_count(r, "recover_ns") || !is_count(r, "served") ||
        !is_count(r, "refused") || !is_count(r, "wrong"))
        return "times and counts must be whole numbers, 0 or more";
    if (steps && !json_is_array(steps))
        return "\"steps\" must be a list";
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        if (!json_object_get(step, "ns") || !is_count(step, "ns") || !is_text(step, "text"))
            return "each step must have \"ns\" and \"text\"";
    }
    return NULL;
}

static const char *check(const json_t *r, bool first)
{
    const char *type = json_string_value(json_object_get(r, "type"));
    if (!type)
        return "no record: \"type\" must be a string";
    if (first && strcmp(type, "run") == 0)
        return "a run file, which assay show prints";
    if (first && strcmp(type, "drills") != 0)
        return "no file of drills: its first record is not of type drills";
    if (strcmp(type, "drills") == 0)
        return first ? check_header(r) : "a second record of type drills";
    if (strcmp(type, "drill") == 0)
        return check_drill(r);
    if (strcmp(type, "instance") == 0 && !is_text(r, "instance"))
        return "\"instance\" must be a string";
    return NULL;
}

static bool is_known(const json_t *r)
{
    const char *type = json_string_value(json_object_get(r, "type"));
    return strcmp(type, "drills") == 0 || strcmp(type, "drill") == 0 || strcmp(type, "instance") == 0 ||
           strcmp(type, "end") == 0;
}

static bool read_lines(struct assay_drill_file *file, FILE *in, const char *path, char *why, size_t why_size)
{
    char *line = NULL;
    size_t room = 0;
    unsigned long number = 0;
    const char *wrong = NULL;
    ssize_t size;
    while (!wrong && (size = getline(&line, &room, in)) > 0 && line[size - 1] == '\n') {
        number++;
        json_t *record = size > (ssize_t)LINE_MAX_SIZE
                             ? NULL
                             : json_loadb(line, (size_t)size, JSON_REJECT_DUPLICATES, NULL);
        wrong = json_is_object(record) ? check(record, number == 1) : "no record: it is no JSON object";
        if (!wrong && is_known(record))
            json_array_append(file->records, record);
        json_decref(record);
    }
    free(line);
    if (wrong)
        snprintf(why, why_size, "%s:%lu: %s", path, number, wrong);
    else if (ferror(in))
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
    else if (number == 0)
        snprintf(why, why_size, "%s: it has no whole record", path);
    return !wrong && !ferror(in) && number > 0;
}

bool assay_drill_file_load(struct assay_drill_file *file, const char *path, char *why, size_t why_size)
{
    *file = (struct assay_drill_file){.records = json_array()};
    FILE *in = fopen(path, "re");
    if (!in) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        assay_drill_file_free(file);
        return false;
    }
    bool ok = read_lines(file, in, path, why, why_size);
    fclose(in);
    if (!ok)
        assay_drill_file_free(file);
    return ok;
}

void assay_drill_file_free(struct assay_drill_file *file)
{
    json_decref(file->records);
    file->records = NULL;
}

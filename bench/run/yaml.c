/* SPDX-License-Identifier: Apache-2.0
 *
 * libcyaml tells what is wrong in its log alone: first the fault, then from the inside out where it is.
 */
#include "bench/run/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 8
#define NAME_MAX_ 64

const cyaml_strval_t assay_yaml_yes[4] = {{"no", 0}, {"yes", 1}, {"false", 0}, {"true", 1}};

struct fault {
    char text[256];
    unsigned line;
    char field[DEPTH_MAX][NAME_MAX_]; /* from the inside out */
    unsigned fields;
};

static void on_log(cyaml_log_t level, void *data, const char *format, va_list args)
{
    struct fault *f = data;
    char line[256];
    (void)level;
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = '\0';
    const char *where = strstr(line, "(line: "), *name = strstr(line, "mapping field '");
    if (strncmp(line, "Load: ", 6) == 0 && strcmp(line + 6, "Backtrace:") != 0 && !f->text[0])
        snprintf(f->text, sizeof f->text, "%s", line + 6);
    if (strncmp(line, "  in ", 5) != 0)
        return;
    if (where && f->line == 0)
        f->line = (unsigned)strtoul(where + 7, NULL, 10);
    if (name && f->fields < DEPTH_MAX)
        snprintf(f->field[f->fields++], NAME_MAX_, "%.*s", (int)strcspn(name + 15, "'"), name + 15);
}

/* The schema of what a sequence is of. */
static const cyaml_schema_value_t *inside(const cyaml_schema_value_t *v)
{
    while (v && (v->type == CYAML_SEQUENCE || v->type == CYAML_SEQUENCE_FIXED))
        v = v->sequence.entry;
    return v;
}

static const cyaml_schema_value_t *descend(const cyaml_schema_value_t *v, const char *key)
{
    v = inside(v);
    for (const cyaml_schema_field_t *f = v && v->type == CYAML_MAPPING ? v->mapping.fields : NULL;
         f && f->key; f++)
        if (strcmp(f->key, key) == 0)
            return &f->value;
    return NULL;
}

/* What is valid at the fault: the keys of a mapping, the words of a choice. */
static void list_valid(const cyaml_schema_value_t *v, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    v = inside(v);
    if (v && v->type == CYAML_MAPPING)
        for (const cyaml_schema_field_t *f = v->mapping.fields; f->key && used < size; f++)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "; valid keys: ", f->key);
    else if (v && v->type == CYAML_ENUM)
        for (uint32_t i = 0; i < v->enumeration.count && used < size; i++)
            used += (size_t)snprintf(out + used, size - used, "%s%s",
                                     used ? ", " : "; valid: ", v->enumeration.strings[i].str);
}

/* Is this line `key:`, maybe as the first of a sequence's entry, with such a value? */
static bool is_key(const char *line, const char *key, const char *value)
{
    size_t n = strlen(key);
    if (n == 0)
        return value && strstr(line, value);
    line += strspn(line, " -\t{");
    if (strncmp(line, key, n) != 0 || line[n] != ':')
        return false;
    line += n + 1;
    line += strspn(line, " \t\"'");
    return !value || strncmp(line, value, strlen(value)) == 0;
}

static unsigned find_line(const char *path, const char *key, const char *value, unsigned from, unsigned nth)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    unsigned number = 0, found = 0;
    while (file && !found && getline(&line, &room, file) >= 0)
        if (++number >= from && is_key(line, key, value) && nth-- == 0)
            found = number;
    free(line);
    if (file)
        fclose(file);
    return found;
}

unsigned assay_yaml_line(const char *path, const char *key, const char *value, unsigned nth)
{
    unsigned line = find_line(path, key, value, 1, nth);
    if (line == 0 && value) /* inside a sequence */
        line = find_line(path, "", value, 1, nth);
    return line ? line : find_line(path, key, NULL, 1, 0);
}

static void tell(const char *path, const cyaml_schema_value_t *top, const struct fault *f, cyaml_err_t error,
                 char *why, size_t why_size)
{
    char valid[512];
    const cyaml_schema_value_t *v = top;
    unsigned line = f->line;
    for (unsigned i = f->fields; v && i > 0; i--)
        v = descend(v, f->field[i - 1]);
    const char *key = strncmp(f->text, "Unexpected key: ", 16) == 0 ? f->text + 16 : NULL;
    if (key) { /* told is where its mapping begins */
        unsigned exact = find_line(path, key, NULL, line, 0);
        line = exact ? exact : line;
    } else if (error == CYAML_ERR_MAPPING_FIELD_MISSING && f->fields > 0) {
        v = top; /* the innermost field is a neighbour of the one that is missing */
        for (unsigned i = f->fields; v && i > 1; i--)
            v = descend(v, f->field[i - 1]);
    }
    list_valid(v, valid, sizeof valid);
    bool named = f->fields > 0 && !key && error != CYAML_ERR_MAPPING_FIELD_MISSING;
    snprintf(why, why_size, "%s:%u: %s%s%s%s", path, line ? line : 1, named ? f->field[0] : "",
             named ? ": " : "", f->text[0] ? f->text : cyaml_strerror(error), valid);
    for (char *c = why; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
}

/* libcyaml passes on no line of a fault in the YAML itself. */
static bool parses(const char *path, char *why, size_t why_size)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool ok = true, end = false;
    unsigned contents = 0;
    FILE *file = fopen(path, "r");
    if (!file || !yaml_parser_initialize(&parser)) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        if (file)
            fclose(file);
        return false;
    }
    yaml_parser_set_input_file(&parser, file);
    while (ok && !end) {
        ok = yaml_parser_parse(&parser, &event);
        if (!ok)
            snprintf(why, why_size, "%s:%zu: %s", path, parser.problem_mark.line + 1,
                     parser.problem ? parser.problem : "this is not YAML");
        else {
            end = event.type == YAML_STREAM_END_EVENT;
            contents += event.type == YAML_MAPPING_START_EVENT;
            yaml_event_delete(&event);
        }
    }
    if (ok && contents == 0) {
        snprintf(why, why_size, "%s:1: there are no keys in it", path);
        ok = false;
    }
    yaml_parser_delete(&parser);
    fclose(file);
    return ok;
}

static const cyaml_config_t *config(struct fault *fault)
{
    static cyaml_config_t c = {
        .log_fn = on_log, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_WARNING, .flags = CYAML_CFG_NO_ALIAS};
    c.log_ctx = fault;
    return &c;
}

bool assay_yaml_load(const char *path, const cyaml_schema_value_t *top, void **out, char *why,
                     size_t why_size)
{
    struct fault fault = {.line = 0};
    *out = NULL;
    if (!parses(path, why, why_size))
        return false;
    cyaml_err_t error = cyaml_load_file(path, config(&fault), top, (cyaml_data_t **)out, NULL);
    if (error == CYAML_OK && *out)
        return true;
    *out = NULL;
    tell(path, top, &fault, error, why, why_size);
    return false;
}

void assay_yaml_free(const cyaml_schema_value_t *top, void *data)
{
    struct fault fault = {.line = 0};
    if (data)
        cyaml_free(config(&fault), top, data, 0);
}

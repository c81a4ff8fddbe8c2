/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/run/instances_file.h"

#include "bench/run/yaml.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 64
#define TEXT_MAX  4096

struct entry {
    char *name, *module, *prefix, *loader, *libraries, *provider, *property_query, *config, *provider_modules;
    char **options, **environment;
    unsigned options_count, environment_count;
};

struct document {
    struct entry *instances;
    unsigned instances_count;
};

#define TEXT(key, member)                                                                                    \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct entry, member, 1, TEXT_MAX)

static const cyaml_schema_value_t text_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX)};

static const cyaml_schema_field_t entry_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct entry, name, 1, 64),
    CYAML_FIELD_STRING_PTR("module", CYAML_FLAG_POINTER, struct entry, module, 1, TEXT_MAX),
    TEXT("prefix", prefix),
    TEXT("loader", loader),
    TEXT("libraries", libraries),
    TEXT("provider", provider),
    TEXT("property-query", property_query),
    TEXT("config", config),
    TEXT("provider-modules", provider_modules),
    CYAML_FIELD_SEQUENCE("options", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct entry, options,
                         &text_schema, 0, ASSAY_OPTIONS_MAX),
    CYAML_FIELD_SEQUENCE("environment", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct entry, environment,
                         &text_schema, 0, ASSAY_ENVIRONMENT_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t entry_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct entry, entry_fields)};

static const cyaml_schema_field_t document_fields[] = {
    CYAML_FIELD_SEQUENCE("instances", CYAML_FLAG_POINTER, struct document, instances, &entry_schema, 1,
                         ASSAY_INSTANCES_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t document_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct document, document_fields)};

static const char *chosen;

void assay_instances_config(const char *path)
{
    chosen = path;
}

struct files {
    char path[FILES_MAX][PATH_MAX];
    size_t count;
};

static void add_file(struct files *f, bool must, const char *format, const char *a, const char *b)
{
    char path[PATH_MAX];
    if (f->count == FILES_MAX || snprintf(path, sizeof path, format, a, b) >= (int)sizeof path)
        return;
    if (must || access(path, R_OK) == 0)
        strcpy(f->path[f->count++], path);
}

static int visible(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return e->d_name[0] != '.' && n > 5 && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

static void add_registered(struct files *f, const char *folder)
{
    struct dirent **list;
    int n = scandir(folder, &list, visible, alphasort);
    for (int i = 0; i < n; i++) {
        add_file(f, false, "%s/%s", folder, list[i]->d_name);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

static void find_files(struct files *f)
{
    char folder[PATH_MAX];
    const char *config = getenv("XDG_CONFIG_HOME"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    f->count = 0;
    if (chosen)
        add_file(f, true, "%s%s", chosen, "");
    if (config && *config)
        add_file(f, false, "%s/%s", config, "assay/instances.yaml");
    else if (home && *home)
        add_file(f, false, "%s/%s", home, ".config/assay/instances.yaml");
    if (data && *data)
        snprintf(folder, sizeof folder, "%s/assay/instances", data);
    else
        snprintf(folder, sizeof folder, "%s/.local/share/assay/instances", home ? home : "");
    add_registered(f, folder);
    if (assay_own_folder(folder) && access(folder, X_OK) == 0)
        add_file(f, false, "%s/%s", folder, "instances.yaml"); /* the build tree */
    add_file(f, false, "%s%s", ASSAY_DATA_DIR, "/instances.yaml");
}

static bool fault(const char *path, const char *key, const char *value, char *why, size_t why_size,
                  const char *what)
{
    unsigned line = assay_yaml_line(path, key, value, 0);
    snprintf(why, why_size, "%s:%u: %s '%s': %s", path, line ? line : 1, key, value, what);
    return false;
}

/* What a schema cannot say. */
static bool check(const char *path, const struct document *d, char *why, size_t why_size)
{
    for (unsigned i = 0; i < d->instances_count; i++) {
        const struct entry *e = &d->instances[i];
        if (strpbrk(e->name, ",:/ \t") || strcmp(e->name, "null") == 0)
            return fault(path, "name", e->name, why, why_size,
                         "a name has no comma, colon, slash or space, and is not null");
        for (unsigned k = 0; k < i; k++)
            if (strcmp(d->instances[k].name, e->name) == 0)
                return fault(path, "name", e->name, why, why_size, "is there twice");
        for (unsigned k = 0; k < e->options_count; k++)
            if (!strchr(e->options[k], '='))
                return fault(path, "options", e->options[k], why, why_size, "is not NAME=VALUE");
        for (unsigned k = 0; k < e->environment_count; k++)
            if (!strchr(e->environment[k], '=') || e->environment[k][0] == '=')
                return fault(path, "environment", e->environment[k], why, why_size, "is not NAME=VALUE");
        if (e->libraries && !e->loader)
            return fault(
                path, "libraries", e->libraries, why, why_size,
                "goes with loader; for the system's own loader, set LD_LIBRARY_PATH under environment");
    }
    return true;
}

/* A value with ~ and ${prefix} put in. NULL: no memory, or too long. */
static char *expanded(const struct entry *e, const char *value)
{
    char out[TEXT_MAX];
    const char *home = getenv("HOME");
    size_t n = 0;
    if (!value)
        return NULL;
    while (*value && n + 1 < sizeof out) {
        if (strncmp(value, "${prefix}", 9) == 0 && e->prefix) {
            char *prefix = value == e->prefix ? NULL : expanded(e, e->prefix);
            n += (size_t)snprintf(out + n, sizeof out - n, "%s", prefix ? prefix : "");
            free(prefix);
            value += 9;
        } else if (*value == '~' && value[1] == '/' && (n == 0 || out[n - 1] == '=') && home) {
            n += (size_t)snprintf(out + n, sizeof out - n, "%s", home);
            value++;
        } else
            out[n++] = *value++;
        if (n >= sizeof out)
            return NULL;
    }
    out[n] = '\0';
    return strdup(out);
}

static bool add_option(struct assay_spec *spec, const char *name, char *value)
{
    bool ok = true;
    if (value && spec->option_count < ASSAY_OPTIONS_MAX) {
        ok = asprintf(&spec->options[spec->option_count], "%s%s%s", name, *name ? "=" : "", value) > 0;
        spec->option_count += ok;
    } else if (value)
        ok = false;
    free(value);
    return ok;
}

static bool fill(const struct entry *e, struct assay_spec *spec)
{
    bool ok = add_option(spec, "provider", expanded(e, e->provider)) &&
              add_option(spec, "propq", expanded(e, e->property_query)) &&
              add_option(spec, "config", expanded(e, e->config)) &&
              add_option(spec, "modules", expanded(e, e->provider_modules));
    for (unsigned i = 0; ok && i < e->options_count; i++)
        ok = add_option(spec, "", expanded(e, e->options[i]));
    for (unsigned i = 0; ok && i < e->environment_count; i++) {
        ok = (spec->environment[i] = expanded(e, e->environment[i])) != NULL;
        spec->environment_count += ok;
    }
    spec->loader = expanded(e, e->loader);
    spec->libraries = expanded(e, e->libraries);
    return ok && !e->loader == !spec->loader && !e->libraries == !spec->libraries;
}

/* The module: a name, a path, or a path from the file's folder. */
static bool find_module(const char *path, const struct entry *e, struct assay_spec *spec, char *why,
                        size_t why_size)
{
    char module[PATH_MAX], near[PATH_MAX], reason[2048];
    char *text = expanded(e, e->module);
    const char *slash = strrchr(path, '/');
    if (!text) {
        snprintf(why, why_size, "out of memory");
        return false;
    }
    const char *what = text;
    if (strchr(text, '/') && text[0] != '/') {
        snprintf(near, sizeof near, "%.*s/%s", slash ? (int)(slash - path) : 1, slash ? path : ".", text);
        what = near;
    }
    bool ok = assay_module_locate(what, module, reason, sizeof reason);
    if (!ok)
        snprintf(why, why_size, "%s:%u: module '%s': %s", path, assay_yaml_line(path, "module", e->module, 0),
                 e->module, reason);
    else
        ok = (spec->module = strdup(module)) != NULL;
    free(text);
    return ok;
}

static bool take(const char *path, const struct entry *e, struct assay_spec *spec, char *why, size_t why_size)
{
    if (!find_module(path, e, spec, why, why_size))
        return false;
    if (!fill(e, spec)) {
        snprintf(why, why_size, "%s: instance %s: a value is too long, or has more than %d options", path,
                 e->name, ASSAY_OPTIONS_MAX);
        return false;
    }
    if (spec->loader && access(spec->loader, X_OK) != 0)
        return fault(path, "loader", e->loader, why, why_size, "there is no such program");
    return true;
}

static bool load(const char *path, struct document **d, char *why, size_t why_size)
{
    if (!assay_yaml_load(path, &document_schema, (void **)d, why, why_size))
        return false;
    if (check(path, *d, why, why_size))
        return true;
    assay_yaml_free(&document_schema, *d);
    return false;
}

bool assay_instances_find(const char *name, struct assay_spec *spec, bool *found, char *why, size_t why_size)
{
    struct files f;
    bool ok = true;
    *found = false;
    find_files(&f);
    for (size_t i = 0; ok && i < f.count && !*found; i++) {
        struct document *d;
        if (!load(f.path[i], &d, why, why_size))
            return false;
        for (unsigned k = 0; ok && k < d->instances_count && !*found; k++)
            if (strcmp(d->instances[k].name, name) == 0) {
                *found = true;
                ok = take(f.path[i], &d->instances[k], spec, why, why_size);
            }
        assay_yaml_free(&document_schema, d);
    }
    return ok;
}

bool assay_instances_each(void (*each)(void *data, const char *name), void *data, char *why, size_t why_size)
{
    struct files f;
    find_files(&f);
    for (size_t i = 0; i < f.count; i++) {
        struct document *d;
        if (!load(f.path[i], &d, why, why_size))
            return false;
        for (unsigned k = 0; k < d->instances_count; k++)
            each(data, d->instances[k].name);
        assay_yaml_free(&document_schema, d);
    }
    return true;
}

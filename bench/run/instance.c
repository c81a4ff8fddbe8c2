/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding modules: a file assay-backend-NAME.so in one of the module folders is the instance NAME.
 */
#include "bench/run/instance.h"

#include "bench/run/instances_file.h"
#include "companions/companion.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "assay-backend-"
#define SUFFIX ".so"

/* The order in which assay's own backends are listed, from backends/meson.build. */
static const char *const own_order[] = {ASSAY_OWN_BACKENDS NULL};

struct folders {
    char path[16][PATH_MAX];
    size_t count;
};

static void add_folder(struct folders *f, const char *format, const char *path, size_t length)
{
    char folder[PATH_MAX];
    if (length == 0 || f->count == sizeof f->path / sizeof f->path[0])
        return;
    int n = snprintf(folder, sizeof folder, format, (int)length, path);
    if (n > 0 && (size_t)n < sizeof folder && access(folder, R_OK | X_OK) == 0)
        strcpy(f->path[f->count++], folder);
}

bool assay_own_folder(char out[PATH_MAX])
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return false;
    *slash = '\0';
    strcpy(out, path);
    return true;
}

static void module_folders(struct folders *f)
{
    char own[PATH_MAX];
    const char *path = getenv("ASSAY_BACKEND_PATH"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    f->count = 0;
    while (path && *path) {
        size_t length = strcspn(path, ":");
        add_folder(f, "%.*s", path, length);
        path += length + (path[length] == ':');
    }
    if (data && *data)
        add_folder(f, "%.*s/assay/backends", data, strlen(data));
    else if (home && *home)
        add_folder(f, "%.*s/.local/share/assay/backends", home, strlen(home));
    if (assay_own_folder(own))
        add_folder(f, "%.*s/backends", own, strlen(own)); /* the build tree */
    add_folder(f, "%.*s", ASSAY_MODULE_DIR, strlen(ASSAY_MODULE_DIR));
}

static bool beside(const char *name, int mode, char out[PATH_MAX])
{
    char own[PATH_MAX], path[PATH_MAX];
    bool found = assay_own_folder(own) && snprintf(path, sizeof path, "%s/%s", own, name) < PATH_MAX &&
                 access(path, mode) == 0;
    if (!found) {
        snprintf(path, sizeof path, ASSAY_LIBEXEC_DIR "/%s", name);
        found = access(path, mode) == 0;
    }
    if (found)
        strcpy(out, path);
    return found;
}

bool assay_worker_path(char out[PATH_MAX])
{
    return beside("assay-worker", X_OK, out);
}

bool assay_shim_path(char out[PATH_MAX])
{
    return beside("assay-gate-shim.so", R_OK, out);
}

bool assay_companions_path(char out[PATH_MAX])
{
    return beside("companions", X_OK, out);
}

void assay_path_public(const char *path, char out[PATH_MAX])
{
    const char *home = getenv("HOME");
    size_t n = home ? strlen(home) : 0;
    if (n > 1 && strncmp(path, home, n) == 0 && (path[n] == '/' || !path[n]))
        snprintf(out, PATH_MAX, "~%s", path + n);
    else
        snprintf(out, PATH_MAX, "%s", path);
}

static bool find_module(const char *name, char out[PATH_MAX])
{
    struct folders f;
    module_folders(&f);
    for (size_t i = 0; i < f.count; i++)
        if (snprintf(out, PATH_MAX, "%s/" PREFIX "%s" SUFFIX, f.path[i], name) < PATH_MAX &&
            access(out, R_OK) == 0)
            return true;
    return false;
}

struct names {
    char *name[ASSAY_INSTANCES_MAX];
    size_t count;
};

static void add_name(struct names *names, const char *name, size_t length)
{
    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->name[i]) == length && strncmp(names->name[i], name, length) == 0)
            return;
    if (names->count < ASSAY_INSTANCES_MAX && (names->name[names->count] = strndup(name, length)))
        names->count++;
}

static int rank(const char *name)
{
    int i = 0;
    if (strcmp(name, "null") == 0)
        return INT_MAX; /* the probe closes every list */
    while (own_order[i] && strcmp(own_order[i], name) != 0)
        i++;
    return i;
}

static int by_rank(const void *a, const void *b)
{
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    int l = rank(left), r = rank(right);
    return l != r ? (l > r) - (l < r) : strcmp(left, right);
}

static void all_names(struct names *names)
{
    struct folders f;
    module_folders(&f);
    names->count = 0;
    for (size_t i = 0; i < f.count; i++) {
        DIR *dir = opendir(f.path[i]);
        for (struct dirent *e; dir && (e = readdir(dir));) {
            size_t n = strlen(e->d_name), prefix = strlen(PREFIX), suffix = strlen(SUFFIX);
            if (n > prefix + suffix && strncmp(e->d_name, PREFIX, prefix) == 0 &&
                strcmp(e->d_name + n - suffix, SUFFIX) == 0)
                add_name(names, e->d_name + prefix, n - prefix - suffix);
        }
        if (dir)
            closedir(dir);
    }
    qsort(names->name, names->count, sizeof names->name[0], by_rank);
}

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
}

struct valid {
    char *why;
    size_t size, used, count;
};

static void list_one(void *data, const char *name)
{
    struct valid *v = data;
    if (v->used < v->size)
        v->used +=
            (size_t)snprintf(v->why + v->used, v->size - v->used, "%s%s", v->count++ ? ", " : "", name);
}

static void list_valid(char *why, size_t why_size)
{
    struct names names;
    size_t used = strlen(why);
    all_names(&names);
    for (size_t i = 0; i < names.count && used < why_size; i++)
        used += (size_t)snprintf(why + used, why_size - used, "%s%s", i ? ", " : "", names.name[i]);
    struct valid valid = {why, why_size, used, names.count};
    char more[256];
    (void)assay_instances_each(list_one, &valid, more, sizeof more);
    used = valid.used;
    if (valid.count == 0 && used < why_size)
        snprintf(why + used, why_size - used, "none");
    free_names(&names);
}

bool assay_module_locate(const char *module, char out[PATH_MAX], char *why, size_t why_size)
{
    if (strchr(module, '/')) {
        if (realpath(module, out))
            return true;
        snprintf(why, why_size, "instance '%s': there is no such file", module);
        return false;
    }
    char found[PATH_MAX];
    if (find_module(module, found) && realpath(found, out))
        return true;
    const char *release = strchr(module, '@');
    snprintf(
        why, why_size,
        "no instance '%s'; %s%s%sa module's path has a slash in it (./my.so), and the known instances are ",
        module, release ? "scripts/release " : "", release ? release + 1 : "",
        release ? " or scripts/peers may make it; " : "");
    list_valid(why, why_size);
    return false;
}

/* Where companions begin; NULL: there are none. A module's path may have plus signs of its own, and a
 * companion's option slashes: the first plus with a companion's name behind it counts, else the first one of
 * a name that is no path. */
static char *find_companions(char *text)
{
    for (char *plus = strchr(text, '+'); plus; plus = strchr(plus + 1, '+'))
        if (assay_companion_begins(plus + 1))
            return plus;
    char *end = text + strcspn(text, "+/");
    return *end == '+' ? end : NULL;
}

static bool take_companions(struct assay_spec *spec, char *text, char *why, size_t why_size)
{
    char *plus = find_companions(text), *save = NULL;
    if (!plus)
        return true;
    *plus = '\0';
    for (char *name = strtok_r(plus + 1, "+", &save); name; name = strtok_r(NULL, "+", &save)) {
        if (spec->companion_count == ASSAY_COMPANIONS_MAX) {
            snprintf(why, why_size, "instance '%s' has more than %d companions", spec->name,
                     ASSAY_COMPANIONS_MAX);
            return false;
        }
        if (!assay_companion_kind(name, why, why_size) ||
            !(spec->companions[spec->companion_count] = strdup(name)))
            return false;
        spec->companion_count++;
    }
    return true;
}

static bool parse_one(struct assay_spec *spec, const char *text, char *why, size_t why_size)
{
    char module[PATH_MAX], *copy = strdup(text), *save = NULL;
    bool named = false, ok = copy && (spec->name = strdup(text));
    if (ok && !take_companions(spec, copy, why, why_size)) {
        free(copy);
        return false;
    }
    const char *head = ok && *copy != ':' ? strtok_r(copy, ":", &save) : NULL;
    if (!head)
        snprintf(why, why_size, "an instance has no name");
    ok = head && (strchr(head, '/') || assay_instances_find(head, spec, &named, why, why_size));
    if (ok && !named)
        ok = assay_module_locate(head, module, why, why_size) && (spec->module = strdup(module));
    for (const char *part; ok && (part = strtok_r(NULL, ":", &save));) {
        if (spec->option_count == ASSAY_OPTIONS_MAX) {
            snprintf(why, why_size, "instance '%s' has more than %d options", text, ASSAY_OPTIONS_MAX);
            ok = false;
        } else {
            ok = asprintf(&spec->options[spec->option_count], "%s%s",
                          strchr(part, '=') ? "" : "variant=", part) > 0;
            spec->option_count += ok;
        }
    }
    free(copy);
    return ok;
}

/* Names go into files of JSON. */
static bool is_text(const char *name)
{
    json_t *json = json_string(name);
    json_decref(json);
    return json != NULL;
}

static bool add_spec(struct assay_specs *specs, const char *text, char *why, size_t why_size)
{
    for (size_t i = 0; i < specs->count; i++) {
        if (strcmp(specs->spec[i].name, text) == 0) {
            snprintf(why, why_size, "instance '%s' is named twice", text);
            return false;
        }
    }
    if (!is_text(text)) {
        snprintf(why, why_size, "the name of instance %zu is not UTF-8", specs->count + 1);
        return false;
    }
    if (specs->count == ASSAY_INSTANCES_MAX) {
        snprintf(why, why_size, "more than %d instances", ASSAY_INSTANCES_MAX);
        return false;
    }
    return parse_one(&specs->spec[specs->count++], text, why, why_size);
}

bool assay_specs_parse(struct assay_specs *specs, const char *text, char *why, size_t why_size)
{
    struct names names;
    bool ok = true;
    memset(specs, 0, sizeof *specs);
    why[0] = '\0';
    names.count = 0;
    if (text) {
        for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
            char *one = strndup(at, strcspn(at, ","));
            ok = ok && one && add_spec(specs, one, why, why_size);
            free(one);
        }
    } else {
        all_names(&names);
        for (size_t i = 0; ok && i < names.count; i++)
            ok = add_spec(specs, names.name[i], why, why_size);
        free_names(&names);
    }
    if (ok && specs->count == 0) {
        snprintf(why, why_size, "no backend module was found; ASSAY_BACKEND_PATH names folders to look in");
        ok = false;
    }
    if (!ok)
        assay_specs_free(specs);
    return ok;
}

struct adding {
    struct assay_specs *specs;
    char *why;
    size_t why_size;
    bool ok;
};

static void add_named(void *data, const char *name)
{
    struct adding *a = data;
    for (size_t i = 0; i < a->specs->count; i++)
        if (strcmp(a->specs->spec[i].name, name) == 0)
            return;
    a->ok = a->ok && add_spec(a->specs, name, a->why, a->why_size);
}

bool assay_specs_add_named(struct assay_specs *specs, char *why, size_t why_size)
{
    struct adding a = {specs, why, why_size, true};
    return assay_instances_each(add_named, &a, why, why_size) && a.ok;
}

void assay_specs_drop_last(struct assay_specs *specs)
{
    struct assay_spec *spec = &specs->spec[--specs->count];
    free(spec->name);
    free(spec->module);
    free(spec->loader);
    free(spec->libraries);
    for (size_t k = 0; k < spec->option_count; k++)
        free(spec->options[k]);
    for (size_t k = 0; k < spec->companion_count; k++)
        free(spec->companions[k]);
    for (size_t k = 0; k < spec->environment_count; k++)
        free(spec->environment[k]);
}

void assay_specs_free(struct assay_specs *specs)
{
    while (specs->count > 0)
        assay_specs_drop_last(specs);
}

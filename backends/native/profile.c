/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing profiles. Whatever is not understood is an error: a profile that is half obeyed would
 * be taken for one that holds.
 */
#include "backends/native/profile.h"
#include "backends/native/cpu.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *path, *cpu;
    struct profile *profile;
    unsigned line;
    bool have_cpu;
    char *why;
    size_t why_size;
};

void profile_default_path(char path[PROFILE_PATH_MAX])
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int n = 0;
    if (config != NULL && config[0] == '/')
        n = snprintf(path, PROFILE_PATH_MAX, "%s/assay/native.profile", config);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, PROFILE_PATH_MAX, "%s/.config/assay/native.profile", home);
    if (n <= 0 || n >= (int)PROFILE_PATH_MAX)
        path[0] = '\0';
}

static bool fail(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The name of a home folder is nobody's business. */
static bool fail(struct reader *r, const char *format, ...)
{
    const char *home = getenv("HOME");
    size_t skip = home != NULL ? strlen(home) : 0;
    bool under = skip > 1 && strncmp(r->path, home, skip) == 0 && r->path[skip] == '/';
    int n =
        snprintf(r->why, r->why_size, "%s%s:%u: ", under ? "~" : "", r->path + (under ? skip : 0), r->line);
    va_list args;
    va_start(args, format);
    if (n >= 0 && (size_t)n < r->why_size)
        vsnprintf(r->why + n, r->why_size - (size_t)n, format, args);
    va_end(args);
    return false;
}

static bool read_pair(struct reader *r, const char *key, const char *value)
{
    char why[200];
    struct profile *p = r->profile;
    const struct tuning_parameter *parameter = tuning_find(key);
    if (strcmp(key, "assay") == 0)
        return true; /* for the reader's eye: what a key means does not change with the version */
    if (strcmp(key, "cpu") == 0) {
        r->have_cpu = true;
        return strcmp(value, r->cpu) == 0 ||
               fail(r, "this profile is for another CPU model, %s; this one is %s", value, r->cpu);
    }
    if (strcmp(key, "tier") == 0) {
        snprintf(p->tier, sizeof p->tier, "%s", value);
        return cpu_tier_known(value) || fail(r, "'%s' is no tier", value);
    }
    if (parameter == NULL)
        return fail(r, "'%s' is no parameter", key);
    if (*tuning_at(&p->tuning, parameter) != 0)
        return fail(r, "%s is there twice", key);
    return tuning_set(&p->tuning, parameter, value, why, sizeof why) || fail(r, "%s", why);
}

/* Cuts blanks off both ends. */
static char *trim(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
        text[--n] = '\0';
    return text;
}

static bool read_line(struct reader *r, char *line)
{
    for (const char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' && strchr("\t\r\n", *c) == NULL)
            return fail(r, "this is no text");
    char *key = trim(line), *equals = strchr(key, '=');
    if (key[0] == '\0' || key[0] == '#')
        return true;
    if (equals == NULL)
        return fail(r, "'%s' is not KEY = VALUE", key);
    *equals = '\0';
    return read_pair(r, trim(key), trim(equals + 1));
}

bool profile_read(struct profile *profile, const char *path, const char *cpu, char *why, size_t why_size)
{
    struct reader r = {path, cpu, profile, 0, false, why, why_size};
    char line[256];
    memset(profile, 0, sizeof *profile);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fail(&r, "%s", strerror(errno));
    bool ok = true;
    while (ok && fgets(line, sizeof line, file) != NULL) {
        r.line++;
        bool whole = strchr(line, '\n') != NULL || feof(file);
        ok = whole ? read_line(&r, line) : fail(&r, "the line is too long, or no text");
    }
    if (ok && ferror(file))
        ok = fail(&r, "%s", strerror(errno));
    if (ok && (!r.have_cpu || profile->tier[0] == '\0'))
        ok = fail(&r, "the profile ends without '%s = …'", r.have_cpu ? "tier" : "cpu");
    fclose(file);
    return ok;
}

void profile_print(const struct profile *profile, const char *cpu, const char *version,
                   char text[PROFILE_TEXT_MAX])
{
    int n = snprintf(text, PROFILE_TEXT_MAX,
                     "# Made by assay tune. What is not named keeps the code's own value.\n"
                     "cpu = %s\nassay = %s\ntier = %s\n",
                     cpu, version, profile->tier);
    if (n > 0 && n < (int)PROFILE_TEXT_MAX)
        tuning_print(&profile->tuning, text + n, PROFILE_TEXT_MAX - (size_t)n);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool assay_option_time(const char **text, double *ns)
{
    static const struct {
        const char *unit;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    char *end;
    double value = strtod(*text, &end);
    size_t n = strcspn(end, ":");
    for (size_t i = 0; end != *text && i < sizeof units / sizeof *units; i++) {
        if (strlen(units[i].unit) != n || strncmp(end, units[i].unit, n) != 0)
            continue;
        *ns = value * units[i].ns;
        *text = end + n + (end[n] == ':');
        return *ns >= 0 && *ns <= 60e9;
    }
    return false;
}

bool assay_option_timeout(const char *options, unsigned *ms, char rest[ASSAY_OPTIONS_MAX], char *why,
                          size_t why_size)
{
    static const char name[] = "timeout=";
    double ns = 0;
    size_t size = 0;
    *ms = 0;
    if (strlen(options) >= ASSAY_OPTIONS_MAX) {
        snprintf(why, why_size, "options of more than %u characters", ASSAY_OPTIONS_MAX - 1);
        return false;
    }
    for (const char *at = options, *next; *at; at = next) {
        size_t n = strcspn(at, ":");
        next = at + n + (at[n] == ':');
        if (strncmp(at, name, sizeof name - 1) == 0) {
            at += sizeof name - 1;
            if (*ms != 0 || !assay_option_time(&at, &ns) || ns < 1e6) {
                snprintf(why, why_size, "'%s': give timeout=TIME once, such as timeout=500ms (1ms to 60s)",
                         options);
                return false;
            }
            *ms = (unsigned)(ns / 1e6);
        } else {
            size += (size_t)snprintf(rest + size, ASSAY_OPTIONS_MAX - size, "%s%.*s", size ? ":" : "", (int)n,
                                     at);
        }
    }
    rest[size] = '\0';
    *ms = *ms ? *ms : ASSAY_TIMEOUT_MS;
    return true;
}

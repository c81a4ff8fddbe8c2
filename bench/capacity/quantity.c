/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/capacity/quantity.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double factor;
};

/* A decimal number and what follows it; NULL: there is none. No nan, no inf, no hexadecimal. */
static const char *number(const char *text, double *out)
{
    char *end;
    if (!isdigit((unsigned char)text[0]) || (text[0] == '0' && tolower((unsigned char)text[1]) == 'x'))
        return NULL;
    *out = strtod(text, &end);
    while (*end == ' ')
        end++;
    return isfinite(*out) ? end : NULL;
}

static bool with_unit(const char *text, const struct unit *units, double least, double most, double *out)
{
    double n;
    const char *rest = number(text, &n);
    for (const struct unit *u = units; rest && u->name; u++) {
        if (strcmp(rest, u->name) != 0 || !(n * u->factor >= least && n * u->factor <= most))
            continue;
        *out = n * u->factor;
        return true;
    }
    return false;
}

bool assay_quantity_count(const char *text, double *out)
{
    static const struct unit units[] = {{"", 1}, {0}};
    return with_unit(text, units, 1e-9, 1e6, out);
}

bool assay_quantity_whole(const char *text, double *out)
{
    double n;
    if (!assay_quantity_count(text, &n) || n != floor(n))
        return false;
    *out = n;
    return true;
}

bool assay_quantity_rate(const char *text, double *out)
{
    static const struct unit units[] = {{"/s", 1}, {"/min", 1.0 / 60}, {"/h", 1.0 / 3600}, {0}};
    return with_unit(text, units, 1e-6, 1e9, out);
}

bool assay_quantity_time(const char *text, double *out)
{
    static const struct unit units[] = {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {0}};
    return with_unit(text, units, 0, 3600e9, out);
}

bool assay_quantity_share(const char *text, double *out)
{
    static const struct unit units[] = {{"%", 0.01}, {"", 1}, {0}};
    return with_unit(text, units, 0, 1, out);
}

bool assay_quantity_growth(const char *text, double *out)
{
    static const struct unit units[] = {{"%", 0.01}, {0}};
    return with_unit(text, units, 0, 100, out);
}

bool assay_quantity_size(const char *text, double *out)
{
    static const struct unit units[] = {{"B", 1}, {"KiB", 1024}, {"MiB", 1048576}, {0}};
    double n;
    if (!with_unit(text, units, 1, 1e12, &n) || n != floor(n))
        return false;
    *out = n;
    return true;
}

bool assay_quantity_price(const char *text, double *out, char currency[8])
{
    double n;
    const char *rest = number(text, &n);
    size_t length = rest ? strlen(rest) : 0;
    if (length < 1 || length > 7 || n > 1e6)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalpha((unsigned char)rest[i]))
            return false;
    memcpy(currency, rest, length + 1);
    *out = n;
    return true;
}

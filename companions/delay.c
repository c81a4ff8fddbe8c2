/* SPDX-License-Identifier: Apache-2.0 */
#include "companions/delay.h"

#include "companions/options.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct delayed {
    struct assay_delay delay;
    struct assay_kms *inner;
    atomic_uint_fast64_t calls;
};

/* One line's time, or none on it. */
static bool take_line(char *line, struct assay_delay *out)
{
    double ns;
    line[strcspn(line, "#\r\n")] = '\0';
    const char *at = line + strspn(line, " \t");
    if (!*at)
        return true;
    for (char *end = line + strlen(line); end > at && (end[-1] == ' ' || end[-1] == '\t');)
        *--end = '\0';
    if (!assay_option_time(&at, &ns) || *at != '\0')
        return false;
    out->trip_ns[out->trips++] = ns;
    return true;
}

static bool read_trips(const char *path, struct assay_delay *out, char *why, size_t why_size)
{
    char line[200];
    unsigned number = 0;
    bool ok = true;
    FILE *f = fopen(path, "re");
    if (!f) {
        snprintf(why, why_size, "companion 'delay:file=%s': %s", path, strerror(errno));
        return false;
    }
    out->trip_ns = malloc(ASSAY_DELAY_TRIPS * sizeof *out->trip_ns);
    while (out->trip_ns && ok && out->trips < ASSAY_DELAY_TRIPS && fgets(line, sizeof line, f)) {
        number++;
        ok = strchr(line, '\n') || feof(f) ? take_line(line, out) : false;
    }
    if (!out->trip_ns)
        snprintf(why, why_size, "out of memory");
    else if (!ok)
        snprintf(why, why_size, "%s, line %u: no time such as 1.5ms (ns, us, ms or s; at most 60s)", path,
                 number);
    else if (ferror(f))
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
    else if (out->trips == ASSAY_DELAY_TRIPS && fgets(line, sizeof line, f))
        snprintf(why, why_size, "%s: more than %u times", path, ASSAY_DELAY_TRIPS);
    else if (out->trips == 0)
        snprintf(why, why_size, "%s: no times; give one a line, such as 1.5ms", path);
    else {
        fclose(f);
        return true;
    }
    fclose(f);
    assay_delay_free(out);
    return false;
}

bool assay_delay_parse(const char *text, struct assay_delay *out, char *why, size_t why_size)
{
    const char *at = text;
    char *end;
    *out = (struct assay_delay){0};
    if (strncmp(at, "file=", 5) == 0)
        return read_trips(at + 5, out, why, why_size);
    if (strncmp(at, "fixed=", 6) == 0) {
        at += 6;
        if (assay_option_time(&at, &out->median_ns) && *at == '\0')
            return true;
    } else if (strncmp(at, "median=", 7) == 0) {
        at += 7;
        if (assay_option_time(&at, &out->median_ns) && strncmp(at, "sigma=", 6) == 0) {
            out->sigma = strtod(at + 6, &end);
            if (end != at + 6 && *end == '\0' && out->sigma >= 0 && out->sigma <= 3)
                return true;
        }
    }
    snprintf(why, why_size,
             "companion 'delay:%s': give fixed=TIME, median=TIME:sigma=0…3 or file=PATH, such as "
             "delay:fixed=2ms (at most 60s)",
             text);
    return false;
}

void assay_delay_free(struct assay_delay *delay)
{
    free(delay->trip_ns);
    *delay = (struct assay_delay){0};
}

/* Uniform in (0, 1), the same for each call of each run: a counter through splitmix64's finish. */
static double uniform(uint64_t i)
{
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static void wait_a_trip(struct delayed *d)
{
    uint64_t i = 2 * atomic_fetch_add(&d->calls, 1);
    double ns = d->delay.median_ns;
    if (d->delay.trip_ns) {
        ns = d->delay.trip_ns[(size_t)(uniform(i) * (double)d->delay.trips)];
    } else if (d->delay.sigma > 0) {
        double normal = sqrt(-2 * log(uniform(i))) * cos(2 * M_PI * uniform(i + 1)); /* Box and Muller's */
        ns *= exp(d->delay.sigma * normal);
    }
    ns = ns < 60e9 ? ns : 60e9;
    struct timespec left = {(time_t)(ns / 1e9), (long)fmod(ns, 1e9)};
    while (nanosleep(&left, &left) != 0)
        ;
}

static enum assay_rc delayed_wrap(struct assay_kms *kms, uint8_t *out, struct assay_bytes dek,
                                  struct assay_bytes aad)
{
    struct delayed *d = kms->state;
    wait_a_trip(d);
    return d->inner->wrap(d->inner, out, dek, aad);
}

static enum assay_rc delayed_unwrap(struct assay_kms *kms, uint8_t *dek, struct assay_bytes wrapped,
                                    struct assay_bytes aad)
{
    struct delayed *d = kms->state;
    wait_a_trip(d);
    return d->inner->unwrap(d->inner, dek, wrapped, aad);
}

static enum assay_rc delayed_sign(struct assay_kms *kms, uint8_t *sig, size_t *sig_size,
                                  struct assay_bytes message)
{
    struct delayed *d = kms->state;
    wait_a_trip(d);
    return d->inner->sign(d->inner, sig, sig_size, message);
}

static enum assay_rc delayed_public(struct assay_kms *kms, uint8_t point[65])
{
    struct delayed *d = kms->state;
    return d->inner->public_key(d->inner, point);
}

static enum assay_rc delayed_ping(struct assay_kms *kms)
{
    struct delayed *d = kms->state;
    wait_a_trip(d);
    return d->inner->ping(d->inner);
}

static const char *delayed_error(struct assay_kms *kms)
{
    struct delayed *d = kms->state;
    return d->inner->last_error(d->inner);
}

static void delayed_close(struct assay_kms *kms)
{
    struct delayed *d = kms->state;
    d->inner->close(d->inner);
    assay_delay_free(&d->delay);
    free(d);
    free(kms);
}

enum assay_rc assay_kms_delayed(struct assay_delay *delay, struct assay_kms **kms)
{
    struct assay_kms *outer = calloc(1, sizeof *outer);
    struct delayed *d = calloc(1, sizeof *d);
    if (!outer || !d) {
        free(outer);
        free(d);
        assay_delay_free(delay);
        (*kms)->close(*kms);
        *kms = NULL;
        return ASSAY_NOMEM;
    }
    d->delay = *delay;
    d->inner = *kms;
    *outer = (struct assay_kms){(*kms)->name, d,
                                delayed_wrap, delayed_unwrap,
                                delayed_sign, delayed_public,
                                delayed_ping, delayed_error,
                                delayed_close};
    *kms = outer;
    return ASSAY_OK;
}

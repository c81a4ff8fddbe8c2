/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/gate/sides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const side_names[2] = {"base", "head"};

/* Moves the one instance of `text` to its side, under the side's name. */
static bool take(struct assay_gate_sides *sides, unsigned side, const char *text, char *why, size_t why_size)
{
    struct assay_specs one;
    if (!assay_specs_parse(&one, text, why, why_size))
        return false;
    if (one.count != 1) {
        snprintf(why, why_size, "--%s '%s' names %zu instances, not one", side_names[side], text, one.count);
        assay_specs_free(&one);
        return false;
    }
    sides->specs.spec[side] = one.spec[0];
    sides->specs.count = side + 1;
    sides->name[side] = one.spec[0].name;
    sides->specs.spec[side].name = strdup(side_names[side]);
    if (!sides->specs.spec[side].name)
        snprintf(why, why_size, "out of memory");
    return sides->specs.spec[side].name != NULL;
}

bool assay_gate_sides(struct assay_gate_sides *sides, const char *base, const char *head, char *why,
                      size_t why_size)
{
    memset(sides, 0, sizeof *sides);
    if (take(sides, 0, base, why, why_size) && take(sides, 1, head, why, why_size))
        return true;
    assay_gate_sides_free(sides);
    return false;
}

/* The shim takes the module's place, which becomes an option of it. */
static bool put_shim(struct assay_spec *spec, unsigned every, char *why, size_t why_size)
{
    char shim[PATH_MAX];
    if (!assay_shim_path(shim)) {
        snprintf(why, why_size, "there is no assay-gate-shim.so beside assay");
        return false;
    }
    if (spec->option_count + 2 > ASSAY_OPTIONS_MAX) {
        snprintf(why, why_size, "no room for the shim among %d options", ASSAY_OPTIONS_MAX);
        return false;
    }
    bool ok = asprintf(&spec->options[spec->option_count], "inner=%s", spec->module) > 0;
    spec->option_count += ok;
    ok = ok && asprintf(&spec->options[spec->option_count], "every=%u", every) > 0;
    spec->option_count += ok;
    free(spec->module);
    spec->module = strdup(shim);
    if (!ok || !spec->module)
        snprintf(why, why_size, "out of memory");
    return ok && spec->module;
}

bool assay_gate_sides_slowed(struct assay_gate_sides *sides, const char *name, double slower, char *why,
                             size_t why_size)
{
    unsigned every = slower > 0 ? (unsigned)(1 / slower + 0.5) : 0;
    if (!assay_gate_sides(sides, name, name, why, why_size))
        return false;
    if (put_shim(&sides->specs.spec[0], 0, why, why_size) &&
        put_shim(&sides->specs.spec[1], every, why, why_size))
        return true;
    assay_gate_sides_free(sides);
    return false;
}

void assay_gate_sides_free(struct assay_gate_sides *sides)
{
    assay_specs_free(&sides->specs);
    free(sides->name[0]);
    free(sides->name[1]);
    sides->name[0] = sides->name[1] = NULL;
}

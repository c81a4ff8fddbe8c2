/* SPDX-License-Identifier: Apache-2.0
 *
 * What this machine shows when nothing has changed: from gates of an instance against itself, for each case
 * how often they alarmed, how far a bound ever got from zero (the floor, which a regression must exceed) and
 * what slow-down they could have seen; and from stored runs taken apart in time, how far they drifted. A JSON
 * file, of one CPU model.
 */
#ifndef ASSAY_GATE_CALIBRATION_H
#define ASSAY_GATE_CALIBRATION_H

#include "bench/gate/gate.h"

#include <limits.h>

struct assay_calibrated {
    const char *key;
    unsigned gates, suspects, alarms; /* comparisons; first passes that alarmed; both passes */
    double floor;                     /* a share */
    double *detectable;               /* of each gate, a logarithm */
};

struct assay_calibration {
    const char *instance;
    struct assay_calibrated *cases;
    size_t count;
    unsigned gates;
};

/* $XDG_STATE_HOME/assay/calibration.json. false: there is no home folder. */
bool assay_calibration_path(char path[PATH_MAX]);

/* room: gates to come. false: out of memory. */
bool assay_calibration_make(struct assay_calibration *c, const char *instance, const struct assay_plan *plan,
                            unsigned room);
void assay_calibration_add(struct assay_calibration *c, const struct assay_gate_result *result);
void assay_calibration_free(struct assay_calibration *c);

/* The median of what a case's gates could have seen, as a share; infinite when none could. */
double assay_calibration_detectable(const struct assay_calibrated *c);

/* Written by rename; drifts that the file had stay. false: why names the file. */
bool assay_calibration_write(const struct assay_calibration *c, const char *path, char *why, size_t why_size);
/* Puts drifts of the plan's cases, relative to a control, beside what the file has; makes it if there is
 * none. false: why names the file. */
bool assay_calibration_write_drifts(const char *path, const struct assay_plan *plan, const double *drift,
                                    const char *control, char *why, size_t why_size);
/* What the file knows of the plan's cases; 0 where it knows nothing. control: drifts count that were measured
 * with it; NULL: none does. false: why names the file and what is wrong with it, another CPU among that. */
bool assay_calibration_known(const char *path, const struct assay_plan *plan, const char *control,
                             struct assay_gate_known *known, char *why, size_t why_size);

#endif

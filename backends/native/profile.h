/* SPDX-License-Identifier: Apache-2.0
 *
 * A profile: the parameters that `assay tune` found best, for one CPU model and one tier. A text file of
 * lines KEY = VALUE, so that reading it needs no library; blank lines and lines that begin with # are left
 * out.
 */
#ifndef ASSAY_NATIVE_PROFILE_H
#define ASSAY_NATIVE_PROFILE_H

#include "backends/native/tuning.h"

#define PROFILE_TEXT_MAX 4096u
#define PROFILE_PATH_MAX 4096u

struct profile {
    char tier[32];
    struct tuning tuning;
};

/* $XDG_CONFIG_HOME/assay/native.profile or ~/.config/assay/native.profile; "" without either variable. */
void profile_default_path(char path[PROFILE_PATH_MAX]);

/* Reads a file made on the CPU model `cpu`. false: why is "FILE:LINE: what is wrong". */
bool profile_read(struct profile *, const char *path, const char *cpu, char *why, size_t why_size);

/* What profile_read() takes. */
void profile_print(const struct profile *, const char *cpu, const char *version, char text[PROFILE_TEXT_MAX]);

/* This CPU: vendor, family, model and stepping, or on ARM implementer, part, variant and revision. Steppings
 * count: Skylake-SP and Cascade Lake differ in nothing else. */
#define CPU_MODEL_MAX 80
void cpu_model(char model[CPU_MODEL_MAX]);

#endif

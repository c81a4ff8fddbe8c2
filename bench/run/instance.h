/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances: which module a name stands for, and with which options.
 *
 *   openssl                    assay-backend-openssl.so, from ASSAY_BACKEND_PATH, the user's modules, or
 * beside assay native:portable            the same with the option variant=portable openssl:provider=fips
 * with the option provider=fips; more follow after further colons
 *   ./my.so, /opt/x/my.so      a module by its path
 *   native+softhsm+sqlite      an instance with companions (companions/companion.h)
 *   openssl@trixie             an instance of instances.yaml (instances_file.h), which may set more
 */
#ifndef ASSAY_INSTANCE_H
#define ASSAY_INSTANCE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define ASSAY_INSTANCES_MAX   64
#define ASSAY_OPTIONS_MAX     16
#define ASSAY_ENVIRONMENT_MAX 16
#define ASSAY_COMPANIONS_MAX  4

struct assay_spec {
    char *name;                       /* as given: what tables and files call it */
    char *module;                     /* absolute path of the module */
    char *options[ASSAY_OPTIONS_MAX]; /* NAME=VALUE */
    size_t option_count;
    char *companions[ASSAY_COMPANIONS_MAX]; /* NAME or NAME:OPTIONS */
    size_t companion_count;
    bool all_cases;           /* its worker runs those too that its companions have no part in */
    char *loader, *libraries; /* its worker's dynamic loader and its folder; NULL: the system's */
    char *environment[ASSAY_ENVIRONMENT_MAX]; /* NAME=VALUE, set for its worker */
    size_t environment_count;
};

struct assay_specs {
    struct assay_spec spec[ASSAY_INSTANCES_MAX];
    size_t count;
};

/* text: a comma-separated list; NULL: every module that is found, assay's own first and the probe last.
 * false: why names the part that is wrong and what is valid. */
bool assay_specs_parse(struct assay_specs *specs, const char *text, char *why, size_t why_size);
void assay_specs_free(struct assay_specs *specs);
void assay_specs_drop_last(struct assay_specs *specs); /* of one at least */

/* Adds the instances of instances.yaml that are not there yet. */
bool assay_specs_add_named(struct assay_specs *specs, char *why, size_t why_size);

/* The file of a module that is given by its name or by a path (with a slash in it). false: why. */
bool assay_module_locate(const char *module, char out[PATH_MAX], char *why, size_t why_size);

/* The path without what would name a user: the home folder is written as ~. */
void assay_path_public(const char *path, char out[PATH_MAX]);
/* Where this program lies. false: it cannot tell. */
bool assay_own_folder(char out[PATH_MAX]);
/* Where this program's own companions lie: its folder, then what was configured. */
bool assay_worker_path(char out[PATH_MAX]);
/* The folder of assay-companion and of the stores' modules. */
bool assay_companions_path(char out[PATH_MAX]);
/* The module around a module that slows it down: bench/gate/shim.c. */
bool assay_shim_path(char out[PATH_MAX]);

#endif

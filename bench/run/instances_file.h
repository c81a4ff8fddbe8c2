/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances that have a name of their own: instances.yaml.
 *
 *   instances:
 *     - name: openssl-fips@trixie      # what --instance calls it
 *       module: openssl                # a module that is found by its name, or a path (from the file's
 * folder) prefix: ~/.cache/assay/…       # what ${prefix} stands for in the values below loader:
 * ${prefix}/lib/ld.so    # of another release: the worker is started by it … libraries: ${prefix}/lib       #
 * … with this folder before the system's own provider: fips                 # these four, and any under
 * options, go to the module property-query: fips=yes config: ${prefix}/openssl.cnf provider-modules:
 * ${prefix}/lib/ossl-modules options: [name=value] environment: [OPENSSL_ia32cap=0]   # set for its worker
 */
#ifndef ASSAY_INSTANCES_FILE_H
#define ASSAY_INSTANCES_FILE_H

#include "bench/run/instance.h"

/* The file that --config names, for the life of the process; NULL: only those below. */
void assay_instances_config(const char *path);

/* Looks a name up: in the file of --config, in $XDG_CONFIG_HOME/assay/instances.yaml, in the files that
 * scripts have registered ($XDG_DATA_HOME/assay/instances/NAME.yaml), in the one that is installed with
 * assay. The first that has it is taken. *found: it was there, and spec (all but its name) is filled in.
 * false: a file is broken; why says FILE:LINE and what is valid. */
bool assay_instances_find(const char *name, struct assay_spec *spec, bool *found, char *why, size_t why_size);

/* Calls back for each name, in the order of the files; a name that an earlier file has is left out. */
bool assay_instances_each(void (*each)(void *data, const char *name), void *data, char *why, size_t why_size);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens the module that a test program was told to run: MODULE [NAME=VALUE …].
 */
#ifndef ASSAY_TESTS_OPEN_MODULE_H
#define ASSAY_TESTS_OPEN_MODULE_H

#include "backends/backend.h"

/* arguments: the module's path, then its options (which are cut apart in place). false: stderr says why. */
bool open_module(int count, char **arguments, const struct assay_backend **backend,
                 assay_instance **instance);

#endif

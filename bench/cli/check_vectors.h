/* SPDX-License-Identifier: Apache-2.0
 *
 * assay check --vectors: published test vectors on every instance.
 */
#ifndef ASSAY_CLI_CHECK_VECTORS_H
#define ASSAY_CLI_CHECK_VECTORS_H

/* folders: ends with NULL. instances: as given, or NULL. Returns the exit code. */
int assay_cli_check_vectors(char *const *folders, const char *instances);

#endif

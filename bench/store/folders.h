/* SPDX-License-Identifier: Apache-2.0
 *
 * The folders above a file.
 */
#ifndef ASSAY_STORE_FOLDERS_H
#define ASSAY_STORE_FOLDERS_H

/* Makes the folders above a path; whoever opens a file there is told what went wrong. */
void assay_make_folders(const char *path);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The folders above a file.
 */
#ifndef ASSAY_STORE_FOLDERS_H
#define ASSAY_STORE_FOLDERS_H

/* Makes the folders above a path. 0, or the errno of the first that could not be made: whoever then opens a
 * file there is told only that something is missing. */
int assay_make_folders(const char *path);

#endif

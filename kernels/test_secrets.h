/* SPDX-License-Identifier: Apache-2.0
 *
 * The secrets that assay itself measures with, so that `assay scan` can look for them where none belongs: in
 * results, logs and core files.
 */
#ifndef ASSAY_TEST_SECRETS_H
#define ASSAY_TEST_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSAY_TEST_SECRET_MAX 64u

/* Calls each with every one of them, until it says no; false then. printed: its digits are in the programs,
 * as a published key's are. */
bool assay_test_secrets(bool (*each)(void *data, const uint8_t *secret, size_t size, bool printed),
                        void *data);

#endif

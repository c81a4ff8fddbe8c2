/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of kernels/service/json.h against jansson.
 */
#ifndef ASSAY_TESTS_JSON_DIFFER_H
#define ASSAY_TESTS_JSON_DIFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Both take the text for one object, or both refuse it; and where they take it, they find the same in its
 * known members. false: they differ, and stdout says in what. *taken: they took it. */
bool json_same(const uint8_t *text, size_t size, bool *taken);

#endif

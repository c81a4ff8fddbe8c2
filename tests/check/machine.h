/* SPDX-License-Identifier: Apache-2.0
 *
 * Holds one operation of one side against a reference, at every place its buffers may have.
 */
#ifndef ASSAY_TESTS_MACHINE_H
#define ASSAY_TESTS_MACHINE_H

#include "tests/check/ops.h"

void machine_check(const struct op_side *reference, const struct op_side *, const struct op *);

#endif

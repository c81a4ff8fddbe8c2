/* SPDX-License-Identifier: Apache-2.0
 *
 * Scaling over threads: a part of the table, and charts of efficiency.
 */
#ifndef ASSAY_REPORT_SCALING_H
#define ASSAY_REPORT_SCALING_H

#include "bench/report/format.h"
#include "bench/stats/scaling.h"

/* Nothing where no case was measured with several thread counts. */
void assay_scaling_print(struct assay_printer *p, const struct assay_summary *summary);
/* "σ 0.12 (0.10 – 0.14), κ …", or why there is no more to say; of counts that are cores. */
void assay_scaling_words(const struct assay_scaling *scaling, char *out, size_t room);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Is one instance better than another? By all cases together, and at the price of none.
 */
#include "bench/tune/tune.h"

#include <math.h>
#include <stdlib.h>

#define LOSS 0.99 /* a case whose interval ends below this pays for the others */

enum assay_tune_fault assay_tune_judge(const struct assay_summary *s, size_t instance,
                                       struct assay_estimate *overall, const struct assay_row **worst)
{
    *worst = NULL;
    *overall = (struct assay_estimate){0};
    for (size_t c = 0; c < s->run->case_count; c++) {
        const struct assay_row *row = assay_summary_row(s, c, instance);
        if (!assay_summary_row(s, c, 0)->measured)
            continue;
        if (!row->measured || !row->has_ratio)
            return ASSAY_TUNE_UNMEASURED;
        if (row->ratio.high < LOSS && (!*worst || row->ratio.high < (*worst)->ratio.high))
            *worst = row;
    }
    if (!assay_summary_overall(s, instance, overall))
        return ASSAY_TUNE_UNMEASURED;
    if (!(overall->low > 1) || overall->one_round)
        return ASSAY_TUNE_NO_EVIDENCE;
    return *worst ? ASSAY_TUNE_LOSES : ASSAY_TUNE_BETTER;
}

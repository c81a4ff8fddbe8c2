/* SPDX-License-Identifier: Apache-2.0
 *
 * Two sides, cell by cell: two instances of one run, block by block, or what two runs have in common, which
 * were not measured together.
 */
#ifndef ASSAY_STATS_COMPARE_H
#define ASSAY_STATS_COMPARE_H

#include "bench/stats/summary.h"

struct assay_comparison_row {
    const struct assay_run_case *run_case; /* of side a */
    const char *instance[2];               /* the names, of a and b */
    const char *absent; /* why there is no ratio: which side, and its reason; NULL: there is one */
    const char *absent_side;
    struct assay_estimate ns[2];
    struct assay_estimate ratio; /* a's time / b's: above 1, b is faster */
};

struct assay_comparison {
    const struct assay_run *run[2];
    bool paired; /* one run: ratios come from blocks */
    struct assay_comparison_row *rows;
    size_t count, compared; /* rows; of these with a ratio */
    size_t only[2];         /* cells measured on one side that the other run does not list */
};

/* instance: the names to compare, on a and on b; both NULL: those that both runs have. false: why says what
 * is wrong: a name that is not there, or nothing in common. The runs must outlive the comparison. */
bool assay_compare(const struct assay_run *a, const struct assay_run *b, const char *const instance[2],
                   struct assay_comparison *comparison, char *why, size_t why_size);
void assay_comparison_free(struct assay_comparison *comparison);

/* "faster", "slower" (b than a), "no difference seen", or "one round: no evidence" */
const char *assay_compare_verdict(const struct assay_estimate *ratio);

struct assay_difference {
    const char *field;
    char a[120], b[120];
};
#define ASSAY_FINGERPRINT_FIELDS 9
/* Where the machines, the programs or their environments differ so that figures do not compare: cpu, cores,
 * governor, virtualisation, compiler, compiler flags, assay's version, environment, length of a sample. Not:
 * what is compared (libraries, assay's commit), the time, and what seldom matters to code in user space
 * (microcode, kernel). Returns how many. */
size_t assay_compare_fingerprints(const struct assay_run *a, const struct assay_run *b,
                                  struct assay_difference differences[ASSAY_FINGERPRINT_FIELDS]);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A companion that can be made to fail: it stands before an instance's own and passes calls on, or answers
 * them with ASSAY_LIBRARY, as a companion does that is gone.
 */
#ifndef ASSAY_DRILLS_FAULTS_H
#define ASSAY_DRILLS_FAULTS_H

#include "companions/kms.h"
#include "companions/store.h"

enum assay_faulty_mode {
    ASSAY_FAULTY_NOT,
    ASSAY_FAULTY_GONE,      /* no call is answered */
    ASSAY_FAULTY_READ_ONLY, /* reads and unwraps are, writes, wraps and signatures are not */
};

struct assay_faulty_store {
    struct assay_store store; /* what the service is given; not to be closed */
    struct assay_store *inner;
    enum assay_faulty_mode mode;
    uint64_t failed; /* calls that it did not answer */
};

struct assay_faulty_kms {
    struct assay_kms kms; /* what the service is given; not to be closed */
    struct assay_kms *inner;
    enum assay_faulty_mode mode;
    uint64_t failed;
};

void assay_faulty_store_init(struct assay_faulty_store *, struct assay_store *inner);
void assay_faulty_kms_init(struct assay_faulty_kms *, struct assay_kms *inner);

#endif

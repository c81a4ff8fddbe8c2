/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of known deviations for the test: it takes the place of the real one in a worker of the test's own.
 */
#include "bench/vectors/run.h"

const struct vec_deviation vec_deviations[] = {
    {"some other library", ASSAY_AES_128_GCM, "OnPurpose", "not this one"},
    {"assay native", ASSAY_AES_128_GCM, "NotOnPurpose", "nor this one"},
    {"assay native", ASSAY_AES_128_GCM, "OnPurpose", "the test wants it so"},
    {"assay native", ASSAY_AES_256_GCM, "OnPurpose", "the test wants it so"},
    {NULL, ASSAY_ALG_NONE, NULL, NULL},
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * ML-DSA's vectors, which are long; sign.c lists them with the others.
 */
#ifndef ASSAY_VECTORS_ML_DSA_H
#define ASSAY_VECTORS_ML_DSA_H

#include "kernels/vectors/asym.h"

extern const struct assay_test_key assay_ml_dsa_65_key;
extern const char assay_ml_dsa_65_message[], assay_ml_dsa_65_signature[], assay_ml_dsa_65_timed_signature[];

#endif

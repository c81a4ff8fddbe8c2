/* SPDX-License-Identifier: Apache-2.0
 *
 * The known deviations of libraries from published vectors: told each time, and no failure.
 *
 * None is known: OpenSSL 3.0.19, BoringSSL 13.0.0+r24, AWS-LC 5.1.0, libsodium 1.0.18, ipsec-mb 1.3 and 2.0.2
 * answer all tests that apply to them as Wycheproof and CAVP do.
 */
#include "bench/vectors/run.h"

const struct vec_deviation vec_deviations[] = {{NULL, ASSAY_ALG_NONE, NULL, NULL}};

/* SPDX-License-Identifier: Apache-2.0
 *
 * The needles made of secrets that the caller names.
 */
#ifndef ASSAY_SCAN_SECRETS_H
#define ASSAY_SCAN_SECRETS_H

#include "bench/scan/detect.h"

/* As a detector, at any octet. */
bool assay_scan_secret_at(const struct assay_scan_secrets *secrets, const struct assay_scan_place *place,
                          struct assay_scan_match *match);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A KMS over PKCS#11 (v2.40), for a process that does nothing else: the token's library may load libcrypto.
 */
#ifndef ASSAY_PKCS11_H
#define ASSAY_PKCS11_H

#include "companions/kms.h"

/* The token's library, an empty token in a free slot of it is made this KMS's own. Each thread has its
 * session. NULL: why. */
struct assay_kms *assay_kms_pkcs11(const char *library, char *why, size_t why_size);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * In pkcs11.c's place where p11-kit's header is not installed.
 */
#include "companions/pkcs11.h"

#include <stdio.h>

struct assay_kms *assay_kms_pkcs11(const char *library, char *why, size_t why_size)
{
    (void)library;
    snprintf(why, why_size, "softhsm: assay was built without p11-kit's header");
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Known answers for the service kernels' own formats, computed by another implementation.
 */
#ifndef ASSAY_VECTORS_SERVICE_H
#define ASSAY_VECTORS_SERVICE_H

#include "backends/backend.h"

#include <stdint.h>

struct assay_cookie_vector {
    const char *source;
    unsigned kind; /* enum assay_cookie_kind */
    const char *value;
    uint64_t expires;
    const char *text;
};
extern const struct assay_cookie_vector assay_cookie_vectors[]; /* ends with a NULL source */

struct assay_separate_vector {
    const char *source;
    const char *purpose, *id;
    const char *key; /* 32 octets, hexadecimal */
};
extern const struct assay_separate_vector assay_separate_vectors[]; /* ends with a NULL source */

struct assay_file_vector {
    const char *source;
    enum assay_alg alg;
    unsigned size;
    const char *digest; /* SHA-256 of the sealed file, hexadecimal */
};
extern const struct assay_file_vector assay_file_vectors[]; /* ends with a NULL source */

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Published JWS with their keys. Octets are hexadecimal text, in the formats of backend.h.
 */
#ifndef ASSAY_VECTORS_JWS_H
#define ASSAY_VECTORS_JWS_H

#include "kernels/service/jws.h"
#include "kernels/vectors/vectors.h"

struct assay_jws_vector {
    const char *source;
    enum assay_jws_alg alg;
    const char *private_key; /* or the secret */
    const char *public_key;  /* or the secret */
    const char *header, *payload;
    const char *token;
};
extern const struct assay_jws_vector assay_jws_vectors[]; /* ends with a NULL source */

#endif

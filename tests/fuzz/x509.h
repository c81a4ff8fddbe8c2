/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the fuzz target for X.509 share: the first octet of an input says how the rest is taken.
 */
#ifndef ASSAY_FUZZ_X509_H
#define ASSAY_FUZZ_X509_H

#include "kernels/service/x509.h"

enum x509_input { CERTIFICATE, PRIVATE_KEY, FIELDS, X509_INPUTS };

/* x509_oracle.c: what was read of a certificate, or of a key, against what OpenSSL reads of it. Ends the
 * process where they differ. */
void x509_judge(const struct assay_x509 *x, const uint8_t *der, size_t size);
void x509_judge_key(enum assay_alg alg, struct assay_bytes private_key, const uint8_t *der, size_t size);
void x509_expect(bool is_so, const char *what);

/* x509_mutate.c: an input to begin with, of which kind ever; its size. */
size_t x509_seed(uint8_t *out, size_t room, unsigned which);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the contract test share. The test loads one module and holds it to backend.h, family by
 * family. Right answers are proved elsewhere, by the kernels' vectors; here it is the behaviour.
 */
#ifndef ASSAY_TESTS_CONTRACT_H
#define ASSAY_TESTS_CONTRACT_H

#include "backends/backend.h"

#include <stdarg.h>
#include <string.h>

struct contract {
    const struct assay_backend *backend;
    assay_instance *instance;
    const char *where; /* the algorithm or situation under test, for messages */
    unsigned checks, failures;
};
extern struct contract contract;

bool contract_check(bool ok, const char *file, int line, const char *expression);
bool contract_rc(enum assay_rc got, enum assay_rc want, const char *file, int line, const char *expression);
/* Asks supports(); a refusal must say why. */
bool contract_supported(enum assay_op op, enum assay_alg alg, const char *name);
void contract_fill(uint8_t *out, size_t size, unsigned seed);

/* Each is true when it holds, so that a caller can stop where going on makes no sense. */
#define CHECK(expression)        contract_check((expression), __FILE__, __LINE__, #expression)
#define CHECK_RC(expression, rc) contract_rc((expression), (rc), __FILE__, __LINE__, #expression)
#define CHECK_SAME(a, b, size)   CHECK(memcmp((a), (b), (size)) == 0)

void contract_aead(const struct assay_aead_ops *ops);
void contract_hash(const struct assay_hash_ops *ops);
void contract_mac(const struct assay_mac_ops *ops);
void contract_kdf(const struct assay_kdf_ops *ops);
void contract_wrap(const struct assay_wrap_ops *ops);
void contract_sign(const struct assay_sign_ops *ops);
void contract_kex(const struct assay_kex_ops *ops);
void contract_kem(const struct assay_kem_ops *ops);
void contract_tls(const struct assay_tls_ops *ops);
void contract_rand(const struct assay_rand_ops *ops);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of tokens share: a module, loaded, and keys for what it can.
 */
#ifndef ASSAY_TESTS_TOKEN_MODULE_H
#define ASSAY_TESTS_TOKEN_MODULE_H

#include "kernels/service/token.h"

struct token_module {
    const struct assay_backend *backend;
    assay_instance *instance;
};
extern struct token_module token_module;

/* Exits with 77 where the module has no algorithm of tokens, with 1 where it is no module. */
void token_module_load(const char *path);
bool token_module_has(enum assay_jws_alg alg);
struct assay_bytes token_text(const char *text);
/* The test key of an algorithm, its private or public half or the secret, in out; the size. */
size_t token_test_key(enum assay_jws_alg alg, enum assay_key_purpose purpose, uint8_t out[2048]);

#endif

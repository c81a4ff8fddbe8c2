/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/token_module.h"
#include "kernels/kernel.h"
#include "kernels/vectors/asym.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct token_module token_module;

void token_module_load(const char *path)
{
    static const struct assay_host host = {.size = sizeof host, .abi = ASSAY_ABI};
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct assay_backend *(*get)(uint32_t) = NULL;
    if (module)
        *(void **)&get = dlsym(module, "assay_backend_get");
    if (!get || !(token_module.backend = get(ASSAY_ABI)) ||
        token_module.backend->create(&host, NULL, 0, &token_module.instance) != ASSAY_OK) {
        printf("%s is no module that could be loaded\n", path);
        exit(1);
    }
    if (!token_module_has(ASSAY_EDDSA) || !token_module_has(ASSAY_HS256)) {
        printf("skipped: the module has no Ed25519 or no HMAC\n");
        exit(77);
    }
}

bool token_module_has(enum assay_jws_alg alg)
{
    const struct assay_backend *b = token_module.backend;
    enum assay_alg served;
    enum assay_op op = assay_jws_served(alg, &served);
    char why[200];
    if (alg == ASSAY_HS256 ? !b->mac : !b->sign)
        return false;
    return b->supports(token_module.instance, op, served, why, sizeof why);
}

struct assay_bytes token_text(const char *text)
{
    return (struct assay_bytes){(const uint8_t *)text, strlen(text)};
}

size_t token_test_key(enum assay_jws_alg alg, enum assay_key_purpose purpose, uint8_t out[2048])
{
    if (alg == ASSAY_HS256) {
        assay_fill(out, 32, 7);
        return 32;
    }
    const struct assay_sign_vector *v = assay_sign_vectors;
    enum assay_alg served;
    (void)assay_jws_served(alg, &served);
    while (v->source && v->alg != served)
        v++;
    return assay_hex(out, 2048, purpose == ASSAY_KEY_SIGNS ? v->key->private_key : v->key->public_key);
}

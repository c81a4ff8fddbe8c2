/* SPDX-License-Identifier: Apache-2.0
 *
 * Holds one module to the contract of backend.h: backend_contract MODULE [NAME=VALUE …]. Every operation that
 * supports() claims is exercised: round trips, forgeries, empty messages, wrong sizes, reuse.
 */
#include "kernels/kernel.h"
#include "tests/unit/contract.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

struct contract contract = {.where = "module"};

static const char *rc_name(enum assay_rc rc)
{
    static const char *const names[] = {"OK", "UNSUPPORTED", "AUTH", "INPUT", "NOMEM", "LIBRARY"};
    return (unsigned)rc < sizeof names / sizeof *names ? names[rc] : "no enum assay_rc";
}

bool contract_check(bool ok, const char *file, int line, const char *expression)
{
    contract.checks++;
    if (!ok) {
        contract.failures++;
        printf("%s:%d: %s: not so: %s\n", file, line, contract.where, expression);
    }
    return ok;
}

bool contract_rc(enum assay_rc got, enum assay_rc want, const char *file, int line, const char *expression)
{
    contract.checks++;
    if (got != want) {
        contract.failures++;
        printf("%s:%d: %s: %s, wanted %s: %s\n", file, line, contract.where, rc_name(got), rc_name(want),
               expression);
        if (got != ASSAY_OK && contract.instance)
            printf("    %s\n", contract.backend->last_error(contract.instance));
    }
    return got == want;
}

bool contract_supported(enum assay_op op, enum assay_alg alg, const char *name)
{
    char why[200] = "";
    contract.where = name;
    if (contract.backend->supports(contract.instance, op, alg, why, sizeof why)) {
        struct assay_service service = {.size = sizeof service};
        if (contract.backend->describe)
            CHECK_RC(contract.backend->describe(contract.instance, op, alg, &service), ASSAY_OK);
        return true;
    }
    CHECK(why[0] != '\0');
    printf("    without %s (op %d): %s\n", name, (int)op, why);
    return false;
}

void contract_fill(uint8_t *out, size_t size, unsigned seed)
{
    uint32_t x = 2463534242u + seed * 2654435761u;
    for (size_t i = 0; i < size; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        out[i] = (uint8_t)(x >> 11);
    }
}

static void log_line(const char *line)
{
    printf("    log: %s\n", line);
}

static const struct assay_host host = {.size = sizeof host, .abi = ASSAY_ABI, .log = log_line};

static void test_create_refuses(void)
{
    const struct assay_option odd = {"no-such-option", "1"};
    assay_instance *instance = (assay_instance *)(void *)&contract;
    CHECK_RC(contract.backend->create(&host, &odd, 1, &instance), ASSAY_INPUT);
    CHECK(instance == NULL);
    CHECK(strstr(contract.backend->last_error(NULL), "no-such-option") != NULL);
}

static bool open_module(const char *path, int count, char **arguments)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        printf("%s\n", dlerror());
        return false;
    }
    const struct assay_backend *(*get)(uint32_t) = NULL;
    *(void **)&get = dlsym(module, "assay_backend_get");
    if (!CHECK(get != NULL))
        return false;
    contract.backend = get(ASSAY_ABI);
    if (!CHECK(contract.backend != NULL) || !CHECK(contract.backend->abi == ASSAY_ABI))
        return false;
    test_create_refuses();
    struct assay_option options[8];
    for (int i = 0; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        if (!value || i == 8) {
            printf("not NAME=VALUE: %s\n", arguments[i]);
            return false;
        }
        *value = '\0';
        options[i] = (struct assay_option){arguments[i], value + 1};
    }
    if (CHECK_RC(contract.backend->create(&host, options, (size_t)count, &contract.instance), ASSAY_OK))
        return true;
    printf("    %s\n", contract.backend->last_error(NULL));
    return false;
}

static void test_identity(void)
{
    struct assay_identity id = {.size = sizeof id};
    char why[200] = "";
    Dl_info info;
    CHECK_RC(contract.backend->identify(contract.instance, &id), ASSAY_OK);
    CHECK(id.library[0] != '\0' && id.version[0] != '\0');
    CHECK(id.symbol == NULL || dladdr(id.symbol, &info) != 0);
    printf("    %s %s %s %s\n", id.library, id.version, id.variant, id.provider);
    CHECK(contract.backend->last_error(contract.instance) != NULL);
    CHECK(!contract.backend->supports(contract.instance, ASSAY_OP_HASH, ASSAY_ED25519, why, sizeof why));
    CHECK(why[0] != '\0');
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2) {
        printf("usage: backend_contract MODULE [NAME=VALUE …]\n");
        return 2;
    }
    if (!open_module(argv[1], argc - 2, argv + 2))
        return 1;
    const struct assay_backend *b = contract.backend;
    test_identity();
    if (b->aead)
        contract_aead(b->aead);
    if (b->hash)
        contract_hash(b->hash);
    if (b->mac)
        contract_mac(b->mac);
    if (b->kdf)
        contract_kdf(b->kdf);
    if (b->wrap)
        contract_wrap(b->wrap);
    if (b->sign)
        contract_sign(b->sign);
    if (b->kex)
        contract_kex(b->kex);
    if (ASSAY_HAS(b, kem))
        contract_kem(b->kem);
    if (b->tls)
        contract_tls(b->tls);
    if (b->rand)
        contract_rand(b->rand);
    b->destroy(contract.instance);
    printf("%u checks, %u failed\n", contract.checks, contract.failures);
    return contract.failures == 0 && contract.checks > 0 ? 0 : 1;
}

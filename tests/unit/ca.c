/* SPDX-License-Identifier: Apache-2.0
 *
 * The private CA on a module: ca MODULE; and its certificates for another program to read: ca MODULE FOLDER
 * writes root, leaf, its key, one that has expired and one of another CA there, of each algorithm there is.
 */
#include "kernels/service/ca.h"
#include "kernels/kernel.h"
#include "tests/kat/open_module.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT(literal) ((struct assay_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static const struct assay_backend *backend;
static assay_instance *instance;
static const enum assay_alg algs[] = {ASSAY_ECDSA_P256_SHA256, ASSAY_ED25519};

struct issued { /* a CA and a certificate of it */
    struct assay_ca ca;
    struct assay_ca_request request;
    uint8_t secret[32], public_key[65], der[ASSAY_X509_MAX];
    size_t size;
};

static bool has(enum assay_alg alg)
{
    char why[200];
    return backend->sign && backend->hash && backend->rand &&
           backend->supports(instance, ASSAY_OP_SIGN, alg, why, sizeof why) &&
           backend->supports(instance, ASSAY_OP_HASH, ASSAY_SHA256, why, sizeof why) &&
           backend->supports(instance, ASSAY_OP_RAND, ASSAY_ALG_NONE, why, sizeof why);
}

/* seed: of the CA's key, a test key */
static void open_ca(struct issued *i, enum assay_alg alg, uint64_t seed, int64_t from, int64_t to)
{
    uint8_t key[32];
    size_t size;
    memset(i, 0, sizeof *i);
    assay_fill(key, sizeof key, seed);
    assert_int_equal(
        assay_ca_open(&i->ca, backend, instance, alg, key, "assay TEST CA", from - 86400, to + 86400),
        ASSAY_OK);
    assert_int_equal(assay_ca_new_key(backend, instance, alg, i->secret, i->public_key, &size), ASSAY_OK);
    i->request = (struct assay_ca_request){.alg = alg,
                                           .public_key = {i->public_key, size},
                                           .subject = TEXT("cart"),
                                           .uri = TEXT("spiffe://example/ns/shop/sa/cart"),
                                           .dns = TEXT("cart.shop.example"),
                                           .not_before = from,
                                           .not_after = to,
                                           .actor = TEXT("node-7"),
                                           .time_ms = 5};
}

static enum assay_rc verify(const struct issued *i, const struct issued *under)
{
    struct assay_x509 x;
    if (assay_x509_read(&x, (struct assay_bytes){i->der, i->size}))
        return ASSAY_AUTH;
    return assay_x509_verify(backend, under->ca.key, under->ca.alg, &x);
}

static void issue_on(enum assay_alg alg)
{
    struct issued a, b;
    struct assay_x509 x, root;
    open_ca(&a, alg, 1, 1000000, 2000000);
    open_ca(&b, alg, 2, 1000000, 2000000);
    assert_int_equal(assay_ca_issue(&a.ca, &a.request, NULL, a.der, &a.size), ASSAY_OK);
    assert_int_equal(assay_ca_issue(&b.ca, &b.request, NULL, b.der, &b.size), ASSAY_OK);
    assert_int_equal(verify(&a, &a), ASSAY_OK);
    assert_int_equal(verify(&a, &b), ASSAY_AUTH);
    assert_int_equal(verify(&b, &a), ASSAY_AUTH);
    assert_null(assay_x509_read(&x, (struct assay_bytes){a.der, a.size}));
    assert_null(assay_x509_read(&root, (struct assay_bytes){a.ca.root, a.ca.root_size}));
    assert_int_equal(assay_x509_verify(backend, a.ca.key, alg, &root), ASSAY_OK);
    assert_int_equal(root.key_id.size, x.issuer_key_id.size);
    assert_memory_equal(root.key_id.data, x.issuer_key_id.data, root.key_id.size);
    assert_true(root.ca && !x.ca && x.not_before == 1000000 && x.not_after == 2000000);
    enum assay_alg other = alg == ASSAY_ED25519 ? ASSAY_ECDSA_P256_SHA256 : ASSAY_ED25519;
    x.signature_alg = other; /* a signature is judged by the issuer's algorithm alone */
    assert_int_equal(assay_x509_verify(backend, a.ca.key, alg, &x), ASSAY_AUTH);
    a.request.subject.size = 0;
    assert_int_equal(assay_ca_issue(&a.ca, &a.request, NULL, a.der, &a.size), ASSAY_INPUT);
    assert_int_equal(a.size, 0);
    assay_ca_close(&a.ca);
    assay_ca_close(&b.ca);
}

static void test_issue(void **state)
{
    (void)state;
    for (size_t i = 0; i < ASSAY_COUNT(algs); i++)
        if (has(algs[i]))
            issue_on(algs[i]);
}

/* No record, no certificate; a refusal is recorded as one. */
static void test_audit(void **state)
{
    (void)state;
    static struct assay_audit log;
    static struct issued i;
    char line[ASSAY_AUDIT_LINE_MAX + 1];
    size_t size;
    open_ca(&i, has(ASSAY_ED25519) ? ASSAY_ED25519 : ASSAY_ECDSA_P256_SHA256, 1, 1000000, 2000000);
    assert_int_equal(assay_audit_open(&log, ASSAY_AUDIT_EACH), ASSAY_OK);
    assert_int_equal(assay_ca_issue(&i.ca, &i.request, &log, i.der, &i.size), ASSAY_OK);
    assert_int_equal(assay_audit_last(&log, line, &size), ASSAY_OK);
    line[size] = '\0';
    assert_non_null(strstr(line, "\"operation\":\"issue\""));
    assert_non_null(strstr(line, "\"result\":\"ok\""));
    i.request.not_after = 999999;
    assert_int_equal(assay_ca_issue(&i.ca, &i.request, &log, i.der, &i.size), ASSAY_INPUT);
    assert_int_equal(assay_audit_last(&log, line, &size), ASSAY_OK);
    line[size] = '\0';
    assert_non_null(strstr(line, "\"result\":\"refused\""));
    i.request.not_after = 2000000;
    int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    assert_true(full >= 0);
    assert_true(dup2(full, log.fd) >= 0);
    close(full);
    assert_int_equal(assay_ca_issue(&i.ca, &i.request, &log, i.der, &i.size), ASSAY_LIBRARY);
    assert_int_equal(i.size, 0);
    for (size_t at = 0; at < sizeof i.der; at++)
        assert_int_equal(i.der[at], 0);
    assay_audit_close(&log);
    assay_ca_close(&i.ca);
}

static int put(const char *folder, const char *kind, const char *name, const uint8_t *data, size_t size)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s-%s.der", folder, kind, name);
    FILE *f = fopen(path, "wbe");
    int bad = !f || fwrite(data, 1, size, f) != size;
    return (f && fclose(f) != 0) || bad;
}

static int write_all(const char *folder)
{
    int bad = 0, written = 0;
    int64_t now = (int64_t)time(NULL);
    for (size_t a = 0; a < ASSAY_COUNT(algs); a++) {
        const char *kind = algs[a] == ASSAY_ED25519 ? "ed25519" : "p256";
        struct issued i, stranger;
        uint8_t key[ASSAY_PKCS8_MAX];
        if (!has(algs[a]))
            continue;
        open_ca(&i, algs[a], 1, now - 60, now + 3600);
        open_ca(&stranger, algs[a], 2, now - 60, now + 3600);
        bad |= assay_ca_issue(&i.ca, &i.request, NULL, i.der, &i.size) != ASSAY_OK;
        bad |=
            put(folder, kind, "root", i.ca.root, i.ca.root_size) || put(folder, kind, "leaf", i.der, i.size);
        bad |= put(folder, kind, "key", key, assay_pkcs8_write(algs[a], i.secret, i.request.public_key, key));
        i.request.not_before = now - 120;
        i.request.not_after = now - 60;
        bad |= assay_ca_issue(&i.ca, &i.request, NULL, i.der, &i.size) != ASSAY_OK;
        bad |= put(folder, kind, "expired", i.der, i.size);
        bad |= assay_ca_issue(&stranger.ca, &stranger.request, NULL, i.der, &i.size) != ASSAY_OK;
        bad |= put(folder, kind, "stranger", i.der, i.size);
        assay_ca_close(&i.ca);
        assay_ca_close(&stranger.ca);
        written++;
    }
    return bad ? 1 : written ? 0 : 77;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_issue), cmocka_unit_test(test_audit)};
    if (argc < 2 || argc > 3)
        return 2;
    if (!open_module(1, argv + 1, &backend, &instance))
        return 1;
    if (!has(algs[0]) && !has(algs[1])) {
        printf("skipped: the module has no signatures for certificates\n");
        return 77;
    }
    int failed = argc == 3 ? write_all(argv[2]) : cmocka_run_group_tests_name("ca", tests, NULL, NULL);
    backend->destroy(instance);
    return failed;
}

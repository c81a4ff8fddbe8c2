/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates: what is written is read back, what openssl made is read too, and what is not DER, says a
 * thing twice or demands what is not understood is refused. Any octets may be read.
 */
#include "kernels/service/x509.h"
#include "kernels/kernel.h"
#include "kernels/service/der.h"
#include "kernels/vectors/tls_certs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define TEXT(literal) ((struct assay_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static uint8_t point[65] = {4, 1, 2, 3};

static struct assay_x509_fields fields(void)
{
    struct assay_x509_fields f = {.issuer_alg = ASSAY_ED25519,
                                  .alg = ASSAY_ECDSA_P256_SHA256,
                                  .serial = {0x41, 2, 3},
                                  .issuer = TEXT("CA"),
                                  .subject = TEXT("cart"),
                                  .not_before = 1767225600,
                                  .not_after = 1767229200,
                                  .public_key = {point, sizeof point},
                                  .key_id = {0x99, 1},
                                  .issuer_key_id = {0x98, 2},
                                  .uri = TEXT("spiffe://example/ns/shop/sa/cart"),
                                  .dns = TEXT("cart.example")};
    return f;
}

/* With a signature of zeros, for nothing here verifies one. */
static size_t written(const struct assay_x509_fields *f, uint8_t *out)
{
    static const uint8_t signature[64];
    uint8_t tbs[ASSAY_X509_MAX];
    size_t size = assay_x509_write_tbs(f, tbs);
    return size == 0 ? 0
                     : assay_x509_write(f->issuer_alg, (struct assay_bytes){tbs, size},
                                        (struct assay_bytes){signature, sizeof signature}, out);
}

static void assert_bytes(struct assay_bytes got, const void *want, size_t size)
{
    assert_int_equal(got.size, size);
    assert_memory_equal(got.data, want, size);
}

static void assert_text(struct assay_bytes got, const char *want)
{
    assert_bytes(got, want, strlen(want));
}

/* The C library's calendar is another's work. */
static void test_times(void **state)
{
    (void)state;
    static const char *const bad[] = {"260230000000Z", "250229000000Z",  "261301000000Z", "260001000000Z",
                                      "260100000000Z", "260132000000Z",  "260101240000Z", "260101006000Z",
                                      "260101000060Z", "2601010000Z",    "260101000000",  "260101000000+",
                                      "26010100000:Z", "20260101000000Z"};
    for (int64_t t = 0; t <= 253402300799; t += t < 86400 * 800 ? 3607 : 86400 * 3 + 7919) {
        char text[16], want[40];
        uint8_t tag;
        int64_t back;
        struct tm tm;
        time_t seconds = (time_t)t;
        size_t size = assay_x509_write_time(t, text, &tag);
        gmtime_r(&seconds, &tm);
        strftime(want, sizeof want, tm.tm_year < 150 ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", &tm);
        assert_text((struct assay_bytes){(uint8_t *)text, size}, want);
        assert_int_equal(tag, tm.tm_year < 150 ? 0x17 : 0x18);
        assert_true(assay_x509_read_time(tag, (struct assay_bytes){(uint8_t *)text, size}, &back));
        assert_true(back == t);
    }
    int64_t t;
    assert_true(assay_x509_read_time(0x17, TEXT("500101000000Z"), &t));
    assert_true(t == -631152000);
    for (size_t i = 0; i < ASSAY_COUNT(bad); i++)
        assert_false(
            assay_x509_read_time(0x17, (struct assay_bytes){(const uint8_t *)bad[i], strlen(bad[i])}, &t));
    assert_false(assay_x509_read_time(0x18, TEXT("20491231235959Z"), &t)); /* not the form for it */
    assert_true(assay_x509_read_time(0x18, TEXT("20500101000000Z"), &t));
    assert_false(assay_x509_read_time(0x18, TEXT("20500101000000.0Z"), &t));
}

static void test_lengths(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1234, 0xffff};
    static uint8_t buffer[0x10010], data[0x10000];
    struct assay_der_writer w;
    struct assay_bytes content;
    for (size_t i = 0; i < ASSAY_COUNT(sizes); i++) {
        assay_der_start(&w, buffer, sizeof buffer);
        assay_der_whole(&w, ASSAY_DER_OCTETS, data, sizes[i]);
        struct assay_bytes in = {buffer, assay_der_finish(&w)};
        assert_true(assay_der_take(&in, ASSAY_DER_OCTETS, &content));
        assert_int_equal(content.size, sizes[i]);
        assert_int_equal(in.size, 0);
        in = (struct assay_bytes){buffer, content.size + (size_t)(content.data - buffer) - 1};
        assert_false(assay_der_take(&in, ASSAY_DER_OCTETS, &content)); /* one octet short */
    }
    assay_der_start(&w, buffer, 5);
    assay_der_whole(&w, ASSAY_DER_OCTETS, data, 4);
    assert_int_equal(assay_der_finish(&w), 0);
    static const uint8_t bad[][6] = {{4, 0x81, 1, 0},    {4, 0x81, 0x7f}, {4, 0x82, 0, 1, 0},
                                     {4, 0x82, 0, 0xff}, {4, 0x80, 0, 0}, {4, 0x83, 0, 0},
                                     {0x1f, 1, 0},       {4, 0xff, 0, 0}, {0x3f, 0x81, 1, 0}};
    for (size_t i = 0; i < ASSAY_COUNT(bad); i++) {
        uint8_t tag;
        memcpy(data, bad[i], sizeof bad[i]);
        struct assay_bytes in = {data, 0x1000};
        assert_false(assay_der_any(&in, &tag, &content, NULL));
    }
}

static void test_integers(void **state)
{
    (void)state;
    static const struct {
        uint8_t octets[5];
        size_t size;
        bool right;
    } cases[] = {{{2, 1, 0}, 3, true},        {{2, 1, 0x7f}, 3, true},     {{2, 2, 0, 0x80}, 4, true},
                 {{2, 1, 0x80}, 3, false},    {{2, 2, 0, 0x7f}, 4, false}, {{2, 0}, 2, false},
                 {{2, 2, 0xff, 1}, 4, false}, {{3, 1, 0}, 3, false}};
    for (size_t i = 0; i < ASSAY_COUNT(cases); i++) {
        struct assay_bytes in = {cases[i].octets, cases[i].size}, number;
        assert_int_equal(assay_der_take_unsigned(&in, &number), cases[i].right);
    }
    static const uint8_t number[] = {0, 0, 0x80, 1}, zero[2];
    uint8_t out[8];
    struct assay_der_writer w;
    assay_der_start(&w, out, sizeof out);
    assay_der_unsigned(&w, number, sizeof number);
    assert_bytes((struct assay_bytes){out, assay_der_finish(&w)}, "\x02\x03\x00\x80\x01", 5);
    assay_der_start(&w, out, sizeof out);
    assay_der_unsigned(&w, zero, sizeof zero);
    assert_bytes((struct assay_bytes){out, assay_der_finish(&w)}, "\x02\x01\x00", 3);
}

static void test_written(void **state)
{
    (void)state;
    uint8_t der[ASSAY_X509_MAX];
    struct assay_x509 x;
    struct assay_x509_fields f = fields();
    size_t size = written(&f, der);
    assert_null(assay_x509_read(&x, (struct assay_bytes){der, size}));
    assert_bytes(x.serial, f.serial, sizeof f.serial);
    assert_bytes(x.key_id, f.key_id, sizeof f.key_id);
    assert_bytes(x.issuer_key_id, f.issuer_key_id, sizeof f.issuer_key_id);
    assert_bytes(x.public_key, point, sizeof point);
    assert_true(x.not_before == f.not_before && x.not_after == f.not_after);
    assert_int_equal(x.alg, ASSAY_ECDSA_P256_SHA256);
    assert_int_equal(x.signature_alg, ASSAY_ED25519);
    assert_int_equal(x.uris, 1);
    assert_text(x.uri[0], "spiffe://example/ns/shop/sa/cart");
    assert_int_equal(x.dnses, 1);
    assert_text(x.dns[0], "cart.example");
    assert_true(!x.ca && x.signs && !x.signs_certificates && x.server && x.client);
    f.ca = true;
    f.uri.size = f.dns.size = 0;
    size = written(&f, der);
    assert_null(assay_x509_read(&x, (struct assay_bytes){der, size}));
    assert_true(x.ca && !x.signs && x.signs_certificates && !x.server && !x.client && x.uris + x.dnses == 0);
}

static void test_fields_refused(void **state)
{
    (void)state;
    uint8_t out[ASSAY_X509_MAX];
    char longest[ASSAY_X509_SAN + 1];
    memset(longest, 'a', sizeof longest);
    struct assay_x509_fields right = fields(), f = right;
    const struct assay_bytes none = {NULL, 0}, much = {(uint8_t *)longest, sizeof longest},
                             most = {(uint8_t *)longest, ASSAY_X509_SAN};
#define REFUSED(change) (f = right, (change), assert_int_equal(assay_x509_write_tbs(&f, out), 0))
    REFUSED(f.subject = none);
    REFUSED(f.issuer = none);
    REFUSED(f.subject = most);
    REFUSED(f.uri = much);
    REFUSED(f.dns = much);
    REFUSED(f.subject = TEXT("a\nb"));
    REFUSED(f.uri = TEXT("spiffe://a\0b"));
    REFUSED(f.dns = TEXT("caf\xc3\xa9"));
    REFUSED(f.uri = TEXT("spiffe://a b")); /* which is not read either */
    REFUSED(f.dns = TEXT("a b"));
    REFUSED(f.not_before = -1);
    REFUSED(f.not_after = f.not_before - 1);
    REFUSED(f.not_after = 253402300800);
    REFUSED(f.public_key.size = 32);
    REFUSED(f.alg = ASSAY_RSA_2048_PSS_SHA256);
    REFUSED(f.ca = true);
    REFUSED(memset(f.serial, 0, sizeof f.serial));
    f = right;
    f.uri = f.dns = most;
    f.subject = f.issuer = (struct assay_bytes){(uint8_t *)longest, ASSAY_X509_CN_MAX};
    f.not_after = 253402300799;
    assert_true(written(&f, out) > 0); /* the longest has room */
}

static void test_made_by_openssl(void **state)
{
    (void)state;
    static const enum assay_alg algs[] = {ASSAY_ECDSA_P256_SHA256, ASSAY_ED25519,
                                          ASSAY_RSA_2048_PKCS1_SHA256};
    for (size_t i = 0; i < ASSAY_COUNT(algs); i++) {
        const struct assay_tls_identity *id = assay_tls_identity(algs[i]);
        struct assay_x509 root, middle, leaf, client;
        assert_null(assay_x509_read(&root, id->root));
        assert_null(assay_x509_read(&middle, id->server_chain[1]));
        assert_null(assay_x509_read(&leaf, id->server_chain[0]));
        assert_null(assay_x509_read(&client, id->client_chain[0]));
        assert_true(root.ca && root.signs_certificates && middle.ca && !leaf.ca && !client.ca);
        assert_int_equal(root.not_before, 1577836800);
        assert_true(root.not_after == 4733510399);
        assert_int_equal(leaf.dnses, 1);
        assert_text(leaf.dns[0], ASSAY_TLS_HOST);
        assert_true(leaf.server && !leaf.client && client.client && !client.server);
        assert_bytes(leaf.issuer_key_id, middle.key_id.data, middle.key_id.size);
        assert_bytes(leaf.issuer, middle.subject.data, middle.subject.size);
        enum assay_alg want = i == 2 ? ASSAY_ALG_NONE : algs[i];
        assert_int_equal(leaf.alg, want);
        assert_int_equal(leaf.signature_alg, want);
        if (i == 2)
            continue;
        enum assay_alg alg;
        struct assay_bytes key;
        assert_int_equal(assay_pkcs8_read(id->server_key, &alg, &key), true);
        assert_int_equal(alg, algs[i]);
        uint8_t again[ASSAY_PKCS8_MAX];
        size_t size = assay_pkcs8_write(alg, key.data, leaf.public_key, again);
        assert_bytes(id->server_key, again, size);
    }
}

struct edit { /* the first place where find is in the certificate, replaced by octets of the same number */
    const char *what, *find, *replace;
    size_t size;
    bool accepted;
};

static const struct edit edits[] = {
    {"nothing changed", "\x02\x01\x02", "\x02\x01\x02", 3, true},
    {"version 2", "\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x01", 5, false},
    {"a negative serial", "\x02\x10\x41", "\x02\x10\xc1", 3, false},
    {"another algorithm inside", "\x06\x03\x2b\x65\x70", "\x06\x03\x2b\x65\x71", 5, false},
    {"a month too many", "260101", "261301", 6, false},
    {"no time zone", "0000Z", "00000", 5, false},
    {"a compressed point", "\x00\x04\x01\x02\x03", "\x00\x02\x01\x02\x03", 5, false},
    {"unused bits in the key", "\x42\x00\x04\x01", "\x42\x01\x04\x01", 4, false},
    {"critical, not understood", "\x55\x1d\x0f\x01\x01\xff", "\x55\x1d\x7f\x01\x01\xff", 6, false},
    {"not critical, not understood", "\x55\x1d\x0e", "\x55\x1d\x7e", 3, true},
    {"an extension twice", "\x55\x1d\x25", "\x55\x1d\x0e", 3, false},
    {"an unknown one twice", "\x55\x1d\x13\x01\x01\xff\x04\x02\x30\x00",
     "\x55\x1d\x0f\x01\x01\xff\x04\x02\x30\x00", 10, false},
    {"TRUE as BER writes it", "\x55\x1d\x0f\x01\x01\xff", "\x55\x1d\x0f\x01\x01\x01", 6, false},
    {"FALSE where it is the default", "\x55\x1d\x0f\x01\x01\xff", "\x55\x1d\x0f\x01\x01\x00", 6, false},
    {"named bits with a zero", "\x03\x02\x07\x80", "\x03\x02\x06\x80", 4, false},
    {"an unused bit that is set", "\x03\x02\x07\x80", "\x03\x02\x07\x81", 4, false},
    {"a NUL in a name", "\x82\x0c\x63\x61", "\x82\x0c\x63\x00", 4, false},
    {"a line end in a name", "\x86\x20spi", "\x86\x20\x0apiff", 5, false},
    {"a name of no kind", "\x86\x20spi", "\x06\x20spi", 5, false},
    {"a name of another kind", "\x86\x20spi", "\x81\x20spi", 5, true},
    {"unused bits in the signature", "\x03\x41\x00\x00", "\x03\x41\x01\x00", 4, false},
    {"an OID that does not end", "\x07\x03\x01", "\x07\x03\x81", 3, false},
    {"an OID with a zero that leads", "\x06\x03\x55\x04", "\x06\x03\x80\x04", 4, false},
    {"a name of two-octet characters", "\x0c\x02\x43\x41", "\x1e\x02\x43\x41", 4, false},
    {"a printable name", "\x0c\x02\x43\x41", "\x13\x02\x43\x41", 4, true},
    {"a printable name beyond ASCII", "\x0c\x02\x43\x41", "\x13\x02\xc3\xa9", 4, false},
    {"a name beyond ASCII", "\x0c\x02\x43\x41", "\x0c\x02\xc3\xa9", 4, true},
    {"UTF-8 that is too long", "\x0c\x02\x43\x41", "\x0c\x02\xc0\xaf", 4, false},
    {"UTF-8 that is too short", "\x0c\x02\x43\x41", "\x0c\x02\x43\xc3", 4, false},
    {"four octets of UTF-8", "\x0c\x04\x63\x61\x72\x74", "\x0c\x04\xf0\x9f\x94\x91", 6, true},
    {"UTF-8 beyond its end", "\x0c\x04\x63\x61\x72\x74", "\x0c\x04\xf4\x90\x80\x80", 6, false},
    {"a surrogate", "\x0c\x04\x63\x61\x72\x74", "\x0c\x04\xed\xa0\x80\x74", 6, false},
    {"an X.400 name", "\x86\x20spi", "\xa3\x20spi", 5, false},
    {"a distinguished name that is none", "\x86\x20spi", "\xa4\x20spi", 5, false},
    {"a mail address beyond ASCII", "\x82\x0c\x63\x61", "\x81\x0c\x63\xe1", 4, false},
    {"an issuer's serial without its name", "\x30\x16\x80\x14\x98", "\x30\x16\x82\x14\x18", 5, false},
    {"an unknown key's parameters", "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01",
     "\x30\x08\x2a\x86\x48\xce\x3d\x03\x01", 9, true},
    {"parameters of no kind", "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01", "\x01\x08\x2a\x86\x48\xce\x3d\x03\x01",
     9, false},
    {"a set for a sequence", "\x31\x0b\x30\x09", "\x30\x0b\x30\x09", 4, false},
};

static void test_hostile(void **state)
{
    (void)state;
    uint8_t der[ASSAY_X509_MAX + 1];
    struct assay_x509 x;
    struct assay_x509_fields f = fields();
    for (size_t i = 0; i < ASSAY_COUNT(edits); i++) {
        size_t size = written(&f, der);
        uint8_t *at = memmem(der, size, edits[i].find, edits[i].size);
        if (!at)
            fail_msg("%s: there is no such place", edits[i].what);
        memcpy(at, edits[i].replace, edits[i].size);
        const char *why = assay_x509_read(&x, (struct assay_bytes){der, size});
        if (!why != edits[i].accepted)
            fail_msg("%s: %s", edits[i].what, why ? why : "accepted");
    }
    size_t size = written(&f, der);
    static const uint8_t ids[][3] = {{0x55, 0x1d, 0x0e}, {0x55, 0x1d, 0x23}};
    for (size_t i = 0; i < ASSAY_COUNT(ids); i++) { /* both key ids, under one unknown OID */
        uint8_t *at = memmem(der, size, ids[i], 3);
        assert_non_null(at);
        at[2] = 0x7e;
        const char *why = assay_x509_read(&x, (struct assay_bytes){der, size});
        assert_string_equal(why ? why : "taken", i == 0 ? "taken" : "an extension is there twice");
    }
    size = written(&f, der);
    der[size] = 0;
    assert_non_null(assay_x509_read(&x, (struct assay_bytes){der, size + 1}));
    for (size_t cut = 0; cut < size; cut++)
        assert_non_null(assay_x509_read(&x, (struct assay_bytes){der, cut}));
}

static void assert_within(struct assay_bytes part, const uint8_t *der, size_t size)
{
    assert_true(part.size == 0 || (part.data >= der && part.data + part.size <= der + size));
}

/* Octets on the heap, no more of them than there are, so that a sanitizer sees each step beyond. */
static bool read_mutant(const uint8_t *from, size_t size, uint64_t *random)
{
    uint8_t *der = malloc(size);
    struct assay_x509 x;
    enum assay_alg alg;
    struct assay_bytes key;
    assert_non_null(der);
    memcpy(der, from, size);
    for (unsigned n = 0; n <= *random % 3; n++) {
        uint8_t draw[8];
        assay_fill(draw, sizeof draw, ++*random);
        size_t at = (size_t)(draw[0] | draw[1] << 8) % size;
        der[at] = draw[2] < 128 ? (uint8_t)(der[at] ^ 1u << draw[3] % 8) : draw[4];
        if (draw[5] < 16) /* octets moved: lengths no longer fit */
            memmove(der + at, der + at + (at + 1 < size), size - at - (at + 1 < size));
    }
    bool read = !assay_x509_read(&x, (struct assay_bytes){der, size});
    if (read) {
        const struct assay_bytes parts[] = {x.tbs,           x.serial, x.issuer,     x.subject,
                                            x.signature,     x.spki,   x.public_key, x.key_id,
                                            x.issuer_key_id, x.uri[0], x.dns[0]};
        for (size_t i = 0; i < ASSAY_COUNT(parts); i++)
            assert_within(parts[i], der, size);
        assert_true(x.uris <= ASSAY_X509_NAMES && x.dnses <= ASSAY_X509_NAMES && x.serial.size <= 20);
    }
    if (assay_pkcs8_read((struct assay_bytes){der, size}, &alg, &key)) {
        assert_within(key, der, size);
        assert_int_equal(key.size, 32);
    }
    free(der);
    return read;
}

static void test_mutants(void **state)
{
    (void)state;
    uint8_t der[ASSAY_X509_MAX], key[ASSAY_PKCS8_MAX], secret[32] = {1};
    struct assay_x509_fields f = fields();
    size_t size = written(&f, der), accepted = 0;
    size_t key_size = assay_pkcs8_write(f.alg, secret, f.public_key, key);
    const struct assay_tls_identity *id = assay_tls_identity(ASSAY_RSA_2048_PKCS1_SHA256);
    uint64_t random = 1;
    for (unsigned i = 0; i < 60000; i++) {
        accepted += read_mutant(der, size, &random);
        (void)read_mutant(key, key_size, &random);
        (void)read_mutant(id->server_chain[0].data, id->server_chain[0].size, &random);
    }
    assert_in_range(accepted, 1,
                    59999); /* a flipped bit of the key or the signature is none of its business */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),          cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_integers),       cmocka_unit_test(test_written),
        cmocka_unit_test(test_fields_refused), cmocka_unit_test(test_made_by_openssl),
        cmocka_unit_test(test_hostile),        cmocka_unit_test(test_mutants),
    };
    return cmocka_run_group_tests_name("x509", tests, NULL, NULL);
}

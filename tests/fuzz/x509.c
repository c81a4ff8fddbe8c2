/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of certificates and of private keys over any octets, and the writer over any fields. Whatever is
 * read must be read by OpenSSL too, and to the same effect (x509_oracle.c): a stranger's certificate must not
 * be one thing to the service and another to the library that shakes hands. What was written must be read
 * back as it was said.
 *
 * FUZZ_PLANTED forgets a URI where there is more than one, which no seed has: to see that it is found.
 */
#include "tests/fuzz/x509.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_certificate(const uint8_t *der, size_t size)
{
    struct assay_x509 x;
    if (assay_x509_read(&x, (struct assay_bytes){der, size}))
        return;
#ifdef FUZZ_PLANTED
    x.uris = x.uris > 1 ? 1 : x.uris;
#endif
    x509_judge(&x, der, size);
}

static void read_key(const uint8_t *der, size_t size)
{
    enum assay_alg alg;
    struct assay_bytes private_key, none = {NULL, 0};
    if (!assay_pkcs8_read((struct assay_bytes){der, size}, &alg, &private_key))
        return;
    x509_judge_key(alg, private_key, der, size);
    if (alg != ASSAY_ED25519)
        return; /* the public half is not handed out, so it cannot be written again */
    uint8_t again[ASSAY_PKCS8_MAX];
    x509_expect(assay_pkcs8_write(alg, private_key.data, none, again) == size &&
                    memcmp(again, der, size) == 0,
                "a key is written as it was read");
}

/* The next octets of an input; zeros where there are no more. */
static void take(const uint8_t **data, size_t *size, void *out, size_t wanted)
{
    size_t there = wanted < *size ? wanted : *size;
    memset(out, 0, wanted);
    if (there > 0)
        memcpy(out, *data, there);
    *data += there;
    *size -= there;
}

static struct assay_bytes take_text(const uint8_t **data, size_t *size, char room[256])
{
    uint8_t length;
    take(data, size, &length, 1);
    take(data, size, room, length);
    return (struct assay_bytes){(uint8_t *)room, length};
}

static bool same(struct assay_bytes a, struct assay_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* What is left without the zeros that lead. */
static struct assay_bytes number(const uint8_t serial[ASSAY_X509_SERIAL])
{
    size_t zeros = 0;
    while (zeros < ASSAY_X509_SERIAL && serial[zeros] == 0)
        zeros++;
    return (struct assay_bytes){serial + zeros, ASSAY_X509_SERIAL - zeros};
}

static void expect_fields(const struct assay_x509_fields *f, const struct assay_x509 *x)
{
    x509_expect(x->alg == f->alg && x->signature_alg == f->issuer_alg, "the algorithms written are read");
    x509_expect(same(x->serial, number(f->serial)), "the serial written is read");
    x509_expect(x->not_before == f->not_before && x->not_after == f->not_after, "the times written are read");
    x509_expect(same(x->public_key, f->public_key), "the key written is read");
    x509_expect(x->uris == (f->uri.size > 0) && (x->uris == 0 || same(x->uri[0], f->uri)),
                "the URI written is read");
    x509_expect(x->dnses == (f->dns.size > 0) && (x->dnses == 0 || same(x->dns[0], f->dns)),
                "the DNS name written is read");
    x509_expect(same(x->key_id, (struct assay_bytes){f->key_id, sizeof f->key_id}) &&
                    same(x->issuer_key_id, (struct assay_bytes){f->issuer_key_id, sizeof f->issuer_key_id}),
                "the key ids written are read");
    x509_expect(x->ca == f->ca && x->signs_certificates == f->ca && x->signs != f->ca && x->server != f->ca &&
                    x->client != f->ca,
                "the uses written are read");
}

static void write_fields(const uint8_t *data, size_t size)
{
    struct assay_x509_fields f = {0};
    uint8_t kinds, key[65], signature[72], tbs[ASSAY_X509_MAX], der[ASSAY_X509_MAX];
    char text[4][256];
    struct assay_x509 x;
    take(&data, &size, &kinds, 1);
    f.issuer_alg = kinds & 1 ? ASSAY_ED25519 : ASSAY_ECDSA_P256_SHA256;
    f.alg = kinds & 2 ? ASSAY_ED25519 : ASSAY_ECDSA_P256_SHA256;
    f.ca = kinds & 4;
    take(&data, &size, f.serial, sizeof f.serial);
    take(&data, &size, &f.not_before, sizeof f.not_before);
    take(&data, &size, &f.not_after, sizeof f.not_after);
    take(&data, &size, f.key_id, sizeof f.key_id);
    take(&data, &size, f.issuer_key_id, sizeof f.issuer_key_id);
    take(&data, &size, key, sizeof key);
    take(&data, &size, signature, sizeof signature);
    key[0] = f.alg == ASSAY_ED25519 ? key[0] : 4; /* as a backend exports it */
    f.public_key = (struct assay_bytes){key, f.alg == ASSAY_ED25519 ? 32 : 65};
    f.issuer = take_text(&data, &size, text[0]);
    f.subject = take_text(&data, &size, text[1]);
    f.uri = take_text(&data, &size, text[2]);
    f.dns = take_text(&data, &size, text[3]);
    size_t tbs_size = assay_x509_write_tbs(&f, tbs);
    if (tbs_size == 0)
        return;
    size_t der_size =
        assay_x509_write(f.issuer_alg, (struct assay_bytes){tbs, tbs_size},
                         (struct assay_bytes){signature, f.issuer_alg == ASSAY_ED25519 ? 64 : 72}, der);
    const char *why = der_size == 0 ? "no room" : assay_x509_read(&x, (struct assay_bytes){der, der_size});
    x509_expect(!why, why);
    expect_fields(&f, &x);
    x509_judge(&x, der, der_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact =
        size > 1 ? malloc(size - 1) : NULL; /* so that the sanitizer sees the first octet beyond */
    if (!exact)
        return 0;
    memcpy(exact, data + 1, size - 1);
    if (data[0] % X509_INPUTS == CERTIFICATE)
        read_certificate(exact, size - 1);
    else if (data[0] % X509_INPUTS == PRIVATE_KEY)
        read_key(exact, size - 1);
    else
        write_fields(exact, size - 1);
    free(exact);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates and private keys, written; keys read too.
 */
#include "kernels/service/x509.h"
#include "kernels/kernel.h"
#include "kernels/service/der.h"

#include <string.h>

/* Contents of AlgorithmIdentifiers: RFC 8410 §3, RFC 5758 §3.2 and RFC 5480 §2.1.1. */
static const uint8_t ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
static const uint8_t ecdsa_sha256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t p256[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                               0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t common_name[] = {0x55, 0x04, 0x03};

const struct assay_x509_alg assay_x509_algs[2] = {
    {ASSAY_ED25519, {ed25519, sizeof ed25519}, {ed25519, sizeof ed25519}, 32},
    {ASSAY_ECDSA_P256_SHA256, {ecdsa_sha256, sizeof ecdsa_sha256}, {p256, sizeof p256}, 65}};

const struct assay_x509_alg *assay_x509_alg(enum assay_alg alg)
{
    for (size_t i = 0; i < ASSAY_COUNT(assay_x509_algs); i++)
        if (assay_x509_algs[i].alg == alg)
            return &assay_x509_algs[i];
    return NULL;
}

static void put_alg(struct assay_der_writer *w, struct assay_bytes content)
{
    assay_der_whole(w, ASSAY_DER_SEQUENCE, content.data, content.size);
}

static void put_name(struct assay_der_writer *w, struct assay_bytes cn)
{
    size_t end = w->at;
    assay_der_whole(w, ASSAY_DER_UTF8, cn.data, cn.size);
    assay_der_whole(w, ASSAY_DER_OID, common_name, sizeof common_name);
    assay_der_head(w, ASSAY_DER_SEQUENCE, end);
    assay_der_head(w, ASSAY_DER_SET, end);
    assay_der_head(w, ASSAY_DER_SEQUENCE, end);
}

static void put_time(struct assay_der_writer *w, int64_t seconds)
{
    char text[16];
    uint8_t tag;
    size_t size = assay_x509_write_time(seconds, text, &tag);
    assay_der_whole(w, tag, text, size);
}

static void put_spki(struct assay_der_writer *w, enum assay_alg alg, struct assay_bytes public_key)
{
    size_t end = w->at;
    assay_der_bits(w, public_key.data, public_key.size);
    put_alg(w, assay_x509_alg(alg)->key);
    assay_der_head(w, ASSAY_DER_SEQUENCE, end);
}

/* What was written since end becomes an extension's value. */
static void head_extension(struct assay_der_writer *w, uint8_t oid, bool critical, size_t end)
{
    static const uint8_t yes = 0xff;
    const uint8_t id[] = {0x55, 0x1d, oid};
    assay_der_head(w, ASSAY_DER_OCTETS, end);
    if (critical)
        assay_der_whole(w, ASSAY_DER_BOOLEAN, &yes, 1);
    assay_der_whole(w, ASSAY_DER_OID, id, sizeof id);
    assay_der_head(w, ASSAY_DER_SEQUENCE, end);
}

static void put_key_ids(struct assay_der_writer *w, const struct assay_x509_fields *f)
{
    size_t end = w->at;
    assay_der_whole(w, ASSAY_DER_CONTEXT, f->issuer_key_id, sizeof f->issuer_key_id);
    assay_der_head(w, ASSAY_DER_SEQUENCE, end);
    head_extension(w, ASSAY_OID_AKI, false, end);
    end = w->at;
    assay_der_whole(w, ASSAY_DER_OCTETS, f->key_id, sizeof f->key_id);
    head_extension(w, ASSAY_OID_SKI, false, end);
}

/* A leaf's: who it is, and that it serves and asks. */
static void put_leaf(struct assay_der_writer *w, const struct assay_x509_fields *f)
{
    size_t end = w->at;
    for (uint8_t use = ASSAY_OID_CLIENT; use >= ASSAY_OID_SERVER; use--) {
        const uint8_t id[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, use};
        assay_der_whole(w, ASSAY_DER_OID, id, sizeof id);
    }
    assay_der_head(w, ASSAY_DER_SEQUENCE, end);
    head_extension(w, ASSAY_OID_EKU, false, end);
    end = w->at;
    if (f->dns.size > 0)
        assay_der_whole(w, ASSAY_DER_CONTEXT + 2, f->dns.data, f->dns.size);
    if (f->uri.size > 0)
        assay_der_whole(w, ASSAY_DER_CONTEXT + 6, f->uri.data, f->uri.size);
    if (end == w->at)
        return;
    assay_der_head(w, ASSAY_DER_SEQUENCE, end);
    head_extension(w, ASSAY_OID_SAN, false, end);
}

/* RFC 5280 §4.2.1.3, §4.2.1.9: a CA signs certificates and lists, and no CA below it does; a leaf signs. */
static void put_uses(struct assay_der_writer *w, bool ca)
{
    static const uint8_t yes = 0xff, none = 0, lists_and_certificates[] = {1, 0x06}, signatures[] = {7, 0x80};
    size_t end = w->at;
    assay_der_whole(w, ASSAY_DER_BITS, ca ? lists_and_certificates : signatures, 2);
    head_extension(w, ASSAY_OID_KU, true, end);
    end = w->at;
    if (ca) {
        assay_der_whole(w, ASSAY_DER_INTEGER, &none, 1);
        assay_der_whole(w, ASSAY_DER_BOOLEAN, &yes, 1);
    }
    assay_der_head(w, ASSAY_DER_SEQUENCE, end);
    head_extension(w, ASSAY_OID_BC, true, end);
}

static void put_extensions(struct assay_der_writer *w, const struct assay_x509_fields *f)
{
    size_t end = w->at;
    put_key_ids(w, f);
    if (!f->ca)
        put_leaf(w, f);
    put_uses(w, f->ca);
    assay_der_head(w, ASSAY_DER_SEQUENCE, end);
    assay_der_head(w, ASSAY_DER_CONSTRUCTED + 3, end);
}

/* Text of the CA's caller goes into certificates and audit records: none of it may be read as anything else.
 */
static bool is_text(struct assay_bytes text, size_t least, size_t most, uint8_t first)
{
    if (text.size < least || text.size > most)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < first || text.data[i] > 0x7e)
            return false;
    return true;
}

static bool is_serial(const uint8_t serial[ASSAY_X509_SERIAL])
{
    uint8_t all = 0;
    for (size_t i = 0; i < ASSAY_X509_SERIAL; i++)
        all |= serial[i];
    return all != 0;
}

static bool are_right(const struct assay_x509_fields *f)
{
    static const int64_t last = 253402300799; /* 9999-12-31, the last that GeneralizedTime can say */
    const struct assay_x509_alg *alg = assay_x509_alg(f->alg);
    return alg && assay_x509_alg(f->issuer_alg) && f->public_key.size == alg->public_size &&
           is_serial(f->serial) && is_text(f->issuer, 1, ASSAY_X509_CN_MAX, ' ') &&
           is_text(f->subject, 1, ASSAY_X509_CN_MAX, ' ') && is_text(f->uri, 0, ASSAY_X509_SAN, '!') &&
           is_text(f->dns, 0, ASSAY_X509_SAN, '!') && f->not_before >= 0 && f->not_before <= f->not_after &&
           f->not_after <= last && !(f->ca && (f->uri.size > 0 || f->dns.size > 0));
}

size_t assay_x509_write_tbs(const struct assay_x509_fields *f, uint8_t *out)
{
    static const uint8_t version_3 = 2;
    struct assay_der_writer w;
    if (!are_right(f))
        return 0;
    assay_der_start(&w, out, ASSAY_X509_MAX);
    put_extensions(&w, f);
    put_spki(&w, f->alg, f->public_key);
    put_name(&w, f->subject);
    size_t end = w.at;
    put_time(&w, f->not_after);
    put_time(&w, f->not_before);
    assay_der_head(&w, ASSAY_DER_SEQUENCE, end);
    put_name(&w, f->issuer);
    put_alg(&w, assay_x509_alg(f->issuer_alg)->signature);
    assay_der_unsigned(&w, f->serial, sizeof f->serial);
    end = w.at;
    assay_der_whole(&w, ASSAY_DER_INTEGER, &version_3, 1);
    assay_der_head(&w, ASSAY_DER_CONSTRUCTED, end);
    assay_der_head(&w, ASSAY_DER_SEQUENCE, w.room);
    return assay_der_finish(&w);
}

size_t assay_x509_write(enum assay_alg issuer_alg, struct assay_bytes tbs, struct assay_bytes signature,
                        uint8_t *out)
{
    struct assay_der_writer w;
    assay_der_start(&w, out, ASSAY_X509_MAX);
    assay_der_bits(&w, signature.data, signature.size);
    put_alg(&w, assay_x509_alg(issuer_alg)->signature);
    assay_der_put(&w, tbs.data, tbs.size);
    assay_der_head(&w, ASSAY_DER_SEQUENCE, w.room);
    return assay_der_finish(&w);
}

/* RFC 5958 of version 1; the key as RFC 8410 §7, or RFC 5915 §3 with its public half. */
size_t assay_pkcs8_write(enum assay_alg alg, const uint8_t private_key[32], struct assay_bytes public_key,
                         uint8_t *out)
{
    static const uint8_t zero = 0, one = 1;
    struct assay_der_writer w;
    assay_der_start(&w, out, ASSAY_PKCS8_MAX);
    if (alg == ASSAY_ED25519) {
        assay_der_whole(&w, ASSAY_DER_OCTETS, private_key, 32);
    } else {
        assay_der_bits(&w, public_key.data, public_key.size);
        assay_der_head(&w, ASSAY_DER_CONSTRUCTED + 1, w.room);
        assay_der_whole(&w, ASSAY_DER_OCTETS, private_key, 32);
        assay_der_whole(&w, ASSAY_DER_INTEGER, &one, 1);
        assay_der_head(&w, ASSAY_DER_SEQUENCE, w.room);
    }
    assay_der_head(&w, ASSAY_DER_OCTETS, w.room);
    put_alg(&w, assay_x509_alg(alg)->key);
    assay_der_whole(&w, ASSAY_DER_INTEGER, &zero, 1);
    assay_der_head(&w, ASSAY_DER_SEQUENCE, w.room);
    size_t size = assay_der_finish(&w);
    explicit_bzero(out + size, ASSAY_PKCS8_MAX - size); /* what was moved to the front */
    return size;
}

static bool read_ec_key(struct assay_bytes in, struct assay_bytes *private_key)
{
    static const uint8_t one = 1;
    struct assay_bytes key, version, public_key, bits;
    return assay_der_take(&in, ASSAY_DER_SEQUENCE, &key) && in.size == 0 &&
           assay_der_take(&key, ASSAY_DER_INTEGER, &version) && assay_der_is(version, &one, 1) &&
           assay_der_take(&key, ASSAY_DER_OCTETS, private_key) &&
           assay_der_take(&key, ASSAY_DER_CONSTRUCTED + 1, &public_key) && key.size == 0 &&
           assay_der_take_bits(&public_key, &bits) && public_key.size == 0;
}

bool assay_pkcs8_read(struct assay_bytes der, enum assay_alg *alg, struct assay_bytes *private_key)
{
    static const uint8_t zero = 0;
    struct assay_bytes all, version, id, key;
    bool read = false;
    if (!assay_der_take(&der, ASSAY_DER_SEQUENCE, &all) || der.size > 0 ||
        !assay_der_take(&all, ASSAY_DER_INTEGER, &version) || !assay_der_is(version, &zero, 1) ||
        !assay_der_take(&all, ASSAY_DER_SEQUENCE, &id) || !assay_der_take(&all, ASSAY_DER_OCTETS, &key) ||
        all.size > 0)
        return false;
    for (size_t i = 0; i < ASSAY_COUNT(assay_x509_algs); i++) {
        const struct assay_x509_alg *a = &assay_x509_algs[i];
        if (!assay_der_is(id, a->key.data, a->key.size))
            continue;
        *alg = a->alg;
        read = a->alg == ASSAY_ED25519 ? assay_der_take(&key, ASSAY_DER_OCTETS, private_key) && key.size == 0
                                       : read_ec_key(key, private_key);
    }
    return read && private_key->size == 32;
}
